/* SPDX-License-Identifier: MIT */
/*
 * drivers/vhost/iotlb.c as vdpa_sim and VDUSE use it: one spinlock around
 * lookups and updates. Mappings come from the allocator that riotlb has.
 */
#include "kernel/shim.h"

#include <linux/vhost_iotlb.h>

#include "../counted.h"
#include "loops.h"
#include "names.h"
#include "peers.h"

struct peer {
	struct vhost_iotlb iotlb;
	spinlock_t lock;
	struct counted *memory;
};

/*
 * kmalloc and kfree know no instance. All calls are made under an instance's
 * lock, by the thread that took it.
 */
static _Thread_local const struct riotlb_allocator *hooks;

void *kmalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	return hooks->alloc(hooks->ctx, size, _Alignof(max_align_t));
}

void *kzalloc(size_t size, gfp_t gfp)
{
	void *p = kmalloc(size, gfp);

	return p ? memset(p, 0, size) : NULL;
}

/* Nothing else is ever freed: the table itself is a part of struct peer. */
void kfree(void *p)
{
	hooks->free(hooks->ctx, p, sizeof(struct vhost_iotlb_map));
}

static inline void peer_read_lock(struct peer *peer)
{
	spin_lock(&peer->lock);
}

static inline void peer_read_unlock(struct peer *peer)
{
	spin_unlock(&peer->lock);
}

static inline void peer_lock(struct peer *peer)
{
	spin_lock(&peer->lock);
	hooks = counted_hooks(peer->memory);
}

static inline void peer_unlock(struct peer *peer)
{
	spin_unlock(&peer->lock);
}

/* As vringh's iotlb_translate. */
static inline bool peer_find(struct peer *peer, uint64_t iova, uint64_t *addr)
{
	const struct vhost_iotlb_map *map;

	map = vhost_iotlb_itree_first(&peer->iotlb, iova, iova);
	if (!map || map->start > iova || !(map->perm & VHOST_MAP_RO))
		return false;
	*addr = map->addr + (iova - map->start);
	return true;
}

static inline int peer_map(struct peer *peer, const struct riotlb_mapping *m)
{
	return vhost_iotlb_add_range_ctx(&peer->iotlb, m->start, m->last,
					 m->addr, m->perm,
					 (void *)(uintptr_t)m->opaque);
}

static inline int peer_unmap(struct peer *peer, const struct riotlb_mapping *m)
{
	vhost_iotlb_del_range(&peer->iotlb, m->start, m->last);
	return 0;
}

/* There is no call for it. */
static inline int peer_protect(struct peer *peer,
			       const struct riotlb_mapping *m, uint32_t perm)
{
	struct vhost_iotlb_map *map;
	struct riotlb_mapping fresh = *m;

	map = vhost_iotlb_itree_first(&peer->iotlb, m->start, m->last);
	if (!map)
		return -ENOENT;
	fresh.addr = map->addr;
	fresh.perm = perm;
	vhost_iotlb_del_range(&peer->iotlb, m->start, m->last);
	return peer_map(peer, &fresh);
}

static inline void peer_clear(void *ctx)
{
	struct peer *peer = ctx;

	peer_lock(peer);
	vhost_iotlb_reset(&peer->iotlb);
	peer_unlock(peer);
}

static void reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	(void)m;
	(void)n;
	peer_clear(ctx);
}

static void close_vhost(void *ctx)
{
	struct peer *peer = ctx;

	if (!peer)
		return;
	peer_clear(peer);
	counted_destroy(peer->memory);
	free(peer);
}

static void *open_vhost(void)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->memory = counted_create(subject_settings.huge_pages);
	if (!peer->memory) {
		free(peer);
		return NULL;
	}
	spin_lock_init(&peer->lock);
	vhost_iotlb_init(&peer->iotlb, UINT_MAX, 0);
	return peer;
}

static uint64_t bytes(void *ctx)
{
	return counted_live_bytes(((struct peer *)ctx)->memory);
}

const struct subject_ops vhost_subject = {
	PEER_VHOST,
	.ranged = true,
	.open = open_vhost,
	.close = close_vhost,
	.expresses = peer_expresses_all,
	.load = peer_load,
	PEER_LOOPS,
	.map_each = peer_map_each,
	.unmap_each = peer_unmap_each,
	.reset = reset,
	.settle = peer_settle,
	.bytes = bytes,
};
