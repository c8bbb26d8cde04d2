/* SPDX-License-Identifier: MIT */
/* Lookups of one segment and of a vector, and the miss list. */
#include <errno.h>

#include "fixture.h"

#define NSEGS 8

static int vec(struct riotlb *e, uint64_t iova, uint64_t last, uint32_t want,
	       struct riotlb_segment *segs, size_t nsegs, size_t *filled,
	       uint64_t *stop)
{
	int err;

	riotlb_read_enter(e);
	err = riotlb_translate_vec(e, 0, iova, last, want, segs, nsegs, filled,
				   stop);
	riotlb_read_exit(e);
	return err;
}

static int gaps(struct riotlb *e, uint64_t iova, uint64_t last, uint32_t want,
		struct riotlb_gap *out, size_t n, size_t *filled,
		uint64_t *resume)
{
	int err;

	riotlb_read_enter(e);
	err = riotlb_gaps(e, 0, iova, last, want, out, n, filled, resume);
	riotlb_read_exit(e);
	return err;
}

static void expect_seg(const struct riotlb_segment *seg, uint64_t iova,
		       uint64_t last, uint64_t addr, uint32_t perm)
{
	assert_int_equal(seg->iova, iova);
	assert_int_equal(seg->last, last);
	assert_int_equal(seg->addr, addr);
	assert_int_equal(seg->perm, perm);
}

static void expect_gap(const struct riotlb_gap *gap, uint64_t start,
		       uint64_t last, int error)
{
	assert_int_equal(gap->start, start);
	assert_int_equal(gap->last, last);
	assert_int_equal(gap->error, error);
}

/* ---- arguments --------------------------------------------------------- */

static void test_bad_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	static const uint32_t wants[] = { 0, 4, 5, 8, UINT32_MAX };
	struct riotlb_segment seg;
	struct riotlb_gap gap;

	assert_int_equal(map(e, 0, MAX, 0, RIOTLB_RW), 0);
	for (size_t i = 0; i < 5; i++) {
		size_t n = 9;

		assert_int_equal(translate(e, 0, 0, 0, wants[i], &seg),
				 -EINVAL);
		assert_int_equal(vec(e, 0, 0, wants[i], &seg, 1, &n, NULL),
				 -EINVAL);
		assert_int_equal(n, 0);
		n = 9;
		assert_int_equal(gaps(e, 0, 0, wants[i], &gap, 1, &n, NULL),
				 -EINVAL);
		assert_int_equal(n, 0);
	}
	assert_int_equal(translate(e, 0, 5, 4, RIOTLB_READ, &seg), -EINVAL);
	assert_int_equal(translate(e, 0, MAX, 0, RIOTLB_READ, &seg), -EINVAL);
	assert_int_equal(translate(e, 2, 0, 0, RIOTLB_READ, &seg), -EINVAL);
	assert_int_equal(translate(e, UINT32_MAX, 0, 0, RIOTLB_READ, &seg),
			 -EINVAL);
}

static void test_bad_arguments_of_arrays(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment seg;
	struct riotlb_gap gap;
	size_t n = 9;

	assert_int_equal(vec(e, 5, 4, RIOTLB_READ, &seg, 1, &n, NULL), -EINVAL);
	assert_int_equal(n, 0);
	n = 9;
	assert_int_equal(gaps(e, 5, 4, RIOTLB_READ, &gap, 1, &n, NULL),
			 -EINVAL);
	assert_int_equal(n, 0);
	riotlb_read_enter(e);
	n = 9;
	assert_int_equal(riotlb_translate_vec(e, 2, 0, 0, RIOTLB_READ, &seg, 1,
					      &n, NULL),
			 -EINVAL);
	assert_int_equal(n, 0);
	n = 9;
	assert_int_equal(
		riotlb_gaps(e, 2, 0, 0, RIOTLB_READ, &gap, 1, &n, NULL),
		-EINVAL);
	assert_int_equal(n, 0);
	riotlb_read_exit(e);
}

static void test_bad_groups(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_request request = { 0, 0, RIOTLB_READ, 0 };
	static const uint32_t groups[] = { 2, UINT32_MAX };
	struct riotlb_answer answer;
	struct riotlb_segment seg;
	struct riotlb_gap gap;

	riotlb_read_enter(e);
	for (size_t i = 0; i < 2; i++) {
		size_t n = 9;

		assert_int_equal(riotlb_group_translate(e, groups[i], 0, 0,
							RIOTLB_READ, &seg),
				 -EINVAL);
		assert_int_equal(riotlb_group_translate_vec(e, groups[i], 0, 0,
							    RIOTLB_READ, &seg,
							    1, &n, NULL),
				 -EINVAL);
		assert_int_equal(n, 0);
		assert_int_equal(riotlb_group_gaps(e, groups[i], 0, 0,
						   RIOTLB_READ, &gap, 1, &n,
						   NULL),
				 -EINVAL);
		assert_int_equal(riotlb_group_translate_burst(
					 e, groups[i], &request, 1, &answer),
				 -EINVAL);
	}
	riotlb_read_exit(e);
}

