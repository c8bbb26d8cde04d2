/* SPDX-License-Identifier: MIT */
/* What `riotlb-gate budget` shows of its findings. */
#ifndef RIOTLB_GATE_BUDGET_H
#define RIOTLB_GATE_BUDGET_H

#include <stdbool.h>
#include <stdio.h>

#include "count.h"

struct budget_result {
	const char *key;
	bool is_known; /* there is a budget for the key */
	struct count_findings findings;
	enum status status;
};

/* The path of the file of budgets is part of what is said. */
void budget_show(FILE *file, const struct budget_result *result,
		 const char *path, bool all, bool colour);
/* 0 or -errno. */
int budget_json(const char *path, const struct budget_result *result);

#endif
