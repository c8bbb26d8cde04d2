/* SPDX-License-Identifier: MIT */
/*
 * Threads that are cancelled while they wait, reclaim, destroy or run a hook.
 * Whoever ended in the middle of a cycle would leave it locked for good, and
 * whoever ended in the middle of an update would never report what it removed.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "fixture.h"
#include "sanitizer.h"

/* The flavours' own headers redefine each other's names. */
extern const struct rcu_flavor_struct urcu_memb_flavor;
extern const struct rcu_flavor_struct urcu_mb_flavor;
extern const struct rcu_flavor_struct urcu_qsbr_flavor;
extern const struct rcu_flavor_struct urcu_bp_flavor;

static const struct rcu_flavor_struct *const flavors[] = {
	&urcu_memb_flavor,
	&urcu_mb_flavor,
	&urcu_qsbr_flavor,
	&urcu_bp_flavor,
};

enum {
	FLAVORS = sizeof(flavors) / sizeof(flavors[0]),
	HANGS_SECONDS = 300,
};

struct victim {
	struct riotlb *e;
	void (*run)(struct victim *v);
	struct riotlb_token token;
	bool pending;     /* it is cancelled before it calls */
	atomic_int calls; /* callbacks and hooks that were run for it */
	atomic_bool started;
	atomic_bool returned;
};

static struct victim v;
static struct retire_log log_;

/* ---- hooks, in which a thread may be cancelled ------------------------ */

static void retire(void *ctx, uint32_t asid, const struct riotlb_mapping *piece)
{
	retire_log_add(ctx, asid, piece);
	atomic_fetch_add(&v.calls, 1);
	pthread_testcancel();
}

static void sync_hook(void *ctx, uint32_t asid, uint64_t start, uint64_t last)
{
	(void)ctx;
	(void)asid;
	(void)start;
	(void)last;
	atomic_fetch_add(&v.calls, 1);
	pthread_testcancel();
}

/* ---- an engine and a thread -------------------------------------------- */

static void begin(struct fixture *f, const struct rcu_flavor_struct *flavor,
		  enum riotlb_reclaim_mode mode)
{
	fixture_destroy(f);
	memset(&v, 0, sizeof(v));
	memset(&log_, 0, sizeof(log_));
	f->attr.flavor = flavor;
	f->attr.reclaim = mode;
	f->attr.retire = retire;
	f->attr.hook_ctx = &log_;
	fixture_create(f);
	v.e = f->engine;
}

static void map_one(void)
{
	assert_int_equal(map(v.e, 0, 0xfff, 0x9000, RIOTLB_RW), 0);
}

static void reset(void)
{
	struct riotlb_report report;

	assert_int_equal(riotlb_reset_map(v.e, 0, &report), 0);
	v.token = report.token;
}

/* As a reader has to do that may be cancelled where it waits. */
static void clean_up(void *arg)
{
	const struct rcu_flavor_struct *f = riotlb_flavor(v.e);

	/* under QSBR it is where it was: it may look up until it leaves */
	if (f == &urcu_qsbr_flavor)
		check(f->read_ongoing());
	riotlb_thread_unregister(v.e);
	(void)arg;
}

static void *victim_main(void *arg)
{
	riotlb_thread_register(v.e);
	pthread_cleanup_push(clean_up, NULL);
	if (v.pending)
		check_eq(pthread_cancel(pthread_self()), 0);
	atomic_store(&v.started, true);
	v.run(&v);
	atomic_store(&v.returned, true);
	pthread_testcancel();
	check_fail("it was not cancelled");
	pthread_cleanup_pop(1);
	return arg;
}

static void start(pthread_t *thread, void (*run)(struct victim *v))
{
	v.run = run;
	atomic_store(&v.started, false);
	assert_int_equal(pthread_create(thread, NULL, victim_main, NULL), 0);
	while (!atomic_load(&v.started))
		sched_yield();
}

