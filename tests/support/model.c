/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * An update under construction. `is_default` is the state that the next
 * operation finds: while it holds, `table` is empty, because every operation
 * that is allowed in the default state starts from nothing.
 */
struct draft {
	struct model_table table;
	struct model_table pieces;
	bool is_default;
	uint64_t limit;
	struct riotlb_report report;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void push(struct model_table *t, const struct riotlb_mapping *m)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		t->maps = must(realloc(t->maps, t->cap * sizeof(*t->maps)));
	}
	t->maps[t->n] = *m;
	t->maps[t->n].reserved = 0;
	t->n++;
}

static void insert(struct model_table *t, const struct riotlb_mapping *m)
{
	size_t at;

	push(t, m);
	for (at = t->n - 1; at > 0 && t->maps[at - 1].start > m->start; at--)
		t->maps[at] = t->maps[at - 1];
	t->maps[at] = *m;
	t->maps[at].reserved = 0;
}

static void drop(struct model_table *t)
{
	free(t->maps);
	memset(t, 0, sizeof(*t));
}

static bool hits(const struct riotlb_mapping *m, uint64_t start, uint64_t last)
{
	return m->start <= last && start <= m->last;
}

static struct riotlb_mapping clip(const struct riotlb_mapping *m,
				  uint64_t start, uint64_t last)
{
	struct riotlb_mapping part = *m;

	part.start = start;
	part.last = last;
	part.addr = m->addr + (start - m->start);
	return part;
}

/* Adds the size of [start, last], which is 2^64 for the full range. */
static void add_bytes(struct riotlb_bytes *sum, uint64_t start, uint64_t last)
{
	uint64_t span = last - start;

	sum->lo += span;
	sum->hi += sum->lo < span;
	sum->lo++;
	sum->hi += sum->lo == 0;
}

static bool perm_is_valid(uint32_t perm)
{
	return perm >= 1 && perm <= 3;
}

static int check_mapping(const struct riotlb_mapping *m, uint32_t flags)
{
	if (m->last < m->start || !perm_is_valid(m->perm))
		return -EINVAL;
	if (flags & ~(uint32_t)RIOTLB_MAP_REPLACE)
		return -EINVAL;
	if (m->addr > UINT64_MAX - (m->last - m->start))
		return -EOVERFLOW;
	return 0;
}

/* ---- drafts ------------------------------------------------------------ */

static void draft_begin(struct draft *d, const struct model_as *as)
{
	memset(d, 0, sizeof(*d));
	d->is_default = as->is_default;
	d->limit = as->limit;
	for (size_t i = 0; i < as->live.n; i++)
		push(&d->table, &as->live.maps[i]);
}

static void draft_piece(struct draft *d, const struct riotlb_mapping *m,
			uint64_t start, uint64_t last)
{
	struct riotlb_mapping piece = clip(m, start, last);

	push(&d->pieces, &piece);
	add_bytes(&d->report.bytes, start, last);
}

/* Takes [start, last] out; with `whole`, everything that it touches. */
static void draft_remove(struct draft *d, uint64_t start, uint64_t last,
			 bool whole)
{
	struct model_table kept = { 0 };

	for (size_t i = 0; i < d->table.n; i++) {
		const struct riotlb_mapping *m = &d->table.maps[i];
		bool left = m->start < start && !whole;
		bool right = m->last > last && !whole;

		if (!hits(m, start, last)) {
			push(&kept, m);
			continue;
		}
		if (left) {
			struct riotlb_mapping part;

			part = clip(m, m->start, start - 1);
			push(&kept, &part);
		}
		if (right) {
			struct riotlb_mapping part;

			part = clip(m, last + 1, m->last);
			push(&kept, &part);
		}
		draft_piece(d, m, left ? start : m->start,
			    right ? last : m->last);
		if (left || right)
			d->report.cut++;
		else
			d->report.removed++;
	}
	drop(&d->table);
	d->table = kept;
}

