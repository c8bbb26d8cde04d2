/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <string.h>

#include "check.h"
#include "search.h"

const struct profile profiles[] = {
	/*
	 * Everything there is. What becomes visible byte range by byte range
	 * is looked at byte by byte.
	 */
	{ .name = "bytes",
	  .each_byte = true,
	  .span = UNITS,
	  .look_units = UNITS,
	  .refusals = 25,
	  .weight = { [DO_MAP] = 14,
		      [DO_REPLACE] = 10,
		      [DO_UNMAP] = 10,
		      [DO_WHOLE] = 4,
		      [DO_NO_BISECT] = 4,
		      [DO_PROTECT] = 8,
		      [DO_MAP_BULK] = 4,
		      [DO_UNMAP_BULK] = 4,
		      [DO_APPLY] = 4,
		      [DO_SET_MAP] = 3,
		      [DO_RESET] = 3,
		      [DO_BIND] = 2,
		      [DO_ITERATE] = 4,
		      [DO_STATS] = 3,
		      [DO_BINDING] = 1,
		      [DO_LOOK] = 40 } },
	/*
	 * Calls of one unit each and calls that show at one instant: lookups
	 * of different bytes agree on one order, too.
	 */
	{ .name = "joint",
	  .looks = LOOKS_AT_ONE,
	  .span = 1,
	  .look_units = 1,
	  .refusals = 25,
	  .weight = { [DO_MAP] = 10,
		      [DO_REPLACE] = 6,
		      [DO_UNMAP] = 8,
		      [DO_NO_BISECT] = 3,
		      [DO_PROTECT] = 5,
		      [DO_MAP_BULK] = 5,
		      [DO_APPLY] = 12,
		      [DO_SET_MAP] = 8,
		      [DO_RESET] = 8,
		      [DO_BIND] = 4,
		      [DO_ITERATE] = 3,
		      [DO_STATS] = 3,
		      [DO_BINDING] = 1,
		      [DO_LOOK] = 45 } },
	/*
	 * Nothing but swaps of whole tables: what one call saw of several
	 * bytes was there at one instant.
	 */
	{ .name = "swaps",
	  .looks = LOOKS_AT_ALL,
	  .span = UNITS,
	  .look_units = UNITS,
	  .refusals = 10,
	  .weight = { [DO_SET_MAP] = 25,
		      [DO_RESET] = 12,
		      [DO_BIND] = 10,
		      [DO_ITERATE] = 4,
		      [DO_STATS] = 3,
		      [DO_BINDING] = 3,
		      [DO_LOOK] = 60 } },
};

const unsigned int nprofiles = sizeof(profiles) / sizeof(*profiles);

/* The scripts of one history under construction. */
struct writer {
	struct history *h;
	const struct profile *p;
	struct rng *rng;
	unsigned int hot_first; /* most ranges begin in these units */
	unsigned int hot_n;
	unsigned int next_id;
};

/* ---- variants ------------------------------------------------------------ */

void variant_draw(struct variant *v, struct rng *rng)
{
	static const enum riotlb_default_kind kinds[] = {
		RIOTLB_DEFAULT_IDENTITY, RIOTLB_DEFAULT_APERTURE,
		RIOTLB_DEFAULT_EMPTY, RIOTLB_DEFAULT_LIST
	};

	memset(v, 0, sizeof(*v));
	v->world.board = &boards[rng_below(rng, nboards)];
	for (unsigned int asid = 0; asid < SPACES; asid++)
		v->world.kind[asid] = kinds[rng_below(rng, 4)];
	if (rng_percent(rng, 25))
		v->world.limit[0] = 2 + (unsigned int)rng_below(rng, 3);
	v->retire = rng_percent(rng, 30);
	v->sync = rng_percent(rng, 30);
	v->threads = 2 + (unsigned int)rng_below(rng, THREADS_MAX - 1);
}

/* ---- updates ------------------------------------------------------------- */

static unsigned int draw_id(struct writer *w)
{
	if (w->next_id == ID_LIST_A)
		w->next_id = ID_LIST_B + 1;
	/* no history needs so many, but if one did, two would be alike */
	if (w->next_id > ID_MAX)
		w->next_id = 1;
	return w->next_id++;
}

static unsigned int draw_unit(struct writer *w)
{
	if (rng_percent(w->rng, 10))
		return (unsigned int)rng_below(w->rng, UNITS);
	return w->hot_first + (unsigned int)rng_below(w->rng, w->hot_n);
}

static uint8_t draw_asid(struct writer *w)
{
	return rng_percent(w->rng, 20);
}

static void draw_range(struct writer *w, unsigned int span, struct entry *e)
{
	unsigned int len = 1 + (unsigned int)rng_below(w->rng, span);

	e->first = (uint8_t)draw_unit(w);
	/* short ones more often */
	if (len > 2 && rng_percent(w->rng, 50))
		len = 1;
	e->last = (uint8_t)(e->first + len - 1);
	if (e->last >= UNITS)
		e->last = UNITS - 1;
}

