/* SPDX-License-Identifier: MIT */
#include "inplace.h"

#include <errno.h>

#include "check.h"

/*
 * Mappings of up to so many parts, which is nearly all of them, are looked up
 * once: what was found is kept from the check to the store.
 */
enum {
	FEW_PARTS = 4,
};

/* ---- map ------------------------------------------------------- */

/* Where one part of the new mapping goes. */
struct spot {
	uint64_t start;
	uint64_t last;
	uint64_t *word_at;
	uint64_t *side_at; /* NULL: there is none, side word 0 */
};

static uint64_t marks_for(const struct riotlb_target *t, const struct spot *s)
{
	uint64_t off = 0;

	if (s->start != t->start)
		off |= RIOTLB_MARK_START;
	if (s->last != t->last)
		off |= RIOTLB_MARK_LAST;
	return t->word & ~off;
}

/* A dead entry that spans just what the mapping has in this slot. */
static int pack_spot(const struct riotlb_pack *pack,
		     const struct riotlb_target *t, uint64_t start,
		     uint64_t last, struct spot *spot)
{
	const uint64_t *starts = riotlb_pack_starts(pack);
	int result = RIOTLB_NOT_IN_PLACE;
	unsigned int i;

	for (i = 0; i < pack->obj.count && starts[i] <= last; i++) {
		uint64_t entry_last = *riotlb_pack_last_at(pack, i);

		if (entry_last < start)
			continue;
		/* [P3:R] */
		if (riotlb_load_acquire(riotlb_pack_word_at(pack, i)) != 0)
			return -EEXIST;
		if (starts[i] != start || entry_last != last ||
		    *riotlb_pack_low_at(pack, i) != t->low)
			continue;
		*spot = (struct spot){
			.start = start,
			.last = last,
			.word_at = riotlb_pack_word_at(pack, i),
			.side_at = riotlb_pack_side_at(pack, i),
		};
		result = 0;
	}
	return result;
}

/*
 * The spot for the part of the mapping in the slot that holds `start`; 0,
 * -EEXIST or RIOTLB_NOT_IN_PLACE.
 */
static int find_spot(struct riotlb_cursor *cursor,
		     const struct riotlb_target *t, uint64_t start,
		     struct spot *spot)
{
	const struct riotlb_cells *c = &cursor->cells;
	uint64_t index, word, unused, cell_last;

	if (!riotlb_cursor_at(cursor, start, &index, &word, &unused))
		return RIOTLB_NOT_IN_PLACE;
	cell_last = riotlb_cell_last(c, index);
	if (riotlb_is_page(word))
		return -EEXIST;
	if (riotlb_is_pack(word))
		return pack_spot(riotlb_word_pack(word), t, start,
				 cell_last < t->last ? cell_last : t->last,
				 spot);
	/* vacant; a mapping that fills the container belongs into its parent */
	if (t->low != 0 || cell_last > t->last ||
	    start != riotlb_cell_start(c, index) ||
	    (t->start <= c->base && t->last >= riotlb_cells_last(c)))
		return RIOTLB_NOT_IN_PLACE;
	*spot = (struct spot){
		.start = start,
		.last = cell_last,
		.word_at = &c->slots[index],
		.side_at = riotlb_side_slot(c, index),
	};
	if (start == t->start && t->side != 0 && spot->side_at == NULL)
		return RIOTLB_NOT_IN_PLACE;
	return 0;
}

static void store_spot(const struct riotlb_target *t, const struct spot *spot)
{
	if (spot->side_at != NULL)
		riotlb_store_relaxed(spot->side_at,
				     spot->start == t->start ? t->side : 0);
	/* [P2:W] [P3:W] */
	riotlb_store_release(spot->word_at, marks_for(t, spot));
}

/* Everything was found to be free: once more, and now for good. */
static void store_all(struct riotlb_table *table, const struct riotlb_target *t)
{
	struct riotlb_cursor cursor = riotlb_cursor_of(table);
	struct spot spot;
	uint64_t at = t->start;

	while (find_spot(&cursor, t, at, &spot) == 0) {
		store_spot(t, &spot);
		if (spot.last == t->last)
			return;
		at = spot.last + 1;
	}
	RIOTLB_ASSERT(false);
}

