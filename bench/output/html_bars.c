/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "html.h"
#include "text.h"

/* ---- a value beside its target ------------------------------------------ */

#define GAUGE_WIDTH 130
/* The ends of the gauge are at a tenth of the target and at ten times it. */
#define GAUGE_DECADES 1.0

static double gauge_x(double value, double target)
{
	double at = log10(value / target) / GAUGE_DECADES;

	at = at < -1 ? -1 : at > 1 ? 1 : at;
	return GAUGE_WIDTH / 2.0 + at * (GAUGE_WIDTH / 2.0 - 6);
}

static bool has_gauge(const struct bar *bar)
{
	const struct estimate *v = &bar->value;

	return isfinite(v->median) && isfinite(v->low) && isfinite(v->high) &&
	       v->low > 0 && v->median > 0 && bar->target > 0 &&
	       bar->op != BAR_EQUAL;
}

static void gauge(FILE *out, const struct bar *bar)
{
	const struct estimate *v = &bar->value;
	bool low_is_good = bar->op != BAR_AT_LEAST;

	if (!has_gauge(bar))
		return;
	fprintf(out,
		"<svg class=\"gauge\" viewBox=\"0 0 %d 18\" role=\"img\" "
		"aria-label=\"where the value is beside the target\">"
		"<rect class=\"good\" x=\"%d\" y=\"2\" width=\"%d\" "
		"height=\"14\"/><line class=\"target\" x1=\"%d\" x2=\"%d\" "
		"y1=\"1\" y2=\"17\"/>",
		GAUGE_WIDTH, low_is_good ? 0 : GAUGE_WIDTH / 2, GAUGE_WIDTH / 2,
		GAUGE_WIDTH / 2, GAUGE_WIDTH / 2);
	fprintf(out,
		"<line class=\"interval\" x1=\"%.1f\" x2=\"%.1f\" y1=\"9\" "
		"y2=\"9\"/><circle class=\"value\" cx=\"%.1f\" cy=\"9\" "
		"r=\"4\"/></svg>",
		gauge_x(v->low, bar->target), gauge_x(v->high, bar->target),
		gauge_x(v->median, bar->target));
}

/* ---- the table ---------------------------------------------------------- */

static const char *verdict_class(enum bar_verdict verdict)
{
	return verdict == BAR_MET      ? "met"
	       : verdict == BAR_MISSED ? "missed"
				       : "undecided";
}

static const char *verdict_mark(enum bar_verdict verdict)
{
	return verdict == BAR_MET ? "✓" : verdict == BAR_MISSED ? "✗" : "?";
}

static void value_cell(FILE *out, const struct bar *bar)
{
	char value[64];
	char low[64];
	char high[64];

	if (!isfinite(bar->value.median)) {
		fputs("<td class=\"none\">not measured</td>", out);
		return;
	}
	text_quantity(value, sizeof(value), bar->value.median, bar->unit);
	text_quantity(low, sizeof(low), bar->value.low, bar->unit);
	text_quantity(high, sizeof(high), bar->value.high, bar->unit);
	fputs("<td>", out);
	html_text(out, value);
	if (isfinite(bar->value.low) && isfinite(bar->value.high)) {
		fputs("<small>", out);
		html_text(out, low);
		fputs(" – ", out);
		html_text(out, high);
		fputs("</small>", out);
	}
	fputs("</td>", out);
}

static const char *op_sign(enum bar_op op)
{
	return op == BAR_AT_MOST    ? "≤"
	       : op == BAR_AT_LEAST ? "≥"
	       : op == BAR_BELOW    ? "&lt;"
				    : "=";
}

static void bar_line(FILE *out, const struct bar *bar)
{
	char target[64];

	text_tick(target, sizeof(target), bar->target, bar->unit);
	fputs("<tr><th scope=\"row\">", out);
	html_text(out, bar->id);
	fputs("</th><td class=\"what\">", out);
	html_text(out, bar->what);
	if (*bar->why) {
		fputs("<small>", out);
		html_text(out, bar->why);
		fputs("</small>", out);
	}
	fputs("</td>", out);
	value_cell(out, bar);
	fprintf(out, "<td>%s&nbsp;", op_sign(bar->op));
	html_text(out, target);
	fprintf(out, "</td><td class=\"left verdict %s\">%s %s</td><td>",
		verdict_class(bar->verdict), verdict_mark(bar->verdict),
		text_verdict(bar->verdict));
	gauge(out, bar);
	fputs("</td><td class=\"left\">", out);
	html_text(out, bar->worst_shape ? bar->worst_shape : "");
	fputs("</td></tr>\n", out);
}

void html_bars(FILE *out, const struct bar *bars)
{
	fputs("<h2 id=\"bars\">Bars</h2>\n<p class=\"soft\">What riotlb holds "
	      "itself to; the worst shape counts. Met: the whole 95&nbsp;% "
	      "interval is on the right side of the target, the shaded one; "
	      "missed: on the wrong one; undecided: the target lies within. "
	      "The scale runs from a tenth of the target to ten times it."
	      "</p>\n<div class=\"scroll\"><table class=\"bars\"><thead><tr>"
	      "<th></th><th class=\"left\">bar</th><th>value</th>"
	      "<th>target</th><th class=\"left\">verdict</th><th></th>"
	      "<th class=\"left\">worst shape</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < BAR_COUNT; i++)
		bar_line(out, &bars[i]);
	fputs("</tbody></table></div>\n", out);
}
