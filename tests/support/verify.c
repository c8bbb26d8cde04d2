/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* the core's, for its declarations */
#include "object.h"
#include "stripe.h"
#include "trie.h"

#include "check.h"

/* Pieces of a mapping, as they come by in order. */
struct piece {
	uint64_t start;
	uint64_t last;
	uint64_t word;
	uint64_t delta;
	uint64_t side;
};

struct walk {
	uint32_t asid;
	bool records; /* the first piece's side word leads to a record */

	/* the piece before, if it did not end its mapping */
	bool open;
	struct piece before;

	uint64_t mappings;
	struct riotlb_bytes bytes;
	struct riotlb_shape shape;

	/* every object and record that was reached */
	const void **seen;
	size_t nseen;
	size_t room;
	uint64_t table_bytes;
};

__attribute__((noreturn, format(printf, 4, 5))) static void
broken(const struct walk *w, uint64_t at, uint64_t word, const char *format,
       ...)
{
	char what[160];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	check_fail("trie of as%" PRIu32 ", iova 0x%" PRIx64 ", word 0x%" PRIx64
		   ": %s",
		   w->asid, at, word, what);
}

/* ---- objects ----------------------------------------------------------- */

static void see(struct walk *w, const void *object)
{
	if (w->nseen == w->room) {
		w->room = w->room ? 2 * w->room : 64;
		w->seen = realloc(w->seen, w->room * sizeof(*w->seen));
		check(w->seen);
	}
	w->seen[w->nseen++] = object;
}

static int by_address(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t) * (const void *const *)a;
	uintptr_t y = (uintptr_t) * (const void *const *)b;

	return x < y ? -1 : x > y;
}

static void check_once(struct walk *w)
{
	qsort(w->seen, w->nseen, sizeof(*w->seen), by_address);
	for (size_t i = 1; i < w->nseen; i++)
		if (w->seen[i] == w->seen[i - 1])
			broken(w, 0, (uint64_t)(uintptr_t)w->seen[i],
			       "reached by two ways");
}

static void see_object(struct walk *w, uint64_t at, uint64_t word,
		       const struct riotlb_object *obj, uint8_t kind,
		       uint64_t bytes)
{
	if (obj->kind != kind)
		broken(w, at, word, "object of kind %u, not %u", obj->kind,
		       kind);
	if (obj->bytes != bytes)
		broken(w, at, word, "object of %" PRIu32 " bytes, not %" PRIu64,
		       obj->bytes, bytes);
	see(w, obj);
	w->table_bytes += bytes;
	w->shape.bytes += bytes;
}

/* ---- pieces ------------------------------------------------------------ */

static void check_record(struct walk *w, const struct piece *p)
{
	const struct riotlb_object *record = riotlb_ptr_of(p->side);

	if (!record)
		broken(w, p->start, p->word, "a mapping without a record");
	if (record->kind != RIOTLB_KIND_RECORD ||
	    record->bytes != sizeof(struct riotlb_record))
		broken(w, p->start, p->word, "its record is none");
	see(w, record);
}

static void check_goes_on(struct walk *w, const struct piece *p)
{
	const struct piece *before = &w->before;

	if (before->last + 1 != p->start)
		broken(w, p->start, p->word, "a gap within a mapping");
	if (before->delta != p->delta)
		broken(w, p->start, p->word, "another delta within a mapping");
	if ((before->word ^ p->word) & RIOTLB_PERM_MASK)
		broken(w, p->start, p->word, "another perm within a mapping");
}

static void add_bytes(struct riotlb_bytes *sum, uint64_t hi, uint64_t lo)
{
	sum->lo += lo;
	sum->hi += hi + (sum->lo < lo);
}

static void take_piece(struct walk *w, const struct piece *p)
{
	uint64_t known = RIOTLB_DELTA_MASK | RIOTLB_MARKS | RIOTLB_PERM_MASK |
			 RIOTLB_TAG_MASK;

	if ((p->word & ~known) || !(p->word & RIOTLB_PERM_MASK) ||
	    (p->word & RIOTLB_TAG_MASK) != RIOTLB_TAG_PAGE)
		broken(w, p->start, p->word, "no word of a page");
	if (p->start + p->delta > p->last + p->delta)
		broken(w, p->start, p->word, "host addresses wrap");
	if (!w->open != !!(p->word & RIOTLB_MARK_START))
		broken(w, p->start, p->word,
		       w->open ? "the mapping before has no end"
			       : "a mapping without a beginning");
	if (w->open) {
		check_goes_on(w, p);
		if (p->start + p->delta == 0)
			broken(w, p->start, p->word, "host addresses wrap");
	} else {
		w->mappings++;
		if (w->records)
			check_record(w, p);
	}
	add_bytes(&w->bytes, 0, p->last - p->start);
	add_bytes(&w->bytes, 0, 1);
	w->open = !(p->word & RIOTLB_MARK_LAST);
	w->before = *p;
}

