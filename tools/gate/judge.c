/* SPDX-License-Identifier: MIT */
#include "judge.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge_parts.h"
#include "stats.h"

/* What a row is judged by. */
struct bench {
	const struct rules *rules;
	double level;  /* of one look at one row */
	double margin; /* as effects */
	double target;
};

/* ---- effects ------------------------------------------------------------ */

double judge_share(enum metric metric, double effect)
{
	return metric == METRIC_GROWTH ? effect : expm1(effect);
}

static double effect_of_share(enum metric metric, double share)
{
	return metric == METRIC_GROWTH ? share : log1p(share);
}

static double effect_of(enum metric metric, const struct pair *pair)
{
	if (metric == METRIC_GROWTH)
		return pair->head - pair->base;
	return log(pair->head / pair->base);
}

/* The change of an effect in the row's own unit. */
static double amount(const struct gate_row *row, double effect)
{
	if (row->metric == METRIC_GROWTH)
		return fabs(effect);
	return fabs(row->found.base * expm1(effect));
}

static double *effects_of(const struct gate_row *row)
{
	double *effects = calloc(row->count, sizeof(*effects));

	for (size_t i = 0; effects && i < row->count; i++)
		effects[i] = effect_of(row->metric, &row->pairs[i]);
	return effects;
}

/* ---- one row ------------------------------------------------------------ */

static int medians(struct gate_row *row)
{
	double *values = calloc(row->count, sizeof(*values));

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < row->count; i++)
		values[i] = row->pairs[i].base;
	row->found.base = stats_median(values, row->count);
	for (size_t i = 0; i < row->count; i++)
		values[i] = row->pairs[i].head;
	row->found.head = stats_median(values, row->count);
	free(values);
	return 0;
}

/*
 * The smallest p of the looks, times their number: the chance that any of them
 * deceives is no larger, however it was decided which rows have a second one.
 */
static double p_of_looks(const struct gate_row *row, const struct bench *b,
			 const double *effects, double centre)
{
	double p = stats_signed_rank(effects, row->count, centre);

	if (b->rules->looks < 2)
		return p;
	if (row->first && row->first < row->count) {
		double early = stats_signed_rank(effects, row->first, centre);

		if (early < p)
			p = early;
	}
	return fmin(1, p * b->rules->looks);
}

/*
 * Of a change of this size the estimate lies above the bound, which is `reach`
 * below it, and the bound above the margin, with the rules' power. The spread
 * of the estimate follows from the reach: nothing else is known of the noise.
 * An infinite reach makes all of it infinite.
 */
static double visible(const struct gate_row *row, const struct bench *b,
		      double reach)
{
	double sure = stats_normal_quantile(b->rules->power);
	double spread = reach / -stats_normal_quantile(b->level);
	double floor = b->rules->floor[row->metric];
	double seen = b->margin + reach + sure * spread;
	double beyond;

	if (row->metric == METRIC_GROWTH)
		return seen;
	beyond = log1p(floor / row->found.base) + sure * spread;
	return fmax(seen, beyond);
}

static int estimate(struct gate_row *row, const struct bench *b)
{
	struct stats_centre deciding;
	struct stats_centre usual;
	double *effects = effects_of(row);
	double *mirrored;
	int err;

	if (!effects)
		return -ENOMEM;
	mirrored = calloc(row->count, sizeof(*mirrored));
	err = mirrored ? stats_centre(effects, row->count, b->level, &deciding)
		       : -ENOMEM;
	if (!err)
		err = stats_centre(effects, row->count, 0.025, &usual);
	if (err)
		goto out;
	for (size_t i = 0; i < row->count; i++)
		mirrored[i] = -effects[i];
	row->found.effect = usual.estimate;
	row->found.low = usual.low;
	row->found.high = usual.high;
	row->found.p = p_of_looks(row, b, effects, b->margin);
	row->found.p_faster = p_of_looks(row, b, mirrored, b->margin);
	row->found.visible = visible(row, b, deciding.estimate - deciding.low);
out:
	free(mirrored);
	free(effects);
	return err;
}

static struct bench bench_of(const struct rules *rules,
			     const struct gate_row *row, size_t rows)
{
	return (struct bench){
		.rules = rules,
		.level = rules->alpha / (double)(rows * rules->looks),
		.margin = effect_of_share(row->metric,
					  rules->margin[row->metric]),
		.target = effect_of_share(row->metric,
					  rules->target[row->metric]),
	};
}

