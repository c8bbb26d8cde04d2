/* SPDX-License-Identifier: MIT */
#include "runs.h"

#include <stdio.h>
#include <stdlib.h>

#include "expr.h"

enum {
	MAX_RUNS = 1 << 20,
};

struct values {
	int list[MAX_VALUES];
	int n;
};

struct walker {
	const struct litmus *test;
	int thread;
	struct values *possible; /* by location */
	struct runs *runs;
};

static _Noreturn void too_many(const struct litmus *test, const char *what)
{
	fprintf(stderr, "%s: too many %s\n", test->name, what);
	exit(2);
}

static void values_add(const struct litmus *test, struct values *values,
		       int value)
{
	int i;

	for (i = 0; i < values->n; i++)
		if (values->list[i] == value)
			return;
	if (values->n == MAX_VALUES)
		too_many(test, "values");
	values->list[values->n++] = value;
}

static void keep(const struct walker *w, const struct run *run)
{
	struct runs *runs = w->runs;

	if (runs->n == runs->room) {
		runs->room = runs->room == 0 ? 64 : runs->room * 2;
		if (runs->room > MAX_RUNS)
			too_many(w->test, "runs");
		runs->list = realloc(runs->list,
				     (size_t)runs->room * sizeof(*runs->list));
		if (runs->list == NULL)
			too_many(w->test, "runs for the memory here");
	}
	runs->list[runs->n++] = *run;
}

static int evaluate(const struct walker *w, const struct run *run, int expr)
{
	struct scene scene = { 0 };
	int i;

	for (i = 0; i < MAX_REGISTERS; i++)
		scene.registers[w->thread][i] = run->registers[i];
	return expr_value(w->test, expr, &scene);
}

static void walk(const struct walker *w, int at, struct run run);

/* An event, with every value that its read part can return. */
static void walk_event(const struct walker *w, int at, struct run run)
{
	const struct step *s = &w->test->threads[w->thread].steps[at];
	const struct values *values = &w->possible[s->location];
	struct event *e = &run.events[run.nevents];
	int i;

	if (run.nevents++ == MAX_RUN_EVENTS)
		too_many(w->test, "events in a thread");
	*e = (struct event){
		.op = s->op,
		.order = s->order,
		.thread = w->thread,
		.location = s->location,
	};
	if (op_writes(s->op))
		e->written = evaluate(w, &run, s->value);
	if (!op_reads(s->op)) {
		walk(w, at + 1, run);
		return;
	}
	for (i = 0; i < values->n; i++) {
		struct run next = run;

		e = &next.events[next.nevents - 1];
		e->read = values->list[i];
		if (s->op == OP_ADD)
			e->written += e->read;
		if (s->reg != NONE)
			next.registers[s->reg] = e->read;
		walk(w, at + 1, next);
	}
}

static void walk(const struct walker *w, int at, struct run run)
{
	const struct thread *t = &w->test->threads[w->thread];

	while (at < t->nsteps) {
		const struct step *s = &t->steps[at];

		switch (s->op) {
		case OP_SET:
			run.registers[s->reg] = evaluate(w, &run, s->value);
			at++;
			break;
		case OP_JUMP:
			at = s->target;
			break;
		case OP_JUMP_UNLESS:
			at = evaluate(w, &run, s->value) ? at + 1 : s->target;
			break;
		default:
			walk_event(w, at, run);
			return;
		}
	}
	keep(w, &run);
}

static void walk_all(const struct litmus *test, struct values *possible,
		     struct runs *runs)
{
	int i;

	for (i = 0; i < test->nthreads; i++) {
		struct walker w = { test, i, possible, &runs[i] };

		runs[i].n = 0;
		walk(&w, 0, (struct run){ .nevents = 0 });
	}
}

static void learn(const struct litmus *test, const struct runs *runs,
		  struct values *possible)
{
	int i, j;

	for (i = 0; i < runs->n; i++) {
		const struct run *run = &runs->list[i];

		for (j = 0; j < run->nevents; j++)
			if (op_writes(run->events[j].op))
				values_add(test,
					   &possible[run->events[j].location],
					   run->events[j].written);
	}
}

/* A value is made by a chain of at most that many writes, one per step. */
static int writing_steps(const struct litmus *test)
{
	int i, j, n = 0;

	for (i = 0; i < test->nthreads; i++)
		for (j = 0; j < test->threads[i].nsteps; j++)
			n += op_writes(test->threads[i].steps[j].op);
	return n;
}

void runs_of(const struct litmus *test, struct runs runs[MAX_THREADS])
{
	struct values possible[MAX_LOCATIONS] = { { { 0 }, 0 } };
	int i, known, now, rounds = writing_steps(test);

	for (i = 0; i < test->nlocations; i++)
		values_add(test, &possible[i], test->initial[i]);
	do {
		for (known = 0, i = 0; i < test->nlocations; i++)
			known += possible[i].n;
		walk_all(test, possible, runs);
		for (i = 0; i < test->nthreads; i++)
			learn(test, &runs[i], possible);
		for (now = 0, i = 0; i < test->nlocations; i++)
			now += possible[i].n;
	} while (now != known && rounds-- != 0);
}

void runs_free(struct runs runs[MAX_THREADS])
{
	int i;

	for (i = 0; i < MAX_THREADS; i++)
		free(runs[i].list);
}
