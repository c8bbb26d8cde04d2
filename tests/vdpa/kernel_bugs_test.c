/* SPDX-License-Identifier: MIT */
/*
 * Mistakes that were made between messages and a driver's table, one test each,
 * named after what goes wrong if the mistake is made here. Those of the table
 * itself are in tests/unit/kernel_bugs_test.c.
 */
#include <errno.h>
#include <string.h>

#include <riotlb/vhost_msg.h>

#include "front.h"

#define PAGE 0x1000

static struct riotlb_vhost *open_device(struct front *f, uint64_t features)
{
	struct riotlb_vhost *v = NULL;

	assert_int_equal(riotlb_vhost_open(f->vdpa, &v), 0);
	assert_int_equal(riotlb_vhost_set_backend_features(v, features), 0);
	return v;
}

/* As bytes, since that is where sizes and marks come from. */
static int write_bytes(struct riotlb_vhost *v, uint8_t type, uint32_t asid,
		       uint64_t iova, uint64_t size, uint64_t uaddr,
		       uint8_t perm, struct riotlb_report *report)
{
	uint8_t buf[RIOTLB_VHOST_MSG_SIZE] = { 0 };
	uint32_t layout = RIOTLB_VHOST_V2;

	memcpy(buf, &layout, 4);
	memcpy(buf + 4, &asid, 4);
	memcpy(buf + 8, &iova, 8);
	memcpy(buf + 16, &size, 8);
	memcpy(buf + 24, &uaddr, 8);
	buf[32] = perm;
	buf[33] = type;
	return riotlb_vhost_write(v, buf, sizeof(buf), report);
}

static int write_update(struct riotlb_vhost *v, uint32_t asid, uint64_t iova,
			uint64_t size, uint64_t uaddr)
{
	return write_bytes(v, RIOTLB_IOTLB_UPDATE, asid, iova, size, uaddr,
			   RIOTLB_RW, NULL);
}

static int write_mark(struct riotlb_vhost *v, uint8_t type,
		      struct riotlb_report *report)
{
	return write_bytes(v, type, 0, 0, 0, 0, 0, report);
}

/*
 * A size of 0 became a range that ends before it begins. To map it gave an
 * entry over everything, whose size, 0 again, a translation advanced by for
 * ever. The cure refused size 0 in all messages, batch marks and "invalidate
 * all" among them, and both had to be let through again.
 */
static void test_size_0_means_the_same_everywhere(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f, RIOTLB_VHOST_FEATURES);

	assert_int_equal(write_update(v, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(write_update(v, 0, PAGE, 0, 0), -EINVAL);
	expect_identity(f->engine, 0);
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_BATCH_BEGIN, NULL), 0);
	assert_int_equal(write_update(v, 0, PAGE, PAGE, 0), 0);
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_BATCH_END, NULL), 0);
	expect_contents(f->engine, 0, sized(PAGE, PAGE, 0, 0));
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_INVALIDATE, NULL), 0);
	expect_empty(f->engine, 0);
	riotlb_vhost_close(v);
}

/* The same range in an unmap removed whatever reached over its two ends. */
static void test_inverted_range_removes_what_spans_it(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f, RIOTLB_VHOST_FEATURES);

	assert_int_equal(dma_map(f, PAGE, 2 * PAGE, 0), 0);
	assert_int_equal(dma_unmap(f, 2 * PAGE, 0), -EINVAL);
	assert_int_equal(write_bytes(v, RIOTLB_IOTLB_INVALIDATE, 0, 2 * PAGE, 0,
				     0, 0, NULL),
			 -EINVAL);
	/* and so did one that wraps, from where it ended */
	assert_int_equal(dma_unmap(f, 2 * PAGE, MAX - PAGE), -EINVAL);
	expect_contents(f->engine, 0, sized(PAGE, 2 * PAGE, 0, 0));
	riotlb_vhost_close(v);
}

