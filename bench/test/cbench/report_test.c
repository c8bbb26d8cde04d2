/* SPDX-License-Identifier: MIT */
/* What comes out: counters, statistics, complexity, memory, reporters. */
#include "support.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static bool near(double a, double b)
{
	return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

/* Half a second by its own account, in 10 iterations. */
static void half_a_second(struct cb_state *state)
{
	CB_LOOP(state)
	{
		cb_set_iteration_time(state, 0.05);
	}
}

static struct cb_benchmark *manual(const char *name, cb_fn *fn, void *arg)
{
	struct cb_benchmark *b = fixed(name, fn, arg);

	cb_use_manual_time(b);
	cb_fix_iterations(b, 10);
	return b;
}

/* ---- counters ----------------------------------------------------------- */

static void all_counters(struct cb_state *state, void *arg)
{
	(void)arg;
	half_a_second(state);
	assert_int_equal(cb_counter(state, "plain", 6, CB_COUNTER_PLAIN), 0);
	assert_int_equal(cb_counter(state, "rate", 6, CB_COUNTER_RATE), 0);
	assert_int_equal(cb_counter(state, "each", 6, CB_COUNTER_INVARIANT), 0);
	assert_int_equal(cb_counter(state, "avg", 6, CB_COUNTER_AVG_ITERATIONS),
			 0);
	assert_int_equal(cb_counter(state, "inverse", 4, CB_COUNTER_INVERT), 0);
	assert_int_equal(cb_counter(state, "both", 6,
				    CB_COUNTER_RATE | CB_COUNTER_INVERT |
					    CB_COUNTER_1024),
			 0);
}

static void counters(void **unused)
{
	struct cb_benchmark *b = manual("c", all_counters, NULL);
	const struct got *got;
	double value = 0;
	int n;

	(void)unused;
	got = got_named(run_all(&n), "c/manual_time");
	assert_int_equal(got->counter_count, 6);
	assert_true(near(got_counter(got, "plain"), 6));
	assert_true(near(got_counter(got, "rate"), 12));
	assert_true(near(got_counter(got, "each"), 60));
	assert_true(near(got_counter(got, "avg"), 0.6));
	assert_true(near(got_counter(got, "inverse"), 0.25));
	assert_true(near(got_counter(got, "both"), 1.0 / 12));
	for (size_t i = 0; i < got->counter_count; i++)
		assert_int_equal(
			got->counters[i].rate,
			!strcmp(got->counters[i].name, "rate") ||
				!strcmp(got->counters[i].name, "both"));
	assert_false(cb_last_counter(b, "rate", &value));
	run_once(b);
	assert_true(cb_last_counter(b, "rate", &value));
	assert_true(near(value, 12));
	assert_false(cb_last_counter(b, "no such", &value));
}

static void thread_counters(struct cb_state *state, void *arg)
{
	(void)arg;
	half_a_second(state);
	cb_counter(state, "sum", cb_thread_index(state) + 1, 0);
	cb_counter(state, "mean", cb_thread_index(state) + 1,
		   CB_COUNTER_AVG_THREADS);
}

static void counters_of_threads(void **unused)
{
	struct cb_benchmark *b = manual("c", thread_counters, NULL);
	double value = 0;

	(void)unused;
	cb_use_threads(b, 3);
	run_once(b);
	assert_true(cb_last_counter(b, "sum", &value) && near(value, 6));
	assert_true(cb_last_counter(b, "mean", &value) && near(value, 2));
	assert_true(cb_last_counter(b, "ns_per_op", &value));
	assert_true(near(value, 5e7));
	assert_true(cb_last_counter(b, "ops_per_second", &value));
	assert_true(near(value, 60));
}

static void wrong_counters(struct cb_state *state, void *arg)
{
	(void)arg;
	half_a_second(state);
	assert_int_equal(cb_counter(state, "x", (double)NAN, 0), -EDOM);
	assert_non_null(strstr(cb_error(), "counter x"));
	assert_int_equal(cb_counter(state, "x", (double)INFINITY, 0), -EDOM);
	assert_int_equal(cb_counter(state, "x", -(double)INFINITY, 0), -EDOM);
	assert_int_equal(cb_counter(state, "x", 0, CB_COUNTER_INVERT), -EDOM);
	assert_int_equal(cb_counter(state, NULL, 1, 0), -EINVAL);
	assert_int_equal(cb_counter(state, "", 1, 0), -EINVAL);
	assert_int_equal(cb_counter(state, "x", 1, 1u << 6), -EINVAL);
	assert_int_equal(cb_bytes_processed(state, -1), -EINVAL);
	assert_int_equal(cb_items_processed(state, -1), -EINVAL);
	assert_int_equal(cb_complexity_n(state, 0), -EINVAL);
	assert_int_equal(cb_label(state, NULL), -EINVAL);
}

static void refused_counters(void **unused)
{
	struct cb_benchmark *b = manual("c", wrong_counters, NULL);
	const struct got *got;
	int n;

	(void)unused;
	assert_false(run_once(b).skipped);
	got = got_named(run_all(&n), "c/manual_time");
	assert_int_equal(got->counter_count, 0);
	assert_string_equal(got->label, "");
}

static void processed(struct cb_state *state, void *arg)
{
	(void)arg;
	half_a_second(state);
	assert_int_equal(cb_bytes_processed(state, 4096), 0);
	assert_int_equal(cb_items_processed(state, 30), 0);
	assert_int_equal(cb_label(state, "as \"expected\""), 0);
}

static void bytes_items_label(void **unused)
{
	const struct got *got;
	int n;

	(void)unused;
	manual("p", processed, NULL);
	got = got_named(run_all(&n), "p/manual_time");
	assert_true(near(got_counter(got, "bytes_per_second"), 8192));
	assert_true(near(got_counter(got, "items_per_second"), 60));
	assert_string_equal(got->label, "as \"expected\"");
}

/* ---- units -------------------------------------------------------------- */

static void just_half_a_second(struct cb_state *state, void *arg)
{
	(void)arg;
	half_a_second(state);
}

static void units(void **unused)
{
	static const double values[] = { 5e7, 5e4, 50, 0.05 };
	struct cb_benchmark *b = manual("u", just_half_a_second, NULL);
	int n;

	(void)unused;
	assert_int_equal(cb_default_unit((enum cb_unit)7), -EINVAL);
	assert_int_equal(cb_default_unit(CB_US), 0);
	for (int unit = -1; unit <= CB_S; unit++) {
		const struct got *got;
		int expected = unit < 0 ? CB_US : unit;

		if (unit >= 0)
			cb_use_unit(b, (enum cb_unit)unit);
		got = got_named(run_all(&n), "u/manual_time");
		assert_int_equal(got->unit, expected);
		assert_true(near(got->real_time, values[expected]));
		assert_int_equal(got->iterations, 10);
		assert_string_equal(got->family, "u");
	}
}

/* ---- repetitions and statistics ----------------------------------------- */

/* 1 s, 2 s, ... in its runs. */
static void slower_and_slower(struct cb_state *state, void *arg)
{
	double *seconds = arg;

	*seconds += 1;
	CB_LOOP(state)
	{
		cb_set_iteration_time(state, *seconds);
	}
}

static double weighted(const double *values, size_t n, void *ctx)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += values[i] * *(double *)ctx;
	return sum;
}

