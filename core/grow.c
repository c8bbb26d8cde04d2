/* SPDX-License-Identifier: MIT */
#include "grow.h"

#include "check.h"

/* Constants of the shape; core/README.md says how each was chosen. */
enum {
#ifdef RIOTLB_TINY
	WINDOW_MIN = 4,
	WINDOW_MAX = 8,
	SLOTS_PER_MAPPING = 2,
#else
	/* a window this small is taken without asking how full it would be */
	WINDOW_MIN = 64,
	/* more slots than this are grouped under nodes */
	WINDOW_MAX = 4096,
	/* a mapping may be cut into this many pages rather than be an entry */
	SLOTS_PER_MAPPING = 16,
#endif
	/* slots per part above which a container counts as sparse */
	SPARSENESS = 4,
	/* and per mapping, however many it fills: 1 KiB with side words */
	SLOTS_MAX = 40,
	SLOTS_MAX_ROUNDED = 56,
	NODE_MAX_WIDTH = RIOTLB_FULL_WIDTH,
	TOP_SHIFT = 63,
};

struct shape {
	uint64_t shift;
	bool dense;
};

enum growth {
	GROWTH_UNKNOWN,
	GROWTH_UP,
	GROWTH_DOWN,
};

/* [start, last] on the address axis, and the span it has to stay in. */
struct hull {
	uint64_t start;
	uint64_t last;
	uint64_t span_start;
	uint64_t span_last;
	enum growth growth;
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t slots_between(uint64_t start, uint64_t last, uint64_t shift)
{
	uint64_t n = (last >> shift) - (start >> shift);

	return n == UINT64_MAX ? n : n + 1; /* all of 2^64 bytes: saturates */
}

static uint64_t pow2_at_least(uint64_t n)
{
	uint64_t p = 1;

	RIOTLB_ASSERT(n <= UINT64_C(1) << TOP_SHIFT);
	while (p < n)
		p <<= 1;
	return p;
}

/* ---- choosing what slots span ---------------------------------- */

static uint64_t trailing_zeros(uint64_t v)
{
	return v == 0 ? 64 : (uint64_t)__builtin_ctzll(v);
}

/* Largest slot span at whose multiples the entry begins and ends. */
static uint64_t entry_alignment(const struct riotlb_entry *e)
{
	return min_u64(trailing_zeros(e->start), trailing_zeros(e->last + 1));
}

/*
 * The alignment that three quarters of the entries have: a misaligned
 * latecomer must not decide how all the others are stored.
 */
static uint64_t common_alignment(const struct riotlb_list *list)
{
	uint64_t sorted[RIOTLB_LIST_MAX] = { 0 };
	unsigned int i, j;

	for (i = 0; i < list->n; i++) {
		uint64_t a = entry_alignment(&list->e[i]);

		for (j = i; j > 0 && sorted[j - 1] > a; j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = a;
	}
	return sorted[list->n / 4];
}

static uint64_t pages_at(const struct riotlb_list *list, uint64_t shift)
{
	uint64_t pages = 0;
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		uint64_t n =
			slots_between(list->e[i].start, list->e[i].last, shift);

		pages += min_u64(n, UINT64_C(1) << 32);
	}
	return pages;
}

static unsigned int unaligned_deltas(const struct riotlb_list *list)
{
	unsigned int i, n = 0;

	for (i = 0; i < list->n; i++)
		n += list->e[i].low != 0;
	return n;
}

/* Most entries that any one slot would hold. */
static unsigned int fullest_slot(const struct riotlb_list *list, uint64_t shift)
{
	unsigned int i, j, most = 0;

	/* the fullest slot is one in which some entry begins */
	for (i = 0; i < list->n; i++) {
		uint64_t slot = list->e[i].start >> shift;
		unsigned int n = 0;

		for (j = 0; j < list->n; j++)
			n += list->e[j].start >> shift <= slot &&
			     list->e[j].last >> shift >= slot;
		most = n > most ? n : most;
	}
	return most;
}

/* How many slots are not too many for `used` ones that hold `mappings`. */
static uint64_t slots_allowed(uint64_t used, uint64_t mappings)
{
	return max_u64(WINDOW_MIN,
		       min_u64(SPARSENESS * used, SLOTS_MAX * mappings));
}

/*
 * Slots of pages, if the entries are aligned well enough that few slots hold
 * each, and lie close enough that few stay empty.
 */
static bool choose_dense(const struct riotlb_list *list, uint64_t span_shift,
			 struct shape *shape)
{
	uint64_t shift = min_u64(common_alignment(list), span_shift - 1);
	uint64_t pages = pages_at(list, shift);
	uint64_t needed = slots_between(list->e[0].start,
					list->e[list->n - 1].last, shift);

