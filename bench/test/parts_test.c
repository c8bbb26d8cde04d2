/* SPDX-License-Identifier: MIT */
/* The parts of the benchmark that its numbers rest on. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "counted.h"
#include "measure.h"
#include "radix.h"
#include "shape_list.h"

#define PAGE 4096ull
#define HUGE (2ull << 20)

/* ---- shapes ------------------------------------------------------------- */

static void check_mappings(const struct shape *s,
			   const struct riotlb_mapping *m)
{
	for (size_t i = 0; i < s->n; i++) {
		assert_true(m[i].last >= m[i].start);
		assert_int_equal(m[i].perm, RIOTLB_RW);
		assert_int_equal(m[i].opaque != 0, s->opaque);
		/* what key_after() rests on */
		assert_true(m[i].addr + (m[i].last - m[i].start) < 1ull << 63);
		if (i + 1 == s->n)
			break;
		assert_true(m[i].last < m[i + 1].start);
		/* neighbours must not continue each other */
		assert_true(m[i].addr - m[i].start !=
			    m[i + 1].addr - m[i + 1].start);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void check_keys(const struct key_set *keys,
		       const struct riotlb_mapping *m)
{
	for (size_t i = 0; i < keys->n; i++) {
		assert_true(keys->iova[i] >= m[keys->owner[i]].start);
		assert_true(keys->iova[i] <= m[keys->owner[i]].last);
	}
	qsort(keys->iova, keys->n, sizeof(*keys->iova), by_value);
	for (size_t i = 1; i < keys->n; i++)
		assert_true(keys->iova[i] > keys->iova[i - 1]);
}

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < shape_count; i++) {
		const struct shape *s = &shape_list[i];
		struct rng rng = { i };
		struct riotlb_mapping *m = shape_mappings(s, &rng);
		struct key_set keys;

		assert_non_null(m);
		check_mappings(s, m);
		assert_int_equal(key_set_make(&keys, m, s->n, 65536, &rng), 0);
		if (!s->extra && s->n > 1)
			assert_true(keys.n >= 65536 && keys.n >= 4 * s->n);
		check_keys(&keys, m);
		key_set_free(&keys);
		free(m);
	}
}

static void test_shapes_repeat(void **state)
{
	const struct shape *s = &shape_list[2];
	struct rng rng[2] = { { 7 }, { 7 } };
	struct riotlb_mapping *a = shape_mappings(s, &rng[0]);
	struct riotlb_mapping *b = shape_mappings(s, &rng[1]);

	(void)state;
	assert_memory_equal(a, b, s->n * sizeof(*a));
	free(a);
	free(b);
}

/* ---- the radix ---------------------------------------------------------- */

static struct counted *memory;
static struct radix *radix;

static int radix_set_up(void **state)
{
	(void)state;
	memory = counted_create(false);
	assert_non_null(memory);
	radix = radix_create(counted_hooks(memory));
	assert_non_null(radix);
	return 0;
}

static int radix_tear_down(void **state)
{
	(void)state;
	radix_destroy(radix);
	assert_int_equal(counted_live_bytes(memory), 0);
	counted_destroy(memory);
	return 0;
}

/* [start, last] -> addr, and nothing beside it. */
static void check_set(uint64_t start, uint64_t last, uint64_t addr)
{
	assert_int_equal(radix_set(radix, start, last, addr), 0);
	for (uint64_t iova = start; iova <= last; iova += PAGE)
		assert_int_equal(radix_lookup(radix, iova + 5),
				 addr + (iova - start) + 5);
	assert_int_equal(radix_lookup(radix, last), addr + (last - start));
	assert_int_equal(radix_lookup(radix, start - 1), RADIX_MISS);
	assert_int_equal(radix_lookup(radix, last + 1), RADIX_MISS);
	radix_clear(radix, start, last);
	for (uint64_t iova = start; iova <= last; iova += PAGE)
		assert_int_equal(radix_lookup(radix, iova), RADIX_MISS);
}

