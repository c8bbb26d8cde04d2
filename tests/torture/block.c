/* SPDX-License-Identifier: MIT */
#include "block.h"

#include <inttypes.h>
#include <pthread.h>
#include <stddef.h>

#include "arena.h"
#include "check.h"
#include "violation.h"

#define POISON UINT64_C(0xdbdbdbdbdbdbdbdb)

enum {
	WORD = 8,
	INDEX_BITS = 20,
	REST = 512, /* blocks are brought in until so many rest */
	/* the strides before it are home */
	COMMON_FIRST = PAIRED,
	HOME_INDEX = BLOCKS,
};

/*
 * First in, first out: a block rests between two lives. No more blocks are
 * brought in than that takes, for the caches' sake.
 */
struct pool {
	pthread_mutex_t lock;
	uint32_t fresh; /* blocks from here to `limit` have not lived yet */
	uint32_t limit;
	uint32_t head;
	uint32_t free;
	uint32_t ring[BLOCK_COMMON];
};

struct block blocks[BLOCKS];
static struct pool common = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct pool mortal = { .lock = PTHREAD_MUTEX_INITIALIZER };
static unsigned int one_in;
static bool is_plain;
static struct counts *counts;
static atomic_uint_fast64_t out;

/* ---- pools ------------------------------------------------------------- */

static void pool_put(struct pool *p, uint32_t index)
{
	pthread_mutex_lock(&p->lock);
	p->ring[(p->head + p->free++) % BLOCK_COMMON] = index;
	pthread_mutex_unlock(&p->lock);
}

static uint32_t pool_get(struct pool *p)
{
	uint32_t index = BLOCK_NONE;

	pthread_mutex_lock(&p->lock);
	if (p->free < REST && p->fresh < p->limit) {
		index = p->fresh++;
	} else if (p->free) {
		index = p->ring[p->head];
		p->head = (p->head + 1) % BLOCK_COMMON;
		p->free--;
	}
	pthread_mutex_unlock(&p->lock);
	return index;
}

static void pool_init(struct pool *p, uint32_t first, uint32_t size)
{
	p->fresh = first;
	p->limit = first + size;
}

static bool is_mortal(uint32_t index)
{
	return index >= BLOCK_COMMON;
}

uint64_t blocks_out(void)
{
	return atomic_load(&out);
}

/* ---- memory ------------------------------------------------------------ */

/*
 * A word is read and written whole and relaxed: the reader of a block that is
 * about to be poisoned has a violation to report, not a race.
 */
static atomic_uint_fast64_t *word_at(uint64_t addr)
{
	return (atomic_uint_fast64_t *)(uintptr_t)addr;
}

uint64_t block_peek(uint64_t addr)
{
	return atomic_load_explicit(word_at(addr), memory_order_relaxed);
}

/* `home`: where the place's first byte is, or would be. */
static void write_tags_at(uint64_t home, uint32_t place, unsigned int mask,
			  uint64_t tag)
{
	uint64_t start = cells_start(place, mask);
	uint64_t last = cells_last(place, mask) - (WORD - 1);
	const uint64_t at[4] = { start, places[place].half - WORD,
				 places[place].half, last };

	for (int i = 0; i < 4; i++)
		if (at[i] >= start && at[i] <= last)
			atomic_store_explicit(
				word_at(home + (at[i] - places[place].start)),
				tag, memory_order_relaxed);
}

static void write_tags(const struct block *b, uint32_t place, unsigned int mask,
		       uint64_t tag)
{
	write_tags_at(block_host(b, places[place].start), place, mask, tag);
}

uint64_t block_tag(uint32_t index, uint64_t life)
{
	return life << INDEX_BITS | index;
}

uint32_t block_of_tag(uint64_t tag)
{
	return tag & ((1u << INDEX_BITS) - 1);
}

uint64_t block_home(uint32_t place)
{
	return arena_base(place);
}

uint64_t block_home_tag(void)
{
	return block_tag(HOME_INDEX, 1);
}