	if (unaligned_deltas(list) > list->n / 4 ||
	    pages > SLOTS_PER_MAPPING * (uint64_t)list->n ||
	    needed > slots_allowed(pages, list->n))
		return false;
	*shape = (struct shape){ .shift = shift, .dense = true };
	return true;
}

/*
 * Else slots of packs: the widest whose fullest one is a pack half full. Where
 * entries are clustered that may take more slots than they are worth; then as
 * many as are taken without asking, and the cluster bursts again below.
 */
static void choose_sparse(const struct riotlb_list *list, uint64_t span_shift,
			  struct shape *shape)
{
	uint64_t start = list->e[0].start;
	uint64_t last = list->e[list->n - 1].last;
	uint64_t shift = span_shift - 1;

	while (shift > 0 && slots_between(start, last, shift) < 2)
		shift--;
	while (shift > 0 && fullest_slot(list, shift) > RIOTLB_PACK_MAX / 2 &&
	       slots_between(start, last, shift - 1) <= WINDOW_MIN)
		shift--;
	*shape = (struct shape){ .shift = shift, .dense = false };
}

#ifdef RIOTLB_FIXED_WIDTH
/*
 * What the adaptive rules are measured against (bench/widths): every container
 * takes the same number of bits, counted from pages of 4 KiB.
 */
static void choose_fixed(const struct riotlb_list *list, uint64_t span_shift,
			 struct shape *shape)
{
	uint64_t start = list->e[0].start;
	uint64_t last = list->e[list->n - 1].last;
	uint64_t shift = 12;

	while (shift + RIOTLB_FIXED_WIDTH < span_shift &&
	       slots_between(start, last, shift + RIOTLB_FIXED_WIDTH) > 1)
		shift += RIOTLB_FIXED_WIDTH;
	if (shift >= span_shift)
		shift = span_shift - 1;
	*shape = (struct shape){ .shift = shift, .dense = true };
}
#endif

/* span_shift: lg2 of the span that the container may cover, 64 for a table. */
static struct shape choose(const struct riotlb_list *list, uint64_t span_shift)
{
	struct shape shape;

#ifdef RIOTLB_FIXED_WIDTH
	choose_fixed(list, span_shift, &shape);
#else
	if (!choose_dense(list, span_shift, &shape))
		choose_sparse(list, span_shift, &shape);
#endif
	return shape;
}

/* ---- placing a window ------------------------------------------ */

struct window {
	uint64_t base;
	uint64_t nslots;
	uint64_t shift;
};

/* Slots of the whole span. */
static uint64_t span_slots(const struct hull *h, uint64_t shift)
{
	return slots_between(h->span_start, h->span_last, shift);
}

/*
 * A window of `wish` slots, or as many as fit, around the hull. Spare slots go
 * where it has been growing, as far as there is room.
 */
static struct window place(const struct hull *h, uint64_t shift, uint64_t wish)
{
	uint64_t first = h->start >> shift;
	uint64_t needed = slots_between(h->start, h->last, shift);
	uint64_t lowest = h->span_start >> shift;
	uint64_t nslots = min_u64(max_u64(wish, needed), span_slots(h, shift));
	uint64_t spare = nslots - needed;
	uint64_t above = (h->span_last >> shift) - (h->last >> shift);
	uint64_t below = spare / 2;