static void join(pthread_t thread)
{
	void *result;

	riotlb_thread_offline(v.e);
	assert_int_equal(pthread_join(thread, &result), 0);
	riotlb_thread_online(v.e);
	assert_ptr_equal(result, PTHREAD_CANCELED);
}

static void run_cancelled(void (*run)(struct victim *v))
{
	pthread_t thread;

	v.pending = true;
	start(&thread, run);
	join(thread);
	v.pending = false;
}

static void sleep_ms(long ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000000 };

	nanosleep(&pause, NULL);
}

/* ---- in a cycle --------------------------------------------------------- */

static void reclaim(struct victim *victim)
{
	check(riotlb_reclaim(victim->e) >= 0);
}

static void wait_for_token(struct victim *victim)
{
	check_eq(riotlb_wait(victim->e, victim->token), 0);
}

/* A callback is a cancellation point: the cycle is finished all the same. */
static void cancelled_in_callback(struct fixture *f,
				  const struct rcu_flavor_struct *flavor,
				  void (*run)(struct victim *v))
{
	begin(f, flavor, RIOTLB_RECLAIM_MANUAL);
	map_one();
	reset();
	run_cancelled(run);
	assert_true(v.returned);
	assert_int_equal(v.calls, 1);
	expect_retired(&log_, 0, mapping(0, 0xfff, 0x9000, RIOTLB_RW));
	/* nothing was left locked, and this thread is in no callback */
	map_one();
	reset();
	assert_int_equal(riotlb_wait(v.e, v.token), 0);
	expect_retired(&log_, 0, mapping(0, 0xfff, 0x9000, RIOTLB_RW));
}

static void test_in_callbacks(void **state)
{
	for (int i = 0; i < FLAVORS; i++) {
		cancelled_in_callback(*state, flavors[i], reclaim);
		cancelled_in_callback(*state, flavors[i], wait_for_token);
	}
}

/* liburcu sleeps there, and in some flavours that is a cancellation point. */
static void test_in_grace_periods(void **state)
{
	pthread_t thread;

	for (int i = 0; i < FLAVORS; i++) {
		begin(*state, flavors[i], RIOTLB_RECLAIM_MANUAL);
		map_one();
		reset();
		riotlb_read_enter(v.e);
		start(&thread, reclaim);
		sleep_ms(30);
		assert_int_equal(pthread_cancel(thread), 0);
		sleep_ms(30);
		assert_false(v.returned);
		riotlb_read_exit(v.e);
		join(thread);
		assert_true(v.returned);
		drain(v.e);
		expect_retired(&log_, 0, mapping(0, 0xfff, 0x9000, RIOTLB_RW));
	}
}

/* ---- between two -------------------------------------------------------- */

static riotlb_lease lease_now(void)
{
	riotlb_lease lease;

	riotlb_read_enter(v.e);
	lease = riotlb_lease_begin(v.e);
	riotlb_read_exit(v.e);
	return lease;
}

/* A wait for a lease may take for ever, so it can be given up. */
static void give_up(struct fixture *f, const struct rcu_flavor_struct *flavor,
		    enum riotlb_reclaim_mode mode)
{
	riotlb_lease lease;
	pthread_t thread;

	begin(f, flavor, mode);
	map_one();
	lease = lease_now();
	reset();
	start(&thread, wait_for_token);
	riotlb_thread_offline(v.e);
	sleep_ms(5);
	riotlb_thread_online(v.e);
	assert_int_equal(pthread_cancel(thread), 0);
	join(thread);
	assert_false(v.returned);
	assert_int_equal(v.calls, 0);
	riotlb_lease_end(v.e, lease);
	assert_int_equal(riotlb_wait(v.e, v.token), 0);
	expect_retired(&log_, 0, mapping(0, 0xfff, 0x9000, RIOTLB_RW));
}

static void test_gives_up_a_wait(void **state)
{
#ifdef TESTS_ASAN
	puts("SKIPPED: AddressSanitizer does not notice that a cancelled "
	     "thread leaves its frames, and complains of the next ones");
	(void)state;
	return;
#endif
	for (int i = 0; i < FLAVORS; i++) {
		give_up(*state, flavors[i], RIOTLB_RECLAIM_MANUAL);
		give_up(*state, flavors[i], RIOTLB_RECLAIM_THREAD);
	}
}

