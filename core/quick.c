/* SPDX-License-Identifier: MIT */
#include "quick.h"

#include "inplace.h"
#include "retire.h"
#include "stripe.h"
#include "trie.h"

/*
 * The words that hold, or would hold, a whole mapping: those of n neighbouring
 * slots of one container, or of one pack entry.
 */
struct spot {
	uint64_t *words;
	uint64_t *sides; /* NULL: there is no side array */
	uint64_t n;
	uint16_t low; /* lower bits of the delta that the words can have */
};

/* The entry of a pack that spans just [start, last]. */
static bool entry_spot(const struct riotlb_pack *pack, uint64_t start,
		       uint64_t last, struct spot *spot)
{
	const uint64_t *starts = riotlb_pack_starts(pack);
	unsigned int i, n = pack->obj.count;

	for (i = 0; i < n && starts[i] != start; i++)
		;
	if (i == n || *riotlb_pack_last_at(pack, i) != last)
		return false;
	spot->words = riotlb_pack_word_at(pack, i);
	spot->sides = riotlb_pack_side_at(pack, i);
	spot->n = 1;
	spot->low = *riotlb_pack_low_at(pack, i);
	return true;
}

/* Slots on the way down, and the word that names their side array. */
struct level {
	uint64_t *slots;
	const uint64_t *side;
	uint64_t nslots;
	uint64_t index;
	uint64_t shift;
};

static inline bool enter_window(struct riotlb_window *w, uint64_t iova,
				struct level *level)
{
	level->slots = riotlb_window_slots(w);
	level->side = &w->side;
	level->nslots = w->nslots;
	level->shift = w->shift;
	level->index = (iova - w->base) >> w->shift;
	return level->index < w->nslots;
}

static inline void enter_node(uint64_t word, uint64_t iova, struct level *level)
{
	struct riotlb_node *node = riotlb_word_node(word);
	uint64_t width = riotlb_word_width(word);

	level->slots = riotlb_node_slots(node);
	level->side = &node->side;
	level->nslots = UINT64_C(1) << width;
	level->shift -= width;
	level->index = (iova >> level->shift) & riotlb_low_mask(width);
}

/*
 * Neighbouring slots, if the mapping is just what they span, and leaves some of
 * the container to others (else it belongs into the slot above).
 */
static inline bool slot_spot(const struct level *level, uint64_t start,
			     uint64_t last, struct spot *spot)
{
	struct riotlb_object *side =
		riotlb_ptr_of(riotlb_load_relaxed(level->side));
	uint64_t span = riotlb_low_mask(level->shift);

	spot->words = &level->slots[level->index];
	spot->sides = NULL;
	if (RIOTLB_UNLIKELY(side != NULL))
		spot->sides = (uint64_t *)(void *)(side + 1) + level->index;
	spot->n = ((last - start) >> level->shift) + 1;
	spot->low = 0;
	return ((start | ~last) & span) == 0 && spot->n < level->nslots &&
	       spot->n <= level->nslots - level->index;
}

static inline bool find_spot(struct riotlb_table *table, uint64_t start,
			     uint64_t last, struct spot *spot)
{
	struct level level;
	uint64_t word;

	if (!enter_window(&table->root, start, &level))
		return false;
	for (;;) {
		/* [P2:R] */
		word = riotlb_load_acquire(&level.slots[level.index]);
		if (riotlb_is_node(word))
			enter_node(word, start, &level);
		else if (!riotlb_is_window(word))
			break;
		else if (!enter_window(riotlb_word_window(word), start, &level))
			return false;
	}
	if (riotlb_is_pack(word))
		return entry_spot(riotlb_word_pack(word), start, last, spot);
	return slot_spot(&level, start, last, spot);
}

/* All vacant? */
static inline bool spot_is_free(const struct spot *spot)
{
	uint64_t i, used = 0;

	for (i = 0; i < spot->n; i++)
		used |= riotlb_load_relaxed(&spot->words[i]);
	return used == 0;
}

