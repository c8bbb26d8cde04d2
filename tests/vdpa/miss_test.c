/* SPDX-License-Identifier: MIT */
/* Misses: what becomes a question, and what is an answer. */
#include <errno.h>

#include "misses.h"

/* ---- life -------------------------------------------------------------- */

static void test_attributes(void **state)
{
	struct misses *t = *state;
	struct riotlb_misses *other = NULL;
	struct riotlb_miss_attr attr;

	assert_int_equal(riotlb_miss_create(t->f->vdpa, NULL, &other), -EBUSY);
	riotlb_miss_destroy(t->m);
	riotlb_miss_attr_init(&attr);
	attr.size--;
	assert_int_equal(riotlb_miss_create(t->f->vdpa, &attr, &other),
			 -EINVAL);
	riotlb_miss_attr_init(&attr);
	attr.capacity = 0;
	assert_int_equal(riotlb_miss_create(t->f->vdpa, &attr, &other),
			 -EINVAL);
	attr.capacity = RIOTLB_MAX_MISSES + 1;
	assert_int_equal(riotlb_miss_create(t->f->vdpa, &attr, &other),
			 -EINVAL);
	attr.capacity = RIOTLB_MAX_MISSES;
	attr.layout = (enum riotlb_vhost_layout)3;
	assert_int_equal(riotlb_miss_create(t->f->vdpa, &attr, &other),
			 -EINVAL);
	attr.layout = RIOTLB_VHOST_V1;
	hooks_refuse_nth(&t->f->hooks, 1);
	assert_int_equal(riotlb_miss_create(t->f->vdpa, &attr, &other),
			 -ENOMEM);
	assert_null(other);
	assert_int_equal(riotlb_miss_create(t->f->vdpa, &attr, &other), 0);
	riotlb_miss_destroy(other);
	riotlb_miss_destroy(NULL);
	misses_create(t);
}

static void test_arguments(void **state)
{
	struct misses *t = *state;
	struct waiter w;

	assert_int_equal(add_to(t, FRONT_AS, &w, 0, 0, 1), -EINVAL);
	assert_int_equal(add_to(t, UINT32_MAX, &w, 0, 0, 1), -EINVAL);
	assert_int_equal(add_to(t, 0, &w, 1, 0, 1), -EINVAL);
	assert_int_equal(add_to(t, 0, &w, 0, 0, 0), -EINVAL);
	assert_int_equal(add_to(t, 0, &w, 0, 0, 4), -EINVAL);
	assert_int_equal(group_add(t, FRONT_GROUPS, &w, 0), -EINVAL);
	assert_int_equal(stats(t).added, 0);
	assert_int_equal(take(t), NONE);
	/* the ends of the space */
	assert_int_equal(add(t, &w, 0, UINT64_MAX), 0);
	expect_taken(t, 0, UINT64_MAX, 0, RIOTLB_READ);
	assert_int_equal(riotlb_miss_cancel(t->m, &w.waiter), 0);
	assert_int_equal(add(t, &w, UINT64_MAX, UINT64_MAX), 0);
	expect_taken(t, UINT64_MAX, UINT64_MAX, 0, RIOTLB_READ);
	assert_int_equal(map_with(t, UINT64_MAX, 1, RIOTLB_READ), 0);
	expect_told(&w, 0);
}

/* The data path must not have to wait for memory. */
static void test_nothing_is_allocated(void **state)
{
	struct misses *t = *state;
	size_t before = t->f->hooks.calls;
	struct waiter w[3];

	t->f->hooks.refuse_all = true;
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(add(t, &w[i], i << 12, i << 12), 0);
	assert_int_equal(take(t), 0);
	riotlb_miss_requeue(t->m);
	riotlb_miss_fail(t->m, 0, 0, UINT64_MAX, -EIO);
	assert_int_equal(t->f->hooks.calls, before);
	t->f->hooks.refuse_all = false;
}

/* ---- questions --------------------------------------------------------- */

