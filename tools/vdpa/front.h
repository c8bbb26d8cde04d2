/* SPDX-License-Identifier: MIT */
/* The front's parts, and from sizes to closed ranges. */
#ifndef RIOTLB_VDPA_FRONT_H
#define RIOTLB_VDPA_FRONT_H

#include <stdatomic.h>

#include <riotlb/vdpa.h>

struct riotlb_cache;
struct riotlb_misses;

struct riotlb_vdpa {
	struct riotlb *engine;
	struct riotlb_allocator memory;
	struct riotlb_range window;
	enum riotlb_unmap_policy unmap_policy;
	uint32_t nas;
	uint32_t ngroups;
	uint32_t nvqs;
	uint32_t max_batch;
	riotlb_retire_fn *discard;
	void *discard_ctx;
	/* has an owner; one that opens sees what the last one closed */
	atomic_flag owned;
	/* both are set before other threads use the front */
	struct riotlb_misses *misses; /* or NULL */
	struct riotlb_cache *caches;  /* a list; each of another AS */
	uint32_t vq_groups[];
};

void *riotlb_vdpa_alloc(struct riotlb_vdpa *vdpa, size_t size);
void riotlb_vdpa_free(struct riotlb_vdpa *vdpa, void *ptr, size_t size);

/* Returns err, with a report that says nothing but the index. */
int riotlb_vdpa_result(struct riotlb_report *report, int err, size_t index);

/* false: size 0, or past the last address. */
static inline bool riotlb_vdpa_range(uint64_t iova, uint64_t size,
				     struct riotlb_range *range)
{
	if (size == 0 || size - 1 > UINT64_MAX - iova)
		return false;
	range->start = iova;
	range->last = iova + (size - 1);
	return true;
}

/*
 * dma_map and dma_unmap as operations of an apply; 0 or the error of the call.
 */
int riotlb_vdpa_map_op(const struct riotlb_vdpa *vdpa, uint64_t iova,
		       uint64_t size, uint64_t pa, uint32_t perm, void *opaque,
		       struct riotlb_op *op);
int riotlb_vdpa_unmap_op(const struct riotlb_vdpa *vdpa, uint64_t iova,
			 uint64_t size, struct riotlb_op *op);

#endif
