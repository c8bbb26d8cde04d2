/* SPDX-License-Identifier: MIT */
/* Iteration, statistics and the trie's shape. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static int iterate(struct riotlb *e, uint64_t start, uint64_t last,
		   struct riotlb_mapping *out, size_t n, size_t *filled,
		   uint64_t *resume)
{
	return riotlb_iterate(e, 0, start, last, out, n, filled, resume, NULL);
}

static struct riotlb_mapping nth(uint64_t i)
{
	struct riotlb_mapping m =
		mapping(i * 0x3000, i * 0x3000 + i % 256 * 0x10, i << 32,
			1 + (uint32_t)i % 3);

	m.opaque = i * 7;
	return m;
}

static void expect_nth(const struct riotlb_mapping *got, uint64_t i)
{
	struct riotlb_mapping want = nth(i);

	assert_int_equal(got->start, want.start);
	assert_int_equal(got->last, want.last);
	assert_int_equal(got->addr, want.addr);
	assert_int_equal(got->perm, want.perm);
	assert_int_equal(got->opaque, want.opaque);
	assert_int_equal(got->reserved, 0);
}

static void fill(struct riotlb *e, uint64_t n)
{
	for (uint64_t i = 1; i <= n; i++) {
		struct riotlb_mapping m = nth(i);

		assert_int_equal(riotlb_map(e, 0, &m, 0, NULL), 0);
	}
}

/* ---- iteration --------------------------------------------------------- */

static void test_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping out;
	size_t n = 9;

	assert_int_equal(riotlb_iterate(e, 2, 0, MAX, &out, 1, &n, NULL, NULL),
			 -EINVAL);
	assert_int_equal(iterate(e, 6, 5, &out, 1, &n, NULL), -EINVAL);
	assert_int_equal(iterate(e, 0, MAX, &out, 0, &n, NULL), -EINVAL);
}

static void test_ranges(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping out[8];
	uint64_t last = nth(3).last;
	size_t n;

	fill(e, 5);
	assert_int_equal(iterate(e, 0, 0x2fff, out, 8, &n, NULL), 0);
	assert_int_equal(n, 0);
	/* what the range touches comes whole */
	assert_int_equal(iterate(e, last, 0xc000, out, 8, &n, NULL), 0);
	assert_int_equal(n, 2);
	expect_nth(&out[0], 3);
	expect_nth(&out[1], 4);
	assert_int_equal(iterate(e, last + 1, 0xbfff, out, 8, &n, NULL), 0);
	assert_int_equal(n, 0);
	assert_int_equal(iterate(e, 0xf000, 0xf000, out, 8, &n, NULL), 0);
	assert_int_equal(n, 1);
	expect_nth(&out[0], 5);
}

static void test_more(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping out[5];
	uint64_t resume = 0;
	size_t n;

	fill(e, 5);
	assert_int_equal(iterate(e, 0, MAX, out, 5, &n, &resume), 0);
	assert_int_equal(n, 5);
	assert_int_equal(iterate(e, 0, MAX, out, 4, &n, NULL), 1);
	assert_int_equal(n, 4);
	/* no more in the range, although there is beyond it */
	assert_int_equal(iterate(e, 0, 0xefff, out, 4, &n, NULL), 0);
	assert_int_equal(n, 4);
}

static void test_resume(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping out[7];

	fill(e, 100);
	for (size_t chunk = 1; chunk <= 7; chunk++) {
		uint64_t at = 0, i = 1;
		int more;

		do {
			size_t n = 0;

			more = iterate(e, at, MAX, out, chunk, &n, &at);
			assert_in_range(more, 0, 1);
			for (size_t k = 0; k < n; k++)
				expect_nth(&out[k], i++);
		} while (more);
		assert_int_equal(i, 101);
	}
}

static void test_resume_at_the_top(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping out;
	uint64_t at = 0;
	size_t n;

	assert_int_equal(map(e, 0, MAX - 1, 0, RIOTLB_RW), 0);
	assert_int_equal(map(e, MAX, MAX, 0, RIOTLB_RW), 0);
	assert_int_equal(iterate(e, at, MAX, &out, 1, &n, &at), 1);
	assert_int_equal(out.start, 0);
	assert_int_equal(iterate(e, at, MAX, &out, 1, &n, &at), 0);
	assert_int_equal(n, 1);
	assert_int_equal(out.start, MAX);
	assert_int_equal(out.last, MAX);
}