/* iova + size was compared with the end of the window after it had wrapped. */
static void test_sum_wraps_past_the_window(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v;

	f->attr.iova_range = (struct riotlb_range){ 0, 0xffffffff };
	front_recreate(f);
	v = open_device(f, RIOTLB_VHOST_FEATURES);
	assert_int_equal(write_update(v, 0, 0xfffff000, MAX - 0xffffe000, 0),
			 -EINVAL);
	assert_int_equal(write_update(v, 0, PAGE, MAX, 0), -EINVAL);
	assert_int_equal(write_update(v, 0, MAX - PAGE + 1, PAGE, 0), -EINVAL);
	assert_int_equal(write_update(v, 0, 0xfffff000, PAGE + 1, 0), -EINVAL);
	expect_identity(f->engine, 0);
	assert_int_equal(write_update(v, 0, 0xfffff000, PAGE, 0), 0);
	riotlb_vhost_close(v);
	/* without a window the last byte is a byte like others */
	f->attr.iova_range.last = UINT64_MAX;
	front_recreate(f);
	v = open_device(f, RIOTLB_VHOST_FEATURES);
	assert_int_equal(write_update(v, 0, MAX - PAGE + 1, PAGE, 0), 0);
	riotlb_vhost_close(v);
}

/*
 * An UPDATE at iova 0 that failed at its first step was undone by unmapping
 * what it had mapped so far: size 0 from iova 0, which is everything.
 */
static void test_failure_at_iova_0_wipes_the_as(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f, RIOTLB_VHOST_FEATURES);
	size_t nth = 1;
	int err;

	assert_int_equal(write_update(v, 0, 16 * PAGE, PAGE, 0x8000), 0);
	assert_int_equal(write_update(v, 0, 18 * PAGE, PAGE, 0x8000), 0);
	assert_int_equal(write_update(v, 0, 0, PAGE, MAX), -EOVERFLOW);
	assert_int_equal(
		write_bytes(v, RIOTLB_IOTLB_UPDATE, 0, 0, PAGE, 0, 0, NULL),
		-EINVAL);
	assert_int_equal(write_update(v, 0, 0, 17 * PAGE, 0), -EEXIST);
	do {
		assert_int_equal(stats_of(f->engine, 0).mappings, 2);
		hooks_refuse_nth(&f->hooks, nth++);
		err = write_update(v, 0, 0, PAGE, 0x8000);
		hooks_refuse_nth(&f->hooks, 0);
	} while (err == -ENOMEM);
	assert_int_equal(err, 0);
	assert_true(nth > 2);
	assert_int_equal(stats_of(f->engine, 0).mappings, 3);
	riotlb_vhost_close(v);
}

/*
 * A reset for old owners put the device into its default state, and left the
 * framework's own table as it was: to map again what the device had lost was
 * -EEXIST, and to unmap it was the only way on.
 */
static void test_map_after_clean_reset_exists_already(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f, RIOTLB_VHOST_F_IOTLB_MSG_V2);

	for (int i = 0; i < 3; i++) {
		assert_int_equal(write_update(v, 0, PAGE, PAGE, 0x8000), 0);
		assert_int_equal(write_update(v, 0, PAGE, PAGE, 0x8000),
				 -EEXIST);
		riotlb_vhost_reset(v, NULL);
		expect_identity(f->engine, 0);
	}
	riotlb_vhost_close(v);
}

/*
 * And if the reset came within a batch, the end of the batch handed all of that
 * table to the device: the mappings of before the reset were back.
 */
static void test_batch_brings_back_what_a_reset_removed(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f, RIOTLB_VHOST_F_IOTLB_MSG_V2);
	struct riotlb_report report;

	assert_int_equal(write_update(v, 0, PAGE, PAGE, 0x8000), 0);
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_BATCH_BEGIN, NULL), 0);
	assert_int_equal(write_update(v, 0, 3 * PAGE, PAGE, 0x8000), 0);
	riotlb_vhost_reset(v, NULL);
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_BATCH_END, &report),
			 -ECANCELED);
	expect_identity(f->engine, 0);
	riotlb_vhost_close(v);
}

