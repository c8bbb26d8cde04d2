/* SPDX-License-Identifier: MIT */
#include "prune.h"

#include "retire.h"
#include "trie.h"

enum {
	/* not worth a walk below this */
	PRUNE_MIN_BYTES = 64 * 1024,
};

struct pruned {
	struct riotlb_object *list;
	uint64_t bytes;
};

static void take(void *ctx, struct riotlb_object *obj)
{
	struct pruned *pruned = ctx;

	obj->next = pruned->list;
	pruned->list = obj;
	pruned->bytes += obj->bytes;
}

/* Takes what is vacant out of the slot; others are kept out by the caller. */
static void prune_slot(const struct riotlb_cells *cells, uint64_t i,
		       struct pruned *pruned)
{
	uint64_t word = riotlb_load_relaxed(&cells->slots[i]);
	struct riotlb_cells below;
	uint64_t j;

	if (word == 0 || riotlb_is_page(word))
		return;
	if (riotlb_word_is_vacant(word)) {
		riotlb_store_release(&cells->slots[i], 0); /* [P2:W] */
		riotlb_each_object_below(word, take, pruned);
		return;
	}
	if (!riotlb_is_inner(word))
		return;
	below = riotlb_cells_of_word(word, riotlb_cell_start(cells, i),
				     cells->shift);
	for (j = 0; j < below.nslots; j++)
		prune_slot(&below, j, pruned);
}

/* One slot of the root; false when the table has no such slot (any more). */
static bool prune_root_slot(struct riotlb_space *space, uint64_t i)
{
	struct pruned pruned = { .list = NULL };
	struct riotlb_table *table;
	struct riotlb_cells cells;
	struct riotlb_hold hold;
	bool more = false;

	riotlb_hold_all(&hold, space);
	table = riotlb_hold_table(&hold);
	cells = riotlb_cells_of_table(table);
	if (!riotlb_is_prebuilt(space, table) && i < cells.nslots) {
		more = true;
		prune_slot(&cells, i, &pruned);
	}
	if (pruned.list != NULL) {
		riotlb_store_relaxed(&table->table_bytes,
				     riotlb_load_relaxed(&table->table_bytes) -
					     pruned.bytes);
		/* [P5:W] bulk updates that read without a lock notice */
		riotlb_add_seq(&space->prunes, 1);
	}
	riotlb_release(&hold);
	riotlb_retire_list(space, pruned.list, pruned.bytes);
	return more;
}

void riotlb_prune(struct riotlb_space *space)
{
	uint64_t i = 0;

	while (prune_root_slot(space, i))
		i++;
}

/*
 * Due when the table takes twice the memory per live mapping that it took after
 * the last pruning: then half of it may be dead. A pruning that finds nothing
 * raises the mark by itself.
 */
static bool is_due(struct riotlb_space *space, struct riotlb_table *table)
{
	uint64_t bytes = riotlb_load_relaxed(&table->table_bytes);

	return bytes > PRUNE_MIN_BYTES &&
	       bytes - PRUNE_MIN_BYTES >
		       2 * space->pruned_density *
			       riotlb_totals_of(space, table).mappings;
}

/* The AS's own table, NULL in a prebuilt state. */
static struct riotlb_table *own_table(struct riotlb_space *space)
{
	/* stays alive: tables are freed by the reclaimer, which runs this */
	struct riotlb_table *table =
		riotlb_ptr_of(riotlb_load_seq(&space->head->table));

	return riotlb_is_prebuilt(space, table) ? NULL : table;
}

void riotlb_prune_if_due(struct riotlb_space *space)
{
	struct riotlb_table *table = own_table(space);
	uint64_t mappings;

	if (table == NULL || !is_due(space, table))
		return;
	riotlb_prune(space);
	table = own_table(space);
	if (table == NULL)
		return;
	mappings = riotlb_totals_of(space, table).mappings;
	space->pruned_density = riotlb_load_relaxed(&table->table_bytes) /
					(mappings != 0 ? mappings : 1) +
				1;
}
