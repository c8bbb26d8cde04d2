/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

#define LEAST_KEYS 65536u
/* Translations that a verification makes at most, quick and full. */
#define QUICK_CHECKS 4096u
#define FULL_CHECKS 1048576u

/* ---- which rows --------------------------------------------------------- */

static bool wanted(const struct suite *suite, const struct table_spec *spec,
		   size_t op, const struct subject_ops *ops)
{
	const struct cell_name *name = &spec->names[op];

	return name->op && spec->takes(suite, ops) &&
	       suite_wants(suite, name->group, name->op, spec->row_shape,
			   ops->name) &&
	       !results_find(suite->results, name->group, name->op,
			     spec->row_shape, ops->name);
}

static size_t count_wanted(const struct suite *suite,
			   const struct table_spec *spec,
			   const struct subject_ops *ops)
{
	size_t n = 0;

	for (size_t op = 0; op < TABLE_OPS; op++)
		n += wanted(suite, spec, op, ops);
	return n;
}

static bool any_wanted(const struct suite *suite, const struct table_spec *spec)
{
	for (size_t i = 0; i < suite_subject_count; i++) {
		if (count_wanted(suite, spec, suite_subjects[i]))
			return true;
	}
	return false;
}

double table_plan(const struct suite *suite, const struct table_spec *spec)
{
	double warm_up = suite->quick ? 1e6 : 15e6;
	double turn = 1e-9 * (double)(suite->rounds + 2) *
		      (1.2 * suite->sample_ns + warm_up);
	double set_up = (suite->quick ? 1.2e-6 : 6e-6) * (double)spec->shape->n;
	double seconds = 0;

	for (size_t i = 0; i < suite_subject_count; i++) {
		const struct subject_ops *ops = suite_subjects[i];
		size_t n = count_wanted(suite, spec, ops);

		if (n && !ops->missing)
			seconds += set_up + turn * (double)n;
	}
	return seconds;
}

static struct row *add_row(const struct table *table, size_t op,
			   const struct subject_ops *ops)
{
	const struct table_spec *spec = table->spec;
	bool bytes = op == TABLE_BYTES || op == TABLE_UPDATED;

	return results_add(table->suite->results,
			   &(struct row){
				   .group = spec->names[op].group,
				   .op = spec->names[op].op,
				   .shape = spec->row_shape,
				   .subject = ops->name,
				   .what = spec->names[op].what,
				   .unit = bytes ? "B" : "ns",
				   .x = spec->x,
			   });
}

static void refuse(struct entrant *e, size_t op, enum row_state state,
		   const char *why)
{
	if (e->row[op] && e->row[op]->state == ROW_PLANNED)
		results_refuse(e->table->suite->results, e->row[op], state,
			       why);
}

/* All that it has not been measured in yet. */
static void refuse_all(struct entrant *e, enum row_state state, const char *why)
{
	for (size_t op = 0; op < TABLE_OPS; op++)
		refuse(e, op, state, why);
	e->in = false;
}

static void fail(struct entrant *e, const char *why)
{
	fprintf(stderr, "riotlb-bench: %s: %s: %s\n",
		e->table->spec->shape->what, e->ops->name, why);
	e->table->suite->failed = true;
	refuse_all(e, ROW_FAILED, why);
}

static bool lacks(const struct subject_ops *ops, size_t op)
{
	switch (op) {
	case TABLE_BURST:
		return !ops->lookup_burst;
	case TABLE_MAP:
	case TABLE_UNMAP:
		return !ops->map_each || !ops->unmap_each;
	case TABLE_PROTECT:
		return !ops->protect_each;
	case TABLE_BYTES:
	case TABLE_UPDATED:
		return !ops->bytes;
	default:
		return false;
	}
}

