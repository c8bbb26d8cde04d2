/* SPDX-License-Identifier: MIT */
/* map_bulk, unmap_bulk, apply, set_map: all or nothing, and who is to blame. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static struct riotlb_report report;

/* An error, the entry it came from, and a report that claims nothing else. */
#define expect_refused(call, err, at)                    \
	do {                                             \
		memset(&report, 0xff, sizeof(report));   \
		assert_int_equal(call, err);             \
		assert_int_equal(report.index, at);      \
		report.index = 0;                        \
		expect_report(&report, 0, 0, 0);         \
		assert_int_equal(report.token.cycle, 0); \
	} while (0)

#define count(array) (sizeof(array) / sizeof(*(array)))

static struct riotlb_mapping page(uint64_t n)
{
	return mapping(n * 0x1000, n * 0x1000 + 0xfff, 0x100000 + n * 0x1000,
		       RIOTLB_RW);
}

/* ---- map_bulk ---------------------------------------------------------- */

static void test_map_bulk(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping m[] = { page(7), page(1), page(4),
				      mapping(0x10, 0x1f, 0, RIOTLB_READ) };

	assert_int_equal(riotlb_map_bulk(e, 0, m, count(m), 0, &report), 0);
	expect_report(&report, 0, 0, 0);
	expect_contents(e, 0, m[3], m[1], m[2], m[0]);
}

static void test_map_bulk_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping m[] = { page(0), page(1), page(2) };

	expect_refused(riotlb_map_bulk(e, 2, m, 3, 0, &report), -EINVAL, 0);
	expect_refused(riotlb_map_bulk(e, 0, m, 3, 2, &report), -EINVAL, 0);
	m[2].perm = 0;
	expect_refused(riotlb_map_bulk(e, 0, m, 3, 0, &report), -EINVAL, 2);
	m[1].addr = MAX;
	expect_refused(riotlb_map_bulk(e, 0, m, 3, 0, &report), -EOVERFLOW, 1);
	m[0].last = MAX;
	m[0].start = MAX;
	m[0].addr = MAX;
	expect_refused(riotlb_map_bulk(e, 0, m, 3, 0, &report), -EOVERFLOW, 1);
	assert_int_equal(riotlb_map_bulk(e, 0, m, 1, 0, &report), 0);
	expect_contents(e, 0, m[0]);
}

static void test_map_bulk_overlap(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping m[] = { page(9), page(3), page(6), page(3) };

	/* with one that is there */
	assert_int_equal(map(e, 0x6800, 0x6800, 0, RIOTLB_RW), 0);
	expect_refused(riotlb_map_bulk(e, 0, m, 4, 0, &report), -EEXIST, 2);
	expect_contents(e, 0, mapping(0x6800, 0x6800, 0, RIOTLB_RW));
	/* with each other: the later one is to blame */
	assert_int_equal(unmap(e, 0, MAX), 0);
	expect_refused(riotlb_map_bulk(e, 0, m, 4, 0, &report), -EEXIST, 3);
	expect_empty(e, 0);
	assert_int_equal(riotlb_map_bulk(e, 0, m, 3, 0, &report), 0);
	assert_int_equal(stats_of(e, 0).mappings, 3);
}

static void test_first_failure_in_array_order(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	/*
	 * By address, the first entry runs into the second and the big one
	 * into all of them; by array order the trouble starts at index 2.
	 */
	struct riotlb_mapping m[] = { page(5), page(3), page(3), page(1),
				      mapping(0, 0xffff, 0, RIOTLB_RW) };
	struct riotlb_mapping around[] = {
		page(5), page(3), mapping(0, 0xffff, 0, RIOTLB_RW),
		page(1), page(1),
	};

	expect_refused(riotlb_map_bulk(e, 0, m, 5, 0, &report), -EEXIST, 2);
	expect_refused(riotlb_set_map(e, 0, m, 5, &report), -EEXIST, 2);
	expect_refused(riotlb_map_bulk(e, 0, around, 5, 0, &report), -EEXIST,
		       2);
	expect_refused(riotlb_set_map(e, 0, around, 5, &report), -EEXIST, 2);
	/* a bad argument after the overlap does not hide it, one before does */
	m[4].perm = 0;
	expect_refused(riotlb_map_bulk(e, 0, m, 5, 0, &report), -EEXIST, 2);
	expect_refused(riotlb_set_map(e, 0, m, 5, &report), -EEXIST, 2);
	m[1].perm = 9;
	expect_refused(riotlb_map_bulk(e, 0, m, 5, 0, &report), -EINVAL, 1);
	expect_refused(riotlb_set_map(e, 0, m, 5, &report), -EINVAL, 1);
	expect_empty(e, 0);
}