/* ---- one segment ------------------------------------------------------- */

static void test_full_range(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	const uint64_t mid = (uint64_t)1 << 63;
	uint64_t at[] = { 0, 1, mid - 2, mid - 1, mid, mid + 1, MAX - 1, MAX };

	assert_int_equal(map(e, 0, MAX, 0, RIOTLB_RW), 0);
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		expect_host(e, 0, at[i], at[i]);
		expect_segment(e, at[i], MAX, at[i], MAX);
	}
	assert_int_equal(unmap(e, mid, mid), 0);
	expect_segment(e, 0, MAX, 0, mid - 1);
	expect_miss(e, 0, mid);
	expect_segment(e, mid + 1, MAX, mid + 1, MAX);
}

static void test_perm_matrix(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment seg;

	for (uint32_t perm = 1; perm <= 3; perm++)
		assert_int_equal(map(e, perm * 0x1000, perm * 0x1000 + 0xfff,
				     0x100000 + perm * 0x10000, perm),
				 0);
	for (uint32_t perm = 0; perm <= 3; perm++) {
		for (uint32_t want = 0; want <= 3; want++) {
			int err = want == 0                   ? -EINVAL
				  : perm == 0                 ? -EFAULT
				  : perm == 3 || perm == want ? 0
							      : -EPERM;
			uint64_t iova = perm * 0x1000 + 5;

			assert_int_equal(
				translate(e, 0, iova, iova, want, &seg), err);
			if (!err)
				assert_int_equal(seg.perm, perm);
		}
	}
}

static void test_segment_goes_over_neighbours(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	/* two mappings, one stretch of host memory */
	assert_int_equal(map(e, 0x1000, 0x1fff, 0x51000, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x2000, 0x2fff, 0x52000, RIOTLB_RW), 0);
	expect_segment(e, 0x1800, 0x27ff, 0x51800, 0x27ff);
	expect_segment(e, 0x1800, MAX, 0x51800, 0x2fff);
	/* the next one lies elsewhere */
	assert_int_equal(map(e, 0x3000, 0x3fff, 0x99000, RIOTLB_RW), 0);
	expect_segment(e, 0x1800, MAX, 0x51800, 0x2fff);
	expect_segment(e, 0x3000, MAX, 0x99000, 0x3fff);
}

static void test_segment_stops_where_denied(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment seg;

	assert_int_equal(map(e, 0x1000, 0x1fff, 0x51000, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x2000, 0x2fff, 0x52000, RIOTLB_READ), 0);
	assert_int_equal(map(e, 0x3000, 0x3fff, 0x53000, RIOTLB_RW), 0);
	/* granted on the whole way, whatever else is */
	assert_int_equal(translate(e, 0, 0x1010, MAX, RIOTLB_READ, &seg), 0);
	expect_seg(&seg, 0x1010, 0x3fff, 0x51010, RIOTLB_RW);
	assert_int_equal(translate(e, 0, 0x1010, MAX, RIOTLB_WRITE, &seg), 0);
	expect_seg(&seg, 0x1010, 0x1fff, 0x51010, RIOTLB_RW);
	assert_int_equal(translate(e, 0, 0x2000, MAX, RIOTLB_READ, &seg), 0);
	expect_seg(&seg, 0x2000, 0x3fff, 0x52000, RIOTLB_READ);
	assert_int_equal(translate(e, 0, 0x2000, MAX, RIOTLB_RW, &seg), -EPERM);
}

static void test_segment_never_wraps_host(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	/* the same delta on both sides of host address 0 */
	assert_int_equal(map(e, 0x1000, 0x1fff, MAX - 0xfff, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x2000, 0x2fff, 0, RIOTLB_RW), 0);
	expect_segment(e, 0x1ffe, 0x2001, MAX - 1, 0x1fff);
	expect_segment(e, 0x2000, 0x2001, 0, 0x2001);
	/* and in bytes, which are held in another way */
	assert_int_equal(map(e, 0x9001, 0x9003, MAX - 2, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x9004, 0x9009, 0, RIOTLB_RW), 0);
	expect_segment(e, 0x9001, 0x9009, MAX - 2, 0x9003);
}

/* ---- vectors ----------------------------------------------------------- */

