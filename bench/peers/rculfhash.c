/* SPDX-License-Identifier: MIT */
/*
 * liburcu's lock-free hash table, keyed by page: one node per 4 KiB, freed by
 * call_rcu. Sections of the memb flavour around lookups and updates. An update
 * of a mapping of several pages is not atomic.
 *
 * The table is given its size before what will be mapped is (a device knows
 * how much memory it may see), so no resizing goes on beside what is timed, and
 * its buckets can be counted.
 */
#define _LGPL_SOURCE /* sections without a function call */
#define URCU_API_MAP
#include <urcu/urcu-memb.h>
#include <urcu/rculfhash.h>

#include <stdlib.h>

#include "../counted.h"
#include "../rcu_thread.h"

static int load(void *ctx, const struct riotlb_mapping *m, size_t n);
#define PEER_LOAD load
#include "loops.h"
#include "names.h"
#include "peers.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE (1ull << PAGE_SHIFT)
/* A mapping of 1 GiB would be 262144 nodes, of 64 bytes each. */
#define MOST_PAGES_EACH 32
#define MOST_BUCKETS (1ul << 26)

struct peer {
	struct cds_lfht *table;
	_Atomic unsigned long buckets;
	_Atomic uint64_t pages; /* mapped, between calls */
	struct counted *memory;
};

struct node {
	struct cds_lfht_node link;
	uint64_t page;
	uint64_t addr;
	uint32_t perm;
	const struct riotlb_allocator *hooks;
	struct rcu_head rcu;
};

static inline void peer_read_lock(struct peer *peer)
{
	(void)peer;
	urcu_memb_read_lock();
}

static inline void peer_read_unlock(struct peer *peer)
{
	(void)peer;
	urcu_memb_read_unlock();
}

/* What finds or changes nodes is in a section; others are not kept out. */
static inline void peer_lock(struct peer *peer)
{
	peer_read_lock(peer);
}

static inline void peer_unlock(struct peer *peer)
{
	peer_read_unlock(peer);
}

/* Multiplied, and the upper half folded in: buckets are the lowest bits. */
static inline unsigned long hash_of(uint64_t page)
{
	page *= 0x9e3779b97f4a7c15ull;
	return page ^ (page >> 32);
}

static int same_page(struct cds_lfht_node *link, const void *key)
{
	const struct node *node = caa_container_of(link, struct node, link);

	return node->page == *(const uint64_t *)key;
}

static inline struct node *node_at(struct peer *peer, uint64_t page)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *link;

	cds_lfht_lookup(peer->table, hash_of(page), same_page, &page, &iter);
	link = cds_lfht_iter_get_node(&iter);
	return link ? caa_container_of(link, struct node, link) : NULL;
}

static inline bool peer_find(struct peer *peer, uint64_t iova, uint64_t *addr)
{
	const struct node *node = node_at(peer, iova >> PAGE_SHIFT);

	if (!node || !(node->perm & RIOTLB_READ))
		return false;
	*addr = node->addr + (iova & (PAGE_SIZE - 1));
	return true;
}

static struct node *node_new(struct peer *peer, uint64_t page, uint64_t addr,
			     uint32_t perm)
{
	const struct riotlb_allocator *hooks = counted_hooks(peer->memory);
	struct node *node =
		hooks->alloc(hooks->ctx, sizeof(*node), _Alignof(struct node));

	if (!node)
		return NULL;
	cds_lfht_node_init(&node->link);
	node->page = page;
	node->addr = addr;
	node->perm = perm;
	node->hooks = hooks;
	return node;
}

static void free_node(struct rcu_head *head)
{
	struct node *node = caa_container_of(head, struct node, rcu);

	node->hooks->free(node->hooks->ctx, node, sizeof(*node));
}

static uint64_t pages_of(const struct riotlb_mapping *m)
{
	return (m->last - m->start) / PAGE_SIZE + 1;
}

static inline int peer_map(struct peer *peer, const struct riotlb_mapping *m)
{
	uint64_t n = pages_of(m);

	for (uint64_t i = 0; i < n; i++) {
		struct node *node = node_new(peer, (m->start >> PAGE_SHIFT) + i,
					     m->addr + i * PAGE_SIZE, m->perm);

		if (!node)
			return -ENOMEM;
		cds_lfht_add(peer->table, hash_of(node->page), &node->link);
	}
	return 0;
}

static inline int peer_unmap(struct peer *peer, const struct riotlb_mapping *m)
{
	uint64_t n = pages_of(m);

	for (uint64_t i = 0; i < n; i++) {
		struct node *node = node_at(peer, (m->start >> PAGE_SHIFT) + i);

		if (!node || cds_lfht_del(peer->table, &node->link))
			return -ENOENT;
		urcu_memb_call_rcu(&node->rcu, free_node);
	}
	return 0;
}

