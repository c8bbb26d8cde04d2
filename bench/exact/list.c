/* SPDX-License-Identifier: MIT */
#include "exact/list.h"

#define KI ((size_t)1024)
#define PAGE 4096u
#define MANY 1000u
#define SOME 100u
#define FEW 2u

#define NONE            \
	{               \
		0, 0, 0 \
	}
#define DENSE(n)                \
	{                       \
		(n), PAGE, PAGE \
	}
#define SPARSE(n)                     \
	{                             \
		(n), 512 * PAGE, PAGE \
	}
/* mappings of 16 KiB, of which the middle can be cut out */
#define WIDE(n)                         \
	{                               \
		(n), 4 * PAGE, 4 * PAGE \
	}

#define ONE(name, kind, table, what)                    \
	{                                               \
		name, kind, table, MANY, 1, false, what \
	}
#define BATCH(name, kind, table, each, what)               \
	{                                                  \
		name, kind, table, SOME, each, false, what \
	}
/* riotlb-bench has these too */
#define SHOWN(name, kind, table, what)                 \
	{                                              \
		name, kind, table, MANY, 1, true, what \
	}
#define RESET(name, n)                                              \
	{                                                           \
		name, EXACT_RESET, DENSE(n), FEW, 1, true,          \
			"reset_map, until it returns to its caller" \
	}
#define SET_MAP(name, n)                                      \
	{                                                     \
		name, EXACT_SET_MAP, DENSE(n), FEW, n, false, \
			"set_map, each mapping"               \
	}

