/* SPDX-License-Identifier: MIT */
/*
 * Requests whose every address goes through the IOTLB: who is asked, how often,
 * and who waits for whom.
 */
#include <errno.h>

#include <sys/eventfd.h>

#include "check.h"
#include "io.h"

static void test_kinds(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 16; kind++) {
		struct front *f = front_ready(kind);
		struct front_result result;

		io_write_and_read(f, 4096);
		result = front_destroy(f);
		assert_int_equal(result.session, 0);
		assert_int_equal(result.broken, 0);
		assert_true(result.descriptors >= 4 * 3);
		assert_int_equal(result.misses.asked > 0, kind & FRONT_IOMMU);
		assert_int_equal(result.misses.asked, result.memory.updates);
		assert_int_equal(result.misses.failed, 0);
		if (kind & FRONT_FILE)
			assert_int_equal(result.leases, 4);
	}
}

/* Buffers of many pages, which are not one piece for the device. */
static void test_large(void **state)
{
	struct front *f = front_ready(FRONT_IOMMU);
	struct front_result result;

	(void)state;
	io_write_and_read(f, 16 * 4096);
	result = front_destroy(f);
	assert_true(result.misses.asked >= 4 * 18);
	assert_int_equal(result.misses.asked, result.memory.updates);
}

/* What was translated once is not asked for again; what was taken back, is. */
static void test_cached(void **state)
{
	struct front *f = front_ready(FRONT_IOMMU);
	struct front_request r;
	struct front_miss miss;

	(void)state;
	front_prepare(f, &r, 0, 4096);
	front_submit(f, &r, OUT, 0);
	front_finish(f, &r);
	for (int i = 0; i < 10; i++) {
		front_submit(f, &r, IN, 0);
		assert_true(front_done(f, &r, 10000));
	}
	assert_false(front_miss(f, &miss, 0));
	front_unmap(f, arena_iova(&f->arena, r.data));
	front_submit(f, &r, IN, 0);
	assert_true(front_miss(f, &miss, 10000));
	assert_int_equal(miss.iova, arena_iova(&f->arena, r.data));
	assert_int_equal(miss.perm, RIOTLB_WRITE);
	assert_false(front_done(f, &r, 20));
	front_answer(f, &miss);
	assert_true(front_done(f, &r, 10000));
	/* all of it at once */
	assert_int_equal(front_iotlb(f, INVALIDATE, 0, 0, 0, 0), 0);
	front_submit(f, &r, IN, 0);
	assert_true(front_miss(f, &miss, 10000));
	front_answer(f, &miss);
	assert_int_equal(front_finish(f, &r), VIRTIO_BLK_S_OK);
	assert_int_equal(front_destroy(f).session, 0);
}

/* One queue waits for an answer; the other goes on. */
static void test_queues_are_apart(void **state)
{
	struct front_request r[FRONT_QUEUES];
	struct front *f = io_ready_but_data(r);
	struct front_miss miss;

	(void)state;
	front_submit(f, &r[0], OUT, 0);
	assert_true(front_miss(f, &miss, 10000));
	assert_int_equal(miss.iova, arena_iova(&f->arena, r[0].data));
	front_map(f, arena_iova(&f->arena, r[1].data), RIOTLB_RW);
	for (int i = 0; i < 50; i++) {
		front_submit(f, &r[1], i % 2 ? IN : OUT, 8);
		assert_true(front_done(f, &r[1], 10000));
		assert_int_equal(*r[1].status, VIRTIO_BLK_S_OK);
	}
	assert_false(front_done(f, &r[0], 20));
	front_answer(f, &miss);
	assert_true(front_done(f, &r[0], 10000));
	assert_int_equal(front_destroy(f).misses.told, 1);
}

/* Both queues want the same page: one question. */
static void test_joined(void **state)
{
	struct front_request r[FRONT_QUEUES];
	struct front *f = io_ready_but_data(r);
	struct front_result result;
	struct front_miss miss;

	(void)state;
	r[1].data = r[0].data + 512;
	r[1].size = 512;
	front_submit(f, &r[0], OUT, 0);
	assert_true(front_miss(f, &miss, 10000));
	front_submit(f, &r[1], OUT, 8);
	assert_false(front_done(f, &r[1], 50));
	front_answer(f, &miss);
	assert_true(front_done(f, &r[0], 10000));
	assert_true(front_done(f, &r[1], 10000));
	assert_false(front_miss(f, &miss, 20));
	result = front_destroy(f);
	assert_int_equal(result.misses.joined, 1);
	assert_int_equal(result.misses.again, 0);
	assert_int_equal(result.misses.told, 2);
}

/* The answer does not cover the one that had joined: it asks for itself. */
static void test_joined_in_vain(void **state)
{
	struct front_request r[FRONT_QUEUES];
	struct front *f = io_ready_but_data(r);
	struct front_result result;
	struct front_miss miss;
	uint64_t iova;

	(void)state;
	r[0].size = 512;
	r[1].data = r[0].data + 1024;
	r[1].size = 512;
	iova = arena_iova(&f->arena, r[0].data);
	front_submit(f, &r[0], OUT, 0);
	assert_true(front_miss(f, &miss, 10000));
	front_submit(f, &r[1], OUT, 8);
	assert_false(front_done(f, &r[1], 50));
	assert_int_equal(front_iotlb(f, UPDATE, iova, 512, (uintptr_t)r[0].data,
				     RIOTLB_RW),
			 0);
	assert_true(front_miss(f, &miss, 10000));
	assert_int_equal(miss.iova, iova + 1024);
	front_reply(f, 0); /* of the first: no news */
	assert_false(front_done(f, &r[1], 20));
	front_answer(f, &miss);
	assert_true(front_done(f, &r[1], 10000));
	assert_int_equal(*r[1].status, VIRTIO_BLK_S_OK);
	result = front_destroy(f);
	assert_int_equal(result.misses.joined, 1);
	assert_int_equal(result.misses.again, 1);
	assert_int_equal(result.misses.failed, 0);
}

