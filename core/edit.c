/* SPDX-License-Identifier: MIT */
#include "edit.h"

#include <string.h>

#include <riotlb/detail/walk.h>

#include "check.h"
#include "grow.h"

enum edit_kind {
	EDIT_FILL,
	EDIT_ERASE,
	EDIT_PROTECT,
	EDIT_SPLIT,
};

struct edit {
	enum edit_kind kind;
	uint64_t start;
	uint64_t last;
	uint64_t perm_bits;        /* PROTECT */
	uint64_t at;               /* SPLIT */
	struct riotlb_entry entry; /* FILL; SPLIT: side only */
};

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---- lists of parts -------------------------------------------- */

/* Are two neighbouring parts of one mapping? */
static bool joins(const struct riotlb_entry *a, const struct riotlb_entry *b)
{
	return a->last + 1 == b->start && a->low == b->low &&
	       ((a->word ^ b->word) & ~RIOTLB_MARKS) == 0 &&
	       !(a->word & RIOTLB_MARK_LAST) && !(b->word & RIOTLB_MARK_START);
}

static bool list_append(struct riotlb_list *list,
			const struct riotlb_entry *entry)
{
	struct riotlb_entry *tail = list->n == 0 ? NULL : &list->e[list->n - 1];

	if (tail != NULL && joins(tail, entry)) {
		tail->last = entry->last;
		tail->word |= entry->word & RIOTLB_MARK_LAST;
		return true;
	}
	if (list->n == RIOTLB_LIST_MAX)
		return false;
	list->e[list->n++] = *entry;
	return true;
}

static bool gather_pack(struct riotlb_list *list,
			const struct riotlb_pack *pack)
{
	unsigned int i;

	for (i = 0; i < pack->obj.count; i++) {
		struct riotlb_entry entry = {
			.start = riotlb_pack_starts(pack)[i],
			.last = *riotlb_pack_last_at(pack, i),
			/* [P3:R] */
			.word = riotlb_load_acquire(
				riotlb_pack_word_at(pack, i)),
			.side = riotlb_load_relaxed(
				riotlb_pack_side_at(pack, i)),
			.low = *riotlb_pack_low_at(pack, i),
		};

		if (entry.word != 0 && !list_append(list, &entry))
			return false;
	}
	return true;
}

bool riotlb_list_gather(struct riotlb_list *list,
			const struct riotlb_cells *cells, uint64_t i)
{
	uint64_t word = riotlb_load_acquire(&cells->slots[i]); /* [P2:R] */
	struct riotlb_entry entry;

	if (word == 0)
		return true;
	if (riotlb_is_inner(word))
		return false;
	if (riotlb_is_pack(word))
		return gather_pack(list, riotlb_word_pack(word));
	entry = (struct riotlb_entry){
		.start = riotlb_cell_start(cells, i),
		.last = riotlb_cell_last(cells, i),
		.word = word,
		.side = riotlb_side_get(cells, i),
	};
	return list_append(list, &entry);
}

static void list_insert(struct riotlb_list *list, unsigned int at,
			const struct riotlb_entry *entry)
{
	RIOTLB_ASSERT(list->n < RIOTLB_LIST_MAX);
	memmove(&list->e[at + 1], &list->e[at],
		(list->n - at) * sizeof(list->e[0]));
	list->e[at] = *entry;
	list->n++;
}

/* The part of an entry that lies in [start, last]. */
static struct riotlb_entry clip(const struct riotlb_entry *entry,
				uint64_t start, uint64_t last)
{
	struct riotlb_entry part = *entry;

	part.start = max_u64(start, entry->start);
	part.last = min_u64(last, entry->last);
	if (part.start != entry->start) {
		part.word &= ~RIOTLB_MARK_START;
		part.side = 0;
	}
	if (part.last != entry->last)
		part.word &= ~RIOTLB_MARK_LAST;
	return part;
}

void riotlb_list_fill(struct riotlb_list *list, const struct riotlb_entry *part)
{
	unsigned int at = 0;

	while (at < list->n && list->e[at].start < part->start)
		at++;
	RIOTLB_ASSERT(at == list->n || list->e[at].start > part->last);
	RIOTLB_ASSERT(at == 0 || list->e[at - 1].last < part->start);
	list_insert(list, at, part);
}

static void list_erase(struct riotlb_list *list, uint64_t start, uint64_t last)
{
	unsigned int i, kept = 0;

	for (i = 0; i < list->n; i++)
		if (list->e[i].last < start || list->e[i].start > last)
			list->e[kept++] = list->e[i];
	list->n = kept;
}

static void list_protect(struct riotlb_list *list, uint64_t start,
			 uint64_t last, uint64_t perm_bits)
{
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		struct riotlb_entry *e = &list->e[i];

		if (e->start >= start && e->last <= last)
			e->word = (e->word & ~RIOTLB_PERM_MASK) | perm_bits;
	}
}

