/* SPDX-License-Identifier: MIT */
/* What is timed in a table: one contest of all subjects for each kind. */
#include <stdlib.h>
#include <stdio.h>

#include "table.h"

/* An interval of fewer steps of the clock than this is mostly its rounding. */
#define LEAST_STEPS 4.0

/*
 * The one before has left the caches to itself, so each turn begins with some
 * of the same that is not timed: for so long at most.
 */
#define QUICK_WARM_UP_NS 3e6
#define FULL_WARM_UP_NS 40e6
/* Updates warm up what they are about to need as they go. */
#define UPDATE_SHARE 0.15
/*
 * Whoever took so many budgets for his first load, into memory never used, is
 * not asked again. Of riotlb a little more patience is expected.
 */
#define HOPELESS 2.0
#define HOPELESS_RIOTLB 10.0

/* A subject's turn at one kind of operation. */
struct attempt {
	struct entrant *entrant;
	enum table_op op;
};

struct lineup {
	struct trial *trials;
	struct attempt *attempts;
	size_t n;
};

static void line_up(struct table *table, struct lineup *lineup)
{
	size_t most = table->n_entrants * TABLE_OPS;

	lineup->n = 0;
	lineup->trials = suite_calloc(most, sizeof(*lineup->trials));
	lineup->attempts = suite_calloc(most, sizeof(*lineup->attempts));
}

/* All entrants that can do it, and that are to. */
static void add(struct table *table, struct lineup *lineup, enum table_op op,
		const struct trial *like)
{
	for (size_t i = 0; i < table->n_entrants; i++) {
		struct entrant *e = &table->entrants[i];
		struct attempt *attempt = &lineup->attempts[lineup->n];
		struct trial *trial = &lineup->trials[lineup->n];

		if (!e->in || !e->row[op] || e->row[op]->state != ROW_PLANNED)
			continue;
		*attempt = (struct attempt){ e, op };
		*trial = *like;
		trial->row = e->row[op];
		trial->ctx = attempt;
		trial->patient = e->ops == &riotlb_subject;
		lineup->n++;
	}
}

static void play(struct table *table, struct lineup *lineup)
{
	suite_contest(table->suite, lineup->trials, lineup->n,
		      table->suite->rounds);
}

static void go_home(struct lineup *lineup)
{
	free(lineup->trials);
	free(lineup->attempts);
}

/*
 * What it retired is not to be reclaimed in another's turn. But where RCU's
 * callbacks are waited for, that takes ten times as long as a quick sample.
 */
static bool settle(void *ctx)
{
	struct entrant *e = ((struct attempt *)ctx)->entrant;

	if (!e->table->suite->quick || e->ops == &riotlb_subject)
		e->ops->settle(e->self);
	return true;
}

static void settle_all(struct lineup *lineup)
{
	for (size_t i = 0; i < lineup->n; i++) {
		struct entrant *e = lineup->attempts[i].entrant;

		e->ops->settle(e->self);
	}
}

/* ---- lookups ------------------------------------------------------------ */

typedef uint64_t lookup_fn(void *self, const uint64_t *keys, size_t n);

static lookup_fn *lookup_of(const struct attempt *attempt)
{
	const struct subject_ops *ops = attempt->entrant->ops;

	switch (attempt->op) {
	case TABLE_DEPENDENT:
		return ops->lookup_dependent;
	case TABLE_BURST:
		return ops->lookup_burst;
	default:
		return ops->lookup;
	}
}

/* Of `count` chunks from `at` on, round and round. */
static uint64_t expected(const struct table *table, size_t at, uint64_t count)
{
	uint64_t whole = table->sums[table->chunks];
	uint64_t sum = count / table->chunks * whole;
	size_t last = at + (size_t)(count % table->chunks);

	if (last <= table->chunks)
		return sum + table->sums[last] - table->sums[at];
	return sum + whole - table->sums[at] +
	       table->sums[last - table->chunks];
}

static void run_lookup(cb_state *state, void *arg)
{
	struct attempt *attempt = arg;
	struct entrant *e = attempt->entrant;
	const struct table *table = e->table;
	const uint64_t *keys = table->keys.iova;
	lookup_fn *lookup = lookup_of(attempt);
	size_t at = e->key_at;
	uint64_t sum = 0;

	CB_LOOP(state)
	{
		sum += lookup(e->self, keys + at * TABLE_KEYS, TABLE_KEYS);
		if (++at == table->chunks)
			at = 0;
	}
	if (sum != expected(table, e->key_at, cb_iterations(state)))
		cb_skip_error(state, "a timed lookup was wrong");
	e->key_at = at;
}

static double warm_up_ns(const struct table *table)
{
	return table->suite->quick ? QUICK_WARM_UP_NS : FULL_WARM_UP_NS;
}

