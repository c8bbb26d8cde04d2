/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/text.h"

#include "report_text.h"

#define NAME_WIDTH 27

struct ink {
	const char *good;
	const char *bad;
	const char *open;
	const char *soft;
	const char *off;
};

static struct ink ink_of(FILE *out)
{
	static const struct ink none = { "", "", "", "", "" };
	static const struct ink colours = { "\033[32m", "\033[31m", "\033[33m",
					    "\033[2m", "\033[0m" };
	const char *no = getenv("NO_COLOR");

	return isatty(fileno(out)) && !(no && *no) ? colours : none;
}

static const char *colour(const struct ink *ink, const struct gate_row *row)
{
	const char *sign = report_sign(row);

	if (strcmp(sign, "!!") == 0)
		return ink->bad;
	if (strcmp(sign, "??") == 0)
		return ink->open;
	if (strcmp(sign, "++") == 0)
		return ink->good;
	return row->control ? ink->soft : "";
}

/* printf counts bytes, and a microsecond has more of them than columns. */
static void right(FILE *out, const char *text, size_t width)
{
	size_t columns = text_columns(text);

	fprintf(out, "%*s%s", (int)(columns < width ? width - columns : 0) + 1,
		"", text);
}

static void row_line(const struct gate_row *row, const struct ink *ink,
		     FILE *out)
{
	struct report_cells cells;
	char pairs[CELL];

	report_cells(row, &cells);
	snprintf(pairs, sizeof(pairs), "%zu", row->count);
	fprintf(out, "%s%s %-*.*s", colour(ink, row), report_sign(row),
		NAME_WIDTH, NAME_WIDTH, row->name);
	right(out, cells.base, 8);
	right(out, cells.head, 8);
	right(out, cells.effect, 8);
	right(out, cells.interval, 14);
	right(out, pairs, 3);
	right(out, cells.visible, 7);
	fprintf(out, " %s%s\n", report_word(row), ink->off);
	if (row->error)
		fprintf(out, "   %s\n", row->error);
	else if (*row->found.why && row_is_judged(row) &&
		 row->found.verdict != VERDICT_FAIL)
		fprintf(out, "%s   %s%s\n", ink->soft, row->found.why,
			ink->off);
}

static void table(const struct gate *gate, const struct ink *ink, FILE *out)
{
	const struct gate_row **rows = report_order(gate);

	if (!rows || !gate->count) {
		free(rows);
		return;
	}
	fprintf(out, "%s   %-*s %8s %8s %8s %14s %3s %7s%s\n", ink->soft,
		NAME_WIDTH, "row", "BASE", "HEAD", "change", "95 %", "n",
		"visible", ink->off);
	for (size_t i = 0; i < gate->count; i++)
		row_line(rows[i], ink, out);
	free(rows);
}

/* Those that did not stay, and how many did. */
static void counts(const struct gate *gate, const struct ink *ink, FILE *out)
{
	size_t same = 0;

	for (size_t i = 0; i < gate->count_count; i++) {
		const struct count_row *row = &gate->counts[i];

		if (row->verdict == VERDICT_PASS && !*row->why) {
			same++;
			continue;
		}
		fprintf(out, "%s%s %-*.*s %-14s %10.6g %10.6g %s%s\n",
			row->verdict == VERDICT_FAIL ? ink->bad : "",
			row->verdict == VERDICT_FAIL ? "!!" : "ok", NAME_WIDTH,
			NAME_WIDTH, row->name, row->metric, row->base,
			row->head, verdict_name(row->verdict), ink->off);
		fprintf(out, "   %s\n", row->why);
	}
	if (gate->count_count)
		fprintf(out, "%zu of %zu counts did not change\n", same,
			gate->count_count);
}

static void side_line(const char *name, const struct side *side, FILE *out)
{
	fprintf(out, "%s  %s (%s%s%.12s)\n", name, side->given, side->kind,
		*side->commit ? " " : "", side->commit);
}

void report_terminal(const struct gate *gate, FILE *out)
{
	struct ink ink = ink_of(out);
	char headline[256];

	side_line("BASE", &gate->base, out);
	side_line("HEAD", &gate->head, out);
	counts(gate, &ink, out);
	table(gate, &ink, out);
	for (size_t i = 0; i < gate->fault_count; i++)
		fprintf(out, "%s!! %s%s\n", ink.bad, gate->faults[i], ink.off);
	report_headline(gate, headline, sizeof(headline));
	fprintf(out, "%s%s%s (seed 0x%llx, %.0f s)\n",
		gate->status == STATUS_PASS           ? ink.good
		: gate->status == STATUS_INCONCLUSIVE ? ink.open
						      : ink.bad,
		headline, ink.off, (unsigned long long)gate->seed,
		gate->seconds);
}
