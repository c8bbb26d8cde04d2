/* SPDX-License-Identifier: MIT */
#include "pivot.h"

#include <stdlib.h>
#include <string.h>

static bool belongs(const struct row *row, const char *group, const char *op)
{
	return row->state != ROW_PLANNED && strcmp(row->group, group) == 0 &&
	       strcmp(row->op, op) == 0;
}

/* Is the row the first one of its group and op? */
static bool first_of_its_kind(const struct results *results, size_t at)
{
	const struct row *row = results_at(results, at);

	for (size_t i = 0; i < at; i++) {
		if (belongs(results_at(results, i), row->group, row->op))
			return false;
	}
	return row->state != ROW_PLANNED;
}

bool pivot_next(const struct results *results, size_t *at, const char **group,
		const char **op)
{
	for (; *at < results_count(results); ++*at) {
		if (first_of_its_kind(results, *at)) {
			const struct row *row = results_at(results, (*at)++);

			*group = row->group;
			*op = row->op;
			return true;
		}
	}
	return false;
}

static size_t place_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return n;
}

static void add_name(const char **names, size_t *n, const char *name)
{
	if (place_of(names, *n, name) == *n)
		names[(*n)++] = name;
}

static void add_names(struct pivot *pivot, const struct row *row)
{
	if (!pivot->lines)
		pivot->unit = row->unit;
	else if (strcmp(pivot->unit, row->unit) != 0)
		pivot->unit = "";
	add_name(pivot->line, &pivot->lines, row->shape);
	add_name(pivot->column, &pivot->columns, row->subject);
}

static void ours_first(struct pivot *pivot)
{
	size_t at = place_of(pivot->column, pivot->columns, PIVOT_OURS);
	const char *ours;

	if (at == pivot->columns)
		return;
	ours = pivot->column[at];
	memmove(pivot->column + 1, pivot->column, at * sizeof(*pivot->column));
	pivot->column[0] = ours;
}

static void fill(const struct results *results, struct pivot *pivot)
{
	for (size_t i = 0; i < results_count(results); i++) {
		const struct row *row = results_at(results, i);
		size_t line;
		size_t column;

		if (!belongs(row, pivot->group, pivot->op))
			continue;
		line = place_of(pivot->line, pivot->lines, row->shape);
		column = place_of(pivot->column, pivot->columns, row->subject);
		pivot->cell[line * pivot->columns + column] = row;
	}
}

bool pivot_make(const struct results *results, const char *group,
		const char *op, struct pivot *pivot)
{
	size_t n = 0;

	*pivot = (struct pivot){ .group = group, .op = op, .unit = "" };
	for (size_t i = 0; i < results_count(results); i++)
		n += belongs(results_at(results, i), group, op);
	pivot->line = calloc(n + 1, sizeof(*pivot->line));
	pivot->column = calloc(n + 1, sizeof(*pivot->column));
	if (!pivot->line || !pivot->column)
		goto no_memory;
	for (size_t i = 0; i < results_count(results); i++) {
		const struct row *row = results_at(results, i);

		if (belongs(row, group, op))
			add_names(pivot, row);
	}
	ours_first(pivot);
	pivot->cell = calloc(pivot->lines * pivot->columns + 1,
			     sizeof(const struct row *));
	if (!pivot->cell)
		goto no_memory;
	fill(results, pivot);
	return true;

no_memory:
	pivot_free(pivot);
	return false;
}

void pivot_free(struct pivot *pivot)
{
	free(pivot->line);
	free(pivot->column);
	free(pivot->cell);
	*pivot = (struct pivot){ 0 };
}

bool pivot_compares(const struct pivot *pivot)
{
	return pivot->columns > 1 && strcmp(pivot->column[0], PIVOT_OURS) == 0;
}
