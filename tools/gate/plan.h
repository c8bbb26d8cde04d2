/* SPDX-License-Identifier: MIT */
/* How a comparison is to be made. */
#ifndef RIOTLB_GATE_PLAN_H
#define RIOTLB_GATE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

enum injection {
	INJECT_NONE,
	INJECT_SHARE,  /* a share of the time of each operation */
	INJECT_GROWTH, /* of families: as if n had an exponent more */
	INJECT_STALL,  /* `amount` ns in one of 10,000 operations */
	INJECT_LINE,   /* two threads count on one cache line */
};

struct plan {
	const char *filter; /* regular expression on rows; NULL: all */
	unsigned first;     /* pairs of the first look */
	unsigned most;      /* pairs at most */
	unsigned turns;     /* of each side in a pair */
	double turn_ms;
	double budget;    /* seconds for pairs */
	unsigned layouts; /* 0: one for each pair; 1: as the files come */
	bool relink;      /* sides are laid out by different seeds */
	int cpu;
	int beside; /* where second threads run; -1: there is nowhere */
	enum injection injection; /* into HEAD */
	double amount;
};

struct plan plan_default(void);
/* Where the programs run, and which CPU is left for a second thread. */
void plan_place(struct plan *plan, int cpu);

#endif