int riotlb_inplace_map(struct riotlb_table *table,
		       const struct riotlb_target *t)
{
	struct riotlb_cursor cursor = riotlb_cursor_of(table);
	struct spot spots[FEW_PARTS], *spot;
	unsigned int i, n = 0;
	uint64_t at = t->start;
	int err;

	do {
		spot = &spots[n % FEW_PARTS];
		err = find_spot(&cursor, t, at, spot);
		if (err != 0)
			return err;
		at = spot->last + 1;
		n++;
	} while (spot->last != t->last);
	if (n > FEW_PARTS) {
		store_all(table, t);
		return 0;
	}
	for (i = 0; i < n; i++)
		store_spot(t, &spots[i]);
	return 0;
}

/* ---- unmap ----------------------------------------------------- */

/* Does the piece's mapping reach out of the range? */
static bool reaches_out(const struct riotlb_piece *p, uint64_t start,
			uint64_t last)
{
	if (p->start < start || p->last > last)
		return true;
	if (p->start == start && !(p->word & RIOTLB_MARK_START))
		return true;
	return p->last == last && !(p->word & RIOTLB_MARK_LAST);
}

/*
 * The slot that the range is all of and that holds a whole mapping, if the
 * cursor stands in its container; NULL. Nearly all ranges of a batch are such.
 */
static inline uint64_t *whole_slot(const struct riotlb_cursor *cursor,
				   uint64_t start, uint64_t last)
{
	const struct riotlb_cells *c = &cursor->cells;
	uint64_t index;

	if (!cursor->valid || !riotlb_cells_cover(c, start))
		return NULL;
	index = (start - c->base) >> c->shift;
	if (!riotlb_is_whole_page(riotlb_load_relaxed(&c->slots[index])) ||
	    start != riotlb_cell_start(c, index) ||
	    last != riotlb_cell_last(c, index))
		return NULL;
	return &c->slots[index];
}

bool riotlb_cuts(struct riotlb_cursor *cursor, uint64_t start, uint64_t last)
{
	struct riotlb_piece p;

	if (whole_slot(cursor, start, last) != NULL)
		return false;
	if (riotlb_piece_next(cursor, start, start, &p)) {
		if (reaches_out(&p, start, last))
			return true;
		if (p.last == last)
			return false;
	}
	return riotlb_piece_next(cursor, last, last, &p) &&
	       reaches_out(&p, start, last);
}

void riotlb_widen(struct riotlb_cursor *cursor, uint64_t *start, uint64_t *last)
{
	struct riotlb_extent e;
	uint64_t wide_start = *start;

	if (riotlb_extent_next(cursor, *start, *start, &e))
		wide_start = e.start;
	if (riotlb_extent_next(cursor, *last, *last, &e))
		*last = e.last;
	*start = wide_start;
}

/* The record of a mapping that goes, told what it was. */
static void take_record(struct riotlb_effect *effect,
			struct riotlb_record *record,
			const struct riotlb_piece *first, uint32_t asid)
{
	record->start = first->start;
	record->addr = first->start + first->delta;
	record->perm = (uint32_t)((first->word & RIOTLB_PERM_MASK) >>
				  RIOTLB_PERM_SHIFT);
	record->asid = asid;
	record->obj.next = effect->records;
	effect->records = &record->obj;
	effect->record_bytes += record->obj.bytes;
}

static void remove_piece(const struct riotlb_piece *p, bool records,
			 uint32_t asid, struct riotlb_effect *effect)
{
	if (p->word & RIOTLB_MARK_START) {
		effect->mappings++;
		if (records)
			take_record(effect, riotlb_ptr_of(riotlb_piece_side(p)),
				    p, asid);
	}
	if (records && p->word & RIOTLB_MARK_LAST)
		riotlb_object_record(effect->records)->last = p->last;
	riotlb_bytes_add(&effect->bytes, riotlb_range_bytes(p->start, p->last));
	riotlb_store_release(p->word_at, 0); /* [P2:W] [P3:W] */
}

