/* SPDX-License-Identifier: MIT */
/*
 * The recorded traces, played to every subject that can: the same calls in the
 * same order. What a driver did one after the other of one kind is one stretch,
 * which is one call of a subject's loop.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/riotlb/load.h"
#include "../../tools/riotlb/ops.h"
#include "shift.h"
#include "stretches.h"
#include "workload.h"

#define QUICK_ROUNDS 5u
/* Events; a replay of all of them takes a peer some 100 ms. */
#define QUICK_EVENTS 20000u

static const struct {
	const char *name;
	const char *file;
	const char *what;
} traces[] = {
	{ "vblk", BENCH_TRACES "/vblk.viommu.log.xz", "virtio-blk, fio" },
	{ "net", BENCH_TRACES "/net.viommu.log.xz", "virtio-net, iperf3" },
	{ "nvme4k", BENCH_TRACES "/nvme4k.ftrace.xz", "NVMe, fio of 4 KiB" },
};

#define TRACES (sizeof(traces) / sizeof(traces[0]))

/* Rows: the whole replay with no clock in it, and each kind of stretch. */
enum { REPLAY = STRETCH_KINDS, ROWS };

static const char *const row_ops[ROWS] = {
	[STRETCH_LOOKUP] = "translate",
	[STRETCH_MAP] = "map",
	[STRETCH_UNMAP] = "unmap",
	[REPLAY] = "replay",
};

/* One row of a subject. */
struct player {
	const struct subject_ops *ops;
	void *self;
	const struct stretches *s;
	size_t row; /* as in row_ops */
};

/* ---- playing ------------------------------------------------------------ */

static int play_stretch(const struct player *p, const struct stretch *st,
			uint64_t *wrong)
{
	const struct stretches *s = p->s;

	switch (st->kind) {
	case STRETCH_LOOKUP:
		*wrong |= p->ops->lookup(p->self, s->keys + st->first, st->n) ^
			  st->sum;
		return 0;
	case STRETCH_MAP:
		return p->ops->map_each(p->self, s->m, s->order + st->first,
					st->n);
	case STRETCH_UNMAP:
		return p->ops->unmap_each(p->self, s->m, s->order + st->first,
					  st->n);
	case STRETCH_KINDS:
		break;
	}
	return -EINVAL;
}

static void run_replay(cb_state *state, void *arg)
{
	const struct player *p = arg;
	uint64_t wrong = 0;
	int err = 0;

	CB_LOOP(state)
	{
		for (size_t i = 0; i < p->s->n && !err; i++)
			err = play_stretch(p, &p->s->all[i], &wrong);
	}
	if (err || wrong)
		cb_skip_error(state, err ? "an update failed"
					 : "a lookup had a wrong answer");
}

/* The time of the stretches of one kind, less that of reading the clock. */
static void run_kind(cb_state *state, void *arg)
{
	const struct player *p = arg;
	uint64_t wrong = 0;
	int err = 0;

	CB_LOOP(state)
	{
		double ns = 0;

		for (size_t i = 0; i < p->s->n && !err; i++) {
			const struct stretch *st = &p->s->all[i];
			uint64_t ticks = clock_ticks();

			err = play_stretch(p, st, &wrong);
			ticks = clock_ticks() - ticks;
			if (st->kind == p->row)
				ns += clock_ns(ticks) - clock_facts.overhead_ns;
		}
		cb_set_iteration_time(state, ns > 0 ? ns / 1e9 : 0);
	}
	if (err || wrong)
		cb_skip_error(state, err ? "an update failed"
					 : "a lookup had a wrong answer");
}

static struct trial trial_of(struct player *p, struct row *row)
{
	struct trial t = {
		.row = row,
		.run = run_replay,
		.ctx = p,
		.iterations = 1,
		.per_iteration = (double)p->s->operations,
	};

	if (p->row != REPLAY) {
		t.run = run_kind;
		t.manual_time = true;
		t.per_iteration = (double)p->s->of_kind[p->row];
	}
	return t;
}

/* ---- rows --------------------------------------------------------------- */

static bool wanted(const struct suite *suite, size_t trace, size_t row,
		   const struct subject_ops *ops)
{
	return suite_wants(suite, "trace", row_ops[row], traces[trace].name,
			   ops->name);
}

static struct row *add_row(struct suite *suite, size_t trace, size_t row,
			   const struct subject_ops *ops)
{
	return results_add(suite->results, &(struct row){
						   .group = "trace",
						   .op = row_ops[row],
						   .shape = traces[trace].name,
						   .subject = ops->name,
						   .what = traces[trace].what,
						   .unit = "ns",
						   .x = NAN,
					   });
}

static size_t rounds_of(const struct suite *suite)
{
	return suite->quick && suite->rounds > QUICK_ROUNDS ? QUICK_ROUNDS
							    : suite->rounds;
}