static void test_changes_between_calls(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping out[2];
	uint64_t at = 0;
	size_t n;

	fill(e, 6);
	assert_int_equal(iterate(e, at, MAX, out, 2, &n, &at), 1);
	assert_int_equal(unmap(e, 0, 0xbfff), 0);
	assert_int_equal(iterate(e, at, MAX, out, 2, &n, &at), 1);
	assert_int_equal(n, 2);
	expect_nth(&out[0], 4);
	expect_nth(&out[1], 5);
}

static void test_stamp_of_the_copy(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_stamp copied, now;
	struct riotlb_mapping out[2];
	size_t n;

	fill(e, 2);
	assert_int_equal(
		riotlb_iterate(e, 0, 0, 0xffff, out, 2, &n, NULL, &copied), 0);
	assert_int_equal(riotlb_stamp(e, 0, 0, 0xffff, &now), 0);
	assert_true(riotlb_stamp_equal(&copied, &now));
	assert_int_equal(protect(e, 0x3000, 0x3000, RIOTLB_READ), 0);
	assert_int_equal(riotlb_stamp(e, 0, 0, 0xffff, &now), 0);
	assert_false(riotlb_stamp_equal(&copied, &now));
}

/* ---- statistics -------------------------------------------------------- */

static void expect_bytes(struct riotlb *e, uint64_t hi, uint64_t lo)
{
	struct riotlb_stats s = stats_of(e, 0);

	assert_int_equal(s.bytes.hi, hi);
	assert_int_equal(s.bytes.lo, lo);
}

static void test_stats_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_stats s;

	assert_int_equal(riotlb_get_stats(e, 2, &s), -EINVAL);
	assert_int_equal(riotlb_get_stats(e, UINT32_MAX, &s), -EINVAL);
}

static void test_byte_totals(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	const uint64_t half = (uint64_t)1 << 63;

	expect_bytes(e, 0, 0);
	assert_int_equal(map(e, 0, half - 1, 0, RIOTLB_RW), 0);
	expect_bytes(e, 0, half);
	assert_int_equal(map(e, half, MAX - 1, 0, RIOTLB_RW), 0);
	expect_bytes(e, 0, MAX);
	assert_int_equal(map(e, MAX, MAX, 0, RIOTLB_RW), 0);
	expect_bytes(e, 1, 0);
	assert_int_equal(unmap(e, half, half), 0);
	expect_bytes(e, 0, MAX);
	assert_int_equal(replace(e, 0, MAX, 0, RIOTLB_RW), 0);
	expect_bytes(e, 1, 0);
	assert_int_equal(protect(e, 5, 6, RIOTLB_READ), 0);
	expect_bytes(e, 1, 0);
	assert_int_equal(unmap(e, 0, MAX), 0);
	expect_bytes(e, 0, 0);
}

static void test_generation_and_resets(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	uint64_t g0 = stats_of(e, 0).generation, g1;

	assert_int_equal(map(e, 0, 5, 0, RIOTLB_RW), 0);
	g1 = stats_of(e, 0).generation;
	assert_true(g1 > g0);
	assert_int_equal(stats_of(e, 0).generation, g1);
	assert_int_equal(unmap(e, 0, 5), 0);
	g0 = stats_of(e, 0).generation;
	assert_true(g0 > g1);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	assert_true(stats_of(e, 0).generation > g0);
	assert_int_equal(stats_of(e, 0).resets, 1);
	/* a failed call is no change, and the AS next door had none */
	g1 = stats_of(e, 0).generation;
	assert_int_equal(map(e, 5, 4, 0, RIOTLB_RW), -EINVAL);
	assert_int_equal(riotlb_reset_map(e, 2, NULL), -EINVAL);
	assert_int_equal(stats_of(e, 0).generation, g1);
	assert_int_equal(stats_of(e, 1).resets, 0);
}

