/* SPDX-License-Identifier: MIT */
/*
 * A device with an IOTLB of few entries (riotlb/cache.h), and the table of its
 * IOMMU, from which it fetches what it misses.
 */
#ifndef RIOTLB_CLI_CACHE_DEVICE_H
#define RIOTLB_CLI_CACHE_DEVICE_H

#include <stdint.h>

#include <riotlb/cache.h>

#include "say.h"

enum { CACHE_POLICIES = 3 };

/* FIFO, CLOCK, SIEVE: for the heads of columns. */
extern const char *const cache_policy_names[CACHE_POLICIES];

struct cache_device {
	struct riotlb_vdpa *vdpa;
	struct riotlb *engine;
	struct riotlb_cache **caches; /* of each AS */
	uint32_t nas;
	uint64_t lookups; /* of what is mapped */
	uint64_t hits;
};

/*
 * Errors: those of riotlb_vdpa_create. The thread that looks up is registered
 * as a reader, of whatever engine: they all have one flavour.
 */
int cache_device_open(struct cache_device *device, uint32_t nas,
		      uint32_t entries, enum riotlb_cache_policy policy);
void cache_device_close(struct cache_device *device);

/*
 * Looks up a byte; on a miss fills in what `table` (an AS of it, or NULL for
 * 1:1) says: of its mapping the page, or all if page is 0. What the table has
 * not, or not with the permission, does not count. Errors: -ENOMEM.
 */
int cache_device_look(struct cache_device *device, struct riotlb *table,
		      uint32_t asid, uint64_t iova, uint32_t want,
		      uint64_t page);

void cache_device_invalidate(struct cache_device *device, uint32_t asid,
			     uint64_t start, uint64_t last);

#endif
