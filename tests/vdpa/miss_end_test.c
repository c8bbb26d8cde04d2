/* SPDX-License-Identifier: MIT */
/* Misses that end without an answer; a set that is full; callbacks. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "misses.h"

/* ---- changes that leave nothing to wait for ---------------------------- */

static int invalidate(struct misses *t)
{
	return dma_unmap(t->f, 0x1000, 0x1000);
}

static int invalidate_all(struct misses *t)
{
	return dma_unmap(t->f, 0, 0);
}

static int set_map(struct misses *t)
{
	return riotlb_vdpa_set_map(t->f->vdpa, 0, NULL, 0, NULL);
}

static int reset_map(struct misses *t)
{
	return riotlb_vdpa_reset_map(t->f->vdpa, 0, NULL);
}

static int batch(struct misses *t)
{
	struct riotlb_vdpa_batch *b;

	assert_int_equal(riotlb_vdpa_batch_begin(t->f->vdpa, 0, &b), 0);
	assert_int_equal(riotlb_vdpa_batch_dma_unmap(b, 0x1000, 1), 0);
	return riotlb_vdpa_batch_end(b, NULL);
}

static void test_flushed(void **state)
{
	int (*const flushes[])(struct misses * t) = {
		invalidate, invalidate_all, set_map, reset_map, batch,
	};
	struct misses *t = *state;

	for (size_t i = 0; i < sizeof(flushes) / sizeof(*flushes); i++) {
		struct waiter w, asked, elsewhere;

		assert_int_equal(add(t, &asked, 0x1000, 0x1000), 0);
		assert_int_equal(take(t), 0x1000);
		assert_int_equal(add_to(t, 0, &w, 0x1000, 0x1000, 3), 0);
		assert_int_equal(add_to(t, 1, &elsewhere, 0x1000, 0x1000, 1),
				 0);
		assert_int_equal(flushes[i](t), 0);
		expect_told(&w, -ECANCELED);
		expect_told(&asked, -ECANCELED);
		expect_waiting(&elsewhere);
		assert_int_equal(take(t), 0x1000);
		assert_int_equal(take(t), NONE);
		assert_int_equal(riotlb_miss_cancel(t->m, &elsewhere.waiter),
				 0);
	}
}

static void test_reset_flushes_all(void **state)
{
	struct misses *t = *state;
	struct riotlb_vhost *v;
	struct waiter w[2];

	for (int i = 0; i < 3; i++) {
		assert_int_equal(riotlb_vhost_open(t->f->vdpa, &v), 0);
		for (uint32_t asid = 0; asid < 2; asid++)
			assert_int_equal(add_to(t, asid, &w[asid], 1, 1, 1), 0);
		if (i == 0)
			riotlb_vhost_reset(v, NULL);
		else if (i == 1)
			riotlb_vdpa_reset(t->f->vdpa, NULL);
		riotlb_vhost_close(v);
		for (int asid = 0; asid < 2; asid++)
			expect_told(&w[asid], -ECANCELED);
	}
}

/* Failed calls change nothing, here either. */
static void test_failed_calls_tell_nobody(void **state)
{
	struct misses *t = *state;
	struct riotlb_vdpa_batch *b;
	struct waiter w;

	assert_int_equal(map_with(t, 0x8000, 0x1000, RIOTLB_RW), 0);
	assert_int_equal(add(t, &w, 0x9000, 0x9000), 0);
	assert_int_equal(map_with(t, 0x8000, 0x2000, RIOTLB_RW), -EEXIST);
	assert_int_equal(riotlb_vdpa_batch_begin(t->f->vdpa, 0, &b), 0);
	assert_int_equal(
		riotlb_vdpa_batch_dma_map(b, 0x9000, 0x1000, 0, 3, NULL), 0);
	assert_int_equal(
		riotlb_vdpa_batch_dma_map(b, 0x8000, 0x1000, 0, 3, NULL), 0);
	assert_int_equal(riotlb_vdpa_batch_end(b, NULL), -EEXIST);
	expect_waiting(&w);
	riotlb_vdpa_batch_abort(b);
	assert_int_equal(riotlb_vdpa_set_group_asid(t->f->vdpa, 0, 9, NULL),
			 -EINVAL);
	assert_int_equal(riotlb_vdpa_reset_map(t->f->vdpa, 9, NULL), -EINVAL);
	expect_waiting(&w);
	assert_int_equal(riotlb_miss_cancel(t->m, &w.waiter), 0);
}

