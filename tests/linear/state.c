/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <errno.h>

enum {
	BEGIN = 1,
	PERM_SHIFT = 1,
	ID_SHIFT = 3,
};

/* ---- lines --------------------------------------------------------------- */

static uint64_t set_cell(uint64_t line, unsigned int unit, unsigned int cell)
{
	unsigned int shift = unit * CELL_BITS;
	uint64_t mask = (UINT64_C(1) << CELL_BITS) - 1;

	return (line & ~(mask << shift)) | (uint64_t)cell << shift;
}

uint64_t line_map(uint64_t line, unsigned int first, unsigned int last,
		  unsigned int id, unsigned int perm)
{
	for (unsigned int u = first; u <= last; u++)
		line = set_cell(line, u,
				id << ID_SHIFT | perm << PERM_SHIFT |
					(u == first ? BEGIN : 0));
	return line;
}

/*
 * The first mapping at or after unit `from`: *a to *b. A unit that goes on what
 * the one before it begins has no BEGIN.
 */
static bool next_mapping(uint64_t line, unsigned int from, unsigned int *a,
			 unsigned int *b)
{
	while (from < UNITS && !line_cell(line, from))
		from++;
	if (from == UNITS)
		return false;
	*a = *b = from;
	while (*b + 1 < UNITS && line_cell(line, *b + 1) &&
	       !(line_cell(line, *b + 1) & BEGIN))
		++*b;
	return true;
}

static uint64_t clear(uint64_t line, unsigned int first, unsigned int last)
{
	for (unsigned int u = first; u <= last; u++)
		line = set_cell(line, u, 0);
	return line;
}

static uint64_t begin_at(uint64_t line, unsigned int unit)
{
	return set_cell(line, unit, line_cell(line, unit) | BEGIN);
}

uint64_t line_touching(uint64_t line, unsigned int first, unsigned int last)
{
	uint64_t kept = line;
	unsigned int a, b;

	for (unsigned int u = 0; next_mapping(line, u, &a, &b); u = b + 1)
		if (b < first || a > last)
			kept = clear(kept, a, b);
	return kept;
}

unsigned int line_mappings(uint64_t line)
{
	unsigned int n = 0;

	for (unsigned int u = 0; u < UNITS; u++)
		n += line_cell(line, u) & BEGIN;
	return n;
}

uint64_t line_bytes(const struct board *b, uint64_t line)
{
	uint64_t bytes = 0;

	for (unsigned int u = 0; u < UNITS; u++)
		if (line_cell(line, u))
			bytes += board_bytes(b, u, u);
	return bytes;
}

static bool any_mapped(uint64_t line, unsigned int first, unsigned int last)
{
	for (unsigned int u = first; u <= last; u++)
		if (line_cell(line, u))
			return true;
	return false;
}

static bool all_mapped(uint64_t line, unsigned int first, unsigned int last)
{
	for (unsigned int u = first; u <= last; u++)
		if (!line_cell(line, u))
			return false;
	return true;
}

/* The unit of the board that begins or ends at this address; UNITS: none. */
static unsigned int unit_at(const struct board *b, uint64_t iova, bool last)
{
	unsigned int u = 0;

	while (u < UNITS &&
	       iova != (last ? board_last(b, u) : board_start(b, u)))
		u++;
	return u;
}

bool line_from(const struct board *b, const struct riotlb_mapping *maps,
	       size_t n, uint64_t *line)
{
	*line = 0;
	for (size_t i = 0; i < n; i++) {
		const struct riotlb_mapping *m = &maps[i];
		unsigned int id = board_id(b, m->start, m->addr);
		unsigned int first = unit_at(b, m->start, false);
		unsigned int last = unit_at(b, m->last, true);

		if (id == IDENTITY && m->start == 0 && m->last == UINT64_MAX) {
			first = 0;
			last = UNITS - 1;
		}
		if (id == ID_NONE || first >= UNITS || last >= UNITS ||
		    first > last || any_mapped(*line, first, last) ||
		    m->perm < RIOTLB_READ || m->perm > RIOTLB_RW ||
		    m->opaque != (id % 2 ? id : 0))
			return false;
		*line = line_map(*line, first, last, id, m->perm);
	}
	return true;
}

