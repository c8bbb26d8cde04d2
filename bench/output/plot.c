/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define DOT_LINE 25 /* px of a category */
#define LABEL_LINE 16
#define TICKS_MOST 32

/* Everything in px of the SVG, which no screen has to show one to one. */
struct canvas {
	const struct plot *plot;
	bool narrow;
	double width;
	double height;
	double left; /* of the plotting area */
	double right;
	double top;
	double bottom;
	double letter; /* about the width of one */
	double x_low;
	double x_high;
	double y_low; /* of the value, whichever axis has it */
	double y_high;
};

/* ---- ranges and ticks --------------------------------------------------- */

static double round_down(double value)
{
	double decade = pow(10, floor(log10(value)));

	return value >= 5 * decade   ? 5 * decade
	       : value >= 2 * decade ? 2 * decade
				     : decade;
}

static double round_up(double value)
{
	double decade = pow(10, floor(log10(value)));

	return value <= decade       ? decade
	       : value <= 2 * decade ? 2 * decade
	       : value <= 5 * decade ? 5 * decade
				     : 10 * decade;
}

static void widen(double *low, double *high, double value)
{
	if (!isfinite(value))
		return;
	if (!(value >= *low))
		*low = value;
	if (!(value <= *high))
		*high = value;
}

/* Then steps are powers of 2, as the units are. */
static bool in_bytes(const struct plot *plot)
{
	return strcmp(plot->unit, "B") == 0;
}

static void find_ranges(struct canvas *c)
{
	c->x_low = c->x_high = c->y_low = c->y_high = NAN;
	for (size_t i = 0; i < c->plot->series_count; i++) {
		const struct plot_series *s = &c->plot->series[i];

		for (size_t j = 0; j < s->n; j++) {
			widen(&c->x_low, &c->x_high, s->points[j].x);
			widen(&c->y_low, &c->y_high, s->points[j].y);
		}
	}
	if (c->plot->log_value && in_bytes(c->plot)) {
		c->y_low = exp2(floor(log2(c->y_low * 0.95)));
		c->y_high = exp2(ceil(log2(c->y_high * 1.05)));
	} else if (c->plot->log_value) {
		c->y_low = round_down(c->y_low * 0.92);
		c->y_high = round_up(c->y_high * 1.08);
	} else {
		c->y_low = 0;
		c->y_high = c->y_high > 0 ? round_up(c->y_high * 1.02) : 1;
	}
	if (c->plot->log_x) {
		c->x_low /= 1.25;
		c->x_high *= 1.25;
	} else {
		double pad = c->x_high > c->x_low
				     ? (c->x_high - c->x_low) * 0.03
				     : 0.5;

		c->x_low -= pad;
		c->x_high += pad;
	}
}

static double share(double at, double low, double high, bool logarithmic)
{
	return logarithmic ? log(at / low) / log(high / low)
			   : (at - low) / (high - low);
}

static double x_share(const struct canvas *c, double x)
{
	return share(x, c->x_low, c->x_high, c->plot->log_x);
}

static double value_share(const struct canvas *c, double value)
{
	return share(value, c->y_low, c->y_high, c->plot->log_value);
}

static size_t byte_ticks(const struct canvas *c, double *ticks, double length,
			 double room)
{
	double low = log2(c->y_low);
	double high = log2(c->y_high);
	double step = 1;
	size_t n = 0;

	while (length / (high - low) * step < room)
		step *= 2;
	for (double at = ceil(low / step) * step; at <= high && n < TICKS_MOST;
	     at += step)
		ticks[n++] = exp2(at);
	return n;
}

/* At most so many that their labels do not touch, `room` px each. */
static size_t value_ticks(const struct canvas *c, double *ticks, double length,
			  double room)
{
	static const double steps[] = { 1, 2, 5 };
	double decades = log10(c->y_high / c->y_low);
	bool fine = length / decades / 3 > room;
	size_t n = 0;

	if (!c->plot->log_value) {
		double step = round_up(c->y_high / 6);

		for (double at = 0; at <= c->y_high * 1.0001; at += step)
			ticks[n++] = at;
		return n;
	}
	if (in_bytes(c->plot))
		return byte_ticks(c, ticks, length, room);
	for (double d = pow(10, floor(log10(c->y_low) + 1e-9));
	     d <= c->y_high * 1.0001 && n + 3 < TICKS_MOST; d *= 10) {
		for (size_t i = 0; i < (fine ? 3u : 1u); i++) {
			double at = d * steps[i];

			if (at >= c->y_low * 0.9999 && at <= c->y_high * 1.0001)
				ticks[n++] = at;
		}
	}
	return n;
}