	if (h->growth == GROWTH_UP)
		below = 0;
	else if (h->growth == GROWTH_DOWN)
		below = spare;
	below = min_u64(below, first - lowest);
	if (spare - below > above)
		below = spare - above;
	return (struct window){
		.base = (first - below) << shift,
		.nslots = nslots,
		.shift = shift,
	};
}

/* All that the batch will bring, if its mappings are sorted; false: unknown. */
static bool foresee_hull(const struct riotlb_txn *txn, const struct hull *h,
			 struct hull *all)
{
	/* they were not sorted after all */
	if (txn->expected == 0 || h->start < txn->expected_start ||
	    h->last > txn->expected_last)
		return false;
	*all = *h;
	all->start = txn->expected_start;
	all->last = txn->expected_last;
	return true;
}

/* Is a root over all of it not too large? */
static bool foresee(const struct riotlb_txn *txn, const struct hull *h,
		    uint64_t shift, struct hull *all)
{
	uint64_t limit = max_u64(WINDOW_MIN, SPARSENESS * txn->expected);

	return foresee_hull(txn, h, all) &&
	       slots_between(all->start, all->last, shift) <=
		       min_u64(limit, WINDOW_MAX);
}

/*
 * Would it be too large, but not one whose slots hold a full node each? Then
 * the root has not to be grown and grouped on the way there.
 */
static bool foresee_nodes(const struct riotlb_txn *txn, const struct hull *h,
			  uint64_t shift, struct window *w)
{
	uint64_t above = shift + NODE_MAX_WIDTH, nslots;
	struct hull all;

	if (!foresee_hull(txn, h, &all) ||
	    slots_between(all.start, all.last, shift) >
		    SPARSENESS * txn->expected)
		return false;
	/* so many slots that they are narrow */
	RIOTLB_ASSERT(above < TOP_SHIFT);
	nslots = slots_between(all.start, all.last, above);
	if (nslots > WINDOW_MAX)
		return false;
	*w = place(&all, above, pow2_at_least(nslots));
	return true;
}

static struct window first_window(const struct hull *h,
				  const struct shape *shape, uint64_t mappings)
{
	uint64_t needed = slots_between(h->start, h->last, shape->shift);
	uint64_t wish =
		min_u64(pow2_at_least(needed), SLOTS_MAX_ROUNDED * mappings);

	if (shape->dense)
		wish = max_u64(wish, WINDOW_MIN);
	return place(h, shape->shift, wish);
}

static struct hull hull_of(const struct riotlb_list *list, uint64_t span_start,
			   uint64_t span_last)
{
	return (struct hull){
		.start = list->e[0].start,
		.last = list->e[list->n - 1].last,
		.span_start = span_start,
		.span_last = span_last,
	};
}

/* ---- bursting -------------------------------------------------- */

static bool fill_all(struct riotlb_txn *txn, struct riotlb_cells *cells,
		     const struct riotlb_list *list)
{
	unsigned int i;

	for (i = 0; i < list->n; i++)
		if (!riotlb_edit_fill_cells(txn, cells, &list->e[i]))
			return false;
	return true;
}

/* Is a node over the whole span, with its shorter lookup, worth its slots? */
static bool node_suits(const struct shape *shape, uint64_t span_shift,
		       uint64_t needed)
{
	uint64_t width = span_shift - shape->shift;

	if (width > NODE_MAX_WIDTH)
		return false;
	return shape->dense ||
	       UINT64_C(1) << width <= max_u64(8, SPARSENESS * needed);
}

bool riotlb_grow_burst(struct riotlb_txn *txn, struct riotlb_cells *cells,
		       uint64_t i, const struct riotlb_list *list)
{
	struct hull h = hull_of(list, riotlb_cell_start(cells, i),
				riotlb_cell_last(cells, i));
	struct shape shape = choose(list, cells->shift);
	struct riotlb_cells below;
	uint64_t word;

	if (node_suits(&shape, cells->shift,
		       slots_between(h.start, h.last, shape.shift))) {
		word = riotlb_txn_new_node(txn, h.span_start, cells->shift,
					   cells->shift - shape.shift, &below);
	} else {
		struct window w = first_window(&h, &shape, list->n);

		word = riotlb_txn_new_window(txn, w.base, w.nslots, w.shift,
					     &below);
	}
	riotlb_store_relaxed(&cells->slots[i], word);
	return word != 0 && fill_all(txn, &below, list);
}

/* ---- growing a window ------------------------------------------ */

/* What a window holds at present. */
struct content {
	uint64_t first; /* slots in use: first..last */
	uint64_t last;
	uint64_t used;
	uint64_t mappings; /* that begin in it, at least so many */
};

static struct content content_of(const struct riotlb_cells *c)
{
	struct content content = { .used = 0 };
	uint64_t i;

