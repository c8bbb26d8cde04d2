/* SPDX-License-Identifier: MIT */
/*
 * libcritnib, keyed by the start of a mapping: a lookup asks for the greatest
 * key that is not above the address, and looks whether the record reaches that
 * far. Readers take no lock; the library has a mutex of its own for updates.
 *
 * Nothing says when readers are done with a record that was removed. Records
 * are used again at once, and their memory is kept until clear: a reader may
 * see another mapping's record in the place of its own, but never unmapped
 * memory. That is what the structure gives, not what a user could live with.
 */
#include <critnib.h>
#include <pthread.h>
#include <stdlib.h>

#include "loops.h"
#include "names.h"
#include "peers.h"

#define SLAB_RECORDS 255

struct record {
	uint64_t start;
	uint64_t last;
	uint64_t addr;
	uint32_t perm;
	struct record *next_free;
};

struct slab {
	struct slab *next;
	struct record record[SLAB_RECORDS];
};

struct peer {
	struct critnib *index;
	pthread_spinlock_t pool_lock;
	struct record *free;
	struct slab *slabs;
	uint64_t slab_bytes;
};

/* What the library asks for: a key's, and a branch's with its 16 children. */
#define LEAF_BYTES 16
#define NODE_BYTES 144
#define NIBBLES 16

/* ---- records ----------------------------------------------------------- */

static bool grow(struct peer *peer)
{
	struct slab *slab = malloc(sizeof(*slab));

	if (!slab)
		return false;
	slab->next = peer->slabs;
	peer->slabs = slab;
	peer->slab_bytes += sizeof(*slab);
	for (size_t i = SLAB_RECORDS; i > 0; i--) {
		slab->record[i - 1].next_free = peer->free;
		peer->free = &slab->record[i - 1];
	}
	return true;
}

static struct record *take(struct peer *peer)
{
	struct record *record = NULL;

	pthread_spin_lock(&peer->pool_lock);
	if (peer->free || grow(peer)) {
		record = peer->free;
		peer->free = record->next_free;
	}
	pthread_spin_unlock(&peer->pool_lock);
	return record;
}

static void give(struct peer *peer, struct record *record)
{
	pthread_spin_lock(&peer->pool_lock);
	record->next_free = peer->free;
	peer->free = record;
	pthread_spin_unlock(&peer->pool_lock);
}

/* ---- calls ------------------------------------------------------------- */

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
	const struct record *record = critnib_find_le(peer->index, iova);

	if (!record || iova > record->last || !(record->perm & RIOTLB_READ))
		return false;
	*addr = record->addr + (iova - record->start);
	return true;
}

static int insert(struct peer *peer, const struct riotlb_mapping *m,
		  uint64_t addr, uint32_t perm, int update)
{
	struct record *record = take(peer);
	int err;

	if (!record)
		return -ENOMEM;
	record->start = m->start;
	record->last = m->last;
	record->addr = addr;
	record->perm = perm;
	err = critnib_insert(peer->index, m->start, record, update);
	if (err)
		give(peer, record);
	return -err;
}

static inline int peer_map(struct peer *peer, const struct riotlb_mapping *m)
{
	return insert(peer, m, m->addr, m->perm, 0);
}

static inline int peer_unmap(struct peer *peer, const struct riotlb_mapping *m)
{
	struct record *record = critnib_remove(peer->index, m->start);

	if (!record)
		return -ENOENT;
	give(peer, record);
	return 0;
}

/* One store over the old record. */
static inline int peer_protect(struct peer *peer,
			       const struct riotlb_mapping *m, uint32_t perm)
{
	struct record *old = critnib_get(peer->index, m->start);
	int err;

	if (!old)
		return -ENOENT;
	err = insert(peer, m, old->addr, perm, 1);
	if (!err)
		give(peer, old);
	return err;
}

/*
 * One by one: critnib_delete takes the tree from under its readers' feet. What
 * is mapped is all that there is, and it is known to the caller.
 */
static void reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct peer *peer = ctx;

	for (size_t i = 0; i < n; i++)
		(void)peer_unmap(peer, &m[i]);
}

static void free_slabs(struct peer *peer)
{
	while (peer->slabs) {
		struct slab *next = peer->slabs->next;

		free(peer->slabs);
		peer->slabs = next;
	}
	peer->free = NULL;
	peer->slab_bytes = 0;
}

static inline void peer_clear(void *ctx)
{
	struct peer *peer = ctx;

	critnib_delete(peer->index);
	peer->index = critnib_new();
	if (!peer->index)
		abort();
	free_slabs(peer);
}

static void close_critnib(void *ctx)
{
	struct peer *peer = ctx;

	if (!peer)
		return;
	critnib_delete(peer->index);
	free_slabs(peer);
	pthread_spin_destroy(&peer->pool_lock);
	free(peer);
}

static void *open_critnib(void)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->index = critnib_new();
	if (!peer->index) {
		free(peer);
		return NULL;
	}
	pthread_spin_init(&peer->pool_lock, PTHREAD_PROCESS_PRIVATE);
	return peer;
}

struct walk {
	uint64_t before; /* the key */
	uint64_t keys;
	uint64_t branches;
	uint64_t
		seen[NIBBLES]; /* above the branch seen last at a nibble, + 1 */
};

/* Two neighbouring keys part at the branch of their highest unequal nibble. */
static int count_key(uintptr_t key, void *value, void *ctx)
{
	struct walk *walk = ctx;
	unsigned nibble;
	uint64_t above;

	(void)value;
	if (walk->keys++) {
		nibble = (63 - (unsigned)__builtin_clzll(key ^ walk->before)) /
			 4;
		above = nibble == NIBBLES - 1 ? 1
					      : (key >> 4 * (nibble + 1)) + 1;
		walk->branches += walk->seen[nibble] != above;
		walk->seen[nibble] = above;
	}
	walk->before = key;
	return 0;
}

/* The library takes no hooks, but what it has for these keys can be told. */
static uint64_t bytes(void *ctx)
{
	struct peer *peer = ctx;
	struct walk walk = { .keys = 0 };

	critnib_iter(peer->index, 0, UINTPTR_MAX, count_key, &walk);
	return peer->slab_bytes + walk.keys * LEAF_BYTES +
	       walk.branches * NODE_BYTES;
}

const struct subject_ops critnib_subject = {
	PEER_CRITNIB,
	.ranged = true,
	.open = open_critnib,
	.close = close_critnib,
	.expresses = peer_expresses_all,
	.load = peer_load,
	PEER_LOOPS,
	.map_each = peer_map_each,
	.unmap_each = peer_unmap_each,
	.reset = reset,
	.settle = peer_settle,
	.bytes = bytes,
};
