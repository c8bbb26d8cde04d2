/* SPDX-License-Identifier: MIT */
/*
 * What the front-end says of its memory: updates, permissions, invalidations,
 * tables; and that it takes it away.
 */
#include <errno.h>
#include <string.h>

#include <poll.h>
#include <sys/eventfd.h>

#include "check.h"
#include "io.h"

static uint64_t update(struct front *f, uint64_t iova, uint64_t size,
		       uint64_t uaddr, unsigned perm)
{
	return front_iotlb(f, UPDATE, iova, size, uaddr, perm);
}

static void test_updates(void **state)
{
	struct front *f = front_create(FRONT_IOMMU);
	uint64_t size = (uint64_t)FRONT_PAGES * ARENA_PAGE;
	uint64_t user = (uintptr_t)f->arena.driver;
	struct front_result result;

	(void)state;
	front_negotiate(f);
	/* before there is a table */
	assert_int_equal(update(f, 0, 4096, user, 3), EFAULT);
	assert_int_equal(front_share(f), 0);
	/* all of it, and more, at both ends */
	assert_int_equal(update(f, 0x1000, size, user, 3), 0);
	assert_int_equal(update(f, 0, size + 1, user, 3), EFAULT);
	assert_int_equal(update(f, 0, 4096, user - 1, 3), EFAULT);
	assert_int_equal(update(f, 0, 4096, user + size - 4095, 3), EFAULT);
	assert_int_equal(update(f, 0, 1, user + size - 1, 3), 0);
	assert_int_equal(update(f, UINT64_MAX - 4095, 4096, user, 3), 0);
	/* what makes no sense */
	assert_int_equal(update(f, 0, 0, user, 3), EINVAL);
	assert_int_equal(update(f, 0, 4096, user, 0), EINVAL);
	assert_int_equal(update(f, 0, 4096, user, 4), EINVAL);
	assert_int_equal(update(f, UINT64_MAX, 2, user, 3), EINVAL);
	assert_int_equal(update(f, 0, 2, UINT64_MAX, 3), EOVERFLOW);
	for (unsigned type = 0; type < 256; type += type < 7 ? 1 : 31)
		if (type != UPDATE && type != INVALIDATE)
			assert_int_not_equal(
				front_iotlb(f, type, 0, 4096, user, 3), 0);
	assert_int_equal(front_iotlb(f, INVALIDATE, 5, UINT64_MAX, 0, 0),
			 EINVAL);
	/* an invalidation of nothing, of a part, of all */
	assert_int_equal(front_iotlb(f, INVALIDATE, 1ULL << 50, 1, 0, 0), 0);
	assert_int_equal(front_iotlb(f, INVALIDATE, 0x2000, 1, 0, 0), 0);
	assert_int_equal(front_iotlb(f, INVALIDATE, 0, 0, 0, 0), 0);
	result = front_destroy(f);
	assert_int_equal(result.memory.updates, 3);
	assert_int_equal(result.memory.invalidations, 3);
	assert_int_equal(result.memory.mappings, 0);
}

/* Reading is allowed, then writing as well; neither takes the other away. */
static void test_permissions(void **state)
{
	struct front_request r[FRONT_QUEUES];
	struct front *f = io_ready_but_data(r);
	struct front_result result;
	struct front_miss miss;
	uint64_t iova;

	(void)state;
	iova = arena_iova(&f->arena, r[0].data);
	front_map(f, iova, RIOTLB_READ);
	front_submit(f, &r[0], OUT, 0);
	assert_true(front_done(f, &r[0], 10000));
	front_submit(f, &r[0], IN, 0);
	assert_true(front_miss(f, &miss, 10000));
	assert_int_equal(miss.iova, iova);
	assert_int_equal(miss.perm, RIOTLB_WRITE);
	/* not what was asked for, so it is not the answer */
	front_map(f, iova, RIOTLB_READ);
	assert_false(front_done(f, &r[0], 20));
	front_map(f, iova, RIOTLB_WRITE);
	front_reply(f, 0);
	assert_true(front_done(f, &r[0], 10000));
	assert_int_equal(*r[0].status, VIRTIO_BLK_S_OK);
	for (int i = 0; i < 4; i++) {
		front_submit(f, &r[0], i % 2 ? IN : OUT, 0);
		assert_true(front_done(f, &r[0], 10000));
	}
	/* elsewhere, it is another matter */
	assert_int_equal(
		update(f, iova, 4096, (uintptr_t)r[1].data, RIOTLB_READ), 0);
	front_submit(f, &r[0], IN, 0);
	assert_true(front_miss(f, &miss, 10000));
	front_reply(f, 1);
	assert_true(front_done(f, &r[0], 10000));
	assert_int_equal(*r[0].status, VIRTIO_BLK_S_IOERR);
	result = front_destroy(f);
	assert_int_equal(result.memory.widened, 1);
	assert_int_equal(result.broken, 0);
}