/*
 * A driver without reset_map kept the last map when the owner went, and the
 * next owner's device could reach the first one's memory. A killed owner sends
 * nothing, and may have been in a batch.
 */
static void test_next_owner_finds_the_last_ones_map(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f, RIOTLB_VHOST_FEATURES);
	uint64_t addr;
	uint32_t asid;

	assert_int_equal(write_update(v, 0, PAGE, PAGE, 0x8000), 0);
	assert_int_equal(write_update(v, 1, PAGE, PAGE, 0x9000), 0);
	assert_int_equal(riotlb_vdpa_set_group_asid(f->vdpa, 1, 1, NULL), 0);
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_BATCH_BEGIN, NULL), 0);
	assert_int_equal(write_update(v, 0, 3 * PAGE, PAGE, 0x8000), 0);
	riotlb_vhost_close(v); /* by the process's end */
	v = open_device(f, RIOTLB_VHOST_FEATURES);
	for (uint32_t i = 0; i < 2; i++) {
		expect_identity(f->engine, i);
		assert_int_equal(group_look(f, i, PAGE, &addr), 0);
		assert_int_equal(addr, PAGE);
		assert_int_equal(riotlb_get_group_asid(f->engine, i, &asid), 0);
		assert_int_equal(asid, 0);
	}
	/* no batch is open, and all pages come back */
	assert_int_equal(write_update(v, 1, PAGE, PAGE, 0x8000), 0);
	expect_contents(f->engine, 1, sized(PAGE, PAGE, 0x8000, 0));
	assert_int_equal(riotlb_vdpa_reset_map(f->vdpa, 1, NULL), 0);
	expect_retired(&f->discarded, 0, sized(3 * PAGE, PAGE, 0x8000, 0));
	drain(f->engine);
	assert_int_equal(atomic_load(&f->retired.n), 3);
	riotlb_vhost_close(v);
}

/*
 * A driver emptied its table before it filled in the new one. When an entry did
 * not fit, neither map was there.
 */
static void test_set_map_error_loses_the_old_map(void **state)
{
	struct front *f = *state;
	struct riotlb_mapping list[4];
	struct riotlb_report report;
	size_t nth = 1;
	int err;

	f->limits[0].mappings = 3;
	front_recreate(f);
	assert_int_equal(dma_map(f, 64 * PAGE, PAGE, 0x8000), 0);
	for (uint64_t i = 0; i < 4; i++)
		list[i] = sized(i * 2 * PAGE, PAGE, 0x9000, i);
	assert_int_equal(riotlb_vdpa_set_map(f->vdpa, 0, list, 4, &report),
			 -ENOSPC);
	do {
		expect_contents(f->engine, 0,
				sized(64 * PAGE, PAGE, 0x8000, 0));
		hooks_refuse_nth(&f->hooks, nth++);
		err = riotlb_vdpa_set_map(f->vdpa, 0, list, 3, &report);
		hooks_refuse_nth(&f->hooks, 0);
		assert_true(err == 0 || err == -ENOMEM);
	} while (err);
	assert_true(nth > 2);
	expect_contents(f->engine, 0, list[0], list[1], list[2]);
	/* the old one is retired once, for all the attempts */
	drain(f->engine);
	expect_retired(&f->retired, 0, sized(64 * PAGE, PAGE, 0x8000, 0));
}

/*
 * The full range has no size, so a vhost_iotlb holds it as two halves; an error
 * for the second left the first behind.
 */
