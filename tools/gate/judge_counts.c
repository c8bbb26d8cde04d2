/* SPDX-License-Identifier: MIT */
/* Counts are judged by rules of their own, which know no chance. */
#include <stdio.h>
#include <string.h>

#include "count.h"
#include "judge_parts.h"

static int judge_count(struct gate *gate, struct count_row *row)
{
	enum count_metric metric;
	enum count_verdict verdict;
	char why[COUNT_WHY];

	row->verdict = VERDICT_INCONCLUSIVE;
	if (!count_metric_of(row->metric, strlen(row->metric), &metric))
		return gate_add_fault(gate, "%s: no metric '%s'", row->name,
				      row->metric);
	verdict = count_judge(metric, row->base, row->head, why);
	snprintf(row->why, sizeof(row->why), "%s", why);
	row->verdict = verdict == COUNT_WORSE ? VERDICT_FAIL : VERDICT_PASS;
	if (verdict == COUNT_CHANGED || verdict == COUNT_BETTER)
		snprintf(row->why, sizeof(row->why), "%s",
			 count_verdict_name(verdict));
	if (verdict == COUNT_BROKEN ||
	    (verdict == COUNT_MISSING && !gate->rules.allow_removed))
		return gate_add_fault(gate, "%s, %s: %s", row->name,
				      row->metric, why);
	return 0;
}

int judge_counts(struct gate *gate)
{
	int err = 0;

	for (size_t i = 0; !err && i < gate->count_count; i++)
		err = judge_count(gate, &gate->counts[i]);
	return err;
}
