/* SPDX-License-Identifier: MIT */
/* Groups and stamps. */
#include <errno.h>
#include <string.h>

#include "fixture.h"

#define PAGE 0x1000

static int by_group(struct riotlb *e, uint32_t group, uint64_t iova,
		    uint64_t *host)
{
	struct riotlb_segment seg = { 0 };
	int err;

	riotlb_read_enter(e);
	err = riotlb_group_translate(e, group, iova, iova, RIOTLB_READ, &seg);
	riotlb_read_exit(e);
	*host = seg.addr;
	return err;
}

static void expect_group(struct riotlb *e, uint32_t group, uint64_t iova,
			 int err, uint64_t host)
{
	uint64_t got;

	assert_int_equal(by_group(e, group, iova, &got), err);
	if (!err)
		assert_int_equal(got, host);
}

static int map_in(struct riotlb *e, uint32_t asid, uint64_t addr)
{
	struct riotlb_mapping m = mapping(0, PAGE - 1, addr, RIOTLB_RW);

	return riotlb_map(e, asid, &m, 0, NULL);
}

/* ---- groups ------------------------------------------------------------ */

static void test_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;
	uint32_t asid = 7;

	memset(&r, 0xff, sizeof(r));
	assert_int_equal(riotlb_set_group_asid(e, 2, 0, &r), -EINVAL);
	expect_report(&r, 0, 0, 0);
	assert_int_equal(r.token.cycle, 0);
	assert_int_equal(riotlb_set_group_asid(e, 0, 2, NULL), -EINVAL);
	assert_int_equal(riotlb_set_group_asid(e, UINT32_MAX, 0, NULL),
			 -EINVAL);
	assert_int_equal(riotlb_set_group_asid(e, 0, UINT32_MAX, NULL),
			 -EINVAL);
	assert_int_equal(riotlb_get_group_asid(e, 2, &asid), -EINVAL);
	assert_int_equal(riotlb_get_group_asid(e, UINT32_MAX, &asid), -EINVAL);
	for (uint32_t group = 0; group < 2; group++) {
		assert_int_equal(riotlb_get_group_asid(e, group, &asid), 0);
		assert_int_equal(asid, 0);
	}
}

static void test_binding(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;
	uint32_t asid;

	assert_int_equal(map_in(e, 0, 0xa000), 0);
	assert_int_equal(map_in(e, 1, 0xb000), 0);
	expect_group(e, 0, 5, 0, 0xa005);
	expect_group(e, 1, 5, 0, 0xa005);
	memset(&r, 0xff, sizeof(r));
	assert_int_equal(riotlb_set_group_asid(e, 1, 1, &r), 0);
	expect_report(&r, 0, 0, 0);
	expect_group(e, 0, 5, 0, 0xa005);
	expect_group(e, 1, 5, 0, 0xb005);
	assert_int_equal(riotlb_get_group_asid(e, 1, &asid), 0);
	assert_int_equal(asid, 1);
	/* what happens to the AS shows by group */
	assert_int_equal(riotlb_unmap(e, 1, 0, MAX, RIOTLB_UNMAP_WHOLE, NULL),
			 0);
	expect_group(e, 1, 5, -EFAULT, 0);
	assert_int_equal(riotlb_set_group_asid(e, 1, 0, NULL), 0);
	expect_group(e, 1, 5, 0, 0xa005);
}

static void test_binding_to_a_default(void **state)
{
	struct fixture *f = *state;

	f->defaults[1].kind = RIOTLB_DEFAULT_IDENTITY;
	fixture_recreate(f);
	assert_int_equal(map_in(f->engine, 0, 0xa000), 0);
	assert_int_equal(riotlb_set_group_asid(f->engine, 0, 1, NULL), 0);
	expect_group(f->engine, 0, 5, 0, 5);
	assert_int_equal(map_in(f->engine, 1, 0xb000), 0);
	expect_group(f->engine, 0, 5, 0, 0xb005);
	assert_int_equal(riotlb_reset_map(f->engine, 1, NULL), 0);
	expect_group(f->engine, 0, 5, 0, 5);
}

