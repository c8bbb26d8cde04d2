/* SPDX-License-Identifier: MIT */
/*
 * riotlb-vdpa: an address space that holds at most so many mappings, as a cache
 * of a larger table that somebody else has. A mapping that is one too many
 * takes the place of another.
 *
 *	riotlb_cache_attr_init(&attr);
 *	attr.mappings = 1024;
 *	riotlb_cache_create(vdpa, 0, &attr, &cache);
 *
 * From then on the operations of the front (riotlb/vdpa.h) on this AS, and the
 * messages that lead to them, are those of a cache:
 *
 *  - dma_map first removes, whole, what it overlaps, since the newer copy is
 *    right, or else, if the cache is full, one mapping that its policy chooses.
 *    Then it maps. Each of the two is one step for lookups. The report tells
 *    what was removed, also if the map then failed (-ENOMEM, -EAGAIN): a cache
 *    may lose a mapping, as whoever misses it asks again. -EEXIST cannot
 *    happen, nor -ENOSPC for the cache's sake.
 *  - dma_unmap removes every mapping that intersects, whole, whatever the
 *    policy of the front is.
 *  - reset_map and the resets empty it, and set_map and batch_begin are
 *    -EOPNOTSUPP, which the messages of a batch are too. Linux: vhost's device
 *    IOTLB has neither.
 *
 * Everything else is as ever: lookups are wait-free; what is evicted is retired
 * like what is unmapped, so that readers and leases keep it usable, and retire
 * callbacks come when they are gone; several threads may map at once, and at no
 * instant are there more mappings than allowed. Nobody may change the AS on the
 * engine itself.
 *
 * Which mapping goes?
 *
 *   FIFO   the oldest. (Linux: VHOST_IOTLB_FLAG_RETIRE.)
 *   CLOCK  the oldest that was not used since it was looked at last: those that
 *          were get a second chance, as if they were new.
 *   SIEVE  as CLOCK, but who gets another chance keeps its age, and the search
 *          goes on where it ended. What is new has to prove itself soon.
 *
 * For the latter two, lookups have to say that they found something:
 * riotlb_cache_translate does, riotlb_cache_touch after other lookups. That is
 * one byte for a page, shared by pages some distance apart, which is stored
 * only if it is not set: so these lookups do write to shared memory, once for
 * each time that the search has passed. It is a hint. Pages that share a byte
 * prolong each other's stay, and a mapping of more pages than there are bytes
 * prolongs its own.
 *
 * Threads: as the front's; a lock keeps the updates of this AS apart, while
 * lookups take none. Context of updates: any, but not from within a sync hook
 * of the same AS (-EDEADLK); with riotlb_attr.backlog_wait, not from a retire
 * callback either.
 */
#ifndef RIOTLB_CACHE_H
#define RIOTLB_CACHE_H

#include <riotlb/vdpa.h>

RIOTLB_BEGIN_DECLS

struct riotlb_cache;

enum riotlb_cache_policy {
	RIOTLB_CACHE_FIFO,
	RIOTLB_CACHE_CLOCK,
	RIOTLB_CACHE_SIEVE,
};

struct riotlb_cache_attr {
	size_t size;       /* sizeof, set by riotlb_cache_attr_init */
	uint32_t mappings; /* at most, 1..RIOTLB_MAX_CACHED */
	enum riotlb_cache_policy policy;
	/*
	 * What is a page to the hints: a power of two, in bytes, best that of
	 * the smallest mappings.
	 */
	uint64_t page;
};

#define RIOTLB_MAX_CACHED 65536u

/* 2048 mappings, as in Linux; SIEVE; 4096. */
RIOTLB_API void riotlb_cache_attr_init(struct riotlb_cache_attr *attr);

/*
 * Makes an AS of the front a cache, before other threads use the front; attr
 * NULL means the defaults. Memory is the front's, all of it taken here.
 * Errors: -EINVAL (asid; attr; an AS that is not empty by default), -EBUSY (it
 * was changed already, or is a cache), -ENOMEM. Context: any.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_cache_create(struct riotlb_vdpa *vdpa, uint32_t asid,
		    const struct riotlb_cache_attr *attr,
		    struct riotlb_cache **out);

/*
 * The AS keeps what it holds and is a cache no more. When no other thread is in
 * a call on it or its front, before the front is destroyed. NULL is allowed.
 * Context: any.
 */
RIOTLB_API void riotlb_cache_destroy(struct riotlb_cache *cache);

/*
 * riotlb_translate for the AS, which remembers that the page of iova was used.
 * Not for the group of a virtqueue, which may be bound elsewhere: for that,
 * riotlb_group_translate and a touch. Wait-free. Context: reader.
 */
RIOTLB_API int riotlb_cache_translate(struct riotlb_cache *cache, uint64_t iova,
				      uint64_t last, uint32_t want,
				      struct riotlb_segment *seg);

/* A lookup has found iova. Wait-free. Context: any. */
RIOTLB_API void riotlb_cache_touch(struct riotlb_cache *cache, uint64_t iova);

struct riotlb_cache_stats {
	uint64_t mappings; /* now */
	uint64_t peak;     /* the most so far */
	uint64_t fills;    /* maps that succeeded */
	uint64_t evicted;  /* for another one, by policy */
	uint64_t replaced; /* by one that overlapped */
	uint64_t removed;  /* by unmap or reset */
	uint64_t looked;   /* mappings that the search for one looked at */
};

/* Context: any. */
RIOTLB_API void riotlb_cache_get_stats(struct riotlb_cache *cache,
				       struct riotlb_cache_stats *stats);

RIOTLB_END_DECLS

#endif