static void test_oldest_first(void **state)
{
	struct misses *t = *state;
	struct waiter w[3];

	assert_int_equal(add(t, &w[0], 0x3000, 0x3fff), 0);
	assert_int_equal(add_to(t, 1, &w[1], 0x1000, 0x1003, RIOTLB_WRITE), 0);
	assert_int_equal(add(t, &w[2], 0x2000, 0x2fff), 0);
	assert_int_equal(t->kicks, 3);
	assert_int_equal(stats(t).queued, 3);
	expect_taken(t, 0x3000, 0x3fff, 0, RIOTLB_READ);
	expect_taken(t, 0x1000, 0x1003, 1, RIOTLB_WRITE);
	assert_int_equal(stats(t).queued, 1);
	assert_int_equal(stats(t).asked, 2);
	/* what was asked comes before what was not, in its old order */
	riotlb_miss_requeue(t->m);
	assert_int_equal(take(t), 0x3000);
	assert_int_equal(take(t), 0x1000);
	assert_int_equal(take(t), 0x2000);
	assert_int_equal(take(t), NONE);
	assert_int_equal(stats(t).taken, 5);
	riotlb_miss_close(t->m);
	for (int i = 0; i < 3; i++)
		expect_told(&w[i], -ESHUTDOWN);
}

static void test_as_bytes(void **state)
{
	static const enum riotlb_vhost_layout layouts[] = {
		RIOTLB_VHOST_USER,
		RIOTLB_VHOST_V1,
		RIOTLB_VHOST_V2,
	};
	struct misses *t = *state;

	for (int i = 0; i < 3; i++) {
		bool user = layouts[i] == RIOTLB_VHOST_USER;
		int size = user ? RIOTLB_VHOST_USER_IOTLB_SIZE
				: RIOTLB_VHOST_MSG_SIZE;
		uint32_t asid = layouts[i] == RIOTLB_VHOST_V2;
		unsigned char buf[RIOTLB_VHOST_MSG_SIZE];
		struct riotlb_iotlb_msg msg;
		struct waiter w;

		t->attr.layout = layouts[i];
		misses_recreate(t);
		assert_int_equal(add_to(t, 1, &w, 0x1000, 0x1000, 3),
				 asid ? 0 : -EINVAL);
		if (!asid)
			assert_int_equal(add_to(t, 0, &w, 0x1000, 0x1000, 3),
					 0);
		assert_int_equal(riotlb_miss_read(t->m, buf, (size_t)size - 1),
				 -ENOBUFS);
		assert_int_equal(riotlb_miss_read(t->m, buf, (size_t)size),
				 size);
		assert_int_equal(riotlb_miss_read(t->m, buf, (size_t)size),
				 -EAGAIN);
		if (user)
			assert_int_equal(riotlb_vhost_user_iotlb_decode(
						 buf, (size_t)size, &msg),
					 0);
		else
			assert_int_equal(riotlb_vhost_msg_decode(
						 buf, (size_t)size, &msg),
					 0);
		assert_int_equal(msg.layout, layouts[i]);
		assert_int_equal(msg.type, RIOTLB_IOTLB_MISS);
		assert_int_equal(msg.asid, asid);
		assert_int_equal(msg.iova, 0x1000);
		assert_int_equal(msg.perm, 3);
		assert_int_equal(riotlb_miss_cancel(t->m, &w.waiter), 0);
	}
}

static void test_what_joins(void **state)
{
	struct misses *t = *state;
	struct waiter w[8];

	assert_int_equal(add_to(t, 0, &w[0], 0x1000, 0x2fff, RIOTLB_RW), 0);
	/* all of it, a part of it, less permission */
	assert_int_equal(add_to(t, 0, &w[1], 0x1000, 0x2fff, RIOTLB_RW), 0);
	assert_int_equal(add(t, &w[2], 0x2fff, 0x2fff), 0);
	/* and one that reaches further, which the question then does */
	assert_int_equal(add(t, &w[3], 0x2000, 0x3fff), 0);
	assert_int_equal(stats(t).joined, 3);
	assert_int_equal(t->kicks, 1);
	/* another first byte, AS, permission: their own */
	assert_int_equal(add(t, &w[4], 0xfff, 0x1fff), 0);
	assert_int_equal(add_to(t, 1, &w[5], 0x1000, 0x1000, RIOTLB_READ), 0);
	assert_int_equal(add(t, &w[6], 0x4000, 0x4000), 0);
	assert_int_equal(add_to(t, 0, &w[7], 0x4000, 0x4000, RIOTLB_RW), 0);
	assert_int_equal(stats(t).joined, 3);
	assert_int_equal(stats(t).waiters, 8);
	expect_taken(t, 0x1000, 0x3fff, 0, RIOTLB_RW);
	expect_taken(t, 0xfff, 0x1fff, 0, RIOTLB_READ);
	expect_taken(t, 0x1000, 0x1000, 1, RIOTLB_READ);
	expect_taken(t, 0x4000, 0x4000, 0, RIOTLB_READ);
	expect_taken(t, 0x4000, 0x4000, 0, RIOTLB_RW);
	/* one that is asked is joined as well */
	assert_int_equal(riotlb_miss_cancel(t->m, &w[2].waiter), 0);
	assert_int_equal(add(t, &w[2], 0x3000, 0x3000), 0);
	assert_int_equal(take(t), NONE);
	riotlb_miss_close(t->m);
	for (int i = 0; i < 8; i++)
		expect_told(&w[i], -ESHUTDOWN);
}