static void test_map_bulk_replace(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping m[] = { page(3), page(4),
				      mapping(0x3800, 0x47ff, 0, RIOTLB_READ) };

	/* later entries win over earlier ones, as single calls would */
	assert_int_equal(map(e, 0x3000, 0x30ff, 0x77000, RIOTLB_RW), 0);
	assert_int_equal(
		riotlb_map_bulk(e, 0, m, 3, RIOTLB_MAP_REPLACE, &report), 0);
	expect_report(&report, 1, 2, 0x100 + 0x1000);
	expect_contents(e, 0, mapping(0x3000, 0x37ff, 0x103000, RIOTLB_RW),
			m[2], mapping(0x4800, 0x4fff, 0x104800, RIOTLB_RW));
}

static void test_big_sorted_bulk(void **state)
{
	enum { N = 5000 };
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping *m = calloc(N, sizeof(*m));

	assert_non_null(m);
	for (size_t i = 0; i < N; i++)
		m[i] = page(i * 3 / 2);
	assert_int_equal(riotlb_map_bulk(e, 0, m, N, 0, NULL), 0);
	for (size_t i = 0; i < N; i++)
		expect_host(e, 0, m[i].start + i % 0x1000,
			    m[i].addr + i % 0x1000);
	assert_int_equal(stats_of(e, 0).mappings, N);
	/* the last of them fails, so none is mapped */
	assert_int_equal(unmap(e, 0, m[N - 2].last), 0);
	expect_refused(riotlb_map_bulk(e, 0, m, N, 0, &report), -EEXIST, N - 1);
	assert_int_equal(stats_of(e, 0).mappings, 1);
	expect_contents(e, 0, m[N - 1]);
	free(m);
}

/* ---- unmap_bulk -------------------------------------------------------- */

static void pages(struct riotlb *e, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i <= to; i++) {
		struct riotlb_mapping m = page(i);

		assert_int_equal(riotlb_map(e, 0, &m, 0, NULL), 0);
	}
}

static void test_unmap_bulk(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_range r[] = { range(0x5000, 0x5fff),
				    range(0x1800, 0x2fff), range(0x100000, MAX),
				    range(0x5000, 0x5fff) };

	pages(e, 0, 6);
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, r, 4, RIOTLB_UNMAP_EXACT, &report), 0);
	expect_report(&report, 2, 1, 0x2800);
	expect_contents(e, 0, page(0),
			mapping(0x1000, 0x17ff, 0x101000, RIOTLB_RW), page(3),
			page(4), page(6));
	r[0] = range(0x37ff, 0x4800);
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, r, 1, RIOTLB_UNMAP_WHOLE, &report), 0);
	expect_report(&report, 2, 0, 0x2000);
}

static void test_unmap_bulk_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_range r[] = { range(0x1000, 0x1fff),
				    range(0x2000, 0x2fff), range(5, 4) };

	pages(e, 0, 3);
	expect_refused(
		riotlb_unmap_bulk(e, 2, r, 3, RIOTLB_UNMAP_EXACT, &report),
		-EINVAL, 0);
	expect_refused(riotlb_unmap_bulk(e, 0, r, 3,
					 (enum riotlb_unmap_policy)3, &report),
		       -EINVAL, 0);
	for (int policy = 0; policy <= RIOTLB_UNMAP_NO_BISECT; policy++)
		expect_refused(
			riotlb_unmap_bulk(e, 0, r, 3,
					  (enum riotlb_unmap_policy)policy,
					  &report),
			-EINVAL, 2);
	expect_contents(e, 0, page(0), page(1), page(2), page(3));
}

static void test_unmap_bulk_no_bisect(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_range r[] = { range(0x1000, 0x1fff),
				    range(0x2000, 0x27ff),
				    range(0x2000, 0x2fff) };

	pages(e, 0, 3);
	expect_refused(
		riotlb_unmap_bulk(e, 0, r, 3, RIOTLB_UNMAP_NO_BISECT, &report),
		-EINVAL, 1);
	expect_contents(e, 0, page(0), page(1), page(2), page(3));
	/* what an earlier entry removed is cut by nobody */
	r[1] = range(0, 0x1fff);
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, r, 3, RIOTLB_UNMAP_NO_BISECT, &report),
		0);
	expect_report(&report, 3, 0, 0x3000);
	expect_contents(e, 0, page(3));
}

