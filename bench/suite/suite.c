/* SPDX-License-Identifier: MIT */
/* Which rows there are: names, the filter, and the rows themselves. */
#include <errno.h>
#include <math.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

#define LONGEST_NAME 256

static const regex_t *filter;

/* A tree of the names collected, as tsearch keeps it. */
static void *names;
static bool collecting;
static size_t collected;
static bool printing;

void frame_filter(const regex_t *only)
{
	filter = only;
}

void frame_collect(void)
{
	collecting = true;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void collect(const char *name)
{
	char *copy;

	if (tfind(name, &names, compare_names))
		return;
	copy = strdup(name);
	if (!copy || !tsearch(copy, &names, compare_names))
		suite_cannot("the rows' names", -ENOMEM);
}

static void print_and_count(const void *node, VISIT visit, int depth)
{
	const char *const *name = node;

	(void)depth;
	if (visit != postorder && visit != leaf)
		return;
	collected++;
	if (printing)
		puts(*name);
}

size_t frame_collected(bool print)
{
	collecting = false;
	collected = 0;
	printing = print;
	twalk(names, print_and_count);
	tdestroy(names, free);
	names = NULL;
	return collected;
}

bool suite_wants(const struct suite *suite, const char *group, const char *op,
		 const char *shape, const char *subject)
{
	char name[LONGEST_NAME];

	(void)suite;
	snprintf(name, sizeof(name), "%s/%s/%s/%s", group, op, shape, subject);
	if (filter && regexec(filter, name, 0, NULL, 0))
		return false;
	if (collecting)
		collect(name);
	return true;
}

struct row *suite_row(struct suite *suite, const char *group, const char *op,
		      const char *shape, const char *subject)
{
	return results_add(suite->results, &(struct row){
						   .group = group,
						   .op = op,
						   .shape = shape,
						   .subject = subject,
						   .unit = "ns",
						   .x = NAN,
					   });
}

void suite_exact(struct suite *suite, struct row *row, double value)
{
	double samples[ESTIMATE_MIN_SAMPLES];

	for (size_t i = 0; i < ESTIMATE_MIN_SAMPLES; i++)
		samples[i] = value;
	results_fill(suite->results, row, samples, ESTIMATE_MIN_SAMPLES);
}

void suite_wrong(struct suite *suite, struct row *row, const char *why)
{
	fprintf(stderr, "riotlb-bench: %s: %s\n", row->name, why);
	results_refuse(suite->results, row, ROW_FAILED, why);
	suite->failed = true;
}

void suite_cannot(const char *what, int err)
{
	frame_progress_end();
	fprintf(stderr, "riotlb-bench: %s: %s\n", what, strerror(-err));
	exit(EXIT_CANNOT);
}

void *suite_calloc(size_t n, size_t size)
{
	/* calloc(0) may return NULL */
	void *memory = calloc(n ? n : 1, size);

	if (!memory)
		suite_cannot("set-up", -ENOMEM);
	return memory;
}
