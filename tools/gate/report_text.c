/* SPDX-License-Identifier: MIT */
#include "report_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "output/text.h"

#include "judge.h"

/* ---- order -------------------------------------------------------------- */

static int badness(const struct gate_row *row)
{
	static const int of_verdict[] = { 2, 0, 1 };

	if (row->error || (!row->control && !row_is_judged(row)))
		return -1;
	return row->control ? 3 : of_verdict[row->found.verdict];
}

static int by_badness(const void *a, const void *b)
{
	const struct gate_row *x = *(const struct gate_row *const *)a;
	const struct gate_row *y = *(const struct gate_row *const *)b;
	double dx = isnan(x->found.effect) ? 0 : x->found.effect;
	double dy = isnan(y->found.effect) ? 0 : y->found.effect;

	if (badness(x) != badness(y))
		return badness(x) - badness(y);
	if (dx < dy || dx > dy)
		return dx < dy ? 1 : -1;
	return (x > y) - (x < y);
}

const struct gate_row **report_order(const struct gate *gate)
{
	const struct gate_row **rows = calloc(gate->count + 1, sizeof(*rows));

	if (!rows)
		return NULL;
	for (size_t i = 0; i < gate->count; i++)
		rows[i] = &gate->rows[i];
	qsort(rows, gate->count, sizeof(*rows), by_badness);
	return rows;
}

/* ---- cells -------------------------------------------------------------- */

static void share_text(const struct gate_row *row, double effect,
		       const char *format, const char *growth, char *cell)
{
	double share = judge_share(row->metric, effect);

	if (!isfinite(effect) || !isfinite(share))
		snprintf(cell, CELL, "-");
	else if (row->metric == METRIC_GROWTH)
		snprintf(cell, CELL, growth, share);
	else
		snprintf(cell, CELL, format, share * 100);
}

void report_effect(const struct gate_row *row, double effect, char cell[CELL])
{
	share_text(row, effect, "%+.1f %%", "%+.3f", cell);
}

void report_interval(const struct gate_row *row, char cell[CELL])
{
	char low[CELL];
	char high[CELL];

	share_text(row, row->found.low, "%+.1f", "%+.2f", low);
	share_text(row, row->found.high, "%+.1f", "%+.2f", high);
	snprintf(cell, CELL, "[%.20s, %.20s]", low, high);
}

void report_visible(const struct gate_row *row, char cell[CELL])
{
	share_text(row, row->found.visible, "%.1f %%", "%.2f", cell);
}

void report_value(const struct gate_row *row, double value, char cell[CELL])
{
	if (!isfinite(value))
		snprintf(cell, CELL, "-");
	else if (row->metric == METRIC_GROWTH)
		snprintf(cell, CELL, "n^%.2f", value);
	else
		text_quantity(cell, CELL, value, row_unit(row));
}

void report_cells(const struct gate_row *row, struct report_cells *cells)
{
	report_value(row, row->found.base, cells->base);
	report_value(row, row->found.head, cells->head);
	report_effect(row, row->found.effect, cells->effect);
	report_interval(row, cells->interval);
	report_visible(row, cells->visible);
}

/* ---- words -------------------------------------------------------------- */

const char *report_word(const struct gate_row *row)
{
	if (row->error)
		return "ERROR";
	if (!row->head_unit)
		return "removed";
	if (!row->base_unit)
		return "new";
	if (row->control)
		return row->found.verdict == VERDICT_PASS ? "control" : "MOVED";
	return verdict_name(row->found.verdict);
}

const char *report_sign(const struct gate_row *row)
{
	if (row->error || !row->head_unit)
		return "!!";
	if (row->control || !row->base_unit)
		return row->found.verdict == VERDICT_PASS || !row->control
			       ? "  "
			       : "??";
	if (row->found.verdict == VERDICT_FAIL)
		return "!!";
	if (row->found.verdict == VERDICT_INCONCLUSIVE)
		return "??";
	return row->found.change == CHANGE_FASTER ? "++" : "ok";
}

void report_headline(const struct gate *gate, char *text, size_t size)
{
	if (gate->unchanged) {
		snprintf(text, size, "%s: %s", status_name(gate->status),
			 gate->unchanged);
		return;
	}
	snprintf(text, size, "%s: %zu pass, %zu fail, %zu inconclusive%s%s",
		 status_name(gate->status), judge_tally(gate, VERDICT_PASS),
		 judge_tally(gate, VERDICT_FAIL),
		 judge_tally(gate, VERDICT_INCONCLUSIVE),
		 gate->identical ? "; the code is identical" : "",
		 gate->contaminated ? "; the controls moved" : "");
}
