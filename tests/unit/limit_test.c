/* SPDX-License-Identifier: MIT */
/* Limits of an AS, on mappings and on table memory. */
#include <errno.h>
#include <string.h>

#include "fixture.h"

static struct riotlb_mapping page(uint64_t n)
{
	return mapping(n * 0x1000, n * 0x1000 + 0xfff, 0x100000 + n * 0x1000,
		       RIOTLB_RW);
}

static int map_page(struct riotlb *e, uint64_t n)
{
	struct riotlb_mapping m = page(n);

	return riotlb_map(e, 0, &m, 0, NULL);
}

/* An engine whose AS 0 holds at most `limit` mappings, and `n` pages now. */
static struct riotlb *limited(struct fixture *f, uint64_t limit, uint64_t n)
{
	f->limits[0].mappings = limit;
	fixture_recreate(f);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(map_page(f->engine, i), 0);
	return f->engine;
}

static void expect_pages(struct riotlb *e, uint64_t n)
{
	struct riotlb_mapping out[16];
	size_t filled;

	assert_int_equal(
		riotlb_iterate(e, 0, 0, MAX, out, 16, &filled, NULL, NULL), 0);
	assert_int_equal(filled, n);
	for (uint64_t i = 0; i < n; i++) {
		assert_int_equal(out[i].start, page(i).start);
		assert_int_equal(out[i].last, page(i).last);
	}
}

/* ---- mappings ---------------------------------------------------------- */

static void test_one_below_at_and_above(void **state)
{
	struct riotlb *e = limited(*state, 4, 3);

	assert_int_equal(map_page(e, 3), 0);
	assert_int_equal(map_page(e, 4), -ENOSPC);
	expect_pages(e, 4);
	/* what was taken out can be put in again */
	assert_int_equal(unmap(e, 0x3000, 0x3fff), 0);
	assert_int_equal(map_page(e, 3), 0);
	assert_int_equal(map_page(e, 4), -ENOSPC);
	/* other errors are said first */
	assert_int_equal(map(e, 0x9000, 0x9000, 0, 0), -EINVAL);
	assert_int_equal(map(e, 0x9000, 0x9001, MAX, RIOTLB_RW), -EOVERFLOW);
	assert_int_equal(map_page(e, 2), -EEXIST);
}

static void test_cutting_counts(void **state)
{
	struct riotlb *e = limited(*state, 4, 4);

	assert_int_equal(unmap(e, 0x1800, 0x1800), -ENOSPC);
	assert_int_equal(protect(e, 0x1800, 0x1800, RIOTLB_READ), -ENOSPC);
	assert_int_equal(protect(e, 0x1000, 0x17ff, RIOTLB_READ), -ENOSPC);
	assert_int_equal(replace(e, 0x1800, 0x1800, 0, RIOTLB_RW), -ENOSPC);
	assert_int_equal(replace(e, 0x1800, 0x27ff, 0, RIOTLB_RW), -ENOSPC);
	expect_pages(e, 4);
	/* these end with no more mappings than there were */
	assert_int_equal(protect(e, 0x1000, 0x2fff, RIOTLB_READ), 0);
	assert_int_equal(replace(e, 0x1000, 0x1fff, 0, RIOTLB_RW), 0);
	assert_int_equal(unmap(e, 0x1800, 0x1fff), 0);
	assert_int_equal(unmap(e, 0x27ff, 0x37ff), 0);
	assert_int_equal(stats_of(e, 0).mappings, 4);
	assert_int_equal(unmap(e, 0x1000, 0x17ff), 0);
	assert_int_equal(unmap(e, 0x2100, 0x2100), 0);
	assert_int_equal(stats_of(e, 0).mappings, 4);
}

static void test_replace_at_the_limit(void **state)
{
	struct riotlb *e = limited(*state, 3, 3);

	/* goes through a moment of two or four, but ends with three */
	assert_int_equal(replace(e, 0x1000, 0x2fff, 0, RIOTLB_RW), 0);
	assert_int_equal(stats_of(e, 0).mappings, 2);
	assert_int_equal(replace(e, 0x5000, 0x5fff, 0, RIOTLB_RW), 0);
	assert_int_equal(replace(e, 0x6000, 0x6fff, 0, RIOTLB_RW), -ENOSPC);
	assert_int_equal(replace(e, 0, MAX, 0, RIOTLB_RW), 0);
	expect_contents(e, 0, mapping(0, MAX, 0, RIOTLB_RW));
}

static void test_limit_of_one(void **state)
{
	struct riotlb *e = limited(*state, 1, 0);

	assert_int_equal(map(e, 0, MAX, 0, RIOTLB_RW), 0);
	assert_int_equal(unmap(e, 5, 5), -ENOSPC);
	assert_int_equal(unmap(e, 0, 5), 0);
	assert_int_equal(unmap(e, MAX, MAX), 0);
	assert_int_equal(replace(e, 0, MAX, 0, RIOTLB_RW), 0);
	expect_contents(e, 0, mapping(0, MAX, 0, RIOTLB_RW));
}

