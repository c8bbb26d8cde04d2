/* SPDX-License-Identifier: MIT */
/* The list, and the tables and keys that no shape describes. */
#include <stdlib.h>

#include "workload.h"

#define KI 1024ull
#define MI (1024ull * 1024)
#define GI (1024ull * 1024 * 1024)
#define PAGE (4 * KI)
#define BASE (4 * GI)
#define STALE 2047u

/* ---- tables ------------------------------------------------------------- */

/* Huge pages, and below them single pages that were once mapped for a while. */
static struct riotlb_mapping *with_stale(const struct workload *w, size_t *n,
					 struct rng *rng)
{
	const struct shape low = {
		.n = STALE,
		.base = 16 * MI,
		.stride = 2 * PAGE,
		.size = PAGE,
		.grain = PAGE,
	};
	struct riotlb_mapping *stale = shape_mappings(&low, rng);
	struct riotlb_mapping *huge = shape_mappings(&w->table, rng);
	struct riotlb_mapping *m = NULL;

	*n = STALE + w->table.n;
	if (stale && huge)
		m = calloc(*n, sizeof(*m));
	for (size_t i = 0; m && i < *n; i++)
		m[i] = i < STALE ? stale[i] : huge[i - STALE];
	free(stale);
	free(huge);
	return m;
}

/* ---- keys --------------------------------------------------------------- */

static uint64_t key_in(const struct riotlb_mapping *m, struct rng *rng)
{
	return m->start + rng_below(rng, m->last - m->start + 1);
}

static void choose_huge(const struct workload_data *d, uint64_t *keys,
			size_t *owner, struct rng *rng)
{
	*owner = STALE + (size_t)rng_below(rng, d->n - STALE);
	*keys = key_in(&d->m[*owner], rng);
}

/* 128 KiB of a queue of I/O: 32 pages next to each other. */
static void choose_io(const struct workload_data *d, uint64_t *keys,
		      size_t *owner, struct rng *rng)
{
	size_t first = (size_t)rng_below(rng, d->n - 32);

	for (size_t i = 0; i < 32; i++) {
		owner[i] = first + i;
		keys[i] = d->m[first + i].start;
	}
}

/*
 * A packet: descriptor, available and used ring of one of four queues, which
 * stay where they are, and the buffer, which may be anywhere.
 */
static void choose_packet(const struct workload_data *d, uint64_t *keys,
			  size_t *owner, struct rng *rng)
{
	size_t queue = (size_t)rng_below(rng, 4);

	for (size_t i = 0; i < 3; i++) {
		owner[i] = d->n / 16 * (3 * queue + i + 1);
		keys[i] = d->m[owner[i]].start + rng_below(rng, PAGE);
	}
	owner[3] = (size_t)rng_below(rng, d->n);
	keys[3] = key_in(&d->m[owner[3]], rng);
}

/* ---- the list ----------------------------------------------------------- */

#define TABLE(count, bytes, every)                             \
	{                                                      \
		.n = (count), .base = BASE, .stride = (every), \
		.size = (bytes), .grain = PAGE                 \
	}
#define DENSE(count, bytes) TABLE(count, bytes, bytes)

#define SLOTS(text, count, bytes)                                     \
	{                                                             \
		.op = "w2-ram-slots", .shape = text,                  \
		.what = "a lookup in a guest's RAM slots",            \
		.body = WORKLOAD_LOOKUP, .table = DENSE(count, bytes) \
	}
#define BUFFERS(text, count)                                            \
	{                                                               \
		.op = "w3-buffers", .shape = text,                      \
		.what = "a buffer of a driver behind a vIOMMU: unmap, " \
			"map, look up",                                 \
		.body = WORKLOAD_BUFFER, .table = DENSE(count, PAGE)    \
	}
#define RING(text, count)                                            \
	{                                                            \
		.op = "w10-ring", .shape = text,                     \
		.what = "unmap + map of a ring's next slot",         \
		.body = WORKLOAD_REMAP, .table = DENSE(count, PAGE), \
		.in_order = true                                     \
	}