/* All keys once, backwards from those that are next, or until time is up. */
static bool warm_up(void *ctx)
{
	struct attempt *attempt = ctx;
	struct entrant *e = attempt->entrant;
	const struct table *table = e->table;
	lookup_fn *lookup = lookup_of(attempt);
	uint64_t began = clock_ticks();
	uint64_t sum = 0;
	size_t at = e->key_at;

	for (size_t i = 0; i < table->chunks; i++) {
		if (at-- == 0)
			at = table->chunks - 1;
		sum += lookup(e->self, table->keys.iova + at * TABLE_KEYS,
			      TABLE_KEYS);
		if (clock_ns(clock_ticks() - began) > warm_up_ns(table))
			break;
	}
	cb_use(sum);
	return true;
}

void table_lookups(struct table *table)
{
	static const enum table_op ops[] = { TABLE_LOOKUP, TABLE_DEPENDENT,
					     TABLE_BURST };
	struct trial like = {
		.run = run_lookup,
		.per_iteration = TABLE_KEYS,
		.before = warm_up,
	};
	struct lineup lineup;

	line_up(table, &lineup);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		add(table, &lineup, ops[i], &like);
	play(table, &lineup);
	go_home(&lineup);
}

/* ---- unmap + map -------------------------------------------------------- */

/* The next updates, which the timed ones go on from. */
static bool warm_up_remap(void *ctx)
{
	struct entrant *e = ((struct attempt *)ctx)->entrant;
	const struct table *table = e->table;
	uint64_t began = clock_ticks();
	double most = UPDATE_SHARE * warm_up_ns(table);
	int err = 0;

	do {
		err |= e->ops->remap(e->self, table->m,
				     table->updates + e->update_at,
				     TABLE_UPDATES);
		e->update_at += TABLE_UPDATES;
		if (e->update_at == table->n_updates)
			e->update_at = 0;
	} while (clock_ns(clock_ticks() - began) < most);
	return !err;
}

static void run_remap(cb_state *state, void *arg)
{
	struct entrant *e = ((struct attempt *)arg)->entrant;
	const struct table *table = e->table;
	size_t at = e->update_at;
	int err = 0;

	CB_LOOP(state)
	{
		err |= e->ops->remap(e->self, table->m, table->updates + at,
				     TABLE_UPDATES);
		at += TABLE_UPDATES;
		if (at == table->n_updates)
			at = 0;
	}
	if (err)
		cb_skip_error(state, "unmap or map failed");
	e->update_at = at;
}

/* Has the last of them taken effect? */
static bool see_update(void *ctx)
{
	struct entrant *e = ((struct attempt *)ctx)->entrant;
	const struct table *table = e->table;
	size_t before = e->update_at ? e->update_at : table->n_updates;
	const struct remap *last = &table->updates[before - 1];
	uint64_t addr;

	settle(ctx);
	return e->ops->translate(e->self, table->m[last->index].start, &addr) &&
	       addr == last->addr;
}

/* Every mapping back to its own address. */
static void undo_updates(struct entrant *e)
{
	const struct table *table = e->table;
	size_t half = table->n_updates / 2;
	size_t from = e->update_at;
	size_t n = table->n_updates - from;

	if (from == 0)
		return;
	if (from <= half) {
		n = from;
		from = half;
	}
	if (e->ops->remap(e->self, table->m, table->updates + from, n))
		e->in = false;
	e->update_at = 0;
	e->ops->settle(e->self);
}

static void verify_all(struct table *table)
{
	for (size_t i = 0; i < table->n_entrants; i++) {
		if (table->entrants[i].in)
			table_verify(table, &table->entrants[i]);
	}
}

void table_remaps(struct table *table)
{
	struct trial like = {
		.run = run_remap,
		.per_iteration = TABLE_UPDATES,
		.before = warm_up_remap,
		.after = see_update,
	};
	struct lineup lineup;

	line_up(table, &lineup);
	add(table, &lineup, TABLE_REMAP, &like);
	play(table, &lineup);
	for (size_t i = 0; i < lineup.n; i++)
		undo_updates(lineup.attempts[i].entrant);
	if (lineup.n)
		verify_all(table);
	go_home(&lineup);
}

/* ---- map, unmap, protect ------------------------------------------------ */

static size_t group_of(const struct table *table)
{
	return table->n < TABLE_UPDATES ? table->n : TABLE_UPDATES;
}

/* The mappings whose turn it is, group_of(table) of them. */
static const uint32_t *next_group(struct entrant *e)
{
	const struct table *table = e->table;
	size_t at = e->order_at;

	if (at + group_of(table) > table->n)
		at = 0;
	e->order_at = at + group_of(table);
	return table->order + at;
}

static bool warm_up_singles(void *ctx)
{
	struct entrant *e = ((struct attempt *)ctx)->entrant;
	const struct table *table = e->table;
	size_t n = group_of(table);
	uint64_t began = clock_ticks();
	double most = UPDATE_SHARE * warm_up_ns(table);
	int err = 0;

	do {
		const uint32_t *order = next_group(e);

		err |= e->ops->unmap_each(e->self, table->m, order, n);
		err |= e->ops->map_each(e->self, table->m, order, n);
	} while (clock_ns(clock_ticks() - began) < most);
	return !err;
}

