/* SPDX-License-Identifier: MIT */
#include "txn.h"

#include <errno.h>
#include <string.h>

#include "check.h"

/*
 * Flags in `kind` while an object belongs to a transaction. Nobody else reads
 * the field of an object that is not published.
 */
enum {
	PRIVATE = 0x80,
	DROPPED = 0x40, /* private once, not part of the structure any more */
	KIND_MASK = 0x3f,
};

static bool is_private(const struct riotlb_object *obj)
{
	return obj->kind & PRIVATE;
}

/* Records and bookkeeping are not table memory. */
static bool is_table_memory(const struct riotlb_object *obj)
{
	unsigned int kind = obj->kind & KIND_MASK;

	return kind != RIOTLB_KIND_RECORD && kind != RIOTLB_KIND_CHUNK;
}

/* ---- memory ---------------------------------------------------- */

static struct riotlb_object **bucket_of(struct riotlb_txn *txn, uint32_t bytes)
{
	return &txn->reserve[(bytes >> 3) % RIOTLB_TXN_BUCKETS];
}

/*
 * Blocks in the reserve are heads at the very start of the memory, whatever
 * they were: a table's head stands elsewhere.
 */
static void to_reserve(struct riotlb_txn *txn, struct riotlb_object *obj)
{
	uint32_t bytes = obj->bytes;
	struct riotlb_object *block = obj;
	struct riotlb_object **bucket = bucket_of(txn, bytes);

	if ((obj->kind & KIND_MASK) == RIOTLB_KIND_TABLE)
		block = (struct riotlb_object *)(void *)riotlb_object_table(
			obj);
	block->bytes = bytes;
	block->kind = RIOTLB_KIND_CHUNK;
	block->next = *bucket;
	*bucket = block;
}

static void list_to_reserve(struct riotlb_txn *txn, struct riotlb_object *obj)
{
	struct riotlb_object *next;

	for (; obj != NULL; obj = next) {
		next = obj->next;
		to_reserve(txn, obj);
	}
}

static struct riotlb_object *from_reserve(struct riotlb_txn *txn, uint8_t kind,
					  uint32_t bytes)
{
	struct riotlb_object **link = bucket_of(txn, bytes);
	struct riotlb_object *obj;

	while (*link != NULL && (*link)->bytes != bytes)
		link = &(*link)->next;
	obj = *link;
	if (obj == NULL)
		return NULL;
	*link = obj->next;
	if (kind == RIOTLB_KIND_TABLE)
		obj = &((struct riotlb_table *)(void *)obj)->root.obj;
	riotlb_object_init(obj, kind, bytes);
	return obj;
}

struct riotlb_object *riotlb_txn_new(struct riotlb_txn *txn, uint8_t kind,
				     uint32_t bytes)
{
	struct riotlb_object *obj = from_reserve(txn, kind, bytes);

	if (obj == NULL && txn->locked) {
		txn->missing = bytes;
		return NULL;
	}
	if (obj == NULL)
		obj = riotlb_object_new(txn->space->engine, kind, bytes);
	if (obj == NULL)
		return NULL;
	obj->kind |= PRIVATE;
	obj->next = txn->made;
	txn->made = obj;
	if (is_table_memory(obj))
		txn->bytes_made += bytes;
	return obj;
}

/* Blocks of this size among the private objects. */
static uint64_t blocks_used(const struct riotlb_txn *txn, uint32_t bytes)
{
	const struct riotlb_object *obj;
	uint64_t n = 0;

	for (obj = txn->made; obj != NULL; obj = obj->next)
		n += obj->bytes == bytes;
	return n;
}

int riotlb_txn_refill(struct riotlb_txn *txn)
{
	/* doubling: a batch of n objects starts again log n times, not n */
	uint64_t n = blocks_used(txn, txn->missing) + 1;

	while (n-- != 0) {
		struct riotlb_object *obj = riotlb_object_new(
			txn->space->engine, RIOTLB_KIND_CHUNK, txn->missing);

		if (obj == NULL)
			return -ENOMEM;
		to_reserve(txn, obj);
	}
	return 0;
}

/* ---- life ------------------------------------------------------ */

