/* SPDX-License-Identifier: MIT */
/* The loop, the clock, and all the ways to end a benchmark. */
#include "support.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Called through the linker's --wrap. */
bool __real_gb_keep_running(void *live, int64_t n);
bool __wrap_gb_keep_running(void *live, int64_t n);

static int keep_running_calls;

bool __wrap_gb_keep_running(void *live, int64_t n)
{
	__atomic_fetch_add(&keep_running_calls, 1, __ATOMIC_RELAXED);
	return __real_gb_keep_running(live, n);
}

/* ---- as it should be ---------------------------------------------------- */

static void exact_count(void **unused)
{
	static const uint64_t sizes[] = { 1, 2, 3, 1000, 12345 };
	uint64_t counter = 0;
	struct cb_benchmark *b = cb_register("a+(b", count, &counter);

	(void)unused;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct cb_run run;

		counter = 0;
		keep_running_calls = 0;
		assert_int_equal(cb_fix_iterations(b, sizes[i]), 0);
		run = run_once(b);
		assert_int_equal(counter, sizes[i]);
		assert_int_equal(run.iterations, sizes[i]);
		assert_false(run.skipped);
		assert_string_equal(run.message, "");
		assert_true(isfinite(run.seconds_per_iteration));
		assert_true(run.seconds_per_iteration > 0);
		assert_true(run.cpu_seconds_per_iteration >= 0);
		/* The library is called twice, however long the loop is. */
		assert_int_equal(keep_running_calls, 2);
	}
	assert_int_equal(cb_fix_iterations(b, 0), 0);
	assert_int_equal(run_once(b).iterations, 1);
}

static void look_at_iterations(struct cb_state *state, void *arg)
{
	assert_int_equal(cb_iterations(state), 7);
	assert_int_equal(cb_iterations_done(state), 0);
	assert_false(cb_skipped(state));
	CB_LOOP(state)
	{
		assert_int_equal(cb_iterations(state), 7);
	}
	assert_int_equal(cb_iterations_done(state), 7);
	*(int *)arg = 1;
}

static void iterations(void **unused)
{
	int ran = 0;
	struct cb_benchmark *b = fixed("look", look_at_iterations, &ran);

	(void)unused;
	cb_fix_iterations(b, 7);
	run_once(b);
	assert_int_equal(ran, 1);
}

static void by_batches(struct cb_state *state, void *arg)
{
	uint64_t *work = arg;

	while (cb_loop_batch(state, work[0]))
		work[1] += work[0];
}

static void batches(void **unused)
{
	uint64_t work[2] = { 10, 0 };
	struct cb_benchmark *b = fixed("batches", by_batches, work);
	struct cb_run run;

	(void)unused;
	cb_fix_iterations(b, 100);
	run = run_once(b);
	assert_int_equal(work[1], 100);
	assert_int_equal(run.iterations, 100);
	work[0] = 30; /* 4 batches: 20 more than were asked for */
	work[1] = 0;
	run = run_once(b);
	assert_int_equal(work[1], 120);
	assert_int_equal(run.iterations, 120);
	assert_true(run.seconds_per_iteration > 0);
	work[0] = 1000; /* the first is more than all */
	work[1] = 0;
	assert_int_equal(run_once(b).iterations, 1000);
	assert_int_equal(work[1], 1000);
}

/* ---- the clock ---------------------------------------------------------- */

static void nap(void)
{
	usleep(20000);
}

static void pause_nap(struct cb_state *state, void *arg)
{
	CB_LOOP(state)
	{
		assert_int_equal(cb_resume(state), -EINVAL);
		if (!*(bool *)arg)
			nap();
		assert_int_equal(cb_pause(state), 0);
		assert_int_equal(cb_pause(state), -EINVAL);
		if (*(bool *)arg)
			nap();
		assert_int_equal(cb_resume(state), 0);
		if (!*(bool *)arg)
			nap();
	}
	assert_int_equal(cb_pause(state), -EINVAL);
	assert_int_equal(cb_resume(state), -EINVAL);
}

static void paused_time_is_not_counted(void **unused)
{
	bool inside = false;
	struct cb_benchmark *b = fixed("nap", pause_nap, &inside);
	double outside_time;

	(void)unused;
	cb_use_real_time(b);
	outside_time = run_once(b).seconds_per_iteration;
	/* One nap before the pause, one after it. */
	assert_true(outside_time >= 0.040);
	inside = true;
	/* A machine that stalls may add to either, seldom to the second only */
	for (int i = 0; i < 50; i++)
		if (run_once(b).seconds_per_iteration < 0.010)
			return;
	fail_msg("time was counted while the clock was stopped");
}

