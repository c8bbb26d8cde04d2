/* SPDX-License-Identifier: MIT */
/* map, unmap and its policies, replace, protect: one call at a time. */
#include <errno.h>
#include <string.h>

#include "fixture.h"

static int unmap_by(struct riotlb *e, uint64_t start, uint64_t last,
		    enum riotlb_unmap_policy policy, struct riotlb_report *r)
{
	memset(r, 0xff, sizeof(*r));
	return riotlb_unmap(e, 0, start, last, policy, r);
}

static int map_report(struct riotlb *e, struct riotlb_mapping m, uint32_t flags,
		      struct riotlb_report *r)
{
	memset(r, 0xff, sizeof(*r));
	return riotlb_map(e, 0, &m, flags, r);
}

static void expect_nothing(const struct riotlb_report *r)
{
	expect_report(r, 0, 0, 0);
	assert_int_equal(r->token.cycle, 0);
}

/* Three mappings with a hole before the last, each with a word of its own. */
static void three(struct riotlb *e)
{
	struct riotlb_mapping m[] = {
		mapping(0x1000, 0x1fff, 0x51000, RIOTLB_RW),
		mapping(0x2000, 0x2fff, 0x52000, RIOTLB_RW),
		mapping(0x4000, 0x4fff, 0x70000, RIOTLB_READ),
	};

	for (size_t i = 0; i < 3; i++) {
		m[i].opaque = 0xa0 + i;
		assert_int_equal(riotlb_map(e, 0, &m[i], 0, NULL), 0);
	}
}

static struct riotlb_mapping worded(uint64_t start, uint64_t last,
				    uint64_t addr, uint32_t perm,
				    uint64_t opaque)
{
	struct riotlb_mapping m = mapping(start, last, addr, perm);

	m.opaque = opaque;
	return m;
}

#define FIRST worded(0x1000, 0x1fff, 0x51000, RIOTLB_RW, 0xa0)
#define SECOND worded(0x2000, 0x2fff, 0x52000, RIOTLB_RW, 0xa1)
#define THIRD worded(0x4000, 0x4fff, 0x70000, RIOTLB_READ, 0xa2)

/* ---- map --------------------------------------------------------------- */

static void test_map_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	static const uint32_t perms[] = { 0, 4, 5, 0x80000001, UINT32_MAX };
	struct riotlb_mapping m = mapping(5, 4, 0, RIOTLB_RW);
	struct riotlb_report r;

	assert_int_equal(map_report(e, m, 0, &r), -EINVAL);
	expect_nothing(&r);
	assert_int_equal(map(e, MAX, 0, 0, RIOTLB_RW), -EINVAL);
	for (size_t i = 0; i < sizeof(perms) / sizeof(*perms); i++)
		assert_int_equal(map(e, 0, 5, 0, perms[i]), -EINVAL);
	m = mapping(0, 5, 0, RIOTLB_RW);
	assert_int_equal(map_report(e, m, 2, &r), -EINVAL);
	expect_nothing(&r);
	assert_int_equal(map_report(e, m, UINT32_MAX, &r), -EINVAL);
	assert_int_equal(riotlb_map(e, 2, &m, 0, &r), -EINVAL);
	expect_nothing(&r);
	assert_int_equal(riotlb_map(e, UINT32_MAX, &m, 0, NULL), -EINVAL);
	expect_empty(e, 0);
	expect_empty(e, 1);
	/* what a caller leaves in `reserved` is his own business */
	m.reserved = 0xdead;
	assert_int_equal(riotlb_map(e, 0, &m, 0, NULL), 0);
	expect_contents(e, 0, mapping(0, 5, 0, RIOTLB_RW));
}

static void test_map_overflow(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	assert_int_equal(map(e, 0, MAX, 1, RIOTLB_RW), -EOVERFLOW);
	assert_int_equal(map(e, 0x1000, 0x1fff, MAX - 0xffe, RIOTLB_RW),
			 -EOVERFLOW);
	assert_int_equal(map(e, 7, 8, MAX, RIOTLB_RW), -EOVERFLOW);
	expect_empty(e, 0);
	assert_int_equal(map(e, 7, 7, MAX, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x1000, 0x1fff, MAX - 0xfff, RIOTLB_RW), 0);
	expect_host(e, 0, 7, MAX);
	expect_host(e, 0, 0x1fff, MAX);
	/* bad arguments are said before an overflow, that before an overlap */
	assert_int_equal(map(e, 7, 8, MAX, 0), -EINVAL);
	assert_int_equal(map(e, 7, 8, MAX, RIOTLB_RW), -EOVERFLOW);
	assert_int_equal(map(e, 7, 8, MAX - 1, RIOTLB_RW), -EEXIST);
}

