/* SPDX-License-Identifier: MIT */
/*
 * How each cost grows with the number of mappings n, as the exponent k of
 * n^k that fits best: 0 is "does not depend on n". Where another part has
 * measured a point already, its samples are taken over, so that every subject
 * is loaded once. An exponent is fitted in each round, and so has an interval.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "table.h"

#define MOST_POINTS 8
/* Below this number of sizes a fit says nothing. */
#define LEAST_POINTS 3

struct point {
	size_t n;
	const char *suffix;
	const char *shape; /* of the list, the same table; NULL: none */
};

struct series {
	const char *name;
	const char *like; /* the shape that is made longer and shorter */
	struct point points[MOST_POINTS];
	bool (*takes)(const struct suite *suite, const struct subject_ops *ops);
};

/* What a quick run has no time for, page tables have no memory for. */
static bool takes_ranges(const struct suite *suite,
			 const struct subject_ops *ops)
{
	return frame_takes(suite, ops) &&
	       (ops == &riotlb_subject || (ops->ranged && !suite->quick));
}

static const struct series all_series[] = {
	{ "dense",
	  "4ki-4k-dense",
	  { { 16, "dense-16", "16-4k-dense" },
	    { 256, "dense-256", NULL },
	    { 4096, "dense-4096", "4ki-4k-dense" },
	    { 65536, "dense-65536", "64ki-4k-dense" },
	    { 1048576, "dense-1048576", "1mi-4k-dense" } },
	  frame_takes },
	{ "sparse",
	  "64ki-4k-every-2m",
	  { { 16, "sparse-16", NULL },
	    { 256, "sparse-256", NULL },
	    { 4096, "sparse-4096", NULL },
	    { 65536, "sparse-65536", "64ki-4k-every-2m" },
	    { 1048576, "sparse-1048576", NULL } },
	  takes_ranges },
};

#define N_SERIES (sizeof(all_series) / sizeof(all_series[0]))

static const struct cell_name names[TABLE_OPS] = {
	[TABLE_BYTES] = { "growth", "memory", "a mapping, as loaded" },
	[TABLE_LOOKUP] = { "growth", "lookup", "independent lookups" },
	[TABLE_DEPENDENT] = { "growth", "dependent",
			      "each address depends on the result before" },
	[TABLE_REMAP] = { "growth", "remap", "unmap + map of a mapping" },
	[TABLE_LOAD] = { "growth", "load", "a mapping of all, loaded at once" },
};

/* Which row of the shapes has the same samples. */
static const struct cell_name sources[TABLE_OPS] = {
	[TABLE_BYTES] = { "memory", "bytes", NULL },
	[TABLE_LOOKUP] = { "lookup", "one", NULL },
	[TABLE_DEPENDENT] = { "lookup", "dependent", NULL },
	[TABLE_REMAP] = { "update", "remap", NULL },
	[TABLE_LOAD] = { "bulk", "load", NULL },
};

/* ---- points ------------------------------------------------------------- */

static const struct shape *shape_named(const char *name)
{
	for (size_t i = 0; i < shape_count; i++) {
		if (!strcmp(shape_list[i].name, name))
			return &shape_list[i];
	}
	return NULL;
}

static void take_over(struct suite *suite, size_t op, const struct point *point,
		      const struct subject_ops *ops)
{
	const struct cell_name *name = &names[op];
	const struct row *from;
	struct row like;

	if (!name->op || !suite_wants(suite, name->group, name->op,
				      point->suffix, ops->name))
		return;
	from = results_find(suite->results, sources[op].group, sources[op].op,
			    point->shape, ops->name);
	if (!from)
		return;
	like = *from;
	like.name = NULL;
	like.group = name->group;
	like.op = name->op;
	like.shape = point->suffix;
	results_add(suite->results, &like);
}

static void do_point(struct suite *suite, const struct series *series,
		     const struct point *point, bool plan, bool rest)
{
	struct shape shape = *shape_named(series->like);
	char what[64];
	struct table_spec spec = {
		.shape = &shape,
		.row_shape = point->suffix,
		.x = (double)point->n,
		.names = names,
		.takes = series->takes,
	};

	snprintf(what, sizeof(what), "growth, %s, %zu mappings", series->name,
		 point->n);
	shape.n = point->n;
	shape.what = what;
	for (size_t i = 0; point->shape && !plan && i < suite_subject_count;
	     i++) {
		for (size_t op = 0; op < TABLE_OPS; op++)
			take_over(suite, op, point, suite_subjects[i]);
	}
	if (!plan) {
		table_run(suite, &spec);
		return;
	}
	/* most of it is taken over, if the shapes are measured at all */
	if (point->shape && rest)
		table_plan(suite, &spec);
	else
		suite_plan(suite, table_plan(suite, &spec));
}

