/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/*
 * Every reader sets `wrong` to the key that it did not like, and returns
 * something harmless: one check at the end is enough.
 */
struct reader {
	const char *wrong;
	bool no_memory;
};

static double number(struct reader *r, const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);

	if (json_is_null(value))
		return NAN;
	if (!json_is_number(value))
		r->wrong = key;
	return json_number_value(value);
}

static uint64_t count(struct reader *r, const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		r->wrong = key;
		return 0;
	}
	return (uint64_t)json_integer_value(value);
}

static bool truth(struct reader *r, const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);

	if (!json_is_boolean(value))
		r->wrong = key;
	return json_is_true(value);
}

/* "" where it is wrong; NULL for null, if that may be. */
static const char *text(struct reader *r, const json_t *o, const char *key,
			bool optional)
{
	const json_t *value = json_object_get(o, key);

	if (optional && json_is_null(value))
		return NULL;
	if (json_is_string(value))
		return json_string_value(value);
	r->wrong = key;
	return "";
}

static void copy(struct reader *r, const json_t *o, const char *key, char *to,
		 size_t size)
{
	snprintf(to, size, "%s", text(r, o, key, false));
}

static char *keep(struct reader *r, const json_t *o, const char *key)
{
	const char *value = text(r, o, key, true);
	char *own = value ? strdup(value) : NULL;

	r->no_memory = r->no_memory || (value && !own);
	return own;
}

/* Which of the names; the first where it is none. */
static int choice(struct reader *r, const json_t *o, const char *key,
		  const char *(*name)(int), int names)
{
	const char *value = text(r, o, key, false);

	for (int i = 0; i < names; i++) {
		if (strcmp(name(i), value) == 0)
			return i;
	}
	r->wrong = key;
	return 0;
}

static const char *metric_at(int i)
{
	return metric_name((enum metric)i);
}

static const char *verdict_at(int i)
{
	return verdict_name((enum verdict)i);
}

static void of_metrics(struct reader *r, const json_t *o, const char *key,
		       double *values)
{
	const json_t *all = json_object_get(o, key);

	for (int m = 0; m < METRICS; m++) {
		values[m] = number(r, all, metric_at(m));
		if (!(values[m] >= 0))
			r->wrong = key;
	}
}

static void read_rules(struct reader *r, const json_t *o, struct rules *rules)
{
	of_metrics(r, o, "margin", rules->margin);
	of_metrics(r, o, "floor", rules->floor);
	of_metrics(r, o, "target", rules->target);
	rules->alpha = number(r, o, "alpha");
	rules->looks = (unsigned)count(r, o, "looks");
	rules->power = number(r, o, "power");
	rules->demote = truth(r, o, "demote");
	rules->allow_removed = truth(r, o, "allow_removed");
	rules->inconclusive = (enum status)count(r, o, "inconclusive");
	if (!(rules->alpha > 0 && rules->alpha < 1))
		r->wrong = "alpha";
	if (!(rules->power > 0 && rules->power < 1))
		r->wrong = "power";
	if (!rules->looks || rules->looks > 16)
		r->wrong = "looks";
	if (rules->inconclusive > STATUS_INTERNAL)
		r->wrong = "inconclusive";
}

static void read_side(struct reader *r, const json_t *o, struct side *side)
{
	copy(r, o, "given", side->given, sizeof(side->given));
	copy(r, o, "kind", side->kind, sizeof(side->kind));
	copy(r, o, "commit", side->commit, sizeof(side->commit));
	copy(r, o, "version", side->version, sizeof(side->version));
	copy(r, o, "compiler", side->compiler, sizeof(side->compiler));
	copy(r, o, "flags", side->flags, sizeof(side->flags));
	copy(r, o, "runtime", side->runtime, sizeof(side->runtime));
	copy(r, o, "code", side->code, sizeof(side->code));
	side->assertions = truth(r, o, "assertions");
}

static void read_pairs(struct reader *r, const json_t *pairs,
		       struct gate_row *row)
{
	size_t i;
	json_t *entry;

	if (!json_is_array(pairs))
		r->wrong = "pairs";
	json_array_foreach(pairs, i, entry)
	{
		double v[3];

		if (json_array_size(entry) != 3)
			r->wrong = "pairs";
		for (size_t k = 0; k < 3; k++) {
			const json_t *value = json_array_get(entry, k);

			if (!json_is_number(value) && !json_is_null(value))
				r->wrong = "pairs";
			v[k] = json_is_number(value) ? json_number_value(value)
						     : NAN;
		}
		if (row_add_pair(row, (struct pair){ v[0], v[1], v[2] }))
			r->no_memory = true;
	}
}

