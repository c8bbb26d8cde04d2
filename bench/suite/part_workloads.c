/* SPDX-License-Identifier: MIT */
/* Workloads with a public source, and traces of real drivers. */
#include <stdio.h>

#include "workload.h"

void part_workloads(struct suite *suite, bool plan)
{
	for (size_t i = 0; i < workload_count; i++) {
		const struct workload *w = &workloads[i];
		double seconds = workload_seconds(suite, w);
		char step[64];

		if (seconds <= 0)
			continue;
		if (plan) {
			suite_plan(suite, seconds);
			continue;
		}
		snprintf(step, sizeof(step), "%s, %s", w->op, w->shape);
		suite_step(suite, step, seconds);
		workload_run(suite, w);
	}
	many_run(suite, plan);
	traces_run(suite, plan);
}