/* ---- verdicts ----------------------------------------------------------- */

static enum change change_of(const struct gate_row *row, const struct bench *b)
{
	const struct finding *f = &row->found;

	if (amount(row, f->effect) < b->rules->floor[row->metric])
		return CHANGE_NONE;
	if (f->p <= b->rules->alpha && f->effect >= b->margin)
		return CHANGE_SLOWER;
	if (f->p_faster <= b->rules->alpha && f->effect <= -b->margin)
		return CHANGE_FASTER;
	return CHANGE_NONE;
}

__attribute__((format(printf, 3, 4))) static void
decide(struct gate_row *row, enum verdict verdict, const char *format, ...)
{
	va_list args;

	row->found.verdict = verdict;
	va_start(args, format);
	vsnprintf(row->found.why, sizeof(row->found.why), format, args);
	va_end(args);
}

static void show_share(const struct gate_row *row, double effect, char *text,
		       size_t size)
{
	double share = judge_share(row->metric, effect);

	if (!isfinite(share))
		snprintf(text, size, "any change");
	else if (row->metric == METRIC_GROWTH)
		snprintf(text, size, "%+.2f", share);
	else
		snprintf(text, size, "%+.1f %%", share * 100);
}

/* Not a failure: is it known not to be one? */
static void decide_quiet(struct gate_row *row, const struct bench *b)
{
	struct finding *f = &row->found;
	char text[32];

	if (!isfinite(f->visible)) {
		decide(row, VERDICT_INCONCLUSIVE,
		       "%zu pairs are too few to fail at any size", row->count);
	} else if (f->visible > b->target) {
		show_share(row, f->visible, text, sizeof(text));
		decide(row, VERDICT_INCONCLUSIVE, "too noisy: sees %s at best",
		       text);
	} else if (f->high >= b->target) {
		show_share(row, f->high, text, sizeof(text));
		decide(row, VERDICT_INCONCLUSIVE, "may be as much as %s", text);
	} else {
		decide(row, VERDICT_PASS, "%s", "");
	}
}

static void decide_row(const struct gate *gate, struct gate_row *row,
		       const struct bench *b)
{
	struct finding *f = &row->found;

	f->change = change_of(row, b);
	if (f->change == CHANGE_SLOWER && gate->identical && gate->rules.demote)
		decide(row, VERDICT_PASS,
		       "the code is identical: layout or noise");
	else if (gate->contaminated)
		decide(row, VERDICT_INCONCLUSIVE, "the controls moved");
	else if (f->change == CHANGE_SLOWER)
		decide(row, VERDICT_FAIL, "slower");
	else
		decide_quiet(row, b);
}

/* ---- all rows ----------------------------------------------------------- */

static bool measured(const struct gate_row *row)
{
	return row->count && !row->error && row->base_unit && row->head_unit;
}

static size_t judged_rows(const struct gate *gate)
{
	size_t n = 0;

	for (size_t i = 0; i < gate->count; i++)
		n += row_is_judged(&gate->rows[i]);
	return n ? n : 1;
}

static int estimate_all(struct gate *gate, size_t rows)
{
	for (size_t i = 0; i < gate->count; i++) {
		struct gate_row *row = &gate->rows[i];
		struct bench b = bench_of(&gate->rules, row, rows);
		int err;

		row->found = (struct finding){ .verdict = VERDICT_INCONCLUSIVE,
					       .base = NAN,
					       .head = NAN,
					       .effect = NAN,
					       .low = NAN,
					       .high = NAN,
					       .p = NAN,
					       .p_faster = NAN,
					       .visible = INFINITY,
					       .why = "not measured" };
		if (!measured(row))
			continue;
		err = medians(row);
		if (!err)
			err = estimate(row, &b);
		/* what has no estimate is a fault, or one of growth */
		if (err && err != -EINVAL)
			return err;
	}
	return 0;
}

