/* SPDX-License-Identifier: MIT */
/*
 * From bytes to an engine's attributes and to updates and questions. Every
 * input means something; most ranges are at or near what is mapped, for which
 * the decoder looks at the model.
 */
#ifndef TESTS_FUZZ_OPS_DECODE_H
#define TESTS_FUZZ_OPS_DECODE_H

#include <stdbool.h>

#include "bytes.h"
#include "model.h"
#include "ops.h"

#define FUZZ_AS 3
#define FUZZ_GROUPS 2
#define FUZZ_LIST 8     /* most mappings of a default list */
#define FUZZ_ENTRIES 64 /* the longest array of a call */

struct setup {
	bool retire;
	bool sync;
	uint64_t backlog_cap;
	struct riotlb_default defaults[FUZZ_AS];
	struct riotlb_limits limits[FUZZ_AS];
	struct riotlb_mapping lists[FUZZ_AS][FUZZ_LIST];
	/* geometry */
	uint64_t base;
	unsigned int unit;
};

/* May be one that no engine can be created with. */
void decode_setup(struct bytes *b, struct setup *setup);

enum step_kind {
	STEP_UPDATE, /* op */
	STEP_LOOKUP, /* range, want, room */
	STEP_MANY,   /* the same at each of `ranges`, in one burst and list */
	STEP_ITERATE,
	STEP_RECLAIM,
	STEP_LEASE, /* begins one, or ends it */
};

struct step {
	enum step_kind kind;
	struct op op;
	size_t refuse; /* the update's so manyth allocation is; 0: none */
	uint32_t asid;
	struct riotlb_range range;
	uint32_t want;
	size_t room;
	size_t n;
	struct riotlb_range ranges[FUZZ_ENTRIES];
	struct riotlb_op many[FUZZ_ENTRIES]; /* where op.many points to */
};

void decode_step(struct bytes *b, const struct setup *setup,
		 const struct model *model, struct step *step);

#endif