/* Pages are at home at pages, most of the time; else nothing is aligned. */
static uint32_t skew_for(struct rng *rng, uint64_t start)
{
	if (rng_percent(rng, 90))
		return start % 4096;
	return (uint32_t)rng_below(rng, 4096 / WORD) * WORD;
}

uint64_t block_host(const struct block *b, uint64_t iova)
{
	uint32_t index = (uint32_t)(b - blocks);
	uint32_t place =
		(uint32_t)atomic_load_explicit(&b->who, memory_order_relaxed);

	return arena_base(COMMON_FIRST + index) + b->skew +
	       (iova - places[place].start);
}

uint32_t block_at(uint64_t addr)
{
	uint32_t index;

	if (!arena_find(addr, &index) || index < COMMON_FIRST)
		return BLOCK_NONE;
	return index - COMMON_FIRST;
}

void blocks_init(unsigned int one_in_this_many)
{
	one_in = one_in_this_many;
	arena_init(COMMON_FIRST + BLOCK_COMMON, COMMON_FIRST + BLOCKS);
	for (uint32_t place = 0; place < PAIRED; place++)
		write_tags_at(block_home(place), place, BOTH, block_home_tag());
	pool_init(&common, 0, BLOCK_COMMON);
	pool_init(&mortal, BLOCK_COMMON, BLOCK_MORTAL);
}

/* ---- lives ------------------------------------------------------------- */

/* For what nobody can know of before the block's life has begun. */
static void set(atomic_uint_fast64_t *word, uint64_t value)
{
	atomic_store_explicit(word, value, memory_order_relaxed);
}

static uint32_t take_any(struct rng *rng)
{
	uint32_t index;

	if (one_in && rng_below(rng, one_in) == 0) {
		index = pool_get(&mortal);
		if (index != BLOCK_NONE && arena_open(COMMON_FIRST + index))
			return index;
		if (index != BLOCK_NONE)
			pool_put(&mortal, index);
	}
	return pool_get(&common);
}

uint32_t block_take(struct rng *rng, uint32_t asid, uint32_t place,
		    unsigned int mask)
{
	uint32_t index = take_any(rng);
	struct block *b;
	uint64_t life;

	if (index == BLOCK_NONE)
		return index;
	b = &blocks[index];
	life = atomic_load(&b->life) + 1;
	b->start = cells_start(place, mask);
	b->last = cells_last(place, mask);
	b->perm = places[place].perms == PERMS_READ ? RIOTLB_READ : RIOTLB_RW;
	b->skew = skew_for(rng, places[place].start);
	set(&b->who, (uint64_t)asid << 32 | place);
	for (int cell = 0; cell < CELLS; cell++) {
		set(&b->epoch[cell], EPOCH_UNKNOWN);
		set(&b->sure[cell], EPOCH_UNKNOWN);
	}
	set(&b->space_epoch, EPOCH_UNKNOWN);
	set(&b->space_sure, EPOCH_UNKNOWN);
	set(&b->version, 0);
	set(&b->left, b->last - b->start + 2);
	atomic_store(&b->life, life);
	write_tags(b, place, mask, block_tag(index, life));
	atomic_fetch_add(&out, 1);
	return index;
}

static void die(uint32_t index)
{
	struct block *b = &blocks[index];

	atomic_fetch_add(&b->life, 1);
	atomic_fetch_sub(&out, 1);
	if (is_mortal(index))
		arena_close(COMMON_FIRST + index);
	pool_put(is_mortal(index) ? &mortal : &common, index);
}

static void release(uint32_t index, uint64_t n)
{
	uint64_t left = atomic_fetch_sub(&blocks[index].left, n);

	if (left < n)
		violation("bytes of block %" PRIu32 " were retired twice",
			  index);
	if (left == n)
		die(index);
}

void block_release(uint32_t index)
{
	release(index, 1);
}

static uint32_t place_of(const struct block *b)
{
	return (uint32_t)atomic_load(&b->who);
}

static unsigned int mask_of(const struct block *b, uint64_t start,
			    uint64_t last)
{
	const struct place *p = &places[place_of(b)];

	return (start < p->half ? 1u : 0) | (last >= p->half ? 2u : 0);
}

