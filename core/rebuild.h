/* SPDX-License-Identifier: MIT */
/*
 * Rebuilding: a trie that has grown in random order is deeper than one built
 * from the sorted mappings, because the first bursts see only a few of them;
 * and what is left of a larger table keeps nodes for a mapping or two. Now and
 * then the reclaimer looks, and if the table is deep or wasteful, builds it
 * again, without a lock; updates that come in between make it give up.
 */
#ifndef RIOTLB_CORE_REBUILD_H
#define RIOTLB_CORE_REBUILD_H

#include "engine.h"

/* By the reclaimer, whenever it has done a cycle. */
void riotlb_rebuild_if_due(struct riotlb_space *space);

#endif
