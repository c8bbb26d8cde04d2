/* SPDX-License-Identifier: MIT */
/*
 * A thread of a run: what the benchmark's function may do, and when. The
 * library aborts the program, or waits for ever, where its rules are broken;
 * so they are kept here.
 */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cbench_impl.h"

struct cb_state {
	struct cb_benchmark *benchmark;
	const void *view;
	struct gb_view now;
	void *live; /* NULL in hooks of the run */
	bool late;  /* in a teardown hook */
	bool begun;
	bool batched; /* begun by cb_loop_batch */
	bool ended;
	bool paused;
	bool skipped;
	bool timed_by_hand;
	bool has_n;
	int64_t done; /* iterations that the loop has been given */
	char soft_label[CB_MESSAGE_MAX + sizeof(CB_SOFT_MARK)];
	struct timespec since;
	double real_seconds;
	double manual_seconds;
};

static cb_inject_fn *inject_fn;
static void *inject_ctx;

void cb_inject(cb_inject_fn *inject, void *ctx)
{
	inject_fn = inject;
	inject_ctx = ctx;
}

/* ---- the clock ---------------------------------------------------------- */

static bool clock_runs(const struct cb_state *state)
{
	return state->begun && !state->ended && !state->paused &&
	       !state->skipped;
}

static void start_clock(struct cb_state *state)
{
	clock_gettime(CLOCK_MONOTONIC, &state->since);
}

static void stop_clock(struct cb_state *state)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	state->real_seconds +=
		(double)(now.tv_sec - state->since.tv_sec) +
		(double)(now.tv_nsec - state->since.tv_nsec) * 1e-9;
}

int cb_pause(struct cb_state *state)
{
	if (!clock_runs(state))
		return cb_fail(-EINVAL, "pause: the clock does not run");
	stop_clock(state);
	state->paused = true;
	gb_run_clock(state->live, false);
	return 0;
}

int cb_resume(struct cb_state *state)
{
	if (!state->paused || state->ended || state->skipped)
		return cb_fail(-EINVAL, "resume: the clock is not stopped");
	state->paused = false;
	gb_run_clock(state->live, true);
	start_clock(state);
	return 0;
}

/* ---- skipping ----------------------------------------------------------- */

static void note(struct cb_state *state, const char *why, bool error)
{
	struct cb_benchmark *benchmark = state->benchmark;

	if (benchmark->skip)
		return;
	snprintf(benchmark->why, sizeof(benchmark->why), "%s", why);
	benchmark->skip_is_error = error;
	benchmark->skip_is_late = state->late;
	benchmark->skip = true;
}

static bool is_fitted(const struct cb_benchmark *benchmark)
{
	return !benchmark->single &&
	       (benchmark->order != CB_O_NONE || benchmark->order_fn);
}

static void skip(struct cb_state *state, const char *why, bool error)
{
	if (state->skipped)
		return;
	why = why ? why : "no reason given";
	if (!state->live)
		note(state, why, error);
	else if (is_fitted(state->benchmark))
		snprintf(state->soft_label, sizeof(state->soft_label),
			 CB_SOFT_MARK "%c%s", error ? 'e' : 'm', why);
	else
		gb_skip(state->live, why, error);
	state->skipped = true;
}

bool cb_skipped_softly(const char *name)
{
	const struct cb_benchmark *benchmark = cb_benchmarks;

	while (benchmark &&
	       !(benchmark->soft && !strcmp(benchmark->name, name)))
		benchmark = benchmark->next;
	return benchmark;
}

/* The rest of a run that the library takes for a good one. */
static void end_softly(struct cb_state *state)
{
	struct cb_benchmark *benchmark = state->benchmark;

	pthread_mutex_lock(&benchmark->lock);
	benchmark->soft = true;
	pthread_mutex_unlock(&benchmark->lock);
	if (state->paused)
		gb_run_clock(state->live, true);
	/* All the iterations that are left, and the end. */
	while (!state->ended)
		state->ended =
			!gb_keep_running(state->live, state->now.iterations);
	gb_complexity_n(state->live, 1);
	gb_label(state->live, state->soft_label);
}

void cb_skip_error(struct cb_state *state, const char *why)
{
	skip(state, why, true);
}

void cb_skip_message(struct cb_state *state, const char *why)
{
	skip(state, why, false);
}

bool cb_skipped(const struct cb_state *state)
{
	return state->skipped;
}

void cb_fatal(struct cb_state *state, const char *why)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", state->benchmark->name, why);
	_exit(1);
}

/* ---- the loop ----------------------------------------------------------- */