static double share(const double *values, size_t n, void *ctx)
{
	(void)values;
	(void)n;
	return *(double *)ctx;
}

static struct cb_benchmark *repeated(double *seconds)
{
	struct cb_benchmark *b = manual("r", slower_and_slower, seconds);

	*seconds = 0;
	cb_use_unit(b, CB_S);
	assert_int_equal(cb_repetitions(b, 5), 0);
	return b;
}

static double aggregate(const struct collected *all, const char *which)
{
	char name[128];

	snprintf(name, sizeof(name), "r/repeats:5/manual_time_%s", which);
	return got_named(all, name)->real_time;
}

static void statistics(void **unused)
{
	double seconds, ten = 10, three = 3, quarter = 0.25;
	struct cb_benchmark *b = repeated(&seconds);
	const struct collected *all;
	const struct got *got;
	int n;

	(void)unused;
	assert_int_equal(cb_statistics(b, CB_STAT_MIN | CB_STAT_P25 |
						  CB_STAT_P75 | CB_STAT_MAX |
						  CB_STAT_MAD),
			 0);
	assert_int_equal(cb_compute_statistic(b, "ten", weighted, &ten, false),
			 0);
	assert_int_equal(
		cb_compute_statistic(b, "three", weighted, &three, false), 0);
	assert_int_equal(cb_compute_statistic(b, "part", share, &quarter, true),
			 0);
	all = run_all(&n);
	assert_int_equal(n, 1);
	assert_true(near(aggregate(all, "min"), 1));
	assert_true(near(aggregate(all, "p25"), 2));
	assert_true(near(aggregate(all, "mean"), 3));
	assert_true(near(aggregate(all, "median"), 3));
	assert_true(near(aggregate(all, "p75"), 4));
	assert_true(near(aggregate(all, "max"), 5));
	assert_true(near(aggregate(all, "mad"), 1));
	/* Each with a context of its own. */
	assert_true(near(aggregate(all, "ten"), 150));
	assert_true(near(aggregate(all, "three"), 45));
	got = got_named(all, "r/repeats:5/manual_time_part");
	assert_int_equal(got->kind, CB_RESULT_AGGREGATE);
	assert_string_equal(got->aggregate, "part");
	assert_true(got->percentage);
	assert_true(near(got->real_time, 0.25));
	for (int i = 0; i < 5; i++) {
		assert_int_equal(all->all[i].kind, CB_RESULT_RUN);
		assert_int_equal(all->all[i].repetition, i);
		assert_int_equal(all->all[i].repetitions, 5);
		assert_true(near(all->all[i].real_time, i + 1));
	}
}