static void test_batch_is_an_answer(void **state)
{
	struct misses *t = *state;
	struct riotlb_vhost *v;
	struct riotlb_iotlb_msg msg = {
		.layout = RIOTLB_VHOST_V2,
		.type = RIOTLB_IOTLB_BATCH_BEGIN,
		.perm = RIOTLB_RW,
		.iova = 0x1000,
		.size = 0x1000,
	};
	struct waiter w;

	assert_int_equal(riotlb_vhost_open(t->f->vdpa, &v), 0);
	assert_int_equal(add(t, &w, 0x1000, 0x1000), 0);
	assert_int_equal(riotlb_vhost_iotlb(v, &msg, NULL, NULL), 0);
	msg.type = RIOTLB_IOTLB_UPDATE;
	assert_int_equal(riotlb_vhost_iotlb(v, &msg, NULL, NULL), 0);
	expect_waiting(&w);
	msg.type = RIOTLB_IOTLB_BATCH_END;
	assert_int_equal(riotlb_vhost_iotlb(v, &msg, NULL, NULL), 0);
	expect_told(&w, 0);
	riotlb_vhost_close(v);
}

static void test_rebinding(void **state)
{
	struct misses *t = *state;
	struct waiter by0, by1, by_as;

	assert_int_equal(group_add(t, 0, &by0, 0x1000), 0);
	assert_int_equal(group_add(t, 1, &by1, 0x1000), 0);
	assert_int_equal(add(t, &by_as, 0x1000, 0x1000), 0);
	assert_int_equal(stats(t).joined, 2);
	assert_int_equal(riotlb_vdpa_set_group_asid(t->f->vdpa, 1, 1, NULL), 0);
	expect_waiting(&by0);
	expect_waiting(&by_as);
	expect_told(&by1, -ECANCELED);
	/* from now on it asks for the other AS */
	assert_int_equal(group_add(t, 1, &by1, 0x1000), 0);
	expect_taken(t, 0x1000, 0x1000, 0, RIOTLB_READ);
	expect_taken(t, 0x1000, 0x1000, 1, RIOTLB_READ);
	assert_int_equal(map_with(t, 0x1000, 0x1000, RIOTLB_READ), 0);
	expect_told(&by0, 0);
	expect_told(&by_as, 0);
	expect_waiting(&by1);
	assert_int_equal(riotlb_miss_cancel(t->m, &by1.waiter), 0);
}

/* ---- full, cancelled, closed ------------------------------------------- */

static void test_full(void **state)
{
	struct misses *t = *state;
	struct waiter w[3], joins;

	t->attr.capacity = 2;
	misses_recreate(t);
	assert_int_equal(add(t, &w[0], 0x1000, 0x1fff), 0);
	assert_int_equal(add(t, &w[1], 0x2000, 0x2fff), 0);
	assert_int_equal(add(t, &w[2], 0x3000, 0x3000), -ENOSPC);
	assert_int_equal(add(t, &w[2], 0x3000, 0x3000), -ENOSPC);
	assert_int_equal(stats(t).refused, 2);
	/* there is no limit to who waits */
	assert_int_equal(add(t, &joins, 0x1800, 0x1fff), 0);
	assert_int_equal(t->rooms, 0);
	assert_int_equal(take(t), 0x1000);
	assert_int_equal(map_with(t, 0x1000, 0x1000, RIOTLB_READ), 0);
	assert_int_equal(t->rooms, 1);
	assert_int_equal(add(t, &w[2], 0x3000, 0x3000), 0);
	/* nobody was refused since */
	riotlb_miss_fail(t->m, 0, 0x3000, 0x3000, -EIO);
	assert_int_equal(t->rooms, 1);
	/* the end of a wait makes room, too */
	assert_int_equal(add(t, &w[2], 0x3000, 0x3000), 0);
	assert_int_equal(add(t, &w[0], 0x4000, 0x4000), -ENOSPC);
	assert_int_equal(riotlb_miss_cancel(t->m, &w[2].waiter), 0);
	assert_int_equal(t->rooms, 2);
	assert_int_equal(riotlb_miss_cancel(t->m, &w[1].waiter), 0);
}