static void map_three(struct riotlb *e)
{
	assert_int_equal(map(e, 0x1000, 0x1fff, 0x51000, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x2000, 0x2fff, 0x52000, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x3000, 0x3fff, 0x53000, RIOTLB_READ), 0);
	assert_int_equal(map(e, 0x4000, 0x4fff, 0x90000, RIOTLB_READ), 0);
}

static void test_vector(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment segs[NSEGS];
	uint64_t stop = 0x5707;
	size_t n;

	map_three(e);
	assert_int_equal(
		vec(e, 0x1800, 0x47ff, RIOTLB_READ, segs, NSEGS, &n, &stop), 0);
	assert_int_equal(n, 3);
	expect_seg(&segs[0], 0x1800, 0x2fff, 0x51800, RIOTLB_RW);
	expect_seg(&segs[1], 0x3000, 0x3fff, 0x53000, RIOTLB_READ);
	expect_seg(&segs[2], 0x4000, 0x47ff, 0x90000, RIOTLB_READ);
	assert_int_equal(stop, 0x5707);
}

static void test_vector_errors_keep_the_prefix(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment segs[NSEGS];
	uint64_t stop = 0;
	size_t n;

	map_three(e);
	assert_int_equal(
		vec(e, 0x2800, 0x5000, RIOTLB_READ, segs, NSEGS, &n, &stop),
		-EFAULT);
	assert_int_equal(n, 3);
	assert_int_equal(stop, 0x5000);
	expect_seg(&segs[2], 0x4000, 0x4fff, 0x90000, RIOTLB_READ);
	assert_int_equal(
		vec(e, 0x2800, 0x4fff, RIOTLB_WRITE, segs, NSEGS, &n, &stop),
		-EPERM);
	assert_int_equal(n, 1);
	assert_int_equal(stop, 0x3000);
	expect_seg(&segs[0], 0x2800, 0x2fff, 0x52800, RIOTLB_RW);
	assert_int_equal(
		vec(e, 0xfff, 0x1000, RIOTLB_READ, segs, NSEGS, &n, &stop),
		-EFAULT);
	assert_int_equal(n, 0);
	assert_int_equal(stop, 0xfff);
	/* without anybody asking where */
	assert_int_equal(
		vec(e, 0xfff, 0x1000, RIOTLB_READ, segs, NSEGS, &n, NULL),
		-EFAULT);
}

static void test_vector_resumes(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment seg;
	uint64_t stop = 0;
	size_t n;

	map_three(e);
	assert_int_equal(
		vec(e, 0x1800, 0x47ff, RIOTLB_READ, &seg, 1, &n, &stop),
		-ENOBUFS);
	assert_int_equal(n, 1);
	expect_seg(&seg, 0x1800, 0x2fff, 0x51800, RIOTLB_RW);
	assert_int_equal(stop, 0x3000);
	assert_int_equal(vec(e, stop, 0x47ff, RIOTLB_READ, &seg, 1, &n, &stop),
			 -ENOBUFS);
	expect_seg(&seg, 0x3000, 0x3fff, 0x53000, RIOTLB_READ);
	assert_int_equal(stop, 0x4000);
	assert_int_equal(vec(e, stop, 0x47ff, RIOTLB_READ, &seg, 1, &n, &stop),
			 0);
	assert_int_equal(n, 1);
	expect_seg(&seg, 0x4000, 0x47ff, 0x90000, RIOTLB_READ);
}

static void test_vector_without_room(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	uint64_t stop = 0;
	size_t n = 9;

	map_three(e);
	assert_int_equal(
		vec(e, 0x1800, 0x47ff, RIOTLB_READ, NULL, 0, &n, &stop),
		-ENOBUFS);
	assert_int_equal(n, 0);
	assert_int_equal(stop, 0x1800);
}

static void test_vector_full_at_a_hole(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment seg;
	uint64_t stop = 0;
	size_t n;

	/* the valid prefix fits, so more room would not help the caller */
	assert_int_equal(map(e, 0x1000, 0x1fff, 0x51000, RIOTLB_READ), 0);
	assert_int_equal(
		vec(e, 0x1000, 0x2000, RIOTLB_READ, &seg, 1, &n, &stop),
		-EFAULT);
	assert_int_equal(n, 1);
	assert_int_equal(stop, 0x2000);
	assert_int_equal(map(e, 0x2000, 0x2fff, 0x52000, RIOTLB_WRITE), 0);
	assert_int_equal(
		vec(e, 0x1000, 0x2000, RIOTLB_READ, &seg, 1, &n, &stop),
		-EPERM);
	assert_int_equal(n, 1);
	assert_int_equal(stop, 0x2000);
}