static void between_two_values(void **unused)
{
	double seconds;
	struct cb_benchmark *b = repeated(&seconds);
	int n;

	(void)unused;
	cb_repetitions(b, 2);
	cb_statistics(b, CB_STAT_P25);
	assert_true(near(got_named(run_all(&n), "r/repeats:2/manual_time_p25")
				 ->real_time,
			 1.25));
}

static void wrong_statistics(void **unused)
{
	double seconds;
	struct cb_benchmark *b = repeated(&seconds);

	(void)unused;
	assert_int_equal(cb_statistics(b, 0), -EINVAL);
	assert_int_equal(cb_statistics(b, 1u << 5), -EINVAL);
	assert_int_equal(cb_statistics(NULL, CB_STAT_MIN), -EINVAL);
	assert_int_equal(cb_compute_statistic(b, NULL, share, NULL, false),
			 -EINVAL);
	assert_int_equal(cb_compute_statistic(b, "", share, NULL, false),
			 -EINVAL);
	assert_int_equal(cb_compute_statistic(b, "x", NULL, NULL, false),
			 -EINVAL);
}

static void aggregates(void **unused)
{
	static struct collected file_results;
	struct cb_reporter file = collector(&file_results), display;
	static struct collected shown;
	double seconds;
	struct cb_benchmark *b = repeated(&seconds);

	(void)unused;
	display = collector(&shown);
	assert_int_equal(cb_run_all(&display, &file), 1);
	assert_int_equal(shown.n, 5 + 4);
	assert_int_equal(file_results.n, 5 + 4);
	cb_report_aggregates(b, CB_DISPLAY_AGGREGATES);
	display = collector(&shown);
	file = collector(&file_results);
	assert_int_equal(cb_run_all(&display, &file), 1);
	assert_int_equal(shown.n, 4);
	assert_int_equal(file_results.n, 5 + 4);
	assert_int_equal(file_results.finished, 1);
	cb_report_aggregates(b, CB_REPORT_AGGREGATES);
	display = collector(&shown);
	file = collector(&file_results);
	assert_int_equal(cb_run_all(&display, &file), 1);
	assert_int_equal(shown.n, 4);
	assert_int_equal(file_results.n, 4);
	cb_report_aggregates(b, CB_REPORT_ALL);
	display = collector(&shown);
	assert_int_equal(cb_run_all(&display, NULL), 1);
	assert_int_equal(shown.n, 5 + 4);
}