/* ---- exponents ---------------------------------------------------------- */

struct curve {
	const struct row *row[MOST_POINTS];
	double n[MOST_POINTS];
	size_t points;
	size_t rounds; /* that all have */
};

static void add_point(struct curve *curve, const struct row *row, double n)
{
	if (!row || row->state != ROW_VALUE)
		return;
	if (curve->points == 0 || row->rounds < curve->rounds)
		curve->rounds = row->rounds;
	curve->row[curve->points] = row;
	curve->n[curve->points++] = n;
}

static struct row *add_exponent(struct suite *suite, const char *op,
				const char *shape, const char *subject)
{
	return results_add(suite->results,
			   &(struct row){
				   .group = "growth",
				   .op = op,
				   .shape = shape,
				   .subject = subject,
				   .what = "k of the n^k that fits best",
				   .unit = "exponent",
				   .x = NAN,
			   });
}

static void fit(struct suite *suite, const struct curve *curve, struct row *row)
{
	double *exponent = suite_calloc(curve->rounds, sizeof(*exponent));
	bool fits = curve->points >= LEAST_POINTS;

	for (size_t round = 0; round < curve->rounds && fits; round++) {
		double cost[MOST_POINTS];

		for (size_t i = 0; i < curve->points; i++)
			cost[i] = curve->row[i]->samples[round];
		fits = !cb_fit_exponent(curve->n, cost, curve->points,
					&exponent[round]);
	}
	if (fits)
		results_fill(suite->results, row, exponent, curve->rounds);
	else
		results_refuse(suite->results, row, ROW_NA,
			       "too few sizes have a value");
	free(exponent);
}

static const char *no_fit(const struct suite *suite,
			  const struct series *series,
			  const struct subject_ops *ops)
{
	if (series->takes(suite, ops))
		return NULL;
	return ops->ranged ? "only in a full run"
			   : "page tables would not fit into memory";
}

static void fit_series(struct suite *suite, const struct series *series,
		       const char *growth, const struct subject_ops *ops,
		       bool plan)
{
	const char *why = no_fit(suite, series, ops);
	struct curve curve = { .points = 0 };
	struct row *row;
	char op[48];

	snprintf(op, sizeof(op), "%s-exponent", growth);
	if (!frame_takes(suite, ops) ||
	    !suite_wants(suite, "growth", op, series->name, ops->name) || plan)
		return;
	row = add_exponent(suite, op, series->name, ops->name);
	if (ops->missing) {
		results_refuse(suite->results, row, ROW_MISSING, ops->missing);
		return;
	}
	if (why) {
		results_refuse(suite->results, row, ROW_NA, why);
		return;
	}
	for (size_t i = 0; i < MOST_POINTS && series->points[i].n; i++)
		add_point(&curve,
			  results_find(suite->results, "growth", growth,
				       series->points[i].suffix, ops->name),
			  (double)series->points[i].n);
	fit(suite, &curve, row);
}

/* Of the rows that another part has made, whatever sizes it has chosen. */
static void fit_resets(struct suite *suite, const char *subject, bool plan)
{
	struct curve curve = { .points = 0 };

	if (!suite_wants(suite, "growth", "reset-exponent", "dense", subject) ||
	    plan)
		return;
	for (size_t i = 0; i < results_count(suite->results); i++) {
		const struct row *row = results_at(suite->results, i);

		if (!strcmp(row->group, "reset") &&
		    !strcmp(row->op, "caller") &&
		    !strncmp(row->shape, "n-", 2) &&
		    !strcmp(row->subject, subject) &&
		    curve.points < MOST_POINTS)
			add_point(&curve, row, strtod(row->shape + 2, NULL));
	}
	fit(suite, &curve,
	    add_exponent(suite, "reset-exponent", "dense", subject));
}

void part_growth(struct suite *suite, bool plan)
{
	bool rest =
		suite_wants(suite, "lookup", "one", "1mi-4k-dense", "riotlb");

	for (size_t s = 0; s < N_SERIES; s++) {
		const struct series *series = &all_series[s];

		for (size_t i = 0; i < MOST_POINTS && series->points[i].n; i++)
			do_point(suite, series, &series->points[i], plan, rest);
		for (size_t op = 0; op < TABLE_OPS; op++) {
			for (size_t i = 0;
			     names[op].op && i < suite_subject_count; i++)
				fit_series(suite, series, names[op].op,
					   suite_subjects[i], plan);
		}
	}
	fit_resets(suite, "riotlb", plan);
	if (suite->peers)
		fit_resets(suite, "vhost", plan);
}
