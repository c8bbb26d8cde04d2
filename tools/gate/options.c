/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <getopt.h>

#include "path.h"
#include "stats.h"

const char options_help[] =
	"Options:\n"
	"  --out DIR           write gate.json, gate.md, junit.xml, gb.json "
	"and\n"
	"                      report.html there\n"
	"  --filter REGEX      only rows whose names match (controls stay)\n"
	"  --inconclusive WHAT what rows that cannot be judged make of the\n"
	"                      run: pass, fail, or (if not given) status 4\n"
	"  --allow-removed     rows that HEAD does not have are no fault\n"
	"  --no-demote         identical code may be found slower\n"
	"  --always            measure, even if nothing that is compiled "
	"changed\n"
	"  --no-counts         without the counted metrics\n"
	"  --no-pairs          without the measured ones\n"
	"  --no-retry          not once more where controls moved\n"
	"  --margin PERCENT    a slowdown up to here is none (1)\n"
	"  --target PERCENT    a row has to see this much to pass (5)\n"
	"  --floor NS          nor is a smaller difference one (0.05)\n"
	"  --alpha RATE        chance of a false alarm in a run (0.01)\n"
	"  --pairs N           pairs of processes at first (16)\n"
	"  --max-pairs N       pairs of rows that are not decided by then "
	"(40)\n"
	"  --turns N           turns of each side in a pair (11)\n"
	"  --turn-ms MS        how long a turn is (4)\n"
	"  --budget SECONDS    for the pairs (240)\n"
	"  --layouts N         layouts of the program: 1 is the order of the\n"
	"                      files, 0 (if not given) another for each pair\n"
	"  --relink            the sides are not laid out alike\n"
	"  --seed N            of every order that is drawn\n"
	"  --cpu N             where the programs run\n"
	"  --cc COMPILER       for revisions, sources and prefixes (cc)\n"
	"  --repo DIR          where revisions come from (.)\n"
	"  --inject KIND:N     slow HEAD down: share, growth, stall; or line\n"
	"  --keep              leave the programs and the log\n"
	"  --quiet             no table\n"
	"  --help              show this\n";

enum option_id {
	OPT_OUT = 1,
	OPT_FILTER,
	OPT_INCONCLUSIVE,
	OPT_ALLOW_REMOVED,
	OPT_NO_DEMOTE,
	OPT_ALWAYS,
	OPT_NO_COUNTS,
	OPT_NO_PAIRS,
	OPT_NO_RETRY,
	OPT_MARGIN,
	OPT_TARGET,
	OPT_FLOOR,
	OPT_ALPHA,
	OPT_PAIRS,
	OPT_MAX_PAIRS,
	OPT_TURNS,
	OPT_TURN_MS,
	OPT_BUDGET,
	OPT_LAYOUTS,
	OPT_RELINK,
	OPT_SEED,
	OPT_CPU,
	OPT_CC,
	OPT_REPO,
	OPT_INJECT,
	OPT_KEEP,
	OPT_QUIET,
	OPT_HELP,
};

#define WITH required_argument
#define WITHOUT no_argument

