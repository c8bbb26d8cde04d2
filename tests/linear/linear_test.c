/* SPDX-License-Identifier: MIT */
/*
 * Short concurrent runs, each of which must be explained by some order of its
 * calls that respects real time: of all updates and what is said about their
 * results, together with the lookups of one byte at a time, or of many.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/riotlb.h>

#include "check.h"
#include "oracle.h"
#include "play.h"
#include "search.h"
#include "tally.h"

/* The flavours' own headers redefine each other's names. */
extern const struct rcu_flavor_struct urcu_memb_flavor;
extern const struct rcu_flavor_struct urcu_qsbr_flavor;

enum {
	HISTORIES = 3000, /* of each profile */
	BATCH = 50,       /* on the same engine */
	TRIES = 20,       /* times as many until the quotas are given up */
};

static struct {
	bool qsbr;
	unsigned int percent;
	uint64_t seed;
	const struct profile *profile; /* NULL: all */
	bool one;                      /* just this history, */
	uint64_t number;
	uint64_t repeat; /* so often */
} options = { .percent = 100, .seed = 1, .repeat = 1 };

/* What is being done, for the report of a failure. */
static struct {
	const struct profile *profile;
	uint64_t number;
	struct history h;
	struct search *search;
	unsigned int looks;
} now;

/* ---- failures ------------------------------------------------------------ */

static void tell_order(void)
{
	const struct step *order;
	unsigned int n = search_order(now.search, &order);

	fprintf(stderr, "the longest order that fits (thread.event):");
	for (unsigned int i = 0; i < n; i++)
		fprintf(stderr, " %u.%u%s", order[i].thread, order[i].index,
			order[i].kind == STEP_RESOLVE ? "r" : "");
	fputc('\n', stderr);
}

static void tell(void *ctx)
{
	(void)ctx;
	history_print(stderr, &now.h);
	if (now.looks < UNITS)
		fprintf(stderr, "the lookups of u%u, with all updates\n",
			now.looks);
	tell_order();
	/* what threads do when is not the seed's, so it may take many */
	fprintf(stderr,
		"replay: --profile %s --seed %" PRIu64 " --history %" PRIu64
		" --repeat 10000%s\n",
		now.profile->name, options.seed, now.number,
		options.qsbr ? " --flavor qsbr" : "");
}

/* ---- one history --------------------------------------------------------- */

static void search(struct tally *t, unsigned int looks)
{
	enum verdict verdict;

	now.looks = looks;
	verdict = search_run(now.search, &now.h, looks);
	t->searches++;
	t->points += search_points(now.search);
	if (search_points(now.search) > t->most_points)
		t->most_points = search_points(now.search);
	if (verdict == NOT_LINEARIZABLE)
		check_fail("no order of this history gives its results");
	if (verdict == GAVE_UP)
		check_fail("too many orders to try all");
	oracle_check(&now.h, now.search, looks);
}

static bool unit_is_looked_up(unsigned int unit)
{
	for (unsigned int t = 0; t < now.h.threads; t++)
		for (unsigned int i = 0; i < now.h.n[t]; i++)
			if (now.h.event[t][i].kind == EVENT_LOOK &&
			    search_includes(&now.h.event[t][i], unit))
				return true;
	return false;
}

static void search_each_byte(struct tally *t)
{
	bool any = false;

	for (unsigned int unit = 0; unit < UNITS; unit++) {
		if (!unit_is_looked_up(unit))
			continue;
		search(t, unit);
		any = true;
	}
	if (!any)
		search(t, LOOKS_NONE);
}

/* The same with each event after the one invoked before it. */
static const struct history *serialized(const struct history *h)
{
	static struct history serial;
	struct event *order[THREADS_MAX * EVENTS_MAX];
	unsigned int n = 0;

	serial = *h;
	for (unsigned int t = 0; t < h->threads; t++) {
		for (unsigned int i = 0; i < h->n[t]; i++) {
			struct event *e = &serial.event[t][i];
			unsigned int at = n++;

			for (; at && order[at - 1]->invoked > e->invoked; at--)
				order[at] = order[at - 1];
			order[at] = e;
		}
	}
	for (unsigned int i = 0; i < n; i++) {
		order[i]->invoked = 2 * i;
		order[i]->returned = 2 * i + 1;
	}
	return &serial;
}

/* Does it take a look at what overlaps to explain it? */
static bool is_entangled(void)
{
	const struct history *serial = serialized(&now.h);
	const struct profile *p = now.profile;

	if (!p->each_byte)
		return search_run(now.search, serial, p->looks) != LINEARIZABLE;
	for (unsigned int unit = 0; unit < UNITS; unit++)
		if (search_run(now.search, serial, unit) != LINEARIZABLE)
			return true;
	return false;
}

