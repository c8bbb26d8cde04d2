/* SPDX-License-Identifier: MIT */
/*
 * The floor: an array with an entry per 4 KiB page, from the lowest page that
 * was mapped to the highest. A lookup is a subtraction, a comparison, and one
 * load. No ranges, no lock, and nobody may look up while the array grows.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../counted.h"
#include "loops.h"
#include "names.h"
#include "peers.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE (1ull << PAGE_SHIFT)
/* All pages of it lie below this address; 32 MiB of entries. */
#define WINDOW (16ull << 30)
#define WINDOW_PAGES (WINDOW >> PAGE_SHIFT)

struct peer {
	/* address of the page | permission; 0: not mapped */
	_Atomic uint64_t *entry;
	uint64_t first; /* page */
	uint64_t n;     /* pages */
	struct counted *memory;
};

static inline void peer_read_lock(struct peer *peer)
{
	(void)peer;
}

static inline void peer_read_unlock(struct peer *peer)
{
	(void)peer;
}

static inline void peer_lock(struct peer *peer)
{
	(void)peer;
}

static inline void peer_unlock(struct peer *peer)
{
	(void)peer;
}

static inline bool peer_find(struct peer *peer, uint64_t iova, uint64_t *addr)
{
	uint64_t at = (iova >> PAGE_SHIFT) - peer->first;
	uint64_t entry;

	if (at >= peer->n)
		return false;
	entry = atomic_load_explicit(&peer->entry[at], memory_order_relaxed);
	if (!(entry & RIOTLB_READ))
		return false;
	*addr = (entry & ~(PAGE_SIZE - 1)) | (iova & (PAGE_SIZE - 1));
	return true;
}

static inline void set(struct peer *peer, uint64_t at, uint64_t entry)
{
	atomic_store_explicit(&peer->entry[at], entry, memory_order_relaxed);
}

static inline void peer_clear(void *ctx)
{
	struct peer *peer = ctx;
	const struct riotlb_allocator *hooks = counted_hooks(peer->memory);

	if (peer->entry)
		hooks->free(hooks->ctx, peer->entry,
			    peer->n * sizeof(*peer->entry));
	peer->entry = NULL;
	peer->first = 0;
	peer->n = 0;
}

/* The array becomes one of [first, last], which what it had lies in. */
static int resize(struct peer *peer, uint64_t first, uint64_t last)
{
	const struct riotlb_allocator *hooks = counted_hooks(peer->memory);
	uint64_t n = last - first + 1;
	_Atomic uint64_t *entry;

	entry = hooks->alloc(hooks->ctx, n * sizeof(*entry), 64);
	if (!entry)
		return -ENOMEM;
	memset((void *)entry, 0, n * sizeof(*entry));
	if (peer->n)
		memcpy((void *)(entry + (peer->first - first)),
		       (void *)peer->entry, peer->n * sizeof(*entry));
	peer_clear(peer);
	peer->entry = entry;
	peer->first = first;
	peer->n = n;
	return 0;
}

/* To twice its size at least, so that mappings one by one copy little. */
static int make_room(struct peer *peer, uint64_t first, uint64_t last)
{
	uint64_t from = first;
	uint64_t to = last;

	if (peer->n) {
		uint64_t end = peer->first + peer->n - 1;

		if (first >= peer->first && last <= end)
			return 0;
		from = first < peer->first ? first : peer->first;
		to = last > end ? last : end;
		if (first < peer->first && peer->first - from < peer->n)
			from -= peer->n < from ? peer->n : from;
		if (last > end && to - end < peer->n)
			to += peer->n;
		if (to >= WINDOW_PAGES)
			to = WINDOW_PAGES - 1;
	}
	return resize(peer, from, to);
}

static void fill(struct peer *peer, const struct riotlb_mapping *m,
		 uint64_t entry, uint64_t step)
{
	uint64_t last = (m->last >> PAGE_SHIFT) - peer->first;

	for (uint64_t at = (m->start >> PAGE_SHIFT) - peer->first; at <= last;
	     at++, entry += step)
		set(peer, at, entry);
}

static inline int peer_map(struct peer *peer, const struct riotlb_mapping *m)
{
	int err =
		make_room(peer, m->start >> PAGE_SHIFT, m->last >> PAGE_SHIFT);

	if (!err)
		fill(peer, m, m->addr | m->perm, PAGE_SIZE);
	return err;
}

static inline int peer_unmap(struct peer *peer, const struct riotlb_mapping *m)
{
	fill(peer, m, 0, 0);
	return 0;
}

static inline int peer_protect(struct peer *peer,
			       const struct riotlb_mapping *m, uint32_t perm)
{
	uint64_t at = (m->start >> PAGE_SHIFT) - peer->first;
	uint64_t addr =
		atomic_load_explicit(&peer->entry[at], memory_order_relaxed);

	fill(peer, m, (addr & ~(PAGE_SIZE - 1)) | perm, PAGE_SIZE);
	return 0;
}

static int load(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct peer *peer = ctx;
	uint64_t first = UINT64_MAX;
	uint64_t last = 0;
	int err;

	for (size_t i = 0; i < n; i++) {
		if (m[i].start >> PAGE_SHIFT < first)
			first = m[i].start >> PAGE_SHIFT;
		if (m[i].last >> PAGE_SHIFT > last)
			last = m[i].last >> PAGE_SHIFT;
	}
	err = make_room(peer, first, last);
	return err ? err : peer_load(peer, m, n);
}

static void reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct peer *peer = ctx;

	(void)m;
	(void)n;
	if (peer->n)
		memset((void *)peer->entry, 0, peer->n * sizeof(*peer->entry));
}

static void close_flat(void *ctx)
{
	struct peer *peer = ctx;

	if (!peer)
		return;
	peer_clear(peer);
	counted_destroy(peer->memory);
	free(peer);
}

static void *open_flat(void)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->memory = counted_create(subject_settings.huge_pages);
	if (!peer->memory) {
		free(peer);
		return NULL;
	}
	return peer;
}

static bool expresses(const struct riotlb_mapping *mapping)
{
	return mapping->start % PAGE_SIZE == 0 &&
	       mapping->last % PAGE_SIZE == PAGE_SIZE - 1 &&
	       mapping->addr % PAGE_SIZE == 0 && mapping->last < WINDOW;
}

static uint64_t bytes(void *ctx)
{
	return counted_live_bytes(((struct peer *)ctx)->memory);
}

const struct subject_ops flat_subject = {
	PEER_FLAT,
	.open = open_flat,
	.close = close_flat,
	.expresses = expresses,
	.load = load,
	PEER_LOOPS,
	.map_each = peer_map_each,
	.unmap_each = peer_unmap_each,
	.reset = reset,
	.settle = peer_settle,
	.bytes = bytes,
};