/* Also where the one that makes room is the one that found the mapping. */
static void test_room_by_finding_it(void **state)
{
	struct misses *t = *state;
	struct waiter w[2];

	t->attr.capacity = 1;
	misses_recreate(t);
	assert_int_equal(map_with(t, 0x1000, 0x1000, RIOTLB_READ), 0);
	assert_int_equal(add(t, &w[0], 0x3000, 0x3000), 0);
	assert_int_equal(add(t, &w[1], 0x1000, 0x1000), -ENOSPC);
	assert_int_equal(riotlb_miss_cancel(t->m, &w[0].waiter), 0);
	assert_int_equal(t->rooms, 1);
	assert_int_equal(add(t, &w[1], 0x1000, 0x1000), 1);
	assert_int_equal(t->rooms, 1);
}

static void test_cancel(void **state)
{
	struct misses *t = *state;
	struct waiter a, b;

	assert_int_equal(add(t, &a, 0x1000, 0x2fff), 0);
	assert_int_equal(add(t, &b, 0x2000, 0x2fff), 0);
	assert_int_equal(take(t), 0x1000);
	t->kicks = 0;
	assert_int_equal(riotlb_miss_cancel(t->m, &a.waiter), 0);
	/* nobody has asked for what the other wants */
	assert_int_equal(t->kicks, 1);
	expect_taken(t, 0x2000, 0x2fff, 0, RIOTLB_READ);
	assert_int_equal(map_with(t, 0x1000, 0x1000, RIOTLB_READ), 0);
	expect_waiting(&b);
	assert_int_equal(map_with(t, 0x2000, 0x1000, RIOTLB_READ), 0);
	expect_waiting(&a);
	expect_told(&b, 0);
	assert_int_equal(riotlb_miss_cancel(t->m, &b.waiter), -EALREADY);
	expect_told(&b, 0);
}

static void test_close(void **state)
{
	struct misses *t = *state;
	struct waiter w;

	assert_int_equal(add(t, &w, 0x1000, 0x1fff), 0);
	riotlb_miss_close(t->m);
	expect_told(&w, -ESHUTDOWN);
	riotlb_miss_close(t->m);
	expect_told(&w, -ESHUTDOWN);
	assert_int_equal(add(t, &w, 0x1000, 0x1fff), -ESHUTDOWN);
	assert_int_equal(take(t), NONE);
	/* the front goes on without */
	riotlb_miss_destroy(t->m);
	assert_int_equal(map_with(t, 0x1000, 0x1000, RIOTLB_READ), 0);
	misses_create(t);
}

/* ---- callbacks --------------------------------------------------------- */

static void test_without_callback(void **state)
{
	struct misses *t = *state;
	struct riotlb_miss_waiter w = { .told = NULL };

	t->attr.kick = NULL;
	t->attr.room = NULL;
	misses_recreate(t);
	riotlb_read_enter(t->f->engine);
	assert_int_equal(riotlb_miss_add(t->m, 0, 0x1000, 0x1000, 1, &w), 0);
	riotlb_read_exit(t->f->engine);
	assert_int_equal(riotlb_miss_poll(&w), -EINPROGRESS);
	assert_int_equal(map_with(t, 0x1000, 0x1000, RIOTLB_READ), 0);
	assert_int_equal(riotlb_miss_poll(&w), 0);
}

