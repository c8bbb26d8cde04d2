/* SPDX-License-Identifier: MIT */
/* Arguments, threads, times, hooks: what each setting does, and refuses. */
#include "support.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct cb_benchmark *fresh(void)
{
	struct cb_benchmark *b;

	cb_unregister_all();
	b = cb_register("b", spin, NULL);
	assert_non_null(b);
	return b;
}

/* The call has failed; the benchmark is as it was, but does not run. */
static void refused(struct cb_benchmark *b, int rc, int err, const char *text)
{
	struct cb_run run;
	int n;

	assert_int_equal(rc, err);
	if (!strstr(cb_error(), text))
		fail_msg("\"%s\" is not in \"%s\"", text, cb_error());
	assert_int_equal(cb_run_one(b, &run), -EINVAL);
	assert_non_null(strstr(cb_error(), text));
	run_all(&n);
	assert_int_equal(n, -EINVAL);
}

static void registration(void **unused)
{
	(void)unused;
	assert_null(cb_register(NULL, spin, NULL));
	assert_non_null(strstr(cb_error(), "name"));
	assert_null(cb_register("", spin, NULL));
	assert_null(cb_register("x", NULL, NULL));
	assert_string_equal(listed(), "");
	assert_string_equal(cb_name(cb_register("x", spin, NULL)), "x");
	/* The same name again is another benchmark. */
	assert_non_null(cb_register("x", spin, NULL));
	assert_string_equal(listed(), "x x ");
	cb_unregister(NULL);
	cb_unregister_all();
	assert_string_equal(listed(), "");
}

static void unregister_one(void **unused)
{
	struct cb_benchmark *b[3];

	(void)unused;
	b[0] = cb_register("one", spin, NULL);
	b[1] = cb_register("two", spin, NULL);
	b[2] = cb_register("three", spin, NULL);
	cb_unregister(b[1]);
	assert_string_equal(listed(), "one three ");
	cb_unregister(b[0]);
	cb_unregister(b[2]);
	assert_string_equal(listed(), "");
}

/* ---- arguments ---------------------------------------------------------- */

static void args(void **unused)
{
	static const int64_t pair[] = { 1, -2 }, other[] = { 3, 4 };
	static const char *const names[] = { "n", "shift" };
	struct cb_benchmark *b = fresh();

	(void)unused;
	assert_int_equal(cb_arg(b, 5), 0);
	assert_int_equal(cb_arg(b, -5), 0);
	assert_string_equal(listed(), "b/5 b/-5 ");
	b = fresh();
	assert_int_equal(cb_args(b, pair, 2), 0);
	assert_int_equal(cb_args(b, other, 2), 0);
	assert_string_equal(listed(), "b/1/-2 b/3/4 ");
	assert_int_equal(cb_arg_names(b, names, 2), 0);
	assert_string_equal(listed(), "b/n:1/shift:-2 b/n:3/shift:4 ");
}

static void wrong_args(void **unused)
{
	static const int64_t pair[] = { 1, 2 };
	static const char *const names[] = { "n", NULL };
	struct cb_benchmark *b = fresh();

	(void)unused;
	cb_arg(b, 1);
	refused(b, cb_args(b, pair, 2), -EINVAL, "2 arguments where");
	b = fresh();
	refused(b, cb_args(b, pair, 0), -EINVAL, "none");
	b = fresh();
	refused(b, cb_args(b, NULL, 1), -EINVAL, "none");
	b = fresh();
	refused(b, cb_arg_names(b, names, 2), -EINVAL, "NULL");
	b = fresh();
	refused(b, cb_arg_names(b, names, 0), -EINVAL, "no names");
	b = fresh();
	cb_args(b, pair, 2);
	refused(b, cb_arg_names(b, names, 1), -EINVAL, "1 names for");
	b = fresh();
	cb_arg_names(b, names, 1);
	refused(b, cb_args(b, pair, 2), -EINVAL, "2 arguments for 1");
	assert_int_equal(cb_arg(NULL, 1), -EINVAL);
	assert_non_null(strstr(cb_error(), "NULL"));
}