/* ---- complexity --------------------------------------------------------- */

static void grows(struct cb_state *state, void *arg)
{
	double n = (double)cb_range(state, 0);

	(void)arg;
	CB_LOOP(state)
	{
		cb_set_iteration_time(state, 3 * n * n);
	}
	assert_int_equal(cb_complexity_n(state, cb_range(state, 0)), 0);
}

static double square(int64_t n, void *ctx)
{
	return *(double *)ctx * (double)n * (double)n;
}

static struct cb_benchmark *growing(const char *name)
{
	struct cb_benchmark *b = manual(name, grows, NULL);

	cb_range_multiplier(b, 2);
	cb_range_args(b, 2, 64);
	cb_use_unit(b, CB_S);
	return b;
}

static double in_seconds(const struct got *got)
{
	static const double per_second[] = { 1e9, 1e6, 1e3, 1 };

	return got->real_time / per_second[got->unit];
}

/* Of manual time: the real time's coefficient. */
static void expect_fit(const char *name, double coefficient, double rms)
{
	const struct collected *all;
	const struct got *got;
	char text[64];
	int n;

	all = run_all(&n);
	assert_int_equal(n, 6);
	snprintf(text, sizeof(text), "%s/manual_time_BigO", name);
	got = got_named(all, text);
	assert_int_equal(got->kind, CB_RESULT_BIG_O);
	if (coefficient > 0)
		assert_true(near(in_seconds(got), coefficient));
	snprintf(text, sizeof(text), "%s/manual_time_RMS", name);
	got = got_named(all, text);
	assert_int_equal(got->kind, CB_RESULT_RMS);
	if (rms <= 0)
		assert_true(got->real_time < 1e-6);
	else
		assert_true(got->real_time > rms);
	cb_unregister_all();
}

static void complexity(void **unused)
{
	double half = 0.5, two = 2;
	const struct collected *all;
	int n;

	(void)unused;
	assert_int_equal(cb_complexity(growing("g"), CB_O_N_SQUARED), 0);
	expect_fit("g", 3, 0);
	assert_int_equal(cb_complexity(growing("n"), CB_O_N), 0);
	expect_fit("n", 0, 0.1);
	assert_int_equal(cb_complexity_with(growing("h"), square, &half), 0);
	expect_fit("h", 6, 0);
	assert_int_equal(cb_complexity_with(growing("t"), square, &two), 0);
	expect_fit("t", 1.5, 0);
	/* Two at a time have their own contexts. */
	cb_complexity_with(growing("h"), square, &half);
	cb_complexity_with(growing("t"), square, &two);
	all = run_all(&n);
	assert_true(near(in_seconds(got_named(all, "h/manual_time_BigO")), 6));
	assert_true(
		near(in_seconds(got_named(all, "t/manual_time_BigO")), 1.5));
}

/* Skips those n whose bit is set. */
struct gaps {
	int64_t errors;
	int64_t messages;
	bool early;
};

static void grows_with_gaps(struct cb_state *state, void *arg)
{
	const struct gaps *gaps = arg;
	int64_t n = cb_range(state, 0);

	if (gaps->early && (gaps->errors & n)) {
		cb_skip_error(state, "a gap");
		return;
	}
	CB_LOOP(state)
	{
		cb_set_iteration_time(state, (double)n);
		if (gaps->errors & n) {
			cb_pause(state);
			cb_skip_error(state, "a gap");
			break;
		}
	}
	if (gaps->messages & n)
		cb_skip_message(state, "not this one");
	cb_complexity_n(state, n);
}

