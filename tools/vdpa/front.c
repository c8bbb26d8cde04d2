/* SPDX-License-Identifier: MIT */
#include "front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "miss.h"

#define MAX_VQS 65536u
#define MAX_BATCH 65536u

/* ---- memory ------------------------------------------------------------ */

static void *libc_alloc(void *ctx, size_t size, size_t align)
{
	(void)ctx;
	(void)align; /* no more than malloc gives */
	return malloc(size);
}

static void libc_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	(void)size;
	free(ptr);
}

static const struct riotlb_allocator libc_memory = {
	.alloc = libc_alloc,
	.free = libc_free,
};

static void *alloc_from(const struct riotlb_allocator *memory, size_t size)
{
	return memory->alloc(memory->ctx, size, _Alignof(max_align_t));
}

void *riotlb_vdpa_alloc(struct riotlb_vdpa *vdpa, size_t size)
{
	return alloc_from(&vdpa->memory, size);
}

void riotlb_vdpa_free(struct riotlb_vdpa *vdpa, void *ptr, size_t size)
{
	vdpa->memory.free(vdpa->memory.ctx, ptr, size);
}

/* ---- life -------------------------------------------------------------- */

void riotlb_vdpa_attr_init(struct riotlb_vdpa_attr *attr)
{
	*attr = (struct riotlb_vdpa_attr){
		.size = sizeof(*attr),
		.iova_range = { 0, UINT64_MAX },
		.unmap_policy = RIOTLB_UNMAP_WHOLE,
		.max_batch = MAX_BATCH,
	};
}

static bool policy_valid(enum riotlb_unmap_policy policy)
{
	return policy == RIOTLB_UNMAP_EXACT || policy == RIOTLB_UNMAP_WHOLE ||
	       policy == RIOTLB_UNMAP_NO_BISECT;
}

static bool groups_valid(const struct riotlb_vdpa_attr *attr, uint32_t ngroups)
{
	if (attr->nvqs > MAX_VQS || (attr->nvqs && ngroups == 0))
		return false;
	for (uint32_t i = 0; attr->vq_groups && i < attr->nvqs; i++) {
		if (attr->vq_groups[i] >= ngroups)
			return false;
	}
	return true;
}

static bool attr_valid(const struct riotlb_vdpa_attr *attr)
{
	return attr->size == sizeof(*attr) &&
	       policy_valid(attr->unmap_policy) &&
	       attr->iova_range.start <= attr->iova_range.last;
}

static size_t front_size(uint32_t nvqs)
{
	return sizeof(struct riotlb_vdpa) + nvqs * sizeof(uint32_t);
}

static struct riotlb_vdpa *front_new(const struct riotlb_vdpa_attr *attr,
				     const struct riotlb_attr *engine)
{
	const struct riotlb_allocator *memory =
		engine->allocator ? engine->allocator : &libc_memory;
	struct riotlb_vdpa *vdpa = alloc_from(memory, front_size(attr->nvqs));

	if (!vdpa)
		return NULL;
	*vdpa = (struct riotlb_vdpa){
		.memory = *memory,
		.window = attr->iova_range,
		.unmap_policy = attr->unmap_policy,
		.nas = engine->nas,
		.ngroups = engine->ngroups,
		.nvqs = attr->nvqs,
		.max_batch = attr->max_batch ? attr->max_batch : UINT32_MAX,
		.discard = attr->discard,
		.discard_ctx = attr->discard_ctx,
		.owned = ATOMIC_FLAG_INIT,
	};
	for (uint32_t i = 0; i < attr->nvqs; i++)
		vdpa->vq_groups[i] = attr->vq_groups ? attr->vq_groups[i] : 0;
	return vdpa;
}

int riotlb_vdpa_create(const struct riotlb_vdpa_attr *attr,
		       struct riotlb_vdpa **out)
{
	struct riotlb_vdpa_attr standard;
	struct riotlb_attr standard_engine;
	const struct riotlb_attr *engine;
	struct riotlb_vdpa *vdpa;
	int err;