/* Every operation ends here: too many mappings, or the default state is left */
static int draft_settle(struct draft *d)
{
	if (d->limit && d->table.n > d->limit)
		return -ENOSPC;
	d->is_default = false;
	return 0;
}

static int draft_map(struct draft *d, const struct riotlb_mapping *m,
		     uint32_t flags)
{
	int err = check_mapping(m, flags);

	if (err)
		return err;
	if (flags & RIOTLB_MAP_REPLACE)
		draft_remove(d, m->start, m->last, false);
	for (size_t i = 0; i < d->table.n; i++)
		if (hits(&d->table.maps[i], m->start, m->last))
			return -EEXIST;
	insert(&d->table, m);
	return draft_settle(d);
}

static bool cuts(const struct draft *d, uint64_t start, uint64_t last)
{
	for (size_t i = 0; i < d->table.n; i++) {
		const struct riotlb_mapping *m = &d->table.maps[i];

		if (hits(m, start, last) &&
		    (m->start < start || m->last > last))
			return true;
	}
	return false;
}

static int draft_unmap(struct draft *d, uint64_t start, uint64_t last,
		       enum riotlb_unmap_policy policy)
{
	if (last < start)
		return -EINVAL;
	switch (policy) {
	case RIOTLB_UNMAP_EXACT:
	case RIOTLB_UNMAP_WHOLE:
		break;
	case RIOTLB_UNMAP_NO_BISECT:
		if (d->is_default || cuts(d, start, last))
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	draft_remove(d, start, last, policy == RIOTLB_UNMAP_WHOLE);
	return draft_settle(d);
}

static bool covered(const struct model_table *t, uint64_t start, uint64_t last)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct riotlb_mapping *m = &t->maps[i];

		if (m->start > start || m->last < start)
			continue;
		if (m->last >= last)
			return true;
		start = m->last + 1;
	}
	return false;
}

static void split_protect(struct draft *d, const struct riotlb_mapping *m,
			  uint64_t start, uint64_t last, uint32_t perm,
			  struct model_table *out)
{
	uint64_t from = m->start < start ? start : m->start;
	uint64_t to = m->last > last ? last : m->last;
	struct riotlb_mapping part;

	if (m->start < from) {
		part = clip(m, m->start, from - 1);
		push(out, &part);
	}
	part = clip(m, from, to);
	part.perm = perm;
	push(out, &part);
	if (m->last > to) {
		part = clip(m, to + 1, m->last);
		push(out, &part);
	}
	if (m->start < from || m->last > to)
		d->report.cut++;
}

static int draft_protect(struct draft *d, uint64_t start, uint64_t last,
			 uint32_t perm)
{
	struct model_table out = { 0 };

	if (last < start || !perm_is_valid(perm) || d->is_default)
		return -EINVAL;
	if (!covered(&d->table, start, last))
		return -EFAULT;
	for (size_t i = 0; i < d->table.n; i++) {
		const struct riotlb_mapping *m = &d->table.maps[i];

		if (hits(m, start, last))
			split_protect(d, m, start, last, perm, &out);
		else
			push(&out, m);
	}
	drop(&d->table);
	d->table = out;
	add_bytes(&d->report.bytes, start, last);
	return draft_settle(d);
}

static int draft_op(struct draft *d, const struct riotlb_op *op)
{
	const struct riotlb_mapping *m = &op->mapping;

	switch (op->kind) {
	case RIOTLB_OP_MAP:
		return draft_map(d, m, op->flags);
	case RIOTLB_OP_UNMAP:
		return draft_unmap(d, m->start, m->last, op->policy);
	case RIOTLB_OP_PROTECT:
		return draft_protect(d, m->start, m->last, m->perm);
	}
	return -EINVAL;
}

static void emit(const struct model *m, uint32_t asid,
		 const struct model_table *pieces)
{
	if (!m->piece)
		return;
	for (size_t i = 0; i < pieces->n; i++)
		m->piece(m->piece_ctx, asid, &pieces->maps[i]);
}