/* Parts of one and the same mapping, from its first to its last? */
static inline bool spot_is_mapping(const struct spot *spot)
{
	uint64_t i, word = riotlb_load_relaxed(&spot->words[0]);
	uint64_t n = spot->n;

	if (n == 1)
		return (word & RIOTLB_MARKS) == RIOTLB_MARKS;
	if (!riotlb_is_page(word) || (word & RIOTLB_MARKS) != RIOTLB_MARK_START)
		return false;
	word &= ~RIOTLB_MARKS;
	for (i = 1; i < n - 1; i++)
		if (riotlb_load_relaxed(&spot->words[i]) != word)
			return false;
	return riotlb_load_relaxed(&spot->words[i]) ==
	       (word | RIOTLB_MARK_LAST);
}

/*
 * Into vacant words, or over those of a mapping that is replaced. Of the words
 * each says by itself what its bytes are, so any order will do for lookups; a
 * lookup of many bytes may find some old and some new. Marks and side words,
 * which have to agree with each other, are for holders only.
 */
static inline void spot_store(const struct spot *spot,
			      const struct riotlb_target *t)
{
	uint64_t word = t->word & ~RIOTLB_MARKS, i, n = spot->n;

	if (spot->sides != NULL)
		riotlb_store_relaxed(&spot->sides[0], t->side);
	if (n == 1) {
		/* [P2:W] [P3:W] */
		riotlb_store_release(&spot->words[0], t->word);
		return;
	}
	for (i = 1; i < n - 1; i++)
		riotlb_store_release(&spot->words[i], word); /* [P2:W] */
	/* [P2:W] */
	riotlb_store_release(&spot->words[n - 1], word | RIOTLB_MARK_LAST);
	riotlb_store_release(&spot->words[0], word | RIOTLB_MARK_START);
}

/* ---- one slot -------------------------------------------------- */

/*
 * The commonest mapping of all fills just one slot: of the root, or of nodes of
 * the full width below it. Apart from the spots, because in straight line and
 * without them it takes a third of the instructions.
 *
 * NULL if it is not such a mapping, or side words may be in use.
 */
static inline uint64_t *find_slot(struct riotlb_table *table, uint64_t start,
				  uint64_t last)
{
	unsigned int shift = table->root.shift;
	uint64_t index = (start - table->root.base) >> shift;
	const uint64_t *side = &table->root.side;
	uint64_t *slot, word;

	if (RIOTLB_UNLIKELY(index >= table->root.nslots))
		return NULL;
	slot = &riotlb_window_slots(&table->root)[index];
	word = riotlb_load_acquire(slot); /* [P2:R] */
	while (riotlb_is_full_node(word)) {
		struct riotlb_node *node = riotlb_word_node(word);

		shift -= RIOTLB_FULL_WIDTH;
		side = &node->side;
		slot = &riotlb_node_slots(
			node)[(start >> shift) &
			      riotlb_low_mask(RIOTLB_FULL_WIDTH)];
		word = riotlb_load_acquire(slot); /* [P2:R] */
	}
	if (RIOTLB_UNLIKELY(riotlb_load_relaxed(side) != 0 ||
			    (start & riotlb_low_mask(shift)) != 0 ||
			    last - start != riotlb_low_mask(shift)))
		return NULL;
	return slot;
}

static inline bool slot_map(struct riotlb_table *table,
			    const struct riotlb_mapping *m)
{
	uint64_t *slot = find_slot(table, m->start, m->last);
	struct riotlb_target t;

	if (RIOTLB_UNLIKELY(slot == NULL || riotlb_load_relaxed(slot) != 0))
		return false;
	t = riotlb_target_of(m, m->opaque);
	if (RIOTLB_UNLIKELY((t.low | t.side) != 0))
		return false;
	riotlb_store_release(slot, t.word); /* [P2:W] */
	return true;
}

static inline bool slot_unmap(struct riotlb_table *table, uint64_t start,
			      uint64_t last)
{
	uint64_t *slot = find_slot(table, start, last);

	if (RIOTLB_UNLIKELY(slot == NULL ||
			    !riotlb_is_whole_page(riotlb_load_relaxed(slot))))
		return false;
	riotlb_store_release(slot, 0); /* [P2:W] */
	return true;
}

/* ---- the calls ------------------------------------------------- */

/* So large that the number of slots in it may not be a number of 64 bits. */
static bool is_vast(uint64_t start, uint64_t last)
{
	return (last - start) >> 63 != 0;
}

