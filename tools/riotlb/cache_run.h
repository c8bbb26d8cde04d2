/* SPDX-License-Identifier: MIT */
/* What `riotlb cache` measures. */
#ifndef RIOTLB_CLI_CACHE_RUN_H
#define RIOTLB_CLI_CACHE_RUN_H

#include <riotlb/cache.h>

#include "cache_device.h"
#include "events.h"
#include "memory.h"
#include "say.h"

struct cache_result {
	uint64_t lookups;
	uint64_t hits;
};

/*
 * Replays the trace on an IOMMU's table, and its accesses on a device with a
 * cache of it. `page`: see cache_device_look.
 */
enum status cache_run_trace(const struct trace *trace, uint32_t entries,
			    enum riotlb_cache_policy policy, uint64_t page,
			    struct cache_result *result);

/* ---- patterns ---------------------------------------------------------- */

enum { CACHE_PATTERNS = 4 };

struct cache_pattern {
	const char *name;
	const char *what;
	uint64_t (*page)(uint64_t *random, uint64_t i);
};

extern const struct cache_pattern cache_patterns[CACHE_PATTERNS];

enum status cache_run_pattern(const struct cache_pattern *pattern,
			      uint32_t entries, enum riotlb_cache_policy policy,
			      struct cache_result *result);

/* ---- costs ------------------------------------------------------------- */

struct cache_costs {
	double lookup; /* riotlb_translate, ns */
	double hit[CACHE_POLICIES];
	double fill[CACHE_POLICIES]; /* of a cache that is full */
};

enum status cache_run_costs(uint32_t entries, struct cache_costs *costs);

#endif
