/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_CORE_BATCH_H
#define RIOTLB_CORE_BATCH_H

#include "engine.h"

/*
 * A table of its own, for default states: opaque words are kept as they are,
 * limits do not apply. Errors as riotlb_set_map.
 */
int riotlb_build_table(struct riotlb_space *space,
		       const struct riotlb_mapping *mappings, size_t n,
		       struct riotlb_table **out);

/* What riotlb_reset_map does; `report` may be NULL. */
void riotlb_swap_to_default(struct riotlb_space *space,
			    struct riotlb_report *report);

#endif