	for (i = 0; i < c->nslots; i++) {
		uint64_t word = riotlb_load_relaxed(&c->slots[i]);

		if (word == 0)
			continue;
		content.mappings += !riotlb_is_page(word) ||
				    (word & RIOTLB_MARK_START) != 0;
		if (content.used++ == 0)
			content.first = i;
		content.last = i;
	}
	return content;
}

/*
 * Widens if the slots would be used well enough and are not too many; else
 * coarsens: groups what there is under slots of a larger span.
 */
static struct window plan_growth(const struct riotlb_cells *old,
				 const struct content *content,
				 const struct hull *h, uint64_t span_shift)
{
	uint64_t shift = old->shift;
	uint64_t needed = slots_between(h->start, h->last, shift);
	uint64_t mappings = content->mappings + 1;
	uint64_t limit = slots_allowed(content->used + 1, mappings);
	uint64_t wish = min_u64(2 * needed, SLOTS_MAX_ROUNDED * mappings);

	if (needed <= min_u64(limit, WINDOW_MAX))
		return place(h, shift, min_u64(wish, WINDOW_MAX));
	/* a full node per group, unless the hull asks for more */
	shift = min_u64(shift + NODE_MAX_WIDTH, span_shift - 1);
	while (shift < span_shift - 1 &&
	       slots_between(h->start, h->last, shift) > WINDOW_MIN)
		shift++;
	return place(h, shift,
		     pow2_at_least(slots_between(h->start, h->last, shift)));
}

static bool move_slot(struct riotlb_txn *txn, const struct riotlb_cells *from,
		      uint64_t i, struct riotlb_cells *to, uint64_t j)
{
	/* [P2:R] */
	uint64_t word = riotlb_load_acquire(&from->slots[i]);

	riotlb_store_relaxed(&to->slots[j], word);
	return riotlb_txn_set_side(
		txn, to, j,
		riotlb_is_page(word) ? riotlb_side_get(from, i) : 0);
}

static bool move_slots(struct riotlb_txn *txn, const struct riotlb_cells *from,
		       uint64_t first, uint64_t last, struct riotlb_cells *to)
{
	uint64_t i;

	for (i = first; i <= last; i++) {
		uint64_t j =
			(riotlb_cell_start(from, i) - to->base) >> to->shift;

		if (!move_slot(txn, from, i, to, j))
			return false;
	}
	return true;
}

/* Slots first..last of a window become what slot j of the new one holds. */
static bool group_slots(struct riotlb_txn *txn, const struct riotlb_cells *from,
			uint64_t first, uint64_t last, struct riotlb_cells *to,
			uint64_t j)
{
	struct riotlb_list list = { .n = 0 };
	struct riotlb_cells below;
	uint64_t i, word;

	for (i = first; i <= last; i++)
		if (!riotlb_list_gather(&list, from, i))
			break;
	if (i > last && list.n <= RIOTLB_PACK_MAX) {
		for (i = first; i <= last; i++)
			if (!riotlb_txn_drop_word(
				    txn, riotlb_load_relaxed(&from->slots[i])))
				return false;
		return riotlb_edit_set(txn, to, j, &list);
	}
	if (to->shift - from->shift <= NODE_MAX_WIDTH)
		word = riotlb_txn_new_node(txn, riotlb_cell_start(to, j),
					   to->shift, to->shift - from->shift,
					   &below);
	else
		word = riotlb_txn_new_window(
			txn, riotlb_cell_start(from, first), last - first + 1,
			from->shift, &below);
	riotlb_store_relaxed(&to->slots[j], word);
	return word != 0 && move_slots(txn, from, first, last, &below);
}

static bool group_all(struct riotlb_txn *txn, const struct riotlb_cells *from,
		      const struct content *content, struct riotlb_cells *to)
{
	uint64_t i = content->first;

	while (i <= content->last) {
		uint64_t j =
			(riotlb_cell_start(from, i) - to->base) >> to->shift;
		uint64_t last =
			(riotlb_cell_last(to, j) - from->base) >> from->shift;

		last = min_u64(last, content->last);
		if (!group_slots(txn, from, i, last, to, j))
			return false;
		i = last + 1;
	}
	return true;
}

static bool transfer(struct riotlb_txn *txn, const struct riotlb_cells *from,
		     const struct content *content, struct riotlb_cells *to)
{
	if (content->used == 0)
		return true;
	if (to->shift == from->shift)
		return move_slots(txn, from, content->first, content->last, to);
	return group_all(txn, from, content, to);
}

/* Extends the hull [start, last] over what the window holds. */
static struct hull growth_hull(const struct riotlb_cells *old,
			       const struct content *content, uint64_t start,
			       uint64_t last, uint64_t span_start,
			       uint64_t span_last)
{
	struct hull h = {
		.start = start,
		.last = last,
		.span_start = span_start,
		.span_last = span_last,
	};

	if (content->used == 0)
		return h;
	h.start = min_u64(start, riotlb_cell_start(old, content->first));
	h.last = max_u64(last, riotlb_cell_last(old, content->last));
	if (h.start != start)
		h.growth = h.last == last ? GROWTH_UP : GROWTH_UNKNOWN;
	else if (h.last != last)
		h.growth = GROWTH_DOWN;
	return h;
}

/*
 * Once a window covers half of its slot's span, a node over all of it costs
 * little more memory and one load less.
 */
static uint64_t new_container(struct riotlb_txn *txn,
			      const struct riotlb_cells *parent, uint64_t i,
			      const struct window *w,
			      struct riotlb_cells *cells)
{
	uint64_t width = parent->shift - w->shift;