static void ranges(void **unused)
{
	struct cb_benchmark *b = fresh();
	const struct cb_interval two[] = { { 1, 8 }, { 3, 3 } };

	(void)unused;
	assert_int_equal(cb_range_args(b, 1, 100), 0);
	assert_string_equal(listed(), "b/1 b/8 b/64 b/100 ");
	b = fresh();
	assert_int_equal(cb_range_multiplier(b, 10), 0);
	assert_int_equal(cb_range_args(b, 5, 1000), 0);
	assert_string_equal(listed(), "b/5 b/10 b/100 b/1000 ");
	b = fresh();
	cb_range_multiplier(b, 4);
	assert_int_equal(cb_range_args(b, -20, 5), 0);
	assert_string_equal(listed(), "b/-20 b/-16 b/-4 b/-1 b/0 b/1 b/4 b/5 ");
	b = fresh();
	assert_int_equal(cb_range_args(b, 0, 1), 0);
	assert_string_equal(listed(), "b/0 b/1 ");
	b = fresh();
	assert_int_equal(cb_range_args(b, -8, -1), 0);
	assert_string_equal(listed(), "b/-8 b/-1 ");
	b = fresh();
	assert_int_equal(cb_range_args(b, 7, 7), 0);
	assert_string_equal(listed(), "b/7 ");
	b = fresh();
	cb_range_multiplier(b, INT32_MAX);
	assert_int_equal(cb_range_args(b, INT64_MIN, INT64_MAX), 0);
	assert_string_equal(listed(),
			    "b/-9223372036854775808 b/-4611686014132420609 "
			    "b/-2147483647 b/-1 b/0 b/1 b/2147483647 "
			    "b/4611686014132420609 b/9223372036854775807 ");
	b = fresh();
	assert_int_equal(cb_ranges(b, two, 2), 0);
	assert_string_equal(listed(), "b/1/3 b/8/3 ");
}

static void dense_ranges(void **unused)
{
	struct cb_benchmark *b = fresh();

	(void)unused;
	assert_int_equal(cb_dense_range(b, 1, 3, 1), 0);
	assert_string_equal(listed(), "b/1 b/2 b/3 ");
	b = fresh();
	assert_int_equal(cb_dense_range(b, -3, 4, 3), 0);
	assert_string_equal(listed(), "b/-3 b/0 b/3 ");
	b = fresh();
	assert_int_equal(cb_dense_range(b, INT64_MIN, INT64_MAX, INT64_MAX), 0);
	assert_string_equal(listed(), "b/-9223372036854775808 b/-1 "
				      "b/9223372036854775806 ");
}

static void wrong_ranges(void **unused)
{
	const struct cb_interval down[] = { { 1, 8 }, { 2, 1 } };
	struct cb_benchmark *b = fresh();

	(void)unused;
	refused(b, cb_range_args(b, 2, 1), -EINVAL, "from 2 down to 1");
	b = fresh();
	refused(b, cb_ranges(b, down, 2), -EINVAL, "from 2 down to 1");
	b = fresh();
	refused(b, cb_ranges(b, NULL, 2), -EINVAL, "no ranges");
	b = fresh();
	refused(b, cb_dense_range(b, 2, 1, 1), -EINVAL, "first <= last");
	b = fresh();
	refused(b, cb_dense_range(b, 1, 2, 0), -EINVAL, "step above 0");
	b = fresh();
	refused(b, cb_range_multiplier(b, 1), -EINVAL, "2 or more");
}

static void products(void **unused)
{
	static const int64_t x[] = { 1, 2 }, y[] = { 5, 6, 7 };
	const struct cb_values lists[] = { { x, 2 }, { y, 3 } };
	const struct cb_values empty[] = { { x, 2 }, { y, 0 } };
	const struct cb_values vast[] = { { x, SIZE_MAX }, { y, SIZE_MAX } };
	struct cb_benchmark *b = fresh();

	(void)unused;
	assert_int_equal(cb_args_product(b, lists, 2), 0);
	assert_string_equal(listed(), "b/1/5 b/1/6 b/1/7 b/2/5 b/2/6 b/2/7 ");
	b = fresh();
	refused(b, cb_args_product(b, empty, 2), -EINVAL, "empty list");
	b = fresh();
	refused(b, cb_args_product(b, lists, 0), -EINVAL, "no lists");
	b = fresh();
	refused(b, cb_args_product(b, vast, 2), -E2BIG, "too large");
}