/* ---- what gnuplot is told ----------------------------------------------- */

/* In '': there a quote is written twice, and nothing else means anything. */
static void quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', out);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
	fputc('\'', out);
}

static void head(FILE *out, const struct canvas *c, const char *name)
{
	fprintf(out,
		"set term svg size %.0f,%.0f dynamic name '%s' "
		"font 'inherit,%d' noenhanced\n"
		"set encoding utf8\nunset key\nunset border\n"
		"set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
		"set bmargin at screen %.5f\nset tmargin at screen %.5f\n",
		c->width, c->height, name, c->narrow ? 12 : 13,
		c->left / c->width, c->right / c->width,
		1 - c->bottom / c->height, 1 - c->top / c->height);
	fprintf(out,
		"set tics nomirror scale 0 textcolor rgb '#%06x'\n"
		"set grid noxtics noytics lt 1 lw 1 lc rgb '#%06x'\n",
		ink_text.light, ink_grid.light);
}

static void put_ticks(FILE *out, const char *axis,
		      const struct plot_tick *ticks, size_t n)
{
	fprintf(out, "set %stics (", axis);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ", " : "", out);
		quoted(out, ticks[i].label);
		fprintf(out, " %.10g", ticks[i].at);
	}
	fputs(")\n", out);
}

/* A longer one stands above the plot only: it has no room at every tick. */
static const char *short_unit(const char *unit)
{
	return strlen(unit) <= 2 ? unit : "";
}

static void put_value_ticks(FILE *out, const struct canvas *c, const char *axis,
			    double length, double room)
{
	double at[TICKS_MOST];
	struct plot_tick ticks[TICKS_MOST];
	size_t n = value_ticks(c, at, length, room);

	for (size_t i = 0; i < n; i++) {
		ticks[i].at = at[i];
		text_tick(ticks[i].label, sizeof(ticks[i].label), at[i],
			  short_unit(c->plot->unit));
	}
	put_ticks(out, axis, ticks, n);
	fprintf(out, "set grid %stics\n", axis);
}

/* Leaves out the ticks whose labels would touch the one before. */
static void put_x_ticks(FILE *out, const struct canvas *c)
{
	struct plot_tick ticks[TICKS_MOST];
	double free_from = -1e9;
	size_t n = 0;

	for (size_t i = 0; i < c->plot->tick_count && n < TICKS_MOST; i++) {
		const struct plot_tick *t = &c->plot->ticks[i];
		double at = x_share(c, t->at) * (c->right - c->left);
		double half = c->letter * (double)text_columns(t->label) / 2;

		if (at - half < free_from)
			continue;
		ticks[n++] = *t;
		free_from = at + half + c->letter;
	}
	put_ticks(out, "x", ticks, n);
}

static double mark_size(const struct canvas *c, const struct plot_series *s)
{
	return (s->ours ? 0.75 : 0.6) * (c->plot->kind == PLOT_DOTS ? 1.25 : 1);
}

/* ---- lines -------------------------------------------------------------- */

struct end {
	const struct plot_series *series;
	double at; /* px from the top */
};

static int compare_ends(const void *a, const void *b)
{
	double x = ((const struct end *)a)->at;
	double y = ((const struct end *)b)->at;

	return (x > y) - (x < y);
}

/* Moves labels apart, and as a whole back into the picture. */
static void spread_ends(struct end *ends, size_t n, double top, double bottom)
{
	qsort(ends, n, sizeof(*ends), compare_ends);
	for (size_t i = 0; i < n; i++) {
		double least = i ? ends[i - 1].at + LABEL_LINE : top;

		if (ends[i].at < least)
			ends[i].at = least;
	}
	for (size_t i = n; i-- > 0;) {
		double most = i + 1 < n ? ends[i + 1].at - LABEL_LINE : bottom;

		if (ends[i].at > most)
			ends[i].at = most;
	}
}

static double last_x(const struct plot_series *s)
{
	return s->points[s->n - 1].x;
}

static void put_end(FILE *out, const struct canvas *c, const struct end *end)
{
	const struct plot_series *s = end->series;
	double x = c->left + x_share(c, last_x(s)) * (c->right - c->left);

	fputs("set label ", out);
	quoted(out, s->label);
	fprintf(out,
		" at screen %.5f, screen %.5f left textcolor rgb '#%06x' "
		"front\n",
		(x + 9) / c->width, 1 - end->at / c->height, s->ink->light);
}