/* A mapping that spans the border of two regions leads to both. */
static void test_two_regions(void **state)
{
	struct front_request r[FRONT_QUEUES];
	struct front *f = io_ready_but_data(r);
	uint64_t iova = UINT64_C(7) << 40;
	uint64_t half = (uint64_t)FRONT_PAGES / 2 * ARENA_PAGE;
	uint8_t *border = f->arena.driver + half;

	(void)state;
	assert_int_equal(
		update(f, iova, 8192, (uintptr_t)border - 4096, RIOTLB_RW), 0);
	/* the driver names it by that address */
	r[0].data = f->arena.driver + (iova - ARENA_IOVA) + 2048;
	front_submit(f, &r[0], IN, 0);
	assert_true(front_done(f, &r[0], 10000));
	assert_int_equal(*r[0].status, VIRTIO_BLK_S_OK);
	assert_int_equal(front_destroy(f).misses.queued, 0);
}

/* No reply to an INVALIDATE while a request still has the page. */
static void test_invalidate_waits(void **state)
{
	uint8_t payload[32] = { 0 };
	struct front *f = front_ready(FRONT_IOMMU | FRONT_FILE);
	struct front_result result;
	struct front_request r;
	struct pollfd p = { .fd = f->socket, .events = POLLIN };
	uint64_t iova, size = 4096, word;

	(void)state;
	front_prepare(f, &r, 0, 4096);
	io_fill(&r, 5);
	front_submit(f, &r, OUT, 0);
	assert_int_equal(front_finish(f, &r), VIRTIO_BLK_S_OK);
	memset(r.data, 0, r.size);
	f->stall = true;
	front_submit(f, &r, IN, 0);
	while (!f->stalled)
		poll(NULL, 0, 1);
	iova = arena_iova(&f->arena, r.data);
	memcpy(payload, &iova, 8);
	memcpy(payload + 8, &size, 8);
	payload[25] = INVALIDATE;
	front_send(f, IOTLB_MSG, VERSION | NEED_REPLY, payload, 32, NULL, 0);
	assert_int_equal(poll(&p, 1, 200), 0);
	assert_int_equal(r.data[0], 0); /* the data comes after the stall */
	f->stall = false;
	assert_int_equal(front_receive(f, IOTLB_MSG, &word, 8), 8);
	assert_int_equal(word, 0);
	/* it is there with the reply, whether or not the driver was told */
	assert_true(io_is_filled(&r, 5));
	assert_int_equal(front_finish(f, &r), VIRTIO_BLK_S_OK);
	result = front_destroy(f);
	assert_int_equal(result.device.held, 1);
	assert_int_equal(result.misses.failed, 0);
}

/* A new table while requests run: what was mapped is asked for again. */
static void test_new_table(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 2; kind++) {
		struct front *f = front_ready(kind);
		struct front_result result;

		for (int i = 0; i < 5; i++) {
			io_write_and_read(f, 4096);
			assert_int_equal(front_share(f), 0);
		}
		result = front_destroy(f);
		assert_int_equal(result.device.tables, 6);
		assert_int_equal(result.broken, 0);
	}
}

/* The memory goes away under the back-end. */
static void test_memory_gone(void **state)
{
	(void)state;
#ifdef RIOTLB_TSAN
	/* its atomics hold locks of its own, which a jump leaves locked */
	skip();
#endif
	for (unsigned kind = 0; kind < 8; kind++) {
		struct front *f = front_ready(kind);
		struct front_request r;
		eventfd_t n;

		front_prepare(f, &r, 0, 4096);
		front_submit(f, &r, OUT, 0);
		assert_int_equal(front_finish(f, &r), VIRTIO_BLK_S_OK);
		arena_cut(&f->arena);
		assert_int_equal(eventfd_write(f->queues[0].kick, 1), 0);
		while (eventfd_read(f->queues[0].err, &n))
			poll(NULL, 0, 1);
		assert_int_equal(front_get(f, GET_QUEUE_NUM), FRONT_QUEUES);
		assert_true(front_destroy(f).broken >= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_updates),
		cmocka_unit_test(test_permissions),
		cmocka_unit_test(test_two_regions),
		cmocka_unit_test(test_invalidate_waits),
		cmocka_unit_test(test_new_table),
		cmocka_unit_test(test_memory_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
