/* SPDX-License-Identifier: MIT */
#include "gen.h"

#include <string.h>

/* The sizes of runs make every profile take about as long. */
const struct profile profiles[] = {
	{
		.name = "bytes",
		.what = "a few hundred bytes, every boundary odd",
		.windows = 1,
		.window_bits = 8,
		.len_bits = 5,
		.skewed = 4,
		.opaque = 30,
		.ops = 12000,
	},
	{
		.name = "top-bytes",
		.what = "the last bytes of the address space",
		.base = UINT64_MAX - 0xff,
		.windows = 1,
		.window_bits = 8,
		.len_bits = 5,
		.skewed = 4,
		.opaque = 30,
		.ops = 12000,
	},
	{
		.name = "pages",
		.what = "a crowded megabyte of 4 KiB pages",
		.base = 0x10000000,
		.windows = 1,
		.window_bits = 20,
		.unit_bits = 12,
		.len_bits = 4,
		.ops = 12000,
	},
	{
		.name = "opaque",
		.what = "pages that differ in nothing but the opaque word",
		.base = 0x7fe00000,
		.windows = 1,
		.window_bits = 21,
		.unit_bits = 12,
		.len_bits = 3,
		.opaque = 60,
		.ops = 10000,
	},
	{
		.name = "odd-pages",
		.what = "pages, with stray bytes and unaligned deltas among "
			"them",
		.base = 0x40000000,
		.windows = 2,
		.window_bits = 18,
		.unit_bits = 12,
		.len_bits = 3,
		.odd = 20,
		.skewed = 3,
		.opaque = 10,
		.ops = 10000,
	},
	{
		.name = "many-slots",
		.what = "4 KiB to 1 GiB mappings in 16 GiB",
		.base = 0x100000000,
		.windows = 1,
		.window_bits = 34,
		.unit_bits = 12,
		.len_bits = 18,
		.skewed = 1,
		.opaque = 10,
		.ops = 6000,
	},
	{
		.name = "huge-pages",
		.what = "2 MiB units, half a slot off",
		.base = 0x4000100000,
		.windows = 2,
		.window_bits = 28,
		.unit_bits = 20,
		.len_bits = 4,
		.odd = 3,
		.opaque = 10,
		.ops = 10000,
	},
	{
		.name = "sparse",
		.what = "anything anywhere in 64 bits",
		.windows = 8,
		.window_bits = 64,
		.len_bits = 62,
		.odd = 10,
		.skewed = 3,
		.opaque = 30,
		.ops = 8000,
	},
	{
		.name = "islands",
		.what = "small clusters far apart",
		.windows = 8,
		.window_bits = 16,
		.unit_bits = 12,
		.len_bits = 2,
		.odd = 5,
		.skewed = 1,
		.opaque = 20,
		.ops = 10000,
	},
	{
		.name = "top-pages",
		.what = "pages that end with the address space",
		.base = UINT64_MAX - 0xfffff,
		.windows = 1,
		.window_bits = 20,
		.unit_bits = 12,
		.len_bits = 5,
		.odd = 5,
		.skewed = 1,
		.opaque = 10,
		.ops = 10000,
	},
	{
		.name = "limited",
		.what = "bytes, never more than nine mappings",
		.windows = 1,
		.window_bits = 8,
		.len_bits = 4,
		.skewed = 3,
		.opaque = 30,
		.max_mappings = 9,
		.ops = 15000,
	},
	{
		.name = "small-table",
		.what = "pages and bytes in a table of a few kilobytes",
		.base = 0x10000000,
		.windows = 3,
		.window_bits = 18,
		.unit_bits = 12,
		.len_bits = 3,
		.odd = 10,
		.skewed = 2,
		.opaque = 10,
		.max_bytes = 8192,
		.ops = 10000,
	},
};

const size_t nprofiles = sizeof(profiles) / sizeof(*profiles);

const struct profile *profile_find(const char *name)
{
	for (size_t i = 0; i < nprofiles; i++)
		if (!strcmp(profiles[i].name, name))
			return &profiles[i];
	return NULL;
}