static void run_map(cb_state *state, void *arg)
{
	struct entrant *e = ((struct attempt *)arg)->entrant;
	const struct riotlb_mapping *m = e->table->m;
	size_t n = group_of(e->table);
	int err = 0;

	CB_LOOP(state)
	{
		const uint32_t *order = next_group(e);
		uint64_t ticks;

		err |= e->ops->unmap_each(e->self, m, order, n);
		ticks = clock_ticks();
		err |= e->ops->map_each(e->self, m, order, n);
		suite_add_time(state, clock_ticks() - ticks);
	}
	if (err)
		cb_skip_error(state, "unmap or map failed");
}

static void run_unmap(cb_state *state, void *arg)
{
	struct entrant *e = ((struct attempt *)arg)->entrant;
	const struct riotlb_mapping *m = e->table->m;
	size_t n = group_of(e->table);
	int err = 0;

	CB_LOOP(state)
	{
		const uint32_t *order = next_group(e);
		uint64_t ticks = clock_ticks();

		err |= e->ops->unmap_each(e->self, m, order, n);
		suite_add_time(state, clock_ticks() - ticks);
		err |= e->ops->map_each(e->self, m, order, n);
	}
	if (err)
		cb_skip_error(state, "unmap or map failed");
}

/* There is no need to undo it in time that is not counted: it undoes itself. */
static void run_protect(cb_state *state, void *arg)
{
	struct entrant *e = ((struct attempt *)arg)->entrant;
	const struct riotlb_mapping *m = e->table->m;
	size_t n = group_of(e->table);
	int err = 0;

	CB_LOOP(state)
	{
		const uint32_t *order = next_group(e);

		err |= e->ops->protect_each(e->self, m, order, n, RIOTLB_READ);
		err |= e->ops->protect_each(e->self, m, order, n, RIOTLB_RW);
	}
	if (err)
		cb_skip_error(state, "a change of permission failed");
}

/* `together`: so many operations between two readings of the clock. */
static void resolve(struct table *table, struct lineup *lineup, size_t together)
{
	double least = LEAST_STEPS * clock_facts.quantum_ns;
	char why[80];

	snprintf(why, sizeof(why),
		 "%zu at a time are over in a few steps of the clock",
		 together);
	for (size_t i = 0; i < lineup->n; i++) {
		struct row *row = lineup->trials[i].row;

		if (row->state == ROW_VALUE &&
		    row->value.median * (double)together < least)
			results_refuse(table->suite->results, row,
				       ROW_UNRESOLVED, why);
	}
}

void table_singles(struct table *table, enum table_op op)
{
	double n = (double)group_of(table);
	struct trial like = {
		.run = op == TABLE_MAP     ? run_map
		       : op == TABLE_UNMAP ? run_unmap
					   : run_protect,
		.per_iteration = op == TABLE_PROTECT ? 2 * n : n,
		.manual_time = op != TABLE_PROTECT,
		.before = warm_up_singles,
		.after = settle,
	};
	struct lineup lineup;

	line_up(table, &lineup);
	add(table, &lineup, op, &like);
	play(table, &lineup);
	settle_all(&lineup);
	if (like.manual_time)
		resolve(table, &lineup, group_of(table));
	if (lineup.n)
		verify_all(table);
	go_home(&lineup);
}

/* ---- all at once -------------------------------------------------------- */

static void run_load(cb_state *state, void *arg)
{
	struct entrant *e = ((struct attempt *)arg)->entrant;
	const struct table *table = e->table;
	int err = 0;

	CB_LOOP(state)
	{
		uint64_t ticks;

		e->ops->clear(e->self);
		ticks = clock_ticks();
		err |= e->ops->load(e->self, table->m, table->n);
		suite_add_time(state, clock_ticks() - ticks);
	}
	if (err)
		cb_skip_error(state, "loading failed");
}

static void give_up(struct table *table)
{
	double budget = table->suite->budget_ns;

	for (size_t i = 0; i < table->n_entrants; i++) {
		struct entrant *e = &table->entrants[i];
		struct row *row = e->row[TABLE_LOAD];
		double most =
			e->ops == &riotlb_subject ? HOPELESS_RIOTLB : HOPELESS;

		if (!e->in || !row || row->state != ROW_PLANNED ||
		    e->load_ns <= most * budget)
			continue;
		results_refuse(table->suite->results, row, ROW_OVER,
			       "the first load took too long");
		row->value.low = budget / (double)table->n;
	}
}

void table_loads(struct table *table)
{
	struct trial like = {
		.run = run_load,
		.per_iteration = (double)table->n,
		.manual_time = true,
		.after = settle,
	};
	struct lineup lineup;

	give_up(table);
	line_up(table, &lineup);
	add(table, &lineup, TABLE_LOAD, &like);
	play(table, &lineup);
	resolve(table, &lineup, table->n);
	if (lineup.n)
		verify_all(table);
	go_home(&lineup);
}