/* Installs the draft, or drops it: `err` came from entry `index`. */
static int draft_end(struct model *m, uint32_t asid, struct draft *d, int err,
		     size_t index, struct riotlb_report *report)
{
	if (err) {
		memset(&d->report, 0, sizeof(d->report));
		d->report.index = index;
		drop(&d->table);
	} else {
		drop(&m->as[asid].live);
		m->as[asid].live = d->table;
		m->as[asid].is_default = false;
		emit(m, asid, &d->pieces);
	}
	drop(&d->pieces);
	if (report)
		*report = d->report;
	return err;
}

static int refuse(struct riotlb_report *report)
{
	if (report)
		memset(report, 0, sizeof(*report));
	return -EINVAL;
}

/* ---- updates ----------------------------------------------------------- */

int model_map(struct model *m, uint32_t asid,
	      const struct riotlb_mapping *mapping, uint32_t flags,
	      struct riotlb_report *report)
{
	struct draft d;

	if (asid >= m->nas)
		return refuse(report);
	draft_begin(&d, &m->as[asid]);
	return draft_end(m, asid, &d, draft_map(&d, mapping, flags), 0, report);
}

int model_unmap(struct model *m, uint32_t asid, uint64_t start, uint64_t last,
		enum riotlb_unmap_policy policy, struct riotlb_report *report)
{
	struct draft d;
	int err;

	if (asid >= m->nas)
		return refuse(report);
	draft_begin(&d, &m->as[asid]);
	err = draft_unmap(&d, start, last, policy);
	return draft_end(m, asid, &d, err, 0, report);
}

int model_protect(struct model *m, uint32_t asid, uint64_t start, uint64_t last,
		  uint32_t perm, struct riotlb_report *report)
{
	struct draft d;
	int err;

	if (asid >= m->nas)
		return refuse(report);
	draft_begin(&d, &m->as[asid]);
	err = draft_protect(&d, start, last, perm);
	return draft_end(m, asid, &d, err, 0, report);
}

int model_map_bulk(struct model *m, uint32_t asid,
		   const struct riotlb_mapping *mappings, size_t n,
		   uint32_t flags, struct riotlb_report *report)
{
	struct draft d;
	size_t i = 0;
	int err = 0;

	if (asid >= m->nas || (flags & ~(uint32_t)RIOTLB_MAP_REPLACE))
		return refuse(report);
	draft_begin(&d, &m->as[asid]);
	while (i < n && !(err = draft_map(&d, &mappings[i], flags)))
		i++;
	return draft_end(m, asid, &d, err, i, report);
}

int model_unmap_bulk(struct model *m, uint32_t asid,
		     const struct riotlb_range *ranges, size_t n,
		     enum riotlb_unmap_policy policy,
		     struct riotlb_report *report)
{
	struct draft d;
	size_t i = 0;
	int err = 0;

	if (asid >= m->nas || policy > RIOTLB_UNMAP_NO_BISECT)
		return refuse(report);
	draft_begin(&d, &m->as[asid]);
	while (i < n && !(err = draft_unmap(&d, ranges[i].start, ranges[i].last,
					    policy)))
		i++;
	return draft_end(m, asid, &d, err, i, report);
}

int model_apply(struct model *m, uint32_t asid, const struct riotlb_op *ops,
		size_t n, struct riotlb_report *report)
{
	struct draft d;
	size_t i = 0;
	int err = 0;

	if (asid >= m->nas)
		return refuse(report);
	draft_begin(&d, &m->as[asid]);
	while (i < n && !(err = draft_op(&d, &ops[i])))
		i++;
	return draft_end(m, asid, &d, err, i, report);
}

int model_set_map(struct model *m, uint32_t asid,
		  const struct riotlb_mapping *mappings, size_t n,
		  struct riotlb_report *report)
{
	struct draft d;
	size_t i = 0;
	int err = 0;

