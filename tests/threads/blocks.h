/* SPDX-License-Identifier: MIT */
/*
 * Host memory that knows what it is mapped as. A block is allocated before it
 * is mapped and freed by the retire callback once all of its bytes came back;
 * a reader that gets to it by a translation reads who it is. Wrong blocks are
 * seen by their tag, freed ones by AddressSanitizer or by the tag's poison.
 */
#ifndef TESTS_BLOCKS_H
#define TESTS_BLOCKS_H

#include <stdatomic.h>

#include <riotlb/riotlb.h>

struct block {
	uint64_t magic;
	uint32_t asid;
	uint32_t slot;
	uint64_t generation;
	uint64_t start; /* IOVA */
	uint64_t last;
	atomic_uint_fast64_t left; /* bytes that did not come back yet */
};

/* A place in an AS that blocks are mapped at, one at a time. */
struct slot {
	uint64_t start;
	uint64_t last;
};

/* Aligned as `start` is within its page, so that whole pages can be mapped. */
struct block *block_new(uint32_t asid, uint32_t slot, uint64_t generation,
			const struct slot *place);
/* For a block that did not get mapped. */
void block_drop(struct block *b);
struct riotlb_mapping block_mapping(const struct block *b, uint32_t perm);

/*
 * The block that `seg`, looked up in this AS at this slot, leads to. Checks
 * that it is the right one, alive, and that all of seg lies in it.
 */
const struct block *block_at(const struct riotlb_segment *seg, uint32_t asid,
			     uint32_t slot, const struct slot *place);
/* Is the block what it was when block_at returned it? */
void block_check_alive(const struct block *b, uint64_t generation);

/* A riotlb_retire_fn. */
void block_retire(void *ctx, uint32_t asid, const struct riotlb_mapping *piece);
/* Allocated and not freed. */
uint64_t blocks_alive(void);
uint64_t blocks_freed(void);

#endif
