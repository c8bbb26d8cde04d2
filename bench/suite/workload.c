/* SPDX-License-Identifier: MIT */
#include "workload.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shift.h"

#define KEYS 65536u
#define UPDATES 16384u
/* Rounds of what loads a whole table each time. */
#define LOAD_ROUNDS 7u
#define QUICK_ROUNDS 5u
#define QUICK_LOAD_ROUNDS 2u
#define TARGETS (1ull << 34)
#define PAGE 4096ull

struct entrant {
	const struct subject_ops *ops;
	void *self;
	struct row *row;
	const struct workload *workload;
	const struct workload_data *data;
	size_t at; /* where the next sample goes on */
};

/* ---- data --------------------------------------------------------------- */

static uint64_t target_of(const struct riotlb_mapping *m, uint64_t iova)
{
	return m->addr + (iova - m->start);
}

static int make_keys(const struct workload *w, struct workload_data *d,
		     struct rng *rng)
{
	size_t per_op = w->keys_per_op ? w->keys_per_op : 1;
	size_t owner[WORKLOAD_KEYS];

	d->n_keys = KEYS;
	d->keys = calloc(d->n_keys, sizeof(*d->keys));
	d->sums = calloc(d->n_keys / WORKLOAD_KEYS, sizeof(*d->sums));
	if (!d->keys || !d->sums)
		return -ENOMEM;
	for (size_t at = 0; at < d->n_keys; at += per_op) {
		uint64_t *keys = d->keys + at;

		if (w->choose) {
			w->choose(d, keys, owner, rng);
		} else {
			owner[0] = (size_t)rng_below(rng, d->n);
			keys[0] = d->m[owner[0]].start +
				  rng_below(rng, d->m[owner[0]].last -
							 d->m[owner[0]].start +
							 1);
		}
		for (size_t i = 0; i < per_op; i++)
			d->sums[at / WORKLOAD_KEYS] +=
				target_of(&d->m[owner[i]], keys[i]);
	}
	return 0;
}

static int make_updates(const struct workload *w, struct workload_data *d,
			struct rng *rng)
{
	d->n_updates = UPDATES;
	d->updates = calloc(d->n_updates, sizeof(*d->updates));
	if (!d->updates)
		return -ENOMEM;
	for (size_t i = 0; i < d->n_updates; i++) {
		d->updates[i].index =
			(uint32_t)(w->in_order ? i % d->n
					       : rng_below(rng, d->n));
		d->updates[i].addr = rng_below(rng, TARGETS) * PAGE;
	}
	return 0;
}

int workload_make(const struct workload *w, struct workload_data *d,
		  struct rng *rng)
{
	int err = 0;

	*d = (struct workload_data){ .n = w->table.n };
	d->m = w->map ? w->map(w, &d->n, rng) : shape_mappings(&w->table, rng);
	d->order = calloc(d->n, sizeof(*d->order));
	if (!d->m || !d->order)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < d->n; i++)
		d->order[i] = (uint32_t)i;
	if (!err && w->body == WORKLOAD_LOOKUP)
		err = make_keys(w, d, rng);
	if (!err && (w->body == WORKLOAD_REMAP || w->body == WORKLOAD_BUFFER))
		err = make_updates(w, d, rng);
	if (err)
		workload_free(d);
	return err;
}

void workload_free(struct workload_data *d)
{
	free(d->m);
	free(d->keys);
	free(d->sums);
	free(d->updates);
	free(d->order);
	*d = (struct workload_data){ .n = 0 };
}

/* ---- bodies ------------------------------------------------------------- */

static void run_lookup(cb_state *state, void *arg)
{
	struct entrant *e = arg;
	const struct workload_data *d = e->data;
	uint64_t wrong = 0;

	CB_LOOP(state)
	{
		wrong |= e->ops->lookup(e->self, d->keys + e->at,
					WORKLOAD_KEYS) ^
			 d->sums[e->at / WORKLOAD_KEYS];
		e->at += WORKLOAD_KEYS;
		if (e->at == d->n_keys)
			e->at = 0;
	}
	if (wrong)
		cb_skip_error(state, "a lookup had a wrong answer");
}

/* One range may be so large that one update of it is too long for some. */
static size_t updates_at_once(const struct workload_data *d)
{
	return d->n == 1 ? 1 : WORKLOAD_KEYS;
}

