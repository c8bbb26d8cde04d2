/* SPDX-License-Identifier: MIT */
/*
 * riotlb-torture: everything at once, for as long as one likes, and a judge for
 * every answer. The parts are in round.h, the rules in ledger.h and history.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "block.h"
#include "check.h"
#include "place.h"
#include "report.h"
#include "round.h"
#include "violation.h"

static const struct kind kinds[KINDS] = {
	{ "memb", false, false },
	{ "qsbr", true, false },
	{ "memb-plain", false, true },
	{ "qsbr-plain", true, true },
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void tell_seed(void *ctx)
{
	const struct options *o = ctx;

	fprintf(stderr, "seed: %" PRIu64 "\n", o->seed);
}

/* Rounds take turns, all of the same length; there is one of each at least. */
static bool run(struct report *report)
{
	const struct options *o = report->options;
	uint64_t rounds = (o->seconds + o->round - 1) / o->round;
	uint64_t quota[COUNTS];
	double seconds;

	rounds = (rounds + report->engines - 1) / report->engines *
		 report->engines;
	seconds = (double)o->seconds / (double)rounds;
	for (uint64_t i = 0; i < rounds; i++) {
		struct engine_report *e = &report->engine[i % report->engines];
		double from = now();
		bool sound;

		quota_of(o, &e->kind, seconds, quota);
		sound = round_run(o, &e->kind, rng_mix(o->seed + i), seconds,
				  quota, e->totals);
		e->seconds += now() - from;
		e->rounds++;
		fprintf(stderr,
			"round %" PRIu64 " of %" PRIu64 ": %s, %.1f s\n", i + 1,
			rounds, e->kind.name, now() - from);
		if (!sound)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options options = options_parse(argc, argv);
	struct report report = { .options = &options };
	double from = now();
	bool met, sound;

	for (int i = 0; i < KINDS; i++)
		if ((kinds[i].qsbr ? options.qsbr : options.memb) &&
		    (kinds[i].plain ? options.plain : options.capped))
			report.engine[report.engines++].kind = kinds[i];
	check_set_context(tell_seed, &options);
	fprintf(stderr, "seed: %" PRIu64 "\n", options.seed);
	places_init();
	blocks_init(options.mortal);
	sound = run(&report);
	report.seconds = now() - from;
	/* a crashed thread may hold a lock that is wanted from here on */
	if (!sound)
		alarm(60);
	met = quota_met(&report);
	report_print(&report);
	if (options.json && !report_json(&report, options.json, met))
		met = false;
	fflush(NULL);
	/* threads may be stuck in an engine that does not work */
	_exit(sound && met && !violations() ? 0 : 1);
}
