/* SPDX-License-Identifier: MIT */
#include "budget.h"

#include <math.h>

#define CLEAR "\033[0m"

static const char *colour_of(enum count_verdict verdict)
{
	switch (count_status(verdict)) {
	case STATUS_PASS:
		return verdict == COUNT_BETTER ? "\033[32m" : "";
	default:
		return "\033[31m";
	}
}

static void put_number(char *out, size_t size, double value)
{
	if (isnan(value))
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%.10g", value);
}

static void put_change(char *out, size_t size, const struct count_finding *f)
{
	double by = f->head - f->base;

	if (isnan(by) || by == 0)
		snprintf(out, size, "%s", "");
	else if (f->metric == COUNT_EXPONENT || f->base == 0)
		snprintf(out, size, "%+.6g", by);
	else
		snprintf(out, size, "%+.2f%%", 100 * by / fabs(f->base));
}

static void show_line(FILE *file, const struct count_finding *f, bool colour)
{
	const char *paint = colour ? colour_of(f->verdict) : "";
	char base[32];
	char head[32];
	char change[32];

	put_number(base, sizeof(base), f->base);
	put_number(head, sizeof(head), f->head);
	put_change(change, sizeof(change), f);
	fprintf(file, "%s%-8s%s %-24.24s %-12s %14s %14s %10s\n", paint,
		count_verdict_name(f->verdict), *paint ? CLEAR : "", f->row,
		count_metric_name(f->metric), base, head, change);
	if (*f->why)
		fprintf(file, "         -> %s\n", f->why);
}

static void show_table(FILE *file, const struct count_findings *f, bool all,
		       bool colour)
{
	bool has_head = false;

	for (size_t i = 0; i < f->n; i++) {
		if (f->all[i].verdict == COUNT_SAME && !all)
			continue;
		if (!has_head)
			fprintf(file, "%-8s %-24s %-12s %14s %14s %10s\n",
				"verdict", "row", "metric", "budget", "counted",
				"change");
		has_head = true;
		show_line(file, &f->all[i], colour);
	}
	if (has_head)
		fputc('\n', file);
}

static void show_tally(FILE *file, const struct count_findings *f)
{
	const char *comma = "";

	for (size_t i = COUNT_VERDICTS; i-- > 0;) {
		if (!f->tally[i])
			continue;
		fprintf(file, "%s%zu %s", comma, f->tally[i],
			count_verdict_name((enum count_verdict)i));
		comma = ", ";
	}
	fprintf(file, " of %zu numbers\n", f->n);
}

/* What there is to do about it. */
static void show_advice(FILE *file, const struct budget_result *result,
			const char *path)
{
	const size_t *tally = result->findings.tally;

	if (!result->is_known)
		fprintf(file,
			"INCONCLUSIVE: %s has no budget for this build.\n"
			"`riotlb-gate budget --write` adds the lines above.\n",
			path);
	else if (result->status == STATUS_PASS && tally[COUNT_BETTER])
		fprintf(file,
			"PASS; the budget can be lowered, so that what was "
			"won is held:\n`riotlb-gate budget --write`, and "
			"commit %s.\n",
			path);
	else if (result->status == STATUS_PASS)
		fprintf(file, "PASS\n");
	else
		fprintf(file,
			"FAIL: if it must be so, say why in the commit that "
			"changes the budget:\n`riotlb-gate budget --write`, "
			"and commit %s.\n",
			path);
}

void budget_show(FILE *file, const struct budget_result *result,
		 const char *path, bool all, bool colour)
{
	fprintf(file, "[%s]\n", result->key);
	if (result->is_known) {
		fputc('\n', file);
		show_table(file, &result->findings, all, colour);
		show_tally(file, &result->findings);
	}
	show_advice(file, result, path);
}
