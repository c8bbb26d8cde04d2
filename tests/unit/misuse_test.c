/* SPDX-License-Identifier: MIT */
/*
 * Calls that would wait for themselves, and the like. Some are errors that a
 * caller can look at; others end the process in builds with assertions, of
 * which this test's is one.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "child.h"
#include "fixture.h"

static void destroy_inside(void *ctx)
{
	struct fixture *f = ctx;

	riotlb_read_enter(f->engine);
	riotlb_destroy(f->engine);
}

static struct {
	struct riotlb_deferred deferred; /* first */
	struct riotlb *engine;
} job;

static void destroy_in_callback(struct riotlb_deferred *self)
{
	(void)self;
	riotlb_destroy(job.engine);
}

static void reclaim_and_destroy(void *ctx)
{
	struct fixture *f = ctx;

	job.engine = f->engine;
	riotlb_defer(f->engine, &job.deferred, destroy_in_callback);
	riotlb_reclaim(f->engine);
}

static void leave_section_open(struct riotlb_deferred *self)
{
	(void)self;
	riotlb_read_enter(job.engine);
}

static void reclaim_and_stay_inside(void *ctx)
{
	struct fixture *f = ctx;

	job.engine = f->engine;
	riotlb_defer(f->engine, &job.deferred, leave_section_open);
	riotlb_reclaim(f->engine);
}

static void poll_what_nobody_gave(void *ctx)
{
	struct fixture *f = ctx;

	riotlb_poll(f->engine, (struct riotlb_token){ 1000 });
}

static void unprepared_parent(void *ctx)
{
	struct fixture *f = ctx;

	riotlb_after_fork_parent(f->engine);
}

static void child_in_the_parent(void *ctx)
{
	struct fixture *f = ctx;
	int err = riotlb_before_fork(f->engine);

	/* that it did not get so far is seen by its not dying */
	if (err == 0)
		err = riotlb_after_fork_child(f->engine);
	(void)err;
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static bool dies(void (*fn)(void *ctx), void *ctx)
{
	int status = child_death(fn, ctx);

	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void test_assertions(void **state)
{
	int status = child_death(nothing, *state);

	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(dies(destroy_inside, *state));
	assert_true(dies(reclaim_and_destroy, *state));
	assert_true(dies(reclaim_and_stay_inside, *state));
	assert_true(dies(poll_what_nobody_gave, *state));
	assert_true(dies(unprepared_parent, *state));
	assert_true(dies(child_in_the_parent, *state));
}

static void test_waits_inside_a_section(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	assert_int_equal(map(e, 0, 5, 0, RIOTLB_RW), 0);
	riotlb_read_enter(e);
	assert_int_equal(riotlb_reset_map(e, 0, &r), 0);
	assert_int_equal(riotlb_poll(e, r.token), 0);
	assert_int_equal(riotlb_wait(e, r.token), -EDEADLK);
	assert_int_equal(riotlb_reclaim(e), -EDEADLK);
	assert_int_equal(riotlb_poll(e, r.token), 0);
	riotlb_read_exit(e);
	assert_int_equal(riotlb_wait(e, r.token), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_assertions),
		fixture_test(test_waits_inside_a_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