static void by_hand(struct cb_state *state, void *arg)
{
	double *seconds = arg;
	int i = 0;

	assert_int_equal(cb_set_iteration_time(state, -1), -EDOM);
	assert_int_equal(cb_set_iteration_time(state, (double)NAN), -EDOM);
	assert_int_equal(cb_set_iteration_time(state, (double)INFINITY), -EDOM);
	CB_LOOP(state)
	{
		assert_int_equal(cb_set_iteration_time(state, seconds[i]), 0);
		i++;
	}
}

static void manual_time(void **unused)
{
	double seconds[] = { 1, 2, 6 };
	struct cb_benchmark *b = fixed("hand", by_hand, seconds);
	struct collected *all;
	int n;

	(void)unused;
	cb_use_manual_time(b);
	cb_fix_iterations(b, 3);
	assert_true(fabs(run_once(b).seconds_per_iteration - 3) < 1e-9);
	cb_use_unit(b, CB_S);
	all = run_all(&n);
	assert_true(fabs(got_named(all, "hand/manual_time")->real_time - 3) <
		    1e-9);
	/* The later of the two clocks counts. */
	cb_use_real_time(b);
	assert_true(run_once(b).seconds_per_iteration < 1);
	cb_use_manual_time(b);
	seconds[0] = seconds[1] = seconds[2] = 0;
	assert_false(run_once(b).skipped);
}

static void forgotten_time(void **unused)
{
	struct cb_benchmark *b = fixed("forgotten", spin, NULL);
	struct cb_run run;

	(void)unused;
	cb_use_manual_time(b);
	run = run_once(b);
	assert_true(run.failed);
	assert_non_null(strstr(run.message, "not set its time"));
}

/* ---- as it should not be ------------------------------------------------ */

static void no_loop(struct cb_state *state, void *arg)
{
	(void)state;
	(void)arg;
}

static void breaks(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		break;
	}
}

static void returns(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		return;
	}
}

static void breaks_while_paused(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		cb_pause(state);
		break;
	}
}

static void ends_paused(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		cb_pause(state);
	}
}

static void two_loops(struct cb_state *state, void *arg)
{
	spin(state, arg);
	spin(state, arg);
}

static void nested(struct cb_state *state, void *arg)
{
	CB_LOOP(state)
	{
		spin(state, arg);
	}
}

static void half_batched(struct cb_state *state, void *arg)
{
	(void)arg;
	cb_loop_batch(state, 1);
}

static void batch_of_none(struct cb_state *state, void *arg)
{
	(void)arg;
	while (cb_loop_batch(state, 0))
		abort();
}

static void batch_of_too_many(struct cb_state *state, void *arg)
{
	(void)arg;
	while (cb_loop_batch(state, UINT64_MAX))
		abort();
}

static void batch_after_loop(struct cb_state *state, void *arg)
{
	spin(state, arg);
	while (cb_loop_batch(state, 1))
		abort();
}

static void batches_end_paused(struct cb_state *state, void *arg)
{
	(void)arg;
	while (cb_loop_batch(state, 3))
		cb_pause(state);
}

static void asks_for_an_argument(struct cb_state *state, void *arg)
{
	assert_int_equal(cb_range_count(state), 0);
	assert_int_equal(cb_range(state, 0), 0);
	assert_true(cb_skipped(state));
	spin(state, arg);
}

static void wrong_loops(void **unused)
{
	(void)unused;
	expect_failure(no_loop, "no loop");
	expect_failure(breaks, "left its loop");
	expect_failure(returns, "left its loop");
	expect_failure(breaks_while_paused, "left its loop");
	expect_failure(ends_paused, "clock was still stopped");
	expect_failure(two_loops, "more than one loop");
	expect_failure(nested, "more than one loop");
	expect_failure(half_batched, "left its loop");
	expect_failure(batch_of_none, "no or too many");
	expect_failure(batch_of_too_many, "no or too many");
	expect_failure(batch_after_loop, "more than one loop");
	expect_failure(batches_end_paused, "clock was still stopped");
	expect_failure(asks_for_an_argument, "argument");
}

/* std::__throw_bad_alloc(), the shortest way to an exception from C. */
void _ZSt17__throw_bad_allocv(void);

static void throws(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		_ZSt17__throw_bad_allocv();
	}
}

static void throws_at_once(struct cb_state *state, void *arg)
{
	(void)state;
	(void)arg;
	_ZSt17__throw_bad_allocv();
}

