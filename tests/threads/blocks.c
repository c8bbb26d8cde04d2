/* SPDX-License-Identifier: MIT */
#include "blocks.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

#define MAGIC 0x626c6f636b7479u
#define POISON 0xdb
#define PAGE 0x1000u

static atomic_uint_fast64_t alive;
static atomic_uint_fast64_t freed;

/* The block begins this far into the memory that was allocated for it. */
static size_t skew(uint64_t start)
{
	return start % PAGE;
}

static size_t size_of(const struct block *b)
{
	return b->last - b->start + 1;
}

struct block *block_new(uint32_t asid, uint32_t slot, uint64_t generation,
			const struct slot *place)
{
	/* the tag's own fields need their alignment, whatever the slot's */
	size_t at = skew(place->start) & ~(size_t)7;
	size_t size = place->last - place->start + 1;
	void *memory;
	struct block *b;

	check(size >= sizeof(*b));
	check_eq(posix_memalign(&memory, PAGE, at + size), 0);
	b = (struct block *)((char *)memory + at);
	b->magic = MAGIC;
	b->asid = asid;
	b->slot = slot;
	b->generation = generation;
	b->start = place->start;
	b->last = place->last;
	atomic_init(&b->left, size);
	atomic_fetch_add(&alive, 1);
	return b;
}

static void block_free(struct block *b)
{
	size_t at = skew(b->start) & ~(size_t)7;

	/* without a sanitizer this is what a late reader stumbles over */
	memset(b, POISON, sizeof(*b));
	atomic_fetch_sub(&alive, 1);
	free((char *)b - at);
}

void block_drop(struct block *b)
{
	check_eq(atomic_load(&b->left), size_of(b));
	block_free(b);
}

struct riotlb_mapping block_mapping(const struct block *b, uint32_t perm)
{
	return (struct riotlb_mapping){
		.start = b->start,
		.last = b->last,
		.addr = (uint64_t)(uintptr_t)b,
		.opaque = (uint64_t)(uintptr_t)b,
		.perm = perm,
	};
}

const struct block *block_at(const struct riotlb_segment *seg, uint32_t asid,
			     uint32_t slot, const struct slot *place)
{
	uint64_t into = seg->iova - place->start;
	const struct block *b =
		(const struct block *)(uintptr_t)(seg->addr - into);

	check_eq(b->magic, MAGIC);
	check_eq(b->asid, asid);
	check_eq(b->slot, slot);
	check_eq(b->start, place->start);
	check_eq(b->last, place->last);
	check(seg->last >= seg->iova && seg->last <= b->last);
	return b;
}

void block_check_alive(const struct block *b, uint64_t generation)
{
	check_eq(b->magic, MAGIC);
	check_eq(b->generation, generation);
}

void block_retire(void *ctx, uint32_t asid, const struct riotlb_mapping *piece)
{
	struct block *b = (struct block *)(uintptr_t)piece->opaque;
	uint64_t bytes = piece->last - piece->start + 1;
	uint64_t left;

	(void)ctx;
	check_eq(b->magic, MAGIC);
	check_eq(b->asid, asid);
	check(piece->start >= b->start && piece->last <= b->last);
	check_eq(piece->addr - (uint64_t)(uintptr_t)b, piece->start - b->start);
	left = atomic_fetch_sub(&b->left, bytes);
	/* more came back than was there: some byte twice */
	check(left >= bytes);
	if (left == bytes) {
		atomic_fetch_add(&freed, 1);
		block_free(b);
	}
}

uint64_t blocks_alive(void)
{
	return atomic_load(&alive);
}

uint64_t blocks_freed(void)
{
	return atomic_load(&freed);
}
