/* SPDX-License-Identifier: MIT */
/* The front's operations on an AS that is a cache, and how it is kept. */
#ifndef RIOTLB_VDPA_CACHE_H
#define RIOTLB_VDPA_CACHE_H

#include <pthread.h>

#include <riotlb/cache.h>

#include "evict.h"
#include "front.h"

struct riotlb_cache {
	struct riotlb_vdpa *vdpa;
	struct riotlb_cache *next; /* of the front's */
	uint32_t asid;
	uint32_t capacity;
	size_t bytes; /* of this, and of the arrays behind it */

	pthread_mutex_t lock; /* for all that follows but evict.used */
	struct evict evict;
	/*
	 * Places: by_start[0..n) are in use, sorted by where their mappings
	 * start; the rest of the array are those that are free.
	 */
	uint32_t *by_start;
	uint32_t n;
	struct riotlb_cache_stats stats;
};

/* NULL: the AS is none. */
struct riotlb_cache *riotlb_cache_of(const struct riotlb_vdpa *vdpa,
				     uint32_t asid);

/* `mapping` is one that riotlb_vdpa_map_op has accepted. */
int riotlb_cache_map(struct riotlb_cache *cache,
		     const struct riotlb_mapping *mapping,
		     struct riotlb_report *report);
int riotlb_cache_unmap(struct riotlb_cache *cache, uint64_t start,
		       uint64_t last, struct riotlb_report *report);
int riotlb_cache_reset(struct riotlb_cache *cache,
		       struct riotlb_report *report);

#endif
