/* SPDX-License-Identifier: MIT */
/* The command line and the environment of a program of benchmarks. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cbench_impl.h"

struct own_flag {
	struct own_flag *next;
	char *name;
	char *help;
	int (*set)(const char *value, void *ctx);
	void *ctx;
};

static struct own_flag *own_flags;
static struct cb_flags flags;
static double default_min_time;
static bool prepared;

/*
 * Texts of the flags that are kept here, where they have a meaning in
 * cb_run_all only, or would make the library end the program.
 */
enum text {
	TEXT_FORMAT,
	TEXT_OUT,
	TEXT_OUT_FORMAT,
	TEXT_WARMUP,
	TEXT_FILTER,
	TEXTS,
};

static const struct {
	const char *flag;
	const char *variable;
	const char *common;
} texts[TEXTS] = {
	{ "--benchmark_format", "BENCHMARK_FORMAT", "console" },
	{ "--benchmark_out", "BENCHMARK_OUT", "" },
	{ "--benchmark_out_format", "BENCHMARK_OUT_FORMAT", "json" },
	{ "--benchmark_min_warmup_time", "BENCHMARK_MIN_WARMUP_TIME", "0" },
	{ "--benchmark_filter", "BENCHMARK_FILTER", "" },
};

static char *kept[TEXTS];

static const char *text(enum text which)
{
	return kept[which] ? kept[which] : texts[which].common;
}

static int keep(enum text which, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return cb_fail(-ENOMEM, "%s: out of memory", texts[which].flag);
	free(kept[which]);
	kept[which] = copy;
	return 0;
}

static bool truth(const char *value)
{
	return !value || (!strchr("0fFnN", *value) && strcasecmp(value, "off"));
}

void cb_hide_flags(void)
{
	gb_poke("--benchmark_out=");
	gb_poke("--benchmark_min_warmup_time=0");
	gb_poke("--benchmark_list_tests=false");
}

static bool one_of(const char *value, const char *const *words)
{
	while (value && *words && strcmp(value, *words))
		words++;
	return value && *words;
}

static bool good_text(enum text which, const char *value)
{
	static const char *const formats[] = { "console", "json", "csv", NULL };
	char *rest;

	if (which == TEXT_FORMAT || which == TEXT_OUT_FORMAT)
		return one_of(value, formats);
	if (which == TEXT_WARMUP)
		return strtod(value, &rest) >= 0 && rest != value && !*rest;
	if (which == TEXT_FILTER)
		return cb_busy() || gb_check_filter(value) == 0;
	return true;
}

/* The library ends the program if it finds one of these wrong. */
static void mend_formats(void)
{
	static char program[] = "cbench";
	static char format[] = "--benchmark_format=console";
	static char out_format[] = "--benchmark_out_format=json";
	char *argv[] = { program, format, out_format, NULL };
	int argc = 3;

	gb_initialize(&argc, argv);
}

static bool wrong_variable(enum text which)
{
	const char *value = getenv(texts[which].variable);

	return value && !good_text(which, value);
}

/* The environment has spoken to the library before the program could. */
static void prepare(void)
{
	const char *value;

	if (prepared)
		return;
	prepared = true;
	default_min_time = 0.5;
	if (wrong_variable(TEXT_FORMAT) || wrong_variable(TEXT_OUT_FORMAT))
		mend_formats();
	/* Before the filters are tried: that would open the file. */
	cb_hide_flags();
	for (int i = 0; i < TEXTS; i++) {
		value = getenv(texts[i].variable);
		if (value &&
		    (wrong_variable((enum text)i) || keep((enum text)i, value)))
			fprintf(stderr, "%s=%s: ignored\n", texts[i].variable,
				value);
	}
	value = getenv("BENCHMARK_LIST_TESTS");
	flags.list = value && truth(value);
}

struct cb_flags *cb_flags_now(void)
{
	prepare();
	flags.format = text(TEXT_FORMAT);
	flags.out = text(TEXT_OUT);
	flags.out_format = text(TEXT_OUT_FORMAT);
	flags.warmup = text(TEXT_WARMUP);
	flags.filter = text(TEXT_FILTER);
	return &flags;
}

const char *cb_library_version(void)
{
	return CB_LIBRARY_VERSION;
}

double cb_default_min_time(void)
{
	return default_min_time;
}

int cb_set_filter(const char *filter)
{
	int rc;

	if (cb_busy())
		return -EBUSY;
	prepare();
	filter = filter ? filter : "";
	rc = gb_check_filter(filter);
	return rc ? rc : keep(TEXT_FILTER, filter);
}