/* ---- containers -------------------------------------------------------- */

static void walk_cells(struct walk *w, const struct riotlb_cells *c,
		       uint64_t loads);

static void reached(struct walk *w, uint64_t loads)
{
	if (loads > w->shape.max_loads)
		w->shape.max_loads = loads;
}

/* Could the slot hold the pack's only entry by itself? */
static bool should_be_page(const struct riotlb_pack *pack, uint64_t start,
			   uint64_t last)
{
	return pack->obj.count == 1 && *riotlb_pack_word_at(pack, 0) != 0 &&
	       riotlb_pack_starts(pack)[0] == start &&
	       *riotlb_pack_last_at(pack, 0) == last &&
	       *riotlb_pack_low_at(pack, 0) == 0;
}

static void walk_pack(struct walk *w, uint64_t word, uint64_t start,
		      uint64_t last)
{
	const struct riotlb_pack *pack = riotlb_word_pack(word);
	unsigned int n = pack->obj.count;
	uint64_t bytes = sizeof(*pack) + n * (4 * sizeof(uint64_t) + 2);
	uint64_t floor = start, low;

	see_object(w, start, word, &pack->obj, RIOTLB_KIND_PACK,
		   (bytes + 7) & ~UINT64_C(7));
	if (n == 0 || n > RIOTLB_PACK_MAX)
		broken(w, start, word, "a pack of %u entries", n);
	if (should_be_page(pack, start, last))
		broken(w, start, word, "a pack where a page would do");
	w->shape.packs++;
	for (unsigned int i = 0; i < n; i++) {
		struct piece p = {
			.start = riotlb_pack_starts(pack)[i],
			.last = *riotlb_pack_last_at(pack, i),
			.word = *riotlb_pack_word_at(pack, i),
			.side = *riotlb_pack_side_at(pack, i),
		};

		if (p.start < floor || p.last < p.start || p.last > last)
			broken(w, p.start, word,
			       "entry %u out of order or of its slot", i);
		low = *riotlb_pack_low_at(pack, i);
		if ((low & RIOTLB_DELTA_MASK) || (low && !pack->obj.width))
			broken(w, p.start, word, "low bits 0x%" PRIx64, low);
		p.delta = (p.word & RIOTLB_DELTA_MASK) + low;
		floor = p.last + 1;
		if (p.last == UINT64_MAX && i + 1 < n)
			broken(w, p.start, word, "entries past the last iova");
		w->shape.entries += p.word != 0;
		w->shape.dead_entries += p.word == 0;
		if (p.word)
			take_piece(w, &p);
	}
}

static void walk_page(struct walk *w, const struct riotlb_cells *c, uint64_t i)
{
	const struct riotlb_object *side = riotlb_ptr_of(*c->side);
	struct piece p = {
		.start = riotlb_cell_start(c, i),
		.last = riotlb_cell_last(c, i),
		.word = c->slots[i],
		.delta = c->slots[i] & RIOTLB_DELTA_MASK,
		.side = side ? ((const uint64_t *)(const void *)(side + 1))[i]
			     : 0,
	};

	w->shape.pages++;
	take_piece(w, &p);
}

static void walk_node(struct walk *w, const struct riotlb_cells *c, uint64_t i,
		      uint64_t loads)
{
	uint64_t word = c->slots[i], width = riotlb_word_width(word);
	struct riotlb_node *node = riotlb_word_node(word);
	uint64_t start = riotlb_cell_start(c, i);
	struct riotlb_cells below;

	if (width == 0 || width > RIOTLB_FULL_WIDTH || width > c->shift)
		broken(w, start, word,
		       "a node of width %" PRIu64 " below 2^%" PRIu64, width,
		       c->shift);
	see_object(w, start, word, &node->obj, RIOTLB_KIND_NODE,
		   sizeof(*node) + (sizeof(uint64_t) << width));
	below = (struct riotlb_cells){
		.slots = riotlb_node_slots(node),
		.side = &node->side,
		.nslots = UINT64_C(1) << width,
		.base = start,
		.shift = c->shift - width,
	};
	w->shape.nodes++;
	w->shape.node_slots += below.nslots;
	walk_cells(w, &below, loads);
}

