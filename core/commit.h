/* SPDX-License-Identifier: MIT */
/*
 * Making a transaction's result visible, and what an update does after that,
 * with no lock held: sync hook, retirement, token, report.
 */
#ifndef RIOTLB_CORE_COMMIT_H
#define RIOTLB_CORE_COMMIT_H

#include "txn.h"

/* ---- where a transaction edits --------------------------------- */

/* The slot that will be stored to, or none: then a new table is published. */
struct riotlb_place {
	struct riotlb_cells cells;
	uint64_t index;
	bool is_slot;
	struct riotlb_object *side; /* new side array for it, or NULL */
};

/*
 * Sets a transaction up to edit [start, last] of `table`: below one slot if
 * that is possible, else in a copy of the table (an empty one for a prebuilt
 * table). False: no memory.
 */
bool riotlb_begin_at(struct riotlb_txn *txn, struct riotlb_table *table,
		     uint64_t start, uint64_t last, struct riotlb_place *place);
/* In a copy of the table in any case. */
bool riotlb_begin_table(struct riotlb_txn *txn, struct riotlb_table *table);
/* What publication itself needs; after the edits. False: no memory. */
bool riotlb_prepare_place(struct riotlb_txn *txn, struct riotlb_place *place);

/* By the exclusive holder; cannot fail. */
void riotlb_publish_slot(const struct riotlb_hold *hold, struct riotlb_txn *txn,
			 struct riotlb_table *table,
			 const struct riotlb_place *place);
/*
 * Replaces `table` by the transaction's, which takes over the totals. False:
 * the AS has another table by now (reset_map and set_map take no lock).
 */
bool riotlb_publish_table(struct riotlb_space *space, struct riotlb_txn *txn,
			  struct riotlb_table *table);

/*
 * The same where the transaction's table holds what `table` holds, built anew:
 * nothing of the old one is shared but the mappings' records.
 */
bool riotlb_publish_rebuilt(struct riotlb_space *space, struct riotlb_txn *txn,
			    struct riotlb_table *table);

/* ---- afterwards ------------------------------------------------ */

struct riotlb_aftermath {
	struct riotlb_space *space;
	struct riotlb_object *list; /* to retire */
	uint64_t bytes;
	struct riotlb_table *table; /* to retire with all below, or NULL */
	bool changed; /* translations of [start, last] went or changed */
	uint64_t start;
	uint64_t last;
};

/* The transaction was published: collects what it leaves behind. */
void riotlb_aftermath_of_txn(struct riotlb_aftermath *after,
			     struct riotlb_txn *txn);
/* `table` is no longer the AS's. */
void riotlb_aftermath_of_table(struct riotlb_aftermath *after,
			       struct riotlb_table *table);

/* The sync hook, of which there is one; an update is not cancelled in it. */
void riotlb_call_sync(struct riotlb *engine, uint32_t asid, uint64_t start,
		      uint64_t last);
/* Hook, retirement, token; `report` may be NULL. No lock is held. */
void riotlb_conclude(struct riotlb_aftermath *after,
		     struct riotlb_report *report);

#endif