static int add_pair(struct cb_benchmark *b, void *ctx)
{
	const int64_t pair[] = { 1, *(int64_t *)ctx };

	return cb_args(b, pair, 2);
}

static int will_not(struct cb_benchmark *b, void *ctx)
{
	(void)b;
	(void)ctx;
	return -EDOM;
}

static void apply(void **unused)
{
	struct cb_benchmark *b = fresh();
	int64_t second = 9;

	(void)unused;
	assert_int_equal(cb_apply(b, add_pair, &second), 0);
	assert_string_equal(listed(), "b/1/9 ");
	assert_int_equal(cb_apply(b, will_not, NULL), -EDOM);
	refused(b, cb_apply(b, NULL, NULL), -EINVAL, "no function");
}

static void see_args(struct cb_state *state, void *arg)
{
	int64_t *sum = arg;

	assert_int_equal(cb_range_count(state), 2);
	*sum += cb_range(state, 0) * 100 + cb_range(state, 1);
	spin(state, NULL);
}

static void args_arrive(void **unused)
{
	const int64_t pairs[2][2] = { { 1, 2 }, { 3, 4 } };
	int64_t sum = 0;
	struct cb_benchmark *b = fixed("see", see_args, &sum);
	int n;

	(void)unused;
	cb_args(b, pairs[0], 2);
	run_once(b);
	assert_int_equal(sum, 102);
	cb_args(b, pairs[1], 2);
	sum = 0;
	run_all(&n);
	assert_int_equal(n, 2);
	assert_int_equal(sum, 102 + 304);
}

/* ---- threads ------------------------------------------------------------ */

static void thread_counts(void **unused)
{
	struct cb_benchmark *b = fresh();
	char one[32];

	(void)unused;
	assert_int_equal(cb_use_threads(b, 3), 0);
	assert_string_equal(listed(), "b/threads:3 ");
	b = fresh();
	assert_int_equal(cb_thread_range(b, 1, 6), 0);
	assert_string_equal(listed(), "b/threads:1 b/threads:2 b/threads:4 "
				      "b/threads:6 ");
	b = fresh();
	assert_int_equal(cb_dense_thread_range(b, 1, 6, 2), 0);
	assert_string_equal(listed(), "b/threads:1 b/threads:3 b/threads:5 "
				      "b/threads:6 ");
	b = fresh();
	assert_int_equal(cb_thread_per_cpu(b), 0);
	snprintf(one, sizeof(one), "b/threads:%ld ",
		 sysconf(_SC_NPROCESSORS_ONLN));
	assert_string_equal(listed(), one);
	b = fresh();
	refused(b, cb_use_threads(b, 0), -EINVAL, "1 or more");
	b = fresh();
	refused(b, cb_thread_range(b, 2, 1), -EINVAL, "first <= last");
	b = fresh();
	refused(b, cb_dense_thread_range(b, 1, 2, 0), -EINVAL, "step");
	b = fresh();
	refused(b, cb_dense_thread_range(b, 0, 2, 1), -EINVAL, "1 <=");
}

struct seen {
	int indices; /* bits */
	int cpus[4];
	int enters;
	int leaves;
	int fail_in;
};

static void see_threads(struct cb_state *state, void *arg)
{
	struct seen *seen = arg;
	int thread = cb_thread_index(state);

	assert_int_equal(cb_threads(state), 3);
	__atomic_fetch_or(&seen->indices, 1 << thread, __ATOMIC_RELAXED);
	seen->cpus[thread] = sched_getcpu();
	spin(state, NULL);
}

