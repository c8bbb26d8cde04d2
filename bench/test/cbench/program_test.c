/* SPDX-License-Identifier: MIT */
/* The program around the benchmarks: flags, filter, order, files, memory. */
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Called through the linker's --wrap; see short_of_memory. */
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__real__Znwm(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
void *__wrap__Znwm(size_t size);
/* std::__throw_bad_alloc() */
void _ZSt17__throw_bad_allocv(void);

static int allocations_left = -1; /* < 0: no limit */

static bool refuse(void)
{
	if (allocations_left < 0)
		return false;
	return allocations_left == 0 || allocations_left-- == 0;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return refuse() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return refuse() ? NULL : __real_strdup(text);
}

void *__wrap__Znwm(size_t size)
{
	if (refuse())
		_ZSt17__throw_bad_allocv();
	return __real__Znwm(size);
}

static int init(const char *one, const char *two, int *left)
{
	static char texts[2][256];
	static char program[] = "program";
	char *argv[4] = { program, NULL, NULL, NULL };
	int argc = 1, rc;

	if (one) {
		snprintf(texts[0], sizeof(texts[0]), "%s", one);
		argv[argc++] = texts[0];
	}
	if (two) {
		snprintf(texts[1], sizeof(texts[1]), "%s", two);
		argv[argc++] = texts[1];
	}
	rc = cb_init(&argc, argv);
	*left = argc - 1;
	assert_null(argv[argc]);
	if (argc > 1)
		assert_string_equal(argv[1], texts[argc == 3 || !two ? 0 : 1]);
	return rc;
}

/* ---- flags -------------------------------------------------------------- */

static int store(const char *value, void *ctx)
{
	*(const char **)ctx = value ? value : "(none)";
	return value && !strcmp(value, "bad") ? -EDOM : 0;
}

static void own_flags(void **unused)
{
	const char *value = NULL, *other = NULL;
	int left;

	(void)unused;
	assert_int_equal(cb_flag("mine", "what it does", store, &value), 0);
	assert_int_equal(cb_flag("mine-too", "what", store, &other), 0);
	assert_int_equal(cb_flag("mine", "x", store, NULL), -EEXIST);
	assert_int_equal(cb_flag("--x", "x", store, NULL), -EINVAL);
	assert_int_equal(cb_flag("x=", "x", store, NULL), -EINVAL);
	assert_int_equal(cb_flag("", "x", store, NULL), -EINVAL);
	assert_int_equal(cb_flag(NULL, "x", store, NULL), -EINVAL);
	assert_int_equal(cb_flag("x", NULL, store, NULL), -EINVAL);
	assert_int_equal(cb_flag("x", "x", NULL, NULL), -EINVAL);
	assert_int_equal(init("--mine=5", "--mine-too", &left), 0);
	assert_int_equal(left, 0);
	assert_string_equal(value, "5");
	assert_string_equal(other, "(none)");
	assert_int_equal(init("--mine=", "--minee=7", &left), 0);
	assert_int_equal(left, 1);
	assert_string_equal(value, "");
	assert_int_equal(init("--mine=bad", NULL, &left), -EDOM);
}

static void wrong_flags(void **unused)
{
	static const char *const wrong[] = {
		"--benchmark_format=xml",
		"--benchmark_out_format=",
		"--benchmark_time_unit=days",
		"--benchmark_filter=(",
		"--benchmark_color=",
		"--benchmark_min_warmup_time=-1",
		"--benchmark_format",
		"--benchmark_min_warmup_time=1x",
		"--cb_shuffle",
		"--cb_shuffle=x",
		"--cb_shuffle=1x",
		"--cb_iterations_file=",
		"--cb_shuffle=-1",
		"--benchmark_out",
	};
	int left, none = 0;

	(void)unused;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (init(wrong[i], "other", &left) != -EINVAL)
			fail_msg("%s", wrong[i]);
		assert_true(left >= 1);
	}
	assert_int_equal(cb_init(NULL, NULL), -EINVAL);
	assert_int_equal(cb_init(&none, NULL), -EINVAL);
}

