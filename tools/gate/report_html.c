/* SPDX-License-Identifier: MIT */
/* One file without script and without anything that has to be loaded. */
#include "report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "output/html.h"
#include "output/style.h"

#include "judge.h"
#include "report_plots.h"
#include "report_text.h"

static const char own_style[] =
	".effect { width: 220px; height: 18px; display: block }\n"
	".pairs { width: 100%; max-width: 600px; height: auto; "
	"display: block }\n"
	".band { fill: var(--soft); opacity: .18 }\n"
	".zero { stroke: var(--line); stroke-width: 1 }\n"
	".interval { stroke: currentColor; stroke-width: 2 }\n"
	".value { fill: currentColor }\n"
	".pairs text { fill: var(--soft); font-size: 11px }\n"
	"td.name { text-align: left; white-space: nowrap }\n";

static void text(FILE *out, const char *words)
{
	html_text(out, words);
}

static void head(FILE *out, const struct gate *gate)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	      "content=\"width=device-width, initial-scale=1\">\n<title>",
	      out);
	fprintf(out, "%s: riotlb-gate", status_name(gate->status));
	fputs("</title>\n<style>\n", out);
	fwrite(html_style, 1, html_style_size, out);
	fputs(own_style, out);
	fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

static const char *class_of_status(enum status status)
{
	switch (status) {
	case STATUS_PASS:
		return "met";
	case STATUS_INCONCLUSIVE:
		return "undecided";
	default:
		return "missed";
	}
}

static void tile(FILE *out, size_t n, const char *what)
{
	fprintf(out, "<div class=\"tile\"><b>%zu</b><span>%s</span></div>\n", n,
		what);
}

static void top(FILE *out, const struct gate *gate)
{
	char headline[256];

	report_headline(gate, headline, sizeof(headline));
	fprintf(out, "<h1><span class=\"%s\">%s</span></h1>\n<p>",
		class_of_status(gate->status), status_name(gate->status));
	text(out, gate->head.given);
	fputs(" beside ", out);
	text(out, gate->base.given);
	fputs("</p>\n<p class=\"soft\">", out);
	text(out, headline);
	fputs("</p>\n<div class=\"tiles\">\n", out);
	tile(out, judge_tally(gate, VERDICT_PASS), "pass");
	tile(out, judge_tally(gate, VERDICT_FAIL), "fail");
	tile(out, judge_tally(gate, VERDICT_INCONCLUSIVE), "inconclusive");
	fputs("</div>\n", out);
	for (size_t i = 0; i < gate->fault_count; i++) {
		fputs("<p class=\"warn\">", out);
		text(out, gate->faults[i]);
		fputs("</p>\n", out);
	}
}

static void cell(FILE *out, const char *words)
{
	fputs("<td>", out);
	text(out, words);
	fputs("</td>", out);
}

static const char *class_of_row(const struct gate_row *row)
{
	const char *sign = report_sign(row);

	if (strcmp(sign, "!!") == 0)
		return "missed";
	if (strcmp(sign, "??") == 0)
		return "undecided";
	return "met";
}

static void row_line(FILE *out, const struct gate *gate,
		     const struct gate_row *row)
{
	struct report_cells cells;
	char word[CELL];

	fputs("<tr><td class=\"name\">", out);
	text(out, row->name);
	if (row->error || *row->found.why) {
		fputs("<small>", out);
		text(out, row->error ? row->error : row->found.why);
		fputs("</small>", out);
	}
	fputs("</td><td>", out);
	plot_effect(out, gate, row);
	fputs("</td>", out);
	report_cells(row, &cells);
	cell(out, cells.effect);
	cell(out, cells.interval);
	cell(out, cells.base);
	cell(out, cells.head);
	snprintf(word, sizeof(word), "%zu", row->count);
	cell(out, word);
	cell(out, cells.visible);
	fprintf(out, "<td class=\"verdict %s\">%s %s</td></tr>\n",
		class_of_row(row), report_sign(row), report_word(row));
}