static void run_remap(cb_state *state, void *arg)
{
	struct entrant *e = arg;
	const struct workload_data *d = e->data;
	size_t n = updates_at_once(d);
	int err = 0;

	CB_LOOP(state)
	{
		err |= e->ops->remap(e->self, d->m, d->updates + e->at, n);
		e->at += n;
		if (e->at == d->n_updates)
			e->at = 0;
	}
	if (err)
		cb_skip_error(state, "an update failed");
}

static void run_buffer(cb_state *state, void *arg)
{
	struct entrant *e = arg;
	const struct workload_data *d = e->data;
	uint64_t wrong = 0;
	int err = 0;

	CB_LOOP(state)
	{
		const struct remap *u = &d->updates[e->at];
		const uint64_t *key = &d->m[u->index].start;

		err |= e->ops->remap(e->self, d->m, u, 1);
		wrong |= e->ops->lookup(e->self, key, 1) ^ u->addr;
		if (++e->at == d->n_updates)
			e->at = 0;
	}
	if (err || wrong)
		cb_skip_error(state, "an update failed or was not seen");
}

static void run_load(cb_state *state, void *arg)
{
	struct entrant *e = arg;
	int err = 0;

	CB_LOOP(state)
	err |= e->ops->load(e->self, e->data->m, e->data->n);
	if (err)
		cb_skip_error(state, "the table could not be loaded");
}

static void run_return(cb_state *state, void *arg)
{
	struct entrant *e = arg;
	const struct workload_data *d = e->data;
	bool singly = e->workload->body == WORKLOAD_RETURN_SINGLY;
	int err = 0;

	CB_LOOP(state)
	{
		e->ops->reset(e->self, d->m, d->n);
		err |= singly ? e->ops->map_each(e->self, d->m, d->order, d->n)
			      : e->ops->load(e->self, d->m, d->n);
	}
	if (err)
		cb_skip_error(state, "the table could not be loaded");
}

/* ---- around a sample ---------------------------------------------------- */

static bool clear(void *ctx)
{
	struct entrant *e = ctx;

	e->ops->clear(e->self);
	return true;
}

static bool refill(void *ctx)
{
	struct entrant *e = ctx;

	if (e->ops->replace(e->self, e->data->m, e->data->n))
		return false;
	e->ops->settle(e->self);
	return true;
}

/* Looks at some of them. */
static bool intact(void *ctx)
{
	struct entrant *e = ctx;
	const struct workload_data *d = e->data;
	size_t step = d->n / 64 + 1;

	e->ops->settle(e->self);
	for (size_t i = 0; i < d->n; i += step) {
		const struct riotlb_mapping *m = &d->m[i];
		uint64_t addr;

		if (!e->ops->translate(e->self, m->last, &addr) ||
		    addr != target_of(m, m->last))
			return false;
	}
	return true;
}

static struct trial trial_of(struct entrant *e)
{
	const struct workload *w = e->workload;
	struct trial t = { .row = e->row, .ctx = e, .per_iteration = 1 };

	switch (w->body) {
	case WORKLOAD_LOOKUP:
		t.run = run_lookup;
		t.per_iteration = (double)WORKLOAD_KEYS /
				  (double)(w->keys_per_op ? w->keys_per_op : 1);
		break;
	case WORKLOAD_REMAP:
		t.run = run_remap;
		t.per_iteration = (double)updates_at_once(e->data);
		break;
	case WORKLOAD_BUFFER:
		t.run = run_buffer;
		break;
	case WORKLOAD_LOAD:
		t.run = run_load;
		t.before = clear;
		break;
	case WORKLOAD_RETURN:
	case WORKLOAD_RETURN_SINGLY:
	case WORKLOAD_MEMORY: /* has no trial */
		t.run = run_return;
		t.before = refill;
		break;
	}
	if (t.before) {
		t.after = intact;
		t.iterations = 1;
		t.per_iteration = (double)e->data->n;
	}
	return t;
}

/* ---- subjects ----------------------------------------------------------- */

const char *workload_unfit(const struct subject_ops *ops,
			   const struct riotlb_mapping *m, size_t n,
			   enum row_state *state, char why[WORKLOAD_WHY])
{
	*state = ops->missing ? ROW_MISSING : ROW_NA;
	if (ops->missing)
		return ops->missing;
	if (ops->capacity && n > ops->capacity) {
		snprintf(why, WORKLOAD_WHY, "n/a (pool %zu)", ops->capacity);
		return why;
	}
	for (size_t i = 0; i < n; i++) {
		if (!ops->expresses(&m[i]))
			return "it cannot hold such mappings";
	}
	return NULL;
}

