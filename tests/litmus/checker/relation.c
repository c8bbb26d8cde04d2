/* SPDX-License-Identifier: MIT */
#include "relation.h"

struct relation rel_empty(int n)
{
	return (struct relation){ .n = n };
}

struct relation rel_identity(int n, events set)
{
	struct relation out = rel_empty(n);
	int i;

	for (i = 0; i < n; i++)
		out.row[i] = set & event_bit(i);
	return out;
}

struct relation rel_then(const struct relation *r, const struct relation *s)
{
	struct relation out = rel_empty(r->n);
	int a, b;

	for (a = 0; a < r->n; a++)
		for (b = 0; b < r->n; b++)
			if (related(r, a, b))
				out.row[a] |= s->row[b];
	return out;
}

struct relation rel_or(const struct relation *r, const struct relation *s)
{
	struct relation out = rel_empty(r->n);
	int i;

	for (i = 0; i < r->n; i++)
		out.row[i] = r->row[i] | s->row[i];
	return out;
}

struct relation rel_and(const struct relation *r, const struct relation *s)
{
	struct relation out = rel_empty(r->n);
	int i;

	for (i = 0; i < r->n; i++)
		out.row[i] = r->row[i] & s->row[i];
	return out;
}

struct relation rel_minus(const struct relation *r, const struct relation *s)
{
	struct relation out = rel_empty(r->n);
	int i;

	for (i = 0; i < r->n; i++)
		out.row[i] = r->row[i] & ~s->row[i];
	return out;
}

struct relation rel_between(events from, const struct relation *r, events to)
{
	struct relation out = rel_empty(r->n);
	int i;

	for (i = 0; i < r->n; i++)
		if (event_in(from, i))
			out.row[i] = r->row[i] & to;
	return out;
}

struct relation rel_inverse(const struct relation *r)
{
	struct relation out = rel_empty(r->n);
	int a, b;

	for (a = 0; a < r->n; a++)
		for (b = 0; b < r->n; b++)
			if (related(r, a, b))
				relate(&out, b, a);
	return out;
}

struct relation rel_plus(const struct relation *r)
{
	struct relation out = *r;
	int a, via;

	for (via = 0; via < r->n; via++)
		for (a = 0; a < r->n; a++)
			if (related(&out, a, via))
				out.row[a] |= out.row[via];
	return out;
}

struct relation rel_maybe(const struct relation *r)
{
	struct relation out = *r;
	int i;

	for (i = 0; i < r->n; i++)
		relate(&out, i, i);
	return out;
}

bool rel_irreflexive(const struct relation *r)
{
	int i;

	for (i = 0; i < r->n; i++)
		if (related(r, i, i))
			return false;
	return true;
}

bool rel_acyclic(const struct relation *r)
{
	struct relation closed = rel_plus(r);

	return rel_irreflexive(&closed);
}
