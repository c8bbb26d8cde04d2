/* SPDX-License-Identifier: MIT */
/*
 * The common case of map, replace and unmap, by itself: one mapping that one
 * pack entry or slots of one container hold, in an AS without limits and hooks.
 * Nothing is allocated or retired; of a mapping in one region, nothing is
 * touched that updaters of other regions touch. False: nothing was done;
 * update.c has the whole semantics.
 */
#ifndef RIOTLB_CORE_QUICK_H
#define RIOTLB_CORE_QUICK_H

#include "engine.h"

bool riotlb_quick_map(struct riotlb *engine, uint32_t asid,
		      const struct riotlb_mapping *mapping, uint32_t flags,
		      struct riotlb_report *report);
/*
 * With RIOTLB_MAP_REPLACE: into vacant slots or entries, or over a mapping of
 * the same range, if one container or entry has it and can take the new words.
 */
bool riotlb_quick_replace(struct riotlb *engine, uint32_t asid,
			  const struct riotlb_mapping *mapping,
			  struct riotlb_report *report);
bool riotlb_quick_unmap(struct riotlb *engine, uint32_t asid, uint64_t start,
			uint64_t last, struct riotlb_report *report);

#endif
