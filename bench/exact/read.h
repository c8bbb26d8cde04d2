/* SPDX-License-Identifier: MIT */
/* Reads what callgrind dumped for the driver. */
#ifndef BENCH_EXACT_READ_H
#define BENCH_EXACT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "exact/list.h"

struct exact_dump {
	char name[EXACT_LONGEST_DUMP]; /* "" : not asked for by the program */
	uint64_t calls;
	uint64_t instructions;
	uint64_t locked;   /* global bus events: locked instructions */
	uint64_t branches; /* conditional ones */
	uint64_t syscalls;
	uint64_t
		allocations; /* by the meter, and calls of malloc and its kin */
	uint64_t bytes;      /* by the meter */
};

/* One dump. False: it is no such file, or says what it does not count. */
bool exact_read(FILE *file, struct exact_dump *dump);

struct exact_dumps {
	struct exact_dump *all;
	size_t n;
};

/* 0, -EIO: it is no dump, or -ENOMEM. */
int exact_add(struct exact_dumps *dumps, FILE *file);
void exact_free(struct exact_dumps *dumps);

/* What one call takes, without what begins and ends a count. */
struct exact_cost {
	double instructions;
	double locked;
	double branches;
	double syscalls;
	double allocations;
	double bytes;
};

/*
 * From the dumps of n and of 2n calls, whatever n is. False: they are not
 * there, or the larger count is the smaller one.
 */
bool exact_cost(const struct exact_dumps *dumps, const char *name,
		struct exact_cost *cost);

/* One operation's, without the call of a function that does nothing. */
bool exact_net_cost(const struct exact_dumps *dumps, const struct exact_op *op,
		    struct exact_cost *cost);

#endif
