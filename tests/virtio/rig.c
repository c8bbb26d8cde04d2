/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <stdlib.h>

#include "guard.h"

struct rig *rig_create(unsigned kind, uint32_t num)
{
	struct riotlb_default none = { .kind = RIOTLB_DEFAULT_EMPTY };
	struct virtq_config config = {
		.num = num,
		.packed = kind & RIG_PACKED,
		.indirect = kind & RIG_INDIRECT,
		.event_idx = kind & RIG_EVENT_IDX,
	};
	struct rig *r = calloc(1, sizeof(*r));
	struct riotlb_attr attr;

	assert_non_null(r);
	riotlb_attr_init(&attr);
	attr.defaults = &none;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	attr.retire = retire_log_add;
	attr.hook_ctx = &r->retired;
	assert_int_equal(riotlb_create(&attr, &r->engine), 0);
	riotlb_thread_register(r->engine);
	assert_int_equal(guard_install(), 0);
	arena_create(&r->arena, RIG_PAGES);
	driver_init(&r->driver, &r->arena, &config);
	r->mem = (struct virtio_mem){ r->engine, 0 };
	assert_int_equal(virtq_init(&r->vq, &r->mem), 0);
	return r;
}

void rig_destroy(struct rig *r)
{
	virtq_fini(&r->vq);
	riotlb_thread_unregister(r->engine);
	riotlb_destroy(r->engine);
	arena_destroy(&r->arena);
	free(r);
}

struct virtq_position rig_start(const struct rig *r)
{
	return (struct virtq_position){
		.avail_wrap = r->driver.config.packed,
		.used_wrap = r->driver.config.packed,
	};
}

void rig_attach(struct rig *r)
{
	struct virtq_position start = rig_start(r);

	assert_int_equal(virtq_attach(&r->vq, &r->driver.config, &start), 0);
}

int rig_pop(struct rig *r, bool take_faults, struct virtq_elem *elem)
{
	static const struct virtq_faults all = { .n = VIRTQ_MAX_FAULTS + 1 };
	int got;

	riotlb_read_enter(r->engine);
	virtq_enter(&r->vq);
	got = virtq_pop(&r->vq, take_faults ? &all : NULL, elem, &r->need);
	riotlb_read_exit(r->engine);
	return got;
}

int rig_push(struct rig *r, const struct virtq_elem *elem, uint32_t written)
{
	int err;

	riotlb_read_enter(r->engine);
	virtq_enter(&r->vq);
	err = virtq_push(&r->vq, elem->id, elem->ndescs, written, &r->need);
	riotlb_read_exit(r->engine);
	return err;
}

static int in_section(struct rig *r,
		      int (*fn)(struct virtq *q, struct virtio_need *need))
{
	int result;

	riotlb_read_enter(r->engine);
	virtq_enter(&r->vq);
	result = fn(&r->vq, &r->need);
	riotlb_read_exit(r->engine);
	return result;
}

int rig_call_due(struct rig *r)
{
	return in_section(r, virtq_call_due);
}

int rig_kicks_on(struct rig *r)
{
	return in_section(r, virtq_kicks_on);
}

int rig_kicks_off(struct rig *r)
{
	return in_section(r, virtq_kicks_off);
}
