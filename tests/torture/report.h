/* SPDX-License-Identifier: MIT */
/* How much must have happened, whether it did, and the account of it. */
#ifndef TORTURE_REPORT_H
#define TORTURE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "count.h"
#include "options.h"

struct engine_report {
	const char *flavor;
	uint64_t rounds;
	double seconds;
	uint64_t totals[COUNTS];
};

struct report {
	const struct options *options;
	double seconds; /* that it took */
	struct engine_report engine[2];
	unsigned int engines;
};

/* For a share of the run. */
void quota_of(const struct options *options, double seconds,
	      uint64_t quota[COUNTS]);
/* Says what was missed, on standard error. */
bool quota_met(const struct report *report);
/* A line per count, on standard output. */
void report_print(const struct report *report);
/* False, and says why, if it could not be written. */
bool report_json(const struct report *report, const char *path, bool met);

#endif
