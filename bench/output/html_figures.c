/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "html.h"
#include "svg.h"
#include "text.h"

/* What a plot is made of; the group and op of the tails are those of none. */
enum figure_kind {
	FIGURE_LINES,
	FIGURE_DENSE,
	FIGURE_DOTS,
	FIGURE_TAILS,
};

/* More shapes than these are counted, not named. */
#define NAMES_MOST 4

struct page {
	FILE *out;
	const struct results *results;
	unsigned drawn; /* names the plots */
	int svg_err;    /* gnuplot's; then there are no plots */
};

/* ---- text beside a plot ------------------------------------------------- */

static bool more_is_better(const struct pivot *p)
{
	for (size_t i = 0; i < p->lines * p->columns; i++) {
		if (p->cell[i])
			return p->cell[i]->more_is_better;
	}
	return false;
}

static void subtitle(FILE *out, const struct plot *plot, const struct pivot *p,
		     enum figure_kind kind)
{
	static const char *const texts[] = {
		[FIGURE_LINES] = "against the number of mappings, both scales "
				 "logarithmic",
		[FIGURE_DENSE] = "against the number of dense mappings of "
				 "4 KiB, both scales logarithmic",
		[FIGURE_DOTS] = "by shape, logarithmic scale; left is better",
		[FIGURE_TAILS] = "percentiles of batches, in percent; each "
				 "further nine takes the same room",
	};
	const char *text = texts[kind];

	if (kind == FIGURE_LINES && !plot->log_x)
		text = "against the number of threads";
	if (kind == FIGURE_DOTS && more_is_better(p))
		text = "by shape, logarithmic scale; right is better";
	fputs("<p class=\"sub\">", out);
	html_text(out, plot->unit);
	fputs(*plot->unit ? ", " : "", out);
	html_text(out, text);
	fputs("</p>\n", out);
}

static bool in_state(const struct pivot *p, size_t line, size_t column,
		     enum row_state state)
{
	const struct row *row = pivot_at(p, line, column);

	return row && row->state == state;
}

/* " (n-4096, n-65536)"; nothing if it is all lines. */
static void put_where(FILE *out, const struct pivot *p, size_t column,
		      enum row_state state)
{
	const char *before = " (";
	size_t n = 0;

	for (size_t i = 0; i < p->lines; i++)
		n += in_state(p, i, column, state);
	if (n == p->lines)
		return;
	if (n > NAMES_MOST) {
		fprintf(out, " (%zu of %zu)", n, p->lines);
		return;
	}
	for (size_t i = 0; i < p->lines; i++) {
		if (!in_state(p, i, column, state))
			continue;
		fputs(before, out);
		html_text(out, p->line[i]);
		before = ", ";
	}
	fputs(")", out);
}

static const char *left_out_text(enum row_state state)
{
	switch (state) {
	case ROW_OVER:
		return " over its budget: ";
	case ROW_NA:
		return " n/a: ";
	case ROW_MISSING:
		return " not built: ";
	case ROW_FAILED:
		return " FAILED: ";
	default:
		return " hidden: ";
	}
}

/* "dpdk (n-4096, n-65536) n/a: pool of 2048" */
static void put_refused(FILE *out, const struct pivot *p, size_t column,
			const struct row *row)
{
	fputs("<p>", out);
	html_text(out, row->subject);
	put_where(out, p, column, row->state);
	fputs(left_out_text(row->state), out);
	html_text(out, row->why ? row->why : "");
	fputs("</p>\n", out);
}

/* The first row of each state but a value: one line for all of that state. */
static void put_left_out(FILE *out, const struct pivot *p)
{
	for (size_t j = 0; j < p->columns; j++) {
		unsigned said = 1u << ROW_VALUE | 1u << ROW_PLANNED;

		for (size_t i = 0; i < p->lines; i++) {
			const struct row *row = pivot_at(p, i, j);

			if (!row || said & 1u << row->state)
				continue;
			said |= 1u << row->state;
			put_refused(out, p, j, row);
		}
	}
}

