/* SPDX-License-Identifier: MIT */
/* A run that never was, with rows of every state. */
#ifndef BENCH_TEST_OUTPUT_MADE_UP_H
#define BENCH_TEST_OUTPUT_MADE_UP_H

#include "../../output/output.h"

/* What must be escaped in HTML, JSON and gnuplot. */
#define MADE_UP_NASTY "a<b>&\"c\" 'd' \\e\n`f`</script>"
/* No UTF-8. */
#define MADE_UP_BYTES "caf\xe9"

/* More digits than a double is printed with. */
#define MADE_UP_MEMORY 25276510213

struct made_up {
	struct output_run run;
	struct results *results;
	struct bar bars[BAR_COUNT];
	struct machine machine;
	struct output_version versions[2];
};

/* Every table and plot has something to show. */
void made_up_fill(struct made_up *m);
/* The same without a single row, and no bar measured. */
void made_up_empty(struct made_up *m);
void made_up_free(struct made_up *m);

#endif
