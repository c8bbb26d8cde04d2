/* SPDX-License-Identifier: MIT */
#include "shape_list.h"

#include <errno.h>
#include <stdlib.h>

#include "measure.h"

#define KI 1024ull
#define MI (1024ull * 1024)
#define GI (1024ull * 1024 * 1024)

#define BASE (4 * GI)
#define PAGE (4 * KI)
#define TARGET_BITS 47

/* 700 GB over 64 Ki mappings */
#define RANDOM_STRIDE (700000000000ull / (64 * KI))

#define DENSE(id, text, count, bytes)                               \
	{                                                           \
		.name = id, .what = text, .n = count, .base = BASE, \
		.stride = bytes, .size = bytes, .grain = PAGE       \
	}

const struct shape shape_list[] = {
	DENSE("1-4k", "1 x 4 KiB", 1, PAGE),
	DENSE("16-4k-dense", "16 x 4 KiB dense", 16, PAGE),
	DENSE("4ki-4k-dense", "4 Ki x 4 KiB dense", 4 * KI, PAGE),
	DENSE("64ki-4k-dense", "64 Ki x 4 KiB dense", 64 * KI, PAGE),
	DENSE("1mi-4k-dense", "1 Mi x 4 KiB dense", 1 * MI, PAGE),
	{
		.name = "64ki-4k-opaque",
		.what = "64 Ki x 4 KiB dense, opaque set",
		.n = 64 * KI,
		.base = BASE,
		.stride = PAGE,
		.size = PAGE,
		.grain = PAGE,
		.opaque = true,
	},
	{
		.name = "64ki-8k-every-12k",
		.what = "64 Ki x 8 KiB every 12 KiB",
		.n = 64 * KI,
		.base = BASE,
		.stride = 12 * KI,
		.size = 8 * KI,
		.grain = PAGE,
	},
	DENSE("64ki-64k-dense", "64 Ki x 64 KiB dense", 64 * KI, 64 * KI),
	DENSE("64ki-128k-dense", "64 Ki x 128 KiB dense", 64 * KI, 128 * KI),
	DENSE("64ki-2m-aligned", "64 Ki x 2 MiB aligned", 64 * KI, 2 * MI),
	{
		.name = "64ki-2m-off-1m",
		.what = "64 Ki x 2 MiB, off by 1 MiB",
		.n = 64 * KI,
		.base = BASE + MI,
		.stride = 2 * MI,
		.size = 2 * MI,
		.grain = PAGE,
	},
	{
		.name = "64ki-4k-every-2m",
		.what = "64 Ki x 4 KiB every 2 MiB",
		.n = 64 * KI,
		.base = BASE,
		.stride = 2 * MI,
		.size = PAGE,
		.grain = PAGE,
	},
	{
		.name = "64ki-4k-every-64m",
		.what = "64 Ki x 4 KiB every 64 MiB",
		.n = 64 * KI,
		.base = BASE,
		.stride = 64 * MI,
		.size = PAGE,
		.grain = PAGE,
	},
	{
		.name = "64ki-random",
		.what = "64 Ki x 64 KiB..4 MiB random in 700 GB",
		.n = 64 * KI,
		.base = BASE,
		.stride = RANDOM_STRIDE,
		.size = 64 * KI,
		.max_size = 4 * MI,
		.grain = PAGE,
	},
	DENSE("8ki-4092k-dense", "8 Ki x 4092 KiB dense", 8 * KI, 4092 * KI),
	DENSE("1-1g", "1 x 1 GiB", 1, 1 * GI),
	{
		.name = "4ki-odd-bytes",
		.what = "4 Ki x 1..4095 bytes at any byte",
		.n = 4 * KI,
		.base = BASE + 1,
		.stride = 8 * KI,
		.size = 1,
		.max_size = 4095,
		.grain = 1,
		.extra = true,
	},
	/* two levels of full nodes below the root */
	{
		.name = "3mi-4k-dense",
		.what = "3 Mi x 4 KiB dense",
		.n = 3 * MI,
		.base = BASE,
		.stride = PAGE,
		.size = PAGE,
		.grain = PAGE,
		.extra = true,
	},
};