static bool is_exponent(const struct row *row, const char *op)
{
	static const char prefix[] = "exponent-";

	return row->state == ROW_VALUE && strcmp(row->group, "growth") == 0 &&
	       strncmp(row->op, prefix, strlen(prefix)) == 0 &&
	       strcmp(row->op + strlen(prefix), op) == 0;
}

static void put_exponents(FILE *out, const struct results *results,
			  const struct pivot *p)
{
	bool any = false;

	if (strcmp(p->group, "growth") != 0)
		return;
	for (size_t i = 0; i < results_count(results); i++) {
		const struct row *row = results_at(results, i);

		if (!is_exponent(row, p->op))
			continue;
		fputs(any ? ", " : "<p>Fitted, n mappings: ", out);
		html_text(out, row->subject);
		fprintf(out, " n<sup>%.2f</sup>", row->value.median);
		any = true;
	}
	fputs(any ? "</p>\n" : "", out);
}

static bool any_bound(const struct plot *plot)
{
	for (size_t i = 0; i < plot->series_count; i++) {
		for (size_t j = 0; j < plot->series[i].n; j++) {
			if (plot->series[i].points[j].at_least)
				return true;
		}
	}
	return false;
}

static void caption(struct page *page, const struct plot *plot,
		    const struct pivot *p, enum figure_kind kind)
{
	fputs("<figcaption>\n", page->out);
	if (plot->kind == PLOT_LINES)
		fputs("<p>The band is the 95&nbsp;% interval of the median."
		      "</p>\n",
		      page->out);
	if (any_bound(plot))
		fputs(plot->kind == PLOT_LINES
			      ? "<p>△ at least so much: stopped at its time "
				"budget.</p>\n"
			      : "<p>&gt; at least so much: stopped at its time "
				"budget.</p>\n",
		      page->out);
	if (p && kind == FIGURE_LINES)
		put_exponents(page->out, page->results, p);
	if (p)
		put_left_out(page->out, p);
	fputs("</figcaption>\n", page->out);
}

/* ---- a plot ------------------------------------------------------------- */

static int draw(struct page *page, const struct plot *plot, const char *title,
		bool narrow)
{
	char name[24];
	char *script;
	size_t size;
	FILE *f = open_memstream(&script, &size);
	int err;

	if (!f)
		return -ENOMEM;
	snprintf(name, sizeof(name), "plot%u%c", page->drawn,
		 narrow ? 'n' : 'w');
	plot_script(f, plot, name, narrow);
	err = fclose(f) ? -ENOMEM : 0;
	if (!err)
		err = svg_draw(page->out, script, name,
			       narrow ? "narrow" : "wide", title);
	free(script);
	return err;
}

static int figure(struct page *page, const struct plot *plot, const char *title,
		  const struct pivot *p, enum figure_kind kind)
{
	int err = 0;

	page->drawn++;
	fputs("<figure>\n<h3>", page->out);
	html_text(page->out, title);
	fputs("</h3>\n", page->out);
	subtitle(page->out, plot, p, kind);
	for (int narrow = 0; narrow < 2 && !page->svg_err; narrow++) {
		err = draw(page, plot, title, narrow);
		if (err == -ENOENT || err == -EIO) {
			page->svg_err = err;
			err = 0;
		}
	}
	caption(page, plot, p, kind);
	fputs("</figure>\n", page->out);
	return err;
}

static const char *title_of(const struct pivot *p, char *own, size_t size)
{
	const char *title = text_title(p->group, p->op);

	if (title)
		return title;
	snprintf(own, size, "%s/%s", p->group, p->op);
	return own;
}

static int try_figure(struct page *page, const char *group, const char *op,
		      enum figure_kind kind, bool *shown)
{
	struct pivot p;
	struct plot plot;
	char own[128];
	bool no_memory = false;
	int err = 0;

	if (!pivot_make(page->results, group, op, &p))
		return -ENOMEM;
	*shown = kind == FIGURE_LINES   ? figure_lines(&p, &plot, &no_memory)
		 : kind == FIGURE_DENSE ? figure_dense(&p, &plot, &no_memory)
					: figure_dots(&p, &plot, &no_memory);
	if (*shown) {
		err = figure(page, &plot, title_of(&p, own, sizeof(own)), &p,
			     kind);
		plot_free(&plot);
	}
	pivot_free(&p);
	return no_memory ? -ENOMEM : err;
}