static void list_split(struct riotlb_list *list, uint64_t at, uint64_t side)
{
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		struct riotlb_entry *e = &list->e[i];
		struct riotlb_entry right;

		if (e->last == at - 1)
			e->word |= RIOTLB_MARK_LAST;
		if (e->start == at) {
			e->word |= RIOTLB_MARK_START;
			e->side = side;
		}
		if (e->start >= at || e->last < at)
			continue;
		right = clip(e, at, e->last);
		right.word |= RIOTLB_MARK_START;
		right.side = side;
		e->last = at - 1;
		e->word |= RIOTLB_MARK_LAST;
		list_insert(list, i + 1, &right);
		return;
	}
}

static void list_edit(struct riotlb_list *list, const struct edit *edit,
		      uint64_t start, uint64_t last)
{
	struct riotlb_entry part;

	switch (edit->kind) {
	case EDIT_FILL:
		part = clip(&edit->entry, start, last);
		riotlb_list_fill(list, &part);
		break;
	case EDIT_ERASE:
		list_erase(list, start, last);
		break;
	case EDIT_PROTECT:
		list_protect(list, start, last, edit->perm_bits);
		break;
	case EDIT_SPLIT:
		list_split(list, edit->at, edit->entry.side);
		break;
	}
}

/* ---- slots ----------------------------------------------------- */

static uint64_t pack_new(struct riotlb_txn *txn, const struct riotlb_list *list)
{
	struct riotlb_pack *pack = (struct riotlb_pack *)(void *)riotlb_txn_new(
		txn, RIOTLB_KIND_PACK, riotlb_pack_bytes(list->n));
	unsigned int i;

	if (pack == NULL)
		return 0;
	pack->obj.count = (uint16_t)list->n;
	pack->obj.width = 0;
	for (i = 0; i < list->n; i++) {
		riotlb_pack_starts(pack)[i] = list->e[i].start;
		*riotlb_pack_last_at(pack, i) = list->e[i].last;
		*riotlb_pack_word_at(pack, i) = list->e[i].word;
		*riotlb_pack_side_at(pack, i) = list->e[i].side;
		*riotlb_pack_low_at(pack, i) = list->e[i].low;
		pack->obj.width |= list->e[i].low != 0;
	}
	return riotlb_pack_word(pack);
}

/* Does the entry fill the slot, and may it stand in it by itself? */
static bool is_page_of(const struct riotlb_cells *cells, uint64_t i,
		       const struct riotlb_entry *entry)
{
	return entry->low == 0 && entry->start == riotlb_cell_start(cells, i) &&
	       entry->last == riotlb_cell_last(cells, i);
}

bool riotlb_edit_set(struct riotlb_txn *txn, struct riotlb_cells *cells,
		     uint64_t i, const struct riotlb_list *list)
{
	uint64_t word = 0;

	if (!riotlb_txn_drop_word(txn, riotlb_load_relaxed(&cells->slots[i])))
		return false;
	if (list->n > RIOTLB_PACK_MAX)
		return riotlb_grow_burst(txn, cells, i, list);
	if (list->n == 1 && is_page_of(cells, i, &list->e[0])) {
		word = list->e[0].word;
		if (!riotlb_txn_set_side(txn, cells, i, list->e[0].side))
			return false;
	} else if (list->n != 0) {
		word = pack_new(txn, list);
		if (word == 0)
			return false;
	}
	riotlb_store_relaxed(&cells->slots[i], word);
	if (riotlb_is_page(word) && txn->table != NULL)
		txn->finger = *cells;
	return true;
}

/* Vacant slots that the entry fills, from *i on; 0 if that does not fit. */
static uint64_t finger_slots(const struct riotlb_cells *c,
			     const struct riotlb_entry *entry, uint64_t *i)
{
	uint64_t k, n, span;

	if (c->nslots == 0)
		return 0;
	span = riotlb_low_mask(c->shift);
	*i = (entry->start - c->base) >> c->shift;
	n = ((entry->last - entry->start) >> c->shift) + 1;
	if (*i >= c->nslots || n > c->nslots - *i || n >= c->nslots ||
	    ((entry->start | ~entry->last) & span) != 0 || entry->low != 0)
		return 0;
	for (k = 0; k < n; k++)
		if (riotlb_load_relaxed(&c->slots[*i + k]) != 0)
			return 0;
	return n;
}