static void test_map_overlap(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	three(e);
	assert_int_equal(map(e, 0x1000, 0x1fff, 0x51000, RIOTLB_RW), -EEXIST);
	assert_int_equal(map(e, 0x0, 0x1000, 0, RIOTLB_RW), -EEXIST);
	assert_int_equal(map(e, 0x1fff, 0x1fff, 0, RIOTLB_RW), -EEXIST);
	assert_int_equal(map(e, 0x3000, 0x4000, 0, RIOTLB_RW), -EEXIST);
	assert_int_equal(map(e, 0x4fff, 0x8000, 0, RIOTLB_RW), -EEXIST);
	assert_int_equal(map(e, 0, MAX, 0, RIOTLB_RW), -EEXIST);
	assert_int_equal(map_report(e, mapping(0x4800, 0x4800, 0, 3), 0, &r),
			 -EEXIST);
	expect_nothing(&r);
	expect_contents(e, 0, FIRST, SECOND, THIRD);
	/* exactly between and around them there is room */
	assert_int_equal(map_report(e, mapping(0x3000, 0x3fff, 0, 3), 0, &r),
			 0);
	expect_report(&r, 0, 0, 0);
	assert_int_equal(map(e, 0, 0xfff, 0, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x5000, MAX, 0, RIOTLB_RW), 0);
}

/* Bytes that lie as the ones before them did: there is a place for them. */
static void test_map_over_bytes(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	assert_int_equal(map(e, 0x1001, 0x1003, 0x5000, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x1005, 0x1006, 0x6000, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x1001, 0x1003, 0x5000, RIOTLB_READ), -EEXIST);
	assert_int_equal(map(e, 0x1001, 0x1003, 0x9000, RIOTLB_RW), -EEXIST);
	assert_int_equal(unmap(e, 0x1001, 0x1003), 0);
	assert_int_equal(map(e, 0x1001, 0x1003, 0x9000, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x1001, 0x1003, 0x9000, RIOTLB_RW), -EEXIST);
	expect_contents(e, 0, mapping(0x1001, 0x1003, 0x9000, RIOTLB_RW),
			mapping(0x1005, 0x1006, 0x6000, RIOTLB_RW));
}

static void test_neighbours_are_not_merged(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	assert_int_equal(map(e, 0x1000, 0x1fff, 0x1000, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x2000, 0x2fff, 0x2000, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x3000, 0x3000, 0x3000, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x3001, 0x3001, 0x3001, RIOTLB_RW), 0);
	expect_contents(e, 0, mapping(0x1000, 0x1fff, 0x1000, RIOTLB_RW),
			mapping(0x2000, 0x2fff, 0x2000, RIOTLB_RW),
			mapping(0x3000, 0x3000, 0x3000, RIOTLB_RW),
			mapping(0x3001, 0x3001, 0x3001, RIOTLB_RW));
	/* one stretch for a lookup, four mappings for whole and no-bisect */
	expect_segment(e, 0x1000, MAX, 0x1000, 0x3001);
	assert_int_equal(
		riotlb_unmap(e, 0, 0x2000, 0x2000, RIOTLB_UNMAP_WHOLE, NULL),
		0);
	expect_segment(e, 0x1000, MAX, 0x1000, 0x1fff);
	assert_int_equal(riotlb_unmap(e, 0, 0x3001, 0x3001,
				      RIOTLB_UNMAP_NO_BISECT, NULL),
			 0);
	expect_contents(e, 0, mapping(0x1000, 0x1fff, 0x1000, RIOTLB_RW),
			mapping(0x3000, 0x3000, 0x3000, RIOTLB_RW));
}

/* ---- unmap ------------------------------------------------------------- */

static void test_unmap_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	three(e);
	for (int policy = RIOTLB_UNMAP_EXACT; policy <= RIOTLB_UNMAP_NO_BISECT;
	     policy++) {
		assert_int_equal(unmap_by(e, 0x2000, 0x1fff,
					  (enum riotlb_unmap_policy)policy, &r),
				 -EINVAL);
		expect_nothing(&r);
		assert_int_equal(riotlb_unmap(e, 2, 0, MAX,
					      (enum riotlb_unmap_policy)policy,
					      &r),
				 -EINVAL);
		expect_nothing(&r);
	}
	assert_int_equal(unmap_by(e, 0, MAX, (enum riotlb_unmap_policy)3, &r),
			 -EINVAL);
	expect_nothing(&r);
	expect_contents(e, 0, FIRST, SECOND, THIRD);
}

