/* SPDX-License-Identifier: MIT */
/* Benchmarks and their settings, before Google Benchmark hears of them. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cbench_impl.h"

struct cb_benchmark *cb_benchmarks;

static _Thread_local char error_text[256] = "no error";

const char *cb_error(void)
{
	return error_text;
}

int cb_fail(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error_text, sizeof(error_text), format, args);
	va_end(args);
	return err;
}

/* As cb_fail; the benchmark will not run. */
__attribute__((format(printf, 3, 4))) static int
mistake(struct cb_benchmark *benchmark, int err, const char *format, ...)
{
	char text[192];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!benchmark)
		return cb_fail(err, "no benchmark: %s", text);
	cb_fail(err, "%.60s: %s", benchmark->name, text);
	if (!benchmark->mistake)
		benchmark->mistake = strdup(error_text);
	return err;
}

/* What each setter begins with; 0: go on. */
static int check(struct cb_benchmark *benchmark, bool good, const char *wrong)
{
	if (cb_busy())
		return -EBUSY;
	if (!benchmark)
		return mistake(benchmark, -EINVAL, "it is NULL");
	if (!good)
		return mistake(benchmark, -EINVAL, "%s", wrong);
	return 0;
}

static int no_memory(struct cb_benchmark *benchmark)
{
	return mistake(benchmark, -ENOMEM, "out of memory");
}

struct cb_benchmark *cb_register(const char *name, cb_fn *fn, void *arg)
{
	struct cb_benchmark **tail = &cb_benchmarks;
	struct cb_benchmark *benchmark;

	if (cb_busy())
		return NULL;
	if (!name || !*name || !fn) {
		cb_fail(-EINVAL, "a benchmark needs a name and a function");
		return NULL;
	}
	benchmark = calloc(1, sizeof(*benchmark));
	if (benchmark)
		benchmark->name = strdup(name);
	if (!benchmark || !benchmark->name) {
		free(benchmark);
		cb_fail(-ENOMEM, "%.60s: out of memory", name);
		return NULL;
	}
	benchmark->fn = fn;
	benchmark->arg = arg;
	benchmark->multiplier = 8;
	pthread_mutex_init(&benchmark->lock, NULL);
	while (*tail)
		tail = &(*tail)->next;
	*tail = benchmark;
	return benchmark;
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; names && i < n; i++)
		free(names[i]);
	free(names);
}

static void destroy(struct cb_benchmark *benchmark)
{
	cb_keep_counters(benchmark, NULL, 0);
	pthread_mutex_destroy(&benchmark->lock);
	for (size_t i = 0; i < benchmark->statistic_count; i++)
		free(benchmark->statistics[i].name);
	free(benchmark->statistics);
	free_names(benchmark->arg_names, benchmark->arg_name_count);
	free(benchmark->args);
	free(benchmark->threads);
	free(benchmark->cpus);
	free(benchmark->mistake);
	free(benchmark->name);
	free(benchmark);
}

void cb_unregister(struct cb_benchmark *benchmark)
{
	struct cb_benchmark **at = &cb_benchmarks;

	if (!benchmark || cb_busy())
		return;
	while (*at && *at != benchmark)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = benchmark->next;
	destroy(benchmark);
}

void cb_unregister_all(void)
{
	while (cb_benchmarks && !cb_busy())
		cb_unregister(cb_benchmarks);
}

const char *cb_name(const struct cb_benchmark *benchmark)
{
	return benchmark->name;
}

/* ---- arguments ---------------------------------------------------------- */

int cb_args(struct cb_benchmark *benchmark, const int64_t *values, size_t n)
{
	size_t used;
	int64_t *args;
	int rc;

	rc = check(benchmark, values && n > 0, "arguments: there are none");
	if (rc)
		return rc;
	if (benchmark->arg_sets && benchmark->arg_width != n)
		return mistake(benchmark, -EINVAL,
			       "%zu arguments where there were %zu before", n,
			       benchmark->arg_width);
	if (benchmark->arg_name_count && benchmark->arg_name_count != n)
		return mistake(benchmark, -EINVAL,
			       "%zu arguments for %zu names", n,
			       benchmark->arg_name_count);
	used = benchmark->arg_sets * n;
	args = realloc(benchmark->args, (used + n) * sizeof(*args));
	if (!args)
		return no_memory(benchmark);
	memcpy(args + used, values, n * sizeof(*args));
	benchmark->args = args;
	benchmark->arg_width = n;
	benchmark->arg_sets++;
	return 0;
}

int cb_arg(struct cb_benchmark *benchmark, int64_t value)
{
	return cb_args(benchmark, &value, 1);
}

