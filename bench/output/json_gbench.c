/* SPDX-License-Identifier: MIT */
/*
 * The JSON of Google Benchmark, for tools that read it. compare.py wants every
 * repetition under one name and takes `cpu_time` too; Bencher and
 * github-action-benchmark want each name once, and Bencher a list of caches.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "text.h"

/* ---- context ------------------------------------------------------------ */

static json_t *caches(struct json_writer *w, const struct machine *m)
{
	json_t *list = json_make_array(w);

	for (size_t i = 0; i < m->cache_count; i++) {
		const struct machine_cache *c = &m->caches[i];
		json_t *o = json_make_object(w);

		json_put(w, o, "type", json_words(c->type));
		json_put(w, o, "level", json_integer(c->level));
		json_put(w, o, "size", json_integer((json_int_t)c->bytes));
		json_put(w, o, "num_sharing", json_integer(c->sharing));
		json_add(w, list, o);
	}
	return list;
}

static json_t *load(struct json_writer *w, const struct machine *m)
{
	json_t *list = json_make_array(w);

	for (size_t i = 0; i < 3; i++) {
		if (m->load[i] >= 0)
			json_add(w, list, json_finite(m->load[i]));
	}
	return list;
}

static json_t *context(struct json_writer *w, const struct output_run *run)
{
	const struct machine *m = run->machine;
	json_t *o = json_make_object(w);

	json_put_facts(w, o, run);
	json_put(w, o, "executable", json_words(run->command));
	json_put(w, o, "num_cpus", json_integer(m->cores));
	json_put(w, o, "mhz_per_cpu", json_integer(lround(m->mhz)));
	json_put(w, o, "cpu_scaling_enabled",
		 json_boolean(strcmp(m->governor, "unknown") != 0 &&
			      strcmp(m->governor, "performance") != 0));
	json_put(w, o, "caches", caches(w, m));
	json_put(w, o, "load_avg", load(w, m));
	json_put(w, o, "library_build_type", json_words("release"));
	return o;
}

/* ---- benchmarks --------------------------------------------------------- */

/* Rows of one group, op and shape are a family. */
struct family {
	const struct row *first;
	size_t index;
	size_t instances;
};

struct document {
	struct json_writer w;
	json_t *benchmarks;
	struct family *families;
	size_t family_count;
};

static bool has_times(const struct row *row)
{
	return (row->state == ROW_VALUE || row->state == ROW_UNRESOLVED) &&
	       row->rounds && text_is_time(row->unit);
}

static struct family *family_of(struct document *d, const struct row *row)
{
	struct family *f = d->families;

	for (; f < d->families + d->family_count; f++) {
		if (strcmp(f->first->shape, row->shape) == 0 &&
		    strcmp(f->first->op, row->op) == 0 &&
		    strcmp(f->first->group, row->group) == 0)
			return f;
	}
	*f = (struct family){ .first = row, .index = d->family_count++ };
	return f;
}

/* threads/OP/t-4/SUBJECT: x counts them */
static json_int_t threads_of(const struct row *row)
{
	if (strcmp(row->group, "threads") == 0 && row->x >= 1)
		return (json_int_t)row->x;
	return 1;
}

/*
 * What every entry has. CPU time is not measured apart: a pinned thread that
 * never waits has as much of it as of the other.
 */
static json_t *entry(struct document *d, const struct row *row,
		     const char *suffix, const char *run_type)
{
	struct json_writer *w = &d->w;
	json_t *o = json_make_object(w);
	char *name;

	json_put(w, o, "run_name", json_words(row->name));
	json_put(w, o, "run_type", json_words(run_type));
	json_put(w, o, "threads", json_integer(threads_of(row)));
	name = malloc(strlen(row->name) + strlen(suffix) + 1);
	if (name) {
		strcpy(name, row->name);
		strcat(name, suffix);
	}
	json_put(w, o, "name", name ? json_words(name) : NULL);
	free(name);
	return o;
}

static void put_time(struct json_writer *w, json_t *o, double value,
		     const char *unit)
{
	json_put(w, o, "real_time", json_finite(value));
	json_put(w, o, "cpu_time", json_finite(value));
	json_put(w, o, "time_unit", json_words(unit));
}

static void put_family(struct json_writer *w, json_t *o, const struct family *f,
		       const struct row *row)
{
	json_put(w, o, "family_index", json_integer((json_int_t)f->index));
	json_put(w, o, "per_family_instance_index",
		 json_integer((json_int_t)f->instances));
	json_put(w, o, "repetitions", json_integer((json_int_t)row->rounds));
}

static void add_sample(struct document *d, const struct row *row,
		       const struct family *f, size_t i)
{
	json_t *o = entry(d, row, "", "iteration");

	put_family(&d->w, o, f, row);
	json_put(&d->w, o, "repetition_index", json_integer((json_int_t)i));
	/* a sample is a mean already; how many went into it differs */
	json_put(&d->w, o, "iterations", json_integer(1));
	put_time(&d->w, o, row->samples[i], row->unit);
	if (row->state == ROW_UNRESOLVED)
		json_put(&d->w, o, "label", json_words(row->why));
	json_add(&d->w, d->benchmarks, o);
}

