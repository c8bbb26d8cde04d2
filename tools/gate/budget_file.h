/* SPDX-License-Identifier: MIT */
/*
 * Numbers as text, one row a line:
 *
 *	# a remark
 *	[gcc 12.2.0, glibc 2.36, x86_64]
 *	lookup-16 instructions=67 atomics=0
 *
 * A key in brackets, on a line of its own, and what holds under it.
 */
#ifndef RIOTLB_GATE_BUDGET_FILE_H
#define RIOTLB_GATE_BUDGET_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "count.h"

struct budget_file {
	struct count_set *sets;
	size_t n;
	size_t line;   /* the last one that was read */
	char why[128]; /* what was wrong with it */
};

/* 0; -EINVAL: line and why say it; -ENOMEM, -EIO. Free it in either case. */
int budget_read(FILE *file, struct budget_file *budgets);
void budget_free(struct budget_file *budgets);

/* NULL: there is none for that key. */
struct count_set *budget_of(const struct budget_file *budgets, const char *key);

/* Key and rows of one set. */
void budget_print(FILE *file, const struct count_set *set);

/*
 * The file with that set in place of the one of its key, or at its end. Other
 * sets, remarks and empty lines stay. Nobody sees half of it.
 * 0, -EINVAL: it is no file of budgets, or -errno.
 */
int budget_update(const char *path, const struct count_set *set);

#endif
