/* SPDX-License-Identifier: MIT */
/* riotlb-shapes: options, then every shape, then the report. */
#include <errno.h>
#include <getopt.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counted.h"
#include "measure.h"
#include "report.h"
#include "run.h"
#include "subject.h"

enum {
	EXIT_WRONG = 1,
	EXIT_USAGE = 2,
	EXIT_FAILED = 3,
};

struct options {
	struct run_settings run;
	unsigned section;
	bool quick;
	bool extra;
	bool huge_pages;
	const char *json;
	FILE *json_file;
	const char *shape;
	regex_t only; /* compiled from shape */
};

static const char help[] =
	"usage: riotlb-shapes [OPTION]...\n"
	"Measures riotlb beside an SPDK-style radix, for a closed list of "
	"table "
	"shapes:\nlookup, dependent lookup, unmap + map, map_bulk, memory and "
	"reset_map.\n"
	"\n"
	"  --quick        few and short rounds, for a first look (under a "
	"minute)\n"
	"  --rounds N     rounds, 6..1000 (21; quick: 7)\n"
	"  --resets N     single calls of reset_map, each with cold caches; at "
	"least one a\n                 round (210; quick: 35)\n"
	"  --shape RE     only shapes whose name matches (extended regular "
	"expression)\n"
	"  --extra        also shapes outside the closed list\n"
	"  --section N    lookups per read-side section and per burst, 1..256 "
	"(32)\n"
	"  --keys N       look up at most N different keys (default: all, at "
	"least 4 a\n                 mapping)\n"
	"  --huge-pages   ask for huge pages for the tables of both sides\n"
	"  --seed N       of the random choices (1)\n"
	"  --json FILE    write everything to FILE too\n"
	"  --list         list the shapes and exit\n"
	"  --help         this text\n"
	"\n"
	"Exit status: 0 done, 1 a wrong answer was seen, 2 usage, 3 out of "
	"memory, a failed call,\nor a file that cannot be written.\n";

static _Noreturn void usage(const char *what, const char *value)
{
	fprintf(stderr, "riotlb-shapes: %s: %s\nTry 'riotlb-shapes --help'.\n",
		what, value);
	exit(EXIT_USAGE);
}

static uint64_t number(const char *option, const char *text, uint64_t low,
		       uint64_t high)
{
	unsigned long long value;
	char *rest;

	errno = 0;
	value = strtoull(text, &rest, 0);
	if (errno || rest == text || *rest || strchr(text, '-') ||
	    value < low || value > high)
		usage(option, text);
	return value;
}

static void compile_filter(struct options *o)
{
	char why[128];
	int err = regcomp(&o->only, o->shape, REG_EXTENDED | REG_NOSUB);

	if (err) {
		regerror(err, &o->only, why, sizeof(why));
		usage("--shape", why);
	}
}

static bool selected(const struct options *o, const struct shape *shape)
{
	return (o->extra || !shape->extra) &&
	       regexec(&o->only, shape->name, 0, NULL, 0) == 0;
}

static void check_filter(const struct options *o)
{
	for (size_t i = 0; i < shape_count; i++) {
		if (selected(o, &shape_list[i]))
			return;
	}
	usage("no shape matches", o->shape);
}

static _Noreturn void list_shapes(void)
{
	for (size_t i = 0; i < shape_count; i++)
		printf("%-18s %s%s\n", shape_list[i].name, shape_list[i].what,
		       shape_list[i].extra ? " (--extra)" : "");
	exit(EXIT_SUCCESS);
}

static void defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	o->section = 32;
	o->run.seed = 1;
	o->shape = "";
}

/* What was not asked for explicitly. */
static void fill_in(struct options *o)
{
	struct run_settings *run = &o->run;

	if (!run->rounds)
		run->rounds = o->quick ? 7 : 21;
	run->lookups = o->quick ? 128 * 1024 : 512 * 1024;
	run->updates = o->quick ? 8 * 1024 : 32 * 1024;
	run->loaded = o->quick ? 4 * 1024 : 32 * 1024;
	if (!run->resets)
		run->resets = o->quick ? 35 : 210;
}

