/* SPDX-License-Identifier: MIT */
#include "recipe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "hooks.h"
#include "rng.h"
#include "verify.h"

/* single calls between two cycles of reclamation */
#define RECLAIM_EVERY 1024
/* a cycle may build a table again once */
#define EXTRA_CYCLES 8

/* ---- mappings ---------------------------------------------------------- */

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Where the kth of a swelling cluster ends, from its beginning. */
static uint64_t swollen(const struct recipe *r, uint64_t k)
{
	return (k < 9 ? k + 1 : UINT64_C(15) << 2 * (k - 8)) * r->size;
}

/* Strides that are too short are those that fit. */
static bool plan(const struct recipe *r, uint64_t stride[RECIPE_LEVELS])
{
	uint64_t extent = larger(r->size, r->odd_size);

	if (r->swell && (r->level[0].count > RECIPE_SWOLLEN || r->size >> 40 ||
			 r->odd_every))
		return false;
	for (int i = 0; i < RECIPE_LEVELS; i++) {
		uint64_t count = r->level[i].count;

		stride[i] = larger(r->level[i].stride, extent);
		if (!count || stride[i] > UINT64_MAX / count)
			return false;
		extent = stride[i] * count;
		if (i == 0 && r->swell && count)
			extent = swollen(r, count - 1);
	}
	return true;
}

static bool start_of(const struct recipe *r, const uint64_t *stride, size_t i,
		     uint64_t *start)
{
	uint64_t at = r->base;

	for (int l = 0; l < RECIPE_LEVELS; l++) {
		uint64_t n = r->level[l].count;
		uint64_t k = l + 1 < RECIPE_LEVELS ? i % n : i;

		if (k && stride[l] > (UINT64_MAX - at) / k)
			return false;
		if (l == 0 && r->swell)
			at += k ? swollen(r, k - 1) : 0;
		else
			at += k * stride[l];
		i /= n;
	}
	*start = at;
	return true;
}

static uint64_t size_of(const struct recipe *r, size_t i)
{
	uint64_t k = i % r->level[0].count;

	if (r->swell && k)
		return swollen(r, k) - swollen(r, k - 1);
	return r->odd_every && i % r->odd_every == 0 ? r->odd_size : r->size;
}

bool recipe_make(const struct recipe *r, struct riotlb_mapping *m, size_t n)
{
	uint64_t stride[RECIPE_LEVELS];
	struct rng rng = { 1 };

	if (!plan(r, stride))
		return false;
	for (size_t i = 0; i < n; i++) {
		uint64_t size = size_of(r, i);

		m[i] = (struct riotlb_mapping){ .perm = RIOTLB_RW };
		if (!size || !start_of(r, stride, i, &m[i].start) ||
		    size - 1 > UINT64_MAX - m[i].start)
			return false;
		m[i].last = m[i].start + (size - 1);
		/* keeps the offset within a page, but for the skew */
		m[i].addr = (rng_below(&rng, 1u << 30) << 12) + r->skew +
			    (m[i].start & 0xfff);
		m[i].opaque = r->opaque ? rng_next(&rng) | 1 : 0;
	}
	return true;
}

/* ---- orders ------------------------------------------------------------ */

static void shuffle(uint32_t *order, size_t n)
{
	struct rng rng = { 2 };

	for (size_t i = n; i > 1; i--) {
		size_t j = rng_below(&rng, i);
		uint32_t swap = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swap;
	}
}

static uint32_t *order_of(const struct recipe *r, size_t n)
{
	uint32_t *order = calloc(n, sizeof(*order));
	size_t cluster = r->level[0].count, at = 0;

	check(order);
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)(r->order == ORDER_DOWN ? n - 1 - i : i);
	if (r->order == ORDER_RANDOM)
		shuffle(order, n);
	for (size_t k = 0; k < cluster && r->order == ORDER_BY_CLUSTER; k++)
		for (size_t i = k; i < n; i += cluster)
			order[at++] = (uint32_t)i;
	return order;
}

/* ---- tables ------------------------------------------------------------ */

struct bed {
	struct hooks hooks;
	struct riotlb *engine;
	size_t bytes; /* of an engine without mappings */
};

static void quiesce(struct bed *bed)
{
	int extra = EXTRA_CYCLES;

	while (riotlb_reclaim(bed->engine) || extra-- > 0)
		;
}

