/* SPDX-License-Identifier: MIT */
/* Running benchmarks: all that the filter wants, or one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cbench_impl.h"

static bool running;
static int (*suite_begin)(void *ctx);
static void (*suite_end)(void *ctx);
static void *suite_ctx;

bool cb_busy(void)
{
	if (running)
		cb_fail(-EBUSY, "not while benchmarks run");
	return running;
}

int cb_suite_hooks(int (*begin)(void *ctx), void (*end)(void *ctx), void *ctx)
{
	if (cb_busy())
		return -EBUSY;
	suite_begin = begin;
	suite_end = end;
	suite_ctx = ctx;
	return 0;
}

/* ---- one ---------------------------------------------------------------- */

int cb_keep_counters(struct cb_benchmark *benchmark,
		     const struct cb_result_counter *counters, size_t n)
{
	for (size_t i = 0; i < benchmark->counter_count; i++)
		free((void *)(uintptr_t)benchmark->counters[i].name);
	free(benchmark->counters);
	benchmark->counters = NULL;
	benchmark->counter_count = 0;
	if (n == 0)
		return 0;
	benchmark->counters = calloc(n, sizeof(*counters));
	for (size_t i = 0; benchmark->counters && i < n; i++) {
		char *name = strdup(counters[i].name);

		if (!name)
			break;
		benchmark->counters[i] = counters[i];
		benchmark->counters[i].name = name;
		benchmark->counter_count++;
	}
	if (benchmark->counter_count == n)
		return 0;
	return cb_fail(-ENOMEM, "%.60s: out of memory", benchmark->name);
}

bool cb_last_counter(const struct cb_benchmark *benchmark, const char *name,
		     double *value)
{
	for (size_t i = 0; i < benchmark->counter_count; i++)
		if (!strcmp(benchmark->counters[i].name, name)) {
			*value = benchmark->counters[i].value;
			return true;
		}
	return false;
}

static int check_single(const struct cb_benchmark *benchmark)
{
	if (benchmark->mistake)
		return cb_fail(-EINVAL, "%s", benchmark->mistake);
	if (benchmark->arg_sets > 1 || benchmark->thread_count > 1)
		return cb_fail(-EINVAL,
			       "%.60s: several sets of arguments or numbers of "
			       "threads are more than one run",
			       benchmark->name);
	return 0;
}

/* What a teardown hook says comes after the library's report. */
static void add_late(const struct cb_benchmark *benchmark, struct cb_run *run)
{
	if (!benchmark->skip_is_late || run->skipped)
		return;
	run->skipped = true;
	run->failed = benchmark->skip_is_error;
	run->cpu_seconds_per_iteration = 0;
	snprintf(run->message, sizeof(run->message), "%s", benchmark->why);
}

int cb_run_one(struct cb_benchmark *benchmark, struct cb_run *run)
{
	struct cb_run result = { 0 };
	int rc;

	if (!benchmark || !run)
		return cb_fail(-EINVAL, "run: no benchmark or no result");
	if (cb_busy())
		return -EBUSY;
	rc = check_single(benchmark);
	if (rc)
		return rc;
	cb_flags_now();
	running = true;
	rc = gb_run_single(benchmark, &result);
	gb_clear();
	running = false;
	if (rc)
		return rc;
	add_late(benchmark, &result);
	if (!result.skipped && benchmark->threads_done)
		result.seconds_per_iteration =
			benchmark->seconds_per_iteration /
			benchmark->threads_done;
	*run = result;
	return 0;
}

/* ---- all ---------------------------------------------------------------- */

