/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts.h"
#include "pivot.h"
#include "text.h"

#define WIDTH 99
#define NAME_MOST 40
#define SPREAD_WIDTH 6
#define CELL 32

struct table {
	FILE *out;
	bool colour;
	struct notes notes;
};

/* ---- colour ------------------------------------------------------------- */

#define BOLD "1"
#define GREEN "32"
#define RED "31"
#define YELLOW "33"

static bool wants_colour(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(out)) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

static void begin(const struct table *t, const char *colour)
{
	if (t->colour)
		fprintf(t->out, "\033[%sm", colour);
}

static void finish(const struct table *t)
{
	if (t->colour)
		fputs("\033[0m", t->out);
}

static void heading(const struct table *t, const char *text)
{
	fputc('\n', t->out);
	begin(t, BOLD);
	fputs(text, t->out);
	finish(t);
	fputc('\n', t->out);
}

/* ---- cells -------------------------------------------------------------- */

static const char *state_word(enum row_state state)
{
	switch (state) {
	case ROW_NA:
		return "n/a";
	case ROW_MISSING:
		return "nopkg";
	case ROW_FAILED:
		return "FAILED";
	case ROW_UNRESOLVED:
		return "hidden";
	default:
		return "-";
	}
}

/* What a cell says that has no number; its reason becomes a note. */
static void refused(struct table *t, char *out, size_t size,
		    const struct row *row)
{
	size_t note = row ? notes_add(&t->notes, row->why) : 0;
	const char *word = row ? state_word(row->state) : "-";

	if (note)
		snprintf(out, size, "%s[%zu]", word, note);
	else
		snprintf(out, size, "%s", word);
}

static void value_text(struct table *t, char *out, size_t size,
		       const struct row *row)
{
	char digits[24];

	if (row && row->state == ROW_VALUE) {
		text_number(out, size, row->value.median);
	} else if (row && row->state == ROW_OVER) {
		text_number(digits, sizeof(digits), row->value.low);
		snprintf(out, size, ">%s", digits);
	} else {
		refused(t, out, size, row);
	}
}

static void peer_text(struct table *t, char *out, size_t size,
		      const struct row *ours, const struct row *theirs)
{
	struct estimate ratio;
	bool at_least;
	char digits[24];

	/* how many times a ratio or a count is the other says nothing */
	if (theirs && strcmp(theirs->unit, "1") == 0) {
		value_text(t, out, size, theirs);
	} else if (text_ratio(ours, theirs, &ratio, &at_least)) {
		text_number(digits, sizeof(digits), ratio.median);
		snprintf(out, size, "%s%s", at_least ? ">" : "", digits);
	} else if (theirs &&
		   (theirs->state == ROW_VALUE || theirs->state == ROW_OVER)) {
		snprintf(out, size, "-"); /* nothing of ours to divide by */
	} else {
		refused(t, out, size, theirs);
	}
}

/* ---- riotlb beside peers: a line per shape ------------------------------- */

static size_t widest(const char *const *names, size_t n, size_t least,
		     size_t most)
{
	for (size_t i = 0; i < n; i++) {
		size_t columns = text_columns(names[i]);

		if (columns > least)
			least = columns;
	}
	return least < most ? least : most;
}

/* A name that is too long has a line of its own. */
static void put_name(const struct table *t, const char *name, size_t width)
{
	if (text_columns(name) > width)
		fprintf(t->out, "%s\n%*s", name, (int)width, "");
	else
		fprintf(t->out, "%-*s", (int)width, name);
}

/* A column that would say so in each line: its width becomes 0. */
static bool not_built(const struct pivot *p, size_t column)
{
	for (size_t i = 0; i < p->lines; i++) {
		const struct row *row = pivot_at(p, i, column);

		if (!row || row->state != ROW_MISSING)
			return false;
	}
	return true;
}

static void missing_peers(struct table *t, const struct pivot *p)
{
	for (size_t j = 1; j < p->columns; j++) {
		const struct row *row = pivot_at(p, 0, j);

		if (!not_built(p, j))
			continue;
		fprintf(t->out, "%s: not built: ", p->column[j]);
		text_wrap(t->out, row->why ? row->why : "a package is missing",
			  text_columns(p->column[j]) + 13, 4, WIDTH);
		fputc('\n', t->out);
	}
}

/* A table's texts, and how wide its columns have to be for them. */
struct grid {
	const struct pivot *pivot;
	char (*cells)[CELL]; /* as pivot->cell, column 0 is riotlb's */
	char (*spreads)[CELL];
	size_t *widths;
	size_t name_width;
};

static void grid_free(struct grid *g)
{
	free(g->cells);
	free(g->spreads);
	free(g->widths);
}

