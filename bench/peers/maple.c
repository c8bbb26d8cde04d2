/* SPDX-License-Identifier: MIT */
/*
 * lib/maple_tree.c in RCU mode: readers in sections of liburcu's memb flavour,
 * writers under the tree's own spinlock, nodes and records freed by call_rcu.
 * The flags are those of a process's address space, the tree's main use; RCU
 * without the tracking of gaps is not to be had, since mt_free_walk of 6.12
 * then takes the metadata of a full inner node for a child.
 */
#include "kernel/shim.h"
#include "kernel/slab.h"

#include <linux/maple_tree.h>

#include "../rcu_thread.h"
#include "loops.h"
#include "names.h"
#include "peers.h"

void maple_tree_init(void);

struct peer {
	struct maple_tree tree;
};

/* The tree says where it begins. */
struct record {
	uint64_t addr;
	uint64_t opaque;
	uint32_t perm;
	struct rcu_head rcu;
};

static unsigned instances;

static struct record *record_of(const struct riotlb_mapping *m)
{
	struct record *record =
		slab_take(sizeof(*record), _Alignof(struct record));

	if (!record)
		return NULL;
	record->addr = m->addr;
	record->opaque = m->opaque;
	record->perm = m->perm;
	return record;
}

static void free_record(struct rcu_head *head)
{
	slab_give(container_of(head, struct record, rcu),
		  sizeof(struct record));
}

/* ---- calls ------------------------------------------------------------- */

static inline void peer_read_lock(struct peer *peer)
{
	(void)peer;
	rcu_read_lock();
}

static inline void peer_read_unlock(struct peer *peer)
{
	(void)peer;
	rcu_read_unlock();
}

static inline void peer_lock(struct peer *peer)
{
	mtree_lock(&peer->tree);
}

static inline void peer_unlock(struct peer *peer)
{
	mtree_unlock(&peer->tree);
}

static inline bool peer_find(struct peer *peer, uint64_t iova, uint64_t *addr)
{
	MA_STATE(mas, &peer->tree, iova, iova);
	const struct record *record = mas_walk(&mas);

	if (!record || !(record->perm & RIOTLB_READ))
		return false;
	*addr = record->addr + (iova - mas.index);
	return true;
}

static inline int peer_map(struct peer *peer, const struct riotlb_mapping *m)
{
	MA_STATE(mas, &peer->tree, m->start, m->last);
	struct record *record = record_of(m);
	int err;

	if (!record)
		return -ENOMEM;
	err = mas_store_gfp(&mas, record, GFP_KERNEL);
	if (err)
		slab_give(record, sizeof(*record));
	return err;
}

static inline int peer_unmap(struct peer *peer, const struct riotlb_mapping *m)
{
	MA_STATE(mas, &peer->tree, m->start, m->start);
	struct record *record = mas_erase(&mas);

	if (!record)
		return -ENOENT;
	call_rcu(&record->rcu, free_record);
	return 0;
}

/* One store over the old record: no reader sees the range unmapped. */
static inline int peer_protect(struct peer *peer,
			       const struct riotlb_mapping *m, uint32_t perm)
{
	MA_STATE(mas, &peer->tree, m->start, m->start);
	struct record *old = mas_walk(&mas);
	struct riotlb_mapping fresh = *m;
	int err;

	if (!old)
		return -ENOENT;
	fresh.addr = old->addr;
	fresh.perm = perm;
	err = peer_map(peer, &fresh);
	if (!err)
		call_rcu(&old->rcu, free_record);
	return err;
}

/*
 * In ascending order and into an empty tree that no reader looks at yet: the
 * tree's own way to be filled, as fork() does.
 */
static int load(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct peer *peer = ctx;
	int err;

	MA_STATE(mas, &peer->tree, 0, 0);

	mt_clear_in_rcu(&peer->tree);
	peer_lock(peer);
	err = mas_expected_entries(&mas, n);
	for (size_t i = 0; i < n && !err; i++) {
		struct record *record = record_of(&m[i]);

		if (!record) {
			err = -ENOMEM;
			break;
		}
		mas_set_range(&mas, m[i].start, m[i].last);
		mas_store(&mas, record);
		err = mas_is_err(&mas) ? xa_err(mas.node) : 0;
	}
	mas_destroy(&mas);
	peer_unlock(peer);
	mt_set_in_rcu(&peer->tree);
	return err;
}

static void reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct peer *peer = ctx;
	struct record *record;

	MA_STATE(mas, &peer->tree, 0, 0);

	(void)m;
	(void)n;
	peer_lock(peer);
	mas_for_each(&mas, record, ULONG_MAX)
		call_rcu(&record->rcu, free_record);
	__mt_destroy(&peer->tree);
	peer_unlock(peer);
}

/* Its callbacks call call_rcu in their turn, once. */
static void settle(void *ctx)
{
	(void)ctx;
	rcu_barrier();
	rcu_barrier();
}

static inline void peer_clear(void *ctx)
{
	reset(ctx, NULL, 0);
	settle(ctx);
}

static void close_maple(void *ctx)
{
	struct peer *peer = ctx;

	if (!peer)
		return;
	peer_clear(peer);
	rcu_thread_leave();
	free(peer);
	if (--instances == 0)
		slab_close();
}

static void *open_maple(void)
{
	struct peer *peer;

	if (rcu_worker_start())
		return NULL;
	if (instances == 0) {
		if (slab_open())
			return NULL;
		maple_tree_init();
	}
	peer = calloc(1, sizeof(*peer));
	if (!peer) {
		if (instances == 0)
			slab_close();
		return NULL;
	}
	instances++;
	rcu_thread_enter();
	mt_init_flags(&peer->tree, MT_FLAGS_ALLOC_RANGE | MT_FLAGS_USE_RCU);
	return peer;
}

/* Of all instances together. */
static uint64_t bytes(void *ctx)
{
	(void)ctx;
	return slab_bytes();
}

const struct subject_ops maple_subject = {
	PEER_MAPLE,
	.ranged = true,
	.open = open_maple,
	.close = close_maple,
	.thread_enter = rcu_subject_enter,
	.thread_leave = rcu_subject_leave,
	.expresses = peer_expresses_all,
	.load = load,
	PEER_LOOPS,
	.map_each = peer_map_each,
	.unmap_each = peer_unmap_each,
	.reset = reset,
	.settle = settle,
	.bytes = bytes,
};