static void refuse_lacking(struct entrant *e)
{
	for (size_t op = 0; op < TABLE_OPS; op++) {
		bool bytes = op == TABLE_BYTES || op == TABLE_UPDATED;

		if (lacks(e->ops, op))
			refuse(e, op, ROW_NA,
			       bytes ? "its memory cannot be counted"
				     : "it has no such call");
	}
}

/* ---- the subjects ------------------------------------------------------- */

static uint64_t target_of(const struct table *table, size_t key)
{
	const struct riotlb_mapping *m = &table->m[table->keys.owner[key]];

	return m->addr + (table->keys.iova[key] - m->start);
}

static bool translates(const struct entrant *e, uint64_t iova, uint64_t target)
{
	uint64_t addr;

	return e->ops->translate(e->self, iova, &addr) && addr == target;
}

static bool misses(const struct entrant *e, uint64_t iova)
{
	uint64_t addr;

	return !e->ops->translate(e->self, iova, &addr);
}

/* Mapping i, and the gap behind it if there is one. */
static bool verify_one(const struct table *table, const struct entrant *e,
		       size_t i)
{
	const struct riotlb_mapping *m = &table->m[i];

	if (!translates(e, m->start, m->addr) ||
	    !translates(e, m->last, m->addr + (m->last - m->start)))
		return false;
	if (i + 1 < table->n && m->last + 1 == m[1].start)
		return true;
	return misses(e, m->last + 1);
}

bool table_verify(struct table *table, struct entrant *e)
{
	size_t most = table->suite->quick ? QUICK_CHECKS : FULL_CHECKS;
	size_t step = (table->n + most - 1) / most;
	bool right;

	right = misses(e, table->m[0].start - 1) && misses(e, UINT64_MAX) &&
		verify_one(table, e, table->n - 1);
	for (size_t i = 0; i < table->n && right; i += step)
		right = verify_one(table, e, i);
	if (!right)
		fail(e, "it does not hold the mappings it was given");
	return right;
}

static bool fits(struct table *table, struct entrant *e)
{
	const struct subject_ops *ops = e->ops;
	char why[64];

	if (ops->missing) {
		refuse_all(e, ROW_MISSING, ops->missing);
		return false;
	}
	if (ops->capacity && table->n > ops->capacity) {
		snprintf(why, sizeof(why), "holds at most %zu mappings",
			 ops->capacity);
		refuse_all(e, ROW_NA, why);
		return false;
	}
	for (size_t i = 0; i < table->n; i++) {
		if (!ops->expresses(&table->m[i])) {
			refuse_all(e, ROW_NA, "cannot hold such mappings");
			return false;
		}
	}
	return true;
}

static void enter(struct table *table, struct entrant *e)
{
	uint64_t began;
	int err;

	if (!fits(table, e))
		return;
	if (!frame_checked(table->suite, e->ops)) {
		fail(e, "it failed the check of its answers");
		return;
	}
	e->self = e->ops->open();
	if (!e->self) {
		fail(e, "it cannot be created");
		return;
	}
	if (e->ops->bytes)
		e->bytes_empty = e->ops->bytes(e->self);
	began = clock_ticks();
	err = e->ops->load(e->self, table->m, table->n);
	e->load_ns = clock_ns(clock_ticks() - began);
	if (err) {
		fail(e, strerror(-err));
		return;
	}
	refuse_lacking(e);
	e->in = table_verify(table, e);
}

static void enter_all(struct table *table)
{
	for (size_t i = 0; i < suite_subject_count; i++) {
		const struct subject_ops *ops = suite_subjects[i];
		struct entrant *e = &table->entrants[table->n_entrants];

		e->ops = ops;
		e->table = table;
		if (!count_wanted(table->suite, table->spec, ops))
			continue;
		table->n_entrants++;
		for (size_t op = 0; op < TABLE_OPS; op++) {
			if (wanted(table->suite, table->spec, op, ops))
				e->row[op] = add_row(table, op, ops);
		}
		enter(table, e);
	}
}

/* ---- the table ---------------------------------------------------------- */

