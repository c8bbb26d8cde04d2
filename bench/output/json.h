/* SPDX-License-Identifier: MIT */
/*
 * jansson's *_new setters take NULL for an error and fail. Every step's result
 * is and-ed into ok, so that one check of the finished document is enough.
 */
#ifndef BENCH_OUTPUT_JSON_H
#define BENCH_OUTPUT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "output.h"

struct json_writer {
	bool ok;
};

json_t *json_make_object(struct json_writer *w);
json_t *json_make_array(struct json_writer *w);
/* The value is taken over. */
void json_put(struct json_writer *w, json_t *object, const char *key,
	      json_t *value);
void json_add(struct json_writer *w, json_t *array, json_t *value);

/* null for what is no finite number: JSON has no word for it */
json_t *json_finite(double value);
/* null for NULL; what is not UTF-8 becomes question marks. */
json_t *json_words(const char *text);

/* Every fact of the run, by its key. */
void json_put_facts(struct json_writer *w, json_t *object,
		    const struct output_run *run);

/* Frees the root. 0, -ENOMEM if a step failed, or -errno of the file. */
int json_finish(struct json_writer *w, json_t *root, FILE *file);

/* ---- the files ---------------------------------------------------------- */

int json_full(const struct output_run *run, FILE *file);
int json_ci(const struct output_run *run, FILE *file);
int json_summary(const struct output_run *run, FILE *file);

#endif