static void threads(void **unused)
{
	struct seen seen = { 0 };
	struct cb_benchmark *b = fixed("see", see_threads, &seen);
	uint64_t counter = 0;
	struct cb_run run;
	double value = 0;

	(void)unused;
	cb_use_threads(b, 3);
	run_once(b);
	assert_int_equal(seen.indices, 7);
	/* All threads have the same number of iterations. */
	b = fixed("count", count, &counter);
	cb_use_threads(b, 3);
	cb_fix_iterations(b, 1000);
	run = run_once(b);
	assert_int_equal(counter, 3000);
	assert_int_equal(run.iterations, 3000);
	assert_true(cb_last_counter(b, "ns_per_op", &value));
	assert_true(fabs(value / (run.seconds_per_iteration * 1e9) - 1) < 1e-6);
	/* The sum of reciprocals is not below that of the mean. */
	assert_true(cb_last_counter(b, "ops_per_second", &value));
	assert_true(value >= 2.999999 / run.seconds_per_iteration);
}

static void by_hand(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		cb_set_iteration_time(state,
				      cb_thread_index(state) ? 3e-3 : 1e-3);
	}
}

static void manual_time_of_threads(void **unused)
{
	struct cb_benchmark *b = fixed("hand", by_hand, NULL);
	const struct got *got;
	double value;
	int n;

	(void)unused;
	cb_use_manual_time(b);
	cb_use_threads(b, 2);
	cb_fix_iterations(b, 10);
	cb_use_unit(b, CB_MS);
	assert_true(fabs(run_once(b).seconds_per_iteration - 2e-3) < 1e-9);
	assert_true(cb_last_counter(b, "ops_per_second", &value));
	assert_true(fabs(value - (1000 + 1000.0 / 3)) < 1e-3);
	/* The same in the report, whichever release of the library it is. */
	got = got_named(run_all(&n), "hand/manual_time/threads:2");
	assert_true(fabs(got->real_time - 2) < 1e-6);
	assert_true(fabs(got_counter(got, "ns_per_op") - 2e6) < 1);
	assert_int_equal(got->threads, 2);
}

/* ---- pinning ------------------------------------------------------------ */

/* The last CPU that this process may use. */
static int last_cpu(void)
{
	cpu_set_t set;
	int cpu = -1;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, &set))
			cpu = i;
	return cpu;
}

static int pick(int thread, int threads, void *ctx)
{
	assert_int_equal(threads, 3);
	return thread == 1 ? -1 : *(int *)ctx;
}

static void pinning(void **unused)
{
	struct seen seen = { 0 };
	struct cb_benchmark *b = fixed("see", see_threads, &seen);
	cpu_set_t before, after;
	int cpu = last_cpu();

	(void)unused;
	sched_getaffinity(0, sizeof(before), &before);
	cb_use_threads(b, 3);
	assert_int_equal(cb_pin(b, &cpu, 1), 0);
	assert_false(run_once(b).skipped);
	for (int i = 0; i < 3; i++)
		assert_int_equal(seen.cpus[i], cpu);
	sched_getaffinity(0, sizeof(after), &after);
	assert_true(CPU_EQUAL(&before, &after));
	assert_int_equal(cb_pin_with(b, pick, &cpu), 0);
	seen.cpus[0] = seen.cpus[2] = -1;
	assert_false(run_once(b).skipped);
	assert_int_equal(seen.cpus[0], cpu);
	assert_int_equal(seen.cpus[2], cpu);
	assert_int_equal(cb_pin(b, NULL, 0), 0);
	assert_false(run_once(b).skipped);
}

static void no_such_cpu(void **unused)
{
	int nowhere = CPU_SETSIZE - 1, beyond = CPU_SETSIZE, negative = -1;
	struct cb_benchmark *b = fixed("b", spin, NULL);
	struct cb_run run;

	(void)unused;
	cb_use_threads(b, 2);
	cb_pin(b, &nowhere, 1);
	run = run_once(b);
	assert_true(run.failed);
	assert_non_null(strstr(run.message, "cannot pin to CPU 1023"));
	cb_pin(b, &beyond, 1);
	assert_non_null(strstr(run_once(b).message, "CPU 1024"));
	refused(b, cb_pin(b, &negative, 1), -EINVAL, "below 0");
	b = fresh();
	refused(b, cb_pin(b, NULL, 1), -EINVAL, "no CPUs");
}

/* ---- times -------------------------------------------------------------- */

