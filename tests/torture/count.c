/* SPDX-License-Identifier: MIT */
#include "count.h"

#define COUNT_NAME(name) #name,
static const char *const names[COUNTS] = { COUNT_LIST(COUNT_NAME) };

void count_sum(uint64_t totals[COUNTS], struct counts *c)
{
	for (int i = 0; i < COUNTS; i++)
		totals[i] += count_of(c, (enum count)i);
}

const char *count_name(enum count what)
{
	return names[what];
}