/* After the last iteration, before the library stops its clock. */
static void finish_loop(struct cb_state *state)
{
	if (state->skipped)
		return;
	if (state->paused) {
		skip(state, "its clock was still stopped after the loop", true);
		return;
	}
	if (inject_fn)
		inject_fn(state->benchmark, (uint64_t)state->done, inject_ctx);
	stop_clock(state);
}

uint64_t cb_begin(struct cb_state *state)
{
	int64_t n;

	if (!state->live || state->begun) {
		skip(state,
		     state->live ? "it has more than one loop"
				 : "a loop in a setup or teardown hook",
		     true);
		return 0;
	}
	state->begun = true;
	if (state->skipped)
		return 0;
	n = state->now.iterations;
	if (!gb_keep_running(state->live, n)) {
		state->ended = true;
		return 0;
	}
	state->done = n;
	start_clock(state);
	return (uint64_t)n;
}

bool cb_end(struct cb_state *state)
{
	if (!state->begun || state->ended || state->skipped)
		return false;
	finish_loop(state);
	if (state->skipped)
		return false;
	state->ended = true;
	/* Nothing is left, so this one ends the run. */
	gb_keep_running(state->live, state->now.iterations);
	return false;
}

bool cb_loop_batch(struct cb_state *state, uint64_t n)
{
	bool first = !state->begun;

	if (!state->live || n == 0 || n > INT64_MAX / 2) {
		skip(state, "a batch of no or too many iterations", true);
		return false;
	}
	if (!first && (!state->batched || state->ended)) {
		skip(state, "it has more than one loop", true);
		return false;
	}
	if (!first && state->done >= state->now.iterations)
		finish_loop(state);
	if (state->skipped)
		return false;
	state->begun = state->batched = true;
	state->ended = !gb_keep_running(state->live, (int64_t)n);
	if (!state->ended)
		state->done += (int64_t)n;
	if (first)
		start_clock(state);
	return !state->ended;
}

/* ---- what a function can ask -------------------------------------------- */

uint64_t cb_iterations(const struct cb_state *state)
{
	return (uint64_t)state->now.iterations;
}

uint64_t cb_iterations_done(const struct cb_state *state)
{
	return (uint64_t)state->done;
}

size_t cb_range_count(const struct cb_state *state)
{
	return state->benchmark->arg_width;
}

int64_t cb_range(struct cb_state *state, size_t i)
{
	if (i < cb_range_count(state))
		return gb_range(state->view, i);
	skip(state, "it asks for an argument that it has not got", true);
	return 0;
}

int cb_threads(const struct cb_state *state)
{
	return state->now.threads;
}

int cb_thread_index(const struct cb_state *state)
{
	return state->now.thread_index;
}

/* ---- what a function can tell ------------------------------------------- */

static int need(const struct cb_state *state, bool good, const char *what)
{
	if (!state->live)
		return cb_fail(-EINVAL, "%s: not in a setup or teardown hook",
			       what);
	return good ? 0 : cb_fail(-EINVAL, "%s: out of range", what);
}

int cb_set_iteration_time(struct cb_state *state, double seconds)
{
	int rc = need(state, true, "an iteration's time");

	if (rc)
		return rc;
	if (!isfinite(seconds) || seconds < 0)
		return cb_fail(-EDOM, "an iteration's time of %g", seconds);
	state->timed_by_hand = true;
	state->manual_seconds += seconds;
	gb_set_iteration_time(state->live, seconds);
	return 0;
}

int cb_counter(struct cb_state *state, const char *name, double value,
	       unsigned flags)
{
	int rc = need(state, name && *name && flags < 2 * CB_COUNTER_1024,
		      "a counter's name or flags");

	if (rc)
		return rc;
	if (!isfinite(value) || (value == 0 && (flags & CB_COUNTER_INVERT)))
		return cb_fail(-EDOM, "counter %.60s: not finite", name);
	return gb_counter(state->live, name, value, flags);
}

int cb_bytes_processed(struct cb_state *state, int64_t bytes)
{
	int rc = need(state, bytes >= 0, "bytes processed");

	return rc ? rc
		  : gb_counter(state->live, "bytes_per_second", (double)bytes,
			       CB_COUNTER_RATE | CB_COUNTER_1024);
}

int cb_items_processed(struct cb_state *state, int64_t items)
{
	int rc = need(state, items >= 0, "items processed");

	return rc ? rc
		  : gb_counter(state->live, "items_per_second", (double)items,
			       CB_COUNTER_RATE);
}

int cb_label(struct cb_state *state, const char *text)
{
	int rc = need(state, text, "a label");

	return rc ? rc : gb_label(state->live, text);
}

int cb_complexity_n(struct cb_state *state, int64_t n)
{
	int rc = need(state, n > 0, "complexity's n");

	if (rc)
		return rc;
	state->has_n = true;
	gb_complexity_n(state->live, n);
	return 0;
}

