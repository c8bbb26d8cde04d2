/* SPDX-License-Identifier: MIT */
#include "json.h"

#define SCHEMA 1

static json_t *met(enum bar_verdict verdict)
{
	if (verdict == BAR_UNDECIDED)
		return json_null();
	return json_boolean(verdict == BAR_MET);
}

static json_t *bar_object(struct json_writer *w, const struct bar *bar)
{
	json_t *o = json_make_object(w);

	json_put(w, o, "id", json_words(bar->id));
	json_put(w, o, "what", json_words(bar->what));
	json_put(w, o, "value", json_finite(bar->value.median));
	json_put(w, o, "unit", json_words(bar->unit));
	json_put(w, o, "op", json_words(bar_op_text(bar->op)));
	json_put(w, o, "target", json_finite(bar->target));
	json_put(w, o, "met", met(bar->verdict));
	json_put(w, o, "lo", json_finite(bar->value.low));
	json_put(w, o, "hi", json_finite(bar->value.high));
	json_put(w, o, "worst_shape",
		 json_words(bar->worst_shape ? bar->worst_shape : ""));
	json_put(w, o, "why", json_words(bar->why));
	return o;
}

int json_summary(const struct output_run *run, FILE *file)
{
	struct json_writer w = { .ok = true };
	json_t *root = json_make_object(&w);
	json_t *machine = json_make_object(&w);
	json_t *bars = json_make_array(&w);

	json_put_facts(&w, machine, run);
	for (size_t i = 0; i < BAR_COUNT; i++)
		json_add(&w, bars, bar_object(&w, &run->bars[i]));
	json_put(&w, root, "schema", json_integer(SCHEMA));
	json_put(&w, root, "machine", machine);
	json_put(&w, root, "bars", bars);
	return json_finish(&w, root, file);
}
