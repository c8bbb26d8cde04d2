/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../shape_list.h"
#include "text.h"

#define DENSE_SIZE 4096
#define CURVE "curve-"

/* Where a row stands on the x axis; NAN: nowhere. */
typedef double place_fn(const struct row *row);

static double place_by_x(const struct row *row)
{
	return row->x;
}

static double place_by_size(const struct row *row)
{
	for (size_t i = 0; i < shape_count; i++) {
		const struct shape *s = &shape_list[i];

		if (strcmp(s->name, row->shape) == 0 && !s->opaque &&
		    s->stride == DENSE_SIZE && s->size == DENSE_SIZE)
			return (double)s->n;
	}
	return NAN;
}

/* ---- points ------------------------------------------------------------- */

static bool point_of(const struct row *row, struct plot_point *point)
{
	*point = (struct plot_point){
		.low = row->value.low,
		.high = row->value.high,
		.at_least = row->state == ROW_OVER,
	};
	if (row->state == ROW_VALUE)
		point->y = row->value.median;
	else if (row->state == ROW_OVER)
		point->y = row->value.low;
	else
		return false;
	return isfinite(point->y);
}

/* A logarithmic axis ends above 0. */
static void lift_low(struct plot_point *point)
{
	if (!(point->low > 0))
		point->low = point->y;
}

static int compare_points(const void *a, const void *b)
{
	double x = ((const struct plot_point *)a)->x;
	double y = ((const struct plot_point *)b)->x;

	return (x > y) - (x < y);
}

static int compare_ticks(const void *a, const void *b)
{
	double x = ((const struct plot_tick *)a)->at;
	double y = ((const struct plot_tick *)b)->at;

	return (x > y) - (x < y);
}

static bool has_tick(const struct plot *plot, double at)
{
	for (size_t i = 0; i < plot->tick_count; i++) {
		if (fabs(plot->ticks[i].at - at) <= 1e-9 * fabs(at))
			return true;
	}
	return false;
}

static void add_tick(struct plot *plot, double at, const char *label)
{
	struct plot_tick *tick = &plot->ticks[plot->tick_count];

	if (has_tick(plot, at))
		return;
	tick->at = at;
	snprintf(tick->label, sizeof(tick->label), "%s", label);
	plot->tick_count++;
}

static bool allocate(struct plot *plot, size_t series, size_t points)
{
	plot->ticks = calloc(series * points + 1, sizeof(*plot->ticks));
	plot->series = calloc(series + 1, sizeof(*plot->series));
	if (!plot->ticks || !plot->series)
		return false;
	for (; plot->series_count < series; plot->series_count++) {
		struct plot_series *s = &plot->series[plot->series_count];

		s->points = calloc(points + 1, sizeof(*s->points));
		if (!s->points)
			return false;
	}
	return true;
}

static void name_series(struct plot_series *s, const char *label, size_t at)
{
	snprintf(s->label, sizeof(s->label), "%s", label);
	s->ink = ink_of(label, at);
	s->ours = strcmp(label, PIVOT_OURS) == 0;
}

/* Drops series without points, sorts the rest; is there something to see? */
static bool settle(struct plot *plot, bool *no_memory)
{
	size_t n = 0;

	for (size_t i = 0; i < plot->series_count; i++) {
		struct plot_series *s = &plot->series[i];

		if (plot->kind == PLOT_LINES)
			qsort(s->points, s->n, sizeof(*s->points),
			      compare_points);
		if (s->n)
			plot->series[n++] = *s;
		else
			free(s->points);
	}
	plot->series_count = n;
	if (plot->kind == PLOT_LINES)
		qsort(plot->ticks, plot->tick_count, sizeof(*plot->ticks),
		      compare_ticks);
	if (n && plot->tick_count > 1)
		return true;
	*no_memory = false;
	plot_free(plot);
	return false;
}

static bool give_up(struct plot *plot, bool *no_memory)
{
	*no_memory = true;
	plot_free(plot);
	return false;
}

/* ---- lines -------------------------------------------------------------- */

static void lines_row(struct plot *plot, struct plot_series *s,
		      const struct row *row, place_fn *place)
{
	struct plot_point point;
	char label[sizeof(plot->ticks->label)];
	double x = row ? place(row) : NAN;

	if (!isfinite(x) || !point_of(row, &point))
		return;
	if ((plot->log_value && point.y <= 0) || (plot->log_x && x <= 0))
		return;
	point.x = x;
	if (plot->log_value)
		lift_low(&point);
	s->points[s->n++] = point;
	text_count(label, sizeof(label), x);
	add_tick(plot, x, label);
}

static bool lines(const struct pivot *pivot, struct plot *plot, place_fn *place,
		  bool *no_memory)
{
	bool counts_threads = strcmp(pivot->group, "threads") == 0;

	*plot = (struct plot){
		.kind = PLOT_LINES,
		.unit = pivot->unit,
		.log_x = !counts_threads,
		.log_value = !counts_threads,
	};
	if (!allocate(plot, pivot->columns, pivot->lines))
		return give_up(plot, no_memory);
	for (size_t j = 0; j < pivot->columns; j++) {
		name_series(&plot->series[j], pivot->column[j], j);
		for (size_t i = 0; i < pivot->lines; i++)
			lines_row(plot, &plot->series[j], pivot_at(pivot, i, j),
				  place);
	}
	return settle(plot, no_memory);
}