static void test_unmap_nothing(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	three(e);
	for (int policy = RIOTLB_UNMAP_EXACT; policy <= RIOTLB_UNMAP_NO_BISECT;
	     policy++) {
		assert_int_equal(unmap_by(e, 0x3000, 0x3fff,
					  (enum riotlb_unmap_policy)policy, &r),
				 0);
		expect_report(&r, 0, 0, 0);
		assert_int_equal(unmap_by(e, 0x5000, MAX,
					  (enum riotlb_unmap_policy)policy, &r),
				 0);
		expect_report(&r, 0, 0, 0);
	}
	expect_contents(e, 0, FIRST, SECOND, THIRD);
}

static void test_unmap_exact(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	three(e);
	/* the end of one, all of the next, the beginning of the last */
	assert_int_equal(unmap_by(e, 0x1801, 0x4002, RIOTLB_UNMAP_EXACT, &r),
			 0);
	expect_report(&r, 1, 2, 0x7ff + 0x1000 + 3);
	expect_contents(e, 0, worded(0x1000, 0x1800, 0x51000, RIOTLB_RW, 0xa0),
			worded(0x4003, 0x4fff, 0x70003, RIOTLB_READ, 0xa2));
	/* a hole in the middle of one */
	assert_int_equal(unmap_by(e, 0x4800, 0x4800, RIOTLB_UNMAP_EXACT, &r),
			 0);
	expect_report(&r, 0, 1, 1);
	expect_contents(e, 0, worded(0x1000, 0x1800, 0x51000, RIOTLB_RW, 0xa0),
			worded(0x4003, 0x47ff, 0x70003, RIOTLB_READ, 0xa2),
			worded(0x4801, 0x4fff, 0x70801, RIOTLB_READ, 0xa2));
	assert_int_equal(unmap_by(e, 0, MAX, RIOTLB_UNMAP_EXACT, &r), 0);
	expect_report(&r, 3, 0, 0x801 + 0x7fd + 0x7ff);
	expect_empty(e, 0);
}

static void test_unmap_whole(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	three(e);
	assert_int_equal(unmap_by(e, 0x1fff, 0x2000, RIOTLB_UNMAP_WHOLE, &r),
			 0);
	expect_report(&r, 2, 0, 0x2000);
	expect_contents(e, 0, THIRD);
	assert_int_equal(unmap_by(e, 0x4abc, 0x4abc, RIOTLB_UNMAP_WHOLE, &r),
			 0);
	expect_report(&r, 1, 0, 0x1000);
	expect_empty(e, 0);
}

static void test_unmap_no_bisect(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	three(e);
	assert_int_equal(
		unmap_by(e, 0x1001, 0x1fff, RIOTLB_UNMAP_NO_BISECT, &r),
		-EINVAL);
	expect_nothing(&r);
	assert_int_equal(
		unmap_by(e, 0x1000, 0x1ffe, RIOTLB_UNMAP_NO_BISECT, &r),
		-EINVAL);
	/* the cut is at the far end, after two that could go */
	assert_int_equal(
		unmap_by(e, 0x1000, 0x4000, RIOTLB_UNMAP_NO_BISECT, &r),
		-EINVAL);
	expect_contents(e, 0, FIRST, SECOND, THIRD);
	assert_int_equal(
		unmap_by(e, 0x1000, 0x3fff, RIOTLB_UNMAP_NO_BISECT, &r), 0);
	expect_report(&r, 2, 0, 0x2000);
	expect_contents(e, 0, THIRD);
	assert_int_equal(unmap_by(e, 0, MAX, RIOTLB_UNMAP_NO_BISECT, &r), 0);
	expect_report(&r, 1, 0, 0x1000);
}

static void test_unmap_of_full_range_counts_128_bits(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	assert_int_equal(map(e, 0, MAX, 0, RIOTLB_RW), 0);
	assert_int_equal(unmap_by(e, 0, MAX, RIOTLB_UNMAP_EXACT, &r), 0);
	assert_int_equal(r.removed, 1);
	assert_int_equal(r.bytes.hi, 1);
	assert_int_equal(r.bytes.lo, 0);
	expect_empty(e, 0);
}