/* Both directions have their own: one must not cost the other. */
static int adjust_all(struct gate *gate)
{
	size_t n = 0;
	double *p = calloc(gate->count + 1, sizeof(*p));
	double *faster = calloc(gate->count + 1, sizeof(*faster));
	int err = p && faster ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < gate->count; i++) {
		if (!row_is_judged(&gate->rows[i]))
			continue;
		p[n] = gate->rows[i].found.p;
		faster[n++] = gate->rows[i].found.p_faster;
	}
	if (!err)
		err = stats_holm(p, n, p);
	if (!err)
		err = stats_holm(faster, n, faster);
	n = 0;
	for (size_t i = 0; !err && i < gate->count; i++) {
		if (!row_is_judged(&gate->rows[i]))
			continue;
		gate->rows[i].found.p = p[n];
		gate->rows[i].found.p_faster = faster[n++];
	}
	free(p);
	free(faster);
	return err;
}

/*
 * A control that moved by more than half of what rows may: then what moved it
 * may have moved them, too.
 */
static int judge_control(struct gate *gate, struct gate_row *row,
			 size_t controls)
{
	double level = gate->rules.alpha / (2 * (double)controls);
	double allowed = log1p(gate->rules.margin[METRIC_TIME] / 2);
	struct stats_centre centre;
	double *effects;
	int err;

	if (!measured(row))
		return 0;
	effects = effects_of(row);
	if (!effects)
		return -ENOMEM;
	err = stats_centre(effects, row->count, level, &centre);
	free(effects);
	decide(row, VERDICT_PASS, "%s", "");
	if (err == -ENOMEM)
		return err;
	if (!err && (centre.low > allowed || centre.high < -allowed)) {
		decide(row, VERDICT_INCONCLUSIVE, "a control moved");
		gate->contaminated = true;
	}
	return 0;
}

static int judge_controls(struct gate *gate)
{
	size_t controls = 0;
	int err = 0;

	for (size_t i = 0; i < gate->count; i++)
		controls += gate->rows[i].control;
	for (size_t i = 0; !err && i < gate->count; i++) {
		if (gate->rows[i].control)
			err = judge_control(gate, &gate->rows[i], controls);
	}
	return err;
}

static enum status conclude(const struct gate *gate)
{
	if (gate->fault_count)
		return STATUS_INTEGRITY;
	if (judge_tally(gate, VERDICT_FAIL))
		return STATUS_REGRESSION;
	if (judge_tally(gate, VERDICT_INCONCLUSIVE))
		return gate->rules.inconclusive;
	return STATUS_PASS;
}

static void forget(struct gate *gate)
{
	for (size_t i = 0; i < gate->fault_count; i++)
		free(gate->faults[i]);
	free(gate->faults);
	gate->faults = NULL;
	gate->fault_count = 0;
	gate->contaminated = false;
	gate->identical = *gate->base.code &&
			  strcmp(gate->base.code, gate->head.code) == 0;
}

int judge(struct gate *gate)
{
	size_t rows;
	int err;

	forget(gate);
	err = check_integrity(gate);
	if (!err)
		err = judge_counts(gate);
	if (!err)
		err = derive_growth(gate);
	rows = judged_rows(gate);
	if (!err)
		err = estimate_all(gate, rows);
	if (!err)
		err = adjust_all(gate);
	if (!err)
		err = judge_controls(gate);
	for (size_t i = 0; !err && i < gate->count; i++) {
		struct gate_row *row = &gate->rows[i];
		struct bench b = bench_of(&gate->rules, row, rows);

		if (row_is_judged(row) && !isnan(row->found.effect))
			decide_row(gate, row, &b);
	}
	if (!err)
		gate->status = conclude(gate);
	return err;
}

/* ---- questions ---------------------------------------------------------- */

size_t judge_tally(const struct gate *gate, enum verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < gate->count; i++)
		n += row_is_judged(&gate->rows[i]) &&
		     gate->rows[i].found.verdict == verdict;
	for (size_t i = 0; i < gate->count_count; i++)
		n += gate->counts[i].verdict == verdict;
	return n;
}

bool judge_wants_more(const struct gate_row *row)
{
	const struct finding *f = &row->found;

	if (!row_is_judged(row) || row->metric == METRIC_GROWTH || row->error)
		return false;
	return f->verdict == VERDICT_INCONCLUSIVE ||
	       (f->verdict == VERDICT_PASS && f->low > 0);
}

size_t judge_least_pairs(const struct rules *rules, size_t rows)
{
	double level =
		rules->alpha / (double)((rows ? rows : 1) * rules->looks);
	size_t n = 1;

	while (stats_smallest_p(n) > level)
		n++;
	return n;
}
