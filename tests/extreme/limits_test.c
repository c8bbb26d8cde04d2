/* SPDX-License-Identifier: MIT */
/*
 * The worst tables against an AS with limits: whatever is mapped in whatever
 * order, it stays within them, a call that would pass one changes nothing, and
 * another AS does not notice.
 */
#include "recipe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "hooks.h"
#include "verify.h"

#define MAPPINGS 3000
#define TABLE_BYTES (96 * 1024)
#define TRIED 8192
#define LOOK_EVERY 64

struct bed {
	struct hooks hooks;
	struct riotlb *engine;
	struct riotlb_limits limits[2];
	size_t bytes; /* of an engine without mappings */
};

static void bed_open(struct bed *bed, uint64_t mappings, uint64_t bytes)
{
	struct riotlb_default empty[2] = { { .kind = RIOTLB_DEFAULT_EMPTY },
					   { .kind = RIOTLB_DEFAULT_EMPTY } };
	struct riotlb_attr attr;

	hooks_init(&bed->hooks);
	bed->limits[0] = (struct riotlb_limits){ mappings, bytes };
	bed->limits[1] = bed->limits[0];
	riotlb_attr_init(&attr);
	attr.nas = 2;
	attr.defaults = empty;
	attr.limits = bed->limits;
	attr.allocator = &bed->hooks.allocator;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	check_eq(riotlb_create(&attr, &bed->engine), 0);
	riotlb_thread_register(bed->engine);
	bed->bytes = atomic_load(&bed->hooks.live_bytes);
}

static void bed_close(struct bed *bed)
{
	riotlb_thread_unregister(bed->engine);
	riotlb_destroy(bed->engine);
	hooks_check_empty(&bed->hooks);
}

static struct riotlb_stats stats_of(struct bed *bed, uint32_t asid)
{
	struct riotlb_stats stats;

	check_eq(riotlb_get_stats(bed->engine, asid, &stats), 0);
	return stats;
}

static void check_within(struct bed *bed)
{
	struct riotlb_stats stats = stats_of(bed, 0);
	const struct riotlb_limits *l = &bed->limits[0];

	check(!l->mappings || stats.mappings <= l->mappings);
	check(!l->table_bytes || stats.table_bytes <= l->table_bytes);
}

/* And the memory is not only said to be so much. */
static void check_memory(struct bed *bed)
{
	size_t held;

	for (int i = 0; i < 8; i++)
		while (riotlb_reclaim(bed->engine))
			;
	check_within(bed);
	verify_engine(bed->engine);
	held = atomic_load(&bed->hooks.live_bytes) - bed->bytes;
	check_eq(held,
		 stats_of(bed, 0).table_bytes + stats_of(bed, 1).table_bytes);
}

static int map_one(struct bed *bed, const struct riotlb_mapping *m)
{
	struct riotlb_stats before = stats_of(bed, 0), after;
	int err = riotlb_map(bed->engine, 0, m, 0, NULL);

	check(err == 0 || err == -ENOSPC);
	after = stats_of(bed, 0);
	check_eq(after.mappings, before.mappings + (err == 0));
	if (err) {
		check_eq(after.generation, before.generation);
		check_eq(after.table_bytes, before.table_bytes);
	}
	return err;
}

/* Room for one more, and for the whole of the address space, is left. */
static void check_others(struct bed *bed)
{
	const struct riotlb_mapping all = { .last = UINT64_MAX,
					    .perm = RIOTLB_RW };

	check_eq(riotlb_map(bed->engine, 1, &all, 0, NULL), 0);
	check_eq(riotlb_reset_map(bed->engine, 1, NULL), 0);
	check_eq(riotlb_map(bed->engine, 0, &all, RIOTLB_MAP_REPLACE, NULL), 0);
	check_eq(stats_of(bed, 0).mappings, 1);
	check_memory(bed);
	check_eq(riotlb_reset_map(bed->engine, 0, NULL), 0);
	check_memory(bed);
}

static void try(const struct recipe *r, uint64_t mappings, uint64_t bytes)
{
	struct riotlb_mapping *m = calloc(TRIED, sizeof(*m));
	size_t refused = 0;
	struct bed bed;

	check(m && recipe_make(r, m, TRIED));
	bed_open(&bed, mappings, bytes);
	check_eq(riotlb_set_map(bed.engine, 0, m, TRIED, NULL), -ENOSPC);
	check_eq(stats_of(&bed, 0).mappings, 0);
	/* odd multiples visit them all, near and far in turn */
	for (size_t i = 0; i < TRIED; i++) {
		refused += map_one(&bed, &m[i * 2741 % TRIED]) != 0;
		if (i % LOOK_EVERY == 0)
			check_within(&bed);
		if (i % 1024 == 0)
			check_memory(&bed);
	}
	printf("%-48s %zu of %d refused\n", r->name, refused, TRIED);
	check(refused > 0 && refused < TRIED);
	check_memory(&bed);
	check_others(&bed);
	bed_close(&bed);
	free(m);
}

int main(void)
{
	for (size_t i = 0; i < nrecipes; i++) {
		try(&recipes[i], MAPPINGS, 0);
		try(&recipes[i], 0, TABLE_BYTES);
	}
	return 0;
}
