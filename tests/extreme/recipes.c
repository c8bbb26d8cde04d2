/* SPDX-License-Identifier: MIT */
#include "recipe.h"

#define KI 1024ull
#define MI (1024 * KI)
#define GI (1024 * MI)

/* One level of single mappings, the rest as they come. */
#define ROW(stride)                           \
	{                                     \
		{ 1, 0 }, { 1, 0 }, { 1, 0 }, \
		{                             \
			1, stride             \
		}                             \
	}
#define CLUSTERS(count, stride, apart)                 \
	{                                              \
		{ count, stride }, { 1, 0 }, { 1, 0 }, \
		{                                      \
			1, apart                       \
		}                                      \
	}

const struct recipe recipes[] = {
	/*
	 * As many slots as a mapping may be cut into, and three times as many
	 * empty ones: 60 slots a mapping, 780 bytes.
	 */
	{
		.name = "64 KiB every 240 KiB",
		.level = ROW(240 * KI),
		.base = 4 * GI + 4 * KI,
		.size = 64 * KI,
		.opaque = true,
		.left_of = 1,
	},
	/*
	 * The same in clusters of one more than a pack takes, over a few pages
	 * more than a power of two: each had a window of 1024 slots, 1820 bytes
	 * a mapping.
	 */
	{
		.name = "nine of 64 KiB over 528 pages, far apart",
		.level = CLUSTERS(9, 256 * KI, 64 * GI),
		.base = 4 * GI + 4 * KI,
		.size = 64 * KI,
		.opaque = true,
		.order = ORDER_BY_CLUSTER,
		.left_of = 1,
		.at_large = true,
	},
	/*
	 * What is left of these kept its windows until three of four mappings
	 * were gone, or seven of eight where the table had grown since it was
	 * looked at: 10,980 bytes a mapping.
	 */
	{
		.name = "a sixth of such clusters",
		.level = CLUSTERS(9, 256 * KI, 64 * GI),
		.base = 4 * GI + 4 * KI,
		.size = 64 * KI,
		.opaque = true,
		.order = ORDER_BY_CLUSTER,
		.left_of = 6,
		.at_large = true,
	},
	{
		.name = "a third of 64 KiB every 240 KiB",
		.level = ROW(240 * KI),
		.base = 4 * GI + 4 * KI,
		.size = 64 * KI,
		.opaque = true,
		.order = ORDER_RANDOM,
		.left_of = 3,
	},
	/*
	 * A window grew by the slots in use, and large mappings use many: four
	 * of them made one of nine pages 4096 slots wide, 5068 bytes a mapping.
	 */
	{
		.name = "nine pages and four that swell",
		.level = { { 13, 4 * KI }, { 1, 0 }, { 1, 0 }, { 1, 64 * GI } },
		.base = 4 * GI + 77 * 4 * KI,
		.size = 4 * KI,
		.swell = true,
		.opaque = true,
		.order = ORDER_UP,
		.left_of = 1,
		.at_large = true,
	},
	/* these were found by riotlb-worst */
	{
		.name = "found: odd bytes, a sixth left",
		.level = { { 9, 0x331 },
			   { 1, 0x4000028 },
			   { 2, 0x2c241c4 },
			   { 6, 0x2ab682048 } },
		.base = 0x800800,
		.size = 64 * KI,
		.odd_size = 0x1ff,
		.odd_every = 11,
		.order = ORDER_DOWN,
		.left_of = 6,
	},
	{
		.name = "found: clusters of large ones, a sixth left",
		.level = { { 9, 0xc00 },
			   { 7, 16 * GI },
			   { 33, 0x8026 },
			   { 24, 0x198000 } },
		.base = 0x3000100000,
		.size = 8 * MI,
		.odd_size = 64 * KI,
		.odd_every = 9,
		.opaque = true,
		.order = ORDER_UP,
		.left_of = 6,
	},
};

const size_t nrecipes = sizeof(recipes) / sizeof(recipes[0]);
