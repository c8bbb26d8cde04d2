/* SPDX-License-Identifier: MIT */
/*
 * Edits that need no memory: stores to the words of slots and pack entries that
 * are there already. The caller holds the range (stripe.h). Nothing is stored
 * before everything is known to succeed.
 */
#ifndef RIOTLB_CORE_INPLACE_H
#define RIOTLB_CORE_INPLACE_H

#include "object.h"
#include "stripe.h"
#include "trie.h"

enum {
	/* not an errno: the edit needs memory, or reaches beyond the range */
	RIOTLB_NOT_IN_PLACE = 1,
};

/* What a mapping's parts carry: the word with both marks, and the rest. */
struct riotlb_target {
	uint64_t start;
	uint64_t last;
	uint64_t word;
	uint64_t side;
	uint16_t low;
};

static inline struct riotlb_target
riotlb_target_of(const struct riotlb_mapping *mapping, uint64_t side)
{
	uint64_t delta = mapping->addr - mapping->start;

	return (struct riotlb_target){
		.start = mapping->start,
		.last = mapping->last,
		.word = riotlb_page_word(delta, mapping->perm),
		.side = side,
		.low = (uint16_t)(delta & ~RIOTLB_DELTA_MASK),
	};
}

/* 0, -EEXIST or RIOTLB_NOT_IN_PLACE. */
int riotlb_inplace_map(struct riotlb_table *table,
		       const struct riotlb_target *target);

/* What an edit in place did. */
struct riotlb_effect {
	uint64_t mappings;
	struct riotlb_bytes bytes;
	struct riotlb_object *records; /* of the mappings that went */
	uint64_t record_bytes;
};

/*
 * Any cursor of the table will do below. It is left where the range lies, so
 * that with ranges side by side nobody goes back to the root; edits in place
 * change no structure, so it stays valid.
 */

/*
 * Removes what lies in the range. 0 or RIOTLB_NOT_IN_PLACE (a mapping reaches
 * out of it; nothing was changed). `asid` goes into the records, if the engine
 * keeps any.
 */
int riotlb_inplace_unmap(struct riotlb_cursor *cursor, uint64_t start,
			 uint64_t last, bool records, uint32_t asid,
			 struct riotlb_effect *effect);

/* Does a mapping reach out of the range? */
bool riotlb_cuts(struct riotlb_cursor *cursor, uint64_t start, uint64_t last);

/* Widens the range to the mappings that intersect it. Needs a hold on all. */
void riotlb_widen(struct riotlb_cursor *cursor, uint64_t *start,
		  uint64_t *last);

/* 0, -EFAULT (a hole) or RIOTLB_NOT_IN_PLACE. */
int riotlb_inplace_protect(struct riotlb_table *table, uint64_t start,
			   uint64_t last, uint32_t perm);

#endif
