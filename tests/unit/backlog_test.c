/* SPDX-License-Identifier: MIT */
/*
 * A reader that does not leave its section, and the cap on what may wait for
 * it. The stalled reader is the test itself: updates are allowed in a section.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "check.h"
#include "fixture.h"

enum { CAP = 64 << 10 };

static struct riotlb *capped(struct fixture *f, bool wait)
{
	f->attr.backlog_cap = CAP;
	f->attr.backlog_wait = wait;
	fixture_recreate(f);
	return f->engine;
}

/* Maps far apart, so that each round retires some memory, and resets. */
static int churn(struct riotlb *e)
{
	int err = 0;

	for (uint64_t i = 0; i < 16 && !err; i++)
		err = map(e, i << 30, (i << 30) + 0xffe, 0, RIOTLB_RW);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	return err;
}

static void test_refused_past_the_cap(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e = capped(f, false);
	struct riotlb_stats s;
	int err = 0, rounds;

	riotlb_read_enter(e);
	for (rounds = 0; rounds < 100000 && !err; rounds++)
		err = churn(e);
	s = stats_of(e, 0);
	riotlb_read_exit(e);
	assert_int_equal(err, -EAGAIN);
	assert_true(rounds > 1);
	assert_true(s.retired_bytes >= CAP / 2);
	drain(e);
	assert_int_equal(stats_of(e, 0).retired_bytes, 0);
	assert_int_equal(churn(e), 0);
}

/* Brings the engine past its cap; the caller is in a section. */
static void fill_backlog(struct riotlb *e)
{
	int rounds = 0;

	while (churn(e) != -EAGAIN)
		assert_true(++rounds < 100000);
}

static void test_what_is_refused(void **state)
{
	struct riotlb_mapping m[] = { mapping(0x9000, 0x9fff, 0, RIOTLB_RW),
				      mapping(0xb000, 0xbfff, 0, RIOTLB_RW) };
	struct riotlb_op op = { .kind = RIOTLB_OP_MAP, .mapping = m[1] };
	struct riotlb_range r = range(0x1002, 0x1003);
	struct riotlb *e = capped(*state, false);
	struct riotlb_mapping one = mapping(0x1000, 0x1fff, 0, RIOTLB_RW);
	struct riotlb_report report;

	/* it is the engine's cap: AS 1 fills it up, AS 0 feels it */
	assert_int_equal(map(e, 0x1000, 0x1fff, 0, RIOTLB_RW), 0);
	assert_int_equal(riotlb_set_group_asid(e, 0, 0, NULL), 0);
	riotlb_read_enter(e);
	assert_int_equal(riotlb_map(e, 1, m, 0, NULL), 0);
	for (int i = 0; riotlb_map(e, 1, m + 1, 0, NULL) != -EAGAIN; i++) {
		assert_int_equal(riotlb_reset_map(e, 1, NULL), 0);
		assert_true(i < 1000000);
	}
	memset(&report, 0xff, sizeof(report));
	assert_int_equal(riotlb_map(e, 0, m, 0, &report), -EAGAIN);
	expect_report(&report, 0, 0, 0);
	assert_int_equal(replace(e, 0x1000, 0x1fff, 5, RIOTLB_RW), -EAGAIN);
	assert_int_equal(unmap(e, 0x1002, 0x1003), -EAGAIN);
	assert_int_equal(protect(e, 0x1002, 0x1003, RIOTLB_READ), -EAGAIN);
	assert_int_equal(riotlb_map_bulk(e, 0, m, 2, 0, NULL), -EAGAIN);
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, &r, 1, RIOTLB_UNMAP_EXACT, NULL),
		-EAGAIN);
	assert_int_equal(riotlb_apply(e, 0, &op, 1, NULL), -EAGAIN);
	assert_int_equal(riotlb_set_map(e, 0, m, 2, NULL), -EAGAIN);
	expect_contents(e, 0, one);
	riotlb_read_exit(e);
	drain(e);
	assert_int_equal(riotlb_map(e, 0, m, 0, NULL), 0);
}

static void test_what_proceeds(void **state)
{
	struct riotlb *e = capped(*state, false);

	assert_int_equal(map(e, 0x1000, 0x1fff, 0, RIOTLB_RW), 0);
	riotlb_read_enter(e);
	assert_int_equal(map(e, 0x2000, 0x2fff, 0, RIOTLB_RW), 0);
	assert_int_equal(map(e, 0x3000, 0x3fff, 0, RIOTLB_RW), 0);
	for (int i = 0;; i++) {
		struct riotlb_mapping m = mapping(0, 0x5fff, 0, RIOTLB_RW);
		int err = riotlb_map(e, 1, &m, 0, NULL);

		assert_int_equal(riotlb_reset_map(e, 1, NULL), 0);
		if (err == -EAGAIN)
			break;
		assert_int_equal(err, 0);
		assert_true(i < 1000000);
	}
	assert_int_equal(
		riotlb_unmap(e, 0, 0x1005, 0x1005, RIOTLB_UNMAP_WHOLE, NULL),
		0);
	assert_int_equal(unmap(e, 0x2000, 0x2fff), 0);
	assert_int_equal(riotlb_unmap(e, 0, 0x3000, 0x3fff,
				      RIOTLB_UNMAP_NO_BISECT, NULL),
			 0);
	expect_empty(e, 0);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	assert_true(stats_of(e, 0).is_default);
	assert_int_equal(riotlb_set_map(e, 0, NULL, 0, NULL), 0);
	assert_false(stats_of(e, 0).is_default);
	expect_empty(e, 0);
	assert_int_equal(riotlb_set_group_asid(e, 0, 1, NULL), 0);
	riotlb_read_exit(e);
}