static void unrecognized(void **unused)
{
	char program[] = "program", flag[] = "--what", word[] = "word";
	char *argv[] = { program, flag, word, NULL };
	int argc = 3;

	(void)unused;
	assert_int_equal(cb_init(&argc, argv), 0);
	assert_int_equal(argc, 3);
	assert_true(cb_report_unrecognized(argc, argv));
	assert_false(cb_report_unrecognized(1, argv));
}

static void print_help(void)
{
	int left;

	cb_flag("mine", "what it does", store, NULL);
	init("--help", NULL, &left);
	puts("not reached");
}

static void help(void **unused)
{
	const char *out = scratch("help"), *text;

	(void)unused;
	assert_int_equal(in_child(print_help, out), 0);
	text = slurp(out);
	assert_non_null(strstr(text, "--mine: what it does"));
	assert_non_null(strstr(text, "--cb_shuffle="));
	assert_non_null(strstr(text, "--benchmark_filter="));
	assert_null(strstr(text, "not reached"));
	unlink(out);
}

/* ---- filter and order --------------------------------------------------- */

static void filters(void **unused)
{
	int left;

	(void)unused;
	fixed("one", spin, NULL);
	cb_arg(fixed("two+", spin, NULL), 8);
	fixed("three", spin, NULL);
	assert_string_equal(listed(), "one two+/8 three ");
	assert_int_equal(cb_set_filter("^t"), 0);
	assert_string_equal(listed(), "two+/8 three ");
	assert_int_equal(cb_set_filter("-^t"), 0);
	assert_string_equal(listed(), "one ");
	assert_int_equal(cb_set_filter("("), -EINVAL);
	assert_non_null(strstr(cb_error(), "filter"));
	assert_string_equal(listed(), "one ");
	assert_int_equal(cb_set_filter("none of them"), 0);
	assert_string_equal(listed(), "");
	run_all(&left);
	assert_int_equal(left, 0);
	assert_int_equal(cb_set_filter(NULL), 0);
	assert_string_equal(listed(), "one two+/8 three ");
	assert_int_equal(init("--benchmark_filter=two|three", NULL, &left), 0);
	assert_int_equal(left, 0);
	assert_string_equal(listed(), "two+/8 three ");
	/* One run asks no filter. */
	assert_false(run_once(fixed("four", spin, NULL)).skipped);
	/* Nor what the library calls disabled. */
	assert_false(run_once(fixed("DISABLED_x", spin, NULL)).skipped);
	assert_int_equal(cb_list(NULL, NULL), -EINVAL);
}

static void shuffle(void **unused)
{
	char first[256], name[16];
	int left;

	(void)unused;
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "b%d", i);
		fixed(name, spin, NULL);
	}
	assert_string_equal(listed(), "b0 b1 b2 b3 b4 b5 b6 b7 ");
	cb_shuffle(7);
	snprintf(first, sizeof(first), "%s", listed());
	assert_string_not_equal(first, "b0 b1 b2 b3 b4 b5 b6 b7 ");
	assert_int_equal(strlen(first), 24);
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "b%d", i);
		assert_non_null(strstr(first, name));
	}
	assert_string_equal(listed(), first);
	assert_int_equal(init("--cb_shuffle=8", NULL, &left), 0);
	assert_string_not_equal(listed(), first);
	assert_int_equal(init("--cb_shuffle=0x7", NULL, &left), 0);
	assert_string_equal(listed(), first);
	cb_shuffle(0);
	assert_string_equal(listed(), "b0 b1 b2 b3 b4 b5 b6 b7 ");
}

static char turns[64];

static void log_turn(struct cb_state *state, void *arg)
{
	strncat(turns, arg, sizeof(turns) - strlen(turns) - 1);
	spin(state, NULL);
}

static void interleave(void **unused)
{
	int n;

	(void)unused;
	for (int i = 0; i < 2; i++)
		cb_repetitions(fixed(i ? "b" : "a", log_turn, i ? "b" : "a"),
			       12);
	turns[0] = '\0';
	run_all(&n);
	assert_string_equal(turns, "aaaaaaaaaaaabbbbbbbbbbbb");
	assert_int_equal(cb_interleave(true), 0);
	/* Drawn by the library; 1 in 1.35 million is in that order. */
	turns[0] = '\0';
	run_all(&n);
	assert_int_equal(strlen(turns), 24);
	assert_string_not_equal(turns, "aaaaaaaaaaaabbbbbbbbbbbb");
	assert_int_equal(cb_interleave(false), 0);
	turns[0] = '\0';
	run_all(&n);
	assert_string_equal(turns, "aaaaaaaaaaaabbbbbbbbbbbb");
}

