/* SPDX-License-Identifier: MIT */
#include "search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum {
	STEPS_MAX = 2 * THREADS_MAX * EVENTS_MAX,
	FIRST_CAPACITY = 1 << 10,
	POINTS_MAX = 1 << 21,
};

/* A point of the search. */
struct point {
	struct state state;
	uint8_t at[THREADS_MAX];       /* events done */
	uint8_t resolved[THREADS_MAX]; /* 1 + asid, of a lookup under way */
};

struct key {
	uint64_t live[SPACES];
	uint64_t rest;
	uint64_t run; /* entries of other runs are vacant */
};

struct search {
	const struct history *h;
	unsigned int looks;
	struct key *seen;
	uint64_t capacity; /* a power of two */
	uint64_t points;
	uint64_t run;
	bool gave_up;
	bool plain;
	struct step path[STEPS_MAX];
	struct step longest[STEPS_MAX];
	unsigned int nlongest;
};

/* ---- points seen --------------------------------------------------------- */

static struct key key_of(const struct search *s, const struct point *p)
{
	struct key k = { .run = s->run };

	memcpy(k.live, p->state.live, sizeof(k.live));
	k.rest = (uint64_t)p->state.is_default << 8 | p->state.binding;
	for (unsigned int t = 0; t < THREADS_MAX; t++)
		k.rest = k.rest << 8 | (uint64_t)p->at[t] << 4 | p->resolved[t];
	return k;
}

static uint64_t hash(const struct key *k)
{
	uint64_t x = k->rest * 0x9e3779b97f4a7c15u;

	for (unsigned int i = 0; i < SPACES; i++)
		x = (x ^ x >> 29 ^ k->live[i]) * 0xbf58476d1ce4e5b9u;
	return x ^ x >> 32;
}

static bool key_equal(const struct key *a, const struct key *b)
{
	return a->rest == b->rest && !memcmp(a->live, b->live, sizeof(a->live));
}

static struct key *slot_of(struct search *s, const struct key *k)
{
	uint64_t i = hash(k);

	for (;; i++) {
		struct key *slot = &s->seen[i & (s->capacity - 1)];

		if (slot->run != s->run || key_equal(slot, k))
			return slot;
	}
}

static void grow(struct search *s)
{
	struct key *old = s->seen;
	uint64_t n = s->capacity;

	s->capacity *= 2;
	s->seen = calloc(s->capacity, sizeof(*s->seen));
	check(s->seen);
	for (uint64_t i = 0; i < n; i++)
		if (old[i].run == s->run)
			*slot_of(s, &old[i]) = old[i];
	free(old);
}

/* Is the point new? */
static bool visit(struct search *s, const struct point *p)
{
	struct key k = key_of(s, p);
	struct key *slot = slot_of(s, &k);

	if (s->plain)
		return true;
	if (slot->run == s->run)
		return false;
	*slot = k;
	if (++s->points * 2 > s->capacity)
		grow(s);
	s->gave_up |= s->points > POINTS_MAX;
	return !s->gave_up;
}

/* ---- does an answer fit? ------------------------------------------------- */

static bool sight_fits(const struct sight *seen, uint64_t line,
		       unsigned int want)
{
	unsigned int cell = line_cell(line, seen->unit);

	if (!cell)
		return seen->err == -EFAULT;
	if ((cell_perm(cell) & want) != want)
		return seen->err == -EPERM;
	return !seen->err && seen->id == cell_id(cell) &&
	       (!seen->perm || seen->perm == cell_perm(cell));
}

static bool look_fits(const struct search *s, const struct look *l,
		      uint64_t line)
{
	for (unsigned int i = 0; i < l->nseen; i++)
		if ((s->looks >= UNITS || l->seen[i].unit == s->looks) &&
		    !sight_fits(&l->seen[i], line, l->want))
			return false;
	return true;
}

static bool stats_fit(const struct search *s, const struct state *state,
		      const struct event *e)
{
	const struct world *w = &s->h->world;
	unsigned int asid = e->stats.asid;
	bool is_default = state->is_default >> asid & 1;
	uint64_t line = state_view(w, state, asid);
	bool everything =
		is_default && w->kind[asid] == RIOTLB_DEFAULT_IDENTITY;

	if (e->stats.is_default != is_default ||
	    e->stats.mappings != line_mappings(line))
		return false;
	return e->stats.bytes.hi == everything &&
	       e->stats.bytes.lo ==
		       (everything ? 0 : line_bytes(w->board, line));
}

/*
 * Runs an update on the state, if its result fits. A refusal for want of memory
 * fits wherever memory might have been needed, and changes nothing.
 */
static bool call_fits(const struct search *s, struct state *state,
		      const struct event *e, uint8_t *kind)
{
	struct state after = *state;
	struct result r;

	if (e->result.err == -ENOMEM) {
		*kind = STEP_NO_MEMORY;
		return state_needs_memory(state, &e->call) &&
		       !e->result.removed && !e->result.cut && !e->result.bytes;
	}
	r = state_call(&s->h->world, &after, &e->call);
	if (!result_equal(&r, &e->result))
		return false;
	*state = after;
	return true;
}

static bool event_fits(const struct search *s, struct point *p, unsigned int t,
		       const struct event *e, uint8_t *kind)
{
	const struct world *w = &s->h->world;
	unsigned int asid;

	switch (e->kind) {
	case EVENT_CALL:
		return call_fits(s, &p->state, e, kind);
	case EVENT_LOOK:
		asid = e->look.by_group ? p->resolved[t] - 1u : e->look.which;
		return look_fits(s, &e->look, state_view(w, &p->state, asid));
	case EVENT_ITERATE:
		return e->iterate.line ==
		       line_touching(state_view(w, &p->state, e->iterate.asid),
				     e->iterate.first, e->iterate.last);
	case EVENT_STATS:
		return stats_fit(s, &p->state, e);
	default:
		return e->binding.asid ==
		       (p->state.binding >> e->binding.group & 1);
	}
}

