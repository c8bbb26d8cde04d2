/* SPDX-License-Identifier: MIT */
/*
 * The shape of the trie: how wide a container is and what its slots span, when
 * a pack bursts into one and when one becomes too small. The rules and the
 * measurements behind them are in core/README.md.
 */
#ifndef RIOTLB_CORE_GROW_H
#define RIOTLB_CORE_GROW_H

#include "edit.h"

/*
 * Puts more entries than a pack holds into a new container for slot i of a
 * private container.
 */
bool riotlb_grow_burst(struct riotlb_txn *txn, struct riotlb_cells *cells,
		       uint64_t i, const struct riotlb_list *list);

/*
 * Replaces the window in slot i by one that covers [start, last] too (within
 * the slot's span).
 */
bool riotlb_grow_window(struct riotlb_txn *txn, struct riotlb_cells *cells,
			uint64_t i, uint64_t start, uint64_t last);

/*
 * Sees to it that the private table can take `entry`: covers it. As long as
 * all that a table holds would fit a pack, its root is chosen anew where that
 * suits `entry` better. May replace txn->table and txn->top.
 */
bool riotlb_grow_table(struct riotlb_txn *txn,
		       const struct riotlb_entry *entry);

/* A new private table: two slots that span everything. */
struct riotlb_table *riotlb_grow_new_table(struct riotlb_txn *txn);

#endif