static void times_in_names(void **unused)
{
	struct cb_benchmark *b = fresh();

	(void)unused;
	assert_int_equal(cb_min_time(b, 0.25), 0);
	assert_string_equal(listed(), "b/min_time:0.250 ");
	assert_int_equal(cb_warmup(b, 0.125), 0);
	assert_int_equal(cb_warmup(b, 0), 0);
	assert_int_equal(cb_repetitions(b, 3), 0);
	assert_int_equal(cb_use_real_time(b), 0);
	assert_int_equal(cb_use_process_time(b), 0);
	assert_string_equal(
		listed(), "b/min_time:0.250/repeats:3/process_time/real_time ");
	/* Fixed iterations are in no name. */
	b = fresh();
	assert_int_equal(cb_fix_iterations(b, 5), 0);
	cb_use_threads(b, 2);
	assert_string_equal(listed(), "b/threads:2 ");
}

static void wrong_times(void **unused)
{
	struct cb_benchmark *b = fresh();

	(void)unused;
	refused(b, cb_min_time(b, 0), -EINVAL, "above 0");
	b = fresh();
	refused(b, cb_min_time(b, (double)NAN), -EINVAL, "finite");
	b = fresh();
	refused(b, cb_warmup(b, -1), -EINVAL, "above 0");
	b = fresh();
	refused(b, cb_fix_iterations(b, UINT64_MAX), -EINVAL, "too many");
	b = fresh();
	cb_fix_iterations(b, 5);
	refused(b, cb_min_time(b, 1), -EINVAL, "iterations are fixed");
	b = fresh();
	cb_min_time(b, 1);
	refused(b, cb_fix_iterations(b, 5), -EINVAL, "a time is set");
	b = fresh();
	cb_warmup(b, 1);
	refused(b, cb_fix_iterations(b, 5), -EINVAL, "a time is set");
	b = fresh();
	refused(b, cb_use_unit(b, (enum cb_unit)9), -EINVAL, "unit");
	b = fresh();
	refused(b, cb_report_aggregates(b, (enum cb_aggregates)9), -EINVAL,
		"aggregates");
	assert_int_equal(cb_use_manual_time(NULL), -EINVAL);
	assert_int_equal(cb_use_process_time(NULL), -EINVAL);
}

struct work {
	int runs;
	uint64_t iterations;
};

static void log_run(struct cb_state *state, void *arg)
{
	struct work *work = arg;

	work->runs++;
	work->iterations = cb_iterations(state);
	CB_LOOP(state)
	{
		cb_set_iteration_time(state, 1e-3);
	}
}

static void min_time_and_warmup(void **unused)
{
	struct work plain = { 0 }, warm = { 0 };
	struct cb_benchmark *b = cb_register("plain", log_run, &plain);
	int n;

	(void)unused;
	cb_use_manual_time(b);
	assert_int_equal(cb_min_time(b, 0.5), 0);
	b = cb_register("warm", log_run, &warm);
	cb_use_manual_time(b);
	assert_int_equal(cb_min_time(b, 0.5), 0);
	assert_int_equal(cb_warmup(b, 0.5), 0);
	run_all(&n);
	assert_int_equal(n, 2);
	/* A millisecond each by its own account. */
	assert_true(plain.iterations >= 500 && plain.iterations <= 10000);
	assert_true(plain.runs > 1);
	assert_true(warm.runs >= 2 * plain.runs);
	/* Warm-up alone: the usual time is set with it. */
	cb_unregister(b);
	warm.runs = plain.runs = 0;
	b = cb_register("warm", log_run, &warm);
	cb_use_manual_time(b);
	assert_int_equal(cb_warmup(b, 0.5), 0);
	run_all(&n);
	assert_true(warm.runs >= 2 * plain.runs);
	/* A single run has none of both. */
	warm.runs = 0;
	assert_int_equal(run_once(b).iterations, 1);
	assert_int_equal(warm.runs, 1);
}

/* CPU time that the other thread takes: far above what starting it costs. */
static const double others_share = 0.1;

static void *burn(void *unused)
{
	struct timespec used;

	(void)unused;
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	while ((double)used.tv_sec + 1e-9 * (double)used.tv_nsec <
	       others_share);
	return NULL;
}

static void work_in_another_thread(struct cb_state *state, void *unused)
{
	(void)unused;
	CB_LOOP(state)
	{
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, burn, NULL), 0);
		pthread_join(thread, NULL);
	}
}