/* ---- apply ------------------------------------------------------------- */

static struct riotlb_op op_map(struct riotlb_mapping m, uint32_t flags)
{
	return (struct riotlb_op){ .kind = RIOTLB_OP_MAP,
				   .flags = flags,
				   .mapping = m };
}

static struct riotlb_op op_unmap(uint64_t start, uint64_t last,
				 enum riotlb_unmap_policy policy)
{
	return (struct riotlb_op){ .kind = RIOTLB_OP_UNMAP,
				   .policy = policy,
				   .mapping = mapping(start, last, 0, 0) };
}

static struct riotlb_op op_protect(uint64_t start, uint64_t last, uint32_t perm)
{
	return (struct riotlb_op){ .kind = RIOTLB_OP_PROTECT,
				   .mapping = mapping(start, last, 0, perm) };
}

static void test_apply(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_op ops[] = {
		op_unmap(0x1000, 0x1fff, RIOTLB_UNMAP_NO_BISECT),
		op_map(mapping(0x1000, 0x17ff, 0x9000, RIOTLB_RW), 0),
		op_protect(0x1400, 0x2fff, RIOTLB_READ),
		op_map(page(8), 0),
		op_map(mapping(0x8800, 0x8fff, 0, RIOTLB_RW),
		       RIOTLB_MAP_REPLACE),
		op_unmap(0x3fff, 0x3fff, RIOTLB_UNMAP_WHOLE),
	};

	pages(e, 0, 3);
	/* 0x1800..0x1fff stays a hole, so the third op has to wait */
	expect_refused(riotlb_apply(e, 0, ops, count(ops), &report), -EFAULT,
		       2);
	expect_contents(e, 0, page(0), page(1), page(2), page(3));
	ops[2] = op_protect(0x1400, 0x17ff, RIOTLB_READ);
	assert_int_equal(riotlb_apply(e, 0, ops, count(ops), &report), 0);
	/* 1 unmapped, 1 protected in part, 8 cut by 8800, 3 unmapped */
	expect_report(&report, 2, 2, 0x1000 + 0x400 + 0x800 + 0x1000);
	expect_contents(e, 0, page(0),
			mapping(0x1000, 0x13ff, 0x9000, RIOTLB_RW),
			mapping(0x1400, 0x17ff, 0x9400, RIOTLB_READ), page(2),
			mapping(0x8000, 0x87ff, 0x108000, RIOTLB_RW),
			mapping(0x8800, 0x8fff, 0, RIOTLB_RW));
}

static void test_apply_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_op good = op_map(page(5), 0);
	struct riotlb_op ops[] = { good, good };

	expect_refused(riotlb_apply(e, 2, ops, 1, &report), -EINVAL, 0);
	ops[1] = op_map(page(6), 2);
	expect_refused(riotlb_apply(e, 0, ops, 2, &report), -EINVAL, 1);
	ops[1] = op_map(mapping(1, 0, 0, RIOTLB_RW), 0);
	expect_refused(riotlb_apply(e, 0, ops, 2, &report), -EINVAL, 1);
	ops[1] = op_map(mapping(0, 1, MAX, RIOTLB_RW), 0);
	expect_refused(riotlb_apply(e, 0, ops, 2, &report), -EOVERFLOW, 1);
	ops[1] = op_unmap(1, 0, RIOTLB_UNMAP_EXACT);
	expect_refused(riotlb_apply(e, 0, ops, 2, &report), -EINVAL, 1);
	ops[1] = op_unmap(0, 1, (enum riotlb_unmap_policy)3);
	expect_refused(riotlb_apply(e, 0, ops, 2, &report), -EINVAL, 1);
	ops[1] = op_unmap(0x5001, 0x6000, RIOTLB_UNMAP_NO_BISECT);
	expect_refused(riotlb_apply(e, 0, ops, 2, &report), -EINVAL, 1);
	ops[1] = op_protect(0x5000, 0x5fff, 0);
	expect_refused(riotlb_apply(e, 0, ops, 2, &report), -EINVAL, 1);
	ops[1].kind = (enum riotlb_op_kind)3;
	expect_refused(riotlb_apply(e, 0, ops, 2, &report), -EINVAL, 1);
	ops[1] = good;
	expect_refused(riotlb_apply(e, 0, ops, 2, &report), -EEXIST, 1);
	expect_empty(e, 0);
}