static void reset_state(struct riotlb_txn *txn)
{
	txn->missing = 0;
	txn->made = NULL;
	txn->leftovers = NULL;
	txn->items = &txn->first;
	txn->first.obj.next = NULL;
	txn->first.n = 0;
	txn->table = NULL;
	txn->finger.nslots = 0;
	txn->bytes_made = 0;
	txn->bytes_gone = 0;
	txn->mappings_added = 0;
	txn->mappings_gone = 0;
	txn->mapped_added = (struct riotlb_bytes){ 0, 0 };
	txn->mapped_gone = (struct riotlb_bytes){ 0, 0 };
	txn->removed = 0;
	txn->cut = 0;
	txn->bytes = (struct riotlb_bytes){ 0, 0 };
}

void riotlb_txn_init(struct riotlb_txn *txn, struct riotlb_space *space)
{
	txn->space = space;
	txn->locked = false;
	txn->expected = 0;
	txn->n_ahead = 0;
	memset(txn->reserve, 0, sizeof(txn->reserve));
	reset_state(txn);
}

void riotlb_txn_abort(struct riotlb_txn *txn)
{
	list_to_reserve(txn, txn->made);
	list_to_reserve(txn, txn->leftovers);
	reset_state(txn);
}

void riotlb_txn_fini(struct riotlb_txn *txn)
{
	unsigned int i;

	for (i = 0; i < RIOTLB_TXN_BUCKETS; i++) {
		while (txn->reserve[i] != NULL) {
			struct riotlb_object *obj = txn->reserve[i];

			txn->reserve[i] = obj->next;
			riotlb_object_free(txn->space->engine, obj);
		}
	}
}

/* ---- what goes ------------------------------------------------- */

static struct riotlb_txn_item *item_new(struct riotlb_txn *txn)
{
	if (txn->items->n == RIOTLB_TXN_ITEMS) {
		struct riotlb_txn_chunk *chunk =
			(struct riotlb_txn_chunk *)(void *)riotlb_txn_new(
				txn, RIOTLB_KIND_CHUNK,
				sizeof(struct riotlb_txn_chunk));

		if (chunk == NULL)
			return NULL;
		/*
		 * obj.next links the private objects; the chain of chunks
		 * stands in the last place an object has no use for.
		 */
		chunk->items[0].obj =
			(struct riotlb_object *)(void *)txn->items;
		chunk->n = 1;
		txn->items = chunk;
	}
	return &txn->items->items[txn->items->n++];
}

bool riotlb_txn_drop(struct riotlb_txn *txn, struct riotlb_object *obj)
{
	struct riotlb_txn_item *item;

	txn->finger.nslots = 0;
	if (is_private(obj)) {
		obj->kind |= DROPPED;
		txn->bytes_made -= obj->bytes;
		return true;
	}
	item = item_new(txn);
	if (item == NULL)
		return false;
	*item = (struct riotlb_txn_item){ .obj = obj };
	if (is_table_memory(obj))
		txn->bytes_gone += obj->bytes;
	return true;
}

static struct riotlb_object *side_of_word(uint64_t word)
{
	struct riotlb_cells c;

	if (!riotlb_is_inner(word))
		return NULL;
	c = riotlb_cells_of_word(word, 0, 63);
	return riotlb_ptr_of(riotlb_load_acquire(c.side)); /* [P15:R] */
}

bool riotlb_txn_drop_word(struct riotlb_txn *txn, uint64_t word)
{
	struct riotlb_object *side;

	if (word == 0 || riotlb_is_page(word))
		return true;
	side = side_of_word(word);
	if (side != NULL && !riotlb_txn_drop(txn, side))
		return false;
	return riotlb_txn_drop(txn, riotlb_ptr_of(word & RIOTLB_PTR_MASK));
}

struct drop_state {
	struct riotlb_txn *txn;
	bool ok;
};

static void drop_one(void *ctx, struct riotlb_object *obj)
{
	struct drop_state *state = ctx;

	if (state->ok)
		state->ok = riotlb_txn_drop(state->txn, obj);
}

bool riotlb_txn_drop_below(struct riotlb_txn *txn, uint64_t word)
{
	struct drop_state state = { .txn = txn, .ok = true };

	riotlb_each_object_below(word, drop_one, &state);
	return state.ok;
}

