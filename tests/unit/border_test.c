/* SPDX-License-Identifier: MIT */
/* Where mappings, holes and the slots of a table begin and end. */
#include <errno.h>

#include "fixture.h"

static void expect_gap(const struct riotlb_gap *gap, uint64_t start,
		       uint64_t last, int error)
{
	assert_int_equal(gap->start, start);
	assert_int_equal(gap->last, last);
	assert_int_equal(gap->error, error);
}

/* Mappings that are no whole slots begin and end at their bytes. */
static void test_first_and_last_byte(void **state)
{
	static const struct riotlb_range r[] = {
		{ 0x1001, 0x1003 }, { 0x1005, 0x1005 }, { 0x1800, 0x2fff },
		{ 0x7001, 0x8ffe }, { MAX - 1, MAX },
	};
	struct riotlb *e = ((struct fixture *)*state)->engine;

	for (size_t i = 0; i < sizeof(r) / sizeof(*r); i++)
		assert_int_equal(
			map(e, r[i].start, r[i].last, 0x5000, RIOTLB_RW), 0);
	for (size_t i = 0; i < sizeof(r) / sizeof(*r); i++) {
		uint64_t size = r[i].last - r[i].start;

		expect_miss(e, 0, r[i].start - 1);
		expect_host(e, 0, r[i].start, 0x5000);
		expect_host(e, 0, r[i].last, 0x5000 + size);
		expect_segment(e, r[i].start, r[i].last, 0x5000, r[i].last);
		if (r[i].last != MAX)
			expect_miss(e, 0, r[i].last + 1);
	}
}

/* Holes that are known only from where a table's slots begin. */
static void test_gaps_before_slots(void **state)
{
	enum { PAGES = 64, CLUSTERS = 4, GAPS = 8 };
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping m[CLUSTERS * PAGES];
	struct riotlb_gap out[GAPS];
	size_t n;

	for (uint64_t i = 0; i < CLUSTERS * PAGES; i++) {
		uint64_t at = ((i / PAGES + 1) << 40) + i % PAGES * 0x1000;

		m[i] = mapping(at, at + 0xfff, 0, RIOTLB_RW);
	}
	for (uint64_t k = 1; k <= CLUSTERS; k++) {
		uint64_t at = 0;

		assert_int_equal(riotlb_set_map(e, 0, m, k * PAGES, NULL), 0);
		riotlb_read_enter(e);
		assert_int_equal(riotlb_gaps(e, 0, 0, MAX, RIOTLB_READ, out,
					     GAPS, &n, NULL),
				 0);
		riotlb_read_exit(e);
		assert_int_equal(n, k + 1);
		for (uint64_t i = 0; i < k; i++) {
			expect_gap(&out[i], at, ((i + 1) << 40) - 1, -EFAULT);
			at = ((i + 1) << 40) + PAGES * 0x1000;
		}
		expect_gap(&out[k], at, MAX, -EFAULT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_first_and_last_byte),
		fixture_test(test_gaps_before_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
