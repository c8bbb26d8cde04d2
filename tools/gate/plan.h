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
	int beside; /* another core, for second threads; -1: there is none */
	enum injection injection; /* into HEAD */
	double amount;
};

struct plan plan_default(void);
/* Where the programs run, and which core is left for a second thread. */
void plan_place(struct plan *plan, int cpu);
/* Is a CPU in a list of the kernel's, such as "0-1,8"? */
bool plan_is_listed(const char *list, long cpu);

#endif