static void test_radix_ranges(void **state)
{
	const uint64_t base = 5ull << 30;

	(void)state;
	check_set(base + PAGE, base + 2 * PAGE - 1, 0x1000);
	check_set(base, base + HUGE - 1, 0x7000);
	/* pages, then 2 MiB, then pages again; over a 1 GiB border */
	check_set(base - PAGE, base + HUGE + PAGE - 1, 0x123456789000);
	check_set(base - HUGE - PAGE, base + 3 * HUGE - 1, 0x5000);
	check_set((1ull << 48) - PAGE, (1ull << 48) - 1, 0x9000);
}

static void test_radix_beyond_48_bits(void **state)
{
	(void)state;
	assert_int_equal(radix_set(radix, 0, PAGE - 1, 0x1000), 0);
	assert_int_equal(radix_lookup(radix, 0), 0x1000);
	/* the same index, were the high bits dropped */
	assert_int_equal(radix_lookup(radix, 1ull << 48), RADIX_MISS);
	assert_int_equal(radix_lookup(radix, UINT64_MAX), RADIX_MISS);
}

static void test_radix_expresses(void **state)
{
	const struct riotlb_mapping page = { .start = PAGE,
					     .last = 2 * PAGE - 1 };
	const struct riotlb_mapping odd = { .start = 1, .last = PAGE - 1 };
	const struct riotlb_mapping cut = { .start = 0, .last = PAGE };
	const struct riotlb_mapping high = { .start = 1ull << 48,
					     .last = (1ull << 48) + PAGE - 1 };

	(void)state;
	assert_true(radix_expresses(&page));
	assert_false(radix_expresses(&odd));
	assert_false(radix_expresses(&cut));
	assert_false(radix_expresses(&high));
}

static void test_radix_empty(void **state)
{
	uint64_t before = counted_live_bytes(memory);

	(void)state;
	assert_int_equal(radix_set(radix, 0, PAGE - 1, 0x1000), 0);
	/* a table of pages and a table of tables, 512 words each */
	assert_int_equal(counted_live_bytes(memory) - before, 2 * 512 * 8);
	radix_empty(radix);
	assert_int_equal(radix_lookup(radix, 0), RADIX_MISS);
	assert_int_equal(counted_live_bytes(memory), before);
}

/* Hooks that fail after `left` allocations. */
static int left;

static void *failing_alloc(void *ctx, size_t size, size_t align)
{
	const struct riotlb_allocator *below = ctx;

	return left-- > 0 ? below->alloc(below->ctx, size, align) : NULL;
}

static void failing_free(void *ctx, void *p, size_t size)
{
	const struct riotlb_allocator *below = ctx;

	below->free(below->ctx, p, size);
}

static void test_radix_out_of_memory(void **state)
{
	struct riotlb_allocator below = *counted_hooks(memory);
	const struct riotlb_allocator failing = { failing_alloc, failing_free,
						  &below };
	struct radix *r;

	(void)state;
	left = 0;
	assert_null(radix_create(&failing));
	left = 1;
	r = radix_create(&failing);
	assert_non_null(r);
	for (int n = 0; n < 2; n++) {
		left = n;
		assert_int_equal(radix_set(r, 0, PAGE - 1, 0), -ENOMEM);
	}
	left = 0;
	assert_int_equal(radix_set(r, HUGE, 2 * HUGE - 1, 0), -ENOMEM);
	radix_destroy(r);
}

/* ---- statistics --------------------------------------------------------- */

/* Ranks of the 95 % interval of a median, from a published table. */
static void test_interval_ranks(void **state)
{
	static const struct {
		size_t n;
		size_t low;
		size_t high;
	} known[] = {
		{ 6, 1, 6 },   { 9, 2, 8 },   { 10, 2, 9 },   { 15, 4, 12 },
		{ 20, 6, 15 }, { 25, 8, 18 }, { 50, 18, 33 }, { 100, 40, 61 },
	};
	double samples[100];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t n = known[i].n;
		struct estimate e;

		/* 1..n, the largest first */
		for (size_t k = 0; k < n; k++)
			samples[k] = (double)(n - k);
		e = estimate_of(samples, n);
		assert_int_equal((size_t)e.low, known[i].low);
		assert_int_equal((size_t)e.high, known[i].high);
		assert_int_equal((size_t)(2 * e.median), n + 1);
	}
}