/* ---- stamps ------------------------------------------------------------ */

static struct riotlb_stamp stamp(struct riotlb *e, uint32_t asid,
				 uint64_t start, uint64_t last)
{
	struct riotlb_stamp s;

	assert_int_equal(riotlb_stamp(e, asid, start, last, &s), 0);
	return s;
}

static struct riotlb_stamp group_stamp(struct riotlb *e, uint32_t group)
{
	struct riotlb_stamp s;

	assert_int_equal(riotlb_group_stamp(e, group, 0, PAGE - 1, &s), 0);
	return s;
}

static void test_stamp_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_stamp s;

	assert_int_equal(riotlb_stamp(e, 2, 0, 0, &s), -EINVAL);
	assert_int_equal(riotlb_stamp(e, UINT32_MAX, 0, 0, &s), -EINVAL);
	assert_int_equal(riotlb_stamp(e, 0, 1, 0, &s), -EINVAL);
	assert_int_equal(riotlb_group_stamp(e, 2, 0, 0, &s), -EINVAL);
	assert_int_equal(riotlb_group_stamp(e, UINT32_MAX, 0, 0, &s), -EINVAL);
	assert_int_equal(riotlb_group_stamp(e, 0, 1, 0, &s), -EINVAL);
}

static void test_stamp_equal(void **state)
{
	struct riotlb_stamp a = { 1, 2 }, b = { 1, 2 };

	(void)state;
	assert_true(riotlb_stamp_equal(&a, &b));
	b.content = 3;
	assert_false(riotlb_stamp_equal(&a, &b));
	b = a;
	b.binding = 0;
	assert_false(riotlb_stamp_equal(&a, &b));
}

/*
 * Stamps of some ranges and of a group, all of which hold byte 0. Nothing may
 * make one that is dead come alive again, so all of them are kept.
 */
enum { PROBES = 5, ROUNDS = 24 };

struct history {
	struct riotlb *e;
	struct riotlb_stamp seen[PROBES][ROUNDS];
	size_t n;
};

static void take(const struct history *h, struct riotlb_stamp s[PROBES])
{
	s[0] = stamp(h->e, 0, 0, 0);
	s[1] = stamp(h->e, 0, 0, PAGE - 1);
	s[2] = stamp(h->e, 0, 0, 0x7fffff);
	s[3] = stamp(h->e, 0, 0, MAX);
	s[4] = group_stamp(h->e, 0);
}

/* All stamps differ from every earlier one, and stay while nothing happens. */
static void expect_new_stamps(struct history *h)
{
	struct riotlb_stamp now[PROBES], again[PROBES];

	take(h, now);
	take(h, again);
	for (size_t p = 0; p < PROBES; p++) {
		assert_true(riotlb_stamp_equal(&now[p], &again[p]));
		for (size_t i = 0; i < h->n; i++)
			assert_false(
				riotlb_stamp_equal(&now[p], &h->seen[p][i]));
		h->seen[p][h->n] = now[p];
	}
	h->n++;
	assert_true(h->n < ROUNDS);
}