/* ---- the search ---------------------------------------------------------- */

bool search_includes(const struct event *e, unsigned int looks)
{
	if (e->kind != EVENT_LOOK)
		return true;
	if (looks == LOOKS_AT_ONE)
		return e->look.nseen == 1;
	if (looks >= UNITS)
		return looks == LOOKS_AT_ALL && e->look.nseen > 0;
	for (unsigned int i = 0; i < e->look.nseen; i++)
		if (e->look.seen[i].unit == looks)
			return true;
	return false;
}

/* The next event of a thread that counts, or NULL. */
static const struct event *pending(const struct search *s, struct point *p,
				   unsigned int t)
{
	for (; p->at[t] < s->h->n[t]; p->at[t]++) {
		const struct event *e = &s->h->event[t][p->at[t]];

		if (search_includes(e, s->looks))
			return e;
	}
	return NULL;
}

static bool try_all(struct search *s, struct point *p, unsigned int depth);

/* Takes the step of thread t, which is possible, and goes on from there. */
static bool descend(struct search *s, const struct point *p, unsigned int depth,
		    unsigned int t, unsigned int index, uint8_t kind)
{
	struct point next = *p;

	check(depth < STEPS_MAX);
	s->path[depth] = (struct step){ (uint8_t)t, (uint8_t)index, kind };
	return visit(s, &next) && try_all(s, &next, depth + 1);
}

static bool is_unresolved(const struct point *p, unsigned int t,
			  const struct event *e)
{
	return e->kind == EVENT_LOOK && e->look.by_group && !p->resolved[t];
}

enum outcome {
	DOES_NOT_FIT,
	CHANGES_NOTHING,
	CHANGES,
};

/* Makes the pending event of thread t the next one: *next is the point then. */
static enum outcome take(const struct search *s, const struct point *p,
			 unsigned int t, const struct event *e,
			 struct point *next, uint8_t *kind)
{
	*next = *p;
	*kind = STEP_EVENT;
	if (is_unresolved(p, t, e)) {
		unsigned int asid = p->state.binding >> e->look.which & 1;

		next->resolved[t] = (uint8_t)(1 + asid);
		*kind = STEP_RESOLVE;
		return CHANGES;
	}
	if (!event_fits(s, next, t, e, kind))
		return DOES_NOT_FIT;
	next->resolved[t] = 0;
	next->at[t]++;
	/*
	 * A successful update that happens to change nothing here is no such
	 * event: later it might, and that may be what others saw.
	 */
	if (s->plain || (e->kind == EVENT_CALL && !e->result.err))
		return CHANGES;
	return CHANGES_NOTHING;
}

static bool is_end(struct search *s, const struct point *p, unsigned int depth)
{
	if (depth >= s->nlongest) {
		s->nlongest = depth;
		memcpy(s->longest, s->path, sizeof(s->path));
	}
	for (unsigned int t = 0; t < s->h->threads; t++)
		if (p->at[t] < s->h->n[t])
			return false;
	return !s->h->has_final || state_equal(&p->state, &s->h->final);
}

static bool try_all(struct search *s, struct point *p, unsigned int depth)
{
	const struct event *e[THREADS_MAX];
	uint64_t limit = UINT64_MAX;
	struct point next;
	uint8_t kind;

	for (unsigned int t = 0; t < s->h->threads; t++) {
		e[t] = pending(s, p, t);
		if (e[t] && e[t]->returned < limit)
			limit = e[t]->returned;
	}
	if (is_end(s, p, depth))
		return true;
	for (unsigned int t = 0; t < s->h->threads; t++)
		if (e[t] && e[t]->invoked < limit &&
		    take(s, p, t, e[t], &next, &kind) == CHANGES_NOTHING)
			return descend(s, &next, depth, t, p->at[t], kind);
	for (unsigned int t = 0; t < s->h->threads; t++)
		if (e[t] && e[t]->invoked < limit &&
		    take(s, p, t, e[t], &next, &kind) == CHANGES &&
		    descend(s, &next, depth, t, p->at[t], kind))
			return true;
	return false;
}

static bool any_broken(const struct history *h)
{
	for (unsigned int t = 0; t < h->threads; t++)
		for (unsigned int i = 0; i < h->n[t]; i++)
			if (h->event[t][i].broken)
				return true;
	return false;
}

enum verdict search_run(struct search *s, const struct history *h,
			unsigned int looks)
{
	struct point p = { .state = h->start };

	s->h = h;
	s->looks = looks;
	s->run++;
	s->points = 0;
	s->gave_up = false;
	s->nlongest = 0;
	if (any_broken(h))
		return NOT_LINEARIZABLE;
	if (visit(s, &p) && try_all(s, &p, 0))
		return LINEARIZABLE;
	return s->gave_up ? GAVE_UP : NOT_LINEARIZABLE;
}

/* ---- life ---------------------------------------------------------------- */

struct search *search_new(void)
{
	struct search *s = calloc(1, sizeof(*s));

	check(s);
	s->capacity = FIRST_CAPACITY;
	s->seen = calloc(s->capacity, sizeof(*s->seen));
	check(s->seen);
	return s;
}

void search_free(struct search *s)
{
	free(s->seen);
	free(s);
}

void search_plainly(struct search *s)
{
	s->plain = true;
}

uint64_t search_points(const struct search *s)
{
	return s->points;
}

unsigned int search_order(const struct search *s, const struct step **order)
{
	*order = s->longest;
	return s->nlongest;
}