#define SINGLE(text, bytes)                                             \
	{                                                               \
		.op = "w7-single", .shape = text,                       \
		.what = "unmap + map of one range, alone in its table", \
		.body = WORKLOAD_REMAP, .table = DENSE(1, bytes)        \
	}

const struct workload workloads[] = {
	{ .op = "w1-huge-pages",
	  .shape = "64x2m",
	  .what = "a lookup in 64 huge pages",
	  .body = WORKLOAD_LOOKUP,
	  .table = DENSE(64, 2 * MI) },
	{ .op = "w1-huge-pages",
	  .shape = "8x1g",
	  .what = "a lookup in 8 huge pages",
	  .body = WORKLOAD_LOOKUP,
	  .table = DENSE(8, GI) },
	{ .op = "w1-huge-pages",
	  .shape = "64x2m-2047-stale",
	  .what = "a lookup in 64 huge pages, 2047 stale pages below them",
	  .body = WORKLOAD_LOOKUP,
	  .table = DENSE(64, 2 * MI),
	  .map = with_stale,
	  .choose = choose_huge },
	SLOTS("8-slots", 8, 4 * GI),
	SLOTS("64-slots", 64, 512 * MI),
	SLOTS("509-slots", 509, 128 * MI),
	BUFFERS("live-256", 256),
	BUFFERS("live-2048", 2048),
	{ .op = "w4-nvme",
	  .shape = "4k-io",
	  .what = "one page of I/O, 1 GiB mapped by 4 KiB",
	  .body = WORKLOAD_LOOKUP,
	  .table = DENSE(256 * KI, PAGE) },
	{ .op = "w4-nvme",
	  .shape = "128k-io",
	  .what = "32 pages of I/O, 1 GiB mapped by 4 KiB",
	  .body = WORKLOAD_LOOKUP,
	  .table = DENSE(256 * KI, PAGE),
	  .choose = choose_io,
	  .keys_per_op = 32 },
	{ .op = "w5-registration",
	  .shape = "64ki-2m",
	  .what = "128 GiB registered at once by 2 MiB, a mapping",
	  .body = WORKLOAD_LOAD,
	  .table = DENSE(64 * KI, 2 * MI) },
	{ .op = "w6-migration",
	  .shape = "bulk",
	  .what = "reset, 128 GiB mapped back in one call, a mapping",
	  .body = WORKLOAD_RETURN,
	  .table = DENSE(64 * KI, 2 * MI) },
	{ .op = "w6-migration",
	  .shape = "single",
	  .what = "reset, 128 GiB mapped back by single calls, a mapping",
	  .body = WORKLOAD_RETURN_SINGLY,
	  .table = DENSE(64 * KI, 2 * MI) },
	SINGLE("1x4k", PAGE),
	SINGLE("256x4k", 256 * PAGE),
	SINGLE("1x2m", 2 * MI),
	SINGLE("256x2m", 512 * MI),
	SINGLE("1x1g", GI),
	SINGLE("256x1g", 256 * GI),
	{ .op = "w8-sparse-load",
	  .shape = "64ki-4k-every-2m",
	  .what = "128 GiB with a page in every 2 MiB, a mapping",
	  .body = WORKLOAD_LOAD,
	  .table = TABLE(64 * KI, PAGE, 2 * MI) },
	{ .op = "w8-sparse-memory",
	  .shape = "64ki-4k-every-2m",
	  .what = "the same: memory, a mapping",
	  .unit = "B",
	  .body = WORKLOAD_MEMORY,
	  .table = TABLE(64 * KI, PAGE, 2 * MI) },
	RING("256-slots", 256),
	RING("4096-slots", 4096),
	{ .op = "w13-rings",
	  .shape = "4-queues",
	  .what = "a packet: three ring addresses, one buffer of 128 GiB",
	  .body = WORKLOAD_LOOKUP,
	  .table = DENSE(64 * KI, 2 * MI),
	  .choose = choose_packet,
	  .keys_per_op = 4 },
};

const size_t workload_count = sizeof(workloads) / sizeof(workloads[0]);