static void test_vector_never_wraps_host(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment segs[NSEGS];
	size_t n;

	assert_int_equal(map(e, 0x1000, 0x1fff, MAX - 0xfff, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x2000, 0x2fff, 0, RIOTLB_RW), 0);
	assert_int_equal(
		vec(e, 0x1fff, 0x2000, RIOTLB_RW, segs, NSEGS, &n, NULL), 0);
	assert_int_equal(n, 2);
	expect_seg(&segs[0], 0x1fff, 0x1fff, MAX, RIOTLB_RW);
	expect_seg(&segs[1], 0x2000, 0x2000, 0, RIOTLB_RW);
}

static void test_vector_full_range(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment segs[NSEGS];
	size_t n;

	assert_int_equal(map(e, 0, MAX, 0, RIOTLB_RW), 0);
	assert_int_equal(vec(e, 0, MAX, RIOTLB_RW, segs, NSEGS, &n, NULL), 0);
	assert_int_equal(n, 1);
	expect_seg(&segs[0], 0, MAX, 0, RIOTLB_RW);
}

/* ---- gaps -------------------------------------------------------------- */

static void test_gaps(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_gap out[NSEGS];
	size_t n;

	assert_int_equal(map(e, 0x2000, 0x2fff, 0, RIOTLB_READ), 0);
	assert_int_equal(map(e, 0x3000, 0x3fff, 0x9000, RIOTLB_READ), 0);
	assert_int_equal(map(e, 0x5000, 0x5fff, 0, RIOTLB_RW), 0);
	assert_int_equal(
		gaps(e, 0x1500, 0x6010, RIOTLB_WRITE, out, NSEGS, &n, NULL), 0);
	assert_int_equal(n, 4);
	expect_gap(&out[0], 0x1500, 0x1fff, -EFAULT);
	expect_gap(&out[1], 0x2000, 0x3fff, -EPERM);
	expect_gap(&out[2], 0x4000, 0x4fff, -EFAULT);
	expect_gap(&out[3], 0x6000, 0x6010, -EFAULT);
	assert_int_equal(
		gaps(e, 0x2000, 0x3fff, RIOTLB_READ, out, NSEGS, &n, NULL), 0);
	assert_int_equal(n, 0);
	assert_int_equal(gaps(e, 0, MAX, RIOTLB_READ, out, NSEGS, &n, NULL), 0);
	assert_int_equal(n, 3);
	expect_gap(&out[0], 0, 0x1fff, -EFAULT);
	expect_gap(&out[1], 0x4000, 0x4fff, -EFAULT);
	expect_gap(&out[2], 0x6000, MAX, -EFAULT);
}

static void test_gaps_resume(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	uint64_t at = 0;
	struct riotlb_gap gap;
	size_t n, rounds = 0;
	int err;

	for (uint64_t i = 1; i <= 20; i++)
		assert_int_equal(
			map(e, i * 0x3000, i * 0x3000 + 0xfff, 0, RIOTLB_RW),
			0);
	do {
		uint64_t start = rounds ? rounds * 0x3000 + 0x1000 : 0;

		err = gaps(e, at, 20 * 0x3000, RIOTLB_RW, &gap, 1, &n, &at);
		assert_int_equal(n, 1);
		expect_gap(&gap, start, (rounds + 1) * 0x3000 - 1, -EFAULT);
		rounds++;
	} while (err == -ENOBUFS);
	assert_int_equal(err, 0);
	assert_int_equal(rounds, 20);
}

static void test_gaps_without_room(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	size_t n = 9;

	assert_int_equal(gaps(e, 0, 5, RIOTLB_READ, NULL, 0, &n, NULL),
			 -ENOBUFS);
	assert_int_equal(n, 0);
	assert_int_equal(map(e, 0, 5, 0, RIOTLB_READ), 0);
	assert_int_equal(gaps(e, 0, 5, RIOTLB_READ, NULL, 0, &n, NULL), 0);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_bad_arguments),
		fixture_test(test_bad_arguments_of_arrays),
		fixture_test(test_bad_groups),
		fixture_test(test_full_range),
		fixture_test(test_perm_matrix),
		fixture_test(test_segment_goes_over_neighbours),
		fixture_test(test_segment_stops_where_denied),
		fixture_test(test_segment_never_wraps_host),
		fixture_test(test_vector),
		fixture_test(test_vector_errors_keep_the_prefix),
		fixture_test(test_vector_resumes),
		fixture_test(test_vector_without_room),
		fixture_test(test_vector_full_at_a_hole),
		fixture_test(test_vector_never_wraps_host),
		fixture_test(test_vector_full_range),
		fixture_test(test_gaps),
		fixture_test(test_gaps_resume),
		fixture_test(test_gaps_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
