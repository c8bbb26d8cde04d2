/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "output/json.h"

#include "judge.h"

#define SEED_TEXT 24

static void put_words(struct json_writer *w, json_t *o, const char *key,
		      const char *text)
{
	json_put(w, o, key, json_words(text));
}

static void put_number(struct json_writer *w, json_t *o, const char *key,
		       double value)
{
	json_put(w, o, key, json_finite(value));
}

static void put_count(struct json_writer *w, json_t *o, const char *key,
		      uint64_t value)
{
	json_put(w, o, key, json_integer((json_int_t)value));
}

static json_t *of_metrics(struct json_writer *w, const double *values)
{
	json_t *o = json_make_object(w);

	for (int m = 0; m < METRICS; m++)
		put_number(w, o, metric_name((enum metric)m), values[m]);
	return o;
}

static json_t *rules_json(struct json_writer *w, const struct rules *r)
{
	json_t *o = json_make_object(w);

	json_put(w, o, "margin", of_metrics(w, r->margin));
	json_put(w, o, "floor", of_metrics(w, r->floor));
	json_put(w, o, "target", of_metrics(w, r->target));
	put_number(w, o, "alpha", r->alpha);
	put_count(w, o, "looks", r->looks);
	put_number(w, o, "power", r->power);
	json_put(w, o, "demote", json_boolean(r->demote));
	json_put(w, o, "allow_removed", json_boolean(r->allow_removed));
	put_count(w, o, "inconclusive", r->inconclusive);
	return o;
}

static json_t *side_json(struct json_writer *w, const struct side *side)
{
	json_t *o = json_make_object(w);

	put_words(w, o, "given", side->given);
	put_words(w, o, "kind", side->kind);
	put_words(w, o, "commit", side->commit);
	put_words(w, o, "version", side->version);
	put_words(w, o, "compiler", side->compiler);
	put_words(w, o, "flags", side->flags);
	put_words(w, o, "runtime", side->runtime);
	put_words(w, o, "code", side->code);
	json_put(w, o, "assertions", json_boolean(side->assertions));
	return o;
}

static json_t *pairs_json(struct json_writer *w, const struct gate_row *row)
{
	json_t *pairs = json_make_array(w);

	for (size_t i = 0; i < row->count; i++) {
		const struct pair *pair = &row->pairs[i];
		json_t *o = json_make_array(w);

		json_add(w, o, json_finite(pair->base));
		json_add(w, o, json_finite(pair->head));
		json_add(w, o, json_finite(pair->at));
		json_add(w, pairs, o);
	}
	return pairs;
}

static const char *change_name(enum change change)
{
	static const char *const names[] = { "none", "slower", "faster" };

	return names[change];
}

static json_t *found_json(struct json_writer *w, const struct gate_row *row)
{
	const struct finding *f = &row->found;
	json_t *o = json_make_object(w);

	put_words(w, o, "verdict", verdict_name(f->verdict));
	put_words(w, o, "change", change_name(f->change));
	put_words(w, o, "why", f->why);
	put_number(w, o, "base", f->base);
	put_number(w, o, "head", f->head);
	put_number(w, o, "effect", judge_share(row->metric, f->effect));
	put_number(w, o, "low", judge_share(row->metric, f->low));
	put_number(w, o, "high", judge_share(row->metric, f->high));
	put_number(w, o, "p", f->p);
	put_number(w, o, "p_faster", f->p_faster);
	put_number(w, o, "visible", judge_share(row->metric, f->visible));
	return o;
}

static json_t *row_json(struct json_writer *w, const struct gate_row *row)
{
	json_t *o = json_make_object(w);

	put_words(w, o, "name", row->name);
	put_words(w, o, "metric", metric_name(row->metric));
	json_put(w, o, "control", json_boolean(row->control));
	put_words(w, o, "base_unit", row->base_unit);
	put_words(w, o, "head_unit", row->head_unit);
	put_words(w, o, "family", row->family);
	put_number(w, o, "n", row->n);
	put_count(w, o, "iterations", row->iterations);
	put_count(w, o, "planned", row->planned);
	put_count(w, o, "first", row->first);
	put_words(w, o, "error", row->error);
	json_put(w, o, "found", found_json(w, row));
	json_put(w, o, "pairs", pairs_json(w, row));
	return o;
}

static json_t *count_json(struct json_writer *w, const struct count_row *row)
{
	json_t *o = json_make_object(w);

	put_words(w, o, "name", row->name);
	put_words(w, o, "metric", row->metric);
	put_number(w, o, "base", row->base);
	put_number(w, o, "head", row->head);
	put_words(w, o, "verdict", verdict_name(row->verdict));
	put_words(w, o, "why", row->why);
	return o;
}

static json_t *facts_json(struct json_writer *w, const struct gate *gate)
{
	json_t *o = json_make_object(w);

	for (size_t i = 0; i < gate->fact_count; i++)
		put_words(w, o, gate->facts[i].key, gate->facts[i].value);
	return o;
}

static void put_rows(struct json_writer *w, json_t *root,
		     const struct gate *gate)
{
	json_t *faults = json_make_array(w);
	json_t *rows = json_make_array(w);
	json_t *counts = json_make_array(w);

	for (size_t i = 0; i < gate->fault_count; i++)
		json_add(w, faults, json_words(gate->faults[i]));
	for (size_t i = 0; i < gate->count; i++)
		json_add(w, rows, row_json(w, &gate->rows[i]));
	for (size_t i = 0; i < gate->count_count; i++)
		json_add(w, counts, count_json(w, &gate->counts[i]));
	json_put(w, root, "faults", faults);
	json_put(w, root, "rows", rows);
	json_put(w, root, "counts", counts);
}

int record_write(const struct gate *gate, FILE *file)
{
	struct json_writer writer = { .ok = true };
	struct json_writer *w = &writer;
	json_t *root = json_make_object(w);
	char seed[SEED_TEXT];
	int err = 0;

	/* many readers of JSON keep 53 bits of a number */
	snprintf(seed, sizeof(seed), "0x%llx", (unsigned long long)gate->seed);
	put_count(w, root, "schema", RECORD_SCHEMA);
	put_words(w, root, "status", status_name(gate->status));
	put_count(w, root, "exit", gate->status);
	put_words(w, root, "seed", seed);
	put_words(w, root, "started", gate->started);
	put_number(w, root, "seconds", gate->seconds);
	put_words(w, root, "command", gate->command);
	put_count(w, root, "attempt", gate->attempt);
	put_words(w, root, "unchanged", gate->unchanged);
	json_put(w, root, "identical", json_boolean(gate->identical));
	json_put(w, root, "contaminated", json_boolean(gate->contaminated));
	json_put(w, root, "rules", rules_json(w, &gate->rules));
	json_put(w, root, "base", side_json(w, &gate->base));
	json_put(w, root, "head", side_json(w, &gate->head));
	json_put(w, root, "machine", facts_json(w, gate));
	put_rows(w, root, gate);
	errno = EIO;
	if (!w->ok)
		err = -ENOMEM;
	else if (json_dumpf(root, file,
			    JSON_INDENT(1) | JSON_REAL_PRECISION(17)) ||
		 fputc('\n', file) == EOF)
		err = -errno;
	json_decref(root);
	return err;
}
