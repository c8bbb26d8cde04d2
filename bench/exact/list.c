/* SPDX-License-Identifier: MIT */
#include "exact/list.h"

#define KI 1024u
#define PAGE 4096u
#define DENSE(count)                \
	{                           \
		(count), PAGE, PAGE \
	}
#define MANY 512u
#define FEW 2u

#define RESET(text, mappings)                                       \
	{                                                           \
		text, EXACT_RESET, DENSE(mappings), FEW, 1,         \
			"reset_map, until it returns to its caller" \
	}

const struct exact_op exact_ops[] = {
	{ "nothing",
	  EXACT_NOTHING,
	  { 0, 0, 0 },
	  MANY,
	  1,
	  "a call that returns at once" },
	{ "section",
	  EXACT_SECTION,
	  { 0, 0, 0 },
	  MANY,
	  1,
	  "riotlb_read_enter and riotlb_read_exit" },
	{ "lookup", EXACT_LOOKUP, DENSE(64 * KI), MANY, 1,
	  "riotlb_translate, 64 Ki x 4 KiB dense" },
	{ "lookup-16", EXACT_LOOKUP, DENSE(16), MANY, 1,
	  "riotlb_translate, 16 x 4 KiB dense" },
	{ "lookup-sparse",
	  EXACT_LOOKUP,
	  { 64 * KI, 2048 * KI, PAGE },
	  MANY,
	  1,
	  "riotlb_translate, 64 Ki x 4 KiB every 2 MiB" },
	{ "lookup-hole",
	  EXACT_HOLE,
	  { 64 * KI, 2048 * KI, PAGE },
	  MANY,
	  1,
	  "riotlb_translate, nothing mapped" },
	{ "lookup-denied", EXACT_DENIED, DENSE(64 * KI), MANY, 1,
	  "riotlb_translate, no permission" },
	{ "lookup-burst", EXACT_BURST, DENSE(64 * KI), MANY, EXACT_BURST_LENGTH,
	  "riotlb_translate_burst of 32, each" },
	{ "map", EXACT_MAP, DENSE(64 * KI), MANY, 1,
	  "riotlb_map where a mapping was before" },
	{ "unmap", EXACT_UNMAP, DENSE(64 * KI), MANY, 1,
	  "riotlb_unmap of one mapping" },
	{ "protect", EXACT_PROTECT, DENSE(64 * KI), MANY, 1,
	  "riotlb_protect of one mapping" },
	RESET("reset-16", 16),
	RESET("reset-1024", KI),
	RESET("reset-65536", 64 * KI),
	RESET("reset-1048576", KI *KI),
};

const size_t exact_op_count = sizeof(exact_ops) / sizeof(exact_ops[0]);
