/* SPDX-License-Identifier: MIT */
/* Runs a program under callgrind and reads what it dumped. */
#ifndef BENCH_EXACT_READ_H
#define BENCH_EXACT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "exact/list.h"

struct exact_dump {
	char name[EXACT_LONGEST_DUMP]; /* "" : not asked for by the program */
	uint64_t instructions;
	uint64_t locked;      /* global bus events: locked instructions */
	uint64_t allocations; /* calls of malloc and its kin */
};

/* One dump. False: it is no such file, or says what it does not count. */
bool exact_read(FILE *file, struct exact_dump *dump);

struct exact_dumps {
	struct exact_dump *all;
	size_t n;
};

/*
 * argv: the program, its arguments, NULL. 0; -ENOENT: there is no valgrind;
 * -EIO: it failed, or its dumps are unreadable; -ENOMEM; else -errno.
 */
int exact_run(char *const argv[], struct exact_dumps *dumps);
void exact_free(struct exact_dumps *dumps);

/* NULL: there is none of that name and number of calls. */
const struct exact_dump *exact_find(const struct exact_dumps *dumps,
				    const char *name, size_t n);

/* What one call takes, without what begins and ends a count. */
struct exact_cost {
	double instructions;
	double locked;
	double allocations;
};

/* From the dumps of n and 2n calls. False: one of them is not there. */
bool exact_cost(const struct exact_dumps *dumps, const char *name, size_t n,
		struct exact_cost *cost);

#endif