static inline int peer_protect(struct peer *peer,
			       const struct riotlb_mapping *m, uint32_t perm)
{
	uint64_t n = pages_of(m);

	for (uint64_t i = 0; i < n; i++) {
		uint64_t page = (m->start >> PAGE_SHIFT) + i;
		struct node *old = node_at(peer, page);
		struct node *fresh =
			old ? node_new(peer, page, old->addr, perm) : NULL;

		if (!fresh)
			return old ? -ENOMEM : -ENOENT;
		cds_lfht_add_replace(peer->table, hash_of(page), same_page,
				     &page, &fresh->link);
		urcu_memb_call_rcu(&old->rcu, free_node);
	}
	return 0;
}

/* As many buckets as there will be pages, the next power of two. */
static void make_room(struct peer *peer, uint64_t pages)
{
	unsigned long buckets = peer->buckets;

	peer->pages += pages;
	while (buckets < peer->pages && buckets < MOST_BUCKETS)
		buckets *= 2;
	if (buckets == peer->buckets)
		return;
	cds_lfht_resize(peer->table, buckets);
	peer->buckets = buckets;
}

static uint64_t pages_of_each(const struct riotlb_mapping *m,
			      const uint32_t *order, size_t n)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < n; i++)
		pages += pages_of(&m[order ? order[i] : i]);
	return pages;
}

static int load(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	make_room(ctx, pages_of_each(m, NULL, n));
	return peer_load(ctx, m, n);
}

static int map_each(void *ctx, const struct riotlb_mapping *m,
		    const uint32_t *order, size_t n)
{
	make_room(ctx, pages_of_each(m, order, n));
	return peer_map_each(ctx, m, order, n);
}

static int unmap_each(void *ctx, const struct riotlb_mapping *m,
		      const uint32_t *order, size_t n)
{
	struct peer *peer = ctx;

	peer->pages -= pages_of_each(m, order, n);
	return peer_unmap_each(ctx, m, order, n);
}

static void reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct peer *peer = ctx;
	struct cds_lfht_iter iter;
	struct cds_lfht_node *link;

	(void)m;
	(void)n;
	peer_lock(peer);
	cds_lfht_for_each(peer->table, &iter, link)
	{
		struct node *node = caa_container_of(link, struct node, link);

		if (!cds_lfht_del(peer->table, link))
			urcu_memb_call_rcu(&node->rcu, free_node);
	}
	peer_unlock(peer);
	peer->pages = 0;
}

static void settle(void *ctx)
{
	(void)ctx;
	urcu_memb_barrier();
}

static inline void peer_clear(void *ctx)
{
	struct peer *peer = ctx;

	reset(peer, NULL, 0);
	cds_lfht_resize(peer->table, 1);
	peer->buckets = 1;
	settle(peer);
}

static void close_rculfhash(void *ctx)
{
	struct peer *peer = ctx;

	if (!peer)
		return;
	if (peer->table) {
		peer_clear(peer);
		cds_lfht_destroy(peer->table, NULL);
	}
	rcu_thread_leave();
	if (peer->memory)
		counted_destroy(peer->memory);
	free(peer);
}

static void *open_rculfhash(void)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	rcu_thread_enter();
	peer->buckets = 1;
	peer->memory = counted_create(subject_settings.huge_pages);
	if (peer->memory && !rcu_worker_start())
		peer->table = cds_lfht_new(1, 1, MOST_BUCKETS, 0, NULL);
	if (!peer->table) {
		close_rculfhash(peer);
		return NULL;
	}
	return peer;
}

static bool expresses(const struct riotlb_mapping *mapping)
{
	return mapping->start % PAGE_SIZE == 0 &&
	       mapping->last % PAGE_SIZE == PAGE_SIZE - 1 &&
	       mapping->last - mapping->start < MOST_PAGES_EACH * PAGE_SIZE;
}

static uint64_t bytes(void *ctx)
{
	struct peer *peer = ctx;

	return counted_live_bytes(peer->memory) +
	       peer->buckets * sizeof(struct cds_lfht_node);
}

const struct subject_ops rculfhash_subject = {
	PEER_RCULFHASH,
	.open = open_rculfhash,
	.close = close_rculfhash,
	.thread_enter = rcu_subject_enter,
	.thread_leave = rcu_subject_leave,
	.expresses = expresses,
	.load = load,
	PEER_LOOPS,
	.map_each = map_each,
	.unmap_each = unmap_each,
	.reset = reset,
	.settle = settle,
	.bytes = bytes,
};