/* A request that goes on to its next page, and frees itself at the end. */
struct request {
	struct riotlb_miss_waiter waiter;
	struct misses *t;
	uint64_t iova;
	int *done;
};

static void go_on(struct riotlb_miss_waiter *self, int status)
{
	struct request *r = (struct request *)self;
	struct riotlb_miss_stats now;

	riotlb_miss_get_stats(r->t->m, &now); /* no lock is held */
	assert_int_equal(status, 0);
	r->iova += 0x1000;
	if (r->iova < 0x4000) {
		riotlb_read_enter(r->t->f->engine);
		assert_int_equal(
			riotlb_miss_add(r->t->m, 0, r->iova, r->iova, 1, self),
			0);
		riotlb_read_exit(r->t->f->engine);
		return;
	}
	++*r->done;
	memset(r, 0xa5, sizeof(*r));
	free(r);
}

static void test_callback_adds_and_frees(void **state)
{
	struct misses *t = *state;
	int done = 0;

	for (int i = 0; i < 3; i++) {
		struct request *r = calloc(1, sizeof(*r));

		assert_non_null(r);
		*r = (struct request){ { .told = go_on }, t, 0x1000, &done };
		riotlb_read_enter(t->f->engine);
		assert_int_equal(
			riotlb_miss_add(t->m, 0, 0x1000, 0x1000, 1, &r->waiter),
			0);
		riotlb_read_exit(t->f->engine);
	}
	for (uint64_t iova = 0x1000; iova < 0x4000; iova += 0x1000) {
		assert_int_equal(take(t), iova);
		assert_int_equal(take(t), NONE);
		assert_int_equal(map_with(t, iova, 0x1000, RIOTLB_READ), 0);
	}
	assert_int_equal(done, 3);
	assert_int_equal(stats(t).waiters, 0);
}

/* ---- cancellation ------------------------------------------------------ */

static void test_cancel_point(struct riotlb_miss_waiter *self, int status)
{
	keep(self, status);
	pthread_testcancel();
}

static int calls_returned;

static void *map_cancelled(void *arg)
{
	struct misses *t = arg;

	pthread_cancel(pthread_self());
	if (map_with(t, 0x1000, 0x2000, RIOTLB_READ) == 0)
		calls_returned++;
	pthread_testcancel();
	return NULL;
}

/* Whoever else is to be told is told, and only then the thread ends. */
static void test_thread_is_cancelled(void **state)
{
	struct misses *t = *state;
	struct waiter w[2];
	pthread_t thread;
	void *result;

	calls_returned = 0;
	for (uint64_t i = 0; i < 2; i++) {
		uint64_t iova = (i + 1) * 0x1000;

		w[i] = (struct waiter){ .waiter.told = test_cancel_point };
		riotlb_read_enter(t->f->engine);
		assert_int_equal(
			riotlb_miss_add(t->m, 0, iova, iova, 1, &w[i].waiter),
			0);
		riotlb_read_exit(t->f->engine);
	}
	assert_int_equal(pthread_create(&thread, NULL, map_cancelled, t), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	assert_int_equal(calls_returned, 1);
	expect_told(&w[0], 0);
	expect_told(&w[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		miss_test(test_flushed),
		miss_test(test_reset_flushes_all),
		miss_test(test_failed_calls_tell_nobody),
		miss_test(test_batch_is_an_answer),
		miss_test(test_rebinding),
		miss_test(test_full),
		miss_test(test_room_by_finding_it),
		miss_test(test_cancel),
		miss_test(test_close),
		miss_test(test_without_callback),
		miss_test(test_callback_adds_and_frees),
		miss_test(test_thread_is_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