static const struct option known[] = {
	{ "out", WITH, NULL, OPT_OUT },
	{ "filter", WITH, NULL, OPT_FILTER },
	{ "inconclusive", WITH, NULL, OPT_INCONCLUSIVE },
	{ "allow-removed", WITHOUT, NULL, OPT_ALLOW_REMOVED },
	{ "no-demote", WITHOUT, NULL, OPT_NO_DEMOTE },
	{ "always", WITHOUT, NULL, OPT_ALWAYS },
	{ "no-counts", WITHOUT, NULL, OPT_NO_COUNTS },
	{ "no-pairs", WITHOUT, NULL, OPT_NO_PAIRS },
	{ "no-retry", WITHOUT, NULL, OPT_NO_RETRY },
	{ "margin", WITH, NULL, OPT_MARGIN },
	{ "target", WITH, NULL, OPT_TARGET },
	{ "floor", WITH, NULL, OPT_FLOOR },
	{ "alpha", WITH, NULL, OPT_ALPHA },
	{ "pairs", WITH, NULL, OPT_PAIRS },
	{ "max-pairs", WITH, NULL, OPT_MAX_PAIRS },
	{ "turns", WITH, NULL, OPT_TURNS },
	{ "turn-ms", WITH, NULL, OPT_TURN_MS },
	{ "budget", WITH, NULL, OPT_BUDGET },
	{ "layouts", WITH, NULL, OPT_LAYOUTS },
	{ "relink", WITHOUT, NULL, OPT_RELINK },
	{ "seed", WITH, NULL, OPT_SEED },
	{ "cpu", WITH, NULL, OPT_CPU },
	{ "cc", WITH, NULL, OPT_CC },
	{ "repo", WITH, NULL, OPT_REPO },
	{ "inject", WITH, NULL, OPT_INJECT },
	{ "keep", WITHOUT, NULL, OPT_KEEP },
	{ "quiet", WITHOUT, NULL, OPT_QUIET },
	{ "help", WITHOUT, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* ---- values ------------------------------------------------------------- */

static const char *name_of(int id)
{
	for (size_t i = 0; known[i].name; i++) {
		if (known[i].val == id)
			return known[i].name;
	}
	return "";
}

static enum status number(int id, double least, double most, double *value)
{
	char *past;
	double v = strtod(optarg, &past);

	if (past == optarg || *past || !(v >= least && v <= most))
		return say(STATUS_USAGE,
			   "--%s needs a number from %g to %g, not '%s'",
			   name_of(id), least, most, optarg);
	*value = v;
	return STATUS_PASS;
}

static enum status whole(int id, unsigned least, unsigned most, unsigned *value)
{
	double v = 0;
	enum status status = number(id, least, most, &v);

	if (status)
		return status;
	if (v > floor(v))
		return say(STATUS_USAGE, "--%s needs a whole number",
			   name_of(id));
	*value = (unsigned)v;
	return STATUS_PASS;
}

static enum status percent(int id, double *share)
{
	double v = 0;
	enum status status = number(id, 0, 1000, &v);

	if (!status)
		*share = v / 100;
	return status;
}

static enum status seed(struct options *o)
{
	char *past;

	errno = 0;
	o->seed = strtoull(optarg, &past, 0);
	if (past == optarg || *past || errno || *optarg == '-')
		return say(STATUS_USAGE, "--seed needs a number, not '%s'",
			   optarg);
	o->seeded = true;
	return STATUS_PASS;
}

static enum status inconclusive(struct rules *rules)
{
	if (strcmp(optarg, "pass") == 0)
		rules->inconclusive = STATUS_PASS;
	else if (strcmp(optarg, "fail") == 0)
		rules->inconclusive = STATUS_REGRESSION;
	else
		return say(STATUS_USAGE,
			   "--inconclusive is pass or fail, not '%s'", optarg);
	return STATUS_PASS;
}

static enum status injection(struct plan *plan)
{
	static const char *const kinds[] = {
		[INJECT_SHARE] = "share:",
		[INJECT_GROWTH] = "growth:",
		[INJECT_STALL] = "stall:",
	};

	if (strcmp(optarg, "line") == 0) {
		plan->injection = INJECT_LINE;
		return STATUS_PASS;
	}
	for (size_t i = INJECT_SHARE; i <= INJECT_STALL; i++) {
		size_t n = strlen(kinds[i]);
		char *past;

		if (strncmp(optarg, kinds[i], n) != 0)
			continue;
		plan->injection = (enum injection)i;
		plan->amount = strtod(optarg + n, &past);
		if (past > optarg + n && !*past && plan->amount >= 0)
			return STATUS_PASS;
	}
	return say(STATUS_USAGE,
		   "--inject is share:S, growth:K, stall:NS or line, not '%s'",
		   optarg);
}

static enum status text(int id, char *to, size_t size)
{
	if (!*optarg || !path_make(to, size, "%s", optarg))
		return say(STATUS_USAGE, "--%s: '%s' is empty or too long",
			   name_of(id), optarg);
	return STATUS_PASS;
}

/* ---- options ------------------------------------------------------------ */

static enum status take_rule(struct options *o, int id)
{
	switch (id) {
	case OPT_INCONCLUSIVE:
		return inconclusive(&o->rules);
	case OPT_MARGIN:
		return percent(id, &o->rules.margin[METRIC_TIME]);
	case OPT_TARGET:
		return percent(id, &o->rules.target[METRIC_TIME]);
	case OPT_FLOOR:
		return number(id, 0, 1e9, &o->rules.floor[METRIC_TIME]);
	case OPT_ALPHA:
		return number(id, 1e-9, 0.5, &o->rules.alpha);
	default:
		return STATUS_PASS;
	}
}

static enum status take_plan(struct options *o, int id)
{
	struct plan *plan = &o->plan;
	unsigned cpu = 0;
	enum status status;

	switch (id) {
	case OPT_PAIRS:
		return whole(id, 1, STATS_MAX_PAIRS, &plan->first);
	case OPT_MAX_PAIRS:
		return whole(id, 1, STATS_MAX_PAIRS, &plan->most);
	case OPT_TURNS:
		return whole(id, 1, 100, &plan->turns);
	case OPT_TURN_MS:
		return number(id, 0.01, 1000, &plan->turn_ms);
	case OPT_BUDGET:
		return number(id, 0, 1e6, &plan->budget);
	case OPT_LAYOUTS:
		return whole(id, 0, STATS_MAX_PAIRS, &plan->layouts);
	case OPT_INJECT:
		return injection(plan);
	case OPT_CPU:
		status = whole(id, 0, 1023, &cpu);
		if (!status)
			plan_place(plan, (int)cpu);
		return status;
	case OPT_FILTER:
		plan->filter = optarg;
		return STATUS_PASS;
	default:
		return take_rule(o, id);
	}
}

static enum status take(struct options *o, int id)
{
	switch (id) {
	case OPT_OUT:
		o->out = optarg;
		return STATUS_PASS;
	case OPT_SEED:
		return seed(o);
	case OPT_CC:
		return text(id, o->shop.cc, sizeof(o->shop.cc));
	case OPT_REPO:
		return text(id, o->shop.repository, sizeof(o->shop.repository));
	default:
		return take_plan(o, id);
	}
}

/* Those without a value; false if it is not one. */
static bool take_switch(struct options *o, int id)
{
	const struct {
		enum option_id id;
		bool *what;
		bool to;
	} switches[] = {
		{ OPT_ALLOW_REMOVED, &o->rules.allow_removed, true },
		{ OPT_NO_DEMOTE, &o->rules.demote, false },
		{ OPT_ALWAYS, &o->always, true },
		{ OPT_NO_COUNTS, &o->counts, false },
		{ OPT_NO_PAIRS, &o->pairs, false },
		{ OPT_NO_RETRY, &o->retry, false },
		{ OPT_RELINK, &o->plan.relink, true },
		{ OPT_KEEP, &o->shop.keep, true },
		{ OPT_QUIET, &o->quiet, true },
		{ OPT_HELP, &o->help, true },
	};

	for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
		if ((int)switches[i].id != id)
			continue;
		*switches[i].what = switches[i].to;
		return true;
	}
	return false;
}

static enum status complain(int option, char *const *argv)
{
	const char *last = argv[optind - 1];

	if (option == ':')
		return say(STATUS_USAGE, "'%s' needs an argument", last);
	if (optopt > 0 && optopt <= OPT_HELP)
		return say(STATUS_USAGE, "'%s' takes no argument", last);
	return say(STATUS_USAGE, "unknown option '%s'; see '%s --help'", last,
		   argv[0]);
}

enum status options_read(struct options *o, int argc, char **argv)
{
	enum status status = STATUS_PASS;
	int id;

	*o = (struct options){ .plan = plan_default(),
			       .rules = rules_default(),
			       .retry = true,
			       .counts = true,
			       .pairs = true };
	path_make(o->shop.repository, sizeof(o->shop.repository), ".");
	opterr = 0;
	optind = 1;
	while (!status && !o->help &&
	       (id = getopt_long(argc, argv, ":", known, NULL)) != -1) {
		if (id == '?' || id == ':')
			return complain(id, argv);
		if (!take_switch(o, id))
			status = take(o, id);
	}
	if (!status && o->plan.most < o->plan.first)
		o->plan.most = o->plan.first;
	if (o->plan.most == o->plan.first)
		o->rules.looks = 1;
	o->rest = argv + optind;
	o->nrest = argc - optind;
	return status;
}