/* ---- fixed iterations --------------------------------------------------- */

static int load(const char *text)
{
	const char *path = scratch("iterations");
	FILE *file = fopen(path, "w");
	int rc;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	rc = cb_load_iterations(path);
	unlink(path);
	return rc;
}

static void iterations_file(void **unused)
{
	struct cb_benchmark *a = cb_register("a b", spin, NULL);
	struct cb_benchmark *c = cb_register("c", spin, NULL);

	(void)unused;
	assert_int_equal(load("# fixed\n\n 17 a b\r\n5\tc"), 0);
	assert_int_equal(run_once(a).iterations, 17);
	assert_int_equal(run_once(c).iterations, 5);
	/* All or nothing. */
	assert_int_equal(load("3 c\n4 d\n"), -EINVAL);
	assert_non_null(strstr(cb_error(), ":2: no benchmark d"));
	assert_int_equal(run_once(c).iterations, 5);
	assert_int_equal(load("3c\n"), -EINVAL);
	assert_int_equal(load("x c\n"), -EINVAL);
	assert_int_equal(load("0 c\n"), -EINVAL);
	assert_int_equal(load("-3 c\n"), -EINVAL);
	assert_int_equal(load("99999999999999999999 c\n"), -EINVAL);
	assert_int_equal(load("3\n"), -EINVAL);
	assert_non_null(strstr(cb_error(), ":1: not"));
	assert_int_equal(cb_load_iterations("/nonexistent/file"), -ENOENT);
	assert_int_equal(cb_load_iterations(NULL), -EINVAL);
	assert_int_equal(cb_load_iterations("/"), -EIO);
	assert_int_equal(run_once(c).iterations, 5);
	cb_fix_iterations(c, 0);
	cb_min_time(c, 1);
	assert_int_equal(load("3 c\n"), -EINVAL);
	assert_non_null(strstr(cb_error(), "has a time"));
}

static void iterations_flag(void **unused)
{
	const char *path = scratch("flag");
	FILE *file = fopen(path, "w");
	char flag[600];
	int left, n;

	(void)unused;
	assert_non_null(file);
	fputs("21 late\n", file);
	fclose(file);
	snprintf(flag, sizeof(flag), "--cb_iterations_file=%s", path);
	assert_int_equal(init(flag, NULL, &left), 0);
	cb_register("late", spin, NULL);
	assert_int_equal(got_named(run_all(&n), "late")->iterations, 21);
	unlink(path);
	run_all(&n);
	assert_int_equal(n, -ENOENT);
}

/* ---- hooks of the suite, injected delays -------------------------------- */

struct suite {
	int begins;
	int ends;
	int rc;
};

static int suite_begin(void *ctx)
{
	struct suite *suite = ctx;

	suite->begins++;
	return suite->rc;
}

static void suite_end(void *ctx)
{
	((struct suite *)ctx)->ends++;
}

static void suite_hooks(void **unused)
{
	struct suite suite = { 0, 0, 0 };
	uint64_t counter = 0;
	int n;

	(void)unused;
	fixed("a", count, &counter);
	fixed("b", count, &counter);
	assert_int_equal(cb_suite_hooks(suite_begin, suite_end, &suite), 0);
	run_all(&n);
	assert_int_equal(n, 2);
	assert_int_equal(suite.begins, 1);
	assert_int_equal(suite.ends, 1);
	suite.rc = 5;
	run_all(&n);
	assert_int_equal(n, -ECANCELED);
	assert_int_equal(suite.ends, 1);
	assert_int_equal(counter, 2);
	assert_int_equal(cb_suite_hooks(NULL, NULL, NULL), 0);
	run_all(&n);
	assert_int_equal(n, 2);
}

static void delay(const struct cb_benchmark *b, uint64_t iterations, void *ctx)
{
	*(uint64_t *)ctx += iterations;
	if (!strcmp(cb_name(b), "slow"))
		usleep(20000);
}

