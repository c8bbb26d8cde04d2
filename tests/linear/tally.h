/* SPDX-License-Identifier: MIT */
/*
 * What the histories of a run had in them, so that a run in which nothing
 * happened at the same time, or nothing ever failed, does not pass.
 */
#ifndef TESTS_TALLY_H
#define TESTS_TALLY_H

#include "script.h"

enum outcome_of_call {
	OUT_OK,
	OUT_EEXIST,
	OUT_EFAULT,
	OUT_EINVAL,
	OUT_ENOSPC,
	OUT_ENOMEM,
	OUTCOMES,
};

struct tally {
	uint64_t histories;
	uint64_t overlapping; /* some call overlaps another thread's event */
	/* of them, those that the order of invocation does not explain */
	uint64_t entangled;
	uint64_t searches;
	uint64_t points;
	uint64_t most_points;
	uint64_t calls[OP_KINDS][OUTCOMES];
	uint64_t removed; /* calls that reported mappings gone */
	uint64_t cut;
	uint64_t stopped;   /* events, as play_stopped counts them */
	uint64_t straddled; /* lookups of what a successful call changes then */
	uint64_t several;   /* lookups that saw several bytes */
	uint64_t hits;
	uint64_t identities;
	uint64_t holes;
	uint64_t denied;
	uint64_t by_group;
	uint64_t iterations; /* of more than nothing */
	uint64_t totals;
	uint64_t defaults; /* totals of a default state */
	uint64_t bindings;
};

/* Everything but searches, points, `entangled` and `stopped`. */
void tally_add(struct tally *t, const struct history *h);
/*
 * Has the run seen enough of what its profile is about? The quotas are shares
 * of the histories made. With `out`, says of what there was not enough.
 */
bool tally_enough(const struct tally *t, const struct profile *p, FILE *out);
void tally_print(FILE *out, const struct tally *t);

#endif