unsigned int block_mask(uint32_t index)
{
	return mask_of(&blocks[index], blocks[index].start, blocks[index].last);
}

void blocks_round(bool plain, struct counts *new_counts)
{
	is_plain = plain;
	counts = new_counts;
}

void block_drop(uint32_t index)
{
	struct block *b = &blocks[index];

	write_tags(b, place_of(b), block_mask(index), POISON);
	die(index);
}

struct riotlb_mapping block_mapping(uint32_t index, uint32_t perm)
{
	const struct block *b = &blocks[index];

	return (struct riotlb_mapping){
		.start = b->start,
		.last = b->last,
		.addr = block_host(b, b->start),
		.opaque =
			is_plain ? 0 : block_tag(index, atomic_load(&b->life)),
		.perm = perm,
	};
}

/* ---- retirement -------------------------------------------------------- */

static bool piece_is_good(const struct block *b, uint32_t index, uint32_t asid,
			  const struct riotlb_mapping *piece)
{
	uint64_t life = atomic_load(&b->life);
	uint64_t place = place_of(b);

	if (piece->opaque != block_tag(index, life) || life % 2 == 0) {
		violation("a piece of life %" PRIu64 " of block %" PRIu32
			  " was retired in its life %" PRIu64,
			  piece->opaque >> INDEX_BITS, index, life);
		return false;
	}
	if (atomic_load(&b->who) != ((uint64_t)asid << 32 | place) ||
	    piece->start < b->start || piece->last > b->last ||
	    (piece->start != b->start && piece->start != places[place].half) ||
	    (piece->last != b->last && piece->last != places[place].half - 1) ||
	    piece->addr != block_host(b, piece->start) ||
	    (piece->perm != b->perm && (places[place].perms != PERMS_VARIED ||
					piece->perm != RIOTLB_READ))) {
		violation("AS %" PRIu32 " retired [%#" PRIx64 ", %#" PRIx64
			  "] -> %#" PRIx64 " perm %" PRIu32
			  ", which never was a piece of block %" PRIu32,
			  asid, piece->start, piece->last, piece->addr,
			  piece->perm, index);
		return false;
	}
	return true;
}

static void check_unleased(struct block *b, unsigned int mask)
{
	for (unsigned int cell = 0; cell < CELLS; cell++)
		if (mask & 1u << cell && atomic_load(&b->leases[cell]))
			violation("[%#" PRIx64 ", %#" PRIx64 "] of AS %" PRIu64
				  " was retired under a lease",
				  b->start, b->last,
				  atomic_load(&b->who) >> 32);
}

static void retire_cells(uint32_t index, unsigned int mask, bool last)
{
	struct block *b = &blocks[index];

	check_unleased(b, mask);
	write_tags(b, place_of(b), mask, POISON);
	count_add(counts, COUNT_retired, last);
	count_add(counts, COUNT_unmapped, last && is_mortal(index));
}

void block_expire(struct riotlb_deferred *deferred)
{
	struct block *b =
		(struct block *)(void *)((char *)deferred -
					 offsetof(struct block, deferred));
	uint32_t index = (uint32_t)(b - blocks);

	count_add(counts, COUNT_deferred, 1);
	retire_cells(index, block_mask(index), true);
	release(index, b->last - b->start + 1);
}

void block_retire(void *ctx, uint32_t asid, const struct riotlb_mapping *piece)
{
	uint32_t index = block_of_tag(piece->opaque);
	uint64_t bytes = piece->last - piece->start + 1;
	struct block *b;
	unsigned int mask;

	(void)ctx;
	count_add(counts, COUNT_callbacks, 1);
	if (!piece->opaque)
		return;
	if (index >= BLOCKS) {
		violation("an opaque word came back as %#" PRIx64,
			  piece->opaque);
		return;
	}
	b = &blocks[index];
	if (!piece_is_good(b, index, asid, piece))
		return;
	mask = mask_of(b, piece->start, piece->last);
	retire_cells(index, mask, piece->last == b->last);
	release(index, bytes);
}
