/* SPDX-License-Identifier: MIT */
/* riotlb-bench: options, every part of the suite, then what came of it. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../counted.h"
#include "../output/output.h"
#include "frame.h"

#define SECTION 32
#define PATH_LENGTH 4096

struct options {
	bool quick;
	bool no_peers;
	bool list;
	uint64_t seed;
	const char *filter;
	const char *out;
	regex_t only; /* compiled from filter */
};

static const char help[] =
	"usage: riotlb-bench [OPTION]... --out DIR\n"
	"Measures riotlb beside other structures that translate addresses, in "
	"one run and\non the same mappings and keys.\n"
	"\n"
	"  --out DIR     where full.json, ci.json, summary.json and "
	"report.html "
	"go\n"
	"  --quick       fewer and shorter rounds: at most 90 seconds instead "
	"of 25 minutes\n"
	"  --filter RE   only rows whose name matches (extended regular "
	"expression)\n"
	"  --no-peers    riotlb and the floor alone\n"
	"  --seed N      of the random choices (1)\n"
	"  --list        print the names of the rows, measure nothing\n"
	"  --help        this text\n"
	"\n"
	"Exit status: 0 done, 1 a wrong answer was seen, 2 usage, 3 out of "
	"memory, a failed\ncall, or a file that cannot be written.\n";

static _Noreturn void usage(const char *what, const char *value)
{
	fprintf(stderr, "riotlb-bench: %s%s%s\nTry 'riotlb-bench --help'.\n",
		what, value ? ": " : "", value ? value : "");
	exit(EXIT_USAGE);
}

static uint64_t number(const char *option, const char *text)
{
	unsigned long long value;
	char *rest;

	errno = 0;
	value = strtoull(text, &rest, 0);
	if (errno || rest == text || *rest || strchr(text, '-'))
		usage(option, text);
	return value;
}

static void compile_filter(struct options *o)
{
	char why[128];
	int err = regcomp(&o->only, o->filter, REG_EXTENDED | REG_NOSUB);

	if (err) {
		regerror(err, &o->only, why, sizeof(why));
		usage("--filter", why);
	}
	frame_filter(&o->only);
}

static void parse_option(struct options *o, int c)
{
	switch (c) {
	case 'q':
		o->quick = true;
		break;
	case 'f':
		o->filter = optarg;
		break;
	case 'p':
		o->no_peers = true;
		break;
	case 's':
		o->seed = number("--seed", optarg);
		break;
	case 'l':
		o->list = true;
		break;
	case 'o':
		o->out = optarg;
		break;
	case 'h':
		fputs(help, stdout);
		exit(EXIT_SUCCESS);
	default:
		fputs("Try 'riotlb-bench --help'.\n", stderr);
		exit(EXIT_USAGE);
	}
}

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "quick", no_argument, NULL, 'q' },
		{ "filter", required_argument, NULL, 'f' },
		{ "no-peers", no_argument, NULL, 'p' },
		{ "seed", required_argument, NULL, 's' },
		{ "list", no_argument, NULL, 'l' },
		{ "out", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*o = (struct options){ .seed = 1, .filter = "" };
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
		parse_option(o, c);
	if (optind < argc)
		usage("unexpected argument", argv[optind]);
	if (!o->out && !o->list)
		usage("--out DIR is needed", NULL);
	if (o->out && !*o->out)
		usage("--out", "an empty name");
	compile_filter(o);
}

/* Of the command line, for the report. */
static void join(int argc, char **argv, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (int i = 0; i < argc && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s",
				       i ? " " : "", argv[i]);
}

/* ---- before ------------------------------------------------------------- */

static void make_directories(const char *path)
{
	char part[PATH_LENGTH];
	size_t n = strlen(path);

	if (n >= sizeof(part))
		suite_cannot(path, -ENAMETOOLONG);
	memcpy(part, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			suite_cannot(part, -errno);
		part[i] = path[i];
	}
}

