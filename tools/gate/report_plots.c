/* SPDX-License-Identifier: MIT */
#include "report_plots.h"

#include <math.h>

#include "output/html.h"

#include "judge.h"
#include "report_text.h"

/* ---- a scale ------------------------------------------------------------ */

struct scale {
	double low; /* shares */
	double high;
	double from; /* where those two are drawn */
	double to;
};

static double place(const struct scale *s, double share)
{
	double at = (share - s->low) / (s->high - s->low);

	return s->from + fmin(fmax(at, 0), 1) * (s->to - s->from);
}

static double pair_share(const struct gate_row *row, const struct pair *pair)
{
	if (row->metric == METRIC_GROWTH)
		return pair->head - pair->base;
	return pair->head / pair->base - 1;
}

/* What a mark looks like says what it means, not only its colour. */
static const char *class_of(const struct gate_row *row)
{
	switch (row->found.verdict) {
	case VERDICT_PASS:
		return "met";
	case VERDICT_FAIL:
		return "missed";
	default:
		return "undecided";
	}
}

static void describe(FILE *out, const char *what, const struct gate_row *row)
{
	char effect[CELL];
	char interval[CELL];

	report_effect(row, row->found.effect, effect);
	report_interval(row, interval);
	fputs(" role=\"img\" aria-label=\"", out);
	html_text(out, what);
	html_text(out, row->name);
	fputs(": ", out);
	html_text(out, effect);
	fputc(' ', out);
	html_text(out, interval);
	fputs("\">", out);
}

/* ---- effect ------------------------------------------------------------- */

#define EFFECT_WIDTH 220.0
#define EFFECT_HEIGHT 18.0

void plot_effect(FILE *out, const struct gate *gate, const struct gate_row *row)
{
	double margin = gate->rules.margin[row->metric];
	double target = gate->rules.target[row->metric];
	/* all rows of a metric have one scale, on which they compare */
	struct scale s = { -2 * target, 2 * target, 1, EFFECT_WIDTH - 1 };
	const struct finding *f = &row->found;

	if (!isfinite(f->effect))
		return;
	fprintf(out, "<svg class=\"effect %s\" viewBox=\"0 0 %g %g\"",
		class_of(row), EFFECT_WIDTH, EFFECT_HEIGHT);
	describe(out, "change of ", row);
	fprintf(out,
		"<rect class=\"band\" x=\"%.2f\" y=\"0\" width=\"%.2f\" "
		"height=\"%g\"/>",
		place(&s, -margin), place(&s, margin) - place(&s, -margin),
		EFFECT_HEIGHT);
	fprintf(out,
		"<line class=\"zero\" x1=\"%.2f\" x2=\"%.2f\" y1=\"0\" "
		"y2=\"%g\"/>",
		place(&s, 0), place(&s, 0), EFFECT_HEIGHT);
	fprintf(out,
		"<line class=\"interval\" x1=\"%.2f\" x2=\"%.2f\" y1=\"9\" "
		"y2=\"9\"/>",
		place(&s, judge_share(row->metric, f->low)),
		place(&s, judge_share(row->metric, f->high)));
	fprintf(out, "<circle class=\"value\" cx=\"%.2f\" cy=\"9\" r=\"4\"/>",
		place(&s, judge_share(row->metric, f->effect)));
	fputs("</svg>", out);
}

/* ---- pairs over time ---------------------------------------------------- */

#define PAIRS_WIDTH 600.0
#define PAIRS_HEIGHT 160.0
#define LEFT 64.0
#define RIGHT 8.0
#define TOP 8.0
#define BOTTOM 22.0

static struct scale scale_of(const struct gate *gate,
			     const struct gate_row *row)
{
	struct scale s = { .from = PAIRS_HEIGHT - BOTTOM, .to = TOP };
	double most = 1.5 * gate->rules.margin[row->metric];

	for (size_t i = 0; i < row->count; i++) {
		double share = fabs(pair_share(row, &row->pairs[i]));

		if (isfinite(share) && share > most)
			most = share;
	}
	s.low = -most * 1.05;
	s.high = most * 1.05;
	return s;
}

static void label(FILE *out, double x, double y, const char *anchor,
		  const char *text)
{
	fprintf(out, "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\">", x, y,
		anchor);
	html_text(out, text);
	fputs("</text>", out);
}

static void frame(FILE *out, const struct gate *gate,
		  const struct gate_row *row, const struct scale *s,
		  double seconds)
{
	double margin = gate->rules.margin[row->metric];
	double shares[] = { s->high / 1.05, 0, s->low / 1.05 };
	char text[CELL];

	fprintf(out,
		"<rect class=\"band\" x=\"%g\" y=\"%.2f\" width=\"%g\" "
		"height=\"%.2f\"/>",
		LEFT, place(s, margin), PAIRS_WIDTH - LEFT - RIGHT,
		place(s, -margin) - place(s, margin));
	for (size_t i = 0; i < 3; i++) {
		fprintf(out,
			"<line class=\"zero\" x1=\"%g\" x2=\"%g\" "
			"y1=\"%.2f\" y2=\"%.2f\"/>",
			LEFT, PAIRS_WIDTH - RIGHT, place(s, shares[i]),
			place(s, shares[i]));
		snprintf(text, sizeof(text),
			 row->metric == METRIC_GROWTH ? "%+.3f" : "%+.1f %%",
			 row->metric == METRIC_GROWTH ? shares[i]
						      : shares[i] * 100);
		label(out, LEFT - 6, place(s, shares[i]) + 4, "end", text);
	}
	label(out, LEFT, PAIRS_HEIGHT - 5, "start", "0 s");
	snprintf(text, sizeof(text), "%.0f s", seconds);
	label(out, PAIRS_WIDTH - RIGHT, PAIRS_HEIGHT - 5, "end", text);
}

void plot_pairs(FILE *out, const struct gate *gate, const struct gate_row *row)
{
	struct scale y = scale_of(gate, row);
	struct scale x = { 0, 1e-9, LEFT + 4, PAIRS_WIDTH - RIGHT - 4 };

	for (size_t i = 0; i < row->count; i++)
		x.high = fmax(x.high, row->pairs[i].at);
	fprintf(out, "<svg class=\"pairs %s\" viewBox=\"0 0 %g %g\"",
		class_of(row), PAIRS_WIDTH, PAIRS_HEIGHT);
	describe(out, "pairs of ", row);
	frame(out, gate, row, &y, x.high);
	for (size_t i = 0; i < row->count; i++) {
		double share = pair_share(row, &row->pairs[i]);

		if (isfinite(share))
			fprintf(out,
				"<circle class=\"value\" cx=\"%.2f\" "
				"cy=\"%.2f\" r=\"3\"/>",
				place(&x, row->pairs[i].at), place(&y, share));
	}
	fputs("</svg>", out);
}
