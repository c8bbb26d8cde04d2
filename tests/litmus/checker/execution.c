/* SPDX-License-Identifier: MIT */
#include "execution.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr.h"

struct search {
	const struct litmus *test;
	bool load_buffering;
	struct runs runs[MAX_THREADS];
	const struct run *chosen[MAX_THREADS];
	struct execution x;
	struct verdict verdict;
};

/* ---- the end of an execution ----------------------------------- */

static bool is_last_write(const struct execution *x, int i)
{
	return op_writes(x->events[i].op) && x->mo.row[i] == 0;
}

static bool condition_holds(const struct search *s)
{
	struct scene scene;
	int i;

	for (i = 0; i < s->test->nthreads; i++)
		memcpy(scene.registers[i], s->chosen[i]->registers,
		       sizeof(scene.registers[i]));
	for (i = 0; i < s->x.n; i++)
		if (is_last_write(&s->x, i))
			scene.locations[s->x.events[i].location] =
				s->x.events[i].written;
	return expr_value(s->test, s->test->condition, &scene) != 0;
}

static void judge(struct search *s)
{
	if (!model_allows(&s->x, s->load_buffering))
		return;
	s->verdict.consistent++;
	s->verdict.satisfying += condition_holds(s);
}

/* ---- modification orders --------------------------------------- */

static events writes_to(const struct execution *x, int location)
{
	events set = 0;
	int i;

	for (i = 0; i < x->n; i++)
		if (op_writes(x->events[i].op) &&
		    x->events[i].location == location)
			set |= event_bit(i);
	return set;
}

static void order_location(struct search *s, int location);

/* `left`: the location's writes that have no place yet. */
static void order_writes(struct search *s, int location, events left)
{
	int i;

	if (left == 0) {
		order_location(s, location + 1);
		return;
	}
	for (i = 0; i < s->x.n; i++) {
		if (!event_in(left, i))
			continue;
		s->x.mo.row[i] = left & ~event_bit(i);
		order_writes(s, location, left & ~event_bit(i));
	}
}

static void order_location(struct search *s, int location)
{
	events writes;

	if (location == s->test->nlocations) {
		judge(s);
		return;
	}
	/* the initial write, which is event `location`, comes first */
	writes = writes_to(&s->x, location) & ~event_bit(location);
	s->x.mo.row[location] = writes;
	order_writes(s, location, writes);
}

/* ---- where reads read from ------------------------------------- */

static bool can_read(const struct execution *x, int write, int read)
{
	const struct event *w = &x->events[write], *r = &x->events[read];

	return write != read && op_writes(w->op) &&
	       w->location == r->location && w->written == r->read &&
	       !related(&x->sb, read, write);
}

static void choose_sources(struct search *s, int read)
{
	int write;

	while (read < s->x.n && !op_reads(s->x.events[read].op))
		read++;
	if (read == s->x.n) {
		order_location(s, 0);
		return;
	}
	for (write = 0; write < s->x.n; write++) {
		if (!can_read(&s->x, write, read))
			continue;
		relate(&s->x.rf, write, read);
		s->x.sources[read] = write;
		choose_sources(s, read + 1);
		s->x.rf.row[write] &= ~event_bit(read);
	}
}

/* ---- runs ------------------------------------------------------ */

static void add_event(struct search *s, const struct event *e)
{
	if (s->x.n == MAX_EVENTS) {
		fprintf(stderr, "%s: too many events\n", s->test->name);
		exit(2);
	}
	s->x.events[s->x.n++] = *e;
}

static void add_initial(struct search *s)
{
	int i;

	for (i = 0; i < s->test->nlocations; i++)
		add_event(s, &(struct event){
				     .op = OP_STORE,
				     .thread = NONE,
				     .location = i,
				     .written = s->test->initial[i],
			     });
}

/*
 * A grace period has a beginning and an end, which the model relates to
 * sections separately: two events in a row.
 */
static void add_run(struct search *s, const struct run *run)
{
	int i;

	for (i = 0; i < run->nevents; i++) {
		add_event(s, &run->events[i]);
		if (run->events[i].op == OP_GRACE_PERIOD)
			add_event(s, &run->events[i]);
	}
}

static void sequence(struct execution *x)
{
	int a, b;

	x->sb = rel_empty(x->n);
	for (a = 0; a < x->n; a++)
		for (b = a + 1; b < x->n; b++)
			if (x->events[b].thread != NONE &&
			    (x->events[a].thread == NONE ||
			     x->events[a].thread == x->events[b].thread))
				relate(&x->sb, a, b);
}

static void try_runs(struct search *s)
{
	int i;

	s->x.n = 0;
	add_initial(s);
	for (i = 0; i < s->test->nthreads; i++)
		add_run(s, s->chosen[i]);
	sequence(&s->x);
	s->x.rf = rel_empty(s->x.n);
	s->x.mo = rel_empty(s->x.n);
	choose_sources(s, 0);
}

static void choose_runs(struct search *s, int thread)
{
	int i;

	if (thread == s->test->nthreads) {
		try_runs(s);
		return;
	}
	for (i = 0; i < s->runs[thread].n; i++) {
		s->chosen[thread] = &s->runs[thread].list[i];
		choose_runs(s, thread + 1);
	}
}

struct verdict litmus_run(const struct litmus *test, bool load_buffering)
{
	struct search *s = calloc(1, sizeof(*s));
	struct verdict verdict;

	if (s == NULL) {
		fprintf(stderr, "%s: no memory\n", test->name);
		exit(2);
	}
	s->test = test;
	s->load_buffering = load_buffering;
	runs_of(test, s->runs);
	choose_runs(s, 0);
	verdict = s->verdict;
	runs_free(s->runs);
	free(s);
	return verdict;
}
