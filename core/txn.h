/* SPDX-License-Identifier: MIT */
/*
 * A transaction: edits of a table that nobody sees until one word is published.
 * Whatever it changes it first copies (once); the copies are private. It keeps
 * account of the private objects, of those they replace, and of the mappings
 * that go; commit hands them over, abort leaves no trace.
 *
 * Under a lock it must not allocate: then memory comes from a reserve only, a
 * miss fails the edit and says what was missing, and the caller releases the
 * lock, fills the reserve and tries again.
 */
#ifndef RIOTLB_CORE_TXN_H
#define RIOTLB_CORE_TXN_H

#include "object.h"
#include "stripe.h"
#include "trie.h"

enum {
	RIOTLB_TXN_BUCKETS = 64,
#ifdef RIOTLB_TINY
	RIOTLB_TXN_ITEMS = 2,
#else
	RIOTLB_TXN_ITEMS = 24,
#endif
};

/* An object that goes; for records, with what the callback will be told. */
struct riotlb_txn_item {
	struct riotlb_object *obj;
	uint64_t start;
	uint64_t last;
	uint64_t addr;
	uint32_t perm;
};

struct riotlb_txn_chunk {
	struct riotlb_object obj; /* CHUNK; next leads to older ones */
	uint64_t n;
	struct riotlb_txn_item items[RIOTLB_TXN_ITEMS];
};

struct riotlb_txn {
	struct riotlb_space *space;
	bool locked;                /* allocate from the reserve only */
	uint32_t missing;           /* bytes of the block that was missing */
	struct riotlb_object *made; /* private objects */
	struct riotlb_object *leftovers; /* of them, not to be published */
	struct riotlb_object *reserve[RIOTLB_TXN_BUCKETS];
	struct riotlb_txn_chunk *items; /* newest chunk first */
	struct riotlb_txn_chunk first;

	/* Edits start here: a private table's slots, or one slot's copy. */
	struct riotlb_cells top;
	struct riotlb_table *table; /* the private table, or NULL */
	uint64_t slot;              /* else the copy of the slot, */
	uint64_t slot_side;         /* its side array, as a word, */
	struct {
		struct riotlb_object obj;
		uint64_t word;
	} slot_side_array; /* which is this one */

	/*
	 * The private container that the last fill made a page in; nslots is 0
	 * if there is none, or it may be gone.
	 */
	struct riotlb_cells finger;

	/*
	 * So many mappings are probably to come into this range; 0: nothing is
	 * known. The root is sized with it.
	 */
	uint64_t expected;
	uint64_t expected_start;
	uint64_t expected_last;
	/* what riotlb_edit_fill may fill in besides, until it has looked */
	const struct riotlb_mapping *ahead;
	size_t n_ahead;
	size_t taken; /* so many of them it did */

	uint64_t bytes_made; /* table memory: private */
	uint64_t bytes_gone; /* and replaced */

	/* what the edits did to the totals, and what the report says */
	uint64_t mappings_added;
	uint64_t mappings_gone;
	struct riotlb_bytes mapped_added;
	struct riotlb_bytes mapped_gone;
	uint64_t removed;
	uint64_t cut;
	struct riotlb_bytes bytes;
};

void riotlb_txn_init(struct riotlb_txn *txn, struct riotlb_space *space);
/* Undoes everything; the memory goes to the reserve. Ready for a new start. */
void riotlb_txn_abort(struct riotlb_txn *txn);
/* Gives the reserve back. The transaction was aborted or committed. */
void riotlb_txn_fini(struct riotlb_txn *txn);
/*
 * Adds what was missing to the reserve, as much again as was used of it: 0 or
 * -ENOMEM. No lock is held. Before abort.
 */
int riotlb_txn_refill(struct riotlb_txn *txn);

/* ---- used by edits; NULL and false mean: no memory ------------- */

struct riotlb_object *riotlb_txn_new(struct riotlb_txn *txn, uint8_t kind,
				     uint32_t bytes);
struct riotlb_table *riotlb_txn_new_table(struct riotlb_txn *txn, uint64_t base,
					  uint64_t nslots, uint64_t shift);
/* Returns the word of the new container and its slots in *cells, or 0. */
uint64_t riotlb_txn_new_window(struct riotlb_txn *txn, uint64_t base,
			       uint64_t nslots, uint64_t shift,
			       struct riotlb_cells *cells);
uint64_t riotlb_txn_new_node(struct riotlb_txn *txn, uint64_t span_start,
			     uint64_t span_shift, uint64_t width,
			     struct riotlb_cells *cells);

/* Makes the container below slot i private; its slots in *cells. */
bool riotlb_txn_own(struct riotlb_txn *txn, struct riotlb_cells *parent,
		    uint64_t i, struct riotlb_cells *cells);
/* A private copy of a table. */
struct riotlb_table *riotlb_txn_own_table(struct riotlb_txn *txn,
					  struct riotlb_table *table);

/* Sets the side word of slot i of a private container. */
bool riotlb_txn_set_side(struct riotlb_txn *txn, struct riotlb_cells *cells,
			 uint64_t i, uint64_t value);

/* An object is no longer part of the private structure. */
bool riotlb_txn_drop(struct riotlb_txn *txn, struct riotlb_object *obj);
/* The same for a container or pack and all below it. */
bool riotlb_txn_drop_below(struct riotlb_txn *txn, uint64_t word);
/* The object a slot word leads to is replaced by others (its children stay). */
bool riotlb_txn_drop_word(struct riotlb_txn *txn, uint64_t word);

/* A mapping goes: its record (callback mode) is retired with this piece. */
bool riotlb_txn_retire_record(struct riotlb_txn *txn,
			      struct riotlb_record *record, uint64_t start,
			      uint64_t last, uint64_t delta, uint64_t word);

/* Table memory after a commit onto a table of `before` bytes. */
static inline uint64_t riotlb_txn_bytes(const struct riotlb_txn *txn,
					uint64_t before)
{
	return before + txn->bytes_made - txn->bytes_gone;
}

/* ---- commit ---------------------------------------------------- */

/*
 * Right before the publishing store: private objects lose their mark. If that
 * store fails (another table by now), abort takes everything back; once it has
 * succeeded the objects belong to the table and are not looked at any more.
 */
void riotlb_txn_unmark(struct riotlb_txn *txn);
/*
 * After publication, with no lock held: frees the leftovers and returns what
 * has to be retired, linked by next, with its size.
 */
struct riotlb_object *riotlb_txn_finish(struct riotlb_txn *txn,
					uint64_t *bytes);

#endif