static void check_history(struct tally *t)
{
	const struct profile *p = now.profile;

	if (p->each_byte)
		search_each_byte(t);
	else
		search(t, p->looks);
	tally_add(t, &now.h);
	t->entangled += is_entangled();
}

/* ---- runs ---------------------------------------------------------------- */

static struct rng rng_for(uint64_t number, uint64_t salt)
{
	uint64_t profile = (uint64_t)(now.profile - profiles);
	struct rng rng = { .state = rng_mix(options.seed * 16 + profile) };

	rng.state = rng_mix(rng.state ^ rng_mix(number * 2 + salt));
	return rng;
}

/* `n` histories on one engine; with options.one, all of the same script. */
static void run_batch(struct tally *t, uint64_t first, uint64_t n)
{
	struct rng rng = rng_for(first / BATCH, 1);
	struct variant v;
	struct play *play;

	variant_draw(&v, &rng);
	play = play_begin(&v, options.qsbr ? &urcu_qsbr_flavor : NULL,
			  options.seed + first + t->histories);
	for (uint64_t i = 0; i < n; i++) {
		unsigned int refuse = 0;

		now.number = options.one ? first : first + i;
		rng = rng_for(now.number, 0);
		script_draw(&now.h, now.profile, &v, &rng);
		if (rng_percent(&rng, now.profile->refusals))
			refuse = 1 + (unsigned int)rng_below(&rng, 5);
		play_history(play, &now.h, refuse);
		check_history(t);
	}
	t->stopped += play_stopped(play);
	play_end(play);
}

static void run_profile(void)
{
	uint64_t n = HISTORIES * (uint64_t)options.percent / 100 / BATCH + 1;
	struct tally t = { 0 };

	for (uint64_t i = 0; i < n * TRIES; i++) {
		run_batch(&t, i * BATCH, BATCH);
		if (i >= n && tally_enough(&t, now.profile, NULL))
			break;
	}
	printf("%s: ", now.profile->name);
	tally_print(stdout, &t);
	fflush(stdout);
	if (!tally_enough(&t, now.profile, stderr)) {
		fprintf(stderr, "(--profile %s --seed %" PRIu64 ")\n",
			now.profile->name, options.seed);
		exit(1);
	}
}

static void run_one(void)
{
	struct tally t = { 0 };

	for (uint64_t left = options.repeat; left;) {
		uint64_t n = left < BATCH ? left : BATCH;

		run_batch(&t, options.number, n);
		left -= n;
	}
	tally_print(stdout, &t);
	history_print(stdout, &now.h);
}

/* ---- options ------------------------------------------------------------- */

static void usage(const char *program)
{
	fprintf(stderr,
		"usage: %s [--flavor memb|qsbr] [--percent N] [--seed N]\n"
		"       [--profile NAME [--history N [--repeat N]]]\n",
		program);
	exit(2);
}

static const struct profile *profile_find(const char *name)
{
	for (unsigned int i = 0; i < nprofiles; i++)
		if (!strcmp(profiles[i].name, name))
			return &profiles[i];
	return NULL;
}

static bool take_option(const char *name, const char *value)
{
	uint64_t n = strtoull(value, NULL, 10);

	if (!strcmp(name, "--percent"))
		return (options.percent = (unsigned int)n) > 0;
	if (!strcmp(name, "--repeat"))
		return (options.repeat = n) > 0;
	if (!strcmp(name, "--seed")) {
		options.seed = n;
	} else if (!strcmp(name, "--history")) {
		options.one = true;
		options.number = n;
	} else if (!strcmp(name, "--profile")) {
		return (options.profile = profile_find(value)) != NULL;
	} else if (!strcmp(name, "--flavor")) {
		options.qsbr = !strcmp(value, "qsbr");
		return options.qsbr || !strcmp(value, "memb");
	} else {
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2)
		if (i + 1 == argc || !take_option(argv[i], argv[i + 1]))
			usage(argv[0]);
	if (options.one && !options.profile)
		usage(argv[0]);
	now.search = search_new();
	now.profile = options.profile;
	check_set_context(tell, NULL);
	if (options.one) {
		run_one();
	} else if (options.profile) {
		run_profile();
	} else {
		for (unsigned int i = 0; i < nprofiles; i++) {
			now.profile = &profiles[i];
			run_profile();
		}
	}
	search_free(now.search);
	return 0;
}
