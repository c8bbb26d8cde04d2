/* SPDX-License-Identifier: MIT */
/* The facts of a run, as every output shows them. */
#ifndef BENCH_OUTPUT_FACTS_H
#define BENCH_OUTPUT_FACTS_H

#include <stddef.h>

#include "output.h"

enum fact_kind {
	FACT_TEXT,
	FACT_NUMBER,
	FACT_TRUTH,
};

struct fact {
	const char *key;   /* for programs */
	const char *label; /* for people */
	enum fact_kind kind;
	double number;    /* FACT_TRUTH: 0 or 1 */
	const char *text; /* always set; may point to own */
	char own[192];
};

#define FACTS_MAX 32

/* Returns how many. The texts live as long as the run and the array. */
size_t facts_of(const struct output_run *run, struct fact facts[FACTS_MAX]);

#endif
