/* SPDX-License-Identifier: MIT */
#include "dump.h"

/* Mappings copied out of the engine at a time. */
#define MAPPINGS 256u

bool dump_mappings(const struct dump *dump, uint32_t asid,
		   bool (*each)(void *ctx,
				const struct riotlb_mapping *mapping),
		   void *ctx)
{
	struct riotlb_mapping mappings[MAPPINGS];
	uint64_t start = 0;
	bool more = true;

	while (more) {
		size_t n = 0;

		more = riotlb_iterate(dump->session->engine, asid, start,
				      UINT64_MAX, mappings, MAPPINGS, &n,
				      &start, NULL) == 1;
		for (size_t i = 0; i < n; i++) {
			if (!each(ctx, &mappings[i]))
				return false;
		}
	}
	return true;
}

void dump_shape(const struct dump *dump, uint32_t asid,
		struct dump_figure figures[DUMP_FIGURES])
{
	struct riotlb_shape shape = { 0 };

	riotlb_get_shape(dump->session->engine, asid, &shape);
	const struct dump_figure all[DUMP_FIGURES] = {
		{ "root_slots", shape.root_slots, false },
		{ "nodes", shape.nodes, false },
		{ "windows", shape.windows, false },
		{ "node_slots", shape.node_slots, false },
		{ "packs", shape.packs, false },
		{ "entries", shape.entries, false },
		{ "dead_entries", shape.dead_entries, false },
		{ "pages", shape.pages, false },
		{ "max_loads", shape.max_loads, false },
		{ "bytes", shape.bytes, true },
	};

	for (size_t i = 0; i < DUMP_FIGURES; i++)
		figures[i] = all[i];
}