/* ---- answers ----------------------------------------------------------- */

static void test_a_map_tells_whom_it_covers(void **state)
{
	struct misses *t = *state;
	struct waiter in, before, behind, elsewhere;

	assert_int_equal(add(t, &in, 0x1000, 0x1fff), 0);
	assert_int_equal(add(t, &before, 0xfff, 0xfff), 0);
	assert_int_equal(add(t, &behind, 0x3000, 0x3000), 0);
	assert_int_equal(add_to(t, 1, &elsewhere, 0x1000, 0x1fff, 1), 0);
	assert_int_equal(take(t), 0x1000);
	assert_int_equal(map_with(t, 0x1000, 0x2000, RIOTLB_RW), 0);
	expect_told(&in, 0);
	expect_waiting(&before);
	expect_waiting(&behind);
	expect_waiting(&elsewhere);
	assert_int_equal(stats(t).asked, 0);
	assert_int_equal(stats(t).queued, 3);
	/* what is told is told once */
	assert_int_equal(map_with(t, 0x3000, 0x1000, RIOTLB_RW), 0);
	expect_told(&in, 0);
	expect_told(&behind, 0);
	assert_int_equal(stats(t).mapped, 2);
	assert_int_equal(riotlb_miss_cancel(t->m, &before.waiter), 0);
	assert_int_equal(riotlb_miss_cancel(t->m, &elsewhere.waiter), 0);
	assert_int_equal(stats(t).queued, 0);
	assert_int_equal(stats(t).waiters, 0);
}

/* A question of three pages whose answers come page by page. */
static void test_short_answers(void **state)
{
	struct misses *t = *state;
	struct waiter first, second, third;

	assert_int_equal(add(t, &first, 0x1000, 0x3fff), 0);
	assert_int_equal(add(t, &third, 0x3000, 0x3fff), 0);
	assert_int_equal(add(t, &second, 0x2800, 0x2fff), 0);
	expect_taken(t, 0x1000, 0x3fff, 0, RIOTLB_READ);
	t->kicks = 0;
	assert_int_equal(map_with(t, 0x1000, 0x1000, RIOTLB_READ), 0);
	expect_told(&first, 0);
	expect_waiting(&second);
	assert_int_equal(t->kicks, 1);
	expect_taken(t, 0x2800, 0x3fff, 0, RIOTLB_READ);
	/* of another part: the question is still the same one */
	assert_int_equal(map_with(t, 0x3000, 0x1000, RIOTLB_READ), 0);
	expect_told(&third, 0);
	expect_waiting(&second);
	assert_int_equal(t->kicks, 1);
	assert_int_equal(take(t), NONE);
	assert_int_equal(stats(t).asked, 1);
	assert_int_equal(map_with(t, 0x2000, 0x1000, RIOTLB_READ), 0);
	expect_told(&second, 0);
	assert_int_equal(stats(t).asked, 0);
}

/* The same while it is queued: it keeps its turn, and its kick. */
static void test_answers_nobody_asked_for(void **state)
{
	struct misses *t = *state;
	struct waiter a, b, c;

	assert_int_equal(add(t, &a, 0x1000, 0x2fff), 0);
	assert_int_equal(add(t, &b, 0x2000, 0x2fff), 0);
	assert_int_equal(add(t, &c, 0x8000, 0x8fff), 0);
	assert_int_equal(map_with(t, 0x1000, 0x1000, RIOTLB_READ), 0);
	expect_told(&a, 0);
	assert_int_equal(t->kicks, 2);
	expect_taken(t, 0x2000, 0x2fff, 0, RIOTLB_READ);
	expect_taken(t, 0x8000, 0x8fff, 0, RIOTLB_READ);
	riotlb_miss_fail(t->m, 0, 0, UINT64_MAX, -EIO);
	expect_told(&b, -EIO);
	expect_told(&c, -EIO);
}