static void process_time(void **unused)
{
	struct cb_benchmark *b = fixed("cpu", work_in_another_thread, NULL);

	(void)unused;
	assert_true(run_once(b).cpu_seconds_per_iteration < others_share);
	assert_int_equal(cb_use_process_time(b), 0);
	assert_true(run_once(b).cpu_seconds_per_iteration >= others_share);
}

/* ---- hooks -------------------------------------------------------------- */

struct hooked {
	char log[256];
	const char *error;
	const char *message;
	const char *late;
	bool late_once;
	int64_t arg;
};

static void say(struct hooked *hooked, const char *what)
{
	strncat(hooked->log, what,
		sizeof(hooked->log) - strlen(hooked->log) - 1);
}

static void set_up(struct cb_state *state, void *ctx)
{
	struct hooked *hooked = ctx;

	say(hooked, "setup ");
	hooked->arg = cb_range_count(state) ? cb_range(state, 0) : 0;
	assert_true(cb_iterations(state) > 0);
	assert_int_equal(cb_counter(state, "x", 1, 0), -EINVAL);
	assert_int_equal(cb_label(state, "x"), -EINVAL);
	assert_int_equal(cb_items_processed(state, 1), -EINVAL);
	assert_int_equal(cb_bytes_processed(state, 1), -EINVAL);
	assert_int_equal(cb_complexity_n(state, 1), -EINVAL);
	assert_int_equal(cb_set_iteration_time(state, 1), -EINVAL);
	assert_int_equal(cb_pause(state), -EINVAL);
	if (hooked->error)
		cb_skip_error(state, hooked->error);
	if (hooked->message)
		cb_skip_message(state, hooked->message);
}

static void tear_down(struct cb_state *state, void *ctx)
{
	struct hooked *hooked = ctx;

	say(hooked, "teardown ");
	if (hooked->late)
		cb_skip_error(state, hooked->late);
	if (hooked->late_once) {
		hooked->late = NULL;
		hooked->message = "another reason";
	}
}

static int enter(struct cb_state *state, void *ctx)
{
	say(ctx, cb_thread_index(state) == 0 ? "enter " : "");
	return 0;
}

static void leave(struct cb_state *state, void *ctx)
{
	say(ctx, cb_thread_index(state) == 0 ? "leave " : "");
}

static void hooked_body(struct cb_state *state, void *arg)
{
	say(arg, "body ");
	spin(state, NULL);
}

static struct cb_benchmark *with_hooks(struct hooked *hooked)
{
	struct cb_benchmark *b = fixed("hooked", hooked_body, hooked);

	assert_int_equal(cb_setup(b, set_up, hooked), 0);
	assert_int_equal(cb_teardown(b, tear_down, hooked), 0);
	assert_int_equal(cb_thread_hooks(b, enter, leave, hooked), 0);
	return b;
}

static void hooks(void **unused)
{
	struct hooked hooked = { .log = "" };
	struct cb_benchmark *b = with_hooks(&hooked);
	int n;

	(void)unused;
	cb_arg(b, 42);
	assert_false(run_once(b).skipped);
	assert_string_equal(hooked.log, "setup enter body leave teardown ");
	assert_int_equal(hooked.arg, 42);
	hooked.log[0] = '\0';
	run_all(&n);
	assert_string_equal(hooked.log, "setup enter body leave teardown ");
	/* And gone again. */
	hooked.log[0] = '\0';
	cb_setup(b, NULL, NULL);
	cb_thread_hooks(b, NULL, NULL, NULL);
	run_once(b);
	assert_string_equal(hooked.log, "body teardown ");
	cb_teardown(b, NULL, NULL);
	hooked.log[0] = '\0';
	run_once(b);
	assert_string_equal(hooked.log, "body ");
}