static void test_apply_undoes_itself(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_op ops[] = {
		op_map(page(5), 0),
		op_unmap(0x5000, 0x5fff, RIOTLB_UNMAP_EXACT),
		op_map(page(5), 0),
		op_unmap(0, MAX, RIOTLB_UNMAP_WHOLE),
	};

	pages(e, 1, 1);
	assert_int_equal(riotlb_apply(e, 0, ops, count(ops), &report), 0);
	expect_report(&report, 3, 0, 0x3000);
	expect_empty(e, 0);
}

static void test_apply_over_full_range(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_op ops[] = {
		op_map(mapping(0, MAX, 0, RIOTLB_RW), RIOTLB_MAP_REPLACE),
		op_protect(0x1000, 0x1fff, RIOTLB_READ),
		op_unmap(MAX, MAX, RIOTLB_UNMAP_EXACT),
		op_map(mapping(0, 0, 7, RIOTLB_READ), RIOTLB_MAP_REPLACE),
	};

	pages(e, 0, 3);
	assert_int_equal(riotlb_apply(e, 0, ops, count(ops), &report), 0);
	expect_contents(e, 0, mapping(0, 0, 7, RIOTLB_READ),
			mapping(1, 0xfff, 1, RIOTLB_RW),
			mapping(0x1000, 0x1fff, 0x1000, RIOTLB_READ),
			mapping(0x2000, MAX - 1, 0x2000, RIOTLB_RW));
}

/* ---- set_map ----------------------------------------------------------- */

static void test_set_map(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping m[] = { page(9), page(2), page(4) };

	pages(e, 2, 5);
	assert_int_equal(riotlb_set_map(e, 0, m, 3, &report), 0);
	expect_report(&report, 0, 0, 0);
	expect_contents(e, 0, m[1], m[2], m[0]);
	assert_int_equal(riotlb_set_map(e, 0, NULL, 0, &report), 0);
	expect_report(&report, 0, 0, 0);
	expect_empty(e, 0);
	assert_false(stats_of(e, 0).is_default);
}

static void test_set_map_keeps_old_on_error(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping m[] = { page(9), page(2), page(4), page(7) };

	pages(e, 0, 1);
	expect_refused(riotlb_set_map(e, 2, m, 4, &report), -EINVAL, 0);
	m[2].perm = 8;
	expect_refused(riotlb_set_map(e, 0, m, 4, &report), -EINVAL, 2);
	m[2] = mapping(3, 2, 0, RIOTLB_RW);
	expect_refused(riotlb_set_map(e, 0, m, 4, &report), -EINVAL, 2);
	m[2] = mapping(0, 0xff, MAX - 0xfe, RIOTLB_RW);
	expect_refused(riotlb_set_map(e, 0, m, 4, &report), -EOVERFLOW, 2);
	m[2] = mapping(0, 0x9000, 0, RIOTLB_RW);
	expect_refused(riotlb_set_map(e, 0, m, 4, &report), -EEXIST, 2);
	m[2] = mapping(0x2fff, 0x2fff, 0, RIOTLB_RW);
	expect_refused(riotlb_set_map(e, 0, m, 4, &report), -EEXIST, 2);
	expect_contents(e, 0, page(0), page(1));
}

/* ---- runs of pages ----------------------------------------------------- */

/*
 * Of pages side by side a batch fills in several at once, whatever it is that
 * they begin with, and wherever a container ends.
 */
enum { RUN = 9000 };

static struct riotlb_mapping *run_of(uint64_t first)
{
	struct riotlb_mapping *m = calloc(RUN, sizeof(*m));

	assert_non_null(m);
	for (uint64_t i = 0; i < RUN; i++)
		m[i] = mapping((first + i) << 12, ((first + i) << 12) + 0xfff,
			       ((first + i) ^ 5) << 12, RIOTLB_RW);
	return m;
}

static void expect_run(struct riotlb *e, const struct riotlb_mapping *m,
		       size_t n)
{
	struct riotlb_stats stats = stats_of(e, 0);
	struct riotlb_mapping found;
	size_t filled;

	assert_int_equal(stats.mappings, n);
	assert_int_equal(stats.bytes.lo, (uint64_t)n << 12);
	for (size_t i = 0; i < n; i++) {
		assert_true(riotlb_iterate(e, 0, m[i].start, MAX, &found, 1,
					   &filled, NULL, NULL) >= 0);
		assert_int_equal(filled, 1);
		assert_memory_equal(&found, &m[i], sizeof(found));
	}
}