	if (width <= NODE_MAX_WIDTH && 2 * w->nslots >= UINT64_C(1) << width)
		return riotlb_txn_new_node(txn, riotlb_cell_start(parent, i),
					   parent->shift, width, cells);
	return riotlb_txn_new_window(txn, w->base, w->nslots, w->shift, cells);
}

bool riotlb_grow_window(struct riotlb_txn *txn, struct riotlb_cells *cells,
			uint64_t i, uint64_t start, uint64_t last)
{
	uint64_t word = riotlb_load_relaxed(&cells->slots[i]);
	struct riotlb_cells old = riotlb_cells_of_word(
		word, riotlb_cell_start(cells, i), cells->shift);
	struct content content = content_of(&old);
	struct hull h = growth_hull(&old, &content, start, last,
				    riotlb_cell_start(cells, i),
				    riotlb_cell_last(cells, i));
	struct window w = plan_growth(&old, &content, &h, cells->shift);
	struct riotlb_cells grown;
	uint64_t copy = new_container(txn, cells, i, &w, &grown);

	if (copy == 0)
		return false;
	riotlb_store_relaxed(&cells->slots[i], copy);
	return transfer(txn, &old, &content, &grown) &&
	       riotlb_txn_drop_word(txn, word);
}

/* ---- the table ------------------------------------------------- */

static const struct window initial_root = {
	.base = 0,
	.nslots = 2,
	.shift = TOP_SHIFT,
};

static struct riotlb_table *new_table(struct riotlb_txn *txn,
				      const struct window *root)
{
	return riotlb_txn_new_table(txn, root->base, root->nslots, root->shift);
}

struct riotlb_table *riotlb_grow_new_table(struct riotlb_txn *txn)
{
	return new_table(txn, &initial_root);
}

/* Replaces the private table by one with another root; returns its slots. */
static bool replace_table(struct riotlb_txn *txn, const struct window *w)
{
	struct riotlb_table *old = txn->table;
	struct riotlb_object *side =
		riotlb_ptr_of(riotlb_load_relaxed(&old->root.side));
	struct riotlb_table *table = new_table(txn, w);

	if (table == NULL || (side != NULL && !riotlb_txn_drop(txn, side)) ||
	    !riotlb_txn_drop(txn, &old->root.obj))
		return false;
	txn->table = table;
	txn->top = riotlb_cells_of_table(table);
	return true;
}

static bool grow_root(struct riotlb_txn *txn, uint64_t start, uint64_t last)
{
	struct riotlb_cells old = txn->top;
	struct content content = content_of(&old);
	struct hull h = growth_hull(&old, &content, start, last, 0, UINT64_MAX);
	struct hull all;
	struct window w;

	if (foresee(txn, &h, old.shift, &all))
		w = place(&all, old.shift, WINDOW_MIN);
	else
		w = plan_growth(&old, &content, &h, 64);
	return replace_table(txn, &w) &&
	       transfer(txn, &old, &content, &txn->top);
}

/* All parts of the table, if they are few and nothing but packs is below. */
static bool gather_table(struct riotlb_list *list,
			 const struct riotlb_cells *top)
{
	uint64_t i;

	list->n = 0;
	for (i = 0; i < top->nslots; i++)
		if (!riotlb_list_gather(list, top, i) ||
		    list->n > RIOTLB_PACK_MAX)
			return false;
	return true;
}

static bool drop_packs(struct riotlb_txn *txn, const struct riotlb_cells *top)
{
	uint64_t i;

	for (i = 0; i < top->nslots; i++)
		if (!riotlb_txn_drop_word(txn,
					  riotlb_load_relaxed(&top->slots[i])))
			return false;
	return true;
}

/*
 * The root of a table of few mappings, `with` the one to come: a small window
 * over their pages, if they suit one; else a pack, until they are too many for
 * it.
 */
static struct window small_root(const struct riotlb_txn *txn,
				const struct riotlb_list *with)
{
	bool fits_pack = with->n <= RIOTLB_PACK_MAX;
	struct hull h = hull_of(with, 0, UINT64_MAX);
	struct shape shape;
	struct hull all;
	struct window w;

	if (!fits_pack)
		shape = choose(with, 64);
	else if (!choose_dense(with, 64, &shape))
		return initial_root;
	if (foresee(txn, &h, shape.shift, &all))
		return first_window(&all, &shape, txn->expected);
	if (shape.dense && foresee_nodes(txn, &h, shape.shift, &w))
		return w;
	w = first_window(&h, &shape, with->n);
	return fits_pack && w.nslots > WINDOW_MIN ? initial_root : w;
}

static bool is_root(const struct riotlb_cells *top, const struct window *w)
{
	return top->base == w->base && top->nslots == w->nslots &&
	       top->shift == w->shift;
}

/* Chooses the root of a small table anew, instead of growing what there is. */
static bool reroot(struct riotlb_txn *txn, const struct riotlb_list *list,
		   const struct riotlb_entry *entry)
{
	struct riotlb_cells old = txn->top;
	struct riotlb_list with = *list;
	struct window w;

	riotlb_list_fill(&with, entry);
	w = small_root(txn, &with);
	if (is_root(&old, &w))
		return true;
	return replace_table(txn, &w) && drop_packs(txn, &old) &&
	       fill_all(txn, &txn->top, list);
}

bool riotlb_grow_table(struct riotlb_txn *txn, const struct riotlb_entry *entry)
{
	bool is_initial = is_root(&txn->top, &initial_root);
	bool covered = riotlb_cells_cover(&txn->top, entry->start) &&
		       riotlb_cells_cover(&txn->top, entry->last);
	struct riotlb_list list;

	/* what does not fit the slots may show that they were ill chosen */
	if (!is_initial && covered && entry_alignment(entry) >= txn->top.shift)
		return true;
	if (gather_table(&list, &txn->top))
		return reroot(txn, &list, entry);
	return covered || grow_root(txn, entry->start, entry->last);
}