	if (asid >= m->nas)
		return refuse(report);
	draft_begin(&d, &m->as[asid]);
	draft_remove(&d, 0, UINT64_MAX, true);
	while (i < n && !(err = draft_map(&d, &mappings[i], 0)))
		i++;
	err = draft_end(m, asid, &d, err, i, report);
	/* a swap, like reset_map's: nobody counts the old table */
	if (!err && report) {
		report->removed = 0;
		report->bytes = (struct riotlb_bytes){ 0, 0 };
	}
	return err;
}

int model_reset_map(struct model *m, uint32_t asid,
		    struct riotlb_report *report)
{
	refuse(report);
	if (asid >= m->nas)
		return -EINVAL;
	emit(m, asid, &m->as[asid].live);
	drop(&m->as[asid].live);
	m->as[asid].is_default = true;
	m->as[asid].resets++;
	return 0;
}

int model_set_group_asid(struct model *m, uint32_t group, uint32_t asid,
			 struct riotlb_report *report)
{
	refuse(report);
	if (group >= m->ngroups || asid >= m->nas)
		return -EINVAL;
	m->group[group] = asid;
	return 0;
}

int model_get_group_asid(const struct model *m, uint32_t group, uint32_t *asid)
{
	if (group >= m->ngroups)
		return -EINVAL;
	*asid = m->group[group];
	return 0;
}

/* ---- life -------------------------------------------------------------- */

static int build_list(struct model_table *t, const struct riotlb_mapping *list,
		      size_t n)
{
	struct draft d = { .is_default = true };
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = draft_map(&d, &list[i], 0);
	if (err)
		drop(&d.table);
	*t = d.table;
	return err;
}

static int build_default(struct model_table *t, const struct riotlb_default *d)
{
	struct riotlb_mapping one = {
		.start = 0,
		.last = UINT64_MAX,
		.perm = RIOTLB_RW,
	};

	if (!d)
		return build_list(t, &one, 1);
	switch (d->kind) {
	case RIOTLB_DEFAULT_IDENTITY:
		return build_list(t, &one, 1);
	case RIOTLB_DEFAULT_APERTURE:
		one.start = d->start;
		one.last = d->last;
		one.addr = d->start;
		return build_list(t, &one, 1);
	case RIOTLB_DEFAULT_EMPTY:
		return 0;
	case RIOTLB_DEFAULT_LIST:
		return build_list(t, d->list, d->n);
	}
	return -EINVAL;
}

int model_init(struct model *m, uint32_t nas, uint32_t ngroups,
	       const struct riotlb_default *defaults,
	       const struct riotlb_limits *limits)
{
	int err = 0;

	memset(m, 0, sizeof(*m));
	/* what can be seen to be wrong is, before any list is looked into */
	for (uint32_t i = 0; i < nas && defaults; i++)
		if (defaults[i].kind == RIOTLB_DEFAULT_APERTURE &&
		    defaults[i].last < defaults[i].start)
			return -EINVAL;
	m->nas = nas;
	m->ngroups = ngroups;
	m->as = must(calloc(nas, sizeof(*m->as)));
	m->group = must(calloc((size_t)ngroups + 1, sizeof(*m->group)));
	for (uint32_t i = 0; i < nas && !err; i++) {
		m->as[i].is_default = true;
		m->as[i].limit = limits ? limits[i].mappings : 0;
		err = build_default(&m->as[i].initial,
				    defaults ? &defaults[i] : NULL);
	}
	if (err)
		model_fini(m);
	return err;
}

void model_fini(struct model *m)
{
	for (uint32_t i = 0; i < m->nas; i++) {
		emit(m, i, &m->as[i].live);
		drop(&m->as[i].live);
		drop(&m->as[i].initial);
	}
	free(m->as);
	free(m->group);
	memset(m, 0, sizeof(*m));
}
