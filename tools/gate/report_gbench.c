/* SPDX-License-Identifier: MIT */
/*
 * The times of HEAD as Google Benchmark would write them: each name once, no
 * aggregate, nothing that is not a finite time, since the readers of such files
 * trip over any of these.
 */
#include "report.h"

#include <errno.h>
#include <math.h>

#include "output/json.h"

#include "judge.h"
#include "report_text.h"

static json_t *context(struct json_writer *w, const struct gate *gate)
{
	json_t *o = json_make_object(w);

	json_put(w, o, "date", json_words(gate->started));
	json_put(w, o, "executable", json_words("riotlb-gate"));
	json_put(w, o, "library_build_type",
		 json_words(gate->head.assertions ? "debug" : "release"));
	json_put(w, o, "caches", json_make_array(w));
	json_put(w, o, "head", json_words(gate->head.given));
	json_put(w, o, "commit", json_words(gate->head.commit));
	json_put(w, o, "riotlb", json_words(gate->head.version));
	json_put(w, o, "compiler", json_words(gate->head.compiler));
	json_put(w, o, "flags", json_words(gate->head.flags));
	for (size_t i = 0; i < gate->fact_count; i++)
		json_put(w, o, gate->facts[i].key,
			 json_words(gate->facts[i].value));
	return o;
}

static json_t *row_json(struct json_writer *w, const struct gate_row *row,
			size_t at)
{
	const struct finding *f = &row->found;
	json_t *o = json_make_object(w);

	json_put(w, o, "name", json_words(row->name));
	json_put(w, o, "run_name", json_words(row->name));
	json_put(w, o, "run_type", json_words("iteration"));
	json_put(w, o, "family_index", json_integer((json_int_t)at));
	json_put(w, o, "per_family_instance_index", json_integer(0));
	json_put(w, o, "repetitions", json_integer(1));
	json_put(w, o, "repetition_index", json_integer(0));
	json_put(w, o, "threads", json_integer(1));
	json_put(w, o, "iterations", json_integer((json_int_t)row->iterations));
	json_put(w, o, "real_time", json_real(f->head));
	json_put(w, o, "cpu_time", json_real(f->head));
	json_put(w, o, "time_unit", json_words(row_unit(row)));
	json_put(w, o, "base_time", json_real(f->base));
	json_put(w, o, "effect",
		 json_real(judge_share(row->metric, f->effect)));
	json_put(w, o, "verdict", json_words(report_word(row)));
	return o;
}

/* What is new has no pairs, and so no time. */
static bool has_time(const struct gate_row *row)
{
	return row->metric != METRIC_GROWTH && !row->error &&
	       isfinite(row->found.head) && isfinite(row->found.base) &&
	       isfinite(row->found.effect);
}

int report_gbench(const struct gate *gate, FILE *file)
{
	struct json_writer w = { .ok = true };
	json_t *root = json_make_object(&w);
	json_t *rows = json_make_array(&w);

	json_put(&w, root, "context", context(&w, gate));
	for (size_t i = 0; i < gate->count; i++) {
		if (has_time(&gate->rows[i]))
			json_add(&w, rows, row_json(&w, &gate->rows[i], i));
	}
	json_put(&w, root, "benchmarks", rows);
	return json_finish(&w, root, file);
}