void cb_shuffle(uint64_t seed)
{
	flags.seed = seed;
}

/* ---- the program's own flags -------------------------------------------- */

static int set_shuffle(const char *value, void *ctx)
{
	unsigned long long seed;
	char *rest;

	(void)ctx;
	errno = 0;
	seed = value ? strtoull(value, &rest, 0) : 0;
	if (!value || errno || !isdigit((unsigned char)*value) || *rest)
		return cb_fail(-EINVAL, "--cb_shuffle: a number is needed");
	cb_shuffle(seed);
	return 0;
}

/* The benchmarks may be registered after cb_init, so cb_run_all reads it. */
static int set_iterations_file(const char *value, void *ctx)
{
	char *copy;

	(void)ctx;
	if (!value || !*value)
		return cb_fail(-EINVAL, "--cb_iterations_file: no path");
	copy = strdup(value);
	if (!copy)
		return cb_fail(-ENOMEM, "out of memory");
	free(flags.iterations_file);
	flags.iterations_file = copy;
	return 0;
}

static const struct own_flag built_in[] = {
	{ .name = "cb_shuffle",
	  .help = "<seed>  order of the benchmarks",
	  .set = set_shuffle },
	{ .name = "cb_iterations_file",
	  .help = "<path>  lines \"iterations name\"",
	  .set = set_iterations_file },
};

int cb_flag(const char *name, const char *help,
	    int (*set)(const char *value, void *ctx), void *ctx)
{
	struct own_flag *flag;

	if (!name || !*name || name[0] == '-' || strchr(name, '=') || !help ||
	    !set)
		return cb_fail(-EINVAL, "a flag needs a name without dashes, a "
					"help text and a function");
	for (flag = own_flags; flag; flag = flag->next)
		if (!strcmp(flag->name, name))
			return cb_fail(-EEXIST, "flag %.60s is there", name);
	flag = calloc(1, sizeof(*flag));
	if (flag) {
		flag->name = strdup(name);
		flag->help = strdup(help);
	}
	if (!flag || !flag->name || !flag->help) {
		if (flag) {
			free(flag->name);
			free(flag->help);
		}
		free(flag);
		return cb_fail(-ENOMEM, "flag %.60s: out of memory", name);
	}
	flag->set = set;
	flag->ctx = ctx;
	flag->next = own_flags;
	own_flags = flag;
	return 0;
}

void cb_print_flags(void)
{
	for (const struct own_flag *flag = own_flags; flag; flag = flag->next)
		printf("--%s: %s\n", flag->name, flag->help);
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		printf("--%s=%s\n", built_in[i].name, built_in[i].help);
}

void cb_forget_flags(void)
{
	while (own_flags) {
		struct own_flag *flag = own_flags;

		own_flags = flag->next;
		free(flag->name);
		free(flag->help);
		free(flag);
	}
	for (int i = 0; i < TEXTS; i++) {
		free(kept[i]);
		kept[i] = NULL;
	}
	free(flags.iterations_file);
	memset(&flags, 0, sizeof(flags));
}

/* ---- taking them from the command line ---------------------------------- */

/* "--name" or "--name=value"; value is NULL in the first case. */
static bool is_flag(const char *arg, const char *name, const char **value)
{
	size_t n = strlen(name);

	if (strncmp(arg, "--", 2) || strncmp(arg + 2, name, n))
		return false;
	arg += 2 + n;
	*value = *arg == '=' ? arg + 1 : NULL;
	return *arg == '=' || !*arg;
}

/* 1: taken, 0: it is not one of them. */
static int take_own(const char *arg)
{
	const char *value;
	int rc;

	for (const struct own_flag *flag = own_flags; flag; flag = flag->next)
		if (is_flag(arg, flag->name, &value)) {
			rc = flag->set(value, flag->ctx);
			return rc ? rc : 1;
		}
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (is_flag(arg, built_in[i].name, &value)) {
			rc = built_in[i].set(value, NULL);
			return rc ? rc : 1;
		}
	return 0;
}

static int wrong(const char *arg)
{
	return cb_fail(-EINVAL, "%.200s: a wrong value", arg);
}

static int take_text(const char *arg)
{
	const char *value;
	int rc;

	for (int i = 0; i < TEXTS; i++) {
		if (!is_flag(arg, texts[i].flag + 2, &value))
			continue;
		if (!value || !good_text((enum text)i, value))
			return wrong(arg);
		rc = keep((enum text)i, value);
		/* The library's display reporter is made from the flag. */
		if (!rc && i == TEXT_FORMAT)
			gb_poke(arg);
		if (!rc && i == TEXT_OUT_FORMAT)
			gb_poke(arg);
		return rc ? rc : 1;
	}
	return 0;
}

