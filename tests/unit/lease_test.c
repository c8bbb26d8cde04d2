/* SPDX-License-Identifier: MIT */
/* Leases: what they hold back, what they do not, and that they let go. */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "check.h"
#include "fixture.h"

static struct retire_log log_;

static struct riotlb *logged(struct fixture *f, enum riotlb_reclaim_mode mode)
{
	memset(&log_, 0, sizeof(log_));
	f->attr.retire = retire_log_add;
	f->attr.hook_ctx = &log_;
	f->attr.reclaim = mode;
	fixture_recreate(f);
	return f->engine;
}

static riotlb_lease begin(struct riotlb *e)
{
	riotlb_lease lease;

	riotlb_read_enter(e);
	lease = riotlb_lease_begin(e);
	riotlb_read_exit(e);
	return lease;
}

/* Enough cycles for anything that waits for no lease. */
static void several_cycles(struct riotlb *e)
{
	for (int i = 0; i < 8; i++)
		riotlb_reclaim(e);
}

struct counted {
	struct riotlb_deferred deferred; /* first */
	int runs;
};

static void count_run(struct riotlb_deferred *self)
{
	((struct counted *)self)->runs++;
}

static void test_lease_delays(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);
	struct counted job = { 0 };
	struct riotlb_report r;
	riotlb_lease lease;

	assert_int_equal(map(e, 0, 0xfff, 0, RIOTLB_RW), 0);
	lease = begin(e);
	assert_int_equal(riotlb_unmap(e, 0, 0, 0xfff, RIOTLB_UNMAP_EXACT, &r),
			 0);
	riotlb_defer(e, &job.deferred, count_run);
	several_cycles(e);
	assert_int_equal(riotlb_reclaim(e), 1);
	assert_int_equal(riotlb_poll(e, r.token), 0);
	assert_int_equal(atomic_load(&log_.n), 0);
	assert_int_equal(job.runs, 0);
	riotlb_lease_end(e, lease);
	drain(e);
	assert_int_equal(riotlb_poll(e, r.token), 1);
	expect_retired(&log_, 0, mapping(0, 0xfff, 0, RIOTLB_RW));
	assert_int_equal(job.runs, 1);
}

static void test_lease_delays_no_update_and_no_memory(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e = f->engine;
	size_t before = atomic_load(&f->hooks.live_bytes);
	riotlb_lease lease = begin(e);

	for (uint64_t i = 0; i < 2000; i++)
		assert_int_equal(
			map(e, i << 24, (i << 24) + 0xffe, 0, RIOTLB_RW), 0);
	assert_true(atomic_load(&f->hooks.live_bytes) > before + 20000);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	several_cycles(e);
	assert_true(atomic_load(&f->hooks.live_bytes) < before + 10000);
	assert_int_equal(stats_of(e, 0).retired_bytes, 0);
	riotlb_lease_end(e, lease);
	drain(e);
}

static void test_any_order(void **state)
{
	enum { N = 9 };
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);
	riotlb_lease lease[N];

	assert_int_equal(map(e, 0, 0xfff, 0, RIOTLB_RW), 0);
	for (int i = 0; i < N; i++)
		lease[i] = begin(e);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	for (int i = 0; i < N; i++) {
		several_cycles(e);
		assert_int_equal(atomic_load(&log_.n), 0);
		/* 0, 2, 4, 6, 8, 1, 3, 5, 7 */
		riotlb_lease_end(e, lease[i * 2 % N]);
	}
	drain(e);
	expect_retired(&log_, 0, mapping(0, 0xfff, 0, RIOTLB_RW));
}

/*
 * Sixty-four requests are in flight at any time, each under a lease of its own;
 * there is never a moment without one. Whatever is retired must come through
 * once the leases of its time have ended.
 */
static void test_overlap_does_not_starve(void **state)
{
	enum { DEPTH = 64, ROUNDS = 200 };
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);
	riotlb_lease ring[DEPTH];
	size_t at = 0;

	for (size_t i = 0; i < DEPTH; i++)
		ring[i] = begin(e);
	for (int round = 0; round < ROUNDS; round++) {
		struct riotlb_report r;
		int turns = 0;

		assert_int_equal(map(e, 0, 0xfff, 0, RIOTLB_RW), 0);
		assert_int_equal(riotlb_reset_map(e, 0, &r), 0);
		while (riotlb_poll(e, r.token) == 0) {
			riotlb_lease next = begin(e);

			riotlb_lease_end(e, ring[at]);
			ring[at] = next;
			at = (at + 1) % DEPTH;
			riotlb_reclaim(e);
			assert_true(++turns <= 4 * DEPTH);
		}
		expect_retired(&log_, 0, mapping(0, 0xfff, 0, RIOTLB_RW));
	}
	for (size_t i = 0; i < DEPTH; i++)
		riotlb_lease_end(e, ring[i]);
}

