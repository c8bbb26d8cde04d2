/* SPDX-License-Identifier: MIT */
#include "trie.h"

#include <riotlb/detail/walk.h>

#include "check.h"

struct riotlb_cells riotlb_cells_of_table(struct riotlb_table *table)
{
	return (struct riotlb_cells){
		.slots = riotlb_window_slots(&table->root),
		.side = &table->root.side,
		.nslots = table->root.nslots,
		.base = table->root.base,
		.shift = table->root.shift,
	};
}

struct riotlb_cells riotlb_cells_of_word(uint64_t word, uint64_t span_start,
					 uint64_t span_shift)
{
	if (riotlb_is_node(word)) {
		struct riotlb_node *node = riotlb_word_node(word);
		uint64_t width = riotlb_word_width(word);

		return (struct riotlb_cells){
			.slots = riotlb_node_slots(node),
			.side = &node->side,
			.nslots = UINT64_C(1) << width,
			.base = span_start,
			.shift = span_shift - width,
		};
	} else {
		struct riotlb_window *window = riotlb_word_window(word);

		RIOTLB_ASSERT(riotlb_is_window(word));
		return (struct riotlb_cells){
			.slots = riotlb_window_slots(window),
			.side = &window->side,
			.nslots = window->nslots,
			.base = window->base,
			.shift = window->shift,
		};
	}
}

/* A side array is an object head and one word per slot. */
uint64_t *riotlb_side_slot(const struct riotlb_cells *c, uint64_t i)
{
	struct riotlb_object *side =
		riotlb_ptr_of(riotlb_load_acquire(c->side)); /* [P15:R] */

	if (side == NULL)
		return NULL;
	return (uint64_t *)(void *)(side + 1) + i;
}

uint64_t riotlb_side_get(const struct riotlb_cells *c, uint64_t i)
{
	const uint64_t *slot = riotlb_side_slot(c, i);

	return slot == NULL ? 0 : riotlb_load_relaxed(slot);
}

/* ---- cursor ---------------------------------------------------- */

static uint64_t cell_word(const struct riotlb_cells *c, uint64_t i)
{
	return riotlb_load_acquire(&c->slots[i]); /* [P2:R] */
}

/* Where the part of a span that a container leaves uncovered stops. */
static uint64_t outside_last(const struct riotlb_cells *c, uint64_t iova,
			     uint64_t span_last)
{
	return iova < c->base ? c->base - 1 : span_last;
}

bool riotlb_cursor_at(struct riotlb_cursor *cursor, uint64_t iova,
		      uint64_t *index, uint64_t *word, uint64_t *hole_last)
{
	struct riotlb_cells *c = &cursor->cells;
	uint64_t span_last = UINT64_MAX;

	if (!cursor->valid || !riotlb_cells_cover(c, iova))
		*c = riotlb_cells_of_table(cursor->table);
	cursor->valid = true;
	for (;;) {
		if (!riotlb_cells_cover(c, iova)) {
			*hole_last = outside_last(c, iova, span_last);
			cursor->valid = false;
			return false;
		}
		*index = (iova - c->base) >> c->shift;
		*word = cell_word(c, *index);
		if (!riotlb_is_inner(*word))
			return true;
		span_last = riotlb_cell_last(c, *index);
		*c = riotlb_cells_of_word(*word, riotlb_cell_start(c, *index),
					  c->shift);
	}
}

/* ---- pieces ---------------------------------------------------- */

static bool pack_piece(const struct riotlb_pack *pack, uint64_t start,
		       uint64_t last, struct riotlb_piece *piece)
{
	const uint64_t *starts = riotlb_pack_starts(pack);
	unsigned int i;

	for (i = 0; i < pack->obj.count && starts[i] <= last; i++) {
		uint64_t *word_at = riotlb_pack_word_at(pack, i);
		uint64_t word = riotlb_load_acquire(word_at); /* [P3:R] */

		if (word == 0 || *riotlb_pack_last_at(pack, i) < start)
			continue;
		*piece = (struct riotlb_piece){
			.start = starts[i],
			.last = *riotlb_pack_last_at(pack, i),
			.word = word,
			.delta = (word & RIOTLB_DELTA_MASK) +
				 *riotlb_pack_low_at(pack, i),
			.word_at = word_at,
			.side_at = riotlb_pack_side_at(pack, i),
		};
		return true;
	}
	return false;
}

/* The first piece in slot i from `start` on. */
static bool cell_piece(const struct riotlb_cells *c, uint64_t i, uint64_t word,
		       uint64_t start, uint64_t last,
		       struct riotlb_piece *piece)
{
	if (word == 0)
		return false;
	if (riotlb_is_pack(word))
		return pack_piece(riotlb_word_pack(word), start, last, piece);
	*piece = (struct riotlb_piece){
		.start = riotlb_cell_start(c, i),
		.last = riotlb_cell_last(c, i),
		.word = word,
		.delta = word & RIOTLB_DELTA_MASK,
		.word_at = &c->slots[i],
		.side_at = riotlb_side_slot(c, i),
	};
	return true;
}

bool riotlb_piece_next(struct riotlb_cursor *cursor, uint64_t start,
		       uint64_t last, struct riotlb_piece *piece)
{
	uint64_t index, word, reached;

	for (;;) {
		if (riotlb_cursor_at(cursor, start, &index, &word, &reached)) {
			if (cell_piece(&cursor->cells, index, word, start, last,
				       piece))
				return true;
			reached = riotlb_cell_last(&cursor->cells, index);
		}
		if (reached >= last)
			return false;
		start = reached + 1;
	}
}

