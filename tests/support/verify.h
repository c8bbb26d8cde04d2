/* SPDX-License-Identifier: MIT */
/*
 * Is the trie what core/README.md and layout.h say that it is? Looks at the
 * structure itself, by its declarations alone: none of the core's own code that
 * walks, counts or sums is used, so that it cannot be wrong in the same way.
 */
#ifndef TESTS_VERIFY_H
#define TESTS_VERIFY_H

#include <riotlb/riotlb.h>

/*
 * Checks of every AS, and of its prebuilt tables:
 *
 *  - slots, tags, widths and shifts are such that each container lies in its
 *    slot's span, and nothing is reached by two ways
 *  - entries of packs are sorted, disjoint and inside of their slot, dead ones
 *    included, and no more than a pack takes; a live one alone in its slot is
 *    not what a page would hold
 *  - marks pair up: a mapping begins with START, goes on without a gap, a new
 *    delta or another permission, and ends with LAST; its host addresses do not
 *    wrap
 *  - with a retire callback each mapping has a record of its own
 *  - totals, table memory and shape are what is there
 *  - no lock is held, and stripes that were used are listed
 *
 * Nobody else may be at the engine.
 */
void verify_engine(struct riotlb *engine);

/*
 * Memory that is in use for what the AS hold now, prebuilt tables included:
 * tables and records. What waits for readers is not in it.
 */
uint64_t verify_bytes(struct riotlb *engine);

#endif