static void test_memory_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e = capped(f, false);
	size_t start = atomic_load(&f->hooks.live_bytes), most = 0;
	int refused = 0;

	riotlb_read_enter(e);
	for (int i = 0; i < 5000; i++) {
		size_t now;

		refused += churn(e) == -EAGAIN;
		now = atomic_load(&f->hooks.live_bytes);
		most = now > most ? now : most;
	}
	riotlb_read_exit(e);
	assert_true(refused > 0);
	/* the cap, and what was alive when it was crossed */
	assert_true(most <= start + 2 * CAP);
	drain(e);
	assert_true(atomic_load(&f->hooks.live_bytes) <= start + CAP / 2);
}

static void test_records_count(void **state)
{
	static struct retire_log log;
	struct fixture *f = *state;
	size_t start;
	int refused = 0;

	/* with a callback there is a record per mapping, dense or not */
	memset(&log, 0, sizeof(log));
	f->attr.retire = retire_log_add;
	f->attr.hook_ctx = &log;
	capped(f, false);
	start = atomic_load(&f->hooks.live_bytes);
	riotlb_read_enter(f->engine);
	for (int i = 0; i < 20000; i++) {
		int err = map(f->engine, 0, 0xfff, 0, RIOTLB_RW);

		refused += err == -EAGAIN;
		if (!err)
			assert_int_equal(unmap(f->engine, 0, 0xfff), 0);
	}
	riotlb_read_exit(f->engine);
	assert_true(refused > 0);
	assert_true(atomic_load(&f->hooks.live_bytes) <= start + 2 * CAP);
}

/* ---- callers that would rather wait ------------------------------------- */

static void test_never_waits_in_a_section(void **state)
{
	struct riotlb *e = capped(*state, true);

	riotlb_read_enter(e);
	fill_backlog(e);
	riotlb_read_exit(e);
}

struct updater {
	struct riotlb *e;
	atomic_int started;
	int err;
};

static void *update_and_wait(void *arg)
{
	struct updater *u = arg;
	struct riotlb_mapping m = mapping(0, 0xfff, 0x5000, RIOTLB_RW);

	atomic_store(&u->started, 1);
	u->err = riotlb_map(u->e, 1, &m, 0, NULL);
	return NULL;
}

static void waits_for_room(struct fixture *f, enum riotlb_reclaim_mode mode)
{
	struct updater u = { .err = 7 };
	pthread_t thread;

	f->attr.reclaim = mode;
	u.e = capped(f, true);
	riotlb_read_enter(u.e);
	fill_backlog(u.e);
	assert_int_equal(pthread_create(&thread, NULL, update_and_wait, &u), 0);
	while (!atomic_load(&u.started))
		sched_yield();
	riotlb_read_exit(u.e);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(u.err, 0);
	expect_host(u.e, 1, 5, 0x5005);
}

static void test_waits_for_room(void **state)
{
	waits_for_room(*state, RIOTLB_RECLAIM_THREAD);
	waits_for_room(*state, RIOTLB_RECLAIM_MANUAL);
}

static void *wait_when_cancelled(void *arg)
{
	check_eq(pthread_cancel(pthread_self()), 0);
	update_and_wait(arg);
	atomic_store(&((struct updater *)arg)->started, 2);
	return NULL;
}

/*
 * An update is no cancellation point, also where it waits. It is a lease that
 * it waits for here: readers are waited for in another way.
 */
static void test_waiting_is_not_cancelled(void **state)
{
	static struct retire_log log;
	struct updater u = { .err = 7 };
	struct fixture *f = *state;
	riotlb_lease lease;
	pthread_t thread;

	memset(&log, 0, sizeof(log));
	f->attr.retire = retire_log_add;
	f->attr.hook_ctx = &log;
	f->attr.reclaim = RIOTLB_RECLAIM_THREAD;
	u.e = capped(f, true);
	riotlb_read_enter(u.e);
	lease = riotlb_lease_begin(u.e);
	/* with records, since nothing else waits for a lease */
	while (map(u.e, 0, 0xfff, 0, RIOTLB_RW) == 0)
		assert_int_equal(unmap(u.e, 0, 0xfff), 0);
	riotlb_read_exit(u.e);
	assert_int_equal(pthread_create(&thread, NULL, wait_when_cancelled, &u),
			 0);
	while (!atomic_load(&u.started))
		sched_yield();
	/* long enough to find the backlog full and to begin to wait */
	for (int i = 0; i < 100; i++)
		sched_yield();
	riotlb_lease_end(u.e, lease);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(atomic_load(&u.started), 2);
	assert_int_equal(u.err, 0);
}

static struct {
	struct riotlb *e;
	int err;
} in_callback;

static void fill_in_callback(struct riotlb_deferred *self)
{
	(void)self;
	for (int i = 0; i < 100000; i++) {
		in_callback.err = churn(in_callback.e);
		if (in_callback.err)
			break;
	}
}

static void test_never_waits_in_a_callback(void **state)
{
	struct riotlb *e = capped(*state, true);
	struct riotlb_deferred job;

	in_callback.e = e;
	in_callback.err = 0;
	riotlb_defer(e, &job, fill_in_callback);
	drain(e);
	assert_int_equal(in_callback.err, -EAGAIN);
	assert_int_equal(churn(e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_refused_past_the_cap),
		fixture_test(test_what_is_refused),
		fixture_test(test_what_proceeds),
		fixture_test(test_memory_is_bounded),
		fixture_test(test_records_count),
		fixture_test(test_never_waits_in_a_section),
		fixture_test(test_waits_for_room),
		fixture_test(test_waiting_is_not_cancelled),
		fixture_test(test_never_waits_in_a_callback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
