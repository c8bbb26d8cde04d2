/* SPDX-License-Identifier: MIT */
#include "front.h"

#include <stdlib.h>

static const uint32_t vq_groups[FRONT_VQS] = { 0, 0, 1 };

static void create(struct front *f)
{
	assert_int_equal(riotlb_vdpa_create(&f->attr, &f->vdpa), 0);
	f->engine = riotlb_vdpa_engine(f->vdpa);
	riotlb_thread_register(f->engine);
}

static void destroy(struct front *f)
{
	riotlb_thread_unregister(f->engine);
	riotlb_vdpa_destroy(f->vdpa);
	hooks_check_empty(&f->hooks);
}

int front_setup(void **state)
{
	struct front *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	hooks_init(&f->hooks);
	for (int i = 0; i < FRONT_AS; i++)
		f->defaults[i].kind = RIOTLB_DEFAULT_IDENTITY;
	riotlb_attr_init(&f->engine_attr);
	f->engine_attr.nas = FRONT_AS;
	f->engine_attr.ngroups = FRONT_GROUPS;
	f->engine_attr.defaults = f->defaults;
	f->engine_attr.limits = f->limits;
	f->engine_attr.allocator = &f->hooks.allocator;
	f->engine_attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	f->engine_attr.retire = retire_log_add;
	f->engine_attr.hook_ctx = &f->retired;
	riotlb_vdpa_attr_init(&f->attr);
	f->attr.engine = &f->engine_attr;
	f->attr.nvqs = FRONT_VQS;
	f->attr.vq_groups = vq_groups;
	f->attr.discard = retire_log_add;
	f->attr.discard_ctx = &f->discarded;
	create(f);
	*state = f;
	return 0;
}

int front_teardown(void **state)
{
	destroy(*state);
	free(*state);
	return 0;
}

void front_recreate(struct front *f)
{
	destroy(f);
	create(f);
}

int dma_map(struct front *f, uint64_t iova, uint64_t size, uint64_t pa)
{
	return riotlb_vdpa_dma_map(f->vdpa, 0, iova, size, pa, RIOTLB_RW, NULL,
				   NULL);
}

int dma_unmap(struct front *f, uint64_t iova, uint64_t size)
{
	return riotlb_vdpa_dma_unmap(f->vdpa, 0, iova, size, NULL);
}

struct riotlb_mapping sized(uint64_t iova, uint64_t size, uint64_t pa,
			    uint64_t opaque)
{
	struct riotlb_mapping m =
		mapping(iova, iova + (size - 1), pa, RIOTLB_RW);

	m.opaque = opaque;
	return m;
}

int group_look(struct front *f, uint32_t group, uint64_t iova, uint64_t *addr)
{
	struct riotlb_segment seg = { .addr = 0 };
	int err;

	riotlb_read_enter(f->engine);
	err = riotlb_group_translate(f->engine, group, iova, iova, RIOTLB_READ,
				     &seg);
	riotlb_read_exit(f->engine);
	*addr = seg.addr;
	return err;
}