/* The lines that end where this one does have their labels side by side. */
static void put_ends_at(FILE *out, const struct canvas *c, double x)
{
	struct end ends[TICKS_MOST];
	size_t n = 0;

	for (size_t i = 0; i < c->plot->series_count && n < TICKS_MOST; i++) {
		const struct plot_series *s = &c->plot->series[i];
		double y;

		if (!s->n || last_x(s) < x || last_x(s) > x)
			continue;
		y = value_share(c, s->points[s->n - 1].y);
		ends[n].series = s;
		ends[n++].at = c->bottom - y * (c->bottom - c->top);
	}
	spread_ends(ends, n, c->top, c->bottom);
	for (size_t i = 0; i < n; i++)
		put_end(out, c, &ends[i]);
}

static void put_ends(FILE *out, const struct canvas *c)
{
	const struct plot *p = c->plot;

	for (size_t i = 0; i < p->series_count; i++) {
		bool seen = !p->series[i].n;

		for (size_t j = 0; j < i && !seen; j++)
			seen = p->series[j].n &&
			       last_x(&p->series[j]) >= last_x(&p->series[i]) &&
			       last_x(&p->series[j]) <= last_x(&p->series[i]);
		if (!seen)
			put_ends_at(out, c, last_x(&p->series[i]));
	}
}

static void lines_data(FILE *out, const struct plot_series *s, size_t i)
{
	fprintf(out, "$line%zu << END\n", i);
	for (size_t j = 0; j < s->n; j++) {
		const struct plot_point *p = &s->points[j];
		double low = p->at_least || !isfinite(p->low) ? p->y : p->low;
		double high =
			p->at_least || !isfinite(p->high) ? p->y : p->high;

		fprintf(out, "%.10g %.10g %.10g %.10g %d\n", p->x, p->y, low,
			high, p->at_least);
	}
	fputs("END\n", out);
}

static void lines_plot(FILE *out, const struct canvas *c,
		       const struct plot_series *s, size_t i)
{
	fprintf(out,
		"$line%zu using 1:3:4 with filledcurves fs transparent solid "
		"0.14 noborder lc rgb '#%06x' title ",
		i, s->ink->light);
	quoted(out, s->label);
	fprintf(out,
		", $line%zu using 1:2 with lines lw %s lc rgb '#%06x'"
		" title ",
		i, s->ours ? "3" : "1.6", s->ink->light);
	quoted(out, s->label);
	fprintf(out,
		", $line%zu using 1:($5 == 0 ? $2 : NaN) with points pt %d "
		"ps %.2f lc rgb '#%06x' title ",
		i, s->ink->mark, mark_size(c, s), s->ink->light);
	quoted(out, s->label);
	/* a hollow triangle that points up: it is there, or above */
	fprintf(out,
		", $line%zu using 1:($5 == 1 ? $2 : NaN) with points pt 8 "
		"ps 1.1 lw 1.5 lc rgb '#%06x' title ",
		i, s->ink->light);
	quoted(out, s->label);
}

static void lines_script(FILE *out, const struct canvas *c)
{
	const struct plot *p = c->plot;

	put_x_ticks(out, c);
	put_value_ticks(out, c, "y", c->bottom - c->top, 22);
	fprintf(out, "%s%s", p->log_x ? "set logscale x\n" : "",
		p->log_value ? "set logscale y\n" : "");
	fprintf(out, "set xrange [%.10g:%.10g]\nset yrange [%.10g:%.10g]\n",
		c->x_low, c->x_high, c->y_low, c->y_high);
	put_ends(out, c);
	for (size_t i = 0; i < p->series_count; i++)
		lines_data(out, &p->series[i], i);
	fputs("plot ", out);
	for (size_t i = 0; i < p->series_count; i++) {
		fputs(i ? ", " : "", out);
		lines_plot(out, c, &p->series[i], i);
	}
	fputc('\n', out);
}

/* ---- dots --------------------------------------------------------------- */

/*
 * The key above the dots, as many as fit beside each other. Returns its height;
 * out may be NULL.
 */
static double put_key(FILE *out, const struct canvas *c)
{
	double x = 8;
	double y = 12;

	for (size_t i = 0; i < c->plot->series_count; i++) {
		const struct plot_series *s = &c->plot->series[i];
		double width = c->letter * (double)text_columns(s->label) + 34;

		if (x > 8 && x + width > c->width) {
			x = 8;
			y += 20;
		}
		if (out) {
			fputs("set label ", out);
			quoted(out, s->label);
			fprintf(out,
				" at screen %.5f, screen %.5f left textcolor "
				"rgb '#%06x' point pt %d ps %.2f lc rgb "
				"'#%06x' offset character 1,0\n",
				x / c->width, 1 - y / c->height, s->ink->light,
				s->ink->mark, mark_size(c, s), s->ink->light);
		}
		x += width;
	}
	return y + 14;
}