static void test_halves_add_up_to_128_bits(void **state)
{
	const uint64_t half = UINT64_C(1) << 63;
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	assert_int_equal(map(e, 0, half - 1, 0, RIOTLB_RW), 0);
	assert_int_equal(map(e, half, MAX, 0, RIOTLB_RW), 0);
	assert_int_equal(stats_of(e, 0).bytes.hi, 1);
	assert_int_equal(stats_of(e, 0).bytes.lo, 0);
	/* not by a swap of the table, as all of 2^64 would be */
	assert_int_equal(unmap_by(e, 1, MAX, RIOTLB_UNMAP_WHOLE, &r), 0);
	assert_int_equal(r.removed, 2);
	assert_int_equal(r.bytes.hi, 1);
	assert_int_equal(r.bytes.lo, 0);
	assert_int_equal(stats_of(e, 0).bytes.hi, 0);
	assert_int_equal(stats_of(e, 0).bytes.lo, 0);
}

/* ---- replace ----------------------------------------------------------- */

static void test_replace(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping m = worded(0x1800, 0x40ff, 0x9000, 1, 0xbb);
	struct riotlb_report r;

	three(e);
	assert_int_equal(map_report(e, m, RIOTLB_MAP_REPLACE, &r), 0);
	expect_report(&r, 1, 2, 0x800 + 0x1000 + 0x100);
	expect_contents(e, 0, worded(0x1000, 0x17ff, 0x51000, RIOTLB_RW, 0xa0),
			m, worded(0x4100, 0x4fff, 0x70100, RIOTLB_READ, 0xa2));
	expect_miss(e, 0, 0x5000);
	expect_host(e, 0, 0x3000, 0x9000 + 0x1800);
}

static void test_replace_inside(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping m = worded(0x1004, 0x1006, 0x9000, 1, 0xbb);
	struct riotlb_report r;

	three(e);
	assert_int_equal(map_report(e, m, RIOTLB_MAP_REPLACE, &r), 0);
	expect_report(&r, 0, 1, 3);
	expect_contents(e, 0, worded(0x1000, 0x1003, 0x51000, RIOTLB_RW, 0xa0),
			m, worded(0x1007, 0x1fff, 0x51007, RIOTLB_RW, 0xa0),
			SECOND, THIRD);
}

static void test_replace_same(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	three(e);
	assert_int_equal(map_report(e, SECOND, RIOTLB_MAP_REPLACE, &r), 0);
	expect_report(&r, 1, 0, 0x1000);
	expect_contents(e, 0, FIRST, SECOND, THIRD);
	/* where nothing is mapped it is a plain map */
	assert_int_equal(map_report(e, mapping(0x3000, 0x3fff, 0, 3),
				    RIOTLB_MAP_REPLACE, &r),
			 0);
	expect_report(&r, 0, 0, 0);
}

static void test_replace_everything(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	three(e);
	assert_int_equal(map_report(e, mapping(0, MAX, 0, RIOTLB_RW),
				    RIOTLB_MAP_REPLACE, &r),
			 0);
	expect_report(&r, 3, 0, 0x3000);
	expect_contents(e, 0, mapping(0, MAX, 0, RIOTLB_RW));
	/* and one byte out of that */
	assert_int_equal(map_report(e, mapping(MAX, MAX, 5, RIOTLB_RW),
				    RIOTLB_MAP_REPLACE, &r),
			 0);
	expect_report(&r, 0, 1, 1);
	expect_contents(e, 0, mapping(0, MAX - 1, 0, RIOTLB_RW),
			mapping(MAX, MAX, 5, RIOTLB_RW));
}

/* ---- protect ----------------------------------------------------------- */

static void test_protect_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	static const uint32_t perms[] = { 0, 4, 7, UINT32_MAX };
	struct riotlb_report r;

	three(e);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(protect(e, 0x1000, 0x1fff, perms[i]), -EINVAL);
	memset(&r, 0xff, sizeof(r));
	assert_int_equal(riotlb_protect(e, 0, 0x2000, 0x1fff, RIOTLB_READ, &r),
			 -EINVAL);
	expect_nothing(&r);
	memset(&r, 0xff, sizeof(r));
	assert_int_equal(riotlb_protect(e, 2, 0x1000, 0x1fff, RIOTLB_READ, &r),
			 -EINVAL);
	expect_nothing(&r);
	expect_contents(e, 0, FIRST, SECOND, THIRD);
}

static void test_protect_hole(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	three(e);
	assert_int_equal(protect(e, 0x3000, 0x3fff, RIOTLB_READ), -EFAULT);
	assert_int_equal(protect(e, 0xfff, 0x1fff, RIOTLB_READ), -EFAULT);
	assert_int_equal(protect(e, 0x4000, 0x5000, RIOTLB_READ), -EFAULT);
	assert_int_equal(protect(e, 0, MAX, RIOTLB_READ), -EFAULT);
	memset(&r, 0xff, sizeof(r));
	assert_int_equal(riotlb_protect(e, 0, 0x1000, 0x4fff, RIOTLB_READ, &r),
			 -EFAULT);
	expect_nothing(&r);
	expect_contents(e, 0, FIRST, SECOND, THIRD);
}