/* The front-end answers, and there is no mapping: the request fails, alone. */
static void test_refused_miss(void **state)
{
	struct front_request r[FRONT_QUEUES];
	struct front *f = io_ready_but_data(r);
	struct front_result result;
	struct front_miss miss;

	(void)state;
	for (uint64_t said = 0; said < 2; said++) {
		front_submit(f, &r[0], OUT, 0);
		assert_true(front_miss(f, &miss, 10000));
		front_reply(f, said); /* the word does not matter */
		assert_true(front_done(f, &r[0], 10000));
		assert_int_equal(*r[0].status, VIRTIO_BLK_S_IOERR);
	}
	front_submit(f, &r[0], OUT, 0);
	assert_int_equal(front_finish(f, &r[0]), VIRTIO_BLK_S_OK);
	result = front_destroy(f);
	assert_int_equal(result.misses.failed, 2);
	assert_int_equal(result.broken, 0);
}

/* One page of a request cannot be had, and the rest is not known yet. */
static void test_refused_among_unknown(void **state)
{
	struct front *f = front_ready(FRONT_IOMMU);
	struct front_request r;
	struct front_miss miss;
	uint64_t bad;

	(void)state;
	front_prepare(f, &r, 0, 4 * 4096);
	bad = arena_iova(&f->arena, r.data) + 4096;
	front_submit(f, &r, OUT, 0);
	while (!front_done(f, &r, 1)) {
		if (!front_miss(f, &miss, 0))
			continue;
		if (miss.iova == bad)
			front_reply(f, 1);
		else
			front_answer(f, &miss);
	}
	assert_int_equal(*r.status, VIRTIO_BLK_S_IOERR);
	front_submit(f, &r, OUT, 0);
	assert_int_equal(front_finish(f, &r), VIRTIO_BLK_S_OK);
	assert_int_equal(front_destroy(f).broken, 0);
}

/* A ring that cannot be had is the end of its queue, and that is told. */
static void test_refused_ring(void **state)
{
	struct front *f = front_ready(FRONT_IOMMU);
	struct front_miss miss;
	unsigned replies = 0;
	eventfd_t n = 0;

	(void)state;
	while (eventfd_read(f->queues[0].err, &n)) {
		if (!front_miss(f, &miss, 10))
			continue;
		front_reply(f, 1);
		/* each part of the rings once, not again and again */
		assert_true(++replies < 100);
	}
	/* an emulator need not know what the descriptor is, and turn it over */
	assert_true(n == 1 || n == UINT64_C(1) << 56);
	assert_true(front_destroy(f).broken >= 1);
}

/* A queue goes on where it was, however it was stopped. */
static void test_stop_and_go(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 4; kind++) {
		struct front *f = front_ready(kind);
		struct front_request r;
		uint32_t base;

		front_prepare(f, &r, 0, 4096);
		for (int i = 0; i < 40; i++) {
			front_submit(f, &r, i % 2 ? IN : OUT, 0);
			assert_int_equal(front_finish(f, &r), VIRTIO_BLK_S_OK);
			assert_int_equal(front_state(f, SET_VRING_ENABLE, 0, 0),
					 0);
			front_submit(f, &r, IN, 0);
			assert_false(front_done(f, &r, 1));
			base = front_get_base(f, 0);
			if (!(kind & FRONT_PACKED))
				assert_int_equal(base, 2 * i + 1);
			assert_int_equal(
				front_state(f, SET_VRING_BASE, 0, base), 0);
			assert_int_equal(front_fd(f, SET_VRING_KICK, 0,
						  f->queues[0].kick),
					 0);
			assert_int_equal(front_state(f, SET_VRING_ENABLE, 0, 1),
					 0);
			assert_int_equal(front_finish(f, &r), VIRTIO_BLK_S_OK);
		}
		assert_int_equal(front_destroy(f).session, 0);
	}
}

/* A queue that waits for an answer can be stopped, and go on. */
static void test_stop_in_a_miss(void **state)
{
	struct front_request r[FRONT_QUEUES];
	struct front *f = io_ready_but_data(r);
	struct front_miss miss;

	(void)state;
	front_submit(f, &r[0], OUT, 0);
	assert_true(front_miss(f, &miss, 10000));
	assert_int_equal(front_get_base(f, 0), 0);
	front_reply(f, 1); /* which nobody waits for */
	assert_int_equal(front_fd(f, SET_VRING_KICK, 0, f->queues[0].kick), 0);
	assert_true(front_miss(f, &miss, 10000));
	/* the other side changes; it is asked what the last one was */
	front_negotiate(f);
	assert_true(front_miss(f, &miss, 10000));
	front_answer(f, &miss);
	assert_true(front_done(f, &r[0], 10000));
	assert_int_equal(*r[0].status, VIRTIO_BLK_S_OK);
	assert_int_equal(front_destroy(f).misses.failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_cached),
		cmocka_unit_test(test_queues_are_apart),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_joined_in_vain),
		cmocka_unit_test(test_refused_miss),
		cmocka_unit_test(test_refused_among_unknown),
		cmocka_unit_test(test_refused_ring),
		cmocka_unit_test(test_stop_and_go),
		cmocka_unit_test(test_stop_in_a_miss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