int cb_args_product(struct cb_benchmark *benchmark,
		    const struct cb_values *lists, size_t n)
{
	size_t sets = 1;
	int64_t *values;
	int rc;

	rc = check(benchmark, lists && n > 0, "a product of no lists");
	for (size_t i = 0; !rc && i < n; i++) {
		rc = check(benchmark, lists[i].values && lists[i].count > 0,
			   "a product with an empty list");
		if (!rc && __builtin_mul_overflow(sets, lists[i].count, &sets))
			rc = mistake(benchmark, -E2BIG, "too large a product");
	}
	if (rc)
		return rc;
	values = calloc(n, sizeof(*values));
	if (!values)
		return no_memory(benchmark);
	/* The first list turns slowest. */
	for (size_t set = 0; !rc && set < sets; set++) {
		size_t rest = set;

		for (size_t i = n; i-- > 0; rest /= lists[i].count)
			values[i] = lists[i].values[rest % lists[i].count];
		rc = cb_args(benchmark, values, n);
	}
	free(values);
	return rc;
}

/* A list that grows; count says how many are needed if values is NULL. */
struct growing {
	int64_t *values;
	size_t count;
};

static void append(struct growing *list, int64_t value)
{
	if (list->values)
		list->values[list->count] = value;
	list->count++;
}

/* first, +-multiplier^i strictly between, 0 if it is there, last. */
static void expand_powers(struct growing *list, int64_t first, int64_t last,
			  int multiplier)
{
	int64_t power;

	append(list, first);
	power = INT64_C(-1);
	while (power > INT64_MIN / multiplier && power * multiplier > first)
		power *= multiplier;
	for (; first < 0 && power < 0; power /= multiplier)
		if (power > first && power < last)
			append(list, power);
	if (first < 0 && last > 0)
		append(list, 0);
	for (power = 1; power < last; power *= multiplier) {
		if (power > first)
			append(list, power);
		if (power > INT64_MAX / multiplier)
			break;
	}
	if (last != first)
		append(list, last);
}

static int powers(struct cb_benchmark *benchmark, struct growing *list,
		  struct cb_interval range)
{
	struct growing counted = { NULL, 0 };

	if (range.first > range.last)
		return mistake(benchmark, -EINVAL,
			       "a range from %lld down to %lld",
			       (long long)range.first, (long long)range.last);
	expand_powers(&counted, range.first, range.last, benchmark->multiplier);
	list->values = calloc(counted.count, sizeof(*list->values));
	if (!list->values)
		return no_memory(benchmark);
	expand_powers(list, range.first, range.last, benchmark->multiplier);
	return 0;
}

int cb_ranges(struct cb_benchmark *benchmark, const struct cb_interval *ranges,
	      size_t n)
{
	struct growing *lists;
	struct cb_values *product;
	int rc;

	rc = check(benchmark, ranges && n > 0, "no ranges");
	if (rc)
		return rc;
	lists = calloc(n, sizeof(*lists));
	product = calloc(n, sizeof(*product));
	if (!lists || !product)
		rc = no_memory(benchmark);
	for (size_t i = 0; !rc && i < n; i++) {
		rc = powers(benchmark, &lists[i], ranges[i]);
		product[i].values = lists[i].values;
		product[i].count = lists[i].count;
	}
	if (!rc)
		rc = cb_args_product(benchmark, product, n);
	for (size_t i = 0; lists && i < n; i++)
		free(lists[i].values);
	free(lists);
	free(product);
	return rc;
}

int cb_range_args(struct cb_benchmark *benchmark, int64_t first, int64_t last)
{
	struct cb_interval range = { first, last };

	return cb_ranges(benchmark, &range, 1);
}

int cb_dense_range(struct cb_benchmark *benchmark, int64_t first, int64_t last,
		   int64_t step)
{
	int rc;

	rc = check(benchmark, first <= last && step > 0,
		   "a dense range needs first <= last and a step above 0");
	if (rc)
		return rc;
	for (int64_t value = first;; value += step) {
		rc = cb_arg(benchmark, value);
		if (rc || (uint64_t)last - (uint64_t)value < (uint64_t)step)
			break;
	}
	return rc;
}

int cb_range_multiplier(struct cb_benchmark *benchmark, int multiplier)
{
	int rc = check(benchmark, multiplier >= 2,
		       "a range multiplier has to be 2 or more");

	if (!rc)
		benchmark->multiplier = multiplier;
	return rc;
}