static const struct collected *run_gaps(struct gaps *gaps, int threads)
{
	struct cb_benchmark *b = manual("g", grows_with_gaps, gaps);
	const struct collected *all;
	int n;

	cb_range_multiplier(b, 2);
	cb_range_args(b, 1, 4);
	cb_use_threads(b, threads);
	cb_complexity(b, CB_O_N);
	all = run_all(&n);
	assert_int_equal(n, 3);
	assert_true(got_named(all, threads == 1
					   ? "g/manual_time/threads:1_BigO"
					   : "g/manual_time/threads:2_BigO")
			    ->skipped ||
		    (gaps->errors | gaps->messages) == 0);
	return all;
}

/* The library would crash if all were skipped. */
static void complexity_with_gaps(void **unused)
{
	struct gaps none = { 0 }, all = { 7, 0, false }, early = { 7, 0, true };
	struct gaps some = { 2, 4, false }, messages = { 0, 7, false };
	const struct got *got;

	(void)unused;
	for (int threads = 1; threads <= 2; threads++) {
		const char *name = threads == 1 ? "g/2/manual_time/threads:1"
						: "g/2/manual_time/threads:2";

		assert_false(got_named(run_gaps(&none, threads), name)->failed);
		cb_unregister_all();
		run_gaps(&all, threads);
		assert_int_equal(cb_failures(), 3);
		cb_unregister_all();
		got = got_named(run_gaps(&early, threads), name);
		assert_true(got->failed);
		assert_string_equal(got->message, "a gap");
		cb_unregister_all();
		got = got_named(run_gaps(&some, threads), name);
		assert_int_equal(cb_failures(), 1);
		assert_true(got->failed);
		cb_unregister_all();
		got = got_named(run_gaps(&messages, threads), name);
		assert_int_equal(cb_failures(), 0);
		assert_true(got->skipped && !got->failed);
		assert_string_equal(got->message, "not this one");
		cb_unregister_all();
	}
}

static void complexity_without_n(void **unused)
{
	struct cb_benchmark *b = manual("g", just_half_a_second, NULL);
	const struct got *got;
	int n;

	(void)unused;
	cb_arg(b, 1);
	assert_false(run_once(b).skipped);
	cb_complexity(b, CB_O_AUTO);
	/* A single run has no complexity. */
	assert_false(run_once(b).skipped);
	got = got_named(run_all(&n), "g/1/manual_time");
	assert_true(got->failed);
	assert_non_null(strstr(got->message, "complexity's n"));
}

static void complexity_goes(void **unused)
{
	struct cb_benchmark *b = growing("g");
	double two = 2;
	int n;

	(void)unused;
	cb_complexity_with(b, square, &two);
	assert_int_equal(cb_complexity(b, CB_O_NONE), 0);
	assert_int_equal(run_all(&n)->n, 6);
	assert_int_equal(cb_complexity(b, (enum cb_complexity)99), -EINVAL);
	assert_int_equal(cb_complexity_with(b, NULL, NULL), -EINVAL);
}

