/* SPDX-License-Identifier: MIT */
/* Random updates and questions, shaped by a profile. */
#ifndef TESTS_GEN_H
#define TESTS_GEN_H

#include "model.h"
#include "ops.h"
#include "rng.h"

#define GEN_AS 3
#define GEN_GROUPS 2
#define GEN_ENTRIES 48 /* the longest array of a bulk call */
#define GEN_DELTAS 6

/*
 * Where a profile's ranges lie: `windows` windows of 2^window_bits bytes, the
 * first at `base`, the others anywhere. Starts and lengths are multiples of
 * 2^unit_bits (but see `odd`), lengths at most 2^len_bits units.
 */
struct profile {
	const char *name;
	const char *what;
	uint64_t base;
	unsigned int windows;
	unsigned int window_bits;
	unsigned int unit_bits;
	unsigned int len_bits;
	unsigned int odd;    /* percent of ranges off the unit by some bytes */
	unsigned int skewed; /* of GEN_DELTAS deltas, how many are unaligned */
	unsigned int opaque; /* percent of mappings with an opaque word */
	uint64_t max_mappings; /* limit; 0: none */
	uint64_t max_bytes;    /* limit on table memory; 0: none */
	unsigned int ops;      /* of a run, where nothing else is asked for */
};

extern const struct profile profiles[];
extern const size_t nprofiles;
const struct profile *profile_find(const char *name);

struct gen {
	const struct profile *profile;
	const struct model *model;
	struct rng rng;
	uint64_t window[8];
	uint64_t delta[GEN_DELTAS];
	struct riotlb_op many[GEN_ENTRIES];
};

void gen_init(struct gen *g, const struct profile *profile,
	      const struct model *model, uint64_t seed);
/* The op points into the generator until the next one is drawn. */
struct op gen_op(struct gen *g);
/* A range to ask about; it may be anywhere. */
struct riotlb_range gen_range(struct gen *g, uint32_t asid);
/* What an AS of this index starts from. `list` has room for GEN_ENTRIES. */
struct riotlb_default gen_default(struct gen *g, uint32_t asid,
				  struct riotlb_mapping *list);

#endif
