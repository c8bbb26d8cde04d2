/* SPDX-License-Identifier: MIT */
/*
 * reset_map is one short call on a table that is large or small, in a program
 * that has better things in its caches. So each call is timed alone, with the
 * caches flushed, or as building the table left them; a call that does nothing
 * is timed in the same way and taken off. Small tables are built over the large
 * one that they are compared with, in the same address space of the same
 * engine: two engines differ in where their memory lies, and by more than what
 * is looked for.
 */
#ifndef BENCH_RESETS_H
#define BENCH_RESETS_H

#include <stdbool.h>
#include <stddef.h>

#include "measure.h"
#include "subject.h"

struct reset_case {
	/* uses replace, reset, translate and settle */
	const struct subject_ops *ops;
	void *self;
	/* built before m, so that the caches have been through the same */
	const struct riotlb_mapping *under;
	size_t n_under; /* 0: nothing is */
	const struct riotlb_mapping *m;
	size_t n;
	/* Of a round: */
	double ns;     /* of one call */
	double cpu_ns; /* of the process: the call and what it leaves behind */
	/* why resets_round returned false; and is it a wrong answer? */
	const char *problem;
	bool wrong;
};

#define RESET_MAX_CASES 16

enum reset_caches {
	RESET_FLUSHED,
	RESET_AS_BUILT,
};

/*
 * Times `calls` resets of each case, in an order drawn anew for each. ns and
 * cpu_ns are the mean of the middle half of the calls; ns is never less than
 * the clock's quantum. False: the problem of one of the cases is set.
 */
bool resets_round(struct reset_case *cases, size_t n, size_t calls,
		  enum reset_caches caches, struct rng *rng);

#define RESET_SMALL 16u

/* RESET_SMALL dense mappings of 4 KiB with random targets. */
void resets_make_small(struct riotlb_mapping small[RESET_SMALL],
		       struct rng *rng);

#endif
