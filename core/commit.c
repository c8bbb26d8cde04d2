/* SPDX-License-Identifier: MIT */
#include "commit.h"

#include "check.h"
#include "grow.h"
#include "retire.h"

/* ---- where ----------------------------------------------------- */

/* The lowest slot that covers the range; false if not even one of the root. */
static bool lowest_slot(struct riotlb_table *table, uint64_t start,
			uint64_t last, struct riotlb_place *place)
{
	struct riotlb_cells c = riotlb_cells_of_table(table);

	place->is_slot = false;
	while (riotlb_cells_cover(&c, start) && riotlb_cells_cover(&c, last)) {
		uint64_t i = (start - c.base) >> c.shift;
		uint64_t word;

		if ((last - c.base) >> c.shift != i)
			break;
		place->cells = c;
		place->index = i;
		place->is_slot = true;
		word = riotlb_load_acquire(&c.slots[i]); /* [P2:R] */
		if (!riotlb_is_inner(word))
			break;
		c = riotlb_cells_of_word(word, riotlb_cell_start(&c, i),
					 c.shift);
	}
	return place->is_slot;
}

static void begin_slot(struct riotlb_txn *txn, const struct riotlb_place *place)
{
	const struct riotlb_cells *c = &place->cells;

	/* [P2:R] */
	txn->slot = riotlb_load_acquire(&c->slots[place->index]);
	txn->slot_side_array.word = riotlb_side_get(c, place->index);
	txn->slot_side = riotlb_word_of(&txn->slot_side_array.obj);
	txn->top = (struct riotlb_cells){
		.slots = &txn->slot,
		.side = &txn->slot_side,
		.nslots = 1,
		.base = riotlb_cell_start(c, place->index),
		.shift = c->shift,
	};
}

bool riotlb_begin_table(struct riotlb_txn *txn, struct riotlb_table *table)
{
	txn->table = riotlb_is_prebuilt(txn->space, table)
			     ? riotlb_grow_new_table(txn)
			     : riotlb_txn_own_table(txn, table);
	if (txn->table == NULL)
		return false;
	txn->top = riotlb_cells_of_table(txn->table);
	return true;
}

bool riotlb_begin_at(struct riotlb_txn *txn, struct riotlb_table *table,
		     uint64_t start, uint64_t last, struct riotlb_place *place)
{
	/* a table of two slots has its first burst to come: see grow.h */
	if (!riotlb_is_prebuilt(txn->space, table) && table->root.nslots > 2 &&
	    lowest_slot(table, start, last, place)) {
		begin_slot(txn, place);
		return true;
	}
	place->is_slot = false;
	return riotlb_begin_table(txn, table);
}

bool riotlb_prepare_place(struct riotlb_txn *txn, struct riotlb_place *place)
{
	place->side = NULL;
	if (!place->is_slot || !riotlb_is_page(txn->slot) ||
	    txn->slot_side_array.word == 0 ||
	    riotlb_load_relaxed(place->cells.side) != 0)
		return true;
	place->side = riotlb_txn_new(txn, RIOTLB_KIND_SIDE,
				     riotlb_side_bytes(place->cells.nslots));
	return place->side != NULL;
}

/* ---- publication ----------------------------------------------- */

void riotlb_publish_slot(const struct riotlb_hold *hold, struct riotlb_txn *txn,
			 struct riotlb_table *table,
			 const struct riotlb_place *place)
{
	uint64_t *side;

	RIOTLB_ASSERT(riotlb_hold_is_exclusive(hold));
	riotlb_txn_unmark(txn);
	if (place->side != NULL)
		riotlb_store_release(place->cells.side,
				     riotlb_word_of(place->side)); /* [P15:W] */
	side = riotlb_side_slot(&place->cells, place->index);
	if (side != NULL)
		riotlb_store_relaxed(side, riotlb_is_page(txn->slot)
						   ? txn->slot_side_array.word
						   : 0);
	riotlb_totals_add(hold, table, txn->mappings_added, txn->mapped_added);
	riotlb_totals_sub(hold, table, txn->mappings_gone, txn->mapped_gone);
	riotlb_store_relaxed(
		&table->table_bytes,
		riotlb_txn_bytes(txn,
				 riotlb_load_relaxed(&table->table_bytes)));
	/* [P2:W] */
	riotlb_store_release(&place->cells.slots[place->index], txn->slot);
}

/* `shared`: bytes of `table` that the new one may go on to use */
static void take_over(struct riotlb_space *space, struct riotlb_txn *txn,
		      struct riotlb_table *table, uint64_t shared)
{
	struct riotlb_totals totals = { 0 };

	if (!riotlb_is_prebuilt(space, table))
		totals = riotlb_totals_of(space, table);
	riotlb_bytes_add(&totals.bytes, txn->mapped_added);
	riotlb_bytes_sub(&totals.bytes, txn->mapped_gone);
	txn->table->mappings =
		totals.mappings + txn->mappings_added - txn->mappings_gone;
	txn->table->bytes_lo = totals.bytes.lo;
	txn->table->bytes_hi = totals.bytes.hi;
	txn->table->table_bytes = riotlb_txn_bytes(txn, shared);
	txn->table->id = riotlb_add_relaxed(&space->next_id, 1);
}

static bool swap_in(struct riotlb_space *space, struct riotlb_txn *txn,
		    struct riotlb_table *table)
{
	uint64_t seen = riotlb_word_of(table);

	riotlb_txn_unmark(txn);
	/* [P1:W] [P9:W] */
	return riotlb_cas_seq(&space->head->table, &seen,
			      riotlb_word_of(txn->table));
}

bool riotlb_publish_table(struct riotlb_space *space, struct riotlb_txn *txn,
			  struct riotlb_table *table)
{
	uint64_t shared = 0;

	if (!riotlb_is_prebuilt(space, table))
		shared = riotlb_load_relaxed(&table->table_bytes);
	take_over(space, txn, table, shared);
	return swap_in(space, txn, table);
}

bool riotlb_publish_rebuilt(struct riotlb_space *space, struct riotlb_txn *txn,
			    struct riotlb_table *table)
{
	take_over(space, txn, table, 0);
	return swap_in(space, txn, table);
}

/* ---- afterwards ------------------------------------------------ */

void riotlb_aftermath_of_txn(struct riotlb_aftermath *after,
			     struct riotlb_txn *txn)
{
	after->list = riotlb_txn_finish(txn, &after->bytes);
}

void riotlb_aftermath_of_table(struct riotlb_aftermath *after,
			       struct riotlb_table *table)
{
	if (!riotlb_is_prebuilt(after->space, table))
		after->table = table;
}

/* Apart, so that updates without a hook save no register for it. */
__attribute__((noinline)) void riotlb_call_sync(struct riotlb *engine,
						uint32_t asid, uint64_t start,
						uint64_t last)
{
	int cancel = riotlb_platform_cancel_off();

	engine->sync(engine->hook_ctx, asid, start, last);
	riotlb_platform_cancel_restore(cancel);
}

void riotlb_conclude(struct riotlb_aftermath *after,
		     struct riotlb_report *report)
{
	struct riotlb_space *space = after->space;
	struct riotlb *engine = space->engine;

	if (after->changed && engine->sync != NULL)
		riotlb_call_sync(engine, space->asid, after->start,
				 after->last);
	riotlb_retire_list(space, after->list, after->bytes);
	if (after->table != NULL)
		riotlb_retire_table(space, after->table);
	if (report != NULL)
		report->token = riotlb_token_now(engine);
}