bool figure_lines(const struct pivot *pivot, struct plot *plot, bool *no_memory)
{
	return lines(pivot, plot, place_by_x, no_memory);
}

bool figure_dense(const struct pivot *pivot, struct plot *plot, bool *no_memory)
{
	return lines(pivot, plot, place_by_size, no_memory);
}

/* ---- dots --------------------------------------------------------------- */

/* They are named as dots come: a line without any would only take room. */
static size_t category_of(struct plot *plot, const char *label)
{
	struct plot_tick *tick = plot->ticks;
	size_t n = plot->tick_count;

	for (; tick < plot->ticks + n; tick++) {
		if (strcmp(tick->label, label) == 0)
			return (size_t)(tick - plot->ticks);
	}
	tick->at = (double)n;
	snprintf(tick->label, sizeof(tick->label), "%s", label);
	plot->tick_count++;
	return n;
}

static void dots_row(struct plot *plot, struct plot_series *s,
		     const struct row *row)
{
	struct plot_point point;
	char label[sizeof(plot->ticks->label)];

	/* what is in a plot of its own, over its x, is left to that */
	if (!row || isfinite(row->x) || !point_of(row, &point) || point.y <= 0)
		return;
	snprintf(label, sizeof(label), "%.30s", row->shape);
	point.x = (double)category_of(plot, label);
	s->points[s->n++] = point;
}

bool figure_dots(const struct pivot *pivot, struct plot *plot, bool *no_memory)
{
	*plot = (struct plot){
		.kind = PLOT_DOTS,
		.unit = pivot->unit,
		.log_value = true,
	};
	if (!*pivot->unit)
		return false; /* one axis has no room for many units */
	if (!allocate(plot, pivot->columns, pivot->lines))
		return give_up(plot, no_memory);
	for (size_t i = 0; i < pivot->lines; i++) {
		for (size_t j = 0; j < pivot->columns; j++) {
			name_series(&plot->series[j], pivot->column[j], j);
			dots_row(plot, &plot->series[j], pivot_at(pivot, i, j));
		}
	}
	return settle(plot, no_memory);
}

/* ---- tails -------------------------------------------------------------- */

static double nines(double percentile)
{
	return -log10(1 - percentile / 100);
}

static bool is_curve(const struct row *row)
{
	return strcmp(row->group, "tail") == 0 &&
	       strncmp(row->op, CURVE, strlen(CURVE)) == 0 &&
	       row->state != ROW_PLANNED;
}

static struct plot_series *curve_of(struct plot *plot, size_t *used,
				    const struct row *row)
{
	const char *label = row->op + strlen(CURVE);
	struct plot_series *s;

	for (size_t i = 0; i < *used; i++) {
		if (strcmp(plot->series[i].label, label) == 0)
			return &plot->series[i];
	}
	s = &plot->series[*used];
	name_series(s, label, (*used)++);
	/* with nothing going on is how it should be: riotlb's own colour */
	if (strcmp(label, "quiet") == 0) {
		s->ink = ink_of(PIVOT_OURS, 0);
		s->ours = true;
	} else if (strcmp(label, "floor") == 0) {
		s->ink = ink_of("radix", 0);
	}
	return s;
}

/* p100 has no finite place of its own: it is a step beyond the one before. */
static double place_of_max(const struct results *results)
{
	double most = 0;

	for (size_t i = 0; i < results_count(results); i++) {
		const struct row *row = results_at(results, i);

		if (is_curve(row) && row->x > most && row->x < 100)
			most = row->x;
	}
	return nines(most) + 1;
}

static void tails_row(struct plot *plot, struct plot_series *s,
		      const struct row *row, double max)
{
	struct plot_point point;
	char label[sizeof(plot->ticks->label)];

	if (!(row->x >= 0 && row->x <= 100) || !point_of(row, &point) ||
	    point.y <= 0)
		return;
	point.x = row->x < 100 ? nines(row->x) : max;
	lift_low(&point);
	s->points[s->n++] = point;
	if (row->x < 100)
		snprintf(label, sizeof(label), "%g", row->x);
	else
		snprintf(label, sizeof(label), "max");
	add_tick(plot, point.x, label);
}

bool figure_tails(const struct results *results, struct plot *plot,
		  bool *no_memory)
{
	double max = place_of_max(results);
	size_t n = 0;
	size_t used = 0;

	*plot = (struct plot){
		.kind = PLOT_LINES,
		.unit = "ns",
		.log_value = true,
	};
	for (size_t i = 0; i < results_count(results); i++)
		n += is_curve(results_at(results, i));
	if (!allocate(plot, n, n))
		return give_up(plot, no_memory);
	for (size_t i = 0; i < results_count(results); i++) {
		const struct row *row = results_at(results, i);

		if (is_curve(row))
			tails_row(plot, curve_of(plot, &used, row), row, max);
	}
	return settle(plot, no_memory);
}