static void read_row(struct reader *r, const json_t *o, struct gate *gate)
{
	const json_t *found = json_object_get(o, "found");
	struct gate_row *row = gate_add_row(gate, text(r, o, "name", false));

	if (!row) {
		r->no_memory = true;
		return;
	}
	row->metric = (enum metric)choice(r, o, "metric", metric_at, METRICS);
	row->control = truth(r, o, "control");
	row->base_unit = keep(r, o, "base_unit");
	row->head_unit = keep(r, o, "head_unit");
	row->family = keep(r, o, "family");
	row->n = number(r, o, "n");
	row->iterations = count(r, o, "iterations");
	row->planned = (size_t)count(r, o, "planned");
	row->first = (size_t)count(r, o, "first");
	row->error = keep(r, o, "error");
	row->found.verdict =
		(enum verdict)choice(r, found, "verdict", verdict_at, 3);
	read_pairs(r, json_object_get(o, "pairs"), row);
}

static void read_count(struct reader *r, const json_t *o, struct gate *gate)
{
	struct count_row *row;

	if (gate_add_count(gate, text(r, o, "name", false),
			   text(r, o, "metric", false), number(r, o, "base"),
			   number(r, o, "head"))) {
		r->no_memory = true;
		return;
	}
	row = &gate->counts[gate->count_count - 1];
	row->verdict = (enum verdict)choice(r, o, "verdict", verdict_at, 3);
	copy(r, o, "why", row->why, sizeof(row->why));
}

static void read_facts(struct reader *r, json_t *o, struct gate *gate)
{
	const char *key;
	json_t *value;

	if (!json_is_object(o))
		r->wrong = "machine";
	json_object_foreach(o, key, value)
	{
		if (json_is_string(value))
			gate_add_fact(gate, key, "%s",
				      json_string_value(value));
		else
			r->wrong = "machine";
	}
}

static void read_lists(struct reader *r, const json_t *root, struct gate *gate)
{
	const json_t *rows = json_object_get(root, "rows");
	const json_t *counts = json_object_get(root, "counts");
	size_t i;
	json_t *entry;

	if (!json_is_array(rows))
		r->wrong = "rows";
	if (!json_is_array(counts))
		r->wrong = "counts";
	json_array_foreach(rows, i, entry) read_row(r, entry, gate);
	json_array_foreach(counts, i, entry) read_count(r, entry, gate);
}

static void read_root(struct reader *r, const json_t *root, struct gate *gate)
{
	uint64_t status = count(r, root, "exit");

	gate->seed = strtoull(text(r, root, "seed", false), NULL, 16);
	gate->seconds = number(r, root, "seconds");
	copy(r, root, "started", gate->started, sizeof(gate->started));
	copy(r, root, "command", gate->command, sizeof(gate->command));
	gate->attempt = (unsigned)count(r, root, "attempt");
	gate->unchanged = keep(r, root, "unchanged");
	gate->identical = truth(r, root, "identical");
	gate->contaminated = truth(r, root, "contaminated");
	if (status > STATUS_INTERNAL)
		r->wrong = "exit";
	gate->status = (enum status)status;
	read_rules(r, json_object_get(root, "rules"), &gate->rules);
	read_side(r, json_object_get(root, "base"), &gate->base);
	read_side(r, json_object_get(root, "head"), &gate->head);
	read_facts(r, json_object_get(root, "machine"), gate);
	read_lists(r, root, gate);
}

enum status record_read(struct gate *gate, const char *path)
{
	struct reader reader = { 0 };
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	json_int_t schema;

	gate_init(gate);
	if (!root)
		return say(STATUS_USAGE, "%s: %s", path, error.text);
	schema = json_integer_value(json_object_get(root, "schema"));
	if (schema == RECORD_SCHEMA)
		read_root(&reader, root, gate);
	json_decref(root);
	if (schema != RECORD_SCHEMA)
		return say(STATUS_USAGE, "%s: schema %lld is not %d", path,
			   (long long)schema, RECORD_SCHEMA);
	if (reader.no_memory)
		return say(STATUS_INTERNAL, "out of memory");
	if (reader.wrong)
		return say(STATUS_USAGE, "%s: '%s' is missing or wrong", path,
			   reader.wrong);
	return STATUS_PASS;
}