static void add_aggregate(struct document *d, const struct row *row,
			  const struct family *f, const char *name,
			  double value)
{
	bool share = strcmp(name, "cv") == 0;
	char suffix[16];
	json_t *o;

	if (!isfinite(value))
		return;
	snprintf(suffix, sizeof(suffix), "_%s", name);
	o = entry(d, row, suffix, "aggregate");
	put_family(&d->w, o, f, row);
	json_put(&d->w, o, "aggregate_name", json_words(name));
	json_put(&d->w, o, "aggregate_unit",
		 json_words(share ? "percentage" : "time"));
	json_put(&d->w, o, "iterations", json_integer((json_int_t)row->rounds));
	put_time(&d->w, o, value, row->unit);
	json_add(&d->w, d->benchmarks, o);
}

static void add_row(struct document *d, const struct row *row)
{
	struct family *f = family_of(d, row);
	double n = (double)row->rounds;
	double sum = 0;
	double squares = 0;
	double mean;
	double deviation;

	for (size_t i = 0; i < row->rounds; i++) {
		add_sample(d, row, f, i);
		sum += row->samples[i];
	}
	mean = sum / n;
	for (size_t i = 0; i < row->rounds; i++)
		squares += pow(row->samples[i] - mean, 2);
	deviation = sqrt(squares / (n - 1)); /* NaN for one sample: no entry */
	if (row->rounds > 1) {
		add_aggregate(d, row, f, "mean", mean);
		add_aggregate(d, row, f, "median", row->value.median);
		add_aggregate(d, row, f, "stddev", deviation);
		add_aggregate(d, row, f, "cv", deviation / mean);
	}
	f->instances++;
}

/* ---- every row, whatever it holds: Google Benchmark's tools skip these --- */

static const char *state_text(enum row_state state)
{
	switch (state) {
	case ROW_VALUE:
		return "value";
	case ROW_NA:
		return "n/a";
	case ROW_MISSING:
		return "missing";
	case ROW_OVER:
		return "over";
	case ROW_UNRESOLVED:
		return "unresolved";
	case ROW_FAILED:
		return "failed";
	case ROW_PLANNED:
		break;
	}
	return "planned";
}

static json_t *row_object(struct json_writer *w, const struct row *row)
{
	json_t *o = json_make_object(w);
	json_t *samples = json_make_array(w);

	json_put(w, o, "name", json_words(row->name));
	json_put(w, o, "what", json_words(row->what));
	json_put(w, o, "unit", json_words(row->unit));
	json_put(w, o, "more_is_better", json_boolean(row->more_is_better));
	json_put(w, o, "x", json_finite(row->x));
	json_put(w, o, "state", json_words(state_text(row->state)));
	json_put(w, o, "why", json_words(row->why));
	json_put(w, o, "median", json_finite(row->value.median));
	json_put(w, o, "low", json_finite(row->value.low));
	json_put(w, o, "high", json_finite(row->value.high));
	json_put(w, o, "p25", json_finite(row->p25));
	json_put(w, o, "p75", json_finite(row->p75));
	for (size_t i = 0; i < row->rounds; i++)
		json_add(w, samples, json_finite(row->samples[i]));
	json_put(w, o, "samples", samples);
	return o;
}

int json_full(const struct output_run *run, FILE *file)
{
	size_t n = results_count(run->results);
	struct document d = { .w.ok = true };
	json_t *root = json_make_object(&d.w);
	json_t *rows = json_make_array(&d.w);

	d.benchmarks = json_make_array(&d.w);
	d.families = calloc(n + 1, sizeof(*d.families));
	d.w.ok = d.w.ok && d.families;
	for (size_t i = 0; i < n && d.w.ok; i++) {
		const struct row *row = results_at(run->results, i);

		if (row->state == ROW_PLANNED)
			continue;
		json_add(&d.w, rows, row_object(&d.w, row));
		if (has_times(row))
			add_row(&d, row);
	}
	free(d.families);
	json_put(&d.w, root, "context", context(&d.w, run));
	json_put(&d.w, root, "benchmarks", d.benchmarks);
	json_put(&d.w, root, "rows", rows);
	return json_finish(&d.w, root, file);
}

int json_ci(const struct output_run *run, FILE *file)
{
	struct document d = { .w.ok = true };
	json_t *root = json_make_object(&d.w);

	d.benchmarks = json_make_array(&d.w);
	for (size_t i = 0; i < results_count(run->results); i++) {
		const struct row *row = results_at(run->results, i);
		json_t *o;

		/* what noise hides would only raise false alarms */
		if (!has_times(row) || row->state != ROW_VALUE)
			continue;
		o = entry(&d, row, "", "iteration");
		json_put(&d.w, o, "iterations",
			 json_integer((json_int_t)row->rounds));
		put_time(&d.w, o, row->value.median, row->unit);
		json_add(&d.w, d.benchmarks, o);
	}
	json_put(&d.w, root, "context", context(&d.w, run));
	json_put(&d.w, root, "benchmarks", d.benchmarks);
	return json_finish(&d.w, root, file);
}
