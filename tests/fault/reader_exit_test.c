/* SPDX-License-Identifier: MIT */
/*
 * Reader threads that end in other ways than by leaving their section: they are
 * cancelled in it, or leave by pthread_exit, with a handler that cleans up. And
 * under urcu-bp, where liburcu cleans up by itself, without one.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "fixture.h"
#include "sanitizer.h"

/* The flavours' own headers redefine each other's names. */
extern const struct rcu_flavor_struct urcu_memb_flavor;
extern const struct rcu_flavor_struct urcu_mb_flavor;
extern const struct rcu_flavor_struct urcu_qsbr_flavor;
extern const struct rcu_flavor_struct urcu_bp_flavor;

/*
 * The sanitizers' own code is not safe to be cancelled in at any instruction.
 * ThreadSanitizer, for one, holds a lock of its own during each atomic access;
 * a thread that is cancelled there never lets go of it.
 */
#if defined(TESTS_ASAN) || defined(RIOTLB_TSAN)
#define ASYNC_WORKS false
#else
#define ASYNC_WORKS true
#endif

enum way {
	CANCELLED,       /* at a cancellation point within its section */
	CANCELLED_ASYNC, /* in a lookup, wherever that is */
	EXITS,
	WAYS,
};

struct reader {
	struct riotlb *e;
	enum way way;
	bool leased;
	riotlb_lease lease;
	atomic_bool inside;
	atomic_bool cleaned_up;
};

static struct retire_log log_;

/* What a driver's reader pushes before it enters its section. */
static void clean_up(void *arg)
{
	struct reader *r = arg;

	/* from here on nobody needs to wait for it */
	atomic_store(&r->cleaned_up, true);
	riotlb_read_exit(r->e);
	if (r->leased)
		riotlb_lease_end(r->e, r->lease);
	riotlb_thread_unregister(r->e);
}

static void look_up(struct reader *r)
{
	struct riotlb_segment seg;

	check_eq(riotlb_translate(r->e, 0, 5, 5, RIOTLB_READ, &seg), 0);
	check_eq(seg.addr, 0x9005);
}

static void linger(struct reader *r)
{
	int unused;

	if (r->way == CANCELLED_ASYNC)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &unused);
	while (r->way == CANCELLED_ASYNC)
		/* lookups keep no lock and no memory to lose */
		look_up(r);
	while (r->way == CANCELLED)
		pause();
	pthread_exit(NULL);
}

static void *read_and_vanish(void *arg)
{
	struct reader *r = arg;

	riotlb_thread_register(r->e);
	pthread_cleanup_push(clean_up, r);
	riotlb_read_enter(r->e);
	if (r->leased)
		r->lease = riotlb_lease_begin(r->e);
	look_up(r);
	atomic_store(&r->inside, true);
	linger(r);
	pthread_cleanup_pop(1);
	return NULL;
}

static void vanish(struct fixture *f, const struct rcu_flavor_struct *flavor,
		   enum way way, bool leased)
{
	struct reader r = { .way = way, .leased = leased };
	struct riotlb_report report;
	pthread_t thread;

	fixture_destroy(f);
	memset(&log_, 0, sizeof(log_));
	f->attr.flavor = flavor;
	f->attr.retire = retire_log_add;
	f->attr.hook_ctx = &log_;
	f->attr.reclaim =
		leased ? RIOTLB_RECLAIM_MANUAL : RIOTLB_RECLAIM_THREAD;
	fixture_create(f);
	r.e = f->engine;
	assert_int_equal(map(r.e, 0, 0xfff, 0x9000, RIOTLB_RW), 0);
	assert_int_equal(pthread_create(&thread, NULL, read_and_vanish, &r), 0);
	while (!atomic_load(&r.inside))
		sched_yield();
	if (way != EXITS)
		assert_int_equal(pthread_cancel(thread), 0);
	riotlb_thread_offline(r.e);
	assert_int_equal(pthread_join(thread, NULL), 0);
	riotlb_thread_online(r.e);
	assert_true(r.cleaned_up);
	/* nobody is waited for who is not there any more */
	assert_int_equal(riotlb_reset_map(r.e, 0, &report), 0);
	assert_int_equal(riotlb_wait(r.e, report.token), 0);
	expect_retired(&log_, 0, mapping(0, 0xfff, 0x9000, RIOTLB_RW));
}

