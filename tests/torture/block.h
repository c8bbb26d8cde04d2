/* SPDX-License-Identifier: MIT */
/*
 * The host memory behind mappings, and who each block of it is.
 *
 * A block lives many lives; a life begins when it is taken for a mapping and
 * ends when the last of its bytes came back by the retire callback. Its memory
 * has a tag in four places that names block and life, so that reading through a
 * translation tells which mapping it belongs to. When a cell's bytes came back
 * its tags are poisoned at once. A block that is mortal is unmapped as well: it
 * takes a system call or two at birth and at death, so most are not (see
 * --mortal).
 *
 * The descriptors are ordinary memory and always readable: what was wrong with
 * a translation can be told also when its memory is gone.
 */
#ifndef TORTURE_BLOCK_H
#define TORTURE_BLOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include <riotlb/riotlb.h>

#include "count.h"
#include "place.h"

enum {
	BLOCK_COMMON = 32768,
	BLOCK_MORTAL = 4096,
	BLOCKS = BLOCK_COMMON + BLOCK_MORTAL,
};

#define BLOCK_NONE UINT32_MAX
/* The engine may know the block already, but its call has not returned yet. */
#define EPOCH_UNKNOWN UINT64_MAX

struct block {
	_Alignas(64) atomic_uint_fast64_t life; /* odd: it is out */
	/* what a lookup that finds it is judged by, see ledger.h */
	atomic_uint_fast64_t epoch[CELLS];
	atomic_uint_fast64_t space_epoch;
	atomic_uint_fast64_t version; /* see history.h */
	atomic_uint_fast64_t who;     /* asid << 32 | place */
	atomic_uint_fast32_t leases[CELLS];
	/* when its mapping is certain to be there */
	atomic_uint_fast64_t sure[CELLS];
	atomic_uint_fast64_t space_sure;
	atomic_uint_fast64_t left;   /* bytes out, and one for who took it */
	atomic_uint_fast64_t waited; /* the life in which a lease held it up */
	uint64_t start;
	uint64_t last;
	struct riotlb_deferred deferred;
	uint32_t perm; /* VARIED: either */
	uint32_t skew; /* of its first byte, if cell 0 were mapped */
};

extern struct block blocks[BLOCKS];

/* Memory and fault handler. One block in `mortal` is unmapped, 0: none. */
void blocks_init(unsigned int mortal);

/*
 * A new engine. If it is plain, it knows no callback, opaque words are 0, and
 * blocks come back by block_expire; *counts counts either.
 */
void blocks_round(bool plain, struct counts *counts);

/*
 * A block for these cells of the place, which nobody else has; BLOCK_NONE when
 * all are out.
 */
uint32_t block_take(struct rng *rng, uint32_t asid, uint32_t place,
		    unsigned int mask);
/*
 * Who took it lets go of it: after a call that mapped it, or for one that was
 * refused. Until then it has no other life, even if all its bytes came back:
 * a reset may overtake the call that maps.
 */
void block_release(uint32_t index);
void block_drop(uint32_t index);
struct riotlb_mapping block_mapping(uint32_t index, uint32_t perm);
/* In all engines, since the program began. */
uint64_t blocks_out(void);

/* The block whose memory this address is in, or BLOCK_NONE. */
uint32_t block_at(uint64_t addr);
/* Where `iova` of the place leads if the block is mapped there. */
uint64_t block_host(const struct block *b, uint64_t iova);
/* What is to be read at the beginning and the end of a cell. */
uint64_t block_tag(uint32_t index, uint64_t life);
uint32_t block_of_tag(uint64_t tag);
/* Memory that is never released, for default mappings of the paired places. */
uint64_t block_home(uint32_t place);
uint64_t block_home_tag(void);
/* Reads through a translation. Memory that is gone reads as 0. */
uint64_t block_peek(uint64_t addr);

/* The cells that it was taken for. */
unsigned int block_mask(uint32_t index);

/* For riotlb_defer: all of the block is gone. */
void block_expire(struct riotlb_deferred *deferred);
/* A riotlb_retire_fn. Pieces without an opaque word are counted only. */
void block_retire(void *ctx, uint32_t asid, const struct riotlb_mapping *piece);

#endif