/* Does the window lie in [start, last], at multiples of its slots? */
static bool window_fits(const struct riotlb_window *win, uint64_t start,
			uint64_t last)
{
	uint64_t span = win->shift < 64 ? riotlb_low_mask(win->shift) : 0;
	uint64_t room;

	if (win->shift > 63 || win->nslots == 0 || (win->base & span) ||
	    win->base < start || win->base > last)
		return false;
	room = (last - win->base) >> win->shift;
	return win->nslots - 1 <= room;
}

/* What lookups compute with agrees with the rest of the root. */
static bool straight_path_fits(const struct riotlb_window *root)
{
	if (root->shift < RIOTLB_FULL_WIDTH)
		return (root->quick | root->fine | root->reach) == 0;
	return root->quick == root->nslots &&
	       root->fine == root->shift - RIOTLB_FULL_WIDTH &&
	       root->reach == riotlb_low_mask(root->shift);
}

static struct riotlb_cells cells_of(struct riotlb_window *win)
{
	return (struct riotlb_cells){
		.slots = riotlb_window_slots(win),
		.side = &win->side,
		.nslots = win->nslots,
		.base = win->base,
		.shift = win->shift,
	};
}

static void walk_window(struct walk *w, const struct riotlb_cells *c,
			uint64_t i, uint64_t loads)
{
	uint64_t word = c->slots[i];
	struct riotlb_window *win = riotlb_word_window(word);
	uint64_t start = riotlb_cell_start(c, i);
	struct riotlb_cells below = cells_of(win);

	see_object(w, start, word, &win->obj, RIOTLB_KIND_WINDOW,
		   sizeof(*win) + win->nslots * sizeof(uint64_t));
	/* each step down must come to a smaller span, or a walk may not end */
	if (win->shift >= c->shift ||
	    !window_fits(win, start, riotlb_cell_last(c, i)))
		broken(w, start, word,
		       "window of %" PRIu64 " << %" PRIu32 " at 0x%" PRIx64
		       " out of its slot",
		       win->nslots, win->shift, win->base);
	w->shape.windows++;
	w->shape.node_slots += below.nslots;
	walk_cells(w, &below, loads + 1);
}

static void check_pointer(const struct walk *w, uint64_t at, uint64_t word)
{
	uint64_t low = word & ~RIOTLB_PTR_MASK;

	if (!(word & RIOTLB_PTR_MASK))
		broken(w, at, word, "leads nowhere");
	if ((word & RIOTLB_TAG_MASK) != RIOTLB_TAG_NODE &&
	    low != RIOTLB_TAG_PACK && low != RIOTLB_TAG_WINDOW)
		broken(w, at, word, "no tag");
}

/* loads: dependent ones until the container is found */
static void walk_cells(struct walk *w, const struct riotlb_cells *c,
		       uint64_t loads)
{
	const struct riotlb_object *side = riotlb_ptr_of(*c->side);

	reached(w, ++loads);
	if (side)
		see_object(w, c->base, *c->side, side, RIOTLB_KIND_SIDE,
			   sizeof(*side) + c->nslots * sizeof(uint64_t));
	for (uint64_t i = 0; i < c->nslots; i++) {
		uint64_t word = c->slots[i], start = riotlb_cell_start(c, i);

		if (!word)
			continue;
		if (riotlb_is_page(word)) {
			walk_page(w, c, i);
			continue;
		}
		check_pointer(w, start, word);
		if (riotlb_is_node(word)) {
			walk_node(w, c, i, loads);
		} else if (riotlb_is_window(word)) {
			walk_window(w, c, i, loads);
		} else {
			reached(w, loads + 2);
			walk_pack(w, word, start, riotlb_cell_last(c, i));
		}
	}
}

static void walk_table(struct walk *w, struct riotlb_table *table)
{
	struct riotlb_cells c = cells_of(&table->root);

	if (!window_fits(&table->root, 0, UINT64_MAX))
		broken(w, 0, 0,
		       "root of %" PRIu64 " << %" PRIu64 " at 0x%" PRIx64,
		       c.nslots, c.shift, c.base);
	if (!straight_path_fits(&table->root))
		broken(w, c.base, 0,
		       "straight path of a root of %" PRIu64 " << %" PRIu64,
		       c.nslots, c.shift);
	w->shape.root_slots = c.nslots;
	see_object(w, c.base, 0, &table->root.obj, RIOTLB_KIND_TABLE,
		   sizeof(*table) + c.nslots * sizeof(uint64_t));
	walk_cells(w, &c, 2);
	if (w->open)
		broken(w, w->before.start, w->before.word,
		       "the last mapping has no end");
	check_once(w);
}