static bool grid_make(struct grid *g, const struct pivot *p)
{
	*g = (struct grid){
		.pivot = p,
		.cells = calloc(p->lines * p->columns, sizeof(*g->cells)),
		.spreads = calloc(p->lines, sizeof(*g->spreads)),
		.widths = calloc(p->columns, sizeof(*g->widths)),
		.name_width = widest(p->line, p->lines, 8, NAME_MOST),
	};
	return g->cells && g->spreads && g->widths;
}

static void widen(size_t *width, const char *text)
{
	size_t columns = text_columns(text);

	if (columns > *width)
		*width = columns;
}

static void grid_fill(struct table *t, struct grid *g)
{
	const struct pivot *p = g->pivot;

	for (size_t j = 0; j < p->columns; j++) {
		if (j == 0 || !not_built(p, j))
			widen(&g->widths[j], p->column[j]);
	}
	for (size_t i = 0; i < p->lines; i++) {
		const struct row *ours = pivot_at(p, i, 0);
		char(*cells)[CELL] = &g->cells[i * p->columns];

		value_text(t, cells[0], CELL, ours);
		if (ours && ours->state == ROW_VALUE)
			text_spread(g->spreads[i], CELL, &ours->value);
		widen(&g->widths[0], cells[0]);
		for (size_t j = 1; j < p->columns; j++) {
			if (!g->widths[j])
				continue;
			peer_text(t, cells[j], CELL, ours, pivot_at(p, i, j));
			widen(&g->widths[j], cells[j]);
		}
	}
}

/* line == lines: the head */
static void grid_line(const struct table *t, const struct grid *g, size_t line,
		      size_t from, size_t to)
{
	const struct pivot *p = g->pivot;
	bool head = line == p->lines;
	char(*cells)[CELL] = head ? NULL : &g->cells[line * p->columns];

	put_name(t, head ? "" : p->line[line], g->name_width);
	fprintf(t->out, " %*s %*s", (int)g->widths[0],
		head ? p->column[0] : cells[0], SPREAD_WIDTH,
		head ? "spread" : g->spreads[line]);
	for (size_t j = from; j < to; j++) {
		if (g->widths[j])
			fprintf(t->out, " %*s", (int)g->widths[j],
				head ? p->column[j] : cells[j]);
	}
	fputc('\n', t->out);
}

/* As many peers beside each other as there is room for. */
static size_t grid_room(const struct grid *g, size_t from)
{
	size_t used = g->name_width + 1 + g->widths[0] + 1 + SPREAD_WIDTH;
	size_t to = from;

	for (; to < g->pivot->columns; to++) {
		used += g->widths[to] ? 1 + g->widths[to] : 0;
		if (used > WIDTH && to > from)
			break;
	}
	return to;
}

static void pivot_table(struct table *t, const struct pivot *p)
{
	struct grid g;

	if (!grid_make(&g, p)) {
		fputs("(no memory for this table)\n", t->out);
		grid_free(&g);
		return;
	}
	grid_fill(t, &g);
	for (size_t from = 1; from < p->columns;) {
		size_t to = grid_room(&g, from);

		if (from > 1)
			fputc('\n', t->out);
		grid_line(t, &g, p->lines, from, to);
		for (size_t i = 0; i < p->lines; i++)
			grid_line(t, &g, i, from, to);
		from = to;
	}
	missing_peers(t, p);
	grid_free(&g);
}

static void pivot_heading(const struct table *t, const struct pivot *p)
{
	const char *title = text_title(p->group, p->op);
	char text[256];

	snprintf(text, sizeof(text), "%s/%s%s%s%s%s", p->group, p->op,
		 title ? ": " : "", title ? title : "", *p->unit ? ", " : "",
		 p->unit);
	heading(t, text);
}

/* ---- rows that nothing is beside of ------------------------------------- */

static void list_row(struct table *t, const struct row *row, bool with_subject)
{
	char name[256];
	char value[64];
	char spread[32] = "";

	snprintf(name, sizeof(name), "  %s/%s%s%s", row->op, row->shape,
		 with_subject ? "/" : "", with_subject ? row->subject : "");
	put_name(t, name, 58);
	value_text(t, value, sizeof(value), row);
	if (row->state == ROW_VALUE)
		text_spread(spread, sizeof(spread), &row->value);
	fprintf(t->out, " %12s %*s  %.16s\n", value, SPREAD_WIDTH, spread,
		row->state == ROW_VALUE || row->state == ROW_OVER ? row->unit
								  : "");
}

static void list(struct table *t, const struct pivot *p)
{
	for (size_t i = 0; i < p->lines; i++) {
		for (size_t j = 0; j < p->columns; j++) {
			const struct row *row = pivot_at(p, i, j);

			if (row)
				list_row(t, row,
					 strcmp(row->subject, PIVOT_OURS) != 0);
		}
	}
}