static __attribute__((noinline)) void report_done(const struct riotlb *engine,
						  uint64_t removed,
						  struct riotlb_bytes bytes,
						  struct riotlb_report *report)
{
	*report = (struct riotlb_report){
		.token = riotlb_token_held(engine),
		.removed = removed,
		.bytes = bytes,
	};
}

static void report_mapped(const struct riotlb *engine,
			  struct riotlb_report *report)
{
	report_done(engine, 0, (struct riotlb_bytes){ 0 }, report);
}

/* The AS's table, if it may be edited in place. By a stripe's holder. */
static inline struct riotlb_table *editable(const struct riotlb_space *space)
{
	/* [P9:R] the lock is taken, then the table loaded */
	struct riotlb_table *table =
		riotlb_ptr_of(riotlb_load_seq(&space->head->table));

	return riotlb_is_prebuilt(space, table) ? NULL : table;
}

/* After the last store; the holder's share of the totals, and the stamp. */
static inline void account(struct riotlb_stripe *stripe,
			   const struct riotlb_table *table, uint64_t mappings,
			   struct riotlb_bytes bytes)
{
	riotlb_share_add(stripe, table, mappings, bytes);
	/* [P5:W] */
	riotlb_store_release(&stripe->cell,
			     riotlb_load_relaxed(&stripe->cell) + 1);
}

static __attribute__((noinline)) bool spot_map(struct riotlb_table *table,
					       const struct riotlb_mapping *m)
{
	struct riotlb_target t = riotlb_target_of(m, m->opaque);
	struct spot spot;

	if (!find_spot(table, t.start, t.last, &spot) || !spot_is_free(&spot) ||
	    spot.low != t.low || (spot.sides == NULL && t.side != 0))
		return false;
	spot_store(&spot, &t);
	return true;
}

/* In parts: slots of several containers, entries of several packs. */
static __attribute__((noinline)) bool parts_map(struct riotlb_table *table,
						const struct riotlb_mapping *m)
{
	struct riotlb_target t = riotlb_target_of(m, m->opaque);

	return riotlb_inplace_map(table, &t) == 0;
}

static inline bool table_map(struct riotlb_table *table,
			     const struct riotlb_mapping *m)
{
	if (RIOTLB_UNLIKELY(table == NULL))
		return false;
	return RIOTLB_LIKELY(slot_map(table, m)) || spot_map(table, m) ||
	       parts_map(table, m);
}

static inline bool map_held(struct riotlb_space *space,
			    struct riotlb_stripe *stripe,
			    const struct riotlb_mapping *m)
{
	struct riotlb_table *table = editable(space);

	if (RIOTLB_UNLIKELY(!table_map(table, m)))
		return false;
	account(stripe, table, 1, riotlb_range_bytes(m->start, m->last));
	return true;
}

/* The same for a range of several regions, by its holder. */
static __attribute__((noinline)) bool wide_map(struct riotlb_space *space,
					       const struct riotlb_mapping *m,
					       struct riotlb_report *report)
{
	struct riotlb_table *table;
	struct riotlb_hold hold;
	bool done;

	riotlb_hold_range(&hold, space, m->start, m->last);
	table = editable(space);
	done = table_map(table, m);
	if (done) {
		riotlb_totals_add(&hold, table, 1,
				  riotlb_range_bytes(m->start, m->last));
		riotlb_touch(&hold, m->start, m->last);
		if (report != NULL)
			report_mapped(space->engine, report);
	}
	riotlb_release(&hold);
	return done;
}

static inline bool is_good(const struct riotlb *engine, uint32_t asid,
			   const struct riotlb_mapping *m)
{
	return asid < engine->front.nas && m->last >= m->start &&
	       riotlb_want_valid(m->perm) &&
	       m->addr <= UINT64_MAX - (m->last - m->start);
}

bool riotlb_quick_map(struct riotlb *engine, uint32_t asid,
		      const struct riotlb_mapping *m, uint32_t flags,
		      struct riotlb_report *report)
{
	struct riotlb_stripe *stripe;
	struct riotlb_space *space;
	bool done;

	if (flags != 0 || !is_good(engine, asid, m))
		return false;
	space = &engine->spaces[asid];
	if (!space->plain)
		return false;
	if (RIOTLB_UNLIKELY(!riotlb_same_region(m->start, m->last)))
		return !is_vast(m->start, m->last) &&
		       wide_map(space, m, report);
	stripe = riotlb_stripe_at(space, m->start);
	riotlb_stripe_lock(space, stripe);
	done = map_held(space, stripe, m);
	if (done && report != NULL)
		report_mapped(engine, report);
	riotlb_stripe_unlock(stripe);
	return done;
}