static struct entry draw_entry(struct writer *w, enum riotlb_op_kind kind,
			       unsigned int span)
{
	struct entry e = { .kind = (uint8_t)kind };

	draw_range(w, span, &e);
	if (kind == RIOTLB_OP_UNMAP)
		return e;
	e.perm = (uint8_t)(1 + rng_below(w->rng, 3));
	if (rng_percent(w->rng, 60))
		e.perm = RIOTLB_RW;
	if (kind == RIOTLB_OP_MAP)
		e.id = (uint8_t)draw_id(w);
	return e;
}

static void draw_single(struct writer *w, enum action action, struct call *c)
{
	enum riotlb_op_kind kind = RIOTLB_OP_UNMAP;

	c->kind = OP_UNMAP;
	if (action == DO_MAP || action == DO_REPLACE) {
		c->kind = OP_MAP;
		kind = RIOTLB_OP_MAP;
	} else if (action == DO_PROTECT) {
		c->kind = OP_PROTECT;
		kind = RIOTLB_OP_PROTECT;
	}
	c->n = 1;
	c->entry[0] = draw_entry(w, kind, w->p->span);
	if (action == DO_REPLACE)
		c->entry[0].flags = RIOTLB_MAP_REPLACE;
	if (action == DO_WHOLE)
		c->entry[0].policy = RIOTLB_UNMAP_WHOLE;
	if (action == DO_NO_BISECT)
		c->entry[0].policy = RIOTLB_UNMAP_NO_BISECT;
}

/* What a call that takes effect at one instant does may be of any size. */
static void draw_apply(struct writer *w, struct call *c)
{
	for (unsigned int i = 0; i < c->n; i++) {
		struct entry *e = &c->entry[i];

		*e = draw_entry(w, (enum riotlb_op_kind)rng_below(w->rng, 3),
				UNITS);
		if (e->kind == RIOTLB_OP_MAP && rng_percent(w->rng, 60))
			e->flags = RIOTLB_MAP_REPLACE;
		if (e->kind == RIOTLB_OP_UNMAP)
			e->policy = (uint8_t)rng_below(w->rng, 3);
	}
}

/* Disjoint, most of the time. */
static void draw_set(struct writer *w, struct call *c)
{
	unsigned int at = 0;
	uint8_t n = 0;

	for (; n < c->n && at < UNITS; n++) {
		struct entry *e = &c->entry[n];

		*e = draw_entry(w, RIOTLB_OP_MAP, UNITS);
		if (rng_percent(w->rng, 3))
			continue;
		e->first = (uint8_t)(at + rng_below(w->rng, 2));
		if (e->first >= UNITS)
			e->first = UNITS - 1;
		e->last = (uint8_t)(e->first + rng_below(w->rng, 2));
		if (e->last >= UNITS)
			e->last = UNITS - 1;
		at = e->last + 1u;
	}
	c->n = n;
}

static void draw_array(struct writer *w, enum action action, struct call *c)
{
	uint8_t flags = rng_percent(w->rng, 30) ? RIOTLB_MAP_REPLACE : 0;
	uint8_t policy = (uint8_t)rng_below(w->rng, 3);

	c->n = (uint8_t)rng_below(w->rng, ENTRIES + 1);
	if (action == DO_APPLY) {
		c->kind = OP_APPLY;
		draw_apply(w, c);
	} else if (action == DO_SET_MAP) {
		c->kind = OP_SET_MAP;
		draw_set(w, c);
	} else if (action == DO_MAP_BULK) {
		c->kind = OP_MAP_BULK;
		draw_set(w, c);
		for (unsigned int i = 0; i < ENTRIES; i++)
			c->entry[i].flags = flags;
	} else {
		c->kind = OP_UNMAP_BULK;
		for (unsigned int i = 0; i < ENTRIES; i++) {
			c->entry[i] = draw_entry(w, RIOTLB_OP_UNMAP, UNITS);
			c->entry[i].policy = policy;
		}
		return;
	}
	/* an entry that nothing can make valid */
	if (c->n && rng_percent(w->rng, 4))
		c->entry[c->n - 1].perm = 0;
}

static void draw_call(struct writer *w, enum action action, struct call *c)
{
	memset(c, 0, sizeof(*c));
	c->asid = draw_asid(w);
	switch (action) {
	case DO_RESET:
		c->kind = OP_RESET;
		break;
	case DO_BIND:
		c->kind = OP_BIND;
		c->asid = (uint8_t)rng_below(w->rng, SPACES);
		c->group = rng_percent(w->rng, 20);
		break;
	case DO_MAP_BULK:
	case DO_UNMAP_BULK:
	case DO_APPLY:
	case DO_SET_MAP:
		draw_array(w, action, c);
		break;
	default:
		draw_single(w, action, c);
	}
}

/* ---- queries ------------------------------------------------------------- */