bool riotlb_txn_retire_record(struct riotlb_txn *txn,
			      struct riotlb_record *record, uint64_t start,
			      uint64_t last, uint64_t delta, uint64_t word)
{
	struct riotlb_txn_item *item = item_new(txn);

	if (item == NULL)
		return false;
	*item = (struct riotlb_txn_item){
		.obj = &record->obj,
		.start = start,
		.last = last,
		.addr = start + delta,
		.perm = (uint32_t)((word & RIOTLB_PERM_MASK) >>
				   RIOTLB_PERM_SHIFT),
	};
	return true;
}

/* ---- private containers ---------------------------------------- */

struct riotlb_table *riotlb_txn_new_table(struct riotlb_txn *txn, uint64_t base,
					  uint64_t nslots, uint64_t shift)
{
	struct riotlb_object *obj = riotlb_txn_new(txn, RIOTLB_KIND_TABLE,
						   riotlb_table_bytes(nslots));
	struct riotlb_table *table;

	if (obj == NULL)
		return NULL;
	table = riotlb_object_table(obj);
	table->root.base = base;
	table->root.nslots = nslots;
	table->root.shift = (uint32_t)shift;
	if (shift >= RIOTLB_FULL_WIDTH) {
		table->root.fine = (uint32_t)shift - RIOTLB_FULL_WIDTH;
		table->root.reach = riotlb_low_mask(shift);
		table->root.quick = nslots;
	}
	return table;
}

uint64_t riotlb_txn_new_window(struct riotlb_txn *txn, uint64_t base,
			       uint64_t nslots, uint64_t shift,
			       struct riotlb_cells *cells)
{
	struct riotlb_window *window =
		(struct riotlb_window *)(void *)riotlb_txn_new(
			txn, RIOTLB_KIND_WINDOW, riotlb_window_bytes(nslots));
	uint64_t word;

	if (window == NULL)
		return 0;
	window->base = base;
	window->nslots = nslots;
	window->shift = (uint32_t)shift;
	word = riotlb_window_word(window);
	*cells = riotlb_cells_of_word(word, 0, 0);
	return word;
}

uint64_t riotlb_txn_new_node(struct riotlb_txn *txn, uint64_t span_start,
			     uint64_t span_shift, uint64_t width,
			     struct riotlb_cells *cells)
{
	struct riotlb_node *node = (struct riotlb_node *)(void *)riotlb_txn_new(
		txn, RIOTLB_KIND_NODE, riotlb_node_bytes(width));
	uint64_t word;

	if (node == NULL)
		return 0;
	word = riotlb_node_word(node, width);
	*cells = riotlb_cells_of_word(word, span_start, span_shift);
	return word;
}

static struct riotlb_object *side_new(struct riotlb_txn *txn, uint64_t nslots)
{
	return riotlb_txn_new(txn, RIOTLB_KIND_SIDE, riotlb_side_bytes(nslots));
}

bool riotlb_txn_set_side(struct riotlb_txn *txn, struct riotlb_cells *cells,
			 uint64_t i, uint64_t value)
{
	uint64_t *slot = riotlb_side_slot(cells, i);

	if (slot == NULL && value != 0) {
		struct riotlb_object *side = side_new(txn, cells->nslots);

		if (side == NULL)
			return false;
		/* [P15:W] the container is private, or the transaction's own */
		riotlb_store_release(cells->side, riotlb_word_of(side));
		slot = riotlb_side_slot(cells, i);
	}
	if (slot != NULL)
		riotlb_store_relaxed(slot, value);
	return true;
}

/* Copies slots and side words from one container to another, shifted. */
static bool copy_cells(struct riotlb_txn *txn, const struct riotlb_cells *from,
		       struct riotlb_cells *to)
{
	uint64_t i;

	for (i = 0; i < from->nslots; i++)
		/* [P2:R] */
		riotlb_store_relaxed(&to->slots[i],
				     riotlb_load_acquire(&from->slots[i]));
	if (riotlb_load_acquire(from->side) == 0) /* [P15:R] */
		return true;
	for (i = 0; i < from->nslots; i++)
		if (!riotlb_txn_set_side(txn, to, i, riotlb_side_get(from, i)))
			return false;
	return true;
}

