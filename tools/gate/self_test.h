/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_GATE_SELF_TEST_H
#define RIOTLB_GATE_SELF_TEST_H

#include "options.h"

/* What a slowdown is, and what has to become of it. */
struct trial {
	const char *name;
	const char *rows; /* regular expression */
	enum injection injection;
	double amount;
	bool relink;
	/* Rows that this matches have to fail; NULL: none may. */
	const char *fails;
	double share; /* of the runs in which a row that could see it must */
};

extern const struct trial trials[];
extern const size_t trial_count;

/* How a run of a trial went. */
struct outcome {
	size_t rows;   /* that the slowdown was in */
	size_t could;  /* of those, could see it by their own account */
	size_t seen;   /* of these, failed */
	size_t alarms; /* rows that failed and should not have */
	size_t open;   /* inconclusive rows */
	bool failed;   /* the run as a whole had status 1 */
	bool spoilt;   /* it had no verdict: controls moved, or status 3 */
};

struct outcome trial_outcome(const struct trial *trial,
			     const struct gate *gate);

#endif
