/* SPDX-License-Identifier: MIT */
/* A comment on a pull request: verdict, what is not well, the rest folded. */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report_text.h"

/* By which the next run finds the comment that it replaces. */
#define MARKER "<!-- riotlb-gate -->"

/* A name is code to Markdown; nothing in it may end that, or the cell. */
static void code(FILE *out, const char *text)
{
	fputc('`', out);
	for (; *text; text++) {
		if (*text == '|')
			fputs("\\|", out);
		else if (*text == '`')
			fputc('\'', out);
		else
			fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
	fputc('`', out);
}

static void row_line(FILE *out, const struct gate_row *row)
{
	struct report_cells cells;

	report_cells(row, &cells);
	fputs("| ", out);
	code(out, row->name);
	fprintf(out, " | %s | %s | %s %s | %zu | %s | %s | %s |\n", cells.base,
		cells.head, cells.effect, cells.interval, row->count,
		cells.visible, report_word(row),
		row->error ? row->error : row->found.why);
}

static void heads(FILE *out)
{
	fputs("\n| row | BASE | HEAD | change [95 %] | n | sees | verdict | |\n"
	      "|---|--:|--:|--:|--:|--:|---|---|\n",
	      out);
}

static bool is_news(const struct gate_row *row)
{
	return row->error || !row->head_unit || !row->base_unit ||
	       row->found.verdict != VERDICT_PASS ||
	       row->found.change != CHANGE_NONE;
}

static void rows_of(FILE *out, const struct gate *gate,
		    const struct gate_row **rows, bool news)
{
	bool begun = false;

	for (size_t i = 0; i < gate->count; i++) {
		if (is_news(rows[i]) != news)
			continue;
		if (!begun)
			heads(out);
		begun = true;
		row_line(out, rows[i]);
	}
}

static void count_lines(FILE *out, const struct gate *gate)
{
	bool begun = false;

	for (size_t i = 0; i < gate->count_count; i++) {
		const struct count_row *row = &gate->counts[i];

		if (row->verdict == VERDICT_PASS && !*row->why)
			continue;
		if (!begun)
			fputs("\n| counted | | BASE | HEAD | verdict | |\n"
			      "|---|---|--:|--:|---|---|\n",
			      out);
		begun = true;
		fputs("| ", out);
		code(out, row->name);
		fprintf(out, " | %s | %.6g | %.6g | %s | %s |\n", row->metric,
			row->base, row->head, verdict_name(row->verdict),
			row->why);
	}
}

static void side(FILE *out, const char *name, const struct side *s)
{
	fprintf(out, "- %s: ", name);
	code(out, s->given);
	fprintf(out, " (%s%s%s), code %.8s, ", s->kind, *s->commit ? " " : "",
		s->commit, *s->code ? s->code : "unknown");
	code(out, *s->compiler ? s->compiler : "unknown compiler");
	fputc(' ', out);
	code(out, *s->flags ? s->flags : "unknown flags");
	fputc('\n', out);
}

static void details(FILE *out, const struct gate *gate)
{
	side(out, "BASE", &gate->base);
	side(out, "HEAD", &gate->head);
	for (size_t i = 0; i < gate->fact_count; i++) {
		fprintf(out, "- %s: ", gate->facts[i].key);
		code(out, gate->facts[i].value);
		fputc('\n', out);
	}
	fprintf(out, "- again: `riotlb-gate ");
	fprintf(out, "%s`\n", gate->command);
}

int report_markdown(const struct gate *gate, FILE *out)
{
	static const char *const signs[] = { "✅",      "❌", "⚠️",
					     "⚠️", "❔", "⚠️" };
	const struct gate_row **rows = report_order(gate);
	char headline[256];

	if (!rows)
		return -ENOMEM;
	report_headline(gate, headline, sizeof(headline));
	fprintf(out, MARKER "\n### %s riotlb-gate: %s\n", signs[gate->status],
		headline);
	for (size_t i = 0; i < gate->fault_count; i++) {
		fputs("\n- ", out);
		code(out, gate->faults[i]);
	}
	if (gate->fault_count)
		fputc('\n', out);
	count_lines(out, gate);
	rows_of(out, gate, rows, true);
	fputs("\n<details><summary>All other rows, and how this was "
	      "measured</summary>\n",
	      out);
	rows_of(out, gate, rows, false);
	fputc('\n', out);
	details(out, gate);
	fputs("\n</details>\n", out);
	free(rows);
	return 0;
}
