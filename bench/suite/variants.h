/* SPDX-License-Identifier: MIT */
/* riotlb's own ways to look up and to update: what their timings share. */
#ifndef BENCH_SUITE_VARIANTS_H
#define BENCH_SUITE_VARIANTS_H

#include <riotlb/rcu.h>

#include "suite.h"

/* Keys per iteration, the longest burst. */
#define VARIANT_KEYS 256
/* Mappings of 4 KiB that a vector lookup crosses. */
#define VARIANT_VECTOR 4

enum variant_as {
	VARIANT_RW,     /* every group is bound to it */
	VARIANT_DENIED, /* the same, for reading only */
	VARIANT_EDITED, /* the same, for the updates */
	VARIANT_SET,    /* what set_map makes of it */
	VARIANT_AS,
};

enum variant_flavor {
	VARIANT_MEMB,
	VARIANT_QSBR,
	VARIANT_FLAVORS,
};

enum variant_keys {
	VARIANT_HIT,
	VARIANT_HOLE,
	VARIANT_PAGES, /* VARIANT_VECTOR mappings from each on */
	VARIANT_KEY_SETS,
};

/* A table of dense mappings of 4 KiB, in each AS of each engine. */
struct variants {
	struct suite *suite;
	const struct shape *shape;
	struct riotlb *engine[VARIANT_FLAVORS];
	struct riotlb_mapping *m;
	size_t n;
	size_t chunks; /* of VARIANT_KEYS keys, in each set */
	uint64_t *keys[VARIANT_KEY_SETS];
	uint64_t *sums[VARIANT_KEY_SETS]; /* [chunks]: of the targets */
};

/* Add and measure what the filter wants; with `plan`, return the seconds. */
double variant_lookups(struct suite *suite, struct variants *v,
		       const struct shape *shape, bool plan);
double variant_updates(struct suite *suite, struct variants *v,
		       const struct shape *shape, bool plan);

#endif
