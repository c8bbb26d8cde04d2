/* SPDX-License-Identifier: MIT */
/*
 * DPDK's lib/vhost/iotlb.c rebuilt over DPDK's own locks: a list sorted by IOVA
 * that every call walks from its head, 2048 entries of 64 bytes in a pool with
 * a free list, and one read-write lock, which the data path takes per burst.
 * There, one lock per virtqueue, and an update takes all of them; here is one.
 */
#include <stdlib.h>
#include <sys/queue.h>

#include <rte_rwlock.h>
#include <rte_spinlock.h>

#include "loops.h"
#include "names.h"
#include "peers.h"

#define POOL_SIZE 2048

struct entry {
	TAILQ_ENTRY(entry) next;
	SLIST_ENTRY(entry) next_free;
	uint64_t iova;
	uint64_t uaddr;
	uint64_t uoffset;
	uint64_t size;
	uint8_t page_shift;
	uint8_t perm;
};

_Static_assert(sizeof(struct entry) == 64, "an entry fills a cache line");

struct peer {
	rte_rwlock_t lock;
	TAILQ_HEAD(, entry) list;
	rte_spinlock_t free_lock;
	SLIST_HEAD(, entry) free;
	_Alignas(64) struct entry pool[POOL_SIZE];
};

static inline void peer_read_lock(struct peer *peer)
{
	rte_rwlock_read_lock(&peer->lock);
}

static inline void peer_read_unlock(struct peer *peer)
{
	rte_rwlock_read_unlock(&peer->lock);
}

static inline void peer_lock(struct peer *peer)
{
	rte_rwlock_write_lock(&peer->lock);
}

static inline void peer_unlock(struct peer *peer)
{
	rte_rwlock_write_unlock(&peer->lock);
}

static struct entry *take(struct peer *peer)
{
	struct entry *entry;

	rte_spinlock_lock(&peer->free_lock);
	entry = SLIST_FIRST(&peer->free);
	if (entry)
		SLIST_REMOVE_HEAD(&peer->free, next_free);
	rte_spinlock_unlock(&peer->free_lock);
	return entry;
}

static void give(struct peer *peer, struct entry *entry)
{
	rte_spinlock_lock(&peer->free_lock);
	SLIST_INSERT_HEAD(&peer->free, entry, next_free);
	rte_spinlock_unlock(&peer->free_lock);
}

static inline struct entry *entry_at(struct peer *peer, uint64_t iova)
{
	struct entry *entry;

	TAILQ_FOREACH(entry, &peer->list, next)
	{
		if (iova < entry->iova)
			break;
		if (iova < entry->iova + entry->size)
			return entry;
	}
	return NULL;
}

static inline bool peer_find(struct peer *peer, uint64_t iova, uint64_t *addr)
{
	const struct entry *entry = entry_at(peer, iova);

	if (!entry || !(entry->perm & RIOTLB_READ))
		return false;
	*addr = entry->uaddr + entry->uoffset + (iova - entry->iova);
	return true;
}

/* DPDK would drop some other entry for want of a free one: not a table's way */
static inline int peer_map(struct peer *peer, const struct riotlb_mapping *m)
{
	struct entry *fresh = take(peer);
	struct entry *entry;

	if (!fresh)
		return -ENOSPC;
	fresh->iova = m->start;
	fresh->uaddr = m->addr;
	fresh->uoffset = 0;
	fresh->size = m->last - m->start + 1;
	fresh->page_shift = 12;
	fresh->perm = (uint8_t)m->perm;
	TAILQ_FOREACH(entry, &peer->list, next)
	{
		if (entry->iova > fresh->iova) {
			TAILQ_INSERT_BEFORE(entry, fresh, next);
			return 0;
		}
	}
	TAILQ_INSERT_TAIL(&peer->list, fresh, next);
	return 0;
}

static inline int peer_unmap(struct peer *peer, const struct riotlb_mapping *m)
{
	struct entry *next;

	for (struct entry *entry = TAILQ_FIRST(&peer->list); entry;
	     entry = next) {
		next = TAILQ_NEXT(entry, next);
		if (m->last < entry->iova)
			break;
		if (m->start < entry->iova + entry->size) {
			TAILQ_REMOVE(&peer->list, entry, next);
			give(peer, entry);
		}
	}
	return 0;
}

/* There is no call for it. */
static inline int peer_protect(struct peer *peer,
			       const struct riotlb_mapping *m, uint32_t perm)
{
	const struct entry *entry = entry_at(peer, m->start);
	struct riotlb_mapping fresh = *m;

	if (!entry)
		return -ENOENT;
	fresh.addr = entry->uaddr + entry->uoffset;
	fresh.perm = perm;
	peer_unmap(peer, &fresh);
	return peer_map(peer, &fresh);
}

static inline void peer_clear(void *ctx)
{
	struct peer *peer = ctx;
	struct entry *entry;

	peer_lock(peer);
	while ((entry = TAILQ_FIRST(&peer->list))) {
		TAILQ_REMOVE(&peer->list, entry, next);
		give(peer, entry);
	}
	peer_unlock(peer);
}

static void reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	(void)m;
	(void)n;
	peer_clear(ctx);
}

static void close_dpdk_list(void *ctx)
{
	free(ctx);
}

static void *open_dpdk_list(void)
{
	struct peer *peer = aligned_alloc(64, sizeof(*peer));

	if (!peer)
		return NULL;
	rte_rwlock_init(&peer->lock);
	rte_spinlock_init(&peer->free_lock);
	TAILQ_INIT(&peer->list);
	SLIST_INIT(&peer->free);
	for (size_t i = POOL_SIZE; i > 0; i--)
		SLIST_INSERT_HEAD(&peer->free, &peer->pool[i - 1], next_free);
	return peer;
}

/* The end of an entry's range is computed, and must not wrap. */
static bool expresses(const struct riotlb_mapping *mapping)
{
	return mapping->last != UINT64_MAX;
}

/* Whatever is mapped. */
static uint64_t bytes(void *ctx)
{
	return sizeof(((struct peer *)ctx)->pool);
}

const struct subject_ops dpdk_list_subject = {
	PEER_DPDK_LIST,
	.ranged = true,
	.capacity = POOL_SIZE,
	.open = open_dpdk_list,
	.close = close_dpdk_list,
	.expresses = expresses,
	.load = peer_load,
	PEER_LOOPS,
	.map_each = peer_map_each,
	.unmap_each = peer_unmap_each,
	.reset = reset,
	.settle = peer_settle,
	.bytes = bytes,
};
