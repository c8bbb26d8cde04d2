/* SPDX-License-Identifier: MIT */
#include "gen.h"

#include <string.h>

static uint64_t window_mask(const struct gen *g)
{
	unsigned int bits = g->profile->window_bits;

	return bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

static uint64_t unit(const struct gen *g)
{
	return (uint64_t)1 << g->profile->unit_bits;
}

void gen_init(struct gen *g, const struct profile *p, const struct model *model,
	      uint64_t seed)
{
	memset(g, 0, sizeof(*g));
	g->profile = p;
	g->model = model;
	g->rng.state = seed;
	g->window[0] = p->base;
	for (unsigned int i = 1; i < p->windows; i++)
		g->window[i] = rng_next(&g->rng) & ~window_mask(g);
	/*
	 * Few deltas, so that neighbours often continue each other in host
	 * memory. A negative one puts the top of the host's address space into
	 * the window, where such neighbours must not be merged.
	 */
	g->delta[1] = 0x100000;
	g->delta[2] = 0 - p->base - ((window_mask(g) / 2 + 1) & ~0xfffull);
	for (int i = 3; i < GEN_DELTAS; i++)
		g->delta[i] = rng_log(&g->rng, 40) & ~0xfffull;
	for (unsigned int i = 0; i < p->skewed; i++)
		g->delta[GEN_DELTAS - 1 - i] += 1 + rng_below(&g->rng, 0xfff);
}

/* ---- ranges ------------------------------------------------------------ */

static struct riotlb_range span(uint64_t start, uint64_t length)
{
	struct riotlb_range r = { .start = start };

	/* ranges end with the address space, they do not wrap */
	r.last = length - 1 > UINT64_MAX - start ? UINT64_MAX
						 : start + (length - 1);
	return r;
}

static struct riotlb_range fresh_range(struct gen *g)
{
	const struct profile *p = g->profile;
	uint64_t at = g->window[rng_below(&g->rng, p->windows)];
	uint64_t units = 1 + rng_log(&g->rng, p->len_bits);

	at += rng_next(&g->rng) & window_mask(g) & ~(unit(g) - 1);
	return span(at, units << p->unit_bits);
}

/* A mapping that is there, something inside it, around it or next to it. */
static struct riotlb_range near_range(struct gen *g,
				      const struct riotlb_mapping *m)
{
	uint64_t size = m->last - m->start;
	struct riotlb_range r = { m->start, m->last };
	uint64_t step = unit(g);

	switch (rng_below(&g->rng, 6)) {
	case 0:
		return r;
	case 1:
		r.start += rng_below(&g->rng, size / step + 1) * step;
		return r;
	case 2:
		r.last = m->start + (step - 1);
		if (r.last < r.start || r.last > m->last)
			r.last = m->last;
		return r;
	case 3:
		return span(m->last == UINT64_MAX ? m->start : m->last + 1,
			    step << rng_below(&g->rng, 2));
	case 4:
		r.start = m->start < step ? 0 : m->start - step;
		r.last = m->last > UINT64_MAX - step ? UINT64_MAX
						     : m->last + step;
		return r;
	default:
		r.start += rng_below(&g->rng, size / step + 1) * step;
		return span(r.start, step);
	}
}

static struct riotlb_range skew(struct gen *g, struct riotlb_range r)
{
	uint64_t by = 1 + rng_below(&g->rng, 5);

	if (rng_percent(&g->rng, 50))
		r.start += r.last - r.start >= by ? by : 0;
	if (rng_percent(&g->rng, 50))
		r.last -= r.last - r.start >= by ? by : 0;
	if (rng_percent(&g->rng, 20))
		r.last = span(r.start, by).last;
	return r;
}

struct riotlb_range gen_range(struct gen *g, uint32_t asid)
{
	const struct model_table *t = model_view(g->model, asid);
	struct riotlb_range r;

	if (rng_below(&g->rng, 400) == 0)
		return (struct riotlb_range){ 0, UINT64_MAX };
	if (t->n && rng_percent(&g->rng, 45))
		r = near_range(g, &t->maps[rng_below(&g->rng, t->n)]);
	else
		r = fresh_range(g);
	if (rng_percent(&g->rng, g->profile->odd))
		r = skew(g, r);
	/* an inverted range once in a while */
	if (rng_below(&g->rng, 300) == 0 && r.start)
		r.last = r.start - 1;
	return r;
}

/* ---- operations -------------------------------------------------------- */

static uint32_t gen_perm(struct gen *g)
{
	static const uint32_t bad[] = { 0, 4, 7, UINT32_MAX };

	if (rng_below(&g->rng, 300) == 0)
		return bad[rng_below(&g->rng, 4)];
	if (rng_percent(&g->rng, 60))
		return RIOTLB_RW;
	return 1 + (uint32_t)rng_below(&g->rng, 3);
}

static struct riotlb_mapping gen_mapping(struct gen *g, struct riotlb_range r)
{
	struct riotlb_mapping m = {
		.start = r.start,
		.last = r.last,
		.addr = r.start + g->delta[rng_below(&g->rng, GEN_DELTAS)],
		.perm = gen_perm(g),
	};

	if (rng_percent(&g->rng, g->profile->opaque))
		m.opaque = rng_percent(&g->rng, 80) ? 1 + rng_below(&g->rng, 2)
						    : rng_next(&g->rng);
	/* once in a while just inside or just past the last host address */
	if (rng_below(&g->rng, 100) == 0)
		m.addr = UINT64_MAX - (r.last - r.start) +
			 rng_below(&g->rng, 3) - 1;
	return m;
}

static bool is_free(const struct model_as *as, struct riotlb_range r)
{
	for (size_t i = 0; i < as->live.n; i++)
		if (as->live.maps[i].start <= r.last &&
		    r.start <= as->live.maps[i].last)
			return false;
	return true;
}

/* Most maps should succeed, or an AS would seldom change. */
static struct riotlb_range range_to_map(struct gen *g, uint32_t asid,
					bool replace)
{
	struct riotlb_range r = gen_range(g, asid);

	for (int i = 0; i < 4 && !replace; i++) {
		if (is_free(&g->model->as[asid], r))
			break;
		r = gen_range(g, asid);
	}
	return r;
}

static enum riotlb_unmap_policy gen_policy(struct gen *g)
{
	uint64_t x = rng_below(&g->rng, 10);

	return x < 6   ? RIOTLB_UNMAP_EXACT
	       : x < 8 ? RIOTLB_UNMAP_WHOLE
		       : RIOTLB_UNMAP_NO_BISECT;
}

static bool disjoint(const struct riotlb_op *many, size_t n,
		     struct riotlb_range r)
{
	for (size_t i = 0; i < n; i++)
		if (many[i].mapping.start <= r.last &&
		    r.start <= many[i].mapping.last)
			return false;
	return true;
}

static void gen_entry(struct gen *g, const struct op *op, size_t at)
{
	struct riotlb_op *entry = &g->many[at];
	bool apply = op->kind == OP_APPLY;
	struct riotlb_range r;

	memset(entry, 0, sizeof(*entry));
	entry->kind = (enum riotlb_op_kind)rng_below(&g->rng, 3);
	if (apply && entry->kind == RIOTLB_OP_MAP && rng_percent(&g->rng, 50))
		entry->flags = RIOTLB_MAP_REPLACE;
	if (apply && entry->kind == RIOTLB_OP_UNMAP)
		entry->policy = gen_policy(g);
	r = range_to_map(g, op->asid,
			 (op->flags | entry->flags) & RIOTLB_MAP_REPLACE ||
				 op->kind == OP_SET_MAP);
	if (!rng_percent(&g->rng, 10))
		for (int i = 0; i < 6 && !disjoint(g->many, at, r); i++)
			r = gen_range(g, op->asid);
	entry->mapping = gen_mapping(g, r);
}

static void by_start(struct riotlb_op *many, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i;
		     j && many[j - 1].mapping.start > many[j].mapping.start;
		     j--) {
			struct riotlb_op swap = many[j];

			many[j] = many[j - 1];
			many[j - 1] = swap;
		}
}

