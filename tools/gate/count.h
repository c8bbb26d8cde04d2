/* SPDX-License-Identifier: MIT */
/*
 * What is counted, not timed: of one build, and of one build beside another.
 * The same build gives the same numbers, to the last digit, every time.
 */
#ifndef RIOTLB_GATE_COUNT_H
#define RIOTLB_GATE_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "say.h"

#define COUNT_LONGEST_ROW 48
#define COUNT_LONGEST_KEY 256
#define COUNT_WHY 96

enum count_metric {
	COUNT_INSTRUCTIONS,
	COUNT_ATOMICS,
	COUNT_BRANCHES, /* conditional */
	COUNT_ALLOCATIONS,
	COUNT_BYTES, /* allocated by an operation */
	COUNT_SYSCALLS,
	COUNT_PER_MAPPING, /* bytes */
	COUNT_EXPONENT,    /* k of the n^k that instructions grow with */
	COUNT_SIZE,        /* of a public structure */
	COUNT_TEXT,        /* bytes of code */
	COUNT_FENCES,      /* in that code */
};
#define COUNT_METRICS 11

const char *count_metric_name(enum count_metric metric);
/* False: there is none of that name. */
bool count_metric_of(const char *name, size_t length, enum count_metric *out);

/* ---- the numbers of a build --------------------------------------------- */

/* One number: row and metric name it. */
struct count_value {
	char row[COUNT_LONGEST_ROW];
	enum count_metric metric;
	double value; /* whole millionths */
};

struct count_set {
	/* compiler, libc, machine, liburcu, flags: what numbers depend on */
	char key[COUNT_LONGEST_KEY];
	struct count_value *all;
	size_t n;
};

/* 0, -EINVAL: the name is too long, or -ENOMEM. */
int count_add(struct count_set *set, const char *row, enum count_metric metric,
	      double value);
const struct count_value *count_find(const struct count_set *set,
				     const char *row, enum count_metric metric);
void count_free(struct count_set *set);

/* The files of a build that are looked at. */
struct count_build {
	const char *driver;  /* riotlb-bench-exact */
	const char *library; /* libriotlb, static or shared */
};

/*
 * Counts everything, with so many processes at a time. Free the set in either
 * case. STATUS_INTEGRITY: something is missing, be it valgrind, objdump or a
 * number; STATUS_INTERNAL: memory, a child. It says so.
 */
enum status count_take(const struct count_build *build, size_t jobs,
		       struct count_set *set);

/* ---- two of them -------------------------------------------------------- */

enum count_verdict {
	COUNT_SAME,
	COUNT_CHANGED, /* within what is allowed */
	COUNT_BETTER,  /* by more than that */
	COUNT_WORSE,
	COUNT_NEW,     /* only the head has it */
	COUNT_MISSING, /* only the base has it */
	COUNT_BROKEN,  /* no number at all, or an impossible one */
};
#define COUNT_VERDICTS 7

/* For one number, NAN where a side has none; why: "" or the rule. */
enum count_verdict count_judge(enum count_metric metric, double base,
			       double head, char why[COUNT_WHY]);
const char *count_verdict_name(enum count_verdict verdict);
/* What a verdict makes the gate exit with. */
enum status count_status(enum count_verdict verdict);

struct count_finding {
	char row[COUNT_LONGEST_ROW];
	enum count_metric metric;
	double base; /* NAN: not there */
	double head;
	enum count_verdict verdict;
	char why[COUNT_WHY];
};

struct count_findings {
	struct count_finding *all; /* the worst first */
	size_t n;
	size_t tally[COUNT_VERDICTS];
	enum status status;
};

/* Everything that either has; the keys are not looked at. 0 or -ENOMEM. */
int count_compare(const struct count_set *base, const struct count_set *head,
		  struct count_findings *findings);
void count_findings_free(struct count_findings *findings);

#endif