static void test_bulk_at_the_limit(void **state)
{
	struct riotlb_mapping m[] = { page(4), page(5), page(6) };
	struct riotlb_range r[] = { range(0x1800, 0x1800), range(0, 0xfff) };
	struct riotlb *e = limited(*state, 5, 4);
	struct riotlb_report report;

	assert_int_equal(riotlb_map_bulk(e, 0, m, 3, 0, &report), -ENOSPC);
	assert_int_equal(report.index, 1);
	assert_int_equal(
		riotlb_map_bulk(e, 0, m, 3, RIOTLB_MAP_REPLACE, &report),
		-ENOSPC);
	assert_int_equal(report.index, 1);
	expect_pages(e, 4);
	assert_int_equal(riotlb_map_bulk(e, 0, m, 1, 0, &report), 0);
	/* entry by entry: the first would be one too many for a moment */
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, r, 2, RIOTLB_UNMAP_EXACT, &report),
		-ENOSPC);
	assert_int_equal(report.index, 0);
	expect_pages(e, 5);
	r[1] = r[0];
	r[0] = range(0, 0xfff);
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, r, 2, RIOTLB_UNMAP_EXACT, &report), 0);
	assert_int_equal(stats_of(e, 0).mappings, 5);
}

static void test_apply_at_the_limit(void **state)
{
	struct riotlb_op ops[] = {
		{ .kind = RIOTLB_OP_MAP, .mapping = page(8) },
		{ .kind = RIOTLB_OP_UNMAP, .mapping = mapping(0, 0xfff, 0, 0) },
	};
	struct riotlb *e = limited(*state, 2, 2);
	struct riotlb_report report;
	struct riotlb_op swap;

	assert_int_equal(riotlb_apply(e, 0, ops, 2, &report), -ENOSPC);
	assert_int_equal(report.index, 0);
	expect_pages(e, 2);
	swap = ops[0];
	ops[0] = ops[1];
	ops[1] = swap;
	assert_int_equal(riotlb_apply(e, 0, ops, 2, &report), 0);
	expect_contents(e, 0, page(1), page(8));
}

static void test_set_map_at_the_limit(void **state)
{
	struct riotlb_mapping m[] = { page(9), page(8), page(7), page(6) };
	struct riotlb *e = limited(*state, 3, 3);

	assert_int_equal(riotlb_set_map(e, 0, m, 4, NULL), -ENOSPC);
	expect_pages(e, 3);
	assert_int_equal(riotlb_set_map(e, 0, m, 3, NULL), 0);
	expect_contents(e, 0, m[2], m[1], m[0]);
}

static void test_default_is_exempt(void **state)
{
	struct riotlb_mapping list[] = { page(0), page(2), page(4), page(6) };
	struct fixture *f = *state;

	f->defaults[0].kind = RIOTLB_DEFAULT_LIST;
	f->defaults[0].list = list;
	f->defaults[0].n = 4;
	limited(f, 2, 0);
	assert_int_equal(stats_of(f->engine, 0).mappings, 4);
	assert_int_equal(map_page(f->engine, 1), 0);
	assert_int_equal(map_page(f->engine, 3), 0);
	assert_int_equal(map_page(f->engine, 5), -ENOSPC);
	assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
	expect_contents(f->engine, 0, list[0], list[1], list[2], list[3]);
}

static void test_limits_are_per_as(void **state)
{
	struct riotlb_mapping m = page(9);
	struct riotlb *e = limited(*state, 1, 1);

	assert_int_equal(map_page(e, 1), -ENOSPC);
	for (uint64_t i = 0; i < 10; i++) {
		m = page(i);
		assert_int_equal(riotlb_map(e, 1, &m, 0, NULL), 0);
	}
}

/* ---- table memory ------------------------------------------------------ */

static struct riotlb *lean(struct fixture *f, uint64_t bytes)
{
	f->limits[0].table_bytes = bytes;
	fixture_recreate(f);
	return f->engine;
}

static void test_table_fills_up(void **state)
{
	enum { LIMIT = 64 << 10 };
	struct riotlb *e = lean(*state, LIMIT);
	uint64_t n = 0;
	int err;

	/* far apart, so that each needs memory */
	while (!(err = map(e, n << 30, (n << 30) + 0xffe, 0, RIOTLB_RW))) {
		assert_true(stats_of(e, 0).table_bytes <= LIMIT);
		n++;
	}
	assert_int_equal(err, -ENOSPC);
	assert_in_range(n, 16, LIMIT);
	assert_int_equal(stats_of(e, 0).mappings, n);
	for (uint64_t i = 0; i < n; i++)
		expect_host(e, 0, i << 30, 0);
	expect_miss(e, 0, n << 30);
	/* an unmap that cuts nothing, a reset and a full-range map do fit */
	assert_int_equal(unmap(e, 0, 0xffe), 0);
	assert_int_equal(replace(e, 0, MAX, 0, RIOTLB_RW), 0);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	drain(e);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(
			map(e, i << 30, (i << 30) + 0xffe, 0, RIOTLB_RW), 0);
}