/* Can files be made in it? Now, not after minutes of work. */
static void check_out(const char *path)
{
	char probe[PATH_LENGTH];
	int fd;

	make_directories(path);
	if (snprintf(probe, sizeof(probe), "%s/.riotlb-bench.XXXXXX", path) >=
	    (int)sizeof(probe))
		suite_cannot(path, -ENAMETOOLONG);
	fd = mkstemp(probe);
	if (fd < 0)
		suite_cannot(path, -errno);
	close(fd);
	unlink(probe);
}

static void set_pace(struct suite *suite)
{
	suite->rounds = suite->quick ? 9 : 12;
	suite->sample_ns = suite->quick ? 0.8e6 : 20e6;
	suite->budget_ns = suite->quick ? 15e6 : 3e9;
}

static void set_up(struct suite *suite, const struct options *o)
{
	struct subject_settings *s = &subject_settings;
	int err;

	suite->quick = o->quick;
	suite->peers = !o->no_peers;
	suite->seed = o->seed;
	suite->rng.state = o->seed;
	set_pace(suite);
	cpus_allowed(&suite->cpu[0], &suite->cpu[1]);
	s->section = SECTION;
	s->reader_cpu = suite->cpu[0];
	s->reclaim_cpu = suite->cpu[1];
	suite->results = results_create();
	if (!suite->results)
		suite_cannot("set-up", -ENOMEM);
	err = cpu_pin(suite->cpu[0]);
	if (err)
		suite_cannot("a CPU to run on", err);
	clock_init();
	err = cache_flush_init();
	if (err)
		suite_cannot("set-up", err);
}

static void run_parts(struct suite *suite, bool plan)
{
	for (size_t i = 0; i < frame_part_count; i++)
		frame_parts[i](suite, plan);
}

/* ---- after -------------------------------------------------------------- */

static double stolen(const unsigned long long before[2],
		     const unsigned long long after[2])
{
	if (after[1] <= before[1])
		return 0;
	return 100.0 * (double)(after[0] - before[0]) /
	       (double)(after[1] - before[1]);
}

static void describe(struct output_run *run, const struct suite *suite)
{
	run->results = suite->results;
	run->version = riotlb_version();
	run->allocator = counted_allocator_name;
	run->seed = suite->seed;
	run->rounds = suite->rounds;
	run->section = SECTION;
	run->reader_cpu = suite->cpu[0];
	run->updater_cpu = suite->cpu[1];
	run->quick = suite->quick;
	run->peers = suite->peers;
	run->versions = frame_versions(&run->version_count);
}

static int measure(struct suite *suite, const struct options *o,
		   const char *command)
{
	static struct bar bars[BAR_COUNT];
	static struct machine machine;
	unsigned long long before[2];
	unsigned long long after[2];
	struct output_run run = { .started = time(NULL), .command = command };
	uint64_t began = clock_posix();
	int err;

	machine_facts(&machine);
	machine_steal(&before[0], &before[1]);
	frame_progress_begin();
	run_parts(suite, false);
	frame_progress_end();
	machine_steal(&after[0], &after[1]);
	bars_judge(suite->results, bars);
	describe(&run, suite);
	run.machine = &machine;
	run.bars = bars;
	run.seconds = (double)(clock_posix() - began) / 1e9;
	run.steal = stolen(before, after);
	output_table(&run, stdout);
	err = output_write(&run, o->out);
	if (err || fflush(stdout))
		return EXIT_CANNOT;
	return suite->failed ? EXIT_WRONG : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static char command[PATH_LENGTH];
	struct suite suite = { .failed = false };
	struct options o;
	int status = EXIT_SUCCESS;
	size_t rows;

	join(argc, argv, command, sizeof(command));
	parse(argc, argv, &o);
	set_up(&suite, &o);
	frame_collect();
	run_parts(&suite, true);
	rows = frame_collected(o.list);
	if (rows == 0)
		usage("no row matches", o.filter);
	if (!o.list) {
		check_out(o.out);
		status = measure(&suite, &o, command);
	}
	results_destroy(suite.results);
	cb_shutdown();
	regfree(&o.only);
	return status;
}