static void test_runs_of_pages(void **state)
{
	static const size_t sizes[] = { 1,   8,   9,    10,   17, 511,
					512, 513, 1100, 4097, RUN };
	static const uint64_t firsts[] = { 0, 0x200, 0x1ff, 0x12345 };
	struct riotlb *e = ((struct fixture *)*state)->engine;

	for (size_t f = 0; f < count(firsts); f++) {
		struct riotlb_mapping *m = run_of(firsts[f]);

		for (size_t i = 0; i < count(sizes); i++) {
			size_t n = sizes[i];

			assert_int_equal(riotlb_set_map(e, 0, m, n, NULL), 0);
			expect_run(e, m, n);
			/* the same behind what is there, and in front of it */
			assert_int_equal(
				riotlb_set_map(e, 0, m + n / 3, n / 3, NULL),
				0);
			assert_int_equal(riotlb_map_bulk(e, 0, m + n / 3 * 2,
							 n - n / 3 * 2, 0,
							 NULL),
					 0);
			assert_int_equal(
				riotlb_map_bulk(e, 0, m, n / 3, 0, NULL), 0);
			expect_run(e, m, n);
		}
		free(m);
	}
}

/* Who is to blame is told, also in the middle of such a run. */
static void test_faults_in_runs(void **state)
{
	static const size_t at[] = { 1, 5, 8, 9, 512, 517, 520, 8999 };
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping *m = run_of(0x200);

	pages(e, 0, 1);
	for (size_t i = 0; i < count(at); i++) {
		struct riotlb_mapping good = m[at[i]];

		m[at[i]] = m[at[i] - 1];
		expect_refused(riotlb_map_bulk(e, 0, m, RUN, 0, &report),
			       -EEXIST, at[i]);
		m[at[i]].perm = 0;
		expect_refused(riotlb_set_map(e, 0, m, RUN, &report), -EINVAL,
			       at[i]);
		m[at[i]] = good;
		m[at[i]].addr = MAX - 5;
		expect_refused(riotlb_set_map(e, 0, m, RUN, &report),
			       -EOVERFLOW, at[i]);
		m[at[i]] = good;
	}
	expect_contents(e, 0, page(0), page(1));
	free(m);
}

/* What comes behind the last page is the first one, and no run. */
static void test_run_over_the_end(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping m[12];

	for (uint64_t i = 0; i < count(m); i++) {
		uint64_t start = (i - 2) << 12;

		m[i] = mapping(start, start + 0xfff, i << 12, RIOTLB_RW);
	}
	assert_int_equal(riotlb_set_map(e, 0, m, count(m), NULL), 0);
	expect_run(e, m, count(m));
	assert_int_equal(riotlb_set_map(e, 0, m + 1, count(m) - 1, NULL), 0);
	expect_run(e, m + 1, count(m) - 1);
}

/* ---- empty arrays ------------------------------------------------------ */

static void test_nothing_to_do(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e = f->engine;

	pages(e, 0, 1);
	assert_int_equal(riotlb_map_bulk(e, 0, NULL, 0, 0, &report), 0);
	expect_report(&report, 0, 0, 0);
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, NULL, 0, RIOTLB_UNMAP_EXACT, &report),
		0);
	expect_report(&report, 0, 0, 0);
	assert_int_equal(riotlb_apply(e, 0, NULL, 0, &report), 0);
	expect_report(&report, 0, 0, 0);
	expect_contents(e, 0, page(0), page(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_map_bulk),
		fixture_test(test_map_bulk_arguments),
		fixture_test(test_map_bulk_overlap),
		fixture_test(test_first_failure_in_array_order),
		fixture_test(test_map_bulk_replace),
		fixture_test(test_big_sorted_bulk),
		fixture_test(test_unmap_bulk),
		fixture_test(test_unmap_bulk_arguments),
		fixture_test(test_unmap_bulk_no_bisect),
		fixture_test(test_apply),
		fixture_test(test_apply_arguments),
		fixture_test(test_apply_undoes_itself),
		fixture_test(test_apply_over_full_range),
		fixture_test(test_set_map),
		fixture_test(test_set_map_keeps_old_on_error),
		fixture_test(test_runs_of_pages),
		fixture_test(test_faults_in_runs),
		fixture_test(test_run_over_the_end),
		fixture_test(test_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
