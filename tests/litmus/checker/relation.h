/* SPDX-License-Identifier: MIT */
/*
 * Binary relations and sets over at most 64 events, as bits: the notation of
 * the axioms, made executable.
 */
#ifndef LITMUS_RELATION_H
#define LITMUS_RELATION_H

#include <stdbool.h>
#include <stdint.h>

enum {
	MAX_EVENTS = 64,
};

typedef uint64_t events;

struct relation {
	int n;
	events row[MAX_EVENTS]; /* row[a] has b: a is related to b */
};

static inline events event_bit(int i)
{
	return (events)1 << i;
}

static inline bool event_in(events set, int i)
{
	return (set >> i & 1) != 0;
}

static inline bool related(const struct relation *r, int a, int b)
{
	return event_in(r->row[a], b);
}

static inline void relate(struct relation *r, int a, int b)
{
	r->row[a] |= event_bit(b);
}

struct relation rel_empty(int n);
/* [set]: each of its events with itself */
struct relation rel_identity(int n, events set);
/* r;s */
struct relation rel_then(const struct relation *r, const struct relation *s);
struct relation rel_or(const struct relation *r, const struct relation *s);
struct relation rel_and(const struct relation *r, const struct relation *s);
struct relation rel_minus(const struct relation *r, const struct relation *s);
/* [from];r;[to] */
struct relation rel_between(events from, const struct relation *r, events to);
struct relation rel_inverse(const struct relation *r);
/* r+ and r? */
struct relation rel_plus(const struct relation *r);
struct relation rel_maybe(const struct relation *r);

bool rel_irreflexive(const struct relation *r);
bool rel_acyclic(const struct relation *r);

#endif