static void all_pivots(struct table *t, const struct results *results)
{
	const char *group;
	const char *op;
	char last[64] = "";
	size_t at = 0;

	while (pivot_next(results, &at, &group, &op)) {
		struct pivot p;

		if (!pivot_make(results, group, op, &p)) {
			fputs("(no memory for a table)\n", t->out);
			return;
		}
		if (pivot_compares(&p)) {
			pivot_heading(t, &p);
			pivot_table(t, &p);
			last[0] = '\0';
		} else {
			if (strcmp(last, group) != 0)
				heading(t, group);
			snprintf(last, sizeof(last), "%s", group);
			list(t, &p);
		}
		pivot_free(&p);
	}
}

/* ---- bars --------------------------------------------------------------- */

static const char *verdict_colour(enum bar_verdict verdict)
{
	return verdict == BAR_MET      ? GREEN
	       : verdict == BAR_MISSED ? RED
				       : YELLOW;
}

static void bar_numbers(const struct table *t, const struct bar *bar)
{
	char value[32];
	char low[32];
	char high[32];
	char interval[72] = "";
	char target[32];

	text_number(value, sizeof(value), bar->value.median);
	text_number(low, sizeof(low), bar->value.low);
	text_number(high, sizeof(high), bar->value.high);
	if (isfinite(bar->value.low) && isfinite(bar->value.high))
		snprintf(interval, sizeof(interval), "[%s, %s]", low, high);
	text_number(target, sizeof(target), bar->target);
	fprintf(t->out, "%-4s ", bar->id);
	begin(t, verdict_colour(bar->verdict));
	fprintf(t->out, "%-9s", text_verdict(bar->verdict));
	finish(t);
	fprintf(t->out, " %9s %-20s %2s %-8s %-8s %.26s\n",
		isfinite(bar->value.median) ? value : "none", interval,
		bar_op_text(bar->op), target, bar->unit,
		bar->worst_shape ? bar->worst_shape : "");
}

static void bars(const struct table *t, const struct bar *bar)
{
	size_t met = 0;

	heading(t, "Bars");
	fprintf(t->out, "%-4s %-9s %9s %-20s %-11s %-8s %s\n", "", "", "value",
		"95 % interval", "target", "unit", "worst shape");
	for (size_t i = 0; i < BAR_COUNT; i++, bar++) {
		bar_numbers(t, bar);
		fputs("     ", t->out);
		text_wrap(t->out, bar->what, 5, 5, WIDTH);
		fputc('\n', t->out);
		if (*bar->why) {
			fputs("     -> ", t->out);
			text_wrap(t->out, bar->why, 8, 8, WIDTH);
			fputc('\n', t->out);
		}
		met += bar->verdict == BAR_MET;
	}
	fprintf(t->out, "%zu of %d bars are met.\n", met, BAR_COUNT);
}

/* ---- the rest ----------------------------------------------------------- */

static void facts(const struct table *t, const struct output_run *run)
{
	struct fact list[FACTS_MAX];
	size_t n = facts_of(run, list);

	heading(t, "This run");
	for (size_t i = 0; i < n; i++) {
		fprintf(t->out, "%-28s", list[i].label);
		text_wrap(t->out, list[i].text, 28, 28, WIDTH);
		fputc('\n', t->out);
	}
	for (size_t i = 0; i < run->version_count; i++) {
		const struct output_version *v = &run->versions[i];

		fprintf(t->out, "%-27.27s ", v->name);
		text_wrap(t->out, v->version, 28, 28, WIDTH);
		fputc('\n', t->out);
	}
}

static void legend(const struct table *t)
{
	static const char text[] =
		"Medians. spread: half the 95 % interval of the median. Below "
		"a peer's name: how many times as good (as fast, as small) "
		"riotlb is, the median over the rounds of both side by side "
		"(but the value itself where the unit is 1); "
		">50: the peer was stopped at its time budget. n/a: cannot do "
		"it; nopkg: was not built; hidden: clock or noise hide it; "
		"[1]: see the notes below.";

	fputc('\n', t->out);
	text_wrap(t->out, text, 0, 0, WIDTH);
	fputc('\n', t->out);
}

static void notes(const struct table *t)
{
	if (t->notes.n)
		heading(t, "Notes");
	for (size_t i = 0; i < t->notes.n; i++) {
		fprintf(t->out, "%5s[%zu] ", "", i + 1);
		text_wrap(t->out, t->notes.texts[i], 12, 12, WIDTH);
		fputc('\n', t->out);
	}
}

void output_table(const struct output_run *run, FILE *out)
{
	struct table t = { .out = out, .colour = wants_colour(out) };

	facts(&t, run);
	legend(&t);
	all_pivots(&t, run->results);
	notes(&t);
	bars(&t, run->bars);
	notes_free(&t.notes);
	fflush(out);
}
