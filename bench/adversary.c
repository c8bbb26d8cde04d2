/* SPDX-License-Identifier: MIT */
#include "adversary.h"

#include <stdlib.h>
#include <string.h>

#define KI 1024ull
#define MI (1024ull * 1024)
#define GI (1024ull * 1024 * 1024)
#define BASE (4 * GI)
#define PAGE (4 * KI)

/*
 * The target keeps the offset within a page, or does not: then a slot cannot
 * hold the translation and a pack has to.
 */
static void put(struct riotlb_mapping *m, uint64_t start, uint64_t size,
		struct rng *rng)
{
	*m = (struct riotlb_mapping){
		.start = start,
		.last = start + size - 1,
		.addr = rng_below(rng, 1ull << 34) * PAGE + start % PAGE,
		.perm = RIOTLB_RW,
	};
}

static void with_opaque(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++)
		m[i].opaque = rng_next(rng) | 1;
}

/*
 * As many slots as a mapping may be cut into, and three times as many empty
 * ones beside them, each with a side word.
 */
static void many_slots(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++)
		put(&m[i], BASE + i * 240 * KI + PAGE, 64 * KI, rng);
	with_opaque(m, n, rng);
}

/* Nine mappings, one more than a pack holds, in a window of 64 slots. */
static void lone_windows(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t cluster = BASE + i / 9 * (64 * GI);

		put(&m[i], cluster + i % 9 * 7 * PAGE, PAGE, rng);
	}
	with_opaque(m, n, rng);
}

/*
 * Chains: each power of two below 2^40 has two mappings of a byte, so that
 * every level of the trie has a slot that is too full.
 */
static void chains(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	const size_t levels = 40;

	for (size_t i = 0; i < n; i++) {
		size_t link = i % (2 * levels - 2) + 2;
		uint64_t chain = i / (2 * levels - 2) << (levels + 1);
		uint64_t at = 1ull << (link / 2);

		at += link % 2 ? at / 2 : 0;
		put(&m[i], BASE * 1024 + chain + at, 1, rng);
	}
}

/* Clusters of nine in clusters of nine, each a 128th of the one around it. */
static void fractal(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t start = BASE;
		uint64_t unit = PAGE;

		for (size_t rest = i; rest; rest /= 9, unit *= 128)
			start += rest % 9 * 13 * unit;
		put(&m[i], start, PAGE, rng);
	}
}

/*
 * Chains again: eight single bytes and a cluster 128 times smaller, which holds
 * eight single bytes and a cluster, and so on.
 */
static void nested(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	const size_t levels = n > 8 * KI ? 7 : 8;

	for (size_t i = 0; i < n; i++) {
		/* sorted: of a chain the smallest clusters come first */
		uint64_t chain = (uint64_t)(i / (8 * levels)) << (7 * levels);
		size_t level = i / 8 % levels;
		uint64_t at = (i % 8 + 1) * 13;

		put(&m[i], chain + (at << (7 * level)), 1, rng);
	}
}

/* No two ends share an alignment, and every slot is shared by two mappings. */
static void odd_ends(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	uint64_t at = BASE + 1;

	for (size_t i = 0; i < n; i++) {
		uint64_t size = 1 + rng_below(rng, 32 * KI);

		put(&m[i], at, size, rng);
		at += size + (rng_next(rng) & 1);
	}
}

/* Three of four are aligned and decide; the fourth lies across their slots. */
static void misfits(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t start = BASE + i * 64 * KI;

		if (i % 4 == 3)
			put(&m[i], start + 2049, 48 * KI + 1, rng);
		else
			put(&m[i], start, 4 * KI, rng);
	}
	with_opaque(m, n, rng);
}

/* Next to each huge mapping a small one that spoils its end. */
static void huge_and_small(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t start = BASE + i / 2 * GI;

		if (i % 2 == 0)
			put(&m[i], start, GI - 12 * KI, rng);
		else
			put(&m[i], start + GI - 8 * KI, PAGE, rng);
	}
}

/* Sizes and gaps over 30 powers of two, at any byte. */
static void all_scales(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	uint64_t at = BASE;

	for (size_t i = 0; i < n; i++) {
		uint64_t size =
			1 + (rng_next(rng) >> (34 + rng_below(rng, 30)));

		at += 1 + (rng_next(rng) >> (34 + rng_below(rng, 30)));
		put(&m[i], at, size, rng);
		at += size;
	}
}

static void dense_pages(struct riotlb_mapping *m, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++)
		put(&m[i], BASE + i * PAGE, PAGE, rng);
	with_opaque(m, n, rng);
}

const struct adversary adversaries[] = {
	{ "slots", "64 KiB every 240 KiB: most slots for a mapping, opaque set",
	  many_slots, 1 },
	{ "windows", "clusters of 9 pages, 64 GiB apart, opaque set",
	  lone_windows, 1 },
	{ "chains", "single bytes at powers of two: deep for a trie", chains,
	  1 },
	{ "fractal", "clusters of 9 within clusters of 9", fractal, 1 },
	{ "nested", "8 bytes and a cluster within a cluster within a cluster",
	  nested, 1 },
	{ "odd-ends", "1 B to 32 KiB, any ends, one after the other", odd_ends,
	  1 },
	{ "misfits", "three aligned pages to one range across slots, opaque",
	  misfits, 1 },
	{ "huge-small", "1 GiB and 4 KiB in turn", huge_and_small, 1 },
	{ "scales", "sizes and gaps of 1 B to 1 GiB", all_scales, 1 },
	{ "leftover",
	  "every 512th of a dense table, opaque set, the others "
	  "unmapped",
	  dense_pages, 512 },
	{ "leftover-windows", "one of each 9 in clusters, the others unmapped",
	  lone_windows, 9 },
};

const size_t adversary_count = sizeof(adversaries) / sizeof(adversaries[0]);