static void exponent(void **unused)
{
	static const double n[] = { 1, 10, 100, 1000 };
	static const double line[] = { 5, 50, 500, 5000 };
	static const double root[] = { 1, 3.1622776601683795, 10,
				       31.622776601683793 };
	static const double same[] = { 7, 7, 7, 7 };
	static const double zero[] = { 1, 0, 1, 1 };
	double e = -1;

	(void)unused;
	assert_int_equal(cb_fit_exponent(n, line, 4, &e), 0);
	assert_true(near(e, 1));
	assert_int_equal(cb_fit_exponent(n, root, 4, &e), 0);
	assert_true(near(e, 0.5));
	assert_int_equal(cb_fit_exponent(n, same, 4, &e), 0);
	assert_true(fabs(e) < 1e-12);
	e = -1;
	assert_int_equal(cb_fit_exponent(same, n, 4, &e), -EINVAL);
	assert_int_equal(cb_fit_exponent(n, zero, 4, &e), -EINVAL);
	assert_int_equal(cb_fit_exponent(zero, n, 4, &e), -EINVAL);
	assert_int_equal(cb_fit_exponent(n, line, 1, &e), -EINVAL);
	assert_int_equal(cb_fit_exponent(NULL, line, 2, &e), -EINVAL);
	assert_int_equal(cb_fit_exponent(n, line, 2, NULL), -EINVAL);
	assert_true(near(e, -1));
}

/* ---- memory ------------------------------------------------------------- */

struct gauge {
	int starts;
	int stops;
	bool tell_all;
};

static void gauge_start(void *ctx)
{
	((struct gauge *)ctx)->starts++;
}

static void gauge_stop(struct cb_memory *memory, void *ctx)
{
	struct gauge *gauge = ctx;

	gauge->stops++;
	memory->allocations = 40;
	memory->peak_bytes = 512;
	if (!gauge->tell_all)
		return;
	memory->total_bytes = 2048;
	memory->growth_bytes = -16;
	memory->growth_known = true;
}

static void memory(void **unused)
{
	static const struct cb_memory_ops ops = { gauge_start, gauge_stop };
	static const struct cb_memory_ops half = { gauge_start, NULL };
	struct gauge gauge = { 0 };
	uint64_t counter = 0;
	struct cb_benchmark *b = fixed("m", count, &counter);
	const struct got *got;
	int n;

	(void)unused;
	cb_fix_iterations(b, 100);
	assert_int_equal(cb_memory_manager(&half, NULL), -EINVAL);
	assert_int_equal(cb_memory_manager(&ops, &gauge), 0);
	/* A single run stays a single run. */
	run_once(b);
	assert_int_equal(counter, 100);
	assert_int_equal(gauge.starts, 0);
	counter = 0;
	got = got_named(run_all(&n), "m");
	assert_int_equal(counter, 116);
	assert_int_equal(gauge.starts, 1);
	assert_int_equal(gauge.stops, 1);
	assert_true(got->has_memory);
	assert_int_equal(got->memory.allocations, 40);
	assert_int_equal(got->memory.peak_bytes, 512);
	assert_int_equal(got->memory.total_bytes, -1);
	assert_false(got->memory.growth_known);
	gauge.tell_all = true;
	got = got_named(run_all(&n), "m");
	assert_int_equal(got->memory.total_bytes, 2048);
	assert_true(got->memory.growth_known);
	assert_int_equal(got->memory.growth_bytes, -16);
	assert_int_equal(cb_memory_manager(NULL, NULL), 0);
	assert_false(got_named(run_all(&n), "m")->has_memory);
}

/* ---- reporters ---------------------------------------------------------- */

static void reporters(void **unused)
{
	static struct collected collected;
	struct cb_reporter reporter = collector(&collected);
	uint64_t counter = 0;

	(void)unused;
	fixed("m", count, &counter);
	reporter.finish = NULL;
	reporter.begin = NULL;
	assert_int_equal(cb_run_all(&reporter, NULL), 1);
	assert_int_equal(collected.n, 1);
	assert_string_equal(collected.all[0].name, "m");
	reporter = collector(&collected);
	assert_int_equal(cb_run_all(&reporter, NULL), 1);
	assert_int_equal(collected.began, 1);
	assert_int_equal(collected.finished, 1);
	assert_true(collected.cpus >= 1);
	/* The reporter can say no. */
	counter = 0;
	reporter = collector(&collected);
	collected.refuse = true;
	cb_run_all(&reporter, NULL);
	assert_int_equal(counter, 0);
	assert_int_equal(collected.n, 0);
	reporter.results = NULL;
	assert_int_equal(cb_run_all(&reporter, NULL), -EINVAL);
	assert_int_equal(cb_run_all(NULL, &reporter), -EINVAL);
	assert_int_equal(counter, 0);
}

