/* SPDX-License-Identifier: MIT */
#include "count.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[COUNT_METRICS] = {
	[COUNT_INSTRUCTIONS] = "instructions",
	[COUNT_ATOMICS] = "atomics",
	[COUNT_BRANCHES] = "branches",
	[COUNT_ALLOCATIONS] = "allocations",
	[COUNT_BYTES] = "bytes",
	[COUNT_SYSCALLS] = "syscalls",
	[COUNT_PER_MAPPING] = "per-mapping",
	[COUNT_EXPONENT] = "exponent",
	[COUNT_SIZE] = "size",
	[COUNT_TEXT] = "text",
	[COUNT_FENCES] = "fences",
};

const char *count_metric_name(enum count_metric metric)
{
	return names[metric];
}

bool count_metric_of(const char *name, size_t length, enum count_metric *out)
{
	for (size_t i = 0; i < COUNT_METRICS; i++) {
		if (strlen(names[i]) == length &&
		    memcmp(names[i], name, length) == 0) {
			*out = (enum count_metric)i;
			return true;
		}
	}
	return false;
}

/* What a file of budgets has room for; and there is no -0. */
static double whole_millionths(double value)
{
	return round(value * 1e6) / 1e6 + 0.0;
}

int count_add(struct count_set *set, const char *row, enum count_metric metric,
	      double value)
{
	struct count_value *all;
	struct count_value *added;

	if (strlen(row) >= sizeof(added->row))
		return -EINVAL;
	all = realloc(set->all, (set->n + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	set->all = all;
	added = &all[set->n++];
	*added = (struct count_value){
		.metric = metric,
		.value = whole_millionths(value),
	};
	strcpy(added->row, row);
	return 0;
}

const struct count_value *count_find(const struct count_set *set,
				     const char *row, enum count_metric metric)
{
	for (size_t i = 0; i < set->n; i++) {
		if (set->all[i].metric == metric &&
		    strcmp(set->all[i].row, row) == 0)
			return &set->all[i];
	}
	return NULL;
}

void count_free(struct count_set *set)
{
	free(set->all);
	*set = (struct count_set){ .n = 0 };
}
