/* SPDX-License-Identifier: MIT */
/*
 * Updaters' view of the trie: containers of slots, enumeration of the pieces of
 * mappings in order, and taking a structure apart. Knows no locks.
 *
 * A caller keeps the structure alive and stable: it holds the AS (stripe.h), or
 * it owns the structure, or it has pinned it and checks afterwards that nothing
 * changed (update.c); the loads are atomic for the sake of the last.
 */
#ifndef RIOTLB_CORE_TRIE_H
#define RIOTLB_CORE_TRIE_H

#include <riotlb/detail/walk.h>

#include "engine.h"

/* ---- slots ----------------------------------------------------- */

/* The slots of a node, window or table; slot i covers base + i * 2^shift. */
struct riotlb_cells {
	uint64_t *slots;
	uint64_t *side; /* the container's word that points to its side array */
	uint64_t nslots;
	uint64_t base;
	uint64_t shift;
};

static inline struct riotlb_node *riotlb_word_node(uint64_t word)
{
	return riotlb_ptr_of(word & RIOTLB_PTR_MASK);
}

static inline struct riotlb_window *riotlb_word_window(uint64_t word)
{
	return riotlb_ptr_of(word & RIOTLB_PTR_MASK);
}

static inline struct riotlb_pack *riotlb_word_pack(uint64_t word)
{
	return riotlb_ptr_of(word & RIOTLB_PTR_MASK);
}

/* A slot or entry that holds a whole mapping; without the delta's low bits. */
static inline uint64_t riotlb_page_word(uint64_t delta, uint32_t perm)
{
	return (delta & RIOTLB_DELTA_MASK) | RIOTLB_TAG_PAGE |
	       (uint64_t)perm << RIOTLB_PERM_SHIFT | RIOTLB_MARKS;
}

static inline bool riotlb_is_page(uint64_t word)
{
	return (word & RIOTLB_TAG_MASK) == RIOTLB_TAG_PAGE;
}

/* A page that is all of a mapping, from its first byte to its last. */
static inline bool riotlb_is_whole_page(uint64_t word)
{
	return (word & (RIOTLB_TAG_MASK | RIOTLB_MARKS)) ==
	       (RIOTLB_TAG_PAGE | RIOTLB_MARKS);
}

static inline bool riotlb_is_node(uint64_t word)
{
	return (word & RIOTLB_TAG_MASK) == RIOTLB_TAG_NODE;
}

static inline bool riotlb_is_pack(uint64_t word)
{
	return (word & RIOTLB_TAG3_MASK) == RIOTLB_TAG_PACK;
}

static inline bool riotlb_is_window(uint64_t word)
{
	return (word & RIOTLB_TAG3_MASK) == RIOTLB_TAG_WINDOW;
}

/* Does the slot lead to further slots? */
static inline bool riotlb_is_inner(uint64_t word)
{
	return riotlb_is_node(word) || riotlb_is_window(word);
}

static inline uint64_t riotlb_word_width(uint64_t word)
{
	return (word >> RIOTLB_WIDTH_SHIFT) & RIOTLB_WIDTH_MASK;
}

static inline uint64_t riotlb_node_word(const struct riotlb_node *node,
					uint64_t width)
{
	return riotlb_word_of(node) | width << RIOTLB_WIDTH_SHIFT |
	       RIOTLB_TAG_NODE;
}

static inline uint64_t riotlb_window_word(const struct riotlb_window *window)
{
	return riotlb_word_of(window) | RIOTLB_TAG_WINDOW;
}

static inline uint64_t riotlb_pack_word(const struct riotlb_pack *pack)
{
	return riotlb_word_of(pack) | RIOTLB_TAG_PACK;
}

static inline uint64_t riotlb_cell_start(const struct riotlb_cells *c,
					 uint64_t i)
{
	return c->base + (i << c->shift);
}

static inline uint64_t riotlb_cell_last(const struct riotlb_cells *c,
					uint64_t i)
{
	return riotlb_cell_start(c, i) + riotlb_low_mask(c->shift);
}

/* Last iova that the container covers. */
static inline uint64_t riotlb_cells_last(const struct riotlb_cells *c)
{
	return riotlb_cell_last(c, c->nslots - 1);
}

static inline bool riotlb_cells_cover(const struct riotlb_cells *c,
				      uint64_t iova)
{
	return (iova - c->base) >> c->shift < c->nslots;
}

struct riotlb_cells riotlb_cells_of_table(struct riotlb_table *table);
/* `word` is a NODE or WINDOW found in a slot that starts at span_start. */
struct riotlb_cells riotlb_cells_of_word(uint64_t word, uint64_t span_start,
					 uint64_t span_shift);

/* Word of slot i in the side array; 0 where there is none. */
uint64_t riotlb_side_get(const struct riotlb_cells *c, uint64_t i);
/* Address of that word, or NULL. */
uint64_t *riotlb_side_slot(const struct riotlb_cells *c, uint64_t i);

/* ---- pieces ---------------------------------------------------- */

/*
 * The part of one mapping that one slot or one pack entry holds. word_at and
 * side_at point into the structure; side_at may be NULL (side word 0).
 */
struct riotlb_piece {
	uint64_t start;
	uint64_t last;
	uint64_t word;
	uint64_t delta;
	uint64_t *word_at;
	uint64_t *side_at;
};

static inline uint64_t riotlb_piece_side(const struct riotlb_piece *p)
{
	return p->side_at == NULL ? 0 : riotlb_load_relaxed(p->side_at);
}

/*
 * A place in a table. Remembers the container it is in, so that walking along
 * neighbours does not start from the root. Void after structural changes.
 */
struct riotlb_cursor {
	struct riotlb_table *table;
	struct riotlb_cells cells;
	bool valid;
};

static inline struct riotlb_cursor riotlb_cursor_of(struct riotlb_table *table)
{
	return (struct riotlb_cursor){ .table = table };
}

/*
 * Goes to the lowest slot that covers iova: cursor->cells and *index name it,
 * *word is what it holds. False if no slot does; *hole_last says how far.
 */
bool riotlb_cursor_at(struct riotlb_cursor *cursor, uint64_t iova,
		      uint64_t *index, uint64_t *word, uint64_t *hole_last);

/* First piece that intersects [start, last]; false if there is none. */
bool riotlb_piece_next(struct riotlb_cursor *cursor, uint64_t start,
		       uint64_t last, struct riotlb_piece *piece);

/* A mapping put together from its pieces; `side` is of its first piece. */
struct riotlb_extent {
	uint64_t start;
	uint64_t last;
	uint64_t delta;
	uint64_t word;
	uint64_t side;
};

/* First mapping that intersects [start, last], whole. */
bool riotlb_extent_next(struct riotlb_cursor *cursor, uint64_t start,
			uint64_t last, struct riotlb_extent *extent);

/* ---- taking apart ---------------------------------------------- */

/* Calls fn for every object below and including the table. */
typedef void riotlb_object_fn(void *ctx, struct riotlb_object *obj);
void riotlb_each_object(struct riotlb_table *table, riotlb_object_fn *fn,
			void *ctx);
/* The same for what hangs below one slot word; span_shift is the slot's. */
void riotlb_each_object_below(uint64_t word, riotlb_object_fn *fn, void *ctx);

/* Is nothing mapped below the word? */
bool riotlb_word_is_vacant(uint64_t word);

void riotlb_shape_of(struct riotlb_table *table, struct riotlb_shape *shape);

#endif