static bool cuts(uint64_t line, unsigned int first, unsigned int last)
{
	unsigned int a, b;

	for (unsigned int u = 0; next_mapping(line, u, &a, &b); u = b + 1)
		if (a <= last && b >= first && (a < first || b > last))
			return true;
	return false;
}

/* ---- worlds and states --------------------------------------------------- */

uint64_t world_initial(const struct world *w, unsigned int asid)
{
	uint64_t line = 0;

	switch (w->kind[asid]) {
	case RIOTLB_DEFAULT_EMPTY:
		break;
	case RIOTLB_DEFAULT_IDENTITY:
	case RIOTLB_DEFAULT_APERTURE:
		line = line_map(0, 0, UNITS - 1, IDENTITY, RIOTLB_RW);
		break;
	case RIOTLB_DEFAULT_LIST:
		line = line_map(0, 0, 1, ID_LIST_A, RIOTLB_READ);
		line = line_map(line, 3, 3, ID_LIST_B, RIOTLB_RW);
		break;
	}
	return line;
}

struct riotlb_default world_default(const struct world *w, unsigned int asid,
				    struct riotlb_mapping *list)
{
	list[0] = board_mapping(w->board, 0, 1, ID_LIST_A, RIOTLB_READ);
	list[1] = board_mapping(w->board, 3, 3, ID_LIST_B, RIOTLB_RW);
	return (struct riotlb_default){
		.kind = w->kind[asid],
		.start = board_start(w->board, 0),
		.last = board_last(w->board, UNITS - 1),
		.list = list,
		.n = 2,
	};
}

struct state state_initial(void)
{
	return (struct state){ .is_default = (1u << SPACES) - 1 };
}

bool state_equal(const struct state *a, const struct state *b)
{
	for (unsigned int asid = 0; asid < SPACES; asid++)
		if (a->live[asid] != b->live[asid])
			return false;
	return a->is_default == b->is_default && a->binding == b->binding;
}

static bool in_default(const struct state *s, unsigned int asid)
{
	return s->is_default >> asid & 1;
}

uint64_t state_view(const struct world *w, const struct state *s,
		    unsigned int asid)
{
	return in_default(s, asid) ? world_initial(w, asid) : s->live[asid];
}

/* ---- single operations --------------------------------------------------- */

struct draft {
	const struct world *w;
	uint64_t line;
	bool is_default;
	unsigned int limit;
	struct result r;
};

static void remove_units(struct draft *d, unsigned int first, unsigned int last,
			 bool whole)
{
	uint64_t line = d->line;
	unsigned int a, b;

	for (unsigned int u = 0; next_mapping(line, u, &a, &b); u = b + 1) {
		bool left = a < first && !whole, right = b > last && !whole;
		unsigned int from = left ? first : a, to = right ? last : b;

		if (b < first || a > last)
			continue;
		d->line = clear(d->line, from, to);
		if (right)
			d->line = begin_at(d->line, last + 1);
		d->r.bytes += board_bytes(d->w->board, from, to);
		if (left || right)
			d->r.cut++;
		else
			d->r.removed++;
	}
}

static int settle(struct draft *d)
{
	if (d->limit && line_mappings(d->line) > d->limit)
		return -ENOSPC;
	d->is_default = false;
	return 0;
}

static int draft_map(struct draft *d, const struct entry *e)
{
	if (!e->perm)
		return -EINVAL;
	if (e->flags & RIOTLB_MAP_REPLACE)
		remove_units(d, e->first, e->last, false);
	if (any_mapped(d->line, e->first, e->last))
		return -EEXIST;
	d->line = line_map(d->line, e->first, e->last, e->id, e->perm);
	return settle(d);
}

static int draft_unmap(struct draft *d, const struct entry *e)
{
	if (e->policy == RIOTLB_UNMAP_NO_BISECT &&
	    (d->is_default || cuts(d->line, e->first, e->last)))
		return -EINVAL;
	remove_units(d, e->first, e->last, e->policy == RIOTLB_UNMAP_WHOLE);
	return settle(d);
}

static int draft_protect(struct draft *d, const struct entry *e)
{
	unsigned int a, b;
	uint64_t line = d->line;

	if (!e->perm || d->is_default)
		return -EINVAL;
	if (!all_mapped(line, e->first, e->last))
		return -EFAULT;
	for (unsigned int u = 0; next_mapping(line, u, &a, &b); u = b + 1) {
		unsigned int from = a < e->first ? e->first : a;
		unsigned int to = b > e->last ? e->last : b;

		if (b < e->first || a > e->last)
			continue;
		d->line = line_map(d->line, from, to,
				   cell_id(line_cell(line, a)), e->perm);
		if (b > to)
			d->line = begin_at(d->line, to + 1);
		d->r.cut += a < from || b > to;
	}
	d->r.bytes += board_bytes(d->w->board, e->first, e->last);
	return settle(d);
}