static void test_half_of_the_full_range_is_left(void **state)
{
	const uint64_t half = UINT64_C(1) << 63;
	struct riotlb_mapping halves[] = {
		mapping(0, half - 1, 0, RIOTLB_RW),
		mapping(half, MAX, half, RIOTLB_RW),
	};
	struct front *f = *state;
	struct riotlb_report report;

	f->limits[0].mappings = 1;
	front_recreate(f);
	assert_int_equal(dma_map(f, PAGE, PAGE, 0x8000), 0);
	assert_int_equal(riotlb_vdpa_set_map(f->vdpa, 0, halves, 2, &report),
			 -ENOSPC);
	assert_int_equal(report.index, 1);
	expect_contents(f->engine, 0, sized(PAGE, PAGE, 0x8000, 0));
	/* as one mapping it fits, and translates to its end */
	halves[0].last = MAX;
	assert_int_equal(riotlb_vdpa_set_map(f->vdpa, 0, halves, 1, NULL), 0);
	expect_segment(f->engine, half - 1, MAX, half - 1, MAX);
	f->limits[0].mappings = 0;
	front_recreate(f);
	halves[0].last = half - 1;
	assert_int_equal(riotlb_vdpa_set_map(f->vdpa, 0, halves, 2, NULL), 0);
	expect_host(f->engine, 0, half - 1, half - 1);
	expect_host(f->engine, 0, half, half);
	expect_host(f->engine, 0, MAX, MAX);
}

/*
 * The end of a batch was said to have succeeded whatever the driver returned,
 * and what came before an update that failed stayed.
 */
static void test_result_of_a_batch_is_ignored(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v;
	struct riotlb_report report;

	f->limits[0].mappings = 2;
	front_recreate(f);
	v = open_device(f, RIOTLB_VHOST_FEATURES);
	assert_int_equal(write_update(v, 0, 64 * PAGE, PAGE, 0x8000), 0);
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_BATCH_BEGIN, NULL), 0);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(write_update(v, 0, i * PAGE, PAGE, 0x8000), 0);
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_BATCH_END, &report),
			 -ENOSPC);
	assert_int_equal(report.index, 1);
	expect_contents(f->engine, 0, sized(64 * PAGE, PAGE, 0x8000, 0));
	riotlb_vhost_close(v);
}

/*
 * Pages were unpinned as their invalidation was read, while the device went on
 * with the old table until the batch ended, and lookups under way beyond that.
 */
static void test_unpinned_before_the_device_lets_go(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f, RIOTLB_VHOST_FEATURES);
	struct riotlb_segment seg;
	riotlb_lease lease;

	assert_int_equal(write_update(v, 0, PAGE, PAGE, 0x8000), 0);
	riotlb_read_enter(f->engine);
	assert_int_equal(
		riotlb_translate(f->engine, 0, PAGE, PAGE, RIOTLB_READ, &seg),
		0);
	lease = riotlb_lease_begin(f->engine);
	riotlb_read_exit(f->engine);
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_BATCH_BEGIN, NULL), 0);
	assert_int_equal(write_bytes(v, RIOTLB_IOTLB_INVALIDATE, 0, PAGE, PAGE,
				     0, 0, NULL),
			 0);
	expect_host(f->engine, 0, PAGE, 0x8000);
	assert_true(riotlb_reclaim(f->engine) >= 0);
	assert_int_equal(atomic_load(&f->retired.n), 0);
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_BATCH_END, NULL), 0);
	expect_miss(f->engine, 0, PAGE);
	/* the I/O that was under way has not ended */
	assert_int_equal(riotlb_reclaim(f->engine), 1);
	assert_int_equal(atomic_load(&f->retired.n), 0);
	riotlb_lease_end(f->engine, lease);
	drain(f->engine);
	expect_retired(&f->retired, 0, sized(PAGE, PAGE, 0x8000, 0));
	riotlb_vhost_close(v);
}

/*
 * A queue whose group was bound to an empty AS went on with the old one's map.
 */
static void test_rebinding_to_an_empty_as_keeps_the_old(void **state)
{
	struct front *f = *state;
	uint64_t addr;

	for (uint32_t i = 0; i < 2; i++)
		f->defaults[i].kind = RIOTLB_DEFAULT_EMPTY;
	front_recreate(f);
	assert_int_equal(dma_map(f, PAGE, PAGE, 0x8000), 0);
	assert_int_equal(group_look(f, 1, PAGE, &addr), 0);
	assert_int_equal(riotlb_vdpa_set_group_asid(f->vdpa, 1, 1, NULL), 0);
	assert_int_equal(group_look(f, 1, PAGE, &addr), -EFAULT);
	/* and after a reset with that of the AS that it was bound to */
	assert_int_equal(riotlb_vdpa_reset(f->vdpa, NULL), 0);
	assert_int_equal(group_look(f, 1, PAGE, &addr), 0);
	assert_int_equal(addr, 0x8000);
}

