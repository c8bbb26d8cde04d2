/* SPDX-License-Identifier: MIT */
/* What a run says: a terminal table, JSON for tools, a report for people. */
#ifndef BENCH_OUTPUT_OUTPUT_H
#define BENCH_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "../bars.h"
#include "../machine.h"
#include "../results.h"

/* Something that took part: a library, a package whose sources were built. */
struct output_version {
	const char *name;
	const char *version;
};

/* clock_facts of measure.h is read too. */
struct output_run {
	const struct results *results;
	const struct bar *bars; /* BAR_COUNT, in order */
	const struct machine *machine;
	const struct output_version *versions;
	size_t version_count;
	const char *version;   /* riotlb's own */
	const char *command;   /* the command line */
	const char *allocator; /* under every subject */
	time_t started;
	double seconds;   /* the run took */
	double steal;     /* share of all CPU time meanwhile, in percent */
	uint64_t seed;    /* of keys, mappings and turns */
	size_t rounds;    /* of a contest */
	unsigned section; /* lookups per read-side section or lock */
	int reader_cpu;
	int updater_cpu; /* and the reclaimer's; -1: there is one CPU */
	bool quick;
	bool peers; /* they were asked for */
};

/*
 * Creates dir where there is none, its parents too, and writes full.json,
 * ci.json, summary.json and report.html. A file is replaced as a whole or not
 * at all. 0 or the first error, -errno, after a message on standard error for
 * each file that could not be written.
 */
int output_write(const struct output_run *run, const char *dir);

/* Under 100 columns; colours only if out is a terminal and NO_COLOR unset. */
void output_table(const struct output_run *run, FILE *out);

#endif