static void test_memory_totals(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e = f->engine;
	struct riotlb_stats s;
	uint64_t full;

	fill(e, 2000);
	s = stats_of(e, 0);
	full = s.table_bytes;
	assert_true(full > 2000);
	assert_true(full + s.default_bytes + s.retired_bytes <=
		    atomic_load(&f->hooks.live_bytes));
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	s = stats_of(e, 0);
	assert_true(s.retired_bytes >= full / 2);
	assert_true(s.table_bytes < full / 2);
	assert_int_equal(stats_of(e, 1).retired_bytes, 0);
	drain(e);
	assert_int_equal(stats_of(e, 0).retired_bytes, 0);
	assert_true(atomic_load(&f->hooks.live_bytes) >= s.default_bytes);
}

/*
 * Whatever is mapped and unmapped again must not pile up; a table may keep
 * nodes for later, but not without end.
 */
static void test_memory_comes_back(void **state)
{
	struct fixture *f = *state;
	size_t first = 0;

	for (int round = 0; round < 20; round++) {
		fill(f->engine, 500);
		assert_int_equal(unmap(f->engine, 0, MAX), 0);
		drain(f->engine);
		if (round == 0)
			first = atomic_load(&f->hooks.live_bytes);
		assert_true(atomic_load(&f->hooks.live_bytes) <= 2 * first);
	}
}

static void test_default_bytes(void **state)
{
	struct riotlb_mapping list[40];
	struct fixture *f = *state;
	uint64_t empty = stats_of(f->engine, 0).default_bytes;

	for (uint64_t i = 0; i < 40; i++)
		list[i] = nth(i + 1);
	f->defaults[0].kind = RIOTLB_DEFAULT_LIST;
	f->defaults[0].list = list;
	f->defaults[0].n = 40;
	fixture_recreate(f);
	assert_true(stats_of(f->engine, 0).default_bytes > empty);
	assert_int_equal(stats_of(f->engine, 0).mappings, 40);
}

/* ---- shape ------------------------------------------------------------- */

static void test_shape(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_shape shape;

	assert_int_equal(riotlb_get_shape(e, 2, &shape), -EINVAL);
	assert_int_equal(riotlb_unmap(e, 0, 0, 0, RIOTLB_UNMAP_EXACT, NULL), 0);
	shape = shape_of(e, 0);
	assert_int_equal(shape.entries + shape.pages, 0);
	fill(e, 300);
	shape = shape_of(e, 0);
	assert_true(shape.entries + shape.pages >= 300);
	assert_true(shape.root_slots + shape.node_slots > 0);
	assert_true(shape.bytes > 0);
	assert_true(shape.bytes <= stats_of(e, 0).table_bytes);
	assert_in_range(shape.max_loads, 1, 16);
}

/* Pairs of bytes, each pair alone in its own power of two: deep and sparse. */
static void test_adversarial_depth(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	uint64_t n = 0;

	for (unsigned int bit = 4; bit < 64; bit++) {
		for (unsigned int low = 0; low < bit; low += 5) {
			uint64_t at =
				((uint64_t)1 << bit) | ((uint64_t)1 << low);

			n += map(e, at, at, low, RIOTLB_RW) == 0;
			n += map(e, at + 1, at + 1, low, RIOTLB_RW) == 0;
		}
	}
	assert_true(n > 700);
	assert_int_equal(stats_of(e, 0).mappings, n);
	assert_in_range(shape_of(e, 0).max_loads, 1, 16);
	assert_true(stats_of(e, 0).table_bytes / n <= 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_arguments),
		fixture_test(test_ranges),
		fixture_test(test_more),
		fixture_test(test_resume),
		fixture_test(test_resume_at_the_top),
		fixture_test(test_changes_between_calls),
		fixture_test(test_stamp_of_the_copy),
		fixture_test(test_stats_arguments),
		fixture_test(test_byte_totals),
		fixture_test(test_generation_and_resets),
		fixture_test(test_memory_totals),
		fixture_test(test_memory_comes_back),
		fixture_test(test_default_bytes),
		fixture_test(test_shape),
		fixture_test(test_adversarial_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
