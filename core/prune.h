/* SPDX-License-Identifier: MIT */
/*
 * Pruning: edits in place leave dead packs and empty containers behind, ready
 * to be used again. When they have come to be half of a table's memory they are
 * taken out, slot by slot of the root.
 */
#ifndef RIOTLB_CORE_PRUNE_H
#define RIOTLB_CORE_PRUNE_H

#include "stripe.h"

/* If the table has grown enough to look; by the reclaimer. */
void riotlb_prune_if_due(struct riotlb_space *space);
/* In any case; holds the AS exclusively for one root slot at a time. */
void riotlb_prune(struct riotlb_space *space);

#endif
