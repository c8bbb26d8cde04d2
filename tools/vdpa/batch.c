/* SPDX-License-Identifier: MIT */
#include "front.h"

#include <errno.h>
#include <string.h>

#include "cache.h"
#include "miss.h"

#define FIRST_ROOM 16u

struct riotlb_vdpa_batch {
	struct riotlb_vdpa *vdpa;
	uint32_t asid;
	size_t n;
	size_t room;
	struct riotlb_op *ops;
};

static size_t ops_size(size_t n)
{
	return n * sizeof(struct riotlb_op);
}

/* One more fits afterwards. */
static int grow(struct riotlb_vdpa_batch *batch)
{
	size_t room = batch->room ? 2 * batch->room : FIRST_ROOM;
	struct riotlb_op *ops;

	if (batch->n == batch->vdpa->max_batch)
		return -ENOSPC;
	if (batch->n < batch->room)
		return 0;
	ops = riotlb_vdpa_alloc(batch->vdpa, ops_size(room));
	if (!ops)
		return -ENOMEM;
	if (batch->room) {
		memcpy(ops, batch->ops, ops_size(batch->n));
		riotlb_vdpa_free(batch->vdpa, batch->ops,
				 ops_size(batch->room));
	}
	batch->ops = ops;
	batch->room = room;
	return 0;
}

static int add(struct riotlb_vdpa_batch *batch, const struct riotlb_op *op)
{
	int err = grow(batch);

	if (err)
		return err;
	batch->ops[batch->n++] = *op;
	return 0;
}

static void batch_free(struct riotlb_vdpa_batch *batch)
{
	struct riotlb_vdpa *vdpa = batch->vdpa;

	if (batch->room)
		riotlb_vdpa_free(vdpa, batch->ops, ops_size(batch->room));
	riotlb_vdpa_free(vdpa, batch, sizeof(*batch));
}

int riotlb_vdpa_batch_begin(struct riotlb_vdpa *vdpa, uint32_t asid,
			    struct riotlb_vdpa_batch **out)
{
	struct riotlb_vdpa_batch *batch;

	if (asid >= vdpa->nas)
		return -EINVAL;
	if (riotlb_cache_of(vdpa, asid))
		return -EOPNOTSUPP;
	batch = riotlb_vdpa_alloc(vdpa, sizeof(*batch));
	if (!batch)
		return -ENOMEM;
	*batch = (struct riotlb_vdpa_batch){ .vdpa = vdpa, .asid = asid };
	*out = batch;
	return 0;
}

int riotlb_vdpa_batch_dma_map(struct riotlb_vdpa_batch *batch, uint64_t iova,
			      uint64_t size, uint64_t pa, uint32_t perm,
			      void *opaque)
{
	struct riotlb_op op;
	int err = riotlb_vdpa_map_op(batch->vdpa, iova, size, pa, perm, opaque,
				     &op);

	return err ? err : add(batch, &op);
}

int riotlb_vdpa_batch_dma_unmap(struct riotlb_vdpa_batch *batch, uint64_t iova,
				uint64_t size)
{
	struct riotlb_op op;
	int err = riotlb_vdpa_unmap_op(batch->vdpa, iova, size, &op);

	return err ? err : add(batch, &op);
}

static void tell_misses(const struct riotlb_vdpa_batch *batch)
{
	for (size_t i = 0; batch->vdpa->misses && i < batch->n; i++) {
		const struct riotlb_mapping *m = &batch->ops[i].mapping;

		if (batch->ops[i].kind == RIOTLB_OP_MAP)
			front_mapped(batch->vdpa, batch->asid, m);
		else
			front_unmapped(batch->vdpa, batch->asid, m->start,
				       m->last);
	}
}

int riotlb_vdpa_batch_end(struct riotlb_vdpa_batch *batch,
			  struct riotlb_report *report)
{
	int err = riotlb_apply(batch->vdpa->engine, batch->asid, batch->ops,
			       batch->n, report);

	if (err)
		return err;
	tell_misses(batch);
	batch_free(batch);
	return 0;
}

void riotlb_vdpa_batch_abort(struct riotlb_vdpa_batch *batch)
{
	if (!batch)
		return;
	for (size_t i = 0; batch->vdpa->discard && i < batch->n; i++) {
		if (batch->ops[i].kind == RIOTLB_OP_MAP)
			batch->vdpa->discard(batch->vdpa->discard_ctx,
					     batch->asid,
					     &batch->ops[i].mapping);
	}
	batch_free(batch);
}