static void make_updates(struct table *table, struct rng *rng)
{
	size_t half = table->n_updates / 2;

	for (size_t i = 0; i < half; i++) {
		uint32_t index = table->order[i % table->n];

		table->updates[i].index = index;
		table->updates[i].addr = shape_target(table->spec->shape, rng);
		table->updates[half + i].index = index;
		table->updates[half + i].addr = table->m[index].addr;
	}
}

static void add_up(struct table *table)
{
	for (size_t i = 0; i < table->chunks; i++) {
		uint64_t sum = table->sums[i];

		for (size_t k = 0; k < TABLE_KEYS; k++)
			sum += target_of(table, i * TABLE_KEYS + k);
		table->sums[i + 1] = sum;
	}
}

static void make(struct table *table)
{
	const struct shape *shape = table->spec->shape;
	size_t half = (shape->n + TABLE_UPDATES - 1) / TABLE_UPDATES;
	/* the same mappings whichever other tables are measured */
	struct rng rng = { table->suite->seed + shape->n + shape->stride };
	int err;

	table->n = shape->n;
	table->m = shape_mappings(shape, &rng);
	if (!table->m)
		suite_cannot(shape->what, -ENOMEM);
	err = key_set_make(&table->keys, table->m, table->n, LEAST_KEYS, &rng);
	if (err)
		suite_cannot(shape->what, err);
	table->chunks = table->keys.n / TABLE_KEYS;
	table->sums = suite_calloc(table->chunks + 1, sizeof(*table->sums));
	add_up(table);
	table->order = suite_calloc(table->n, sizeof(*table->order));
	rng_permutation(&rng, table->order, table->n);
	table->n_updates = 2 * half * TABLE_UPDATES;
	table->updates =
		suite_calloc(table->n_updates, sizeof(*table->updates));
	make_updates(table, &rng);
	table->entrants =
		suite_calloc(suite_subject_count, sizeof(*table->entrants));
}

static void destroy(struct table *table)
{
	for (size_t i = 0; i < table->n_entrants; i++) {
		if (table->entrants[i].self)
			table->entrants[i].ops->close(table->entrants[i].self);
	}
	free(table->entrants);
	free(table->updates);
	free(table->order);
	free(table->sums);
	key_set_free(&table->keys);
	free(table->m);
}

static void count_bytes(struct table *table, enum table_op op)
{
	for (size_t i = 0; i < table->n_entrants; i++) {
		struct entrant *e = &table->entrants[i];
		uint64_t bytes;

		if (!e->in || !e->row[op] || e->row[op]->state != ROW_PLANNED)
			continue;
		e->ops->settle(e->self);
		bytes = e->ops->bytes(e->self) - e->bytes_empty;
		suite_exact(table->suite, e->row[op],
			    (double)bytes / (double)table->n);
	}
}

static void step(struct table *table, const char *what, double share,
		 double seconds)
{
	char text[80];

	snprintf(text, sizeof(text), "%s: %s", table->spec->shape->what, what);
	suite_step(table->suite, text, share * seconds);
}

void table_run(struct suite *suite, const struct table_spec *spec)
{
	struct table table = { .suite = suite, .spec = spec };
	double seconds = table_plan(suite, spec);

	if (!any_wanted(suite, spec))
		return;
	step(&table, "building", 0.2, seconds);
	make(&table);
	enter_all(&table);
	count_bytes(&table, TABLE_BYTES);
	step(&table, "lookups", 0.3, seconds);
	table_lookups(&table);
	step(&table, "updates", 0.4, seconds);
	table_remaps(&table);
	table_singles(&table, TABLE_MAP);
	table_singles(&table, TABLE_UNMAP);
	table_singles(&table, TABLE_PROTECT);
	count_bytes(&table, TABLE_UPDATED);
	step(&table, "loading", 0.1, seconds);
	table_loads(&table);
	destroy(&table);
}
