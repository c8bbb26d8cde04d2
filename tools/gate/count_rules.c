/* SPDX-License-Identifier: MIT */
/*
 * What a change of a number means. There is no noise in these numbers, so no
 * difference is an accident; the allowances are for changes not worth a word
 * with their author.
 */
#include "count.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Worse: more by at least `least`, and by more than `share` of the base. */
struct rule {
	double least;
	double share;
	bool advice; /* never worse, whatever it is */
	const char *why;
};

/* Every number is one of whole millionths. */
#define ANY 1e-6

static const struct rule rules[COUNT_METRICS] = {
	[COUNT_INSTRUCTIONS] = { 1, 0.01, false,
				 "one instruction and 1 % more" },
	[COUNT_ATOMICS] = { ANY, 0, false, "more locked instructions" },
	[COUNT_BRANCHES] = { ANY, 0, true, "" },
	[COUNT_ALLOCATIONS] = { ANY, 0, false, "more allocations" },
	[COUNT_BYTES] = { ANY, 0.01, false, "1 % more bytes allocated" },
	[COUNT_SYSCALLS] = { ANY, 0, false, "more system calls" },
	[COUNT_PER_MAPPING] = { ANY, 0.01, false, "1 % more bytes a mapping" },
	[COUNT_EXPONENT] = { 0.05, 0, false, "grows faster, by 0.05" },
	[COUNT_SIZE] = { ANY, 0, false, "a larger public structure" },
	[COUNT_TEXT] = { ANY, 0.05, false, "5 % more code" },
	[COUNT_FENCES] = { ANY, 0, false, "more fences" },
};

/* Half of a millionth: differences of such numbers are not quite whole. */
#define SLACK 5e-7

/* Is `more` worse than `less` by what the rule says? */
static bool is_beyond(const struct rule *rule, double less, double more)
{
	double by = more - less;

	return !rule->advice && by > rule->least - SLACK &&
	       by > rule->share * fabs(less) + SLACK;
}

static bool is_sound(enum count_metric metric, double value)
{
	return isfinite(value) && (value >= 0 || metric == COUNT_EXPONENT);
}

static enum count_verdict judge(enum count_metric metric, double base,
				double head)
{
	if (isnan(base) && isnan(head))
		return COUNT_BROKEN;
	if (isnan(base))
		return is_sound(metric, head) ? COUNT_NEW : COUNT_BROKEN;
	if (isnan(head))
		return COUNT_MISSING;
	if (!is_sound(metric, base) || !is_sound(metric, head))
		return COUNT_BROKEN;
	if (is_beyond(&rules[metric], base, head))
		return COUNT_WORSE;
	if (is_beyond(&rules[metric], head, base))
		return COUNT_BETTER;
	return fabs(head - base) > SLACK ? COUNT_CHANGED : COUNT_SAME;
}

enum count_verdict count_judge(enum count_metric metric, double base,
			       double head, char why[COUNT_WHY])
{
	static const char *const others[COUNT_VERDICTS] = {
		[COUNT_SAME] = "",
		[COUNT_CHANGED] = "",
		[COUNT_BETTER] = "",
		[COUNT_NEW] = "there is nothing to compare it with",
		[COUNT_MISSING] = "it was not counted",
		[COUNT_BROKEN] = "that is no count",
	};
	enum count_verdict verdict = judge(metric, base, head);

	snprintf(why, COUNT_WHY, "%s",
		 verdict == COUNT_WORSE ? rules[metric].why : others[verdict]);
	return verdict;
}

const char *count_verdict_name(enum count_verdict verdict)
{
	static const char *const names[COUNT_VERDICTS] = {
		[COUNT_SAME] = "same",     [COUNT_CHANGED] = "changed",
		[COUNT_BETTER] = "better", [COUNT_WORSE] = "FAIL",
		[COUNT_NEW] = "NEW",       [COUNT_MISSING] = "MISSING",
		[COUNT_BROKEN] = "BROKEN",
	};

	return names[verdict];
}

enum status count_status(enum count_verdict verdict)
{
	switch (verdict) {
	case COUNT_WORSE:
		return STATUS_REGRESSION;
	case COUNT_NEW:
	case COUNT_MISSING:
	case COUNT_BROKEN:
		return STATUS_INTEGRITY;
	default:
		return STATUS_PASS;
	}
}

/* ---- all of them -------------------------------------------------------- */

static void add(struct count_findings *f, const struct count_value *like,
		double base, double head)
{
	struct count_finding *found = &f->all[f->n++];

	*found = (struct count_finding){
		.metric = like->metric,
		.base = base,
		.head = head,
	};
	strcpy(found->row, like->row);
	found->verdict = count_judge(like->metric, base, head, found->why);
	f->tally[found->verdict]++;
	f->status = status_worse(f->status, count_status(found->verdict));
}

/* By how much in proportion, for the order of what is shown. */
static double severity(const struct count_finding *f)
{
	double by = fabs(f->head - f->base);

	return isnan(by) ? 0 : by / (fabs(f->base) + 1);
}

static int worst_first(const void *one, const void *two)
{
	static const int rank[COUNT_VERDICTS] = {
		[COUNT_SAME] = 0,   [COUNT_CHANGED] = 1, [COUNT_BETTER] = 2,
		[COUNT_NEW] = 3,    [COUNT_MISSING] = 4, [COUNT_WORSE] = 5,
		[COUNT_BROKEN] = 6,
	};
	const struct count_finding *a = one;
	const struct count_finding *b = two;
	double by;

	if (a->verdict != b->verdict)
		return rank[b->verdict] - rank[a->verdict];
	by = severity(b) - severity(a);
	if (a->verdict != COUNT_SAME && by != 0)
		return by > 0 ? 1 : -1;
	if (strcmp(a->row, b->row) != 0)
		return strcmp(a->row, b->row);
	return (int)a->metric - (int)b->metric;
}

int count_compare(const struct count_set *base, const struct count_set *head,
		  struct count_findings *findings)
{
	*findings = (struct count_findings){ .status = STATUS_PASS };
	findings->all = calloc(base->n + head->n + 1, sizeof(*findings->all));
	if (!findings->all)
		return -ENOMEM;
	for (size_t i = 0; i < base->n; i++) {
		const struct count_value *was = &base->all[i];
		const struct count_value *is =
			count_find(head, was->row, was->metric);

		add(findings, was, was->value, is ? is->value : NAN);
	}
	for (size_t i = 0; i < head->n; i++) {
		const struct count_value *is = &head->all[i];

		if (!count_find(base, is->row, is->metric))
			add(findings, is, NAN, is->value);
	}
	/* nothing that was compared is no pass */
	if (!findings->n)
		findings->status = STATUS_INTEGRITY;
	qsort(findings->all, findings->n, sizeof(*findings->all), worst_first);
	return 0;
}

void count_findings_free(struct count_findings *findings)
{
	free(findings->all);
	*findings = (struct count_findings){ .n = 0 };
}