static void fails(struct cb_state *state, void *arg)
{
	(void)arg;
	cb_skip_error(state, "broken");
}

static void failures(void **unused)
{
	const struct got *got;
	int n;

	(void)unused;
	fixed("bad", fails, NULL);
	fixed("good", spin, NULL);
	fixed("worse", fails, NULL);
	got = got_named(run_all(&n), "worse");
	assert_int_equal(n, 3);
	assert_true(got->skipped);
	assert_true(got->failed);
	assert_string_equal(got->message, "broken");
	assert_true(got->real_time <= 0);
	assert_int_equal(cb_failures(), 2);
	cb_set_filter("good");
	run_all(&n);
	assert_int_equal(cb_failures(), 0);
}

/* ---- more callbacks than there is room for ------------------------------ */

static void nothing(struct cb_state *state, void *ctx)
{
	(void)state;
	++*(int *)ctx;
}

static void slots(void **unused)
{
	static struct collected collected;
	struct cb_reporter reporter;
	struct cb_benchmark *b;
	char name[16];
	int calls = 0, n;

	(void)unused;
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		b = fixed(name, spin, NULL);
		cb_setup(b, nothing, &calls);
		cb_teardown(b, nothing, &calls);
	}
	/* They are free again after each run. */
	for (int i = 0; i < 10; i++) {
		reporter = collector(&collected);
		assert_int_equal(cb_run_all(&reporter, NULL), 60);
		run_once(b);
	}
	assert_int_equal(calls, 10 * (120 + 2));
	for (int i = 0; i < 513; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		b = fixed(name, spin, NULL);
		cb_teardown(b, nothing, &calls);
	}
	calls = 0;
	run_all(&n);
	assert_int_equal(n, -ENOSPC);
	assert_non_null(strstr(cb_error(), "too many callbacks"));
	assert_int_equal(calls, 0);
	run_once(b);
	assert_int_equal(calls, 1);
}

static void statistic_slots(void **unused)
{
	double seconds, one = 1;
	struct cb_benchmark *b = repeated(&seconds);
	int n;

	(void)unused;
	for (int i = 0; i < 513; i++)
		assert_int_equal(
			cb_compute_statistic(b, "x", share, &one, false), 0);
	run_all(&n);
	assert_int_equal(n, -ENOSPC);
	cb_unregister_all();
	for (int i = 0; i < 513; i++)
		cb_complexity_with(fixed("x", spin, NULL), square, &one);
	run_all(&n);
	assert_int_equal(n, -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(counters, clean),
		cmocka_unit_test_teardown(counters_of_threads, clean),
		cmocka_unit_test_teardown(refused_counters, clean),
		cmocka_unit_test_teardown(bytes_items_label, clean),
		cmocka_unit_test_teardown(units, clean),
		cmocka_unit_test_teardown(statistics, clean),
		cmocka_unit_test_teardown(between_two_values, clean),
		cmocka_unit_test_teardown(wrong_statistics, clean),
		cmocka_unit_test_teardown(aggregates, clean),
		cmocka_unit_test_teardown(complexity, clean),
		cmocka_unit_test_teardown(complexity_with_gaps, clean),
		cmocka_unit_test_teardown(complexity_without_n, clean),
		cmocka_unit_test_teardown(complexity_goes, clean),
		cmocka_unit_test_teardown(exponent, clean),
		cmocka_unit_test_teardown(memory, clean),
		cmocka_unit_test_teardown(reporters, clean),
		cmocka_unit_test_teardown(failures, clean),
		cmocka_unit_test_teardown(slots, clean),
		cmocka_unit_test_teardown(statistic_slots, clean),
	};

	return cmocka_run_group_tests_name("cbench_report", tests, NULL, NULL);
}