bool riotlb_txn_own(struct riotlb_txn *txn, struct riotlb_cells *parent,
		    uint64_t i, struct riotlb_cells *cells)
{
	uint64_t start = riotlb_cell_start(parent, i);
	uint64_t word = riotlb_load_relaxed(&parent->slots[i]);
	struct riotlb_cells old =
		riotlb_cells_of_word(word, start, parent->shift);
	uint64_t copy;

	if (is_private(riotlb_ptr_of(word & RIOTLB_PTR_MASK))) {
		*cells = old;
		return true;
	}
	if (riotlb_is_node(word))
		copy = riotlb_txn_new_node(txn, start, parent->shift,
					   riotlb_word_width(word), cells);
	else
		copy = riotlb_txn_new_window(txn, old.base, old.nslots,
					     old.shift, cells);
	if (copy == 0 || !copy_cells(txn, &old, cells))
		return false;
	riotlb_store_relaxed(&parent->slots[i], copy);
	return riotlb_txn_drop_word(txn, word);
}

struct riotlb_table *riotlb_txn_own_table(struct riotlb_txn *txn,
					  struct riotlb_table *table)
{
	struct riotlb_cells from = riotlb_cells_of_table(table), to;
	struct riotlb_table *copy =
		riotlb_txn_new_table(txn, from.base, from.nslots, from.shift);
	struct riotlb_object *side =
		riotlb_ptr_of(riotlb_load_acquire(from.side)); /* [P15:R] */

	if (copy == NULL)
		return NULL;
	to = riotlb_cells_of_table(copy);
	if (!copy_cells(txn, &from, &to) ||
	    (side != NULL && !riotlb_txn_drop(txn, side)) ||
	    !riotlb_txn_drop(txn, &table->root.obj))
		return NULL;
	return copy;
}

/* ---- commit ---------------------------------------------------- */

void riotlb_txn_unmark(struct riotlb_txn *txn)
{
	struct riotlb_object *obj = txn->made, *next;

	txn->made = NULL;
	for (; obj != NULL; obj = next) {
		struct riotlb_object **list = &txn->made;

		next = obj->next;
		if (obj->kind & DROPPED ||
		    (obj->kind & KIND_MASK) == RIOTLB_KIND_CHUNK)
			list = &txn->leftovers;
		obj->kind &= KIND_MASK;
		obj->next = *list;
		*list = obj;
	}
}

static void fill_record(const struct riotlb_txn *txn,
			const struct riotlb_txn_item *item)
{
	struct riotlb_record *record = riotlb_object_record(item->obj);

	record->start = item->start;
	record->last = item->last;
	record->addr = item->addr;
	record->perm = item->perm;
	record->asid = txn->space->asid;
}

static void chain_items(struct riotlb_txn *txn,
			const struct riotlb_txn_chunk *chunk, uint64_t from,
			struct riotlb_object **list, uint64_t *bytes)
{
	uint64_t i;

	for (i = from; i < chunk->n; i++) {
		const struct riotlb_txn_item *item = &chunk->items[i];

		if (item->obj->kind == RIOTLB_KIND_RECORD)
			fill_record(txn, item);
		item->obj->next = *list;
		*list = item->obj;
		*bytes += item->obj->bytes;
	}
}

/* Bookkeeping and dropped objects were never published: nobody knows them. */
static void free_leftovers(struct riotlb_txn *txn)
{
	while (txn->leftovers != NULL) {
		struct riotlb_object *obj = txn->leftovers;

		txn->leftovers = obj->next;
		riotlb_object_free(txn->space->engine, obj);
	}
	txn->made = NULL;
}

struct riotlb_object *riotlb_txn_finish(struct riotlb_txn *txn, uint64_t *bytes)
{
	const struct riotlb_txn_chunk *chunk = txn->items;
	struct riotlb_object *list = NULL;

	*bytes = 0;
	while (chunk != &txn->first) {
		chain_items(txn, chunk, 1, &list, bytes);
		chunk = (const struct riotlb_txn_chunk *)(const void *)chunk
				->items[0]
				.obj;
	}
	chain_items(txn, chunk, 0, &list, bytes);
	free_leftovers(txn);
	return list;
}
