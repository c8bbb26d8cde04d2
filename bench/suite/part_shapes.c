/* SPDX-License-Identifier: MIT */
/*
 * Every shape of the closed list, every subject; one shape after the other, so
 * that only its own tables are in memory.
 */
#include "frame.h"
#include "table.h"

static const struct cell_name names[TABLE_OPS] = {
	[TABLE_BYTES] = { "memory", "bytes", "a mapping, as loaded" },
	[TABLE_LOOKUP] = { "lookup", "one", "a byte, independent lookups" },
	[TABLE_DEPENDENT] = { "lookup", "dependent",
			      "each address depends on the result before" },
	[TABLE_BURST] = { "lookup", "burst32", "32 of equal size in one call" },
	[TABLE_REMAP] = { "update", "remap", "unmap + map of a mapping" },
	[TABLE_MAP] = { "update", "map", "map of a mapping" },
	[TABLE_UNMAP] = { "update", "unmap", "unmap of a mapping" },
	[TABLE_PROTECT] = { "update", "protect", "new permission" },
	[TABLE_UPDATED] = { "memory", "bytes-updated",
			    "a mapping, after the updates" },
	[TABLE_LOAD] = { "bulk", "load", "a mapping of all, loaded at once" },
};

void part_shapes(struct suite *suite, bool plan)
{
	for (size_t i = 0; i < shape_count; i++) {
		struct table_spec spec = {
			.shape = &shape_list[i],
			.row_shape = shape_list[i].name,
			.x = (double)shape_list[i].n,
			.names = names,
			.takes = frame_takes,
		};

		if (shape_list[i].extra)
			continue;
		if (plan)
			suite_plan(suite, table_plan(suite, &spec));
		else
			table_run(suite, &spec);
	}
}