/* ---- destruction -------------------------------------------------------- */

static void *destroy_when_cancelled(void *arg)
{
	check_eq(pthread_cancel(pthread_self()), 0);
	riotlb_destroy(v.e);
	atomic_store(&v.returned, true);
	return arg;
}

static void test_in_destruction(void **state)
{
	struct fixture *f = *state;

	for (int mode = 0; mode < 2; mode++) {
		pthread_t thread;

		begin(f, NULL, (enum riotlb_reclaim_mode)mode);
		map_one();
		riotlb_thread_unregister(f->engine);
		assert_int_equal(pthread_create(&thread, NULL,
						destroy_when_cancelled, NULL),
				 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_true(v.returned);
		f->engine = NULL;
		hooks_check_empty(&f->hooks);
		expect_retired(&log_, 0, mapping(0, 0xfff, 0x9000, RIOTLB_RW));
	}
}

/* ---- updates ------------------------------------------------------------ */

static void update(struct victim *victim)
{
	struct riotlb *e = victim->e;
	struct riotlb_range r = range(0x1000, 0x1fff);
	struct riotlb_mapping m = mapping(0, 0x3fff, 0x9000, RIOTLB_RW);

	check_eq(replace(e, 0x800, 0xfff, 0x20000, RIOTLB_RW), 0);
	check_eq(protect(e, 0x2000, 0x2fff, RIOTLB_READ), 0);
	check_eq(unmap(e, 0x3000, 0x3001), 0);
	check_eq(riotlb_unmap_bulk(e, 0, &r, 1, RIOTLB_UNMAP_EXACT, NULL), 0);
	check_eq(riotlb_set_map(e, 0, &m, 1, NULL), 0);
	check_eq(riotlb_set_group_asid(e, 1, 1, NULL), 0);
	check_eq(riotlb_reset_map(e, 0, NULL), 0);
}

/* What is removed is reported, however the thread ends. */
static void test_in_sync_hooks(void **state)
{
	struct fixture *f = *state;

	f->attr.sync = sync_hook;
	begin(f, NULL, RIOTLB_RECLAIM_MANUAL);
	assert_int_equal(map(v.e, 0, 0x3fff, 0x9000, RIOTLB_RW), 0);
	v.calls = 0;
	run_cancelled(update);
	assert_true(v.returned);
	assert_int_equal(v.calls, 7);
	/* nothing was taken out and then forgotten */
	f->attr.sync = NULL;
	fixture_destroy(f);
	assert_true(log_.n > 1);
}

static void map_more(struct victim *victim)
{
	check_eq(map(victim->e, 0x10000, 0x10fff, 0x9000, RIOTLB_RW), 0);
}

/* An update that waits for room is an update: it comes to its end. */
static void test_in_wait_for_backlog(void **state)
{
	struct fixture *f = *state;
	riotlb_lease lease;
	pthread_t thread;

	f->attr.backlog_cap = 1;
	f->attr.backlog_wait = true;
	begin(f, NULL, RIOTLB_RECLAIM_MANUAL);
	map_one();
	lease = lease_now();
	reset();
	v.pending = true;
	start(&thread, map_more);
	riotlb_thread_offline(v.e);
	sleep_ms(20);
	riotlb_thread_online(v.e);
	assert_false(v.returned);
	riotlb_lease_end(v.e, lease);
	join(thread);
	v.pending = false;
	assert_true(v.returned);
	expect_host(v.e, 0, 0x10000, 0x9000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_in_callbacks),
		fixture_test(test_in_grace_periods),
		fixture_test(test_gives_up_a_wait),
		fixture_test(test_in_destruction),
		fixture_test(test_in_sync_hooks),
		fixture_test(test_in_wait_for_backlog),
	};

	/* what is left locked shows as a wait that does not end */
	alarm(HANGS_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