const size_t shape_count = sizeof(shape_list) / sizeof(shape_list[0]);

/* Uniform in [low, high], a multiple of grain if low is. */
static uint64_t pick(struct rng *rng, uint64_t low, uint64_t high,
		     uint64_t grain)
{
	return low + rng_below(rng, (high - low) / grain + 1) * grain;
}

uint64_t shape_target(const struct shape *shape, struct rng *rng)
{
	return rng_below(rng, (1ull << TARGET_BITS) / shape->grain) *
	       shape->grain;
}

static void place_evenly(const struct shape *shape, struct riotlb_mapping *m)
{
	for (size_t i = 0; i < shape->n; i++) {
		m[i].start = shape->base + i * shape->stride;
		m[i].last = m[i].start + shape->size - 1;
	}
}

static void place_randomly(const struct shape *shape, struct riotlb_mapping *m,
			   struct rng *rng)
{
	uint64_t mean = (shape->size + shape->max_size) / 2;
	uint64_t max_gap = 2 * (shape->stride - mean);
	uint64_t at = shape->base;

	for (size_t i = 0; i < shape->n; i++) {
		m[i].start = at;
		m[i].last =
			at - 1 +
			pick(rng, shape->size, shape->max_size, shape->grain);
		at = m[i].last + 1 + pick(rng, 0, max_gap, shape->grain);
	}
}

struct riotlb_mapping *shape_mappings(const struct shape *shape,
				      struct rng *rng)
{
	struct riotlb_mapping *m = calloc(shape->n, sizeof(*m));

	if (!m)
		return NULL;
	if (shape->max_size)
		place_randomly(shape, m, rng);
	else
		place_evenly(shape, m);
	for (size_t i = 0; i < shape->n; i++) {
		m[i].addr = shape_target(shape, rng);
		m[i].perm = RIOTLB_RW;
		m[i].opaque = shape->opaque ? rng_next(rng) | 1 : 0;
	}
	return m;
}

/*
 * The span is cut into `count` strata and one address taken from each: random,
 * yet distinct by construction.
 */
static size_t keys_of(const struct riotlb_mapping *m, size_t count,
		      uint64_t *iova, struct rng *rng)
{
	uint64_t size = m->last - m->start + 1;
	uint64_t stratum;

	if (count > size)
		count = (size_t)size;
	stratum = size / count;
	for (size_t i = 0; i < count; i++)
		iova[i] = m->start + i * stratum + rng_below(rng, stratum);
	return count;
}

static void shuffle(struct key_set *keys, struct rng *rng)
{
	for (size_t i = keys->n; i > 1; i--) {
		size_t j = (size_t)rng_below(rng, i);
		uint64_t iova = keys->iova[i - 1];
		uint32_t owner = keys->owner[i - 1];

		keys->iova[i - 1] = keys->iova[j];
		keys->owner[i - 1] = keys->owner[j];
		keys->iova[j] = iova;
		keys->owner[j] = owner;
	}
}

int key_set_make(struct key_set *keys, const struct riotlb_mapping *mappings,
		 size_t n, size_t atleast, struct rng *rng)
{
	size_t each = (atleast + n - 1) / n;

	if (each < 4)
		each = 4;
	keys->n = 0;
	keys->iova = calloc(n * each, sizeof(*keys->iova));
	keys->owner = calloc(n * each, sizeof(*keys->owner));
	if (!keys->iova || !keys->owner) {
		key_set_free(keys);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		size_t count =
			keys_of(&mappings[i], each, keys->iova + keys->n, rng);

		for (size_t k = 0; k < count; k++)
			keys->owner[keys->n++] = (uint32_t)i;
	}
	shuffle(keys, rng);
	return 0;
}

void key_set_free(struct key_set *keys)
{
	free(keys->iova);
	free(keys->owner);
	keys->iova = NULL;
	keys->owner = NULL;
	keys->n = 0;
}
