/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "adversary.h"
#include "suite/extremes.h"

static void check_one(const struct adversary *a, size_t n)
{
	struct riotlb_mapping *m = calloc(n, sizeof(*m));
	struct rng rng = { 1 };

	assert_non_null(m);
	a->make(m, n, &rng);
	for (size_t i = 0; i < n; i++) {
		assert_true(m[i].start <= m[i].last);
		assert_int_equal(m[i].perm, RIOTLB_RW);
		/* the target does not wrap round */
		assert_true(m[i].addr + (m[i].last - m[i].start) >= m[i].addr);
		if (i == 0)
			continue;
		/* sorted and disjoint */
		assert_true(m[i].start > m[i - 1].last);
		/* no two that touch continue each other */
		assert_false(m[i].start == m[i - 1].last + 1 &&
			     m[i].addr - m[i].start ==
				     m[i - 1].addr - m[i - 1].start);
	}
	free(m);
}

static void test_valid_and_disjoint(void **state)
{
	(void)state;
	for (size_t i = 0; i < adversary_count; i++) {
		check_one(&adversaries[i], 1024);
		check_one(&adversaries[i], 65536);
	}
}

/* An engine takes every table, whole and in pieces, and translates by it. */
static void test_engines_hold_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < adversary_count; i++) {
		for (int grown = 0; grown < 2; grown++) {
			struct rng rng = { 2 };
			struct extreme e = { 0, 0 };

			assert_int_equal(extreme_measure(&adversaries[i], 200,
							 grown, &rng, &e),
					 0);
			/* no table is free, and no lookup without a load */
			assert_true(e.bytes >= 8);
			assert_in_range(e.loads, 2, 128);
		}
	}
}

static void make_overlap(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	(void)rng;
	for (size_t i = 0; i < n; i++)
		m[i] = (struct riotlb_mapping){ .last = 4095,
						.perm = RIOTLB_RW };
}

static void test_errors_come_back(void **state)
{
	const struct adversary overlap = { "overlap", "", make_overlap, 1 };
	struct rng rng = { 1 };
	struct extreme e;

	(void)state;
	assert_int_equal(extreme_measure(&overlap, 2, false, &rng, &e),
			 -EEXIST);
	assert_int_equal(extreme_measure(&overlap, 2, true, &rng, &e), -EEXIST);
}

static void test_total(void **state)
{
	struct rng rng = { 1 };
	uint64_t one = 0;
	uint64_t two = 0;

	(void)state;
	assert_int_equal(extreme_total(20000, 2u << 20, 4096, &rng, &one), 0);
	assert_int_equal(extreme_total(40000, 2u << 20, 4096, &rng, &two), 0);
	assert_true(one > 20000 * 8);
	assert_in_range(two * 10, one * 15, one * 25);
	/* they overlap */
	assert_int_equal(extreme_total(2, 4095, 4096, &rng, &one), -EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid_and_disjoint),
		cmocka_unit_test(test_engines_hold_them),
		cmocka_unit_test(test_errors_come_back),
		cmocka_unit_test(test_total),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
