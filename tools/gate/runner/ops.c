/* SPDX-License-Identifier: MIT */
#include "ops.h"

#define LOOKUP .step = SECTION
#define UPDATE .step = 1, .chunk = 4096
#define DENSE(count) .shape = SHAPE_DENSE, .mappings = (count)
#define HUGE(count) .shape = SHAPE_HUGE, .mappings = (count)
#define MIXED(count) .shape = SHAPE_MIXED, .mappings = (count)
#define SPARSE(count) .shape = SHAPE_SPARSE, .mappings = (count)
#define SET_MAP(text, count)                                                   \
	{                                                                      \
		.name = "bulk/set-map/" text, DENSE(count), .run = op_set_map, \
		.step = 1, .family = "bulk/set-map",                           \
		.chunk = 65536 / (count) ? 65536 / (count) : 1                 \
	}

/* Where both sides take turns at 4 ns apart, the name is all they share. */
const struct op ops[] = {
	{ "lookup/one/identity", SHAPE_IDENTITY, .run = op_lookup, LOOKUP },
	{ "lookup/one/1-1g", SHAPE_ONE, 1, .run = op_lookup, LOOKUP },
	{ "lookup/one/64-4k", DENSE(64), .run = op_lookup, LOOKUP },
	{ "lookup/one/4ki-4k", DENSE(4096), .run = op_lookup, LOOKUP },
	{ "lookup/one/64ki-4k", DENSE(65536), .run = op_lookup, LOOKUP },
	{ "lookup/one/4ki-2m", HUGE(4096), .run = op_lookup, LOOKUP },
	{ "lookup/one/4ki-mixed", MIXED(4096), .run = op_lookup, LOOKUP },
	{ "lookup/one/4ki-sparse", SPARSE(4096), .run = op_lookup, LOOKUP },
	{ "lookup/miss/4ki-mixed", MIXED(4096), .run = op_lookup_miss, LOOKUP },
	{ "lookup/denied/4ki-4k", DENSE(4096), .run = op_lookup_denied,
	  LOOKUP },
	{ "lookup/section/4ki-4k", DENSE(4096), .run = op_lookup_section,
	  LOOKUP },
	{ "lookup/dependent/4ki-4k", DENSE(4096), .run = op_lookup_dependent,
	  LOOKUP },
	{ "lookup/dependent/4ki-mixed", MIXED(4096), .run = op_lookup_dependent,
	  LOOKUP },
	{ "lookup/group/4ki-4k", DENSE(4096), .run = op_lookup_group, LOOKUP },
	{ "lookup/vec4/4ki-4k", DENSE(4096), .run = op_lookup_vec, LOOKUP },
	{ "lookup/burst32/4ki-4k", DENSE(4096), .run = op_lookup_burst,
	  LOOKUP },
	{ "lookup/burst32/64ki-4k", DENSE(65536), .run = op_lookup_burst,
	  LOOKUP },
	{ "lookup/burst32/4ki-mixed", MIXED(4096), .run = op_lookup_burst,
	  LOOKUP },
	{ "lookup/list32/4ki-4k", DENSE(4096), .run = op_lookup_list, LOOKUP },
	{ "lookup/list32/64ki-4k", DENSE(65536), .run = op_lookup_list,
	  LOOKUP },
	{ "lookup/gaps/4ki-sparse", SPARSE(4096), .run = op_gaps, LOOKUP },
	{ "query/stamp/4ki-4k", DENSE(4096), .run = op_stamp, LOOKUP },
	{ "query/iterate64/4ki-4k", DENSE(4096), .run = op_iterate, .step = 1 },
	{ "read/section", DENSE(64), .run = op_section, LOOKUP },
	{ "read/lease", DENSE(64), .run = op_lease, LOOKUP },
	{ "update/remap/64-4k", DENSE(64), .run = op_remap, UPDATE },
	{ "update/remap/4ki-4k", DENSE(4096), .run = op_remap, UPDATE },
	{ "update/remap/64ki-4k", DENSE(65536), .run = op_remap, UPDATE },
	{ "update/remap/4ki-2m", HUGE(4096), .run = op_remap, UPDATE },
	{ "update/remap/4ki-mixed", MIXED(4096), .run = op_remap, UPDATE },
	{ "update/remap/4ki-sparse", SPARSE(4096), .run = op_remap, UPDATE },
	{ "update/replace/4ki-4k", DENSE(4096), .run = op_replace, UPDATE },
	{ "update/protect/4ki-4k", DENSE(4096), .run = op_protect, UPDATE },
	{ "update/apply2/4ki-4k", DENSE(4096), .run = op_apply, UPDATE },
	{ "update/reclaim/4ki-mixed", MIXED(4096), .run = op_reclaim, UPDATE },
	{ "update/rebind", DENSE(64), .run = op_rebind, UPDATE },
	{ "update/reset-map", DENSE(64), .run = op_reset, UPDATE },
	{ "bulk/map-unmap/256-4k", DENSE(4096), .run = op_bulk, .step = 256,
	  .chunk = 65536 },
	SET_MAP("64", 64),
	SET_MAP("256", 256),
	SET_MAP("1ki", 1024),
	SET_MAP("4ki", 4096),
	SET_MAP("16ki", 16384),
	{ "tail/lookup64/4ki-4k", DENSE(4096), .run = op_lookup, .step = 64,
	  .tail = true },
	{ "tail/remap32/4ki-4k", DENSE(4096), .run = op_remap, .step = 32,
	  .chunk = 4096, .tail = true },
	{ "beside/lookup-lookup/4ki-4k", DENSE(4096), .run = op_lookup, LOOKUP,
	  .beside = op_lookup },
	{ "beside/lookup-remap/4ki-4k", DENSE(4096), .run = op_lookup, LOOKUP,
	  .beside = op_remap },
	{ "beside/remap-remap/4ki-4k", DENSE(4096), .run = op_remap, .step = 1,
	  .chunk = 65536, .beside = op_remap },
	{ "control/alu", .run = op_alu, .step = 1, .control = true },
	{ "control/chase", .run = op_chase, .step = 1, .control = true },
	{ "control/copy", .run = op_copy, .step = 1, .control = true },
	{ "control/malloc", .run = op_malloc, .step = 1, .control = true },
};

const size_t op_count = sizeof(ops) / sizeof(*ops);