static void dots_data(FILE *out, const struct plot *p, size_t i)
{
	const struct plot_series *s = &p->series[i];

	fprintf(out, "$line%zu << END\n", i);
	for (size_t j = 0; j < s->n; j++)
		fprintf(out, "%.10g %.10g %d\n", s->points[j].y,
			(double)p->tick_count - 1 - s->points[j].x,
			s->points[j].at_least);
	fputs("END\n", out);
}

static void dots_plot(FILE *out, const struct canvas *c,
		      const struct plot_series *s, size_t i)
{
	fprintf(out,
		"$line%zu using ($3 == 0 ? $1 : NaN):2 with points pt %d "
		"ps %.2f lw 1.5 lc rgb '#%06x' title ",
		i, s->ink->mark, mark_size(c, s), s->ink->light);
	quoted(out, s->label);
	/* it is there or further to the right */
	fprintf(out,
		", $line%zu using ($3 == 1 ? $1 : NaN):2:('>') with labels "
		"textcolor rgb '#%06x' title ",
		i, s->ink->light);
	quoted(out, s->label);
}

static void dots_script(FILE *out, const struct canvas *c)
{
	const struct plot *p = c->plot;
	double last = (double)p->tick_count - 1;

	put_key(out, c);
	fputs("set ytics (", out);
	for (size_t i = 0; i < p->tick_count; i++) {
		fputs(i ? ", " : "", out);
		quoted(out, p->ticks[i].label);
		fprintf(out, " %.10g", last - (double)i);
	}
	fputs(")\nset grid ytics\n", out);
	put_value_ticks(out, c, "x", c->right - c->left, 60);
	fputs(p->log_value ? "set logscale x\n" : "", out);
	fprintf(out, "set xrange [%.10g:%.10g]\nset yrange [-0.6:%.10g]\n",
		c->y_low, c->y_high, last + 0.6);
	for (size_t i = 0; i < p->series_count; i++)
		dots_data(out, p, i);
	fputs("plot ", out);
	/* riotlb's come first, and so are drawn last */
	for (size_t i = p->series_count; i-- > 0;) {
		fputs(i + 1 < p->series_count ? ", " : "", out);
		dots_plot(out, c, &p->series[i], i);
	}
	fputc('\n', out);
}

/* ---- both --------------------------------------------------------------- */

static double longest_label(const struct plot *p)
{
	size_t most = 0;

	for (size_t i = 0; i < p->series_count; i++) {
		size_t n = text_columns(p->series[i].label);

		most = n > most ? n : most;
	}
	return (double)most;
}

static double longest_tick(const struct plot *p)
{
	size_t most = 0;

	for (size_t i = 0; i < p->tick_count; i++) {
		size_t n = text_columns(p->ticks[i].label);

		most = n > most ? n : most;
	}
	return (double)most;
}

static void lay_out(struct canvas *c)
{
	const struct plot *p = c->plot;

	c->width = c->narrow ? 380 : 860;
	c->letter = c->narrow ? 6.6 : 7.2;
	if (p->kind == PLOT_LINES) {
		c->height = c->narrow ? 340 : 430;
		c->left = c->narrow ? 56 : 66;
		c->right = c->width - c->letter * longest_label(p) - 6;
		c->top = 14;
		c->bottom = c->height - 30;
	} else {
		c->left = c->letter * longest_tick(p) + 12;
		c->right = c->width - 18;
		c->top = put_key(NULL, c);
		c->bottom = c->top + DOT_LINE * (double)p->tick_count;
		c->height = c->bottom + 28;
	}
}

void plot_script(FILE *out, const struct plot *plot, const char *name,
		 bool narrow)
{
	struct canvas c = { .plot = plot, .narrow = narrow };

	lay_out(&c);
	find_ranges(&c);
	head(out, &c, name);
	if (plot->kind == PLOT_LINES)
		lines_script(out, &c);
	else
		dots_script(out, &c);
}

void plot_free(struct plot *plot)
{
	for (size_t i = 0; i < plot->series_count; i++)
		free(plot->series[i].points);
	free(plot->series);
	free(plot->ticks);
	*plot = (struct plot){ 0 };
}
