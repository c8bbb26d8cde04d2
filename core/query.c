/* SPDX-License-Identifier: MIT */
/* Stamps, iteration, statistics: what looks at an AS without changing it. */
#include <errno.h>

#include "object.h"
#include "stripe.h"
#include "trie.h"

static struct riotlb_space *space_of(struct riotlb *engine, uint32_t asid)
{
	return asid < engine->front.nas ? &engine->spaces[asid] : NULL;
}

/* ---- stamps ---------------------------------------------------- */

int riotlb_stamp(const struct riotlb *engine, uint32_t asid, uint64_t start,
		 uint64_t last, struct riotlb_stamp *stamp)
{
	if (asid >= engine->front.nas || last < start)
		return -EINVAL;
	stamp->binding = 0;
	/* [P5:R] */
	stamp->content =
		riotlb_stamp_sum(&engine->front.heads[asid], start, last);
	return 0;
}

int riotlb_group_stamp(const struct riotlb *engine, uint32_t group,
		       uint64_t start, uint64_t last,
		       struct riotlb_stamp *stamp)
{
	const struct riotlb_binding *binding;

	if (group >= engine->front.ngroups || last < start)
		return -EINVAL;
	binding = &engine->front.groups[group];
	/*
	 * [P5:R] The count before the AS it belongs to: a rebinding in between
	 * gives a stamp that is dead already, never one that lives too long.
	 */
	stamp->binding = riotlb_load_acquire(&binding->rebinds);
	/* [P4:R] */
	stamp->content = riotlb_stamp_sum(
		riotlb_ptr_of(riotlb_load_acquire(&binding->head)), start,
		last);
	return 0;
}

/* ---- iteration ------------------------------------------------- */

static uint64_t opaque_of(const struct riotlb_space *space,
			  const struct riotlb_table *table, uint64_t side)
{
	const struct riotlb_record *record;

	/* prebuilt tables keep no records */
	if (space->engine->retire == NULL || riotlb_is_prebuilt(space, table))
		return side;
	record = riotlb_ptr_of(side);
	return record->opaque;
}

/* Returns 1 and *resume if there is more, else 0. */
static int copy_mappings(struct riotlb_space *space, struct riotlb_table *table,
			 uint64_t start, uint64_t last,
			 struct riotlb_mapping *out, size_t n, size_t *filled,
			 uint64_t *resume)
{
	struct riotlb_cursor cursor = riotlb_cursor_of(table);
	struct riotlb_extent e;

	*filled = 0;
	while (riotlb_extent_next(&cursor, start, last, &e)) {
		if (*filled == n) {
			*resume = start;
			return 1;
		}
		out[(*filled)++] = (struct riotlb_mapping){
			.start = e.start,
			.last = e.last,
			.addr = e.start + e.delta,
			.opaque = opaque_of(space, table, e.side),
			.perm = (uint32_t)((e.word & RIOTLB_PERM_MASK) >>
					   RIOTLB_PERM_SHIFT),
		};
		if (e.last >= last)
			break;
		start = e.last + 1;
	}
	return 0;
}

int riotlb_iterate(struct riotlb *engine, uint32_t asid, uint64_t start,
		   uint64_t last, struct riotlb_mapping *out, size_t n,
		   size_t *filled, uint64_t *resume, struct riotlb_stamp *stamp)
{
	struct riotlb_space *space = space_of(engine, asid);
	struct riotlb_hold hold;
	uint64_t next = 0;
	int more;

	*filled = 0;
	if (space == NULL || last < start || n == 0)
		return -EINVAL;
	riotlb_hold_all(&hold, space);
	/*
	 * The stamp before the table: a swap in between makes the stamp die
	 * early, the other order would let it outlive the contents.
	 */
	if (stamp != NULL)
		(void)riotlb_stamp(engine, asid, start, last, stamp);
	more = copy_mappings(space, riotlb_hold_table(&hold), start, last, out,
			     n, filled, &next);
	riotlb_release(&hold);
	if (more && resume != NULL)
		*resume = next;
	return more;
}

/* ---- statistics ------------------------------------------------ */

int riotlb_get_stats(struct riotlb *engine, uint32_t asid,
		     struct riotlb_stats *stats)
{
	struct riotlb_space *space = space_of(engine, asid);
	struct riotlb_table *table;
	struct riotlb_totals totals;
	struct riotlb_hold hold;

	if (space == NULL)
		return -EINVAL;
	*stats = (struct riotlb_stats){ 0 };
	riotlb_hold_all(&hold, space);
	table = riotlb_hold_table(&hold);
	totals = riotlb_totals_of(space, table);
	stats->is_default = table == space->default_table;
	if (!riotlb_is_prebuilt(space, table)) {
		stats->table_bytes = riotlb_load_relaxed(&table->table_bytes);
		if (engine->retire != NULL)
			stats->table_bytes +=
				totals.mappings * sizeof(struct riotlb_record);
	}
	riotlb_release(&hold);
	stats->mappings = totals.mappings;
	stats->bytes = totals.bytes;
	stats->default_bytes = space->default_table->table_bytes;
	stats->retired_bytes = riotlb_load_relaxed(&space->retired_bytes);
	stats->resets = riotlb_load_relaxed(&space->head->resets);
	stats->generation = riotlb_stamp_sum(space->head, 0, UINT64_MAX);
	return 0;
}

int riotlb_get_shape(struct riotlb *engine, uint32_t asid,
		     struct riotlb_shape *shape)
{
	struct riotlb_space *space = space_of(engine, asid);
	struct riotlb_hold hold;

	if (space == NULL)
		return -EINVAL;
	riotlb_hold_all(&hold, space);
	riotlb_shape_of(riotlb_hold_table(&hold), shape);
	riotlb_release(&hold);
	return 0;
}