static void test_protect_whole_mappings(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	three(e);
	assert_int_equal(riotlb_protect(e, 0, 0x1000, 0x2fff, RIOTLB_READ, &r),
			 0);
	expect_report(&r, 0, 0, 0x2000);
	expect_contents(e, 0, worded(0x1000, 0x1fff, 0x51000, 1, 0xa0),
			worded(0x2000, 0x2fff, 0x52000, 1, 0xa1), THIRD);
	expect_error(e, 0, 0x1000, RIOTLB_WRITE, -EPERM);
	assert_int_equal(riotlb_protect(e, 0, 0x1000, 0x1fff, RIOTLB_RW, &r),
			 0);
	expect_error(e, 0, 0x1fff, RIOTLB_WRITE, 0);
	expect_error(e, 0, 0x2000, RIOTLB_WRITE, -EPERM);
}

static void test_protect_cuts(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	three(e);
	assert_int_equal(riotlb_protect(e, 0, 0x1800, 0x2007, RIOTLB_READ, &r),
			 0);
	expect_report(&r, 0, 2, 0x808);
	expect_contents(e, 0, worded(0x1000, 0x17ff, 0x51000, 3, 0xa0),
			worded(0x1800, 0x1fff, 0x51800, 1, 0xa0),
			worded(0x2000, 0x2007, 0x52000, 1, 0xa1),
			worded(0x2008, 0x2fff, 0x52008, 3, 0xa1), THIRD);
	assert_int_equal(riotlb_protect(e, 0, 0x4001, 0x4001, RIOTLB_RW, &r),
			 0);
	expect_report(&r, 0, 1, 1);
	expect_error(e, 0, 0x4000, RIOTLB_WRITE, -EPERM);
	expect_error(e, 0, 0x4001, RIOTLB_WRITE, 0);
	expect_error(e, 0, 0x4002, RIOTLB_WRITE, -EPERM);
	assert_int_equal(stats_of(e, 0).mappings, 7);
	assert_int_equal(stats_of(e, 0).bytes.lo, 0x3000);
}

static void test_protect_full_range(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	assert_int_equal(map(e, 0, MAX, 0, RIOTLB_RW), 0);
	assert_int_equal(riotlb_protect(e, 0, 0, MAX, RIOTLB_READ, &r), 0);
	assert_int_equal(r.cut, 0);
	assert_int_equal(r.bytes.hi, 1);
	assert_int_equal(r.bytes.lo, 0);
	expect_contents(e, 0, mapping(0, MAX, 0, RIOTLB_READ));
	assert_int_equal(protect(e, MAX, MAX, RIOTLB_WRITE), 0);
	expect_contents(e, 0, mapping(0, MAX - 1, 0, RIOTLB_READ),
			mapping(MAX, MAX, MAX, RIOTLB_WRITE));
}

/* ---- the AS next door -------------------------------------------------- */

static void test_as_are_separate(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_mapping m = mapping(0x1000, 0x1fff, 0xabc000, RIOTLB_RW);

	three(e);
	assert_int_equal(riotlb_map(e, 1, &m, 0, NULL), 0);
	expect_host(e, 0, 0x1234, 0x51234);
	expect_host(e, 1, 0x1234, 0xabc234);
	assert_int_equal(unmap(e, 0, MAX), 0);
	expect_empty(e, 0);
	expect_contents(e, 1, m);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	expect_contents(e, 1, m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_map_arguments),
		fixture_test(test_map_overflow),
		fixture_test(test_map_overlap),
		fixture_test(test_map_over_bytes),
		fixture_test(test_neighbours_are_not_merged),
		fixture_test(test_unmap_arguments),
		fixture_test(test_unmap_nothing),
		fixture_test(test_unmap_exact),
		fixture_test(test_unmap_whole),
		fixture_test(test_unmap_no_bisect),
		fixture_test(test_unmap_of_full_range_counts_128_bits),
		fixture_test(test_halves_add_up_to_128_bits),
		fixture_test(test_replace),
		fixture_test(test_replace_inside),
		fixture_test(test_replace_same),
		fixture_test(test_replace_everything),
		fixture_test(test_protect_arguments),
		fixture_test(test_protect_hole),
		fixture_test(test_protect_whole_mappings),
		fixture_test(test_protect_cuts),
		fixture_test(test_protect_full_range),
		fixture_test(test_as_are_separate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