/* A lease that began before the retirement is waited for, whatever follows. */
static void test_old_lease_among_new(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);
	riotlb_lease old = begin(e);

	assert_int_equal(map(e, 0, 0xfff, 0, RIOTLB_RW), 0);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	for (int i = 0; i < 100; i++) {
		riotlb_lease lease = begin(e);

		riotlb_reclaim(e);
		riotlb_lease_end(e, lease);
		riotlb_reclaim(e);
		assert_int_equal(atomic_load(&log_.n), 0);
	}
	riotlb_lease_end(e, old);
	drain(e);
	assert_int_equal(atomic_load(&log_.n), 1);
}

/* ---- other threads ----------------------------------------------------- */

struct helper {
	struct riotlb *e;
	riotlb_lease lease;
	atomic_bool go;
	atomic_bool ended;
};

static void *end_elsewhere(void *arg)
{
	struct helper *h = arg;

	/* not registered: ending a lease is no reader's business */
	while (!atomic_load(&h->go))
		sched_yield();
	atomic_store(&h->ended, true);
	riotlb_lease_end(h->e, h->lease);
	return NULL;
}

static void *begin_elsewhere(void *arg)
{
	struct helper *h = arg;

	riotlb_thread_register(h->e);
	riotlb_read_enter(h->e);
	h->lease = riotlb_lease_begin(h->e);
	riotlb_read_exit(h->e);
	riotlb_thread_unregister(h->e);
	return NULL;
}

static void test_ends_on_another_thread(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);
	struct helper h = { .e = e };
	pthread_t thread;

	assert_int_equal(map(e, 0, 0xfff, 0, RIOTLB_RW), 0);
	/* its beginner is gone by the time it ends */
	assert_int_equal(pthread_create(&thread, NULL, begin_elsewhere, &h), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(unmap(e, 0, 0xfff), 0);
	several_cycles(e);
	assert_int_equal(atomic_load(&log_.n), 0);
	atomic_store(&h.go, true);
	assert_int_equal(pthread_create(&thread, NULL, end_elsewhere, &h), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	drain(e);
	expect_retired(&log_, 0, mapping(0, 0xfff, 0, RIOTLB_RW));
}

static struct helper *waited_for;

static void must_have_ended(void *ctx, uint32_t asid,
			    const struct riotlb_mapping *piece)
{
	check(atomic_load(&waited_for->ended));
	retire_log_add(ctx, asid, piece);
}

static void wait_for_lease(struct fixture *f, bool by_destroy)
{
	struct helper h = { .e = f->engine };
	struct riotlb_report r;
	pthread_t thread;

	waited_for = &h;
	assert_int_equal(map(f->engine, 0, 0xfff, 0, RIOTLB_RW), 0);
	h.lease = begin(f->engine);
	assert_int_equal(riotlb_reset_map(f->engine, 0, &r), 0);
	assert_int_equal(pthread_create(&thread, NULL, end_elsewhere, &h), 0);
	atomic_store(&h.go, true);
	if (by_destroy)
		fixture_destroy(f);
	else
		assert_int_equal(riotlb_wait(f->engine, r.token), 0);
	expect_retired(&log_, 0, mapping(0, 0xfff, 0, RIOTLB_RW));
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void test_wait_waits_for_leases(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 20; i++) {
		logged(f,
		       i % 2 ? RIOTLB_RECLAIM_THREAD : RIOTLB_RECLAIM_MANUAL);
		f->attr.retire = must_have_ended;
		fixture_recreate(f);
		wait_for_lease(f, false);
	}
}

static void test_destroy_waits_for_leases(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 20; i++) {
		logged(f,
		       i % 2 ? RIOTLB_RECLAIM_THREAD : RIOTLB_RECLAIM_MANUAL);
		f->attr.retire = must_have_ended;
		fixture_recreate(f);
		wait_for_lease(f, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_lease_delays),
		fixture_test(test_lease_delays_no_update_and_no_memory),
		fixture_test(test_any_order),
		fixture_test(test_overlap_does_not_starve),
		fixture_test(test_old_lease_among_new),
		fixture_test(test_ends_on_another_thread),
		fixture_test(test_wait_waits_for_leases),
		fixture_test(test_destroy_waits_for_leases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