/* ---- the run ------------------------------------------------------------ */

void cb_reset_run(struct cb_benchmark *benchmark, bool single)
{
	benchmark->single = single;
	benchmark->soft = false;
	benchmark->skip = benchmark->skip_is_error = false;
	benchmark->skip_is_late = false;
	benchmark->why[0] = '\0';
	benchmark->seconds_per_iteration = 0;
	benchmark->threads_done = 0;
}

/* 1: pinned, before is what to go back to; 0: nothing to do. */
static int pin(const struct cb_state *state, cpu_set_t *before)
{
	const struct cb_benchmark *benchmark = state->benchmark;
	int thread = cb_thread_index(state);
	cpu_set_t set;
	int cpu = -1;
	int rc;

	if (benchmark->cpu_count)
		cpu = benchmark->cpus[(size_t)thread % benchmark->cpu_count];
	else if (benchmark->cpu_of)
		cpu = benchmark->cpu_of(thread, cb_threads(state),
					benchmark->cpu_ctx);
	if (cpu < 0)
		return 0;
	if (cpu >= CPU_SETSIZE)
		return cb_fail(-EINVAL, "cannot pin to CPU %d", cpu);
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	rc = pthread_getaffinity_np(pthread_self(), sizeof(*before), before);
	if (!rc)
		rc = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (rc)
		return cb_fail(-rc, "cannot pin to CPU %d: %s", cpu,
			       strerror(rc));
	return 1;
}

static void check_function(struct cb_state *state)
{
	const struct cb_benchmark *benchmark = state->benchmark;

	if (state->skipped)
		return;
	if (!state->begun)
		skip(state, "it has no loop", true);
	else if (!state->ended)
		skip(state, "it left its loop before the end", true);
	else if (benchmark->clock == CB_CLOCK_MANUAL && !state->timed_by_hand)
		skip(state, "it has not set its time", true);
	else if (is_fitted(benchmark) && !state->has_n)
		skip(state, "it has not set complexity's n", true);
}

static void run_function(struct cb_state *state)
{
	struct cb_benchmark *benchmark = state->benchmark;
	char why[CB_MESSAGE_MAX];
	int rc = 0;

	if (benchmark->enter)
		rc = benchmark->enter(state, benchmark->thread_ctx);
	if (rc) {
		snprintf(why, sizeof(why), "its thread hook returned %d", rc);
		skip(state, why, true);
		return;
	}
	if (!state->skipped && gb_call(benchmark->fn, state, benchmark->arg))
		skip(state, cb_error(), true);
	check_function(state);
	if (benchmark->leave)
		benchmark->leave(state, benchmark->thread_ctx);
}

static void account(struct cb_state *state)
{
	struct cb_benchmark *benchmark = state->benchmark;
	double n = (double)state->done;
	double seconds = benchmark->clock == CB_CLOCK_MANUAL
				 ? state->manual_seconds
				 : state->real_seconds;

	if (state->skipped || n <= 0)
		return;
	if (cb_threads(state) > 1 && seconds > 0 &&
	    (cb_counter(state, "ns_per_op", seconds / n * 1e9,
			CB_COUNTER_AVG_THREADS) ||
	     cb_counter(state, "ops_per_second", n / seconds, 0))) {
		skip(state, cb_error(), true);
		return;
	}
	pthread_mutex_lock(&benchmark->lock);
	benchmark->seconds_per_iteration += seconds / n;
	benchmark->threads_done++;
	pthread_mutex_unlock(&benchmark->lock);
}

void cb_run_thread(struct cb_benchmark *benchmark, void *live)
{
	struct cb_state state = { .benchmark = benchmark,
				  .view = live,
				  .live = live };
	cpu_set_t before;
	int pinned = 0;

	gb_look(live, &state.now);
	if (benchmark->skip)
		skip(&state, benchmark->why, benchmark->skip_is_error);
	else
		pinned = pin(&state, &before);
	if (pinned < 0)
		skip(&state, cb_error(), true);
	if (!state.skipped)
		run_function(&state);
	if (*state.soft_label)
		end_softly(&state);
	if (pinned > 0)
		pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
	account(&state);
}

void cb_run_hooks(struct cb_benchmark *benchmark, const void *view, bool setup)
{
	struct cb_state state = { .benchmark = benchmark,
				  .view = view,
				  .late = !setup };

	gb_look(view, &state.now);
	if (!setup) {
		benchmark->teardown(&state, benchmark->teardown_ctx);
		return;
	}
	/* The run before this one is over; what it failed with stays. */
	if (!benchmark->skip_is_late)
		benchmark->skip = false;
	if (!benchmark->skip)
		benchmark->setup(&state, benchmark->setup_ctx);
}
