/* SPDX-License-Identifier: MIT */
/* Who is to do what: histories without times and answers, from a seed. */
#ifndef TESTS_SCRIPT_H
#define TESTS_SCRIPT_H

#include "history.h"
#include "rng.h"

enum action {
	DO_MAP,
	DO_REPLACE,
	DO_UNMAP,
	DO_WHOLE,
	DO_NO_BISECT,
	DO_PROTECT,
	DO_MAP_BULK,
	DO_UNMAP_BULK,
	DO_APPLY,
	DO_SET_MAP,
	DO_RESET,
	DO_BIND,
	DO_ITERATE,
	DO_STATS,
	DO_BINDING,
	DO_LOOK,
	ACTIONS,
};

struct profile {
	const char *name;
	bool each_byte;     /* a search for each byte, with all lookups of it */
	unsigned int looks; /* else one search, with these (search.h) */
	unsigned int span;  /* units of a single call's range, at most */
	unsigned int look_units; /* of a lookup, at most */
	unsigned int refusals; /* percent of histories that lack memory once */
	unsigned char weight[ACTIONS];
};

extern const struct profile profiles[];
extern const unsigned int nprofiles;

/* An engine that several histories are made on, one after the other. */
struct variant {
	struct world world;
	bool retire; /* with a retire callback */
	bool sync;   /* with a sync hook */
	unsigned int threads;
};

void variant_draw(struct variant *v, struct rng *rng);
void script_draw(struct history *h, const struct profile *p,
		 const struct variant *v, struct rng *rng);

#endif