static void gen_array(struct gen *g, struct op *op)
{
	op->n = rng_log(&g->rng, 5);
	if (op->kind == OP_SET_MAP && rng_percent(&g->rng, 50))
		op->n = rng_below(&g->rng, GEN_ENTRIES);
	for (size_t i = 0; i < op->n; i++)
		gen_entry(g, op, i);
	/* sorted input takes a path of its own */
	if (op->kind != OP_APPLY && rng_percent(&g->rng, 50))
		by_start(g->many, op->n);
	op->many = g->many;
}

static enum op_kind gen_kind(struct gen *g)
{
	static const struct {
		enum op_kind kind;
		unsigned int below;
	} mix[] = {
		{ OP_MAP, 330 },        { OP_UNMAP, 590 },
		{ OP_PROTECT, 700 },    { OP_MAP_BULK, 780 },
		{ OP_UNMAP_BULK, 840 }, { OP_APPLY, 950 },
		{ OP_SET_MAP, 970 },    { OP_RESET, 985 },
		{ OP_BIND, 1000 },
	};
	uint64_t x = rng_below(&g->rng, 1000);
	size_t i = 0;

	while (mix[i].below <= x)
		i++;
	return mix[i].kind;
}

struct op gen_op(struct gen *g)
{
	struct op op = { .kind = gen_kind(g) };
	struct riotlb_range r;

