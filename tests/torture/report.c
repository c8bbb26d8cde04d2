/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <riotlb/rcu.h>

#include "sanitizer.h"
#include "violation.h"

enum {
	SCHEMA = 1,
	/* of every hundred lookups, those that lead to a mapping */
	HITS_PERCENT = 20,
#if defined(RIOTLB_TSAN) || defined(TESTS_EMULATED)
	SLOWER = 40,
#elif defined(TESTS_ASAN) || !defined(NDEBUG)
	SLOWER = 8,
#else
	SLOWER = 1,
#endif
};

/*
 * In two minutes of a release build on two cores, of which it reaches about
 * twice as much. Instrumented builds do the same more slowly.
 */
static const uint64_t in_two_minutes[COUNTS] = {
	[COUNT_lookups] = 100000000,  [COUNT_straddled] = 1000000,
	[COUNT_held] = 20000000,      [COUNT_cached] = 200000,
	[COUNT_stale] = 200000,       [COUNT_delays] = 50000,
	[COUNT_updates] = 5000000,    [COUNT_resets] = 100000,
	[COUNT_publications] = 20000, [COUNT_rebinds] = 20000,
	[COUNT_retired] = 100000,     [COUNT_callbacks] = 100000,
	[COUNT_unmapped] = 2000,      [COUNT_leases] = 20000,
	[COUNT_lease_waits] = 10000,
};

static uint64_t share(uint64_t in_all, double seconds)
{
	return (uint64_t)((double)in_all * seconds / (120 * SLOWER));
}

/* Half of the engines are plain, and what these cannot do the others must. */
static bool is_of_callbacks(int what)
{
	return what == COUNT_callbacks || what == COUNT_lease_waits ||
	       what == COUNT_stalls || what == COUNT_eagain ||
	       what == COUNT_stalled;
}

void quota_of(const struct options *options, const struct kind *kind,
	      double seconds, uint64_t quota[COUNTS])
{
	/* more by one: rounds that just meet theirs must meet that of all */
	for (int i = 0; i < COUNTS; i++)
		quota[i] = (share(in_two_minutes[i], seconds) +
			    (in_two_minutes[i] != 0)) *
			   (is_of_callbacks(i) ? kind->plain ? 0 : 2 : 1);
	if (!options->mortal)
		quota[COUNT_unmapped] = 0;
	/* in every round */
	quota[COUNT_deferred] = kind->plain;
	quota[COUNT_stalls] = !kind->plain;
	quota[COUNT_eagain] = !kind->plain;
	quota[COUNT_stalled] = !kind->plain;
}

static void add_up(const struct report *r, uint64_t totals[COUNTS])
{
	memset(totals, 0, COUNTS * sizeof(*totals));
	for (unsigned int e = 0; e < r->engines; e++)
		for (int i = 0; i < COUNTS; i++)
			totals[i] += r->engine[e].totals[i];
}

bool quota_met(const struct report *r)
{
	uint64_t quota[COUNTS], totals[COUNTS];
	bool met = true;

	add_up(r, totals);
	for (int i = 0; i < COUNTS; i++)
		quota[i] =
			share(in_two_minutes[i], (double)r->options->seconds);
	if (!r->options->mortal)
		quota[COUNT_unmapped] = 0;
	quota[COUNT_stalls] = quota[COUNT_eagain] = quota[COUNT_stalled] = 1;
	/* without engines that have them there is no asking for them */
	for (int i = 0; i < COUNTS && !r->options->capped; i++)
		if (is_of_callbacks(i))
			quota[i] = 0;
	quota[COUNT_hits] = totals[COUNT_lookups] / 100 * HITS_PERCENT;
	for (int i = 0; i < COUNTS; i++) {
		if (totals[i] >= quota[i])
			continue;
		fprintf(stderr, "missed: %" PRIu64 " %s of %" PRIu64 "\n",
			totals[i], count_name((enum count)i), quota[i]);
		met = false;
	}
	return met;
}

void report_print(const struct report *r)
{
	uint64_t totals[COUNTS];

	add_up(r, totals);
	for (int i = 0; i < COUNTS; i++)
		printf("%-14s %" PRIu64 "\n", count_name((enum count)i),
		       totals[i]);
	printf("%-14s %" PRIu64 "\n", "violations", violations());
}

/* ---- JSON -------------------------------------------------------------- */

/* Setters take NULL for an error, so that one look at the end is enough. */
static void put(json_t *o, bool *ok, const char *key, json_t *value)
{
	if (json_object_set_new(o, key, value))
		*ok = false;
}

static void put_counts(json_t *o, bool *ok, const uint64_t totals[COUNTS])
{
	for (int i = 0; i < COUNTS; i++)
		put(o, ok, count_name((enum count)i),
		    json_integer((json_int_t)totals[i]));
}

static json_t *engine_json(const struct engine_report *e, bool *ok)
{
	json_t *o = json_object();

	put(o, ok, "kind", json_string(e->kind.name));
	put(o, ok, "rounds", json_integer((json_int_t)e->rounds));
	put(o, ok, "seconds", json_real(e->seconds));
	put_counts(o, ok, e->totals);
	return o;
}

static json_t *document(const struct report *r, bool met, bool *ok)
{
	json_t *o = json_object(), *engines = json_array();
	uint64_t totals[COUNTS];
	char seed[24];

	/* a number would lose digits in most readers */
	snprintf(seed, sizeof(seed), "%" PRIu64, r->options->seed);
	put(o, ok, "schema", json_integer(SCHEMA));
	put(o, ok, "version", json_string(riotlb_version()));
	put(o, ok, "seed", json_string(seed));
	put(o, ok, "seconds_asked",
	    json_integer((json_int_t)r->options->seconds));
	put(o, ok, "seconds", json_real(r->seconds));
	add_up(r, totals);
	put_counts(o, ok, totals);
	put(o, ok, "violations", json_integer((json_int_t)violations()));
	put(o, ok, "quotas_met", json_boolean(met));
	for (unsigned int e = 0; e < r->engines; e++)
		if (json_array_append_new(engines,
					  engine_json(&r->engine[e], ok)))
			*ok = false;
	put(o, ok, "engines", engines);
	return o;
}

bool report_json(const struct report *r, const char *path, bool met)
{
	bool ok = true, out = !strcmp(path, "-");
	json_t *o = document(r, met, &ok);
	FILE *file = out ? stdout : fopen(path, "w");

	ok = ok && o && file && !json_dumpf(o, file, JSON_INDENT(2));
	ok = ok && fputc('\n', file) != EOF;
	if (file && (out ? fflush(file) : fclose(file)))
		ok = false;
	json_decref(o);
	if (!ok)
		fprintf(stderr, "riotlb-torture: %s: could not be written\n",
			path);
	return ok;
}