static int tails(struct page *page)
{
	struct plot plot;
	bool no_memory = false;
	int err = 0;

	if (figure_tails(page->results, &plot, &no_memory)) {
		err = figure(page, &plot, "How long the slowest lookups take",
			     NULL, FIGURE_TAILS);
		plot_free(&plot);
	}
	return no_memory ? -ENOMEM : err;
}

/* ---- which, in which order ---------------------------------------------- */

struct wish {
	const char *group;
	const char *op;
	enum figure_kind kind;
	/* instead of the one before, where that has too few rows */
	bool otherwise;
};

static const struct wish wishes[] = {
	{ "growth", "lookup", FIGURE_LINES, false },
	{ "lookup", "one", FIGURE_DENSE, true },
	{ "lookup", "one", FIGURE_DOTS, false },
	{ "growth", "dependent", FIGURE_LINES, false },
	{ "lookup", "dependent", FIGURE_DENSE, true },
	{ "growth", "remap", FIGURE_LINES, false },
	{ "update", "remap", FIGURE_DENSE, true },
	{ "update", "remap", FIGURE_DOTS, false },
	{ "reset", "caller", FIGURE_LINES, false },
	{ "growth", "reset", FIGURE_LINES, true },
	{ NULL, NULL, FIGURE_TAILS, false },
	{ "memory", "bytes", FIGURE_DOTS, false },
	{ "growth", "memory", FIGURE_LINES, false },
	{ "threads", "lookup", FIGURE_LINES, false },
};

#define WISHES (sizeof(wishes) / sizeof(*wishes))

static bool wished(const char *group, const char *op, enum figure_kind kind)
{
	for (size_t i = 0; i < WISHES; i++) {
		const struct wish *w = &wishes[i];

		if (w->group && w->kind == kind &&
		    strcmp(w->group, group) == 0 && strcmp(w->op, op) == 0)
			return true;
	}
	return false;
}

/* Dots of what nothing is beside of would be a table with less in it. */
static bool worth_dots(const struct results *results, const char *group,
		       const char *op)
{
	struct pivot p;
	bool worth;

	if (!pivot_make(results, group, op, &p))
		return false;
	worth = pivot_compares(&p) && p.lines >= 3;
	pivot_free(&p);
	return worth;
}

/* Whatever else has points, in the order of the rows. */
static int the_others(struct page *page)
{
	const char *group;
	const char *op;
	size_t at = 0;
	int err = 0;

	while (!err && pivot_next(page->results, &at, &group, &op)) {
		bool shown;

		if (strcmp(group, "tail") == 0)
			continue;
		if (!wished(group, op, FIGURE_LINES))
			err = try_figure(page, group, op, FIGURE_LINES, &shown);
		if (!err && !wished(group, op, FIGURE_DOTS) &&
		    worth_dots(page->results, group, op))
			err = try_figure(page, group, op, FIGURE_DOTS, &shown);
	}
	return err;
}

static void apology(const struct page *page)
{
	if (page->svg_err == -ENOENT)
		fputs("<p class=\"warn\">There are no plots: gnuplot was not "
		      "found. Install the package <code>gnuplot-nox</code> "
		      "and run again.</p>\n",
		      page->out);
	else if (page->svg_err)
		fputs("<p class=\"warn\">Plots are missing: gnuplot failed; "
		      "its message is on standard error.</p>\n",
		      page->out);
}

int html_figures(FILE *out, const struct results *results)
{
	struct page page = { .out = out, .results = results };
	bool shown = false;
	int err = 0;

	fputs("<h2 id=\"plots\">Plots</h2>\n", out);
	for (size_t i = 0; i < WISHES && !err; i++) {
		const struct wish *w = &wishes[i];

		if (w->kind == FIGURE_TAILS)
			err = tails(&page);
		else if (!w->otherwise || !shown)
			err = try_figure(&page, w->group, w->op, w->kind,
					 &shown);
	}
	if (!err)
		err = the_others(&page);
	apology(&page);
	return err;
}
