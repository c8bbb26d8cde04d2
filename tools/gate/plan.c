/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include "measure.h"

void plan_place(struct plan *plan, int cpu)
{
	int first;
	int second;

	cpus_allowed(&first, &second);
	plan->cpu = cpu;
	plan->beside = first != cpu ? first : second;
}

struct plan plan_default(void)
{
	struct plan plan = {
		.first = 16,
		.most = 40,
		.turns = 11,
		.turn_ms = 4,
		.budget = 240,
	};
	int first;
	int second;

	cpus_allowed(&first, &second);
	/* interrupts tend to be taken by the first CPU */
	plan_place(&plan, second >= 0 ? second : first);
	return plan;
}