static void parse_option(struct options *o, int c)
{
	switch (c) {
	case 'q':
		o->quick = true;
		break;
	case 'r':
		o->run.rounds =
			(size_t)number("--rounds", optarg, ESTIMATE_MIN_SAMPLES,
				       ESTIMATE_MAX_SAMPLES);
		break;
	case 'e':
		o->run.resets = (size_t)number("--resets", optarg, 1, 1000000);
		break;
	case 's':
		o->shape = optarg;
		break;
	case 'x':
		o->extra = true;
		break;
	case 'n':
		o->section = (unsigned)number("--section", optarg, 1,
					      SUBJECT_MAX_SECTION);
		break;
	case 'k':
		o->run.keys = (size_t)number("--keys", optarg, 1, SIZE_MAX);
		break;
	case 'p':
		if (!counted_has_huge_pages)
			usage("--huge-pages", "needs a build with jemalloc");
		o->huge_pages = true;
		break;
	case 'd':
		o->run.seed = number("--seed", optarg, 0, UINT64_MAX);
		break;
	case 'j':
		o->json = optarg;
		break;
	case 'l':
		list_shapes();
	case 'h':
		fputs(help, stdout);
		exit(EXIT_SUCCESS);
	default:
		fputs("Try 'riotlb-shapes --help'.\n", stderr);
		exit(EXIT_USAGE);
	}
}

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "quick", no_argument, NULL, 'q' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "resets", required_argument, NULL, 'e' },
		{ "shape", required_argument, NULL, 's' },
		{ "extra", no_argument, NULL, 'x' },
		{ "section", required_argument, NULL, 'n' },
		{ "keys", required_argument, NULL, 'k' },
		{ "huge-pages", no_argument, NULL, 'p' },
		{ "seed", required_argument, NULL, 'd' },
		{ "json", required_argument, NULL, 'j' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	defaults(o);
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
		parse_option(o, c);
	if (optind < argc)
		usage("unexpected argument", argv[optind]);
	fill_in(o);
	compile_filter(o);
	check_filter(o);
}

/* 0 or an exit status, reported. */
static int prepare(struct options *o)
{
	struct subject_settings *s = &subject_settings;
	int err;

	s->section = o->section;
	s->huge_pages = o->huge_pages;
	cpus_allowed(&s->reader_cpu, &s->reclaim_cpu);
	err = cpu_pin(s->reader_cpu);
	if (!err) {
		clock_init();
		err = cache_flush_init();
	}
	if (err) {
		fprintf(stderr, "riotlb-shapes: set-up: %s\n", strerror(-err));
		return EXIT_FAILED;
	}
	/* now, not after minutes of work */
	if (o->json)
		o->json_file = fopen(o->json, "w");
	if (o->json && !o->json_file) {
		fprintf(stderr, "riotlb-shapes: %s: %s\n", o->json,
			strerror(errno));
		return EXIT_FAILED;
	}
	return 0;
}

static void progress(const struct shape *shape)
{
	if (!isatty(STDERR_FILENO))
		return;
	/* carriage return, erase the line */
	fprintf(stderr, "\r\033[K%s", shape ? shape->what : "");
	fflush(stderr);
}

static enum run_status run_all(const struct options *o,
			       struct shape_result *results, size_t *n)
{
	enum run_status status = RUN_OK;

	*n = 0;
	for (size_t i = 0; i < shape_count && status == RUN_OK; i++) {
		if (!selected(o, &shape_list[i]))
			continue;
		progress(&shape_list[i]);
		status = run_shape(&shape_list[i], &o->run, &results[(*n)++]);
	}
	progress(NULL);
	return status;
}

static int write_json(const struct options *o, const struct report *report)
{
	int err = o->json_file ? report_json(report, o->json_file) : 0;

	if (err)
		fprintf(stderr, "riotlb-shapes: %s: %s\n", o->json,
			strerror(-err));
	return err ? EXIT_FAILED : EXIT_SUCCESS;
}

static int run_and_report(const struct options *o, struct shape_result *results)
{
	struct machine machine;
	struct report report = { &machine, &o->run, results, 0, 0, 0 };
	unsigned long long steal[2];
	unsigned long long all[2];
	uint64_t began = clock_posix();
	enum run_status status;

	machine_facts(&machine);
	report_head(&machine, &o->run);
	machine_steal(&steal[0], &all[0]);
	status = run_all(o, results, &report.n);
	if (status != RUN_OK)
		return status == RUN_WRONG ? EXIT_WRONG : EXIT_FAILED;
	machine_steal(&steal[1], &all[1]);
	report.seconds = (double)(clock_posix() - began) / 1e9;
	if (all[1] > all[0])
		report.steal = 100.0 * (double)(steal[1] - steal[0]) /
			       (double)(all[1] - all[0]);
	report_tables(&report);
	return write_json(o, &report);
}

int main(int argc, char **argv)
{
	struct options o;
	struct shape_result *results;
	int status;

	parse(argc, argv, &o);
	status = prepare(&o);
	results = calloc(shape_count, sizeof(*results));
	if (!status && !results)
		status = EXIT_FAILED;
	if (!status)
		status = run_and_report(&o, results);
	free(results);
	regfree(&o.only);
	return status;
}
