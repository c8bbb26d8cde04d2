/* SPDX-License-Identifier: MIT */
/*
 * Edits of a transaction's private structure. The caller (ops.c) has validated
 * the operation and cut mappings at the borders of the range; the edits keep
 * the invariants of slots, packs and marks:
 *
 *  - the entries of a pack are sorted and disjoint, dead ones included
 *  - a mapping's first part carries START and its side word, its last part LAST
 *  - a slot is a PAGE wherever one mapping with a page-aligned delta fills it
 *
 * All return false when the transaction is out of memory.
 */
#ifndef RIOTLB_CORE_EDIT_H
#define RIOTLB_CORE_EDIT_H

#include "txn.h"

/* One part of a mapping, by value. `low` is the lower 12 bits of its delta. */
struct riotlb_entry {
	uint64_t start;
	uint64_t last;
	uint64_t word;
	uint64_t side;
	uint16_t low;
};

/* [entry.start, entry.last] must be unmapped. */
bool riotlb_edit_fill(struct riotlb_txn *txn, const struct riotlb_entry *entry);
/*
 * The same, and perhaps the first txn->taken of n mappings, which are to be
 * filled in next: those are valid, equal neighbours of the entry, in a slot
 * where nothing else is.
 */
bool riotlb_edit_fill_ahead(struct riotlb_txn *txn,
			    const struct riotlb_entry *entry,
			    const struct riotlb_mapping *ahead, size_t n);
/*
 * The same if the last fill's container has a vacant slot for just this entry.
 * False: nothing was done. The caller need not have looked for overlaps.
 */
bool riotlb_edit_fill_finger(struct riotlb_txn *txn,
			     const struct riotlb_entry *entry);
/*
 * The same for the first of n mappings: those that are valid, carry no side
 * word, and go into a vacant slot each. Returns how many were filled in; their
 * bytes are so many slots of txn->finger.
 */
size_t riotlb_edit_fill_run(struct riotlb_txn *txn,
			    const struct riotlb_mapping *m, size_t n);
/* Nothing may reach into the range from outside. */
bool riotlb_edit_erase(struct riotlb_txn *txn, uint64_t start, uint64_t last);
bool riotlb_edit_protect(struct riotlb_txn *txn, uint64_t start, uint64_t last,
			 uint32_t perm);
/*
 * One mapping holds at - 1 and at: from now on it ends at at - 1, and another
 * one, with side word `side`, begins at `at`.
 */
bool riotlb_edit_split(struct riotlb_txn *txn, uint64_t at, uint64_t side);

/* ---- shared with grow.c ---------------------------------------- */

enum {
	/* room for what an edit or a split adds to a full pack */
	RIOTLB_LIST_MAX = 2 * RIOTLB_PACK_MAX + 4,
};

struct riotlb_list {
	unsigned int n;
	struct riotlb_entry e[RIOTLB_LIST_MAX];
};

/*
 * Appends the live parts of slot i, joined to the one before where both are of
 * one mapping; false if there are more than fit, or the slot leads further.
 */
bool riotlb_list_gather(struct riotlb_list *list,
			const struct riotlb_cells *cells, uint64_t i);
/* Adds a part where nothing is; there must be room. */
void riotlb_list_fill(struct riotlb_list *list,
		      const struct riotlb_entry *part);
/* Makes slot i of a private container hold exactly the list's parts. */
bool riotlb_edit_set(struct riotlb_txn *txn, struct riotlb_cells *cells,
		     uint64_t i, const struct riotlb_list *list);
/* Fills one entry into private, vacant slots that cover it. */
bool riotlb_edit_fill_cells(struct riotlb_txn *txn, struct riotlb_cells *cells,
			    const struct riotlb_entry *entry);

#endif
