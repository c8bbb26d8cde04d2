/* SPDX-License-Identifier: MIT */
/* riotlb-gate budget: this build beside the numbers that the tree keeps. */
#include "budget.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "budget_file.h"
#include "commands.h"

#define MOST_JOBS 64
#define LONGEST_PATH 4096

static const char help[] =
	"Usage: riotlb-gate budget [OPTION]...\n"
	"\n"
	"Counts instructions, atomics, allocations and more of this build's "
	"operations,\n"
	"without noise, and compares them with the budget for its compiler and "
	"libc.\n"
	"\n"
	"  --file FILE     the budgets (default: tools/gate/budget of the "
	"tree)\n"
	"  --write         put what was counted into FILE, in place of what is "
	"there\n"
	"  --print         print what was counted, in the form of FILE\n"
	"  --all           show also what has not changed\n"
	"  --json FILE     write the result to FILE too\n"
	"  --jobs N        processes at a time (default: one for each CPU)\n"
	"  --driver PATH   the riotlb-bench-exact of another build\n"
	"  --library PATH  the libriotlb of another build\n"
	"  --help          show this\n"
	"\n"
	"Exit status: 0 within the budget, 1 beyond it, 2 wrong usage, 3 "
	"something could\n"
	"not be counted or has no budget, 4 there is no budget for such a "
	"build, 5 a failure\n"
	"of the gate itself.\n";

struct options {
	const char *file;
	const char *json;
	struct count_build build;
	size_t jobs;
	bool write;
	bool print;
	bool all;
	bool help;
	char driver[LONGEST_PATH];
};

/* ---- the command line --------------------------------------------------- */

static size_t cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MOST_JOBS ? MOST_JOBS : (size_t)n;
}

static enum status read_jobs(const char *text, size_t *jobs)
{
	char *rest;
	unsigned long n = strtoul(text, &rest, 10);

	if (*text < '0' || *text > '9' || *rest || n < 1 || n > MOST_JOBS)
		return say(STATUS_USAGE, "--jobs: 1 to %d, not '%s'", MOST_JOBS,
			   text);
	*jobs = n;
	return STATUS_PASS;
}

enum { FILE_OPTION = 1, WRITE, PRINT, ALL, JSON, JOBS, DRIVER, LIBRARY, HELP };

static enum status take_option(struct options *o, int option)
{
	switch (option) {
	case FILE_OPTION:
		o->file = optarg;
		break;
	case WRITE:
		o->write = true;
		break;
	case PRINT:
		o->print = true;
		break;
	case ALL:
		o->all = true;
		break;
	case JSON:
		o->json = optarg;
		break;
	case JOBS:
		return read_jobs(optarg, &o->jobs);
	case DRIVER:
		o->build.driver = optarg;
		break;
	case LIBRARY:
		o->build.library = optarg;
		break;
	case HELP:
		o->help = true;
		break;
	case ':':
		return say(STATUS_USAGE, "an option of budget needs a value");
	default:
		return say(STATUS_USAGE, "budget: no such option; see "
					 "'riotlb-gate budget --help'");
	}
	return STATUS_PASS;
}

static enum status read_options(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {
		{ "file", required_argument, NULL, FILE_OPTION },
		{ "write", no_argument, NULL, WRITE },
		{ "print", no_argument, NULL, PRINT },
		{ "all", no_argument, NULL, ALL },
		{ "json", required_argument, NULL, JSON },
		{ "jobs", required_argument, NULL, JOBS },
		{ "driver", required_argument, NULL, DRIVER },
		{ "library", required_argument, NULL, LIBRARY },
		{ "help", no_argument, NULL, HELP },
		{ NULL, 0, NULL, 0 },
	};
	enum status status = STATUS_PASS;
	int option;

	optind = 1;
	while (status == STATUS_PASS &&
	       (option = getopt_long(argc, argv, ":", names, NULL)) != -1)
		status = take_option(o, option);
	if (status == STATUS_PASS && optind < argc)
		status =
			say(STATUS_USAGE, "budget takes no '%s'", argv[optind]);
	if (status == STATUS_PASS && o->write && o->print)
		status = say(STATUS_USAGE, "either --write or --print");
	return status;
}