/* A subject's table begins empty: what is left of its default goes. */
static void *open_empty(const struct subject_ops *ops,
			const struct stretches *s)
{
	void *self = ops->open();
	uint32_t first = 0;

	if (!self)
		return NULL;
	if (ops->replace(self, s->m, 1) ||
	    ops->unmap_each(self, s->m, &first, 1)) {
		ops->close(self);
		return NULL;
	}
	ops->settle(self);
	return self;
}

static const char *unfit(const struct subject_ops *ops,
			 const struct stretches *s, enum row_state *state,
			 char why[WORKLOAD_WHY])
{
	const char *text;

	*state = ROW_NA;
	if (!ops->missing && (!ops->map_each || !ops->unmap_each))
		return "it has no such call";
	if (!ops->missing && ops->capacity && ops->capacity < s->most_live) {
		snprintf(why, WORKLOAD_WHY, "n/a (pool %zu)", ops->capacity);
		return why;
	}
	/* the pool holds what is live, which was looked at above */
	text = workload_unfit(ops, s->m, ops->capacity ? 1 : s->n_m, state,
			      why);
	return text;
}

/* Rows of one subject; returns how many trials were added. */
static size_t enter(struct suite *suite, size_t trace,
		    const struct stretches *s, struct player *players,
		    struct trial *trials, const struct subject_ops *ops)
{
	char text[WORKLOAD_WHY];
	enum row_state state;
	const char *why = unfit(ops, s, &state, text);
	void *self = why ? NULL : open_empty(ops, s);
	size_t n = 0;

	for (size_t row = 0; row < ROWS; row++) {
		struct row *r;

		players[row].self = self;
		players[row].ops = ops;
		players[row].s = s;
		players[row].row = row;
		if (!wanted(suite, trace, row, ops))
			continue;
		r = add_row(suite, trace, row, ops);
		if (why)
			results_refuse(suite->results, r, state, why);
		else if (!self)
			suite_wrong(suite, r, "it could not be opened");
		else if (row != REPLAY && s->of_kind[row] == 0)
			results_refuse(suite->results, r, ROW_NA,
				       "the trace has none");
		else
			trials[n++] = trial_of(&players[row], r);
	}
	return n;
}

static bool any_row(const struct suite *suite, size_t trace,
		    const struct subject_ops *ops)
{
	bool any = false;

	for (size_t row = 0; row < ROWS; row++)
		any |= wanted(suite, trace, row, ops);
	return any;
}

static void run_all(struct suite *suite, size_t trace,
		    const struct stretches *s)
{
	struct player *players = suite_need(
		calloc(suite_subject_count * ROWS, sizeof(*players)));
	struct trial *trials =
		suite_need(calloc(suite_subject_count * ROWS, sizeof(*trials)));
	size_t n = 0;

	for (size_t i = 0; i < suite_subject_count; i++) {
		if (any_row(suite, trace, suite_subjects[i]))
			n += enter(suite, trace, s, &players[i * ROWS],
				   &trials[n], suite_subjects[i]);
	}
	suite_contest(suite, trials, n, rounds_of(suite));
	for (size_t i = 0; i < suite_subject_count; i++) {
		const struct player *p = &players[i * ROWS];

		if (p->self)
			p->ops->close(p->self);
	}
	free(players);
	free(trials);
}

/* The file could not be read: its rows say so. */
static void refuse_all(struct suite *suite, size_t trace, const char *why)
{
	for (size_t i = 0; i < suite_subject_count; i++) {
		for (size_t row = 0; row < ROWS; row++) {
			const struct subject_ops *ops = suite_subjects[i];

			if (wanted(suite, trace, row, ops))
				results_refuse(suite->results,
					       add_row(suite, trace, row, ops),
					       ROW_NA, why);
		}
	}
}

static void run_trace(struct suite *suite, size_t trace)
{
	struct stretches s;
	struct trace t;
	const char *why = NULL;

	if (trace_load(&t, traces[trace].file, FORMAT_AUTO,
		       suite->quick ? QUICK_EVENTS : 0) != STATUS_OK) {
		refuse_all(suite, trace, "the trace cannot be read");
		return;
	}
	if (stretches_make(&s, &t, &why)) {
		refuse_all(suite, trace, why);
	} else {
		run_all(suite, trace, &s);
		stretches_free(&s);
	}
	trace_free(&t);
}

void traces_run(struct suite *suite, bool plan)
{
	for (size_t i = 0; i < TRACES; i++) {
		double seconds = 0;

		for (size_t k = 0; k < suite_subject_count; k++) {
			/* four rows of some 30 ms */
			if (any_row(suite, i, suite_subjects[k]))
				seconds +=
					0.12 * (double)(rounds_of(suite) + 1);
		}
		if (seconds <= 0)
			continue;
		if (plan) {
			suite_plan(suite, seconds);
			continue;
		}
		suite_step(suite, traces[i].what, seconds);
		run_trace(suite, i);
	}
}