static void draw_look(struct writer *w, struct look *l)
{
	unsigned int n = 1 + (unsigned int)rng_below(w->rng, w->p->look_units);
	unsigned int first = draw_unit(w);

	l->form = (uint8_t)rng_below(w->rng, FORMS);
	l->by_group = rng_percent(w->rng, 30);
	l->which = rng_percent(w->rng, 20);
	l->want = (uint8_t)(1 + rng_below(w->rng, 3));
	if (rng_percent(w->rng, 60))
		l->want = RIOTLB_READ;
	if (n > UNITS - first)
		n = UNITS - first;
	l->n = (uint8_t)n;
	for (unsigned int i = 0; i < n; i++)
		l->unit[i] = (uint8_t)(first + i);
	/* requests of their own may come in any order */
	if (l->form != FORM_BURST && l->form != FORM_LIST)
		return;
	for (unsigned int i = 1; i < n; i++) {
		uint64_t j = rng_below(w->rng, i + 1);
		uint8_t unit = l->unit[i];

		l->unit[i] = l->unit[j];
		l->unit[j] = unit;
	}
}

static enum action draw_action(struct writer *w, unsigned int looks_percent)
{
	uint64_t total = 0, at;
	unsigned int a = 0;

	if (rng_percent(w->rng, looks_percent))
		return DO_LOOK;
	for (unsigned int i = 0; i < ACTIONS; i++)
		total += w->p->weight[i];
	at = rng_below(w->rng, total);
	while (at >= w->p->weight[a])
		at -= w->p->weight[a++];
	return (enum action)a;
}

static void draw_event(struct writer *w, unsigned int looks_percent,
		       struct event *e)
{
	enum action action = draw_action(w, looks_percent);
	struct entry range;

	memset(e, 0, sizeof(*e));
	switch (action) {
	case DO_LOOK:
		e->kind = EVENT_LOOK;
		draw_look(w, &e->look);
		break;
	case DO_ITERATE:
		e->kind = EVENT_ITERATE;
		draw_range(w, UNITS, &range);
		e->iterate.asid = draw_asid(w);
		e->iterate.first = range.first;
		e->iterate.last = range.last;
		break;
	case DO_STATS:
		e->kind = EVENT_STATS;
		e->stats.asid = draw_asid(w);
		break;
	case DO_BINDING:
		e->kind = EVENT_BINDING;
		e->binding.group = rng_percent(w->rng, 20);
		break;
	default:
		e->kind = EVENT_CALL;
		draw_call(w, action, &e->call);
	}
}

/* ---- histories ----------------------------------------------------------- */

/*
 * Begins with a new table for each AS, so that what a history finds depends on
 * its own seed and on no history before it.
 */
static void draw_setup(struct writer *w)
{
	struct history *h = w->h;
	struct state scratch = state_initial();
	unsigned int singles = (unsigned int)rng_below(w->rng, 4);
	struct call *c = h->setup;

	for (unsigned int asid = 0; asid < SPACES; asid++, c++) {
		draw_call(w, rng_percent(w->rng, 25) ? DO_RESET : DO_SET_MAP,
			  c);
		c->asid = (uint8_t)asid;
		/* if it failed, what there was would stay */
		if (state_call(&h->world, &scratch, c).err) {
			memset(c, 0, sizeof(*c));
			c->kind = OP_SET_MAP;
			c->asid = (uint8_t)asid;
		}
	}
	for (uint8_t g = 0; g < GROUPS; g++, c++) {
		draw_call(w, DO_BIND, c);
		c->group = g;
	}
	for (unsigned int i = 0; i < singles; i++, c++) {
		enum action a = (enum action)rng_below(w->rng, DO_PROTECT + 1);

		draw_call(w, a, c);
	}
	h->nsetup = (unsigned int)(c - h->setup);
	check(h->nsetup <= SETUP_MAX);
}

/* The first byte of a unit, or the last, or any. */
static void draw_probes(struct writer *w)
{
	const struct board *b = w->h->world.board;

	for (unsigned int u = 0; u < UNITS; u++) {
		uint64_t bytes = board_bytes(b, u, u);
		uint64_t off = 0;

		if (rng_percent(w->rng, 60))
			off = rng_percent(w->rng, 50)
				      ? bytes - 1
				      : rng_below(w->rng, bytes);
		w->h->probe[u] = board_start(b, u) + off;
	}
}

void script_draw(struct history *h, const struct profile *p,
		 const struct variant *v, struct rng *rng)
{
	static const unsigned char looks[] = { 0, 0, 0, 60, 100 };
	struct writer w = { .h = h, .p = p, .rng = rng, .next_id = 1 };

	memset(h, 0, sizeof(*h));
	h->world = v->world;
	h->threads = v->threads;
	w.hot_first = (unsigned int)rng_below(rng, UNITS);
	w.hot_n = 1 + (unsigned int)rng_below(rng, 3);
	if (w.hot_n > UNITS - w.hot_first || rng_percent(rng, 30))
		w.hot_n = 1;
	draw_probes(&w);
	draw_setup(&w);
	for (unsigned int t = 0; t < h->threads; t++) {
		/* the first changes something, another may only look */
		unsigned int percent =
			t == 0 ? 0 : looks[rng_below(rng, sizeof(looks))];

		h->n[t] = 2 + (unsigned int)rng_below(rng, 4);
		for (unsigned int i = 0; i < h->n[t]; i++)
			draw_event(&w, percent, &h->event[t][i]);
	}
	history_start(h);
}
