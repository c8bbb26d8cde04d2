/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "html.h"
#include "text.h"

struct section {
	FILE *out;
	struct notes notes;
	int err;
};

static const char *state_word(enum row_state state)
{
	switch (state) {
	case ROW_NA:
		return "n/a";
	case ROW_MISSING:
		return "not built";
	case ROW_FAILED:
		return "failed";
	case ROW_UNRESOLVED:
		return "hidden";
	default:
		return "";
	}
}

static void refused_cell(struct section *s, const struct row *row)
{
	size_t note = row ? notes_add(&s->notes, row->why) : 0;

	fputs("<td class=\"none\">", s->out);
	if (row)
		fputs(state_word(row->state), s->out);
	if (note)
		fprintf(s->out, "<sup>%zu</sup>", note);
	fputs("</td>", s->out);
}

static void ratio_text(FILE *out, const struct row *ours,
		       const struct row *theirs)
{
	struct estimate ratio;
	bool at_least;
	char digits[32];

	/* how many times a ratio or a count is the other says nothing */
	if (strcmp(theirs->unit, "1") == 0)
		return;
	if (!text_ratio(ours, theirs, &ratio, &at_least))
		return;
	text_number(digits, sizeof(digits), ratio.median);
	fprintf(out, "<small>%s%s×</small>", at_least ? "&gt; " : "", digits);
}

static void value_text(FILE *out, const struct row *row)
{
	char text[64];
	char spread[32];

	if (row->state == ROW_OVER) {
		text_quantity(text, sizeof(text), row->value.low, row->unit);
		fputs("&gt; ", out);
		html_text(out, text);
		return;
	}
	text_quantity(text, sizeof(text), row->value.median, row->unit);
	text_spread(spread, sizeof(spread), &row->value);
	html_text(out, text);
	/* exact counts have none */
	if (*spread && row->rounds > 1)
		fprintf(out, "<small>± %s</small>", spread);
}

static bool has_number(const struct row *row)
{
	return row && (row->state == ROW_VALUE || row->state == ROW_OVER);
}

/* ---- beside peers ------------------------------------------------------- */

static void peer_cell(struct section *s, const struct row *ours,
		      const struct row *theirs)
{
	char text[64];

	if (!has_number(theirs)) {
		refused_cell(s, theirs);
		return;
	}
	fputs("<td>", s->out);
	text_quantity(text, sizeof(text),
		      theirs->state == ROW_OVER ? theirs->value.low
						: theirs->value.median,
		      theirs->unit);
	if (theirs->state == ROW_OVER)
		fputs("&gt; ", s->out);
	html_text(s->out, text);
	ratio_text(s->out, ours, theirs);
	fputs("</td>", s->out);
}

static void pivot_line(struct section *s, const struct pivot *p, size_t line)
{
	const struct row *ours = pivot_at(p, line, 0);

	fputs("<tr><th scope=\"row\">", s->out);
	html_text(s->out, p->line[line]);
	fputs("</th>", s->out);
	if (has_number(ours)) {
		fputs("<td class=\"ours\">", s->out);
		value_text(s->out, ours);
		fputs("</td>", s->out);
	} else {
		refused_cell(s, ours);
	}
	for (size_t j = 1; j < p->columns; j++)
		peer_cell(s, ours, pivot_at(p, line, j));
	fputs("</tr>\n", s->out);
}

static void pivot_table(struct section *s, const struct pivot *p)
{
	fputs("<div class=\"scroll\"><table><thead><tr><th></th>", s->out);
	for (size_t j = 0; j < p->columns; j++) {
		fprintf(s->out, "<th scope=\"col\"%s>",
			j ? "" : " class=\"ours\"");
		html_text(s->out, p->column[j]);
		fputs("</th>", s->out);
	}
	fputs("</tr></thead><tbody>\n", s->out);
	for (size_t i = 0; i < p->lines; i++)
		pivot_line(s, p, i);
	fputs("</tbody></table></div>\n", s->out);
}

/* ---- alone -------------------------------------------------------------- */

static void list_line(struct section *s, const struct row *row)
{
	fputs("<tr><th scope=\"row\">", s->out);
	html_text(s->out, row->shape);
	fputs("</th><td class=\"left\">", s->out);
	html_text(s->out, row->subject);
	fputs("</td>", s->out);
	if (has_number(row)) {
		fputs("<td>", s->out);
		value_text(s->out, row);
		fputs("</td>", s->out);
	} else {
		refused_cell(s, row);
	}
	fputs("<td class=\"text\">", s->out);
	html_text(s->out, row->what ? row->what : "");
	fputs("</td></tr>\n", s->out);
}

static void list(struct section *s, const struct pivot *p)
{
	fputs("<div class=\"scroll\"><table><thead><tr><th></th>"
	      "<th class=\"left\">subject</th><th>value</th>"
	      "<th class=\"left\">what</th></tr></thead><tbody>\n",
	      s->out);
	for (size_t i = 0; i < p->lines; i++) {
		for (size_t j = 0; j < p->columns; j++) {
			const struct row *row = pivot_at(p, i, j);

			if (row)
				list_line(s, row);
		}
	}
	fputs("</tbody></table></div>\n", s->out);
}

/* ---- all ---------------------------------------------------------------- */

static void notes(struct section *s)
{
	if (s->notes.n) {
		fputs("<ol class=\"notes\">", s->out);
		for (size_t i = 0; i < s->notes.n; i++) {
			fputs("<li>", s->out);
			html_text(s->out, s->notes.texts[i]);
			fputs("</li>", s->out);
		}
		fputs("</ol>\n", s->out);
	}
	notes_free(&s->notes);
}

/* What the rows say of themselves, if all with something to say agree. */
static const char *common_what(const struct pivot *p)
{
	const char *what = NULL;

	for (size_t i = 0; i < p->lines * p->columns; i++) {
		const struct row *row = p->cell[i];

		if (!row || !row->what)
			continue;
		if (what && strcmp(what, row->what) != 0)
			return NULL;
		what = row->what;
	}
	return what;
}

static void one(struct section *s, const struct pivot *p)
{
	const char *title = text_title(p->group, p->op);
	const char *what = common_what(p);

	fputs("<details><summary>", s->out);
	if (title) {
		html_text(s->out, title);
		fputs(" ", s->out);
	}
	fputs("<span>", s->out);
	html_text(s->out, p->group);
	fputs("/", s->out);
	html_text(s->out, p->op);
	fputs("</span></summary>\n", s->out);
	if (pivot_compares(p)) {
		if (what) {
			fputs("<p class=\"sub\">", s->out);
			html_text(s->out, what);
			fputs("</p>\n", s->out);
		}
		pivot_table(s, p);
	} else {
		list(s, p);
	}
	notes(s);
	fputs("</details>\n", s->out);
}

int html_tables(FILE *out, const struct results *results)
{
	struct section s = { .out = out };
	const char *group;
	const char *op;
	size_t at = 0;

	fputs("<h2 id=\"rows\">All rows</h2>\n<p class=\"soft\">Medians; "
	      "± is half the 95&nbsp;% interval of the median, in percent. "
	      "4.2× below a peer’s number: riotlb is 4.2 times as good (as "
	      "fast, as small), the median over the rounds of both taken side "
	      "by side. &gt;: stopped at its time budget.</p>\n",
	      out);
	while (pivot_next(results, &at, &group, &op)) {
		struct pivot p;

		if (!pivot_make(results, group, op, &p))
			return -ENOMEM;
		one(&s, &p);
		pivot_free(&p);
	}
	return 0;
}