/* ---- replacing ------------------------------------------------- */

static inline bool slot_replace(struct riotlb_table *table,
				const struct riotlb_mapping *m)
{
	uint64_t *slot = find_slot(table, m->start, m->last);
	struct riotlb_target t;

	if (slot == NULL || !riotlb_is_whole_page(riotlb_load_relaxed(slot)))
		return false;
	t = riotlb_target_of(m, m->opaque);
	if ((t.low | t.side) != 0)
		return false;
	riotlb_store_release(slot, t.word); /* [P2:W] */
	return true;
}

static bool spot_replace(struct riotlb_table *table,
			 const struct riotlb_mapping *m)
{
	struct riotlb_target t = riotlb_target_of(m, m->opaque);
	struct spot spot;

	if (!find_spot(table, t.start, t.last, &spot) ||
	    !spot_is_mapping(&spot) || spot.low != t.low ||
	    (spot.sides == NULL && t.side != 0))
		return false;
	spot_store(&spot, &t);
	return true;
}

/*
 * *replaced: there was one, so that the totals stay what they are. The words of
 * an entry can take the new mapping if its lower bits are those of the old one:
 * they stand apart, and never change while readers may look.
 */
static bool table_replace(struct riotlb_table *table,
			  const struct riotlb_mapping *m, bool *replaced)
{
	*replaced = false;
	if (table == NULL)
		return false;
	*replaced = slot_replace(table, m) || spot_replace(table, m);
	return *replaced || table_map(table, m);
}

/* By the holder, as the token demands. */
static void report_replaced(const struct riotlb *engine,
			    const struct riotlb_mapping *m, bool replaced,
			    struct riotlb_report *report)
{
	if (report == NULL)
		return;
	if (replaced)
		report_done(engine, 1, riotlb_range_bytes(m->start, m->last),
			    report);
	else
		report_mapped(engine, report);
}

static bool replace_held(struct riotlb_space *space,
			 struct riotlb_stripe *stripe,
			 const struct riotlb_mapping *m,
			 struct riotlb_report *report)
{
	struct riotlb_table *table = editable(space);
	struct riotlb_bytes bytes = { 0 };
	bool replaced;

	if (!table_replace(table, m, &replaced))
		return false;
	if (!replaced)
		bytes = riotlb_range_bytes(m->start, m->last);
	account(stripe, table, replaced ? 0 : 1, bytes);
	report_replaced(space->engine, m, replaced, report);
	return true;
}

static bool wide_replace(struct riotlb_space *space,
			 const struct riotlb_mapping *m,
			 struct riotlb_report *report)
{
	struct riotlb_table *table;
	struct riotlb_hold hold;
	bool done, replaced;

	riotlb_hold_range(&hold, space, m->start, m->last);
	table = editable(space);
	done = table_replace(table, m, &replaced);
	if (done) {
		if (!replaced)
			riotlb_totals_add(
				&hold, table, 1,
				riotlb_range_bytes(m->start, m->last));
		riotlb_touch(&hold, m->start, m->last);
		report_replaced(space->engine, m, replaced, report);
	}
	riotlb_release(&hold);
	return done;
}

bool riotlb_quick_replace(struct riotlb *engine, uint32_t asid,
			  const struct riotlb_mapping *m,
			  struct riotlb_report *report)
{
	struct riotlb_stripe *stripe;
	struct riotlb_space *space;
	bool done;

	if (!is_good(engine, asid, m))
		return false;
	space = &engine->spaces[asid];
	if (!space->plain || is_vast(m->start, m->last))
		return false;
	if (!riotlb_same_region(m->start, m->last))
		return wide_replace(space, m, report);
	stripe = riotlb_stripe_at(space, m->start);
	riotlb_stripe_lock(space, stripe);
	done = replace_held(space, stripe, m, report);
	riotlb_stripe_unlock(stripe);
	return done;
}

/* ---- unmapping ------------------------------------------------- */