/* splitmix64 */
static uint64_t draw(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static int register_all(uint64_t seed)
{
	struct cb_benchmark **all, *benchmark;
	size_t n = 0, i = 0;
	int rc = 0;

	for (benchmark = cb_benchmarks; benchmark; benchmark = benchmark->next)
		n++;
	all = calloc(n + 1, sizeof(benchmark));
	if (!all)
		return cb_fail(-ENOMEM, "out of memory");
	for (benchmark = cb_benchmarks; benchmark; benchmark = benchmark->next)
		all[i++] = benchmark;
	for (i = n; seed && i > 1; i--) {
		size_t other = draw(&seed) % i;

		benchmark = all[other];
		all[other] = all[i - 1];
		all[i - 1] = benchmark;
	}
	for (i = 0; !rc && i < n; i++) {
		rc = all[i]->mistake ? cb_fail(-EINVAL, "%s", all[i]->mistake)
				     : 0;
		if (!rc)
			rc = gb_add(all[i]);
	}
	free(all);
	return rc;
}

static int check_outputs(const struct cb_flags *flags,
			 const struct cb_reporter *display,
			 const struct cb_reporter *file)
{
	FILE *out;

	if ((display && !display->results) || (file && !file->results))
		return cb_fail(-EINVAL, "a reporter without `results`");
	if (!*flags->out)
		return 0;
	if (file && !strcmp(flags->out_format, "csv"))
		return cb_fail(-EINVAL, "--benchmark_out_format=csv beside a "
					"reporter for the file");
	/* The library would end the program. */
	out = fopen(flags->out, "a");
	if (!out)
		return cb_fail(-errno, "%.150s: %s", flags->out,
			       strerror(errno));
	fclose(out);
	return 0;
}

static int poke_text(const char *flag, const char *value)
{
	size_t size = strlen(flag) + strlen(value) + 2;
	char *both = malloc(size);

	if (!both)
		return cb_fail(-ENOMEM, "out of memory");
	snprintf(both, size, "%s=%s", flag, value);
	gb_poke(both);
	free(both);
	return 0;
}

static int run_registered(const struct cb_flags *flags,
			  const struct cb_reporter *display,
			  const struct cb_reporter *file)
{
	struct gb_outputs outputs = {
		.display = display,
		.file = file,
		.own_file = *flags->out,
		.format = flags->format,
		.file_format = flags->out_format,
	};
	const char *out = *flags->out ? flags->out : "/dev/null";
	int rc = 0;

	if (*flags->out || file)
		rc = poke_text("--benchmark_out", out);
	if (!rc)
		rc = poke_text("--benchmark_min_warmup_time", flags->warmup);
	if (!rc)
		rc = gb_run(&outputs, flags->filter);
	cb_hide_flags();
	return rc;
}

/* A failure that no report could tell. */
static int late_failure(void)
{
	for (struct cb_benchmark *b = cb_benchmarks; b; b = b->next)
		if (b->skip_is_late && b->skip_is_error)
			return cb_fail(-EIO, "%.60s: %s", b->name, b->why);
	return 0;
}

static int run_between_hooks(const struct cb_flags *flags,
			     const struct cb_reporter *display,
			     const struct cb_reporter *file)
{
	int rc = suite_begin ? suite_begin(suite_ctx) : 0;
	int late;

	if (rc)
		return cb_fail(-ECANCELED, "the suite's hook returned %d", rc);
	rc = run_registered(flags, display, file);
	if (suite_end)
		suite_end(suite_ctx);
	late = late_failure();
	return late ? late : rc;
}

static void print_name(const char *name, void *ctx)
{
	(void)ctx;
	puts(name);
}

int cb_run_all(const struct cb_reporter *display,
	       const struct cb_reporter *file)
{
	const struct cb_flags *flags;
	int rc = 0;

	if (cb_busy())
		return -EBUSY;
	flags = cb_flags_now();
	if (flags->iterations_file)
		rc = cb_load_iterations(flags->iterations_file);
	if (!rc && flags->list)
		return cb_list(print_name, NULL);
	if (!rc)
		rc = check_outputs(flags, display, file);
	if (rc)
		return rc;
	running = true;
	rc = register_all(flags->seed);
	if (!rc)
		rc = run_between_hooks(flags, display, file);
	gb_clear();
	running = false;
	return rc;
}

struct listing {
	void (*each)(const char *name, void *ctx);
	void *ctx;
	bool short_of_memory;
};

/* Names in the output have no "/iterations:N". */
static void list_tidy(const char *name, void *ctx)
{
	const char *mark = strstr(name, "/iterations:");
	struct listing *listing = ctx;
	char *tidy = strdup(name);
	size_t before;

	if (!tidy) {
		listing->short_of_memory = true;
		return;
	}
	if (mark) {
		before = (size_t)(mark - name);
		mark += strlen("/iterations:");
		mark += strspn(mark, "0123456789");
		memmove(tidy + before, mark, strlen(mark) + 1);
	}
	listing->each(tidy, listing->ctx);
	free(tidy);
}

int cb_list(void (*each)(const char *name, void *ctx), void *ctx)
{
	struct listing listing = { each, ctx, false };
	const struct cb_flags *flags;
	int rc;

	if (!each)
		return cb_fail(-EINVAL, "list: no function");
	if (cb_busy())
		return -EBUSY;
	flags = cb_flags_now();
	running = true;
	rc = register_all(flags->seed);
	if (!rc) {
		gb_poke("--benchmark_list_tests=true");
		rc = gb_list(flags->filter, list_tidy, &listing);
		gb_poke("--benchmark_list_tests=false");
	}
	gb_clear();
	running = false;
	if (listing.short_of_memory)
		return cb_fail(-ENOMEM, "list: out of memory");
	return rc;
}

/* ---- the rest of the library -------------------------------------------- */

int cb_context(const char *key, const char *value)
{
	if (!key || !*key || !value)
		return cb_fail(-EINVAL, "context: no key or no value");
	return gb_context(key, value);
}

int cb_default_unit(enum cb_unit unit)
{
	if ((unsigned)unit > CB_S)
		return cb_fail(-EINVAL, "no such unit");
	gb_default_unit(unit);
	return 0;
}

int cb_interleave(bool on)
{
	if (cb_busy())
		return -EBUSY;
	gb_poke(on ? "--benchmark_enable_random_interleaving=true"
		   : "--benchmark_enable_random_interleaving=false");
	return 0;
}

int cb_perf_counters(const char *list)
{
	if (!list)
		return cb_fail(-EINVAL, "perf counters: NULL");
	if (cb_busy())
		return -EBUSY;
	return poke_text("--benchmark_perf_counters", list);
}

int cb_memory_manager(const struct cb_memory_ops *ops, void *ctx)
{
	if (ops && (!ops->start || !ops->stop))
		return cb_fail(-EINVAL, "a memory manager needs both "
					"functions");
	if (cb_busy())
		return -EBUSY;
	gb_memory(ops, ctx);
	return 0;
}

void cb_shutdown(void)
{
	if (cb_busy())
		return;
	cb_unregister_all();
	cb_forget_flags();
	cb_inject(NULL, NULL);
	cb_suite_hooks(NULL, NULL, NULL);
	cb_memory_manager(NULL, NULL);
	cb_interleave(false);
	cb_perf_counters("");
	cb_default_unit(CB_NS);
	gb_shutdown();
}