bool riotlb_edit_fill_finger(struct riotlb_txn *txn,
			     const struct riotlb_entry *entry)
{
	struct riotlb_cells *c = &txn->finger;
	uint64_t i, k, n = finger_slots(c, entry, &i);
	uint64_t *side;

	if (n == 0)
		return false;
	side = riotlb_side_slot(c, i);
	if (side == NULL && entry->side != 0)
		return false;
	if (side != NULL)
		riotlb_store_relaxed(side, entry->side);
	for (k = 0; k < n; k++) {
		uint64_t word = entry->word;

		if (k != 0)
			word &= ~RIOTLB_MARK_START;
		if (k != n - 1)
			word &= ~RIOTLB_MARK_LAST;
		riotlb_store_relaxed(&c->slots[i + k], word);
	}
	return true;
}

/* The word of a valid mapping that fills a slot by itself; else 0. */
static inline uint64_t page_of(const struct riotlb_mapping *m, uint64_t span)
{
	uint64_t delta = m->addr - m->start;

	if ((m->start & span) != 0 || m->last - m->start != span ||
	    !riotlb_want_valid(m->perm) || m->addr > UINT64_MAX - span ||
	    (delta & ~RIOTLB_DELTA_MASK) != 0 || m->opaque != 0)
		return 0;
	return riotlb_page_word(delta, m->perm);
}

size_t riotlb_edit_fill_run(struct riotlb_txn *txn,
			    const struct riotlb_mapping *m, size_t n)
{
	const struct riotlb_cells c = txn->finger;
	uint64_t span;
	size_t i;

	if (c.nslots < 2 || riotlb_side_slot(&c, 0) != NULL)
		return 0;
	span = riotlb_low_mask(c.shift);
	for (i = 0; i < n; i++) {
		uint64_t index = (m[i].start - c.base) >> c.shift;
		uint64_t word = page_of(&m[i], span);

		if (word == 0 || index >= c.nslots ||
		    riotlb_load_relaxed(&c.slots[index]) != 0)
			break;
		riotlb_store_relaxed(&c.slots[index], word);
	}
	return i;
}

/*
 * A run of pages that a slot will have a container for has it made at once, not
 * when a pack has been made anew for each of the first ones. The list has the
 * first one, whole, and there is nothing else in the slot.
 */
static void take_ahead(struct riotlb_txn *txn, uint64_t cell_last,
		       struct riotlb_list *list)
{
	const struct riotlb_mapping *m = txn->ahead;
	uint64_t span = list->e[0].last - list->e[0].start;
	uint64_t start = list->e[0].last + 1, run_last;
	unsigned int k;

	if (txn->n_ahead < RIOTLB_PACK_MAX)
		return;
	run_last = m[RIOTLB_PACK_MAX - 1].last;
	/* behind the entry, and not at 0 again */
	if (run_last < list->e[0].last || run_last > cell_last)
		return;
	for (k = 0; k < RIOTLB_PACK_MAX; k++, start += span + 1) {
		uint64_t word = page_of(&m[k], span);

		if (word == 0 || m[k].start != start)
			return;
		list->e[1 + k] = (struct riotlb_entry){
			.start = start,
			.last = m[k].last,
			.word = word,
		};
	}
	list->n += RIOTLB_PACK_MAX;
	txn->taken = RIOTLB_PACK_MAX;
}

static bool edit_leaf(struct riotlb_txn *txn, struct riotlb_cells *cells,
		      uint64_t i, const struct edit *edit, uint64_t start,
		      uint64_t last)
{
	struct riotlb_list list = { .n = 0 };
	bool fits = riotlb_list_gather(&list, cells, i);

	RIOTLB_ASSERT(fits);
	(void)fits;
	list_edit(&list, edit, start, last);
	if (txn->n_ahead != 0) {
		/* the first slot of the entry: is it all of it, and alone? */
		if (list.n == 1 && last == edit->entry.last)
			take_ahead(txn, riotlb_cell_last(cells, i), &list);
		/* what is filled in from here on is others' */
		txn->n_ahead = 0;
	}
	return riotlb_edit_set(txn, cells, i, &list);
}

static bool edit_cells(struct riotlb_txn *txn, struct riotlb_cells *cells,
		       const struct edit *edit);

static bool cells_are_empty(const struct riotlb_cells *cells)
{
	uint64_t i;

	for (i = 0; i < cells->nslots; i++)
		if (riotlb_load_relaxed(&cells->slots[i]) != 0)
			return false;
	return true;
}

static bool empty_slot(struct riotlb_txn *txn, struct riotlb_cells *cells,
		       uint64_t i, bool with_children)
{
	uint64_t word = riotlb_load_relaxed(&cells->slots[i]);

	riotlb_store_relaxed(&cells->slots[i], 0);
	return with_children ? riotlb_txn_drop_below(txn, word)
			     : riotlb_txn_drop_word(txn, word);
}