static void bed_open(struct bed *bed)
{
	struct riotlb_default empty = { .kind = RIOTLB_DEFAULT_EMPTY };
	struct riotlb_attr attr;

	hooks_init(&bed->hooks);
	riotlb_attr_init(&attr);
	attr.defaults = &empty;
	attr.allocator = &bed->hooks.allocator;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	check_eq(riotlb_create(&attr, &bed->engine), 0);
	riotlb_thread_register(bed->engine);
	check_eq(riotlb_set_map(bed->engine, 0, NULL, 0, NULL), 0);
	quiesce(bed);
	bed->bytes = atomic_load(&bed->hooks.live_bytes);
}

static void bed_close(struct bed *bed)
{
	riotlb_thread_unregister(bed->engine);
	riotlb_destroy(bed->engine);
	hooks_check_empty(&bed->hooks);
}

static void map_all(struct bed *bed, const struct recipe *r,
		    const struct riotlb_mapping *m, size_t n)
{
	uint32_t *order;

	if (r->order == ORDER_AT_ONCE) {
		check_eq(riotlb_set_map(bed->engine, 0, m, n, NULL), 0);
		return;
	}
	order = order_of(r, n);
	for (size_t i = 0; i < n; i++) {
		check_eq(riotlb_map(bed->engine, 0, &m[order[i]], 0, NULL), 0);
		if (i % RECLAIM_EVERY == 0)
			riotlb_reclaim(bed->engine);
	}
	free(order);
}

static void unmap_others(struct bed *bed, const struct recipe *r,
			 const struct riotlb_mapping *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i % r->left_of == 0)
			continue;
		check_eq(riotlb_unmap(bed->engine, 0, m[i].start, m[i].last,
				      RIOTLB_UNMAP_EXACT, NULL),
			 0);
		if (i % RECLAIM_EVERY == 0)
			riotlb_reclaim(bed->engine);
	}
}

static void check_holds(struct bed *bed, const struct recipe *r,
			const struct riotlb_mapping *m, size_t n)
{
	riotlb_read_enter(bed->engine);
	for (size_t i = 0; i < n; i++) {
		struct riotlb_segment seg;
		int err = riotlb_translate(bed->engine, 0, m[i].last, m[i].last,
					   RIOTLB_READ, &seg);

		check_eq(err, i % r->left_of ? -EFAULT : 0);
		check(err || seg.addr == m[i].addr + (m[i].last - m[i].start));
	}
	riotlb_read_exit(bed->engine);
	verify_engine(bed->engine);
}

bool recipe_cost(const struct recipe *r, size_t n, struct cost *cost)
{
	size_t all = n * r->left_of;
	struct riotlb_mapping *m = calloc(all, sizeof(*m));
	struct riotlb_shape shape;
	struct bed bed;

	check(m);
	if (!recipe_make(r, m, all)) {
		free(m);
		return false;
	}
	bed_open(&bed);
	map_all(&bed, r, m, all);
	quiesce(&bed);
	unmap_others(&bed, r, m, all);
	quiesce(&bed);
	check_holds(&bed, r, m, all);
	check_eq(riotlb_get_shape(bed.engine, 0, &shape), 0);
	cost->bytes = (double)(atomic_load(&bed.hooks.live_bytes) - bed.bytes) /
		      (double)n;
	cost->loads = shape.max_loads;
	bed_close(&bed);
	free(m);
	return true;
}

/* ---- printing ---------------------------------------------------------- */

void recipe_print(const struct recipe *r)
{
	static const char *const orders[ORDERS] = {
		"ORDER_AT_ONCE", "ORDER_UP",         "ORDER_DOWN",
		"ORDER_RANDOM",  "ORDER_BY_CLUSTER",
	};

	printf("{ .level = {");
	for (int i = 0; i < RECIPE_LEVELS; i++)
		printf(" { %" PRIu64 ", 0x%" PRIx64 " },", r->level[i].count,
		       r->level[i].stride);
	printf(" }, .base = 0x%" PRIx64 ", .size = 0x%" PRIx64
	       ", .odd_size = 0x%" PRIx64 ", .odd_every = %" PRIu64
	       ", .swell = %s, .skew = %" PRIu64 ", .opaque = %s, .order = %s, "
	       ".left_of = %" PRIu64 " }",
	       r->base, r->size, r->odd_size, r->odd_every,
	       r->swell ? "true" : "false", r->skew,
	       r->opaque ? "true" : "false", orders[r->order], r->left_of);
}