/* A whole name is that of the large table, 64 Ki mappings. */
const struct exact_op exact_ops[] = {
	SHOWN("nothing", EXACT_NOTHING, NONE, "a call that returns at once"),
	SHOWN("section", EXACT_SECTION, NONE,
	      "riotlb_read_enter and riotlb_read_exit"),
	ONE("lease", EXACT_LEASE, NONE,
	    "riotlb_lease_begin and riotlb_lease_end"),
	ONE("poll", EXACT_POLL, NONE, "riotlb_poll of a token that is done"),
	ONE("bind", EXACT_BIND, NONE, "riotlb_set_group_asid"),
	ONE("stamp-16", EXACT_STAMP, DENSE(16), "riotlb_stamp of a page"),
	ONE("stamp", EXACT_STAMP, DENSE(64 * KI), "riotlb_stamp of a page"),

	SHOWN("lookup-16", EXACT_LOOKUP, DENSE(16),
	      "riotlb_translate, 16 x 4 KiB dense"),
	ONE("lookup-128", EXACT_LOOKUP, DENSE(128), "the same, 128"),
	ONE("lookup-1024", EXACT_LOOKUP, DENSE(KI), "the same, 1 Ki"),
	ONE("lookup-8192", EXACT_LOOKUP, DENSE(8 * KI), "the same, 8 Ki"),
	SHOWN("lookup", EXACT_LOOKUP, DENSE(64 * KI),
	      "riotlb_translate, 64 Ki x 4 KiB dense"),
	ONE("lookup-524288", EXACT_LOOKUP, DENSE(512 * KI), "the same, 512 Ki"),
	ONE("lookup-sparse-16", EXACT_LOOKUP, SPARSE(16),
	    "riotlb_translate, 16 x 4 KiB every 2 MiB"),
	SHOWN("lookup-sparse", EXACT_LOOKUP, SPARSE(64 * KI),
	      "riotlb_translate, 64 Ki x 4 KiB every 2 MiB"),
	ONE("lookup-hole-16", EXACT_HOLE, SPARSE(16), "nothing mapped, 16"),
	SHOWN("lookup-hole", EXACT_HOLE, SPARSE(64 * KI),
	      "riotlb_translate, nothing mapped"),
	ONE("lookup-denied-16", EXACT_DENIED, DENSE(16), "no permission, 16"),
	SHOWN("lookup-denied", EXACT_DENIED, DENSE(64 * KI),
	      "riotlb_translate, no permission"),
	ONE("group-16", EXACT_GROUP, DENSE(16), "riotlb_group_translate"),
	ONE("group", EXACT_GROUP, DENSE(64 * KI), "riotlb_group_translate"),
	ONE("group-hole-16", EXACT_GROUP_HOLE, SPARSE(16), "nothing mapped"),
	ONE("group-hole", EXACT_GROUP_HOLE, SPARSE(64 * KI), "nothing mapped"),
	ONE("group-denied-16", EXACT_GROUP_DENIED, DENSE(16), "no permission"),
	ONE("group-denied", EXACT_GROUP_DENIED, DENSE(64 * KI),
	    "no permission"),
	ONE("inline-16", EXACT_INLINE, DENSE(16), "riotlb_inline_translate"),
	ONE("inline", EXACT_INLINE, DENSE(64 * KI), "riotlb_inline_translate"),
	BATCH("vector-16", EXACT_VECTOR, DENSE(16), EXACT_VECTOR_LENGTH,
	      "riotlb_translate_vec over 4 mappings, each"),
	BATCH("vector", EXACT_VECTOR, DENSE(64 * KI), EXACT_VECTOR_LENGTH,
	      "riotlb_translate_vec over 4 mappings, each"),
	BATCH("list-16", EXACT_LIST, DENSE(16), EXACT_BURST_LENGTH,
	      "riotlb_translate_list of 32, each"),
	BATCH("list", EXACT_LIST, DENSE(64 * KI), EXACT_BURST_LENGTH,
	      "riotlb_translate_list of 32, each"),
	BATCH("burst-16", EXACT_BURST, DENSE(16), EXACT_BURST_LENGTH,
	      "riotlb_translate_burst of 32, each"),
	{ "lookup-burst", EXACT_BURST, DENSE(64 * KI), SOME, EXACT_BURST_LENGTH,
	  true, "riotlb_translate_burst of 32, each" },

	ONE("map-16", EXACT_MAP, DENSE(16), "riotlb_map in a hole, 16"),
	ONE("map-128", EXACT_MAP, DENSE(128), "the same, 128"),
	ONE("map-1024", EXACT_MAP, DENSE(KI), "the same, 1 Ki"),
	ONE("map-8192", EXACT_MAP, DENSE(8 * KI), "the same, 8 Ki"),
	SHOWN("map", EXACT_MAP, DENSE(64 * KI),
	      "riotlb_map where a mapping was before"),
	ONE("map-524288", EXACT_MAP, DENSE(512 * KI), "the same, 512 Ki"),
	ONE("map-sparse", EXACT_MAP, SPARSE(64 * KI), "the same, sparse"),
	ONE("replace-16", EXACT_REPLACE, DENSE(16), "riotlb_map, REPLACE"),
	ONE("replace", EXACT_REPLACE, DENSE(64 * KI), "riotlb_map, REPLACE"),
	ONE("replace-cut", EXACT_REPLACE_CUT, WIDE(64 * KI),
	    "the same, of the middle of a mapping"),
	ONE("unmap-16", EXACT_UNMAP, DENSE(16), "riotlb_unmap, EXACT, 16"),
	ONE("unmap-128", EXACT_UNMAP, DENSE(128), "the same, 128"),
	ONE("unmap-1024", EXACT_UNMAP, DENSE(KI), "the same, 1 Ki"),
	ONE("unmap-8192", EXACT_UNMAP, DENSE(8 * KI), "the same, 8 Ki"),
	SHOWN("unmap", EXACT_UNMAP, DENSE(64 * KI),
	      "riotlb_unmap of one mapping"),
	ONE("unmap-524288", EXACT_UNMAP, DENSE(512 * KI), "the same, 512 Ki"),
	ONE("unmap-sparse", EXACT_UNMAP, SPARSE(64 * KI), "the same, sparse"),
	ONE("unmap-whole-16", EXACT_UNMAP_WHOLE, DENSE(16), "WHOLE, of a byte"),
	ONE("unmap-whole", EXACT_UNMAP_WHOLE, DENSE(64 * KI),
	    "riotlb_unmap, WHOLE, of a byte"),
	ONE("unmap-cut-16", EXACT_UNMAP_CUT, WIDE(16), "out of the middle, 16"),
	ONE("unmap-cut", EXACT_UNMAP_CUT, WIDE(64 * KI),
	    "riotlb_unmap out of the middle of a mapping"),
	ONE("protect-16", EXACT_PROTECT, DENSE(16), "riotlb_protect, 16"),
	SHOWN("protect", EXACT_PROTECT, DENSE(64 * KI),
	      "riotlb_protect of one mapping"),
	ONE("apply-16", EXACT_APPLY, DENSE(16), "an unmap and a map, 16"),
	ONE("apply", EXACT_APPLY, DENSE(64 * KI),
	    "riotlb_apply of an unmap and a map"),

	BATCH("map-bulk-256", EXACT_MAP_BULK, DENSE(256), EXACT_BULK_LENGTH,
	      "riotlb_map_bulk of all 256, each"),
	BATCH("map-bulk", EXACT_MAP_BULK, DENSE(64 * KI), EXACT_BULK_LENGTH,
	      "riotlb_map_bulk of 256, each"),
	BATCH("unmap-bulk-256", EXACT_UNMAP_BULK, DENSE(256), EXACT_BULK_LENGTH,
	      "riotlb_unmap_bulk of all 256, each"),
	BATCH("unmap-bulk", EXACT_UNMAP_BULK, DENSE(64 * KI), EXACT_BULK_LENGTH,
	      "riotlb_unmap_bulk of 256, each"),
	SET_MAP("set-map-16", 16),
	SET_MAP("set-map-128", 128),
	SET_MAP("set-map-1024", KI),
	SET_MAP("set-map-8192", 8 * KI),
	SET_MAP("set-map-65536", 64 * KI),
	RESET("reset-16", 16),
	RESET("reset-1024", KI),
	RESET("reset-8192", 8 * KI),
	RESET("reset-65536", 64 * KI),
	RESET("reset-1048576", KI *KI),
};

const size_t exact_op_count = sizeof(exact_ops) / sizeof(exact_ops[0]);

const struct exact_growth exact_growths[] = {
	{ "lookup", EXACT_LOOKUP },   { "map", EXACT_MAP },
	{ "unmap", EXACT_UNMAP },     { "reset", EXACT_RESET },
	{ "set-map", EXACT_SET_MAP },
};

const size_t exact_growth_count =
	sizeof(exact_growths) / sizeof(exact_growths[0]);

bool exact_grows(const struct exact_growth *growth, const struct exact_op *op)
{
	return op->kind == growth->kind && op->table.stride == PAGE;
}