static void test_stamps_die_and_stay_dead(void **state)
{
	struct fixture *f = *state;
	struct history h = { 0 };
	struct riotlb *e;

	f->defaults[0].kind = RIOTLB_DEFAULT_IDENTITY;
	fixture_recreate(f);
	h.e = e = f->engine;
	expect_new_stamps(&h);
	assert_int_equal(map(e, 0, PAGE - 1, 0, RIOTLB_RW), 0);
	expect_new_stamps(&h);
	assert_int_equal(protect(e, 0, 0, RIOTLB_READ), 0);
	expect_new_stamps(&h);
	assert_int_equal(protect(e, 0, PAGE - 1, RIOTLB_RW), 0);
	expect_new_stamps(&h);
	assert_int_equal(replace(e, 0, 0, 9, RIOTLB_RW), 0);
	expect_new_stamps(&h);
	assert_int_equal(unmap(e, 0, 5), 0);
	expect_new_stamps(&h);
	assert_int_equal(replace(e, 0, PAGE - 1, 0, RIOTLB_RW), 0);
	expect_new_stamps(&h);
	assert_int_equal(riotlb_unmap(e, 0, 7, 7, RIOTLB_UNMAP_WHOLE, NULL), 0);
	expect_new_stamps(&h);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	expect_new_stamps(&h);
	assert_int_equal(unmap(e, 0x900000, 0x900000), 0);
	expect_new_stamps(&h);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	expect_new_stamps(&h);
}

static void test_array_calls_kill_stamps(void **state)
{
	struct riotlb_mapping m = mapping(0, PAGE - 1, 0, RIOTLB_RW);
	struct riotlb_op op = { .kind = RIOTLB_OP_PROTECT,
				.mapping = mapping(0, 0, 0, RIOTLB_READ) };
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_range r = range(0, 0);
	struct history h = { .e = e };

	expect_new_stamps(&h);
	assert_int_equal(riotlb_map_bulk(e, 0, &m, 1, 0, NULL), 0);
	expect_new_stamps(&h);
	assert_int_equal(riotlb_apply(e, 0, &op, 1, NULL), 0);
	expect_new_stamps(&h);
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, &r, 1, RIOTLB_UNMAP_EXACT, NULL), 0);
	expect_new_stamps(&h);
	/* the same contents twice are still two maps */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(riotlb_set_map(e, 0, &m, 1, NULL), 0);
		expect_new_stamps(&h);
	}
}

static void test_rebinding_kills_group_stamps(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_stamp seen[9];

	for (size_t i = 0; i < 9; i++) {
		seen[i] = group_stamp(e, 0);
		for (size_t j = 0; j < i; j++)
			assert_false(riotlb_stamp_equal(&seen[j], &seen[i]));
		assert_int_equal(riotlb_set_group_asid(e, 0, (i + 1) % 2, NULL),
				 0);
	}
}

static void test_group_stamp_sees_the_new_as(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_stamp before, after;

	assert_int_equal(riotlb_set_group_asid(e, 0, 1, NULL), 0);
	before = group_stamp(e, 0);
	assert_int_equal(map_in(e, 1, 0xb000), 0);
	after = group_stamp(e, 0);
	assert_false(riotlb_stamp_equal(&before, &after));
	before = group_stamp(e, 0);
	assert_int_equal(riotlb_reset_map(e, 1, NULL), 0);
	after = group_stamp(e, 0);
	assert_false(riotlb_stamp_equal(&before, &after));
}

/* A change anywhere in a wide range kills its stamp, also far from its ends. */
static void test_wide_stamps(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	for (unsigned int bit = 0; bit < 64; bit++) {
		uint64_t at = (uint64_t)1 << bit;
		struct riotlb_stamp wide = stamp(e, 0, 0, MAX);
		struct riotlb_stamp half = stamp(e, 0, at, MAX);
		struct riotlb_stamp byte = stamp(e, 0, at, at);
		struct riotlb_stamp now;

		assert_int_equal(map(e, at, at, 0, RIOTLB_RW), 0);
		now = stamp(e, 0, 0, MAX);
		assert_false(riotlb_stamp_equal(&wide, &now));
		now = stamp(e, 0, at, MAX);
		assert_false(riotlb_stamp_equal(&half, &now));
		now = stamp(e, 0, at, at);
		assert_false(riotlb_stamp_equal(&byte, &now));
	}
}

