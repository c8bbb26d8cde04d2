/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure.h"

#define MOST_CPUS 1024

bool plan_is_listed(const char *list, long b)
{
	char *at = (char *)(uintptr_t)list;

	while (*at >= '0' && *at <= '9') {
		long first = strtol(at, &at, 10);
		long last = *at == '-' ? strtol(at + 1, &at, 10) : first;

		if (b >= first && b <= last)
			return true;
		at += *at == ',';
	}
	return false;
}

/*
 * Do they share a core? Then they share its first-level cache, too, and hardly
 * notice what costs the threads of two cores so much.
 */
static bool are_siblings(int a, int b)
{
	char path[96];
	char list[256] = "";
	FILE *file;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
		 a);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(list, sizeof(list), file))
		list[0] = '\0';
	fclose(file);
	return plan_is_listed(list, b);
}

void plan_place(struct plan *plan, int cpu)
{
	int cpus[MOST_CPUS];
	size_t n = cpus_list(cpus, MOST_CPUS);

	plan->cpu = cpu;
	plan->beside = -1;
	for (size_t i = 0; i < n && plan->beside < 0; i++) {
		if (cpus[i] != cpu && !are_siblings(cpu, cpus[i]))
			plan->beside = cpus[i];
	}
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