	riotlb_vdpa_attr_init(&standard);
	riotlb_attr_init(&standard_engine);
	if (!attr)
		attr = &standard;
	if (!attr_valid(attr))
		return -EINVAL;
	engine = attr->engine ? attr->engine : &standard_engine;
	/* its other fields say nothing yet if it is of another version */
	if (engine->size != sizeof(*engine) ||
	    !groups_valid(attr, engine->ngroups))
		return -EINVAL;
	vdpa = front_new(attr, engine);
	if (!vdpa)
		return -ENOMEM;
	err = riotlb_create(engine, &vdpa->engine);
	if (err) {
		struct riotlb_allocator memory = vdpa->memory;

		memory.free(memory.ctx, vdpa, front_size(vdpa->nvqs));
		return err;
	}
	*out = vdpa;
	return 0;
}

void riotlb_vdpa_destroy(struct riotlb_vdpa *vdpa)
{
	struct riotlb_allocator memory;

	if (!vdpa)
		return;
	memory = vdpa->memory;
	riotlb_destroy(vdpa->engine);
	memory.free(memory.ctx, vdpa, front_size(vdpa->nvqs));
}

struct riotlb *riotlb_vdpa_engine(const struct riotlb_vdpa *vdpa)
{
	return vdpa->engine;
}

int riotlb_vdpa_get_vq_group(const struct riotlb_vdpa *vdpa, uint16_t idx,
			     uint32_t *group)
{
	if (idx >= vdpa->nvqs)
		return -EINVAL;
	*group = vdpa->vq_groups[idx];
	return 0;
}

struct riotlb_range riotlb_vdpa_get_iova_range(const struct riotlb_vdpa *vdpa)
{
	return vdpa->window;
}

/* ---- from sizes to operations ------------------------------------------ */

int riotlb_vdpa_result(struct riotlb_report *report, int err, size_t index)
{
	if (report)
		*report = (struct riotlb_report){ .index = index };
	return err;
}

static bool in_window(const struct riotlb_vdpa *vdpa, uint64_t start,
		      uint64_t last)
{
	return start >= vdpa->window.start && last <= vdpa->window.last;
}

int riotlb_vdpa_map_op(const struct riotlb_vdpa *vdpa, uint64_t iova,
		       uint64_t size, uint64_t pa, uint32_t perm, void *opaque,
		       struct riotlb_op *op)
{
	struct riotlb_range range;

	if (!riotlb_vdpa_range(iova, size, &range) ||
	    !in_window(vdpa, range.start, range.last) || perm == 0 ||
	    (perm & ~(uint32_t)RIOTLB_RW))
		return -EINVAL;
	if (size - 1 > UINT64_MAX - pa)
		return -EOVERFLOW;
	*op = (struct riotlb_op){
		.kind = RIOTLB_OP_MAP,
		.mapping = {
			.start = range.start,
			.last = range.last,
			.addr = pa,
			.opaque = (uintptr_t)opaque,
			.perm = perm,
		},
	};
	return 0;
}

int riotlb_vdpa_unmap_op(const struct riotlb_vdpa *vdpa, uint64_t iova,
			 uint64_t size, struct riotlb_op *op)
{
	bool everything = iova == 0 && size == 0;
	struct riotlb_range range = { 0, UINT64_MAX };

	if (!everything && !riotlb_vdpa_range(iova, size, &range))
		return -EINVAL;
	*op = (struct riotlb_op){
		.kind = RIOTLB_OP_UNMAP,
		/* everything cuts nothing, so it need not be able to fail */
		.policy = everything ? RIOTLB_UNMAP_WHOLE : vdpa->unmap_policy,
		.mapping = { .start = range.start, .last = range.last },
	};
	return 0;
}

/* ---- operations -------------------------------------------------------- */

int riotlb_vdpa_dma_map(struct riotlb_vdpa *vdpa, uint32_t asid, uint64_t iova,
			uint64_t size, uint64_t pa, uint32_t perm, void *opaque,
			struct riotlb_report *report)
{
	struct riotlb_cache *cache = riotlb_cache_of(vdpa, asid);
	struct riotlb_op op;
	int err = riotlb_vdpa_map_op(vdpa, iova, size, pa, perm, opaque, &op);

	if (err)
		return riotlb_vdpa_result(report, err, 0);
	if (cache)
		err = riotlb_cache_map(cache, &op.mapping, report);
	else
		err = riotlb_map(vdpa->engine, asid, &op.mapping, 0, report);
	if (err == 0)
		front_mapped(vdpa, asid, &op.mapping);
	return err;
}

