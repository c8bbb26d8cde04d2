/* SPDX-License-Identifier: MIT */
#include "results.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row, and the same memory as we may write and free it. */
struct item {
	struct row row; /* first: a row's address is its item's */
	char *name;
	char *group;
	char *op;
	char *shape;
	char *subject;
	char *what;
	char *unit;
	char *why;
};

struct results {
	struct item **items;
	size_t n;
	size_t room;
};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *fmt,
								...)
{
	va_list args;

	fputs("riotlb-bench: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_CANNOT);
}

static void *need(void *memory)
{
	if (!memory)
		die("out of memory for the results");
	return memory;
}

/* NULL stays NULL. */
static char *copy(const char *text)
{
	return text ? need(strdup(text)) : NULL;
}

static char *copy_part(const char *text)
{
	if (!text || !*text ||
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-+")])
		die("\"%s\" is no part of a row's name", text ? text : "");
	return copy(text);
}

struct results *results_create(void)
{
	return calloc(1, sizeof(struct results));
}

static void item_free(struct item *item)
{
	free(item->name);
	free(item->group);
	free(item->op);
	free(item->shape);
	free(item->subject);
	free(item->what);
	free(item->unit);
	free(item->why);
	free(item->row.samples);
	free(item);
}

void results_destroy(struct results *results)
{
	if (!results)
		return;
	for (size_t i = 0; i < results->n; i++)
		item_free(results->items[i]);
	free(results->items);
	free(results);
}

static char *join(const char *group, const char *op, const char *shape,
		  const char *subject)
{
	size_t size = strlen(group) + strlen(op) + strlen(shape) +
		      strlen(subject) + sizeof("///");
	char *name = need(malloc(size));

	snprintf(name, size, "%s/%s/%s/%s", group, op, shape, subject);
	return name;
}

static void append(struct results *results, struct item *item)
{
	if (results->n == results->room) {
		size_t room = results->room ? 2 * results->room : 256;

		results->items = need(realloc(results->items,
					      room * sizeof(*results->items)));
		results->room = room;
	}
	results->items[results->n++] = item;
}

struct row *results_add(struct results *results, const struct row *like)
{
	struct item *item = need(calloc(1, sizeof(*item)));
	struct row *row = &item->row;

	row->group = item->group = copy_part(like->group);
	row->op = item->op = copy_part(like->op);
	row->shape = item->shape = copy_part(like->shape);
	row->subject = item->subject = copy_part(like->subject);
	row->name = item->name =
		join(item->group, item->op, item->shape, item->subject);
	if (like->name && strcmp(like->name, row->name) != 0)
		die("the row %s calls itself %s", row->name, like->name);
	if (results_find(results, row->group, row->op, row->shape,
			 row->subject))
		die("the row %s comes twice", row->name);
	row->what = item->what = copy(like->what);
	row->unit = item->unit = copy(like->unit ? like->unit : "");
	row->more_is_better = like->more_is_better;
	row->x = like->x;
	row->value = (struct estimate){ NAN, NAN, NAN };
	row->p25 = NAN;
	row->p75 = NAN;
	append(results, item);

	/* A row may come with its end already: n/a is known beforehand. */
	if (like->rounds)
		results_fill(results, row, like->samples, like->rounds);
	if (like->state == ROW_OVER)
		row->value = like->value;
	if (like->state != ROW_PLANNED && like->state != ROW_VALUE)
		results_refuse(results, row, like->state, like->why);
	return row;
}

void results_refuse(struct results *results, struct row *row,
		    enum row_state state, const char *why)
{
	struct item *item = (struct item *)row;
	char *said = copy(why);

	(void)results;
	free(item->why);
	row->why = item->why = said;
	row->state = state;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Between the two nearest samples. */
static double quantile(const double *sorted, size_t n, double share)
{
	double place = share * (double)(n - 1);
	size_t below = (size_t)place;
	double part = place - (double)below;

	if (below + 1 >= n)
		return sorted[n - 1];
	return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

/*
 * Too few samples for a 95 % interval: then it is the range of all of them,
 * the widest that can be had.
 */
static struct estimate estimate_any(const double *sorted, size_t n)
{
	if (n >= ESTIMATE_MIN_SAMPLES)
		return estimate_of(sorted, n);
	return (struct estimate){
		.median = quantile(sorted, n, 0.5),
		.low = sorted[0],
		.high = sorted[n - 1],
	};
}

static bool all_finite(const double *samples, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(samples[i]))
			return false;
	}
	return true;
}

void results_fill(struct results *results, struct row *row,
		  const double *samples, size_t rounds)
{
	double sorted[ESTIMATE_MAX_SAMPLES];
	double *kept;

	if (rounds == 0 || rounds > ESTIMATE_MAX_SAMPLES)
		die("%s cannot have %zu samples", row->name, rounds);
	if (!all_finite(samples, rounds)) {
		results_refuse(results, row, ROW_FAILED,
			       "a sample is not a finite number");
		return;
	}
	kept = need(malloc(rounds * sizeof(*kept)));
	memcpy(kept, samples, rounds * sizeof(*kept));
	memcpy(sorted, samples, rounds * sizeof(*sorted));
	qsort(sorted, rounds, sizeof(*sorted), compare_doubles);
	free(row->samples);
	row->samples = kept;
	row->rounds = rounds;
	row->value = estimate_any(sorted, rounds);
	row->p25 = quantile(sorted, rounds, 0.25);
	row->p75 = quantile(sorted, rounds, 0.75);
	row->state = ROW_VALUE;
}

size_t results_count(const struct results *results)
{
	return results->n;
}

const struct row *results_at(const struct results *results, size_t i)
{
	return i < results->n ? &results->items[i]->row : NULL;
}

const struct row *results_find(const struct results *results, const char *group,
			       const char *op, const char *shape,
			       const char *subject)
{
	for (size_t i = 0; i < results->n; i++) {
		const struct row *row = &results->items[i]->row;

		if (strcmp(row->shape, shape) == 0 &&
		    strcmp(row->subject, subject) == 0 &&
		    strcmp(row->op, op) == 0 && strcmp(row->group, group) == 0)
			return row;
	}
	return NULL;
}

bool results_ratio(const struct row *a, const struct row *b,
		   struct estimate *ratio)
{
	double sorted[ESTIMATE_MAX_SAMPLES];
	size_t n;

	if (!a || !b || a->state != ROW_VALUE || b->state != ROW_VALUE)
		return false;
	n = a->rounds < b->rounds ? a->rounds : b->rounds;
	for (size_t i = 0; i < n; i++)
		sorted[i] = a->samples[i] / b->samples[i];
	if (!all_finite(sorted, n))
		return false;
	qsort(sorted, n, sizeof(*sorted), compare_doubles);
	*ratio = estimate_any(sorted, n);
	return true;
}