/* Among many of its kind a page comes and goes by another path. */
static void test_stamps_in_a_dense_table(void **state)
{
	struct fixture *f = *state;

	for (int records = 0; records < 2; records++) {
		static struct retire_log log;
		struct riotlb *e;

		memset(&log, 0, sizeof(log));
		f->attr.retire = records ? retire_log_add : NULL;
		f->attr.hook_ctx = &log;
		fixture_recreate(f);
		e = f->engine;
		for (uint64_t i = 0; i < 600; i++)
			assert_int_equal(map(e, i * PAGE, i * PAGE + PAGE - 1,
					     i * PAGE, RIOTLB_RW),
					 0);
		for (uint64_t at = 0; at < 600 * PAGE; at += 7 * PAGE) {
			struct riotlb_stamp s[4];

			s[0] = stamp(e, 0, at, at);
			assert_int_equal(unmap(e, at, at + PAGE - 1), 0);
			s[1] = stamp(e, 0, at, at);
			assert_int_equal(
				map(e, at, at + PAGE - 1, at, RIOTLB_RW), 0);
			s[2] = stamp(e, 0, at, at);
			assert_int_equal(
				protect(e, at, at + PAGE - 1, RIOTLB_READ), 0);
			s[3] = stamp(e, 0, at, at);
			for (int i = 0; i < 4; i++)
				for (int j = 0; j < i; j++)
					assert_false(riotlb_stamp_equal(&s[i],
									&s[j]));
		}
	}
}

/* One mapping over very many regions, asked for in its middle. */
static void test_wide_changes(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	const uint64_t mid = (uint64_t)3 << 40;
	struct riotlb_stamp before = stamp(e, 0, mid, mid), after;

	assert_int_equal(map(e, 0, MAX, 0, RIOTLB_RW), 0);
	after = stamp(e, 0, mid, mid);
	assert_false(riotlb_stamp_equal(&before, &after));
	before = after;
	assert_int_equal(protect(e, 1, MAX - 1, RIOTLB_READ), 0);
	after = stamp(e, 0, mid, mid);
	assert_false(riotlb_stamp_equal(&before, &after));
	before = after;
	/* whole: the mapping reaches far beyond the range that is named */
	assert_int_equal(riotlb_unmap(e, 0, 1, 1, RIOTLB_UNMAP_WHOLE, NULL), 0);
	after = stamp(e, 0, mid, mid);
	assert_false(riotlb_stamp_equal(&before, &after));
}

/* The map of a cutting call is the far part of the mapping that it cuts too. */
static void test_whole_kills_stamps_of_all_it_removes(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_stamp before[3], after;

	assert_int_equal(map(e, 0x100000, 0xbfffff, 0, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0xc00000, 0xffffff, 0, RIOTLB_RW), 0);
	before[0] = stamp(e, 0, 0x100000, 0x100000);
	before[1] = stamp(e, 0, 0x800000, 0x800000);
	before[2] = stamp(e, 0, 0xffffff, 0xffffff);
	assert_int_equal(riotlb_unmap(e, 0, 0xbfffff, 0xc00000,
				      RIOTLB_UNMAP_WHOLE, NULL),
			 0);
	after = stamp(e, 0, 0x100000, 0x100000);
	assert_false(riotlb_stamp_equal(&before[0], &after));
	after = stamp(e, 0, 0x800000, 0x800000);
	assert_false(riotlb_stamp_equal(&before[1], &after));
	after = stamp(e, 0, 0xffffff, 0xffffff);
	assert_false(riotlb_stamp_equal(&before[2], &after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_arguments),
		fixture_test(test_binding),
		fixture_test(test_binding_to_a_default),
		fixture_test(test_stamp_arguments),
		cmocka_unit_test(test_stamp_equal),
		fixture_test(test_stamps_die_and_stay_dead),
		fixture_test(test_array_calls_kill_stamps),
		fixture_test(test_rebinding_kills_group_stamps),
		fixture_test(test_group_stamp_sees_the_new_as),
		fixture_test(test_wide_stamps),
		fixture_test(test_stamps_in_a_dense_table),
		fixture_test(test_wide_changes),
		fixture_test(test_whole_kills_stamps_of_all_it_removes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
