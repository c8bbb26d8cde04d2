/* SPDX-License-Identifier: MIT */
/* The bars that the project holds itself to, judged from the results. */
#ifndef BENCH_BARS_H
#define BENCH_BARS_H

#include "results.h"

enum bar_op {
	BAR_AT_MOST,
	BAR_BELOW,
	BAR_AT_LEAST,
	BAR_EQUAL,
};

enum bar_verdict {
	BAR_UNDECIDED, /* the interval has the target in it, or there is none */
	BAR_MET,       /* the whole interval is inside */
	BAR_MISSED,    /* the whole interval is outside */
};

struct bar {
	const char *id; /* "B1" .. "B21" */
	const char *what;
	const char *unit;
	enum bar_op op;
	double target;
	enum bar_verdict verdict;
	struct estimate value;   /* of the worst shape; NAN: was not measured */
	const char *worst_shape; /* "" where shapes do not matter */
	char why[192];           /* what is worth knowing; "" is common */
};

#define BAR_COUNT 21

/* Always all of them, in order. */
void bars_judge(const struct results *results, struct bar bars[BAR_COUNT]);

/* "<=", "<", ">=", "==" */
const char *bar_op_text(enum bar_op op);

#endif