/* Group and asid went into arrays unchecked. */
static void test_group_out_of_bounds(void **state)
{
	static const uint32_t far[] = { FRONT_AS, FRONT_GROUPS, 0x7fffffff,
					0x80000000, UINT32_MAX };
	struct front *f = *state;

	for (int i = 0; i < 5; i++) {
		assert_int_equal(
			riotlb_vdpa_set_group_asid(f->vdpa, far[i], 0, NULL),
			-EINVAL);
		assert_int_equal(
			riotlb_vdpa_set_group_asid(f->vdpa, 0, far[i], NULL),
			-EINVAL);
	}
}

/* No check of perm at all; later any of the bits asked for was enough. */
static void test_permission_is_taken_as_it_comes(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f, RIOTLB_VHOST_FEATURES);

	for (unsigned int perm = 0; perm < 256; perm++) {
		int err = write_bytes(v, RIOTLB_IOTLB_UPDATE, 0, PAGE * perm,
				      PAGE, 0, (uint8_t)perm, NULL);

		assert_int_equal(err, perm >= 1 && perm <= 3 ? 0 : -EINVAL);
	}
	for (uint32_t perm = 1; perm <= 3; perm++) {
		for (uint32_t want = 1; want <= 3; want++)
			expect_error(f->engine, 0, PAGE * perm, want,
				     (perm & want) == want ? 0 : -EPERM);
	}
	riotlb_vhost_close(v);
}

/*
 * Without the feature acknowledged the asid was skipped, and AS 0, the guest's
 * memory, got what was meant for another.
 */
static void test_asid_is_dropped(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f, RIOTLB_VHOST_F_IOTLB_MSG_V2);

	assert_int_equal(write_update(v, 1, PAGE, PAGE, 0x8000), -EINVAL);
	expect_identity(f->engine, 0);
	expect_identity(f->engine, 1);
	riotlb_vhost_close(v);
}

/* The limit on a table did not hold for what waits in a batch. */
static void test_batch_grows_without_end(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v;
	struct riotlb_report report;
	size_t bytes;

	f->attr.max_batch = 100;
	front_recreate(f);
	v = open_device(f, RIOTLB_VHOST_FEATURES);
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_BATCH_BEGIN, NULL), 0);
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(write_update(v, 0, i * PAGE, PAGE, 0), 0);
	assert_int_equal(write_update(v, 0, MAX, 1, 0), -ENOSPC);
	bytes = atomic_load(&f->hooks.live_bytes);
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(write_update(v, 0, i * PAGE, PAGE, 0),
				 -ECANCELED);
	assert_int_equal(atomic_load(&f->hooks.live_bytes), bytes);
	assert_int_equal(write_mark(v, RIOTLB_IOTLB_BATCH_END, &report),
			 -ENOSPC);
	assert_int_equal(report.index, 100);
	expect_identity(f->engine, 0);
	riotlb_vhost_close(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		front_test(test_size_0_means_the_same_everywhere),
		front_test(test_inverted_range_removes_what_spans_it),
		front_test(test_sum_wraps_past_the_window),
		front_test(test_failure_at_iova_0_wipes_the_as),
		front_test(test_map_after_clean_reset_exists_already),
		front_test(test_batch_brings_back_what_a_reset_removed),
		front_test(test_next_owner_finds_the_last_ones_map),
		front_test(test_set_map_error_loses_the_old_map),
		front_test(test_half_of_the_full_range_is_left),
		front_test(test_result_of_a_batch_is_ignored),
		front_test(test_unpinned_before_the_device_lets_go),
		front_test(test_rebinding_to_an_empty_as_keeps_the_old),
		front_test(test_group_out_of_bounds),
		front_test(test_permission_is_taken_as_it_comes),
		front_test(test_asid_is_dropped),
		front_test(test_batch_grows_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
