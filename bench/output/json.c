/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"

json_t *json_make_object(struct json_writer *w)
{
	json_t *o = json_object();

	w->ok = w->ok && o;
	return o;
}

json_t *json_make_array(struct json_writer *w)
{
	json_t *a = json_array();

	w->ok = w->ok && a;
	return a;
}

void json_put(struct json_writer *w, json_t *object, const char *key,
	      json_t *value)
{
	if (json_object_set_new(object, key, value))
		w->ok = false;
}

void json_add(struct json_writer *w, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		w->ok = false;
}

json_t *json_finite(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_words(const char *text)
{
	json_t *string;
	char *plain;

	if (!text)
		return json_null();
	string = json_string(text);
	if (string)
		return string;
	plain = strdup(text);
	if (!plain)
		return NULL;
	for (char *p = plain; *p; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	string = json_string(plain);
	free(plain);
	return string;
}

/* Counts of bytes have more digits than are worth printing of a measurement. */
static json_t *whole_or_finite(double value)
{
	if (value >= 0 && value < 0x1p53 && value <= floor(value))
		return json_integer((json_int_t)value);
	return json_finite(value);
}

static json_t *fact_value(const struct fact *fact)
{
	switch (fact->kind) {
	case FACT_NUMBER:
		return whole_or_finite(fact->number);
	case FACT_TRUTH:
		return json_boolean(fact->number != 0);
	case FACT_TEXT:
		break;
	}
	return json_words(fact->text);
}

void json_put_facts(struct json_writer *w, json_t *object,
		    const struct output_run *run)
{
	struct fact facts[FACTS_MAX];
	size_t n = facts_of(run, facts);
	json_t *versions = json_make_object(w);

	for (size_t i = 0; i < n; i++)
		json_put(w, object, facts[i].key, fact_value(&facts[i]));
	for (size_t i = 0; i < run->version_count; i++)
		json_put(w, versions, run->versions[i].name,
			 json_words(run->versions[i].version));
	json_put(w, object, "versions", versions);
}

int json_finish(struct json_writer *w, json_t *root, FILE *file)
{
	int err = w->ok ? 0 : -ENOMEM;

	errno = EIO;
	if (!err &&
	    (json_dumpf(root, file, JSON_INDENT(1) | JSON_REAL_PRECISION(10)) ||
	     fputc('\n', file) == EOF))
		err = -errno;
	json_decref(root);
	return err;
}
