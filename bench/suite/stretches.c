/* SPDX-License-Identifier: MIT */
#include "stretches.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/riotlb/ops.h"

/* What is being made; the arrays have room for all. */
struct maker {
	struct stretches *s;
	uint32_t *live; /* indices of what is mapped at this point */
	size_t n_live;
	bool has_place;
	uint32_t place; /* the only AS */
	const char **why;
};

static struct stretch *stretch_of(struct stretches *s, enum stretch_kind kind,
				  size_t first)
{
	if (s->n == 0 || s->all[s->n - 1].kind != kind)
		s->all[s->n++] =
			(struct stretch){ .kind = kind, .first = first };
	return &s->all[s->n - 1];
}

static void add_order(struct stretches *s, enum stretch_kind kind,
		      uint32_t index)
{
	stretch_of(s, kind, s->n_order)->n++;
	s->order[s->n_order++] = index;
	s->of_kind[kind]++;
	s->operations++;
}

static int refuse(struct maker *k, const char *why)
{
	*k->why = why;
	return -ENOTSUP;
}

static int take_map(struct maker *k, const struct op *op)
{
	struct stretches *s = k->s;
	uint32_t index = (uint32_t)s->n_m;

	s->m[index] = op->what;
	s->m[index].perm = RIOTLB_RW;
	s->n_m++;
	k->live[k->n_live++] = index;
	if (k->n_live > s->most_live)
		s->most_live = k->n_live;
	add_order(s, STRETCH_MAP, index);
	return 0;
}

static int take_unmap(struct maker *k, const struct op *op)
{
	struct stretches *s = k->s;
	size_t i = 0;

	while (i < k->n_live) {
		const struct riotlb_mapping *m = &s->m[k->live[i]];

		if (m->last < op->what.start || m->start > op->what.last) {
			i++;
			continue;
		}
		if (m->start < op->what.start || m->last > op->what.last)
			return refuse(k, "an unmap in it cuts a mapping");
		add_order(s, STRETCH_UNMAP, k->live[i]);
		k->live[i] = k->live[--k->n_live];
	}
	return 0;
}

static int take_lookup(struct maker *k, const struct op *op)
{
	struct stretches *s = k->s;
	struct stretch *st;

	if (!op->answered)
		return 0;
	st = stretch_of(s, STRETCH_LOOKUP, s->n_keys);
	st->n++;
	st->sum += op->what.addr;
	s->keys[s->n_keys++] = op->what.start;
	s->of_kind[STRETCH_LOOKUP]++;
	s->operations++;
	return 0;
}

static int take(struct maker *k, const struct op *op)
{
	if (op->kind == OP_BIND)
		return 0;
	if (op->kind == OP_TRANSLATE)
		return take_lookup(k, op);
	if (k->has_place && k->place != op->place)
		return refuse(k, "it has several address spaces");
	k->has_place = true;
	k->place = op->place;
	return op->kind == OP_MAP ? take_map(k, op) : take_unmap(k, op);
}

/* Room for every operation as any kind; an unmap removes what was mapped. */
static int allocate(struct maker *k, size_t operations)
{
	struct stretches *s = k->s;

	s->all = calloc(2 * operations + 1, sizeof(*s->all));
	s->m = calloc(operations + 1, sizeof(*s->m));
	s->order = calloc(2 * operations + 1, sizeof(*s->order));
	s->keys = calloc(operations + 1, sizeof(*s->keys));
	k->live = calloc(operations + 1, sizeof(*k->live));
	return s->all && s->m && s->order && s->keys && k->live ? 0 : -ENOMEM;
}

int stretches_make(struct stretches *s, const struct trace *trace,
		   const char **why)
{
	struct maker k = { .s = s, .why = why };
	struct op_stream stream;
	struct op op;
	size_t operations = 0;
	int err;

	*s = (struct stretches){ .n = 0 };
	*why = "out of memory";
	if (ops_init(&stream, trace, 1) != STATUS_OK)
		return refuse(&k, "it does not fit into an address space");
	while (ops_next(&stream, &op))
		operations++;
	err = allocate(&k, operations);
	ops_rewind(&stream);
	while (!err && ops_next(&stream, &op))
		err = take(&k, &op);
	while (!err && k.n_live)
		add_order(s, STRETCH_UNMAP, k.live[--k.n_live]);
	if (!err && s->n_m == 0)
		err = refuse(&k, "it maps nothing");
	free(k.live);
	if (err)
		stretches_free(s);
	return err;
}

void stretches_free(struct stretches *s)
{
	free(s->all);
	free(s->m);
	free(s->order);
	free(s->keys);
	*s = (struct stretches){ .n = 0 };
}