static bool wanted(const struct suite *suite, const struct workload *w,
		   const struct subject_ops *ops)
{
	return suite_wants(suite, "workload", w->op, w->shape, ops->name);
}

static struct row *add_row(struct suite *suite, const struct workload *w,
			   const struct subject_ops *ops)
{
	return results_add(suite->results,
			   &(struct row){
				   .group = "workload",
				   .op = w->op,
				   .shape = w->shape,
				   .subject = ops->name,
				   .what = w->what,
				   .unit = w->unit ? w->unit : "ns",
				   .x = NAN,
			   });
}

/* False: its row says why it takes no part. */
static bool enter(struct suite *suite, struct entrant *e)
{
	const struct workload_data *d = e->data;
	char text[WORKLOAD_WHY];
	enum row_state state;
	const char *why = workload_unfit(e->ops, d->m, d->n, &state, text);

	if (!why && e->workload->body == WORKLOAD_RETURN_SINGLY &&
	    !e->ops->map_each)
		why = "it has no such call";
	if (!why && e->workload->body == WORKLOAD_MEMORY && !e->ops->bytes)
		why = "its memory cannot be counted";
	if (why) {
		results_refuse(suite->results, e->row, state, why);
		return false;
	}
	e->self = e->ops->open();
	if (!e->self) {
		suite_wrong(suite, e->row, "it could not be opened");
		return false;
	}
	return true;
}

/* Before the table is there: what it takes without. */
static bool weigh(struct suite *suite, struct entrant *e)
{
	uint64_t empty;

	e->ops->settle(e->self);
	empty = e->ops->bytes ? e->ops->bytes(e->self) : 0;
	if (!refill(e) || !intact(e)) {
		suite_wrong(suite, e->row, "the table cannot be built");
		return false;
	}
	if (e->workload->body == WORKLOAD_MEMORY)
		suite_exact(suite, e->row,
			    (double)(e->ops->bytes(e->self) - empty) /
				    (double)e->data->n);
	return true;
}

static size_t rounds_of(const struct suite *suite, const struct workload *w)
{
	size_t rounds = suite->rounds;

	if (suite->quick)
		rounds = w->body < WORKLOAD_LOAD ? QUICK_ROUNDS
						 : QUICK_LOAD_ROUNDS;
	else if (w->body >= WORKLOAD_LOAD && rounds > LOAD_ROUNDS)
		rounds = LOAD_ROUNDS;
	return rounds < suite->rounds ? rounds : suite->rounds;
}

static void play(struct suite *suite, const struct workload *w,
		 const struct workload_data *d)
{
	struct entrant *entrants =
		suite_need(calloc(suite_subject_count, sizeof(*entrants)));
	struct trial *trials =
		suite_need(calloc(suite_subject_count, sizeof(*trials)));
	size_t n = 0;

	for (size_t i = 0; i < suite_subject_count; i++) {
		struct entrant *e = &entrants[i];

		e->ops = suite_subjects[i];
		e->workload = w;
		e->data = d;
		if (!wanted(suite, w, e->ops))
			continue;
		e->row = add_row(suite, w, e->ops);
		if (enter(suite, e) && weigh(suite, e) &&
		    w->body != WORKLOAD_MEMORY)
			trials[n++] = trial_of(e);
	}
	suite_contest(suite, trials, n, rounds_of(suite, w));
	for (size_t i = 0; i < suite_subject_count; i++) {
		if (entrants[i].self)
			entrants[i].ops->close(entrants[i].self);
	}
	free(entrants);
	free(trials);
}

double workload_seconds(const struct suite *suite, const struct workload *w)
{
	double turns = (double)(rounds_of(suite, w) + 2);
	double n = (double)w->table.n;
	double turn =
		w->body >= WORKLOAD_LOAD ? 1e-6 * n : 1.2e-9 * suite->sample_ns;
	double seconds = 0;

	for (size_t i = 0; i < suite_subject_count; i++) {
		const struct subject_ops *ops = suite_subjects[i];

		if (!wanted(suite, w, ops))
			continue;
		seconds += 1e-4;
		if (!ops->missing)
			seconds += 1e-6 * n + turns * turn;
	}
	return seconds;
}

void workload_run(struct suite *suite, const struct workload *w)
{
	struct workload_data data;

	if (workload_make(w, &data, &suite->rng))
		suite_need(NULL);
	play(suite, w, &data);
	workload_free(&data);
}