/* As take_own, of the library's. */
static int take_library(const char *arg)
{
	static const char *const units[] = { "ns", "us", "ms", "s", NULL };
	const char *value;

	if (is_flag(arg, "benchmark_list_tests", &value)) {
		flags.list = truth(value);
		return 1;
	}
	if (is_flag(arg, "benchmark_time_unit", &value) &&
	    !one_of(value, units))
		return wrong(arg);
	if (is_flag(arg, "benchmark_color", &value) && (!value || !*value))
		return wrong(arg);
	if (is_flag(arg, "benchmark_min_time", &value) && value &&
	    strtod(value, NULL) > 0)
		default_min_time = strtod(value, NULL);
	return take_text(arg);
}

int cb_init(int *argc, char **argv)
{
	int left = 1;
	int rc = 0;

	if (!argc || !argv || *argc < 1)
		return cb_fail(-EINVAL, "init: no arguments");
	if (cb_busy())
		return -EBUSY;
	prepare();
	for (int i = 1; i < *argc; i++) {
		int taken = rc ? 0 : take_own(argv[i]);

		if (!taken && !rc)
			taken = take_library(argv[i]);
		if (taken < 0 || (taken && taken != 1))
			rc = taken < 0 ? taken : -EINVAL;
		if (taken != 1)
			argv[left++] = argv[i];
	}
	*argc = left;
	if (!rc)
		gb_initialize(argc, argv);
	argv[*argc] = NULL;
	return rc;
}

bool cb_report_unrecognized(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		fprintf(stderr, "%s: unknown argument: %s\n", argv[0], argv[i]);
	return argc > 1;
}

/* ---- fixed iterations --------------------------------------------------- */

static int fix(const char *path, unsigned line, const char *name, uint64_t n,
	       bool apply)
{
	bool found = false;

	for (struct cb_benchmark *b = cb_benchmarks; b; b = b->next) {
		if (strcmp(b->name, name))
			continue;
		found = true;
		if (b->min_time > 0 || b->warmup > 0)
			return cb_fail(-EINVAL, "%.60s:%u: %.60s has a time",
				       path, line, name);
		if (apply)
			cb_fix_iterations(b, n);
	}
	if (!found)
		return cb_fail(-EINVAL, "%.60s:%u: no benchmark %.60s", path,
			       line, name);
	return 0;
}

static int read_line(const char *path, unsigned number, char *line, bool apply)
{
	unsigned long long n;
	char *name;

	line[strcspn(line, "\r\n")] = '\0';
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	errno = 0;
	n = strtoull(line, &name, 10);
	if (!isdigit((unsigned char)*line) || errno || n < 1 || n > INT64_MAX ||
	    !isblank((unsigned char)*name))
		return cb_fail(-EINVAL, "%.60s:%u: not \"iterations name\"",
			       path, number);
	name += strspn(name, " \t");
	return fix(path, number, name, n, apply);
}

static int read_lines(const char *path, FILE *file, bool apply)
{
	size_t size = 0;
	char *line = NULL;
	int rc = 0;

	rewind(file);
	for (unsigned n = 1; !rc && getline(&line, &size, file) >= 0; n++)
		rc = read_line(path, n, line, apply);
	if (!rc && ferror(file))
		rc = cb_fail(-EIO, "%.60s: cannot read it", path);
	free(line);
	return rc;
}

int cb_load_iterations(const char *path)
{
	FILE *file;
	int rc;

	if (cb_busy())
		return -EBUSY;
	if (!path)
		return cb_fail(-EINVAL, "iterations: no path");
	file = fopen(path, "r");
	if (!file)
		return cb_fail(-errno, "%.60s: %s", path, strerror(errno));
	/* All of it is right before any of it is done. */
	rc = read_lines(path, file, false);
	if (!rc)
		rc = read_lines(path, file, true);
	fclose(file);
	return rc;
}

int cb_main(int argc, char **argv)
{
	int rc = cb_init(&argc, argv);

	if (!rc && cb_report_unrecognized(argc, argv))
		return 1;
	if (!rc) {
		rc = cb_run_all(NULL, NULL);
		if (rc == 0)
			rc = cb_fail(-ENOENT, "no benchmark to run");
	}
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", argv[0], cb_error());
	rc = rc < 0 || cb_failures() > 0;
	cb_shutdown();
	return rc;
}