static bool edit_inner(struct riotlb_txn *txn, struct riotlb_cells *cells,
		       uint64_t i, const struct edit *edit, uint64_t start,
		       uint64_t last)
{
	struct riotlb_cells below;
	struct edit part = *edit;

	part.start = start;
	part.last = last;
	below = riotlb_cells_of_word(riotlb_load_relaxed(&cells->slots[i]),
				     riotlb_cell_start(cells, i), cells->shift);
	if (edit->kind == EDIT_FILL &&
	    !(riotlb_cells_cover(&below, start) &&
	      riotlb_cells_cover(&below, last)) &&
	    !riotlb_grow_window(txn, cells, i, start, last))
		return false;
	if (!riotlb_txn_own(txn, cells, i, &below) ||
	    !edit_cells(txn, &below, &part))
		return false;
	if (edit->kind == EDIT_ERASE && cells_are_empty(&below))
		return empty_slot(txn, cells, i, false);
	return true;
}

static bool edit_slot(struct riotlb_txn *txn, struct riotlb_cells *cells,
		      uint64_t i, const struct edit *edit)
{
	uint64_t cell_start = riotlb_cell_start(cells, i);
	uint64_t cell_last = riotlb_cell_last(cells, i);
	uint64_t start = max_u64(edit->start, cell_start);
	uint64_t last = min_u64(edit->last, cell_last);
	uint64_t word = riotlb_load_acquire(&cells->slots[i]); /* [P2:R] */
	bool whole = start == cell_start && last == cell_last;

	if (word == 0 && edit->kind != EDIT_FILL)
		return true;
	if (!riotlb_is_inner(word))
		return edit_leaf(txn, cells, i, edit, start, last);
	if (whole && edit->kind == EDIT_ERASE)
		return empty_slot(txn, cells, i, true);
	if (whole && edit->kind == EDIT_FILL) {
		/* nothing lives below, or the fill would not be legal */
		RIOTLB_ASSERT(riotlb_word_is_vacant(word));
		return empty_slot(txn, cells, i, true) &&
		       edit_leaf(txn, cells, i, edit, start, last);
	}
	return edit_inner(txn, cells, i, edit, start, last);
}

/* Applies the edit to those slots of the container that it touches. */
static bool edit_cells(struct riotlb_txn *txn, struct riotlb_cells *cells,
		       const struct edit *edit)
{
	uint64_t start = max_u64(edit->start, cells->base);
	uint64_t last = min_u64(edit->last, riotlb_cells_last(cells));
	uint64_t i, n;

	if (edit->last < cells->base || edit->start > riotlb_cells_last(cells))
		return true;
	i = (start - cells->base) >> cells->shift;
	n = ((last - cells->base) >> cells->shift) - i + 1;
	for (; n-- != 0; i++)
		if (!edit_slot(txn, cells, i, edit))
			return false;
	return true;
}

/* ---- entry points ---------------------------------------------- */

bool riotlb_edit_fill_cells(struct riotlb_txn *txn, struct riotlb_cells *cells,
			    const struct riotlb_entry *entry)
{
	struct edit edit = {
		.kind = EDIT_FILL,
		.start = entry->start,
		.last = entry->last,
		.entry = *entry,
	};

	RIOTLB_ASSERT(riotlb_cells_cover(cells, entry->start) &&
		      riotlb_cells_cover(cells, entry->last));
	return edit_cells(txn, cells, &edit);
}

bool riotlb_edit_fill_ahead(struct riotlb_txn *txn,
			    const struct riotlb_entry *entry,
			    const struct riotlb_mapping *ahead, size_t n)
{
	bool filled;

	txn->taken = 0;
	if (txn->table != NULL && !riotlb_grow_table(txn, entry))
		return false;
	txn->ahead = ahead;
	txn->n_ahead = n;
	filled = riotlb_edit_fill_cells(txn, &txn->top, entry);
	txn->n_ahead = 0;
	return filled;
}

bool riotlb_edit_fill(struct riotlb_txn *txn, const struct riotlb_entry *entry)
{
	return riotlb_edit_fill_ahead(txn, entry, NULL, 0);
}

bool riotlb_edit_erase(struct riotlb_txn *txn, uint64_t start, uint64_t last)
{
	struct edit edit = {
		.kind = EDIT_ERASE,
		.start = start,
		.last = last,
	};

	return edit_cells(txn, &txn->top, &edit);
}

bool riotlb_edit_protect(struct riotlb_txn *txn, uint64_t start, uint64_t last,
			 uint32_t perm)
{
	struct edit edit = {
		.kind = EDIT_PROTECT,
		.start = start,
		.last = last,
		.perm_bits = (uint64_t)perm << RIOTLB_PERM_SHIFT,
	};

	return edit_cells(txn, &txn->top, &edit);
}

bool riotlb_edit_split(struct riotlb_txn *txn, uint64_t at, uint64_t side)
{
	struct edit edit = {
		.kind = EDIT_SPLIT,
		.start = at - 1,
		.last = at,
		.at = at,
		.entry = { .side = side },
	};

	return edit_cells(txn, &txn->top, &edit);
}