/* Drift that both sides share must not show in the ratio. */
static void test_ratio_is_paired(void **state)
{
	double a[9];
	double b[9];
	struct estimate e;

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		b[i] = (double)(i * i + 1);
		a[i] = 3 * b[i];
	}
	e = estimate_ratio(a, b, 9);
	assert_true(e.low == 3 && e.median == 3 && e.high == 3);
}

static void test_midmean(void **state)
{
	double samples[] = { 1000, 2, 4, 3, 1, 5, 6, -900 };

	(void)state;
	/* of 2, 3, 4, 5 */
	assert_true(midmean(samples, 8) == 3.5);
}

struct turn {
	size_t taken;
	size_t fail_at;
};

static bool take_turn(void *ctx, double *ns)
{
	struct turn *t = ctx;

	*ns = (double)t->taken++;
	return t->taken != t->fail_at;
}

static void test_contest(void **state)
{
	double ns[3][10];
	struct turn turn[3] = { { 0, 0 }, { 0, 0 }, { 0, 0 } };
	struct contestant contestant[3];
	struct rng rng = { 1 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		contestant[i] =
			(struct contestant){ take_turn, &turn[i], ns[i] };
	assert_true(contest(contestant, 3, 10, &rng));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(turn[i].taken, 10);
		for (size_t k = 0; k < 10; k++)
			assert_int_equal((size_t)ns[i][k], k);
	}
	turn[1].fail_at = 14;
	assert_false(contest(contestant, 3, 10, &rng));
	assert_int_equal(turn[1].taken, 14);
}

static void test_permutation(void **state)
{
	struct rng rng = { 3 };
	uint32_t order[100];
	bool seen[100] = { false };
	size_t moved = 0;

	(void)state;
	rng_permutation(&rng, order, 100);
	for (size_t i = 0; i < 100; i++) {
		assert_in_range(order[i], 0, 99);
		assert_false(seen[order[i]]);
		seen[order[i]] = true;
		moved += order[i] != i;
	}
	assert_true(moved > 50);
}

/* Not how long: only that time passes, in the unit that was promised. */
static void test_clock(void **state)
{
	uint64_t posix;
	uint64_t ticks;
	double ns;

	(void)state;
	clock_init();
	posix = clock_posix();
	ticks = clock_ticks();
	do {
	} while (clock_posix() - posix < 20000000);
	ns = clock_ns(clock_ticks() - ticks);
	/* a preemption between the readings can only add */
	assert_true(ns > 19000000);
	assert_true(clock_facts.quantum_ns > 0);
	assert_true(clock_facts.overhead_ns >= 0);
}

static void test_counted(void **state)
{
	struct counted *c = counted_create(counted_has_huge_pages);
	const struct riotlb_allocator *hooks = counted_hooks(c);
	void *a;
	void *b;

	(void)state;
	a = hooks->alloc(hooks->ctx, 100, 8);
	b = hooks->alloc(hooks->ctx, 5000, 64);
	assert_non_null(a);
	assert_int_equal((uintptr_t)b % 64, 0);
	assert_int_equal(counted_live_bytes(c), 5100);
	hooks->free(hooks->ctx, a, 100);
	assert_int_equal(counted_live_bytes(c), 5000);
	hooks->free(hooks->ctx, b, 5000);
	assert_int_equal(counted_live_bytes(c), 0);
	counted_destroy(c);
}

#define RADIX_TEST(f) \
	cmocka_unit_test_setup_teardown(f, radix_set_up, radix_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_shapes_repeat),
		RADIX_TEST(test_radix_ranges),
		RADIX_TEST(test_radix_beyond_48_bits),
		cmocka_unit_test(test_radix_expresses),
		RADIX_TEST(test_radix_empty),
		RADIX_TEST(test_radix_out_of_memory),
		cmocka_unit_test(test_interval_ranks),
		cmocka_unit_test(test_ratio_is_paired),
		cmocka_unit_test(test_midmean),
		cmocka_unit_test(test_contest),
		cmocka_unit_test(test_permutation),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