static void throws_late(struct cb_state *state, void *arg)
{
	spin(state, arg);
	_ZSt17__throw_bad_allocv();
}

static void throws_while_paused(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		cb_pause(state);
		_ZSt17__throw_bad_allocv();
	}
}

static void exceptions(void **unused)
{
	(void)unused;
	expect_failure(throws, "out of memory");
	expect_failure(throws_at_once, "out of memory");
	expect_failure(throws_late, "out of memory");
	expect_failure(throws_while_paused, "out of memory");
}

/* ---- skipping ----------------------------------------------------------- */

static void error_before(struct cb_state *state, void *arg)
{
	int turns = 0;

	cb_skip_error(state, "too early");
	CB_LOOP(state)
	{
		turns++;
	}
	assert_int_equal(turns, 0);
	assert_false(cb_loop_batch(state, 1));
	(void)arg;
}

static void error_and_break(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		cb_skip_error(state, "wrong answer");
		cb_skip_error(state, "the second does not count");
		break;
	}
	assert_true(cb_skipped(state));
}

static void error_and_on(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		cb_skip_error(state, "wrong answer");
	}
}

static void error_after(struct cb_state *state, void *arg)
{
	spin(state, arg);
	cb_skip_error(state, "wrong sum");
}

static void error_while_paused(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		cb_pause(state);
		cb_skip_error(state, "in a pause");
		assert_int_equal(cb_resume(state), -EINVAL);
		return;
	}
}

static void error_in_batches(struct cb_state *state, void *arg)
{
	int turns = 0;

	(void)arg;
	while (cb_loop_batch(state, 1)) {
		turns++;
		cb_skip_error(state, "in a batch");
	}
	assert_int_equal(turns, 1);
}

static void error_without_words(struct cb_state *state, void *arg)
{
	(void)arg;
	cb_skip_error(state, NULL);
}

static void errors(void **unused)
{
	(void)unused;
	expect_failure(error_before, "too early");
	expect_failure(error_and_break, "wrong answer");
	expect_failure(error_and_on, "wrong answer");
	expect_failure(error_after, "wrong sum");
	expect_failure(error_while_paused, "in a pause");
	expect_failure(error_in_batches, "in a batch");
	expect_failure(error_without_words, "no reason given");
}

static void not_here(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		cb_skip_message(state, "not on this machine");
		return;
	}
}

static void message(void **unused)
{
	struct cb_benchmark *b = fixed("not", not_here, NULL);
	struct cb_run run = run_once(b);
	const struct got *got;
	int n;

	(void)unused;
	assert_true(run.skipped);
	assert_false(run.failed);
	assert_string_equal(run.message, "not on this machine");
	got = got_named(run_all(&n), "not");
	assert_int_equal(n, 1);
	assert_true(got->skipped);
	assert_false(got->failed);
	assert_string_equal(got->message, "not on this machine");
	assert_int_equal(cb_failures(), 0);
}

static void one_thread_fails(struct cb_state *state, void *arg)
{
	if (cb_thread_index(state) == *(int *)arg)
		cb_skip_error(state, "one of them");
	else
		spin(state, NULL);
}

static void other_threads_do_not_wait(void **unused)
{
	(void)unused;
	for (int thread = 0; thread < 3; thread++) {
		struct cb_benchmark *b =
			fixed("one", one_thread_fails, &thread);

		cb_use_threads(b, 3);
		assert_string_equal(run_once(b).message, "one of them");
		cb_unregister(b);
	}
}

static void leaves_at(struct cb_state *state, void *arg)
{
	CB_LOOP(state)
	{
		if (cb_thread_index(state) == *(int *)arg)
			return;
	}
}

static void other_threads_do_not_wait_for_a_leaver(void **unused)
{
	(void)unused;
	for (int thread = 0; thread < 2; thread++) {
		struct cb_benchmark *b = fixed("leaves", leaves_at, &thread);

		cb_use_threads(b, 2);
		assert_true(run_once(b).failed);
		cb_unregister(b);
	}
}

/* ---- what ends the program ---------------------------------------------- */

static void is_fatal(struct cb_state *state, void *arg)
{
	(void)arg;
	cb_fatal(state, "the machine is on fire");
}

static void run_fatal(void)
{
	run_once(fixed("fatal", is_fatal, NULL));
}

static void ends_of_the_program(void **unused)
{
	const char *out = scratch("ends");
	int status;

	(void)unused;
	status = in_child(run_fatal, out);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_non_null(strstr(slurp(out), "fatal: the machine is on fire"));
	unlink(out);
}

