/* SPDX-License-Identifier: MIT */
/* How lookups are put to the engine: by AS or by group, and in what form. */
#ifndef TORTURE_ASK_H
#define TORTURE_ASK_H

#include "ledger.h"

enum {
	ASK_MAX = 8,
};

/* Whom a lookup is put to. */
struct question {
	struct riotlb *engine;
	bool by_group;
	uint32_t id;      /* asid or group */
	uint64_t version; /* of the binding, before */
};

/*
 * Notes the binding; returns the AS that is meant, unless the group is bound
 * anew meanwhile.
 */
uint32_t ask_begin(struct question *q);
struct riotlb_stamp ask_stamp(const struct question *q, uint64_t start,
			      uint64_t last);
/* One of the forms for a single lookup. */
struct answer ask_one(const struct question *q, const struct look *l,
		      unsigned int form);
/* n of them in one call; returns how many were answered. */
unsigned int ask_many(const struct question *q, const struct look *l,
		      struct answer *a, unsigned int n, bool list);
/* As look_end, for what was asked in this way. */
enum found ask_end(const struct question *q, struct look *l,
		   const struct answer *a, struct held *held);

#endif