	op.asid = (uint32_t)rng_below(&g->rng, GEN_AS);
	op.group = (uint32_t)rng_below(&g->rng, GEN_GROUPS);
	if (rng_below(&g->rng, 500) == 0) {
		op.asid = GEN_AS;
		op.n = 0;
		return op;
	}
	if (op.kind == OP_MAP || op.kind == OP_MAP_BULK)
		op.flags = rng_percent(&g->rng, 30) ? RIOTLB_MAP_REPLACE : 0;
	op.policy = gen_policy(g);
	r = op.kind == OP_MAP ? range_to_map(g, op.asid, op.flags)
			      : gen_range(g, op.asid);
	op.one = gen_mapping(g, r);
	if (op.kind >= OP_MAP_BULK && op.kind <= OP_SET_MAP)
		gen_array(g, &op);
	return op;
}

/* ---- default states ---------------------------------------------------- */

static size_t gen_list(struct gen *g, struct riotlb_mapping *list)
{
	size_t n = 0;

	while (n < 12) {
		struct riotlb_range r = fresh_range(g);
		struct riotlb_mapping m = gen_mapping(g, r);
		bool valid = m.addr <= UINT64_MAX - (m.last - m.start);

		if (rng_percent(&g->rng, 10))
			break;
		m.perm = 1 + m.perm % 3;
		for (size_t i = 0; i < n; i++)
			valid &= list[i].start > r.last ||
				 r.start > list[i].last;
		if (valid)
			list[n++] = m;
	}
	return n;
}

struct riotlb_default gen_default(struct gen *g, uint32_t asid,
				  struct riotlb_mapping *list)
{
	struct riotlb_default d = { .kind = RIOTLB_DEFAULT_IDENTITY };
	struct riotlb_range r;

	if (asid == 1) {
		d.kind = RIOTLB_DEFAULT_LIST;
		d.list = list;
		d.n = gen_list(g, list);
	} else if (asid == 2 && rng_percent(&g->rng, 50)) {
		r = skew(g, fresh_range(g));
		d.kind = RIOTLB_DEFAULT_APERTURE;
		d.start = r.start;
		d.last = r.last;
	} else if (asid == 2) {
		d.kind = RIOTLB_DEFAULT_EMPTY;
	}
	return d;
}