static void injection(void **unused)
{
	struct cb_benchmark *slow = fixed("slow", spin, NULL);
	uint64_t seen = 0;

	(void)unused;
	cb_use_real_time(slow);
	cb_fix_iterations(slow, 10);
	cb_inject(delay, &seen);
	assert_true(run_once(slow).seconds_per_iteration >= 0.002);
	assert_int_equal(seen, 10);
	cb_inject(NULL, NULL);
	run_once(slow);
	assert_int_equal(seen, 10);
}

/* ---- output ------------------------------------------------------------- */

static void not_here(struct cb_state *state, void *arg)
{
	(void)arg;
	cb_skip_message(state, "not here");
}

static void fails(struct cb_state *state, void *arg)
{
	(void)arg;
	cb_skip_error(state, "broken");
}

static char json_flag[600];

static int main_with(const char *one, const char *two)
{
	static char program[] = "the_program";
	static char texts[2][600];
	char *argv[4] = { program, texts[0], texts[1], NULL };
	int argc = two ? 3 : one ? 2 : 1;

	snprintf(texts[0], sizeof(texts[0]), "%s", one ? one : "");
	snprintf(texts[1], sizeof(texts[1]), "%s", two ? two : "");
	if (!one)
		argv[1] = NULL;
	if (!two)
		argv[argc] = NULL;
	return cb_main(argc, argv);
}

static void json_program(void)
{
	struct cb_benchmark *b = fixed("fixed/name", spin, NULL);

	cb_fix_iterations(b, 77);
	fixed("message", not_here, NULL);
	if (cb_context("riotlb", "yes") ||
	    cb_context("riotlb", "no") != -EEXIST)
		_exit(90);
	if (cb_context("", "x") != -EINVAL || cb_context("x", NULL) != -EINVAL)
		_exit(91);
	/* A single run leaves the file alone, and prints nothing. */
	run_once(b);
	_exit(main_with("--benchmark_format=json", json_flag));
}

static void json(void **unused)
{
	const char *out = scratch("json"), *text;
	char file[512];

	(void)unused;
	snprintf(file, sizeof(file), "%s", scratch("file"));
	snprintf(json_flag, sizeof(json_flag), "--benchmark_out=%s", file);
	assert_int_equal(in_child(json_program, out), 0);
	for (int i = 0; i < 2; i++) {
		text = slurp(i ? file : out);
		assert_non_null(
			strstr(text, "\"executable\": \"the_program\""));
		assert_non_null(strstr(text, "\"riotlb\": \"yes\""));
		assert_non_null(strstr(text, "\"name\": \"fixed/name\""));
		assert_non_null(strstr(text, "\"iterations\": 77"));
		assert_non_null(strstr(text, "not here"));
		assert_null(strstr(text, "iterations:"));
		assert_null(strstr(text, "\001"));
	}
	unlink(out);
	unlink(file);
}

static void run_main_child(void)
{
	int status;

	fixed("good", spin, NULL);
	fixed("bad", fails, NULL);
	status = main_with(json_flag, NULL);
	fflush(NULL);
	_exit(status);
}