int riotlb_vdpa_dma_unmap(struct riotlb_vdpa *vdpa, uint32_t asid,
			  uint64_t iova, uint64_t size,
			  struct riotlb_report *report)
{
	struct riotlb_cache *cache = riotlb_cache_of(vdpa, asid);
	struct riotlb_op op;
	int err = riotlb_vdpa_unmap_op(vdpa, iova, size, &op);

	if (err)
		return riotlb_vdpa_result(report, err, 0);
	if (cache)
		err = riotlb_cache_unmap(cache, op.mapping.start,
					 op.mapping.last, report);
	else
		err = riotlb_unmap(vdpa->engine, asid, op.mapping.start,
				   op.mapping.last, op.policy, report);
	if (err == 0)
		front_unmapped(vdpa, asid, op.mapping.start, op.mapping.last);
	return err;
}

int riotlb_vdpa_set_map(struct riotlb_vdpa *vdpa, uint32_t asid,
			const struct riotlb_mapping *mappings, size_t n,
			struct riotlb_report *report)
{
	int err;

	if (riotlb_cache_of(vdpa, asid))
		return riotlb_vdpa_result(report, -EOPNOTSUPP, 0);
	for (size_t i = 0; i < n; i++) {
		if (!in_window(vdpa, mappings[i].start, mappings[i].last))
			return riotlb_vdpa_result(report, -EINVAL, i);
	}
	err = riotlb_set_map(vdpa->engine, asid, mappings, n, report);
	if (err == 0)
		front_unmapped(vdpa, asid, 0, UINT64_MAX);
	return err;
}

static int reset_map(struct riotlb_vdpa *vdpa, uint32_t asid,
		     struct riotlb_report *report)
{
	struct riotlb_cache *cache = riotlb_cache_of(vdpa, asid);

	return cache ? riotlb_cache_reset(cache, report)
		     : riotlb_reset_map(vdpa->engine, asid, report);
}

int riotlb_vdpa_reset_map(struct riotlb_vdpa *vdpa, uint32_t asid,
			  struct riotlb_report *report)
{
	int err = reset_map(vdpa, asid, report);

	if (err == 0)
		front_unmapped(vdpa, asid, 0, UINT64_MAX);
	return err;
}

int riotlb_vdpa_set_group_asid(struct riotlb_vdpa *vdpa, uint32_t group,
			       uint32_t asid, struct riotlb_report *report)
{
	int err = riotlb_set_group_asid(vdpa->engine, group, asid, report);

	if (err == 0 && vdpa->misses)
		riotlb_miss_flush_group(vdpa->misses, group);
	return err;
}

/* ---- reset ------------------------------------------------------------- */

/* Cycles are counted, so the token of the larger one covers both. */
static void cover(struct riotlb_report *sum, const struct riotlb_report *step)
{
	if (step->token.cycle > sum->token.cycle)
		sum->token = step->token;
}

static void clean_maps(struct riotlb_vdpa *vdpa, struct riotlb_report *sum)
{
	struct riotlb_report step;

	for (uint32_t asid = 0; asid < vdpa->nas; asid++) {
		reset_map(vdpa, asid, &step);
		cover(sum, &step);
	}
}

static void rebind_groups(struct riotlb_vdpa *vdpa, struct riotlb_report *sum)
{
	struct riotlb_report step;

	for (uint32_t group = 0; group < vdpa->ngroups; group++) {
		riotlb_set_group_asid(vdpa->engine, group, 0, &step);
		cover(sum, &step);
	}
}

int riotlb_vdpa_compat_reset(struct riotlb_vdpa *vdpa, uint32_t flags,
			     struct riotlb_report *report)
{
	struct riotlb_report sum = { 0 };

	if (flags & ~(uint32_t)RIOTLB_VDPA_RESET_F_CLEAN_MAP)
		return riotlb_vdpa_result(report, -EINVAL, 0);
	/* in this order no group meets what AS 0 held before it was cleaned */
	if (flags & RIOTLB_VDPA_RESET_F_CLEAN_MAP)
		clean_maps(vdpa, &sum);
	rebind_groups(vdpa, &sum);
	if (vdpa->misses)
		riotlb_miss_flush_all(vdpa->misses);
	if (report)
		*report = sum;
	return 0;
}

int riotlb_vdpa_reset(struct riotlb_vdpa *vdpa, struct riotlb_report *report)
{
	return riotlb_vdpa_compat_reset(vdpa, 0, report);
}
