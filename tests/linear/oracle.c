/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

#include "check.h"

static void init(struct model *m, const struct world *w)
{
	struct riotlb_mapping list[SPACES][2];
	struct riotlb_default defaults[SPACES];
	struct riotlb_limits limits[SPACES] = { 0 };

	for (unsigned int asid = 0; asid < SPACES; asid++) {
		defaults[asid] = world_default(w, asid, list[asid]);
		limits[asid].mappings = w->limit[asid];
	}
	check_eq(model_init(m, SPACES, GROUPS, defaults, limits), 0);
}

/* The line of the mappings that touch units first..last. */
static bool model_line(const struct model *m, const struct world *w,
		       uint32_t asid, unsigned int first, unsigned int last,
		       uint64_t *line)
{
	struct riotlb_mapping out[UNITS + 1];
	uint64_t resume;
	size_t n;

	return model_iterate(m, asid, board_start(w->board, first),
			     board_last(w->board, last), out, UNITS + 1, &n,
			     &resume) == 0 &&
	       line_from(w->board, out, n, line);
}

bool oracle_read(const struct model *m, const struct world *w, struct state *s)
{
	*s = (struct state){ 0 };
	for (uint32_t asid = 0; asid < SPACES; asid++) {
		uint64_t line;

		if (!model_line(m, w, asid, 0, UNITS - 1, &line))
			return false;
		s->is_default |= (uint8_t)(m->as[asid].is_default << asid);
		s->live[asid] = m->as[asid].is_default ? 0 : line;
	}
	for (uint32_t g = 0; g < GROUPS; g++)
		s->binding |= (uint8_t)(m->group[g] << g);
	return true;
}

static void check_holds(const struct model *m, const struct world *w,
			const struct state *s)
{
	struct state is;

	check(oracle_read(m, w, &is));
	check(state_equal(&is, s));
}

static void check_call(struct model *m, const struct history *h,
		       const struct event *e)
{
	struct riotlb_op many[ENTRIES];
	struct op op = call_op(h->world.board, &e->call, many);
	struct riotlb_report want, got = {
		.removed = e->result.removed,
		.cut = e->result.cut,
		.bytes = { .lo = e->result.bytes },
		.index = e->result.index,
	};
	int err = op_on_model(m, &op, &want);

	op_check_same(&op, e->result.err, err, &got, &want);
}

struct sight oracle_sight(const struct model *m, const struct history *h,
			  uint32_t asid, const struct look *l,
			  unsigned int unit)
{
	uint64_t iova = h->probe[unit];
	struct sight s = { .unit = (uint8_t)unit };
	struct riotlb_segment seg;

	s.err = model_translate(m, asid, iova, iova, l->want, &seg);
	if (s.err)
		return s;
	s.id = (uint8_t)board_id(h->world.board, iova, seg.addr);
	s.perm = (uint8_t)seg.perm;
	return s;
}

static void check_sight(const struct sight *seen, struct sight want)
{
	check_eq(seen->err, want.err);
	if (want.err)
		return;
	check_eq(seen->id, want.id);
	check(!seen->perm || seen->perm == want.perm);
}

static void check_look(const struct model *m, const struct history *h,
		       uint32_t asid, const struct look *l, unsigned int looks)
{
	for (unsigned int i = 0; i < l->nseen; i++)
		if (looks >= UNITS || l->seen[i].unit == looks)
			check_sight(&l->seen[i], oracle_sight(m, h, asid, l,
							      l->seen[i].unit));
}

static void check_others(const struct model *m, const struct history *h,
			 const struct event *e)
{
	struct riotlb_stats stats;
	uint64_t line;
	uint32_t asid;

	switch (e->kind) {
	case EVENT_ITERATE:
		check(model_line(m, &h->world, e->iterate.asid,
				 e->iterate.first, e->iterate.last, &line));
		check_eq(e->iterate.line, line);
		break;
	case EVENT_STATS:
		check_eq(model_get_stats(m, e->stats.asid, &stats), 0);
		check_eq(e->stats.mappings, stats.mappings);
		check_eq(e->stats.bytes.hi, stats.bytes.hi);
		check_eq(e->stats.bytes.lo, stats.bytes.lo);
		check_eq(e->stats.is_default, stats.is_default);
		break;
	default:
		check_eq(model_get_group_asid(m, e->binding.group, &asid), 0);
		check_eq(e->binding.asid, asid);
	}
}

static void replay(struct model *m, const struct history *h,
		   const struct step *order, unsigned int n, unsigned int looks)
{
	uint32_t resolved[THREADS_MAX] = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		unsigned int t = order[i].thread;
		const struct event *e = &h->event[t][order[i].index];

		if (order[i].kind == STEP_NO_MEMORY)
			continue;
		if (order[i].kind == STEP_RESOLVE)
			check_eq(model_get_group_asid(m, e->look.which,
						      &resolved[t]),
				 0);
		else if (e->kind == EVENT_CALL)
			check_call(m, h, e);
		else if (e->kind == EVENT_LOOK)
			check_look(m, h,
				   e->look.by_group ? resolved[t]
						    : e->look.which,
				   &e->look, looks);
		else
			check_others(m, h, e);
	}
}

/* Each event that counts is there once, and after what returned before it. */
static void check_order(const struct history *h, const struct step *order,
			unsigned int n, unsigned int looks)
{
	uint64_t latest = 0; /* invocation so far */
	unsigned int left = 0;

	for (unsigned int t = 0; t < h->threads; t++)
		for (unsigned int i = 0; i < h->n[t]; i++)
			left += search_includes(&h->event[t][i], looks);
	for (unsigned int i = 0; i < n; i++) {
		const struct event *e =
			&h->event[order[i].thread][order[i].index];

		check(search_includes(e, looks));
		check(e->returned > latest);
		if (e->invoked > latest)
			latest = e->invoked;
		left -= order[i].kind != STEP_RESOLVE;
	}
	check_eq(left, 0);
}

void oracle_start(struct model *m, const struct history *h)
{
	init(m, &h->world);
	for (unsigned int i = 0; i < h->nsetup; i++) {
		struct riotlb_op many[ENTRIES];
		struct op op = call_op(h->world.board, &h->setup[i], many);

		op_on_model(m, &op, NULL);
	}
	check_holds(m, &h->world, &h->start);
}

void oracle_check(const struct history *h, const struct search *s,
		  unsigned int looks)
{
	struct model m;
	const struct step *order;
	unsigned int n = search_order(s, &order);

	oracle_start(&m, h);
	check_order(h, order, n, looks);
	replay(&m, h, order, n, looks);
	if (h->has_final)
		check_holds(&m, &h->world, &h->final);
	model_fini(&m);
}