static int main_status(const char *flag, const char *expected)
{
	const char *out = scratch("main");
	int status;

	snprintf(json_flag, sizeof(json_flag), "%s", flag);
	status = in_child(run_main_child, out);
	if (!strstr(slurp(out), expected))
		fail_msg("%s: no \"%s\" in \"%s\"", flag, expected, slurp(out));
	unlink(out);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void exit_status(void **unused)
{
	(void)unused;
	assert_int_equal(main_status("--benchmark_filter=good", "good"), 0);
	assert_int_equal(main_status("--benchmark_filter=bad", "broken"), 1);
	assert_int_equal(main_status("--benchmark_filter=x", "no benchmark"),
			 1);
	assert_int_equal(main_status("--benchmark_filter=(", "filter"), 1);
	assert_int_equal(main_status("--nonsense", "--nonsense"), 1);
	assert_int_equal(main_status("--benchmark_list_tests", "good\nbad\n"),
			 0);
	assert_int_equal(main_status("--benchmark_list_tests=false", "broken"),
			 1);
	assert_int_equal(main_status("--benchmark_out=/nonexistent/x",
				     "/nonexistent/x: No such"),
			 1);
}

static void output_file(void **unused)
{
	static struct collected shown, for_file;
	struct cb_reporter display = collector(&shown);
	struct cb_reporter file = collector(&for_file);
	char path[512], flag[600];
	int left;

	(void)unused;
	snprintf(path, sizeof(path), "%s", scratch("file"));
	snprintf(flag, sizeof(flag), "--benchmark_out=%s", path);
	fixed("a", spin, NULL);
	assert_int_equal(init(flag, "--benchmark_out_format=console", &left),
			 0);
	assert_int_equal(left, 0);
	/* The flag's file and the reporter both get it. */
	assert_int_equal(cb_run_all(&display, &file), 1);
	assert_int_equal(for_file.n, 1);
	assert_non_null(strstr(slurp(path), "\na "));
	assert_int_equal(init("--benchmark_out_format=csv", NULL, &left), 0);
	display = collector(&shown);
	file = collector(&for_file);
	assert_int_equal(cb_run_all(&display, &file), -EINVAL);
	assert_int_equal(cb_run_all(&display, NULL), 1);
	assert_non_null(strstr(slurp(path), "\"a/iterations:1\""));
	/* Later runs of one benchmark leave it as it is. */
	run_once(fixed("b", spin, NULL));
	assert_non_null(strstr(slurp(path), "\"a/iterations:1\""));
	unlink(path);
}

/* The library looks at the environment before main(). */
static void exec_with_environment(void)
{
	setenv("BENCHMARK_FILTER", "two", 1);
	setenv("BENCHMARK_FORMAT", "nonsense", 1);
	setenv("BENCHMARK_OUT_FORMAT", "nonsense", 1);
	setenv("BENCHMARK_LIST_TESTS", "1", 1);
	setenv("BENCHMARK_OUT", json_flag, 1);
	setenv("BENCHMARK_MIN_WARMUP_TIME", "9", 1);
	execl("/proc/self/exe", "program", "in-the-environment", NULL);
	_exit(97);
}

static int in_the_environment(void)
{
	uint64_t counter = 0;
	struct cb_benchmark *b;
	int n;

	b = fixed("two", count, &counter);
	fixed("one", spin, NULL);
	if (run_once(b).iterations != 1 || counter != 1)
		return 1;
	n = cb_run_all(NULL, NULL);
	printf("(%d)\n", n);
	return 0;
}

static void environment(void **unused)
{
	const char *out = scratch("env"), *text;

	(void)unused;
	snprintf(json_flag, sizeof(json_flag), "%s", scratch("env-out"));
	assert_int_equal(in_child(exec_with_environment, out), 0);
	text = slurp(out);
	assert_non_null(strstr(text, "BENCHMARK_FORMAT=nonsense: ignored"));
	assert_non_null(strstr(text, "two\n(1)"));
	assert_null(strstr(text, "one"));
	/* Neither cb_run_one nor a list touches the file. */
	assert_int_not_equal(access(json_flag, F_OK), 0);
	unlink(out);
}

static void repetitions_flag(void **unused)
{
	uint64_t counter = 0;
	struct cb_benchmark *b = fixed("b", count, &counter);
	int left, n;

	(void)unused;
	assert_int_equal(init("--benchmark_repetitions=3", NULL, &left), 0);
	assert_int_equal(left, 0);
	run_once(b);
	assert_int_equal(counter, 1);
	run_all(&n);
	assert_int_equal(counter, 4);
	assert_int_equal(init("--benchmark_repetitions=1", NULL, &left), 0);
}

/* Only the run of all has a warm-up. */
static void warmup_flag(void **unused)
{
	struct cb_benchmark *b = fixed("b", log_turn, "x");
	int left, n;

	(void)unused;
	assert_int_equal(init("--benchmark_min_warmup_time=1e-9", NULL, &left),
			 0);
	turns[0] = '\0';
	run_once(b);
	assert_string_equal(turns, "x");
	run_all(&n);
	assert_string_equal(turns, "xxx");
}

static void perf_counters(void **unused)
{
	int n;

	(void)unused;
	assert_int_equal(cb_perf_counters(NULL), -EINVAL);
	assert_int_equal(cb_perf_counters(""), 0);
	fixed("a", spin, NULL);
	assert_int_equal(got_named(run_all(&n), "a")->counter_count, 0);
}

static void version(void **unused)
{
	int major = 0, minor = 0;

	(void)unused;
	assert_int_equal(sscanf(cb_library_version(), "%d.%d", &major, &minor),
			 2);
	assert_true(major > 1 || minor >= 7);
}

/* ---- out of memory ------------------------------------------------------ */

static int try_settings(void)
{
	static const int64_t pair[] = { 1, 2 };
	static const char *const names[] = { "x", "y" };
	static const struct cb_values lists[] = { { pair, 2 }, { pair, 2 } };
	static const struct cb_interval ranges[] = { { 1, 9 }, { 1, 9 } };
	struct cb_benchmark *b = cb_register("b", spin, NULL);
	int cpu = 0, rc;

	if (!b)
		return -ENOMEM;
	rc = cb_args_product(b, lists, 2);
	if (!rc)
		rc = cb_ranges(b, ranges, 2);
	if (!rc)
		rc = cb_arg_names(b, names, 2);
	if (!rc)
		rc = cb_use_threads(b, 1);
	if (!rc)
		rc = cb_pin(b, &cpu, 1);
	if (!rc)
		rc = cb_statistics(b, CB_STAT_MIN | CB_STAT_MAD);
	if (!rc)
		rc = cb_flag("f", "help", store, NULL);
	if (!rc)
		rc = cb_set_filter("b");
	return rc;
}

static void add_counter(struct cb_state *state, void *arg)
{
	int rc;

	spin(state, NULL);
	rc = cb_counter(state, "a counter with a long name", 1, 0);
	*(int *)arg = rc;
}

static int try_run(void)
{
	struct cb_benchmark *b = cb_register("b", add_counter, NULL);
	struct cb_run run;
	int counter_rc = 0, rc;

	if (!b)
		return -ENOMEM;
	cb_unregister(b);
	b = cb_register("b", add_counter, &counter_rc);
	if (!b)
		return -ENOMEM;
	rc = cb_run_one(b, &run);
	return rc ? rc : counter_rc;
}

/*
 * With one allocation more each time, until there are enough. Only those of
 * the wrapper fail: the library's own are in another file.
 */
static void short_of_memory(void **unused)
{
	static int (*const tries[])(void) = { try_settings, try_run };

	(void)unused;
	/* What is allocated once for all, before. */
	fixed("first", spin, NULL);
	run_once(cb_register("other", spin, NULL));
	cb_shutdown();
	for (size_t i = 0; i < 2; i++) {
		int n = 0, rc = -ENOMEM;

		for (; rc == -ENOMEM && n < 500; n++) {
			allocations_left = n;
			rc = tries[i]();
			allocations_left = -1;
			if (rc)
				assert_non_null(strstr(cb_error(), "memory"));
			cb_shutdown();
		}
		assert_int_equal(rc, 0);
		assert_true(n > 3);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(environment, clean),
		cmocka_unit_test_teardown(repetitions_flag, clean),
		cmocka_unit_test_teardown(warmup_flag, clean),
		cmocka_unit_test_teardown(own_flags, clean),
		cmocka_unit_test_teardown(wrong_flags, clean),
		cmocka_unit_test_teardown(unrecognized, clean),
		cmocka_unit_test_teardown(help, clean),
		cmocka_unit_test_teardown(filters, clean),
		cmocka_unit_test_teardown(shuffle, clean),
		cmocka_unit_test_teardown(interleave, clean),
		cmocka_unit_test_teardown(iterations_file, clean),
		cmocka_unit_test_teardown(iterations_flag, clean),
		cmocka_unit_test_teardown(suite_hooks, clean),
		cmocka_unit_test_teardown(injection, clean),
		cmocka_unit_test_teardown(json, clean),
		cmocka_unit_test_teardown(exit_status, clean),
		cmocka_unit_test_teardown(output_file, clean),
		cmocka_unit_test_teardown(perf_counters, clean),
		cmocka_unit_test_teardown(version, clean),
		cmocka_unit_test_teardown(short_of_memory, clean),
	};

	if (argc == 2 && !strcmp(argv[1], "in-the-environment"))
		return in_the_environment();
	return cmocka_run_group_tests_name("cbench_program", tests, NULL, NULL);
}
