/* SPDX-License-Identifier: MIT */
/*
 * QEMU's util/iova-tree.c rebuilt over the same GTree: a comparator to which
 * ranges that overlap are equal, one allocation of GLib's per mapping, and the
 * mutex that virtio-iommu holds around every call.
 */
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>

#include "loops.h"
#include "names.h"
#include "peers.h"

struct peer {
	GTree *tree;
	pthread_mutex_t lock;
};

/* DMAMap: size is last - start. */
struct dma_map {
	uint64_t iova;
	uint64_t addr;
	uint64_t size;
	uint32_t perm;
};

/* Of GLib 2.74: two pointers to data, two to nodes, three bytes. */
#define TREE_NODE_BYTES 40

static gint compare(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct dma_map *x = a;
	const struct dma_map *y = b;

	(void)data;
	if (x->iova > y->iova + y->size)
		return 1;
	if (x->iova + x->size < y->iova)
		return -1;
	return 0;
}

static inline void peer_read_lock(struct peer *peer)
{
	pthread_mutex_lock(&peer->lock);
}

static inline void peer_read_unlock(struct peer *peer)
{
	pthread_mutex_unlock(&peer->lock);
}

static inline void peer_lock(struct peer *peer)
{
	pthread_mutex_lock(&peer->lock);
}

static inline void peer_unlock(struct peer *peer)
{
	pthread_mutex_unlock(&peer->lock);
}

static inline bool peer_find(struct peer *peer, uint64_t iova, uint64_t *addr)
{
	const struct dma_map needle = { .iova = iova };
	const struct dma_map *map = g_tree_lookup(peer->tree, &needle);

	if (!map || !(map->perm & RIOTLB_READ))
		return false;
	*addr = map->addr + (iova - map->iova);
	return true;
}

static inline int peer_map(struct peer *peer, const struct riotlb_mapping *m)
{
	struct dma_map *map = g_new0(struct dma_map, 1);

	map->iova = m->start;
	map->size = m->last - m->start;
	map->addr = m->addr;
	map->perm = m->perm;
	g_tree_insert(peer->tree, map, map);
	return 0;
}

static inline int peer_unmap(struct peer *peer, const struct riotlb_mapping *m)
{
	const struct dma_map needle = {
		.iova = m->start,
		.size = m->last - m->start,
	};

	return g_tree_remove(peer->tree, &needle) ? 0 : -ENOENT;
}

/* There is no call for it. */
static inline int peer_protect(struct peer *peer,
			       const struct riotlb_mapping *m, uint32_t perm)
{
	const struct dma_map needle = { .iova = m->start };
	const struct dma_map *map = g_tree_lookup(peer->tree, &needle);
	struct riotlb_mapping fresh = *m;

	if (!map)
		return -ENOENT;
	fresh.addr = map->addr;
	fresh.perm = perm;
	g_tree_remove(peer->tree, &needle);
	return peer_map(peer, &fresh);
}

static inline void peer_clear(void *ctx)
{
	struct peer *peer = ctx;

	peer_lock(peer);
	g_tree_remove_all(peer->tree);
	peer_unlock(peer);
}

static void reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	(void)m;
	(void)n;
	peer_clear(ctx);
}

static void close_gtree(void *ctx)
{
	struct peer *peer = ctx;

	if (!peer)
		return;
	g_tree_destroy(peer->tree);
	pthread_mutex_destroy(&peer->lock);
	free(peer);
}

static void *open_gtree(void)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	pthread_mutex_init(&peer->lock, NULL);
	peer->tree = g_tree_new_full(compare, NULL, g_free, NULL);
	return peer;
}

/* GLib takes no hooks, but it is known what it asks for. */
static uint64_t bytes(void *ctx)
{
	struct peer *peer = ctx;

	return (uint64_t)g_tree_nnodes(peer->tree) *
	       (TREE_NODE_BYTES + sizeof(struct dma_map));
}

const struct subject_ops gtree_subject = {
	PEER_GTREE,
	.ranged = true,
	.open = open_gtree,
	.close = close_gtree,
	.expresses = peer_expresses_all,
	.load = peer_load,
	PEER_LOOPS,
	.map_each = peer_map_each,
	.unmap_each = peer_unmap_each,
	.reset = reset,
	.settle = peer_settle,
	.bytes = bytes,
};