int cb_arg_names(struct cb_benchmark *benchmark, const char *const *names,
		 size_t n)
{
	char **copies;
	int rc;

	rc = check(benchmark, names && n > 0, "no names of arguments");
	for (size_t i = 0; !rc && i < n; i++)
		rc = check(benchmark, names[i], "a name of an argument: NULL");
	if (rc)
		return rc;
	if (benchmark->arg_sets && benchmark->arg_width != n)
		return mistake(benchmark, -EINVAL,
			       "%zu names for %zu arguments", n,
			       benchmark->arg_width);
	copies = calloc(n, sizeof(*copies));
	for (size_t i = 0; copies && i < n; i++) {
		copies[i] = strdup(names[i]);
		if (!copies[i]) {
			free_names(copies, n);
			copies = NULL;
		}
	}
	if (!copies)
		return no_memory(benchmark);
	free_names(benchmark->arg_names, benchmark->arg_name_count);
	benchmark->arg_names = copies;
	benchmark->arg_name_count = n;
	return 0;
}

int cb_apply(struct cb_benchmark *benchmark,
	     int (*apply)(struct cb_benchmark *benchmark, void *ctx), void *ctx)
{
	int rc = check(benchmark, apply, "apply: no function");

	return rc ? rc : apply(benchmark, ctx);
}

/* ---- threads ------------------------------------------------------------ */

int cb_use_threads(struct cb_benchmark *benchmark, int threads)
{
	int *counts;
	int rc;

	rc = check(benchmark, threads > 0, "threads: 1 or more");
	if (rc)
		return rc;
	counts = realloc(benchmark->threads,
			 (benchmark->thread_count + 1) * sizeof(*counts));
	if (!counts)
		return no_memory(benchmark);
	counts[benchmark->thread_count] = threads;
	benchmark->threads = counts;
	benchmark->thread_count++;
	return 0;
}

static int thread_list(struct cb_benchmark *benchmark, int first, int last,
		       int step, int factor)
{
	int rc;

	rc = check(benchmark, first > 0 && first <= last && step >= 0,
		   "threads: 1 <= first <= last, a step above 0");
	if (rc)
		return rc;
	for (int64_t n = first; !rc && n < last; n = n * factor + step)
		rc = cb_use_threads(benchmark, (int)n);
	if (!rc)
		rc = cb_use_threads(benchmark, last);
	return rc;
}

int cb_thread_range(struct cb_benchmark *benchmark, int first, int last)
{
	return thread_list(benchmark, first, last, 0, 2);
}

int cb_dense_thread_range(struct cb_benchmark *benchmark, int first, int last,
			  int step)
{
	return thread_list(benchmark, first, last, step > 0 ? step : -1, 1);
}

int cb_thread_per_cpu(struct cb_benchmark *benchmark)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cb_use_threads(benchmark, cpus > 0 ? (int)cpus : 1);
}

int cb_pin(struct cb_benchmark *benchmark, const int *cpus, size_t n)
{
	int *copy = NULL;
	int rc;

	rc = check(benchmark, cpus || n == 0, "pinning: no CPUs");
	for (size_t i = 0; !rc && i < n; i++)
		rc = check(benchmark, cpus[i] >= 0, "pinning: a CPU below 0");
	if (rc)
		return rc;
	if (n) {
		copy = calloc(n, sizeof(*copy));
		if (!copy)
			return no_memory(benchmark);
		memcpy(copy, cpus, n * sizeof(*copy));
	}
	free(benchmark->cpus);
	benchmark->cpus = copy;
	benchmark->cpu_count = n;
	benchmark->cpu_of = NULL;
	return 0;
}

int cb_pin_with(struct cb_benchmark *benchmark, cb_cpu_fn *cpu, void *ctx)
{
	int rc = cb_pin(benchmark, NULL, 0);

	if (rc)
		return rc;
	benchmark->cpu_of = cpu;
	benchmark->cpu_ctx = ctx;
	return 0;
}

/* ---- time --------------------------------------------------------------- */

int cb_use_unit(struct cb_benchmark *benchmark, enum cb_unit unit)
{
	int rc = check(benchmark, (unsigned)unit <= CB_S, "no such unit");

	if (rc)
		return rc;
	benchmark->unit = unit;
	benchmark->has_unit = true;
	return 0;
}

/* A time and a number of iterations would contradict each other. */
static int set_time(struct cb_benchmark *benchmark, double seconds, bool zero,
		    size_t offset)
{
	int rc;

	rc = check(benchmark,
		   isfinite(seconds) && (seconds > 0 || (zero && seconds == 0)),
		   "a time in seconds has to be finite and above 0");
	if (!rc)
		rc = check(benchmark, benchmark->iterations == 0,
			   "a time, where the iterations are fixed");
	if (!rc)
		memcpy((char *)benchmark + offset, &seconds, sizeof(seconds));
	return rc;
}

