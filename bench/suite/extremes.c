/* SPDX-License-Identifier: MIT */
#include "extremes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "../counted.h"
#include "../rcu_thread.h"

#define ASID 0u
#define BASE (1ull << 32)
#define PAGE 4096ull
/* A table that shrank or grew badly may be built again, once in a cycle. */
#define EXTRA_CYCLES 8

/* An engine, empty and with nothing but the memory that any has. */
struct bare {
	struct counted *memory;
	struct riotlb *engine;
	uint64_t bytes;
};

static void quiesce(struct bare *bare)
{
	int extra = EXTRA_CYCLES;
	struct riotlb_stats stats;

	do {
		riotlb_reclaim(bare->engine);
		riotlb_get_stats(bare->engine, ASID, &stats);
	} while (stats.retired_bytes || extra-- > 0);
}

static void bare_close(struct bare *bare)
{
	if (bare->engine)
		rcu_thread_leave();
	riotlb_destroy(bare->engine);
	if (bare->memory)
		counted_destroy(bare->memory);
}

static int bare_open(struct bare *bare)
{
	struct riotlb_attr attr;
	int err;

	*bare = (struct bare){ .memory = counted_create(false) };
	if (!bare->memory)
		return -ENOMEM;
	riotlb_attr_init(&attr);
	attr.allocator = counted_hooks(bare->memory);
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	err = riotlb_create(&attr, &bare->engine);
	if (err) {
		bare_close(bare);
		return err;
	}
	rcu_thread_enter();
	quiesce(bare);
	bare->bytes = counted_live_bytes(bare->memory);
	return 0;
}

static uint64_t bare_grown(struct bare *bare)
{
	quiesce(bare);
	return counted_live_bytes(bare->memory) - bare->bytes;
}

/* ---- adversaries -------------------------------------------------------- */

static int map_singly(struct bare *bare, const struct riotlb_mapping *m,
		      size_t n, struct rng *rng)
{
	uint32_t *order = calloc(n, sizeof(*order));
	int err = order ? 0 : -ENOMEM;

	if (order)
		rng_permutation(rng, order, n);
	for (size_t i = 0; i < n && !err; i++) {
		err = riotlb_map(bare->engine, ASID, &m[order[i]], 0, NULL);
		if (i % 4096 == 0)
			riotlb_reclaim(bare->engine);
	}
	free(order);
	return err;
}

static int unmap_others(struct bare *bare, const struct riotlb_mapping *m,
			size_t n, size_t left_of)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		if (i % left_of)
			err = riotlb_unmap(bare->engine, ASID, m[i].start,
					   m[i].last, RIOTLB_UNMAP_EXACT, NULL);
	}
	return err;
}

static bool holds(struct bare *bare, const struct riotlb_mapping *m, size_t n,
		  size_t left_of)
{
	struct riotlb_segment seg;
	bool right = true;

	riotlb_read_enter(bare->engine);
	for (size_t i = 0; i < n && right; i++) {
		int err = riotlb_translate(bare->engine, ASID, m[i].last,
					   m[i].last, RIOTLB_READ, &seg);

		if (i % left_of)
			right = err == -EFAULT;
		else
			right = !err && seg.addr == m[i].addr + (m[i].last -
								 m[i].start);
	}
	riotlb_read_exit(bare->engine);
	return right;
}

static int fill(struct bare *bare, const struct adversary *a,
		const struct riotlb_mapping *m, size_t all, bool grown,
		struct rng *rng)
{
	/* leave the default: identity would overlap everything */
	int err = riotlb_set_map(bare->engine, ASID, m, grown ? 0 : all, NULL);

	if (!err && grown)
		err = map_singly(bare, m, all, rng);
	if (!err)
		err = unmap_others(bare, m, all, a->left_of);
	if (!err && !holds(bare, m, all, a->left_of))
		err = -EIO;
	return err;
}

int extreme_measure(const struct adversary *a, size_t n, bool grown,
		    struct rng *rng, struct extreme *out)
{
	size_t all = n * a->left_of;
	struct riotlb_mapping *m = calloc(all, sizeof(*m));
	struct riotlb_shape shape;
	struct bare bare;
	int err = m ? bare_open(&bare) : -ENOMEM;

	if (err) {
		free(m);
		return err;
	}
	a->make(m, all, rng);
	err = fill(&bare, a, m, all, grown, rng);
	if (!err) {
		out->bytes = (double)bare_grown(&bare) / (double)n;
		err = riotlb_get_shape(bare.engine, ASID, &shape);
		out->loads = shape.max_loads;
	}
	/* what pruning and rebuilding left is what was there before */
	if (!err && !holds(&bare, m, all, a->left_of))
		err = -EIO;
	bare_close(&bare);
	free(m);
	return err;
}

/* ---- totals ------------------------------------------------------------- */

int extreme_total(size_t count, uint64_t stride, uint64_t size, struct rng *rng,
		  uint64_t *bytes)
{
	struct riotlb_mapping *m = calloc(count, sizeof(*m));
	struct riotlb_stats stats;
	struct bare bare;
	int err = m ? bare_open(&bare) : -ENOMEM;

	if (err) {
		free(m);
		return err;
	}
	for (size_t i = 0; i < count; i++) {
		m[i].start = BASE + i * stride;
		m[i].last = m[i].start + size - 1;
		m[i].addr = rng_below(rng, 1ull << 35) * PAGE;
		m[i].perm = RIOTLB_RW;
	}
	err = riotlb_map_bulk(bare.engine, ASID, m, count, 0, NULL);
	if (!err) {
		*bytes = bare_grown(&bare);
		err = riotlb_get_stats(bare.engine, ASID, &stats);
		if (!err && stats.mappings != count)
			err = -EIO;
	}
	bare_close(&bare);
	free(m);
	return err;
}
