/* SPDX-License-Identifier: MIT */
/*
 * The loops over a peer's own calls, the same for every peer and inlined into
 * each. Included once, after the definitions of struct peer and of the
 * functions declared here.
 */
#ifndef BENCH_PEERS_LOOPS_H
#define BENCH_PEERS_LOOPS_H

#include <errno.h>

#include "../subject.h"

struct peer;

/* Around subject_settings.section lookups, and around each update. */
static inline void peer_read_lock(struct peer *peer);
static inline void peer_read_unlock(struct peer *peer);
static inline void peer_lock(struct peer *peer);
static inline void peer_unlock(struct peer *peer);

/* Is iova mapped for reading, and to what? Under the read lock. */
static inline bool peer_find(struct peer *peer, uint64_t iova, uint64_t *addr);

/* Under the lock; 0 or -errno. The mapping is there exactly so, or not. */
static inline int peer_map(struct peer *peer, const struct riotlb_mapping *m);
static inline int peer_unmap(struct peer *peer, const struct riotlb_mapping *m);
/* What is mapped as m gets another permission. */
static inline int peer_protect(struct peer *peer,
			       const struct riotlb_mapping *m, uint32_t perm);

/* Nothing mapped, all memory for mappings freed; nobody else is there. */
static inline void peer_clear(void *ctx);

/* A miss is not counted but leaves the sum wrong, which the caller checks. */
static inline uint64_t peer_lookup(void *ctx, const uint64_t *keys, size_t n)
{
	struct peer *peer = ctx;
	uint64_t sum = 0;
	uint64_t addr;

	for (size_t at = 0, m; at < n; at += m) {
		m = subject_section(n - at);
		peer_read_lock(peer);
		for (size_t i = at; i < at + m; i++) {
			if (peer_find(peer, keys[i], &addr))
				sum += addr;
		}
		peer_read_unlock(peer);
	}
	return sum;
}

static inline uint64_t peer_lookup_dependent(void *ctx, const uint64_t *keys,
					     size_t n)
{
	struct peer *peer = ctx;
	uint64_t addr = 0;
	uint64_t sum = 0;

	for (size_t at = 0, m; at < n; at += m) {
		m = subject_section(n - at);
		peer_read_lock(peer);
		for (size_t i = at; i < at + m; i++) {
			if (peer_find(peer, key_after(keys[i], addr), &addr))
				sum += addr;
		}
		peer_read_unlock(peer);
	}
	return sum;
}

static inline bool peer_translate(void *ctx, uint64_t iova, uint64_t *addr)
{
	struct peer *peer = ctx;
	bool found;

	peer_read_lock(peer);
	found = peer_find(peer, iova, addr);
	peer_read_unlock(peer);
	return found;
}

/* Everything in one hold of the lock. */
static inline int peer_load(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct peer *peer = ctx;
	int err = 0;

	peer_lock(peer);
	for (size_t i = 0; i < n && !err; i++)
		err = peer_map(peer, &m[i]);
	peer_unlock(peer);
	return err;
}

static inline int peer_map_locked(struct peer *peer,
				  const struct riotlb_mapping *m)
{
	int err;

	peer_lock(peer);
	err = peer_map(peer, m);
	peer_unlock(peer);
	return err;
}

static inline int peer_unmap_locked(struct peer *peer,
				    const struct riotlb_mapping *m)
{
	int err;

	peer_lock(peer);
	err = peer_unmap(peer, m);
	peer_unlock(peer);
	return err;
}

static inline int peer_remap(void *ctx, const struct riotlb_mapping *m,
			     const struct remap *updates, size_t n)
{
	struct peer *peer = ctx;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		struct riotlb_mapping fresh = m[updates[i].index];

		fresh.addr = updates[i].addr;
		err = peer_unmap_locked(peer, &fresh);
		if (!err)
			err = peer_map_locked(peer, &fresh);
	}
	return err;
}

static inline int peer_map_each(void *ctx, const struct riotlb_mapping *m,
				const uint32_t *order, size_t n)
{
	struct peer *peer = ctx;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = peer_map_locked(peer, &m[order[i]]);
	return err;
}

static inline int peer_unmap_each(void *ctx, const struct riotlb_mapping *m,
				  const uint32_t *order, size_t n)
{
	struct peer *peer = ctx;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = peer_unmap_locked(peer, &m[order[i]]);
	return err;
}

static inline int peer_protect_each(void *ctx, const struct riotlb_mapping *m,
				    const uint32_t *order, size_t n,
				    uint32_t perm)
{
	struct peer *peer = ctx;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		peer_lock(peer);
		err = peer_protect(peer, &m[order[i]], perm);
		peer_unlock(peer);
	}
	return err;
}

/* Of a peer that does something else before. */
#ifndef PEER_LOAD
#define PEER_LOAD peer_load
#endif

static inline int peer_replace(void *ctx, const struct riotlb_mapping *m,
			       size_t n)
{
	peer_clear(ctx);
	return PEER_LOAD(ctx, m, n);
}

/* For what frees at once. */
static inline void peer_settle(void *ctx)
{
	(void)ctx;
}

static inline bool peer_expresses_all(const struct riotlb_mapping *mapping)
{
	(void)mapping;
	return true;
}

/* What no peer has in a way of its own, as fields of a struct subject_ops. */
#define PEER_LOOPS                                                        \
	.lookup = peer_lookup, .lookup_dependent = peer_lookup_dependent, \
	.remap = peer_remap, .protect_each = peer_protect_each,           \
	.translate = peer_translate, .replace = peer_replace,             \
	.clear = peer_clear

#endif