int cb_min_time(struct cb_benchmark *benchmark, double seconds)
{
	return set_time(benchmark, seconds, false,
			offsetof(struct cb_benchmark, min_time));
}

int cb_warmup(struct cb_benchmark *benchmark, double seconds)
{
	return set_time(benchmark, seconds, true,
			offsetof(struct cb_benchmark, warmup));
}

int cb_fix_iterations(struct cb_benchmark *benchmark, uint64_t n)
{
	int rc = check(benchmark, n <= INT64_MAX, "too many iterations");

	if (!rc)
		rc = check(benchmark,
			   n == 0 || (benchmark->min_time == 0 &&
				      benchmark->warmup == 0),
			   "fixed iterations, where a time is set");
	if (!rc)
		benchmark->iterations = n;
	return rc;
}

int cb_repetitions(struct cb_benchmark *benchmark, int n)
{
	int rc = check(benchmark, n > 0, "repetitions: 1 or more");

	if (!rc)
		benchmark->repetitions = n;
	return rc;
}

int cb_report_aggregates(struct cb_benchmark *benchmark,
			 enum cb_aggregates what)
{
	int rc = check(benchmark, (unsigned)what <= CB_DISPLAY_AGGREGATES,
		       "no such way to report aggregates");

	if (rc)
		return rc;
	benchmark->aggregates = what;
	benchmark->has_aggregates = true;
	return 0;
}

static int set_clock(struct cb_benchmark *benchmark, enum cb_clock clock)
{
	int rc = check(benchmark, true, "");

	if (!rc)
		benchmark->clock = clock;
	return rc;
}

int cb_use_real_time(struct cb_benchmark *benchmark)
{
	return set_clock(benchmark, CB_CLOCK_REAL);
}

int cb_use_manual_time(struct cb_benchmark *benchmark)
{
	return set_clock(benchmark, CB_CLOCK_MANUAL);
}

int cb_use_process_time(struct cb_benchmark *benchmark)
{
	int rc = check(benchmark, true, "");

	if (!rc)
		benchmark->process_time = true;
	return rc;
}

/* ---- callbacks ---------------------------------------------------------- */

int cb_setup(struct cb_benchmark *benchmark, cb_run_hook *hook, void *ctx)
{
	int rc = check(benchmark, true, "");

	if (rc)
		return rc;
	benchmark->setup = hook;
	benchmark->setup_ctx = ctx;
	return 0;
}

int cb_teardown(struct cb_benchmark *benchmark, cb_run_hook *hook, void *ctx)
{
	int rc = check(benchmark, true, "");

	if (rc)
		return rc;
	benchmark->teardown = hook;
	benchmark->teardown_ctx = ctx;
	return 0;
}

int cb_thread_hooks(struct cb_benchmark *benchmark, cb_thread_hook *enter,
		    void (*leave)(struct cb_state *state, void *ctx), void *ctx)
{
	int rc = check(benchmark, true, "");

	if (rc)
		return rc;
	benchmark->enter = enter;
	benchmark->leave = leave;
	benchmark->thread_ctx = ctx;
	return 0;
}

int cb_compute_statistic(struct cb_benchmark *benchmark, const char *name,
			 cb_statistic_fn *statistic, void *ctx, bool percentage)
{
	struct cb_named_statistic *all;
	char *copy;
	int rc;

	rc = check(benchmark, name && *name && statistic,
		   "a statistic needs a name and a function");
	if (rc)
		return rc;
	all = realloc(benchmark->statistics,
		      (benchmark->statistic_count + 1) * sizeof(*all));
	if (!all)
		return no_memory(benchmark);
	benchmark->statistics = all;
	copy = strdup(name);
	if (!copy)
		return no_memory(benchmark);
	all[benchmark->statistic_count++] =
		(struct cb_named_statistic){ copy, statistic, ctx, percentage };
	return 0;
}

int cb_complexity(struct cb_benchmark *benchmark, enum cb_complexity order)
{
	int rc = check(benchmark, (unsigned)order <= CB_O_AUTO,
		       "no such complexity");

	if (rc)
		return rc;
	benchmark->order = order;
	benchmark->order_fn = NULL;
	return 0;
}

int cb_complexity_with(struct cb_benchmark *benchmark, cb_complexity_fn *order,
		       void *ctx)
{
	int rc = check(benchmark, order, "complexity: no function");

	if (rc)
		return rc;
	benchmark->order_fn = order;
	benchmark->order_ctx = ctx;
	return 0;
}