static int draft_entry(struct draft *d, const struct entry *e)
{
	switch (e->kind) {
	case RIOTLB_OP_MAP:
		return draft_map(d, e);
	case RIOTLB_OP_UNMAP:
		return draft_unmap(d, e);
	default:
		return draft_protect(d, e);
	}
}

/* ---- calls --------------------------------------------------------------- */

static struct result edit(const struct world *w, struct state *s,
			  const struct call *call)
{
	struct draft d = {
		.w = w,
		.line = s->live[call->asid],
		.is_default = in_default(s, call->asid),
		.limit = w->limit[call->asid],
	};
	unsigned int i = 0;
	int err = 0;

	if (call->kind == OP_SET_MAP)
		d.line = 0;
	while (i < call->n && !(err = draft_entry(&d, &call->entry[i])))
		i++;
	if (err)
		return (struct result){ .err = err, .index = i };
	s->live[call->asid] = d.line;
	s->is_default &= (uint8_t) ~(1u << call->asid);
	return d.r;
}

struct result state_call(const struct world *w, struct state *s,
			 const struct call *call)
{
	switch (call->kind) {
	case OP_RESET:
		s->live[call->asid] = 0;
		s->is_default |= (uint8_t)(1u << call->asid);
		break;
	case OP_BIND:
		s->binding &= (uint8_t) ~(1u << call->group);
		s->binding |= (uint8_t)(call->asid << call->group);
		break;
	default:
		return edit(w, s, call);
	}
	return (struct result){ 0 };
}

bool result_equal(const struct result *a, const struct result *b)
{
	return a->err == b->err && a->removed == b->removed &&
	       a->cut == b->cut && a->bytes == b->bytes && a->index == b->index;
}

bool state_needs_memory(const struct state *s, const struct call *call)
{
	switch (call->kind) {
	case OP_RESET:
	case OP_BIND:
		return false;
	case OP_UNMAP:
		return call->entry[0].policy == RIOTLB_UNMAP_EXACT &&
		       cuts(s->live[call->asid], call->entry[0].first,
			    call->entry[0].last);
	case OP_UNMAP_BULK:
		for (unsigned int i = 0; i < call->n; i++)
			if (call->entry[i].policy != RIOTLB_UNMAP_WHOLE &&
			    cuts(s->live[call->asid], call->entry[i].first,
				 call->entry[i].last))
				return true;
		return false;
	case OP_SET_MAP:
		return call->n > 0;
	default:
		return true;
	}
}

bool call_touches(const struct call *call, unsigned int asid, unsigned int unit)
{
	if (call->asid != asid || call->kind == OP_BIND)
		return false;
	if (call->kind == OP_RESET || call->kind == OP_SET_MAP)
		return true;
	for (unsigned int i = 0; i < call->n; i++)
		if (unit >= call->entry[i].first && unit <= call->entry[i].last)
			return true;
	return false;
}

/* ---- the same call for others -------------------------------------------- */

struct op call_op(const struct board *b, const struct call *call,
		  struct riotlb_op *many)
{
	struct op op = {
		.kind = (enum op_kind)call->kind,
		.asid = call->asid,
		.group = call->group,
		.flags = call->entry[0].flags,
		.policy = (enum riotlb_unmap_policy)call->entry[0].policy,
	};
	bool single = op.kind == OP_MAP || op.kind == OP_UNMAP ||
		      op.kind == OP_PROTECT;

	for (unsigned int i = 0; i < call->n; i++) {
		const struct entry *e = &call->entry[i];

		many[i] = (struct riotlb_op){
			.kind = (enum riotlb_op_kind)e->kind,
			.flags = e->flags,
			.policy = (enum riotlb_unmap_policy)e->policy,
			.mapping = board_mapping(b, e->first, e->last, e->id,
						 e->perm),
		};
	}
	if (single) {
		op.one = many[0].mapping;
	} else if (call->n) {
		op.many = many;
		op.n = call->n;
	}
	return op;
}
