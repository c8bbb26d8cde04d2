/* SPDX-License-Identifier: MIT */
/* How much must have happened, whether it did, and the account of it. */
#ifndef TORTURE_REPORT_H
#define TORTURE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "count.h"
#include "options.h"
#include "round.h"

enum {
	KINDS = 4,
};

struct engine_report {
	struct kind kind;
	uint64_t rounds;
	double seconds;
	uint64_t totals[COUNTS];
};

struct report {
	const struct options *options;
	double seconds; /* that it took */
	struct engine_report engine[KINDS];
	unsigned int engines;
};

/* What must come of so many seconds of a round. */
void quota_of(const struct options *options, const struct kind *kind,
	      double seconds, uint64_t quota[COUNTS]);
/* Says what was missed, on standard error. */
bool quota_met(const struct report *report);
/* A line per count, on standard output. */
void report_print(const struct report *report);
/* False, and says why, if it could not be written. */
bool report_json(const struct report *report, const char *path, bool met);

#endif