/* The driver stands beside this program. */
static void find_driver(struct options *o)
{
	static const char name[] = "riotlb-bench-exact";
	ssize_t n = readlink("/proc/self/exe", o->driver,
			     sizeof(o->driver) - sizeof(name));
	char *slash;

	o->driver[n > 0 ? n : 0] = '\0';
	slash = strrchr(o->driver, '/');
	strcpy(slash ? slash + 1 : o->driver, name);
	o->build.driver = o->driver;
}

/* ---- what is done ------------------------------------------------------- */

static enum status read_file(const char *path, struct budget_file *budgets)
{
	FILE *file = fopen(path, "r");
	int err;

	*budgets = (struct budget_file){ .n = 0 };
	if (!file)
		return say(STATUS_USAGE, "%s: %s", path, strerror(errno));
	err = budget_read(file, budgets);
	fclose(file);
	if (err == -EINVAL)
		return say(STATUS_INTEGRITY, "%s:%zu: %s", path, budgets->line,
			   budgets->why);
	if (err)
		return say(STATUS_INTERNAL, "%s: %s", path, strerror(-err));
	return STATUS_PASS;
}

static enum status compare(const struct count_set *budget,
			   const struct count_set *counted,
			   struct budget_result *result)
{
	result->key = counted->key;
	result->is_known = budget;
	result->status = STATUS_INCONCLUSIVE;
	if (!budget)
		return STATUS_PASS;
	if (count_compare(budget, counted, &result->findings))
		return say(STATUS_INTERNAL, "%s", strerror(ENOMEM));
	result->status = result->findings.status;
	return STATUS_PASS;
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return !(no && *no) && isatty(STDOUT_FILENO);
}

static enum status show(const struct options *o,
			const struct count_set *counted,
			const struct budget_result *result)
{
	enum status status = result->status;
	int err = 0;

	if (o->json)
		err = budget_json(o->json, result);
	if (err)
		status = status_worse(status, say(STATUS_INTERNAL, "%s: %s",
						  o->json, strerror(-err)));
	if (!result->is_known)
		budget_print(stdout, counted);
	budget_show(stdout, result, o->file, o->all, wants_colour());
	return status;
}

static enum status write_file(const struct options *o,
			      const struct count_set *counted)
{
	int err = budget_update(o->file, counted);

	if (err)
		return say(STATUS_INTERNAL, "%s: %s", o->file, strerror(-err));
	printf("%s has what was counted for\n[%s]\n", o->file, counted->key);
	return STATUS_PASS;
}

static enum status act(const struct options *o,
		       const struct budget_file *budgets,
		       const struct count_set *counted)
{
	struct budget_result result = { .key = NULL };
	enum status status;

	if (o->print) {
		budget_print(stdout, counted);
		return STATUS_PASS;
	}
	if (o->write)
		return write_file(o, counted);
	status = compare(budget_of(budgets, counted->key), counted, &result);
	if (status == STATUS_PASS)
		status = show(o, counted, &result);
	count_findings_free(&result.findings);
	return status;
}

enum status command_budget(int argc, char **argv)
{
	struct options o = {
		.file = GATE_BUDGET,
		.build.library = GATE_LIBRARY,
		.jobs = cpus(),
	};
	struct budget_file budgets;
	struct count_set counted;
	enum status status;

	find_driver(&o);
	status = read_options(argc, argv, &o);
	if (status != STATUS_PASS)
		return status;
	if (o.help) {
		fputs(help, stdout);
		return STATUS_PASS;
	}
	/* what is wrong with the file need not wait for the counts */
	status = read_file(o.file, &budgets);
	if (status == STATUS_PASS) {
		status = count_take(&o.build, o.jobs, &counted);
		if (status == STATUS_PASS)
			status = act(&o, &budgets, &counted);
		count_free(&counted);
	}
	budget_free(&budgets);
	return status;
}
