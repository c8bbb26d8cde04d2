/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include "measure.h"

struct plan plan_default(void)
{
	int first;
	int second;

	cpus_allowed(&first, &second);
	return (struct plan){
		.first = 16,
		.most = 40,
		.turns = 11,
		.turn_ms = 4,
		.budget = 240,
		/* interrupts tend to be taken by the first CPU */
		.cpu = second >= 0 ? second : first,
	};
}