static void test_permission(void **state)
{
	struct misses *t = *state;
	struct waiter reads, writes, both;

	assert_int_equal(add_to(t, 0, &both, 0x1000, 0x1000, RIOTLB_RW), 0);
	assert_int_equal(add_to(t, 0, &reads, 0x1000, 0x1000, RIOTLB_READ), 0);
	assert_int_equal(add_to(t, 0, &writes, 0x1000, 0x1000, RIOTLB_WRITE),
			 0);
	assert_int_equal(map_with(t, 0x1000, 0x1000, RIOTLB_READ), 0);
	expect_told(&reads, 0);
	expect_told(&writes, -EPERM);
	expect_told(&both, -EPERM);
	assert_int_equal(stats(t).failed, 2);
	/* who thinks that it can be had all the same may ask */
	assert_int_equal(add_to(t, 0, &writes, 0x1000, 0x1000, RIOTLB_WRITE),
			 0);
	expect_taken(t, 0x1000, 0x1000, 0, RIOTLB_WRITE);
	assert_int_equal(dma_unmap(t->f, 0x1000, 0x1000), 0);
	expect_told(&writes, -ECANCELED);
}

static void test_mapped_before_it_is_added(void **state)
{
	struct misses *t = *state;
	struct waiter w, other;

	assert_int_equal(map_with(t, 0x1000, 0x1000, RIOTLB_READ), 0);
	assert_int_equal(add(t, &w, 0x1000, 0x2fff), 1);
	expect_waiting(&w);
	assert_int_equal(t->kicks, 0);
	assert_int_equal(take(t), NONE);
	assert_int_equal(stats(t).in_time, 1);
	assert_int_equal(stats(t).waiters, 0);
	/* and out of a question that others are in */
	assert_int_equal(add(t, &other, 0x0fff, 0x1fff), 0);
	assert_int_equal(add(t, &w, 0x1000, 0x2fff), 1);
	assert_int_equal(stats(t).waiters, 1);
	expect_taken(t, 0x0fff, 0x2fff, 0, RIOTLB_READ);
	assert_int_equal(add(t, &w, 0x1000, 0x1fff), 1);
	assert_int_equal(stats(t).asked, 1);
	assert_int_equal(take(t), NONE);
	assert_int_equal(riotlb_miss_cancel(t->m, &other.waiter), 0);
}

static void test_engine_is_mapped_directly(void **state)
{
	struct misses *t = *state;
	struct waiter w;

	assert_int_equal(add(t, &w, 0x1000, 0x1000), 0);
	assert_int_equal(map(t->f->engine, 0x1000, 0x1fff, 0, RIOTLB_RW), 0);
	expect_waiting(&w);
	riotlb_miss_mapped(t->m, 0, 0x1000, 0x1fff, RIOTLB_RW);
	expect_told(&w, 0);
}

static void test_failure(void **state)
{
	struct misses *t = *state;
	struct waiter a, b;

	assert_int_equal(add(t, &a, 0x1000, 0x1fff), 0);
	assert_int_equal(add(t, &b, 0x1800, 0x1fff), 0);
	riotlb_miss_fail(t->m, 1, 0, UINT64_MAX, -EIO);
	expect_waiting(&a);
	riotlb_miss_fail(t->m, 0, 0x1000, 0x17ff, -ETIMEDOUT);
	expect_told(&a, -ETIMEDOUT);
	expect_waiting(&b);
	riotlb_miss_fail(t->m, 0, 0x1800, 0x1800, 5);
	expect_told(&b, -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		miss_test(test_attributes),
		miss_test(test_arguments),
		miss_test(test_nothing_is_allocated),
		miss_test(test_oldest_first),
		miss_test(test_as_bytes),
		miss_test(test_what_joins),
		miss_test(test_a_map_tells_whom_it_covers),
		miss_test(test_short_answers),
		miss_test(test_answers_nobody_asked_for),
		miss_test(test_permission),
		miss_test(test_mapped_before_it_is_added),
		miss_test(test_engine_is_mapped_directly),
		miss_test(test_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