/* The pieces of the range, if they are few; false: there are more. */
static bool gather(struct riotlb_cursor *cursor, uint64_t start, uint64_t last,
		   struct riotlb_piece pieces[FEW_PARTS], unsigned int *n)
{
	for (*n = 0; *n < FEW_PARTS; ++*n) {
		struct riotlb_piece *p = &pieces[*n];

		if (!riotlb_piece_next(cursor, start, last, p))
			return true;
		if (p->last >= last) {
			++*n;
			return true;
		}
		start = p->last + 1;
	}
	return false;
}

static int unmap_many(struct riotlb_cursor *cursor, uint64_t start,
		      uint64_t last, bool records, uint32_t asid,
		      struct riotlb_effect *effect)
{
	struct riotlb_piece p;

	if (riotlb_cuts(cursor, start, last))
		return RIOTLB_NOT_IN_PLACE;
	while (riotlb_piece_next(cursor, start, last, &p)) {
		remove_piece(&p, records, asid, effect);
		if (p.last >= last)
			break;
		start = p.last + 1;
	}
	return 0;
}

int riotlb_inplace_unmap(struct riotlb_cursor *cursor, uint64_t start,
			 uint64_t last, bool records, uint32_t asid,
			 struct riotlb_effect *effect)
{
	uint64_t *slot = records ? NULL : whole_slot(cursor, start, last);
	struct riotlb_piece pieces[FEW_PARTS];
	unsigned int i, n;

	*effect = (struct riotlb_effect){ 0 };
	if (slot != NULL) {
		effect->mappings = 1;
		effect->bytes = riotlb_range_bytes(start, last);
		riotlb_store_release(slot, 0); /* [P2:W] */
		return 0;
	}
	if (!gather(cursor, start, last, pieces, &n))
		return unmap_many(cursor, start, last, records, asid, effect);
	for (i = 0; i < n; i++)
		if (reaches_out(&pieces[i], start, last))
			return RIOTLB_NOT_IN_PLACE;
	for (i = 0; i < n; i++)
		remove_piece(&pieces[i], records, asid, effect);
	return 0;
}

/* ---- protect --------------------------------------------------- */

/*
 * All pieces of the range, of which the first few are kept: 0, -EFAULT (a
 * hole), or RIOTLB_NOT_IN_PLACE where a mapping reaches out of it.
 */
static int gather_all(struct riotlb_cursor *cursor, uint64_t start,
		      uint64_t last, struct riotlb_piece pieces[FEW_PARTS],
		      uint64_t *n)
{
	bool out = false;
	uint64_t at = start;

	for (*n = 0;; ++*n) {
		struct riotlb_piece unkept;
		struct riotlb_piece *p = *n < FEW_PARTS ? &pieces[*n] : &unkept;

		if (!riotlb_piece_next(cursor, at, at, p))
			return -EFAULT;
		out = out || reaches_out(p, start, last);
		if (p->last >= last)
			break;
		at = p->last + 1;
	}
	++*n;
	return out ? RIOTLB_NOT_IN_PLACE : 0;
}

static void set_perm(const struct riotlb_piece *p, uint32_t perm)
{
	uint64_t bits = (uint64_t)perm << RIOTLB_PERM_SHIFT;

	/* [P2:W] [P3:W] */
	riotlb_store_release(p->word_at, (p->word & ~RIOTLB_PERM_MASK) | bits);
}

static void protect_many(struct riotlb_cursor *cursor, uint64_t start,
			 uint64_t last, uint32_t perm)
{
	struct riotlb_piece p;

	for (;;) {
		bool found = riotlb_piece_next(cursor, start, start, &p);

		RIOTLB_ASSERT(found);
		(void)found;
		set_perm(&p, perm);
		if (p.last == last)
			return;
		start = p.last + 1;
	}
}

int riotlb_inplace_protect(struct riotlb_table *table, uint64_t start,
			   uint64_t last, uint32_t perm)
{
	struct riotlb_cursor cursor = riotlb_cursor_of(table);
	struct riotlb_piece pieces[FEW_PARTS];
	uint64_t i, n;
	int err = gather_all(&cursor, start, last, pieces, &n);

	if (err != 0)
		return err;
	if (n > FEW_PARTS) {
		protect_many(&cursor, start, last, perm);
		return 0;
	}
	for (i = 0; i < n; i++)
		set_perm(&pieces[i], perm);
	return 0;
}