/* Goes left from a piece to the one that begins its mapping. */
static void rewind_to_start(struct riotlb_cursor *cursor,
			    struct riotlb_piece *piece)
{
	while (!(piece->word & RIOTLB_MARK_START)) {
		bool found = riotlb_piece_next(cursor, piece->start - 1,
					       piece->start - 1, piece);

		RIOTLB_ASSERT(found);
		if (!found)
			return;
	}
}

bool riotlb_extent_next(struct riotlb_cursor *cursor, uint64_t start,
			uint64_t last, struct riotlb_extent *extent)
{
	struct riotlb_piece piece;

	if (!riotlb_piece_next(cursor, start, last, &piece))
		return false;
	rewind_to_start(cursor, &piece);
	extent->start = piece.start;
	extent->delta = piece.delta;
	extent->word = piece.word;
	extent->side = riotlb_piece_side(&piece);
	while (!(piece.word & RIOTLB_MARK_LAST)) {
		bool found = riotlb_piece_next(cursor, piece.last + 1,
					       piece.last + 1, &piece);

		RIOTLB_ASSERT(found);
		if (!found)
			break;
	}
	extent->last = piece.last;
	return true;
}

/* ---- taking apart ---------------------------------------------- */

static struct riotlb_object *word_object(uint64_t word)
{
	return riotlb_ptr_of(word & RIOTLB_PTR_MASK);
}

static void each_in_cells(const struct riotlb_cells *c, riotlb_object_fn *fn,
			  void *ctx)
{
	uint64_t i;

	for (i = 0; i < c->nslots; i++) {
		uint64_t word = cell_word(c, i);

		if (word != 0 && !riotlb_is_page(word))
			riotlb_each_object_below(word, fn, ctx);
	}
	if (riotlb_load_acquire(c->side) != 0) /* [P15:R] */
		fn(ctx, riotlb_ptr_of(riotlb_load_acquire(c->side)));
}

void riotlb_each_object_below(uint64_t word, riotlb_object_fn *fn, void *ctx)
{
	if (word == 0 || riotlb_is_page(word))
		return;
	if (riotlb_is_inner(word)) {
		/* spans do not matter to what is visited */
		struct riotlb_cells c = riotlb_cells_of_word(word, 0, 63);

		each_in_cells(&c, fn, ctx);
	}
	fn(ctx, word_object(word));
}

void riotlb_each_object(struct riotlb_table *table, riotlb_object_fn *fn,
			void *ctx)
{
	struct riotlb_cells c = riotlb_cells_of_table(table);

	each_in_cells(&c, fn, ctx);
	fn(ctx, &table->root.obj);
}

static bool pack_is_vacant(const struct riotlb_pack *pack)
{
	unsigned int i;

	for (i = 0; i < pack->obj.count; i++)
		if (riotlb_load_acquire(riotlb_pack_word_at(pack, i)) !=
		    0) /* [P3:R] */
			return false;
	return true;
}

bool riotlb_word_is_vacant(uint64_t word)
{
	struct riotlb_cells c;
	uint64_t i;

	if (word == 0 || riotlb_is_page(word))
		return word == 0;
	if (riotlb_is_pack(word))
		return pack_is_vacant(riotlb_word_pack(word));
	c = riotlb_cells_of_word(word, 0, 63);
	for (i = 0; i < c.nslots; i++)
		if (!riotlb_word_is_vacant(cell_word(&c, i)))
			return false;
	return true;
}

/* ---- shape ----------------------------------------------------- */

static void shape_pack(const struct riotlb_pack *pack,
		       struct riotlb_shape *shape)
{
	unsigned int i;

	shape->packs++;
	shape->bytes += pack->obj.bytes;
	for (i = 0; i < pack->obj.count; i++) {
		/* [P3:R] */
		if (riotlb_load_acquire(riotlb_pack_word_at(pack, i)) != 0)
			shape->entries++;
		else
			shape->dead_entries++;
	}
}

/* loads: dependent ones on the way to the words of the container */
static void shape_cells(const struct riotlb_cells *c, uint64_t loads,
			struct riotlb_shape *shape)
{
	struct riotlb_object *side =
		riotlb_ptr_of(riotlb_load_acquire(c->side)); /* [P15:R] */
	uint64_t i;

	if (side != NULL)
		shape->bytes += side->bytes;
	loads++;
	if (loads > shape->max_loads)
		shape->max_loads = loads;
	for (i = 0; i < c->nslots; i++) {
		uint64_t word = cell_word(c, i);

		if (riotlb_is_page(word)) {
			shape->pages++;
		} else if (riotlb_is_inner(word)) {
			struct riotlb_cells below = riotlb_cells_of_word(
				word, riotlb_cell_start(c, i), c->shift);

			shape->nodes += riotlb_is_node(word);
			shape->windows += riotlb_is_window(word);
			shape->node_slots += below.nslots;
			shape->bytes += word_object(word)->bytes;
			/* a window's head says where its slots are */
			shape_cells(&below, loads + riotlb_is_window(word),
				    shape);
		} else if (word != 0) {
			/* head and start, then last and word together */
			if (loads + 2 > shape->max_loads)
				shape->max_loads = loads + 2;
			shape_pack(riotlb_word_pack(word), shape);
		}
	}
}

void riotlb_shape_of(struct riotlb_table *table, struct riotlb_shape *shape)
{
	struct riotlb_cells c = riotlb_cells_of_table(table);

	*shape = (struct riotlb_shape){
		.root_slots = c.nslots,
		.bytes = table->root.obj.bytes,
	};
	/* the pointer to the table, and the head of its root */
	shape_cells(&c, 2, shape);
}