/* ---- from within -------------------------------------------------------- */

static void meddles(struct cb_state *state, void *arg)
{
	struct cb_benchmark *b = *(struct cb_benchmark **)arg;
	struct cb_run run;

	assert_int_equal(cb_run_one(b, &run), -EBUSY);
	assert_int_equal(cb_run_all(NULL, NULL), -EBUSY);
	assert_int_equal(cb_fix_iterations(b, 2), -EBUSY);
	assert_int_equal(cb_arg(b, 2), -EBUSY);
	assert_null(cb_register("new", spin, NULL));
	assert_int_equal(cb_set_filter("x"), -EBUSY);
	assert_int_equal(cb_interleave(true), -EBUSY);
	assert_int_equal(cb_perf_counters(""), -EBUSY);
	assert_int_equal(cb_memory_manager(NULL, NULL), -EBUSY);
	assert_int_equal(cb_suite_hooks(NULL, NULL, NULL), -EBUSY);
	assert_int_equal(cb_load_iterations("x"), -EBUSY);
	assert_int_equal(cb_list(NULL, NULL), -EINVAL);
	cb_unregister(b);
	cb_unregister_all();
	cb_shutdown();
	assert_string_equal(cb_name(b), "meddles");
	spin(state, NULL);
}

static void busy(void **unused)
{
	struct cb_benchmark *b;

	(void)unused;
	b = fixed("meddles", meddles, &b);
	assert_false(run_once(b).skipped);
	assert_false(run_once(b).skipped);
}

static void wrong_calls(void **unused)
{
	struct cb_benchmark *b = fixed("several", spin, NULL);
	struct cb_run run;

	(void)unused;
	memset(&run, 0x5a, sizeof(run));
	assert_int_equal(cb_run_one(NULL, &run), -EINVAL);
	assert_int_equal(cb_run_one(b, NULL), -EINVAL);
	cb_arg(b, 1);
	assert_int_equal(cb_run_one(b, &run), 0);
	cb_arg(b, 2);
	assert_int_equal(cb_run_one(b, &run), -EINVAL);
	assert_non_null(strstr(cb_error(), "several"));
	b = fixed("threads", spin, NULL);
	cb_thread_range(b, 1, 2);
	assert_int_equal(cb_run_one(b, &run), -EINVAL);
	b = fixed("mistaken", spin, NULL);
	assert_int_equal(cb_repetitions(b, 0), -EINVAL);
	memset(&run, 0x5a, sizeof(run));
	assert_int_equal(cb_run_one(b, &run), -EINVAL);
	assert_non_null(strstr(cb_error(), "mistaken: repetitions"));
	assert_int_equal(run.iterations, UINT64_C(0x5a5a5a5a5a5a5a5a));
}

/* ---- barriers ----------------------------------------------------------- */

static void barriers(void **unused)
{
	uint8_t byte = 1;
	uint32_t word = 2;
	int64_t number = -3;
	double real = 4;
	float small = 5;
	int array[4] = { 6, 7, 8, 9 };

	(void)unused;
	cb_use(byte);
	cb_use(word);
	cb_use(number);
	cb_use(real);
	cb_use(small);
	cb_use(&word);
	cb_use(number + 1);
	cb_use(7);
	cb_use_ptr(array);
	cb_hide(word);
	cb_hide(number);
	cb_clobber();
	assert_int_equal(word, 2);
	assert_int_equal(number, -3);
	assert_int_equal(array[3], 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(exact_count, clean),
		cmocka_unit_test_teardown(iterations, clean),
		cmocka_unit_test_teardown(batches, clean),
		cmocka_unit_test_teardown(paused_time_is_not_counted, clean),
		cmocka_unit_test_teardown(manual_time, clean),
		cmocka_unit_test_teardown(forgotten_time, clean),
		cmocka_unit_test_teardown(wrong_loops, clean),
		cmocka_unit_test_teardown(exceptions, clean),
		cmocka_unit_test_teardown(errors, clean),
		cmocka_unit_test_teardown(message, clean),
		cmocka_unit_test_teardown(other_threads_do_not_wait, clean),
		cmocka_unit_test_teardown(
			other_threads_do_not_wait_for_a_leaver, clean),
		cmocka_unit_test_teardown(ends_of_the_program, clean),
		cmocka_unit_test_teardown(busy, clean),
		cmocka_unit_test_teardown(wrong_calls, clean),
		cmocka_unit_test_teardown(barriers, clean),
	};

	return cmocka_run_group_tests_name("cbench_loop", tests, NULL, NULL);
}
