/* SPDX-License-Identifier: MIT */
#include "budget.h"

#include <errno.h>

#include "output/json.h"

#define SCHEMA 1

static json_t *finding_json(struct json_writer *w,
			    const struct count_finding *f)
{
	json_t *o = json_make_object(w);

	json_put(w, o, "name", json_string(f->row));
	json_put(w, o, "metric", json_string(count_metric_name(f->metric)));
	json_put(w, o, "budget", json_finite(f->base));
	json_put(w, o, "counted", json_finite(f->head));
	json_put(w, o, "verdict", json_string(count_verdict_name(f->verdict)));
	json_put(w, o, "why", json_string(f->why));
	return o;
}

static int put_all(const struct budget_result *result, FILE *file)
{
	struct json_writer w = { .ok = true };
	json_t *root = json_make_object(&w);
	json_t *rows = json_make_array(&w);

	json_put(&w, root, "schema", json_integer(SCHEMA));
	json_put(&w, root, "key", json_words(result->key));
	json_put(&w, root, "known", json_boolean(result->is_known));
	json_put(&w, root, "status", json_integer(result->status));
	for (size_t i = 0; i < result->findings.n; i++)
		json_add(&w, rows, finding_json(&w, &result->findings.all[i]));
	json_put(&w, root, "counts", rows);
	return json_finish(&w, root, file);
}

int budget_json(const char *path, const struct budget_result *result)
{
	FILE *file = fopen(path, "w");
	int err;

	if (!file)
		return -errno;
	err = put_all(result, file);
	if (fclose(file) && !err)
		err = -errno;
	return err;
}