/* What is taken out to make room stays for those who may be walking in it. */
static void test_room_waits_for_readers(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e = lean(f, 64 << 10);
	uint64_t n = 0;
	size_t live;

	while (!map(e, n << 30, (n << 30) + 0xffe, 0, RIOTLB_RW))
		n++;
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(unmap(e, i << 30, (i << 30) + 0xffe), 0);
	drain(e);
	riotlb_read_enter(e);
	live = f->hooks.live_bytes;
	assert_int_equal(map(e, n << 30, (n << 30) + 0xffe, 0, RIOTLB_RW), 0);
	assert_true(f->hooks.live_bytes >= live);
	assert_true(stats_of(e, 0).retired_bytes > 0);
	riotlb_read_exit(e);
	drain(e);
	assert_true(f->hooks.live_bytes < live);
}

/* Limits too small for anything are no limits; the least that is one: */
static uint64_t smallest_limit(struct fixture *f)
{
	struct riotlb *e;
	int err;

	for (uint64_t bytes = 1;; bytes += 64) {
		f->limits[0].table_bytes = bytes;
		err = riotlb_create(&f->attr, &e);
		if (!err) {
			riotlb_destroy(e);
			return bytes;
		}
		assert_int_equal(err, -EINVAL);
		assert_in_range(bytes, 1, 64 << 10);
	}
}

static void full_range_fits(struct riotlb *e, uint32_t flags, uint64_t opaque)
{
	struct riotlb_mapping m = mapping(0, MAX, 0, RIOTLB_RW);

	m.opaque = opaque;
	assert_int_equal(riotlb_map(e, 0, &m, flags, NULL), 0);
	expect_contents(e, 0, m);
	assert_int_equal(riotlb_set_map(e, 0, &m, 1, NULL), 0);
	expect_contents(e, 0, m);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	expect_empty(e, 0);
	assert_true(stats_of(e, 0).is_default);
}

static void test_smallest_table(void **state)
{
	static struct retire_log log;
	struct fixture *f = *state;

	for (int records = 0; records < 2; records++) {
		struct riotlb *e;
		uint64_t n = 0;

		memset(&log, 0, sizeof(log));
		fixture_destroy(f);
		f->attr.retire = records ? retire_log_add : NULL;
		f->attr.hook_ctx = &log;
		e = lean(f, smallest_limit(f));
		full_range_fits(e, 0, 0);
		full_range_fits(e, RIOTLB_MAP_REPLACE, 7);
		while (!map(e, n * 0x2003, n * 0x2003 + 5, n, RIOTLB_RW))
			assert_in_range(++n, 1, 64 << 10);
		assert_int_equal(map(e, n * 0x2003, n * 0x2003, 0, RIOTLB_RW),
				 -ENOSPC);
		/* also where everything else is in the way */
		full_range_fits(e, RIOTLB_MAP_REPLACE, 7);
	}
}

static void test_bulk_into_a_full_table(void **state)
{
	enum { N = 4000 };
	static struct riotlb_mapping m[N];
	struct riotlb *e = lean(*state, 16 << 10);

	for (uint64_t i = 0; i < N; i++)
		m[i] = mapping(i << 30, (i << 30) + 0xffe, 0, RIOTLB_RW);
	assert_int_equal(map(e, 5, 6, 0x77, RIOTLB_READ), 0);
	assert_int_equal(riotlb_set_map(e, 0, m, N, NULL), -ENOSPC);
	expect_contents(e, 0, mapping(5, 6, 0x77, RIOTLB_READ));
	assert_int_equal(riotlb_map_bulk(e, 0, m + 1, N - 1, 0, NULL), -ENOSPC);
	expect_contents(e, 0, mapping(5, 6, 0x77, RIOTLB_READ));
	drain(e);
	assert_true(stats_of(e, 0).table_bytes <= 16 << 10);
	assert_int_equal(riotlb_set_map(e, 0, m, 20, NULL), 0);
	assert_int_equal(stats_of(e, 0).mappings, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_one_below_at_and_above),
		fixture_test(test_cutting_counts),
		fixture_test(test_replace_at_the_limit),
		fixture_test(test_limit_of_one),
		fixture_test(test_bulk_at_the_limit),
		fixture_test(test_apply_at_the_limit),
		fixture_test(test_set_map_at_the_limit),
		fixture_test(test_default_is_exempt),
		fixture_test(test_limits_are_per_as),
		fixture_test(test_table_fills_up),
		fixture_test(test_room_waits_for_readers),
		fixture_test(test_smallest_table),
		fixture_test(test_bulk_into_a_full_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