static __attribute__((noinline)) bool spot_unmap(struct riotlb_table *table,
						 uint64_t start, uint64_t last)
{
	struct spot spot;
	uint64_t i;

	if (!find_spot(table, start, last, &spot) || !spot_is_mapping(&spot))
		return false;
	for (i = 0; i < spot.n; i++)
		riotlb_store_release(&spot.words[i], 0); /* [P2:W] [P3:W] */
	return true;
}

static inline bool table_unmap(struct riotlb_table *table, uint64_t start,
			       uint64_t last)
{
	return RIOTLB_LIKELY(slot_unmap(table, start, last)) ||
	       spot_unmap(table, start, last);
}

/* Parts of a mapping, several mappings, or none; as long as none is cut. */
static bool parts_unmap(struct riotlb_table *table, uint64_t start,
			uint64_t last, struct riotlb_effect *effect)
{
	struct riotlb_cursor cursor = riotlb_cursor_of(table);

	return riotlb_inplace_unmap(&cursor, start, last, false, 0, effect) ==
	       0;
}

static __attribute__((noinline)) bool
parts_unmap_held(struct riotlb_space *space, struct riotlb_stripe *stripe,
		 uint64_t start, uint64_t last, struct riotlb_report *report)
{
	struct riotlb_table *table = editable(space);
	struct riotlb_bytes minus = { 0 };
	struct riotlb_effect effect;

	if (table == NULL || !parts_unmap(table, start, last, &effect))
		return false;
	riotlb_bytes_sub(&minus, effect.bytes);
	account(stripe, table, UINT64_C(0) - effect.mappings, minus);
	if (report != NULL)
		report_done(space->engine, effect.mappings, effect.bytes,
			    report);
	return true;
}

static inline bool unmap_held(struct riotlb_space *space,
			      struct riotlb_stripe *stripe, uint64_t start,
			      uint64_t last, struct riotlb_report *report)
{
	struct riotlb_bytes minus = { .hi = UINT64_MAX };
	struct riotlb_table *table = editable(space);

	if (RIOTLB_UNLIKELY(table == NULL))
		return false;
	if (RIOTLB_UNLIKELY(!table_unmap(table, start, last)))
		return parts_unmap_held(space, stripe, start, last, report);
	/* a region has fewer than 2^64 bytes, and more than none */
	minus.lo = UINT64_C(0) - (last - start + 1);
	account(stripe, table, UINT64_MAX, minus);
	if (report != NULL)
		report_done(space->engine, 1, riotlb_range_bytes(start, last),
			    report);
	return true;
}

static bool wide_effect(struct riotlb_table *table, uint64_t start,
			uint64_t last, struct riotlb_effect *effect)
{
	if (table == NULL)
		return false;
	if (!table_unmap(table, start, last))
		return parts_unmap(table, start, last, effect);
	effect->mappings = 1;
	effect->bytes = riotlb_range_bytes(start, last);
	return true;
}

static __attribute__((noinline)) bool wide_unmap(struct riotlb_space *space,
						 uint64_t start, uint64_t last,
						 struct riotlb_report *report)
{
	struct riotlb_effect effect;
	struct riotlb_table *table;
	struct riotlb_hold hold;
	bool done;

	riotlb_hold_range(&hold, space, start, last);
	table = editable(space);
	done = wide_effect(table, start, last, &effect);
	if (done) {
		riotlb_totals_sub(&hold, table, effect.mappings, effect.bytes);
		riotlb_touch(&hold, start, last);
		if (report != NULL)
			report_done(space->engine, effect.mappings,
				    effect.bytes, report);
	}
	riotlb_release(&hold);
	return done;
}

bool riotlb_quick_unmap(struct riotlb *engine, uint32_t asid, uint64_t start,
			uint64_t last, struct riotlb_report *report)
{
	struct riotlb_stripe *stripe;
	struct riotlb_space *space;
	bool done;

	if (asid >= engine->front.nas || last < start)
		return false;
	space = &engine->spaces[asid];
	if (!space->plain)
		return false;
	if (RIOTLB_UNLIKELY(!riotlb_same_region(start, last)))
		return !is_vast(start, last) &&
		       wide_unmap(space, start, last, report);
	stripe = riotlb_stripe_at(space, start);
	riotlb_stripe_lock(space, stripe);
	done = unmap_held(space, stripe, start, last, report);
	riotlb_stripe_unlock(stripe);
	return done;
}
