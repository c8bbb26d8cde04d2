/* SPDX-License-Identifier: MIT */
#include "cache_device.h"

#include <errno.h>
#include <stdlib.h>

#include <riotlb/rcu.h>

const char *const cache_policy_names[CACHE_POLICIES] = {
	[RIOTLB_CACHE_FIFO] = "FIFO",
	[RIOTLB_CACHE_CLOCK] = "CLOCK",
	[RIOTLB_CACHE_SIEVE] = "SIEVE",
};

/* Lookups after which retired memory is freed. */
#define RECLAIM_EVERY 4096u

static int create_front(struct cache_device *device)
{
	struct riotlb_default *defaults =
		calloc(device->nas, sizeof(*defaults));
	struct riotlb_vdpa_attr attr;
	struct riotlb_attr engine;
	int err;

	if (!defaults)
		return -ENOMEM;
	for (uint32_t i = 0; i < device->nas; i++)
		defaults[i].kind = RIOTLB_DEFAULT_EMPTY;
	riotlb_attr_init(&engine);
	engine.nas = device->nas;
	engine.defaults = defaults;
	engine.reclaim = RIOTLB_RECLAIM_MANUAL;
	riotlb_vdpa_attr_init(&attr);
	attr.engine = &engine;
	err = riotlb_vdpa_create(&attr, &device->vdpa);
	free(defaults);
	return err;
}

static int create_caches(struct cache_device *device, uint32_t entries,
			 enum riotlb_cache_policy policy)
{
	struct riotlb_cache_attr attr;
	int err = 0;

	riotlb_cache_attr_init(&attr);
	attr.mappings = entries;
	attr.policy = policy;
	for (uint32_t i = 0; i < device->nas && !err; i++)
		err = riotlb_cache_create(device->vdpa, i, &attr,
					  &device->caches[i]);
	return err;
}

int cache_device_open(struct cache_device *device, uint32_t nas,
		      uint32_t entries, enum riotlb_cache_policy policy)
{
	int err;

	*device = (struct cache_device){ .nas = nas };
	device->caches = calloc(nas, sizeof(struct riotlb_cache *));
	if (!device->caches)
		return -ENOMEM;
	err = create_front(device);
	if (!err) {
		device->engine = riotlb_vdpa_engine(device->vdpa);
		err = create_caches(device, entries, policy);
	}
	if (err)
		cache_device_close(device);
	return err;
}

void cache_device_close(struct cache_device *device)
{
	for (uint32_t i = 0; device->caches && i < device->nas; i++)
		riotlb_cache_destroy(device->caches[i]);
	riotlb_vdpa_destroy(device->vdpa);
	free(device->caches);
	*device = (struct cache_device){ 0 };
}

static bool hits(struct cache_device *device, uint32_t asid, uint64_t iova,
		 uint32_t want)
{
	struct riotlb_segment seg;
	int err;

	riotlb_read_enter(device->engine);
	err = riotlb_cache_translate(device->caches[asid], iova, iova, want,
				     &seg);
	riotlb_read_exit(device->engine);
	return err == 0;
}

/* The mapping of the table that has the byte. */
static bool fetch(struct riotlb *table, uint32_t asid, uint64_t iova,
		  uint32_t want, struct riotlb_mapping *m)
{
	size_t filled;

	if (!table) {
		*m = (struct riotlb_mapping){ .last = UINT64_MAX, .perm = 3 };
		return true;
	}
	return riotlb_iterate(table, asid, iova, iova, m, 1, &filled, NULL,
			      NULL) >= 0 &&
	       filled == 1 && (m->perm & want) == want;
}

static void clip(struct riotlb_mapping *m, uint64_t iova, uint64_t page)
{
	uint64_t start = iova & ~(page - 1), last = iova | (page - 1);

	if (last < m->last)
		m->last = last;
	if (start <= m->start)
		return;
	m->addr += start - m->start;
	m->start = start;
}

int cache_device_look(struct cache_device *device, struct riotlb *table,
		      uint32_t asid, uint64_t iova, uint32_t want,
		      uint64_t page)
{
	struct riotlb_mapping m;

	if (device->lookups % RECLAIM_EVERY == 0)
		riotlb_reclaim(device->engine);
	if (hits(device, asid, iova, want)) {
		device->lookups++;
		device->hits++;
		return 0;
	}
	if (!fetch(table, asid, iova, want, &m))
		return 0;
	device->lookups++;
	if (page)
		clip(&m, iova, page);
	/* as all of 2^64 bytes has no size, it is taken less its last byte */
	return riotlb_vdpa_dma_map(device->vdpa, asid, m.start,
				   m.last - m.start +
					   (m.last - m.start != UINT64_MAX),
				   m.addr, m.perm, NULL, NULL);
}

void cache_device_invalidate(struct cache_device *device, uint32_t asid,
			     uint64_t start, uint64_t last)
{
	bool all = start == 0 && last == UINT64_MAX;

	riotlb_vdpa_dma_unmap(device->vdpa, asid, start,
			      all ? 0 : last - start + 1, NULL);
}