static void table(FILE *out, const struct gate *gate,
		  const struct gate_row **rows)
{
	fputs("<h2 id=\"rows\">Rows</h2>\n<p>A dot is the change from BASE to "
	      "HEAD, its line the 95 % interval; right is slower. The band is "
	      "the margin: what lies in it is nobody's business. <em>Sees</em> "
	      "is the smallest slowdown that would have failed.</p>\n"
	      "<div class=\"scroll\"><table>\n<thead><tr><th>row</th>"
	      "<th></th><th>change</th><th>95 %</th><th>BASE</th>"
	      "<th>HEAD</th><th>pairs</th><th>sees</th><th>verdict</th></tr>"
	      "</thead>\n<tbody>\n",
	      out);
	for (size_t i = 0; i < gate->count; i++)
		row_line(out, gate, rows[i]);
	fputs("</tbody></table></div>\n", out);
}

static void counts(FILE *out, const struct gate *gate)
{
	if (!gate->count_count)
		return;
	fputs("<h2 id=\"counts\">Counts</h2>\n<div class=\"scroll\"><table>\n"
	      "<thead><tr><th>row</th><th class=\"left\">metric</th>"
	      "<th>BASE</th><th>HEAD</th><th>verdict</th>"
	      "<th class=\"left\"></th></tr></thead>\n<tbody>\n",
	      out);
	for (size_t i = 0; i < gate->count_count; i++) {
		const struct count_row *row = &gate->counts[i];

		fputs("<tr><td class=\"name\">", out);
		text(out, row->name);
		fputs("</td><td class=\"left\">", out);
		text(out, row->metric);
		fprintf(out,
			"</td><td>%.6g</td><td>%.6g</td>"
			"<td class=\"verdict %s\">%s</td><td class=\"text\">",
			row->base, row->head,
			row->verdict == VERDICT_PASS ? "met" : "missed",
			verdict_name(row->verdict));
		text(out, row->why);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

static void pairs(FILE *out, const struct gate *gate,
		  const struct gate_row **rows)
{
	fputs("<h2 id=\"pairs\">Pairs over time</h2>\n<p>Each dot is a pair of "
	      "fresh processes, placed at the time at which it began. A trend "
	      "or two clouds say that something else than the change was at "
	      "work.</p>\n",
	      out);
	for (size_t i = 0; i < gate->count; i++) {
		if (!rows[i]->count)
			continue;
		fprintf(out, "<details%s><summary>",
			rows[i]->found.verdict == VERDICT_PASS ? "" : " open");
		text(out, rows[i]->name);
		fprintf(out, " <span>%s</span></summary>\n",
			report_word(rows[i]));
		plot_pairs(out, gate, rows[i]);
		fputs("</details>\n", out);
	}
}

static void fact(FILE *out, const char *key, const char *value)
{
	if (!*value)
		return;
	fputs("<dt>", out);
	text(out, key);
	fputs("</dt><dd>", out);
	text(out, value);
	fputs("</dd>\n", out);
}

static void side(FILE *out, const char *name, const struct side *s)
{
	fprintf(out, "<h3>%s</h3>\n<dl>\n", name);
	fact(out, "given", s->given);
	fact(out, "kind", s->kind);
	fact(out, "commit", s->commit);
	fact(out, "version", s->version);
	fact(out, "compiler", s->compiler);
	fact(out, "flags", s->flags);
	fact(out, "libraries", s->runtime);
	fact(out, "hash of the code", s->code);
	fputs("</dl>\n", out);
}

static void circumstances(FILE *out, const struct gate *gate)
{
	fputs("<h2 id=\"how\">How it was measured</h2>\n", out);
	side(out, "BASE", &gate->base);
	side(out, "HEAD", &gate->head);
	fputs("<h3>Machine and run</h3>\n<dl>\n", out);
	fact(out, "begun", gate->started);
	fact(out, "command", gate->command);
	for (size_t i = 0; i < gate->fact_count; i++)
		fact(out, gate->facts[i].key, gate->facts[i].value);
	fputs("</dl>\n", out);
}

int report_html(const struct gate *gate, FILE *out)
{
	const struct gate_row **rows = report_order(gate);

	if (!rows)
		return -ENOMEM;
	head(out, gate);
	top(out, gate);
	table(out, gate, rows);
	counts(out, gate);
	pairs(out, gate, rows);
	circumstances(out, gate);
	fputs("</main>\n</body>\n</html>\n", out);
	free(rows);
	return 0;
}
