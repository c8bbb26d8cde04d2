/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool begin(const struct cb_machine *machine, void *ctx)
{
	struct collected *collected = ctx;

	collected->cpus = machine->cpus;
	collected->began++;
	return !collected->refuse;
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static void keep(struct got *got, const struct cb_result *result)
{
	copy(got->name, sizeof(got->name), result->name);
	copy(got->family, sizeof(got->family), result->family);
	copy(got->aggregate, sizeof(got->aggregate), result->aggregate);
	copy(got->label, sizeof(got->label), result->label);
	copy(got->message, sizeof(got->message), result->message);
	got->kind = result->kind;
	got->percentage = result->percentage;
	got->skipped = result->skipped;
	got->failed = result->failed;
	got->iterations = result->iterations;
	got->threads = result->threads;
	got->repetition = result->repetition;
	got->repetitions = result->repetitions;
	got->unit = result->unit;
	got->real_time = result->real_time;
	got->cpu_time = result->cpu_time;
	got->has_memory = result->has_memory;
	got->memory = result->memory;
	assert_true(result->counter_count <= GOT_COUNTERS);
	got->counter_count = result->counter_count;
	for (size_t i = 0; i < result->counter_count; i++) {
		copy(got->counters[i].name, sizeof(got->counters[i].name),
		     result->counters[i].name);
		got->counters[i].value = result->counters[i].value;
		got->counters[i].rate = result->counters[i].rate;
	}
}

static void results(const struct cb_result *all, size_t n, void *ctx)
{
	struct collected *collected = ctx;

	for (size_t i = 0; i < n; i++) {
		assert_true(collected->n < GOT_MAX);
		keep(&collected->all[collected->n++], &all[i]);
	}
}

static void finish(void *ctx)
{
	struct collected *collected = ctx;

	collected->finished++;
}

struct cb_reporter collector(struct collected *collected)
{
	struct cb_reporter reporter = { begin, results, finish, collected };

	memset(collected, 0, sizeof(*collected));
	return reporter;
}

struct collected *run_all(int *matched)
{
	static struct collected collected;
	struct cb_reporter reporter = collector(&collected);

	*matched = cb_run_all(&reporter, NULL);
	return &collected;
}

const struct got *got_named(const struct collected *collected, const char *name)
{
	const struct got *found = NULL;

	for (size_t i = 0; i < collected->n; i++)
		if (!strcmp(collected->all[i].name, name)) {
			assert_null(found);
			found = &collected->all[i];
		}
	if (!found)
		fail_msg("no result %s", name);
	return found;
}

double got_counter(const struct got *got, const char *name)
{
	for (size_t i = 0; i < got->counter_count; i++)
		if (!strcmp(got->counters[i].name, name))
			return got->counters[i].value;
	fail_msg("%s: no counter %s", got->name, name);
	return 0;
}

void spin(struct cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	{
		cb_clobber();
	}
}

void count(struct cb_state *state, void *arg)
{
	uint64_t *counter = arg;

	CB_LOOP(state)
	{
		__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
	}
}

struct cb_benchmark *fixed(const char *name, cb_fn *fn, void *arg)
{
	struct cb_benchmark *benchmark = cb_register(name, fn, arg);

	assert_non_null(benchmark);
	assert_int_equal(cb_fix_iterations(benchmark, 1), 0);
	return benchmark;
}

struct cb_run run_once(struct cb_benchmark *benchmark)
{
	struct cb_run run;
	int rc = cb_run_one(benchmark, &run);

	if (rc)
		fail_msg("cb_run_one: %d, %s", rc, cb_error());
	return run;
}

void expect_failure(cb_fn *fn, const char *text)
{
	struct cb_benchmark *benchmark = cb_register("wrong", fn, NULL);
	struct cb_run run;

	assert_non_null(benchmark);
	assert_int_equal(cb_fix_iterations(benchmark, 3), 0);
	run = run_once(benchmark);
	assert_true(run.skipped);
	assert_true(run.failed);
	if (!strstr(run.message, text))
		fail_msg("\"%s\" is not in \"%s\"", text, run.message);
	assert_true(run.seconds_per_iteration <= 0);
	assert_true(run.cpu_seconds_per_iteration <= 0);
	cb_unregister(benchmark);
}

static char list[4096];

static void add_name(const char *name, void *ctx)
{
	size_t n = strlen(list);

	(void)ctx;
	snprintf(list + n, sizeof(list) - n, "%s ", name);
}

const char *listed(void)
{
	int n;

	list[0] = '\0';
	n = cb_list(add_name, NULL);
	if (n < 0)
		fail_msg("cb_list: %d, %s", n, cb_error());
	for (const char *at = list; (at = strchr(at, ' ')); at++)
		n--;
	assert_int_equal(n, 0);
	return list;
}

int clean(void **state)
{
	(void)state;
	cb_shutdown();
	return 0;
}

const char *scratch(const char *name)
{
	static char path[2][512];
	static int turn;
	const char *base = getenv("TMPDIR");

	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%s/cbench-%ld-%s",
		 base ? base : "/tmp", (long)getppid(), name);
	return path[turn];
}

const char *slurp(const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

int in_child(void (*fn)(void), const char *out)
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (!freopen(out, "w", stdout) || dup2(1, 2) < 0)
			_exit(99);
		fn();
		fflush(NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}