static void in_every_way(struct fixture *f,
			 const struct rcu_flavor_struct *flavor)
{
	for (int way = 0; way < WAYS; way++) {
		if (way == CANCELLED_ASYNC && !ASYNC_WORKS) {
			puts("SKIPPED: sanitizers do not stand asynchronous "
			     "cancellation");
			continue;
		}
		for (int leased = 0; leased < 2; leased++)
			vanish(f, flavor, (enum way)way, leased);
	}
}

static void test_memb(void **state)
{
	in_every_way(*state, &urcu_memb_flavor);
}

static void test_mb(void **state)
{
	in_every_way(*state, &urcu_mb_flavor);
}

static void test_qsbr(void **state)
{
	in_every_way(*state, &urcu_qsbr_flavor);
}

static void test_bp(void **state)
{
	in_every_way(*state, &urcu_bp_flavor);
}

/* ---- a waiting reader is held up until then ----------------------------- */

static void *wait_for_token(void *arg)
{
	struct reader *r = arg;
	struct riotlb_report report;

	check_eq(riotlb_reset_map(r->e, 0, &report), 0);
	check_eq(riotlb_wait(r->e, report.token), 0);
	/* the reader had cleaned up before anything was done */
	check(atomic_load(&r->cleaned_up));
	check_eq(atomic_load(&log_.n), 1);
	return arg;
}

static void test_waits_until_it_has_cleaned_up(void **state)
{
	struct reader r = { .way = CANCELLED };
	struct fixture *f = *state;
	pthread_t reader, waiter;

	memset(&log_, 0, sizeof(log_));
	f->attr.retire = retire_log_add;
	f->attr.hook_ctx = &log_;
	fixture_recreate(f);
	r.e = f->engine;
	assert_int_equal(map(r.e, 0, 0xfff, 0x9000, RIOTLB_RW), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_and_vanish, &r), 0);
	while (!atomic_load(&r.inside))
		sched_yield();
	assert_int_equal(pthread_create(&waiter, NULL, wait_for_token, &r), 0);
	/* until it has reset the AS, at least, and then a while */
	while (!stats_of(r.e, 0).is_default)
		sched_yield();
	for (int i = 0; i < 100; i++)
		sched_yield();
	assert_int_equal(atomic_load(&log_.n), 0);
	assert_int_equal(pthread_cancel(reader), 0);
	assert_int_equal(pthread_join(reader, NULL), 0);
	assert_int_equal(pthread_join(waiter, NULL), 0);
}

/* ---- urcu-bp needs no word ---------------------------------------------- */

static void *just_vanish(void *arg)
{
	struct reader *r = arg;

	riotlb_read_enter(r->e);
	look_up(r);
	return arg;
}

static void test_bp_without_a_word(void **state)
{
	struct fixture *f = *state;
	struct riotlb_report report;
	struct reader r = { 0 };

	fixture_destroy(f);
	memset(&log_, 0, sizeof(log_));
	f->attr.flavor = &urcu_bp_flavor;
	f->attr.retire = retire_log_add;
	f->attr.hook_ctx = &log_;
	fixture_create(f);
	r.e = f->engine;
	for (int i = 0; i < 20; i++) {
		pthread_t thread;

		assert_int_equal(map(r.e, 0, 0xfff, 0x9000, RIOTLB_RW), 0);
		assert_int_equal(pthread_create(&thread, NULL, just_vanish, &r),
				 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(riotlb_reset_map(r.e, 0, &report), 0);
		assert_int_equal(riotlb_wait(r.e, report.token), 0);
		expect_retired(&log_, 0, mapping(0, 0xfff, 0x9000, RIOTLB_RW));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_memb),
		fixture_test(test_mb),
		fixture_test(test_qsbr),
		fixture_test(test_bp),
		fixture_test(test_waits_until_it_has_cleaned_up),
		fixture_test(test_bp_without_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