static void setup_can_skip(void **unused)
{
	struct hooked hooked = { .log = "", .error = "no table" };
	struct cb_benchmark *b = with_hooks(&hooked);
	const struct got *got;
	struct cb_run run = run_once(b);
	int n;

	(void)unused;
	assert_true(run.failed);
	assert_string_equal(run.message, "no table");
	assert_string_equal(hooked.log, "setup teardown ");
	got = got_named(run_all(&n), "hooked");
	assert_true(got->failed);
	assert_string_equal(got->message, "no table");
	assert_int_equal(cb_failures(), 1);
	hooked.error = NULL;
	hooked.message = "nothing to do";
	run = run_once(b);
	assert_true(run.skipped);
	assert_false(run.failed);
	hooked.message = NULL;
	assert_false(run_once(b).skipped);
}

static void teardown_can_fail(void **unused)
{
	struct hooked hooked = { .log = "", .late = "a leak" };
	struct cb_benchmark *b = with_hooks(&hooked);
	struct cb_run run = run_once(b);
	int n;

	(void)unused;
	assert_true(run.failed);
	assert_string_equal(run.message, "a leak");
	assert_true(run.seconds_per_iteration <= 0);
	run_all(&n);
	assert_int_equal(n, -EIO);
	assert_string_equal(cb_error(), "hooked: a leak");
	/* The repetition after it cannot make it good again. */
	hooked.late_once = true;
	cb_repetitions(b, 3);
	run_all(&n);
	assert_int_equal(n, -EIO);
	assert_null(hooked.late);
	hooked.message = NULL;
	hooked.late_once = false;
	assert_false(run_once(b).skipped);
	run_all(&n);
	assert_int_equal(n, 1);
}

static int enter_some(struct cb_state *state, void *ctx)
{
	struct seen *seen = ctx;

	if (cb_thread_index(state) == seen->fail_in)
		return -ENOMEM;
	__atomic_fetch_add(&seen->enters, 1, __ATOMIC_RELAXED);
	return 0;
}

static void leave_some(struct cb_state *state, void *ctx)
{
	struct seen *seen = ctx;

	assert_int_not_equal(cb_thread_index(state), seen->fail_in);
	__atomic_fetch_add(&seen->leaves, 1, __ATOMIC_RELAXED);
}

static void thread_hooks(void **unused)
{
	struct seen seen = { .fail_in = -1 };
	struct cb_benchmark *b = fixed("see", see_threads, &seen);
	struct cb_run run;

	(void)unused;
	cb_use_threads(b, 3);
	cb_thread_hooks(b, enter_some, leave_some, &seen);
	assert_false(run_once(b).skipped);
	assert_int_equal(seen.enters, 3);
	assert_int_equal(seen.leaves, 3);
	seen.fail_in = 1;
	seen.enters = seen.leaves = 0;
	run = run_once(b);
	assert_true(run.failed);
	assert_non_null(strstr(run.message, "thread hook returned -12"));
	assert_int_equal(seen.enters, 2);
	assert_int_equal(seen.leaves, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(registration, clean),
		cmocka_unit_test_teardown(unregister_one, clean),
		cmocka_unit_test_teardown(args, clean),
		cmocka_unit_test_teardown(wrong_args, clean),
		cmocka_unit_test_teardown(ranges, clean),
		cmocka_unit_test_teardown(dense_ranges, clean),
		cmocka_unit_test_teardown(wrong_ranges, clean),
		cmocka_unit_test_teardown(products, clean),
		cmocka_unit_test_teardown(apply, clean),
		cmocka_unit_test_teardown(args_arrive, clean),
		cmocka_unit_test_teardown(thread_counts, clean),
		cmocka_unit_test_teardown(threads, clean),
		cmocka_unit_test_teardown(manual_time_of_threads, clean),
		cmocka_unit_test_teardown(pinning, clean),
		cmocka_unit_test_teardown(no_such_cpu, clean),
		cmocka_unit_test_teardown(times_in_names, clean),
		cmocka_unit_test_teardown(wrong_times, clean),
		cmocka_unit_test_teardown(min_time_and_warmup, clean),
		cmocka_unit_test_teardown(process_time, clean),
		cmocka_unit_test_teardown(hooks, clean),
		cmocka_unit_test_teardown(setup_can_skip, clean),
		cmocka_unit_test_teardown(teardown_can_fail, clean),
		cmocka_unit_test_teardown(thread_hooks, clean),
	};

	return cmocka_run_group_tests_name("cbench_settings", tests, NULL,
					   NULL);
}