/* ---- an AS ------------------------------------------------------------- */

static void check_totals(const struct walk *w, const struct riotlb_space *space,
			 const struct riotlb_table *table)
{
	uint64_t mappings = table->mappings;
	struct riotlb_bytes bytes = { table->bytes_hi, table->bytes_lo };

	for (uint32_t i = 0; i <= space->stripe_mask; i++) {
		const struct riotlb_stripe *s = &space->stripes[i];

		if (s->table_id != table->id)
			continue;
		mappings += s->mappings;
		add_bytes(&bytes, s->bytes_hi, s->bytes_lo);
	}
	check_eq(mappings, w->mappings);
	check_eq(bytes.hi, w->bytes.hi);
	check_eq(bytes.lo, w->bytes.lo);
	check_eq(table->table_bytes, w->table_bytes);
}

static void check_shape(struct riotlb *engine, const struct walk *w)
{
	struct riotlb_shape got;
	const struct riotlb_shape *want = &w->shape;

	check_eq(riotlb_get_shape(engine, w->asid, &got), 0);
	check_eq(got.root_slots, want->root_slots);
	check_eq(got.nodes, want->nodes);
	check_eq(got.windows, want->windows);
	check_eq(got.node_slots, want->node_slots);
	check_eq(got.packs, want->packs);
	check_eq(got.entries, want->entries);
	check_eq(got.dead_entries, want->dead_entries);
	check_eq(got.pages, want->pages);
	check_eq(got.max_loads, want->max_loads);
	check_eq(got.bytes, want->bytes);
}

static struct walk walk_begin(const struct riotlb *engine,
			      const struct riotlb_space *space,
			      const struct riotlb_table *table)
{
	return (struct walk){
		.asid = space->asid,
		/* prebuilt tables keep none */
		.records = engine->retire && table != space->default_table &&
			   table != space->empty_table,
	};
}

static struct riotlb_table *live_table(const struct riotlb_space *space)
{
	return riotlb_ptr_of(space->head->table);
}

static bool owns_table(const struct riotlb_space *space)
{
	return live_table(space) != space->default_table &&
	       live_table(space) != space->empty_table;
}

/* Returns its memory, records included. */
static uint64_t verify_table(struct riotlb *engine,
			     const struct riotlb_space *space,
			     struct riotlb_table *table, bool is_live)
{
	struct walk w = walk_begin(engine, space, table);

	walk_table(&w, table);
	check_totals(&w, space, table);
	if (is_live)
		check_shape(engine, &w);
	free(w.seen);
	return w.table_bytes +
	       (w.records ? w.mappings * sizeof(struct riotlb_record) : 0);
}

/* Whoever looks for holders looks at the listed stripes alone. */
static void check_stripe(const struct riotlb_space *space, uint32_t i)
{
	const struct riotlb_stripe *s = &space->stripes[i];
	uint64_t bits = space->listed[i / RIOTLB_LIST_BITS];

	check_eq(s->seq & 1, 0);
	check_eq(s->listed, bits >> (i % RIOTLB_LIST_BITS) & 1);
	if (!s->listed) {
		check_eq(s->seq, 0);
		check_eq(s->cell, 0);
		check_eq(s->table_id, 0);
	}
}

static void check_locks(const struct riotlb_space *space)
{
	check_eq(space->gate & 1, 0);
	for (uint32_t i = 0; i <= space->stripe_mask; i++)
		check_stripe(space, i);
}

static uint64_t verify_space(struct riotlb *engine,
			     const struct riotlb_space *space)
{
	struct riotlb_stats stats;
	uint64_t live, bytes;

	check(space->head == &engine->front.heads[space->asid]);
	check_locks(space);
	live = verify_table(engine, space, live_table(space), true);
	bytes = verify_table(engine, space, space->default_table, false) +
		verify_table(engine, space, space->empty_table, false);
	check_eq(riotlb_get_stats(engine, space->asid, &stats), 0);
	check_eq(stats.table_bytes, owns_table(space) ? live : 0);
	check_eq(stats.default_bytes, space->default_table->table_bytes);
	return bytes + stats.table_bytes;
}

uint64_t verify_bytes(struct riotlb *engine)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < engine->front.nas; i++)
		bytes += verify_space(engine, &engine->spaces[i]);
	return bytes;
}

void verify_engine(struct riotlb *engine)
{
	(void)verify_bytes(engine);
}
