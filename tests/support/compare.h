/* SPDX-License-Identifier: MIT */
/* Does an engine hold, and answer, what the model does? */
#ifndef TESTS_COMPARE_H
#define TESTS_COMPARE_H

#include "model.h"

/*
 * Every AS by iteration (`chunk` mappings a call) and statistics, every group
 * by its binding.
 */
void compare_state(struct riotlb *engine, const struct model *model,
		   size_t chunk);

/*
 * All three shapes of lookup, the miss list and their forms by group, asked for
 * [iova, last]. `room` is the size of the arrays given, 1 or more, and a call
 * that runs out of it is resumed to its end.
 */
void compare_lookup(struct riotlb *engine, const struct model *model,
		    uint32_t asid, uint64_t iova, uint64_t last, uint32_t want,
		    size_t room);

/* n requests of any places in one burst, and n of one span in one list. */
void compare_many(struct riotlb *engine, const struct model *model,
		  uint32_t asid, const struct riotlb_range *ranges, size_t n,
		  uint32_t want);

/*
 * compare_lookup at and around both ends of the mappings of every AS: of one in
 * `every`, beginning with number `from`.
 */
void compare_edges(struct riotlb *engine, const struct model *model,
		   size_t every, size_t from);

void dump_model(const struct model *model);

#endif
