/* SPDX-License-Identifier: MIT */
/* The command line of whatever measures. */
#ifndef RIOTLB_GATE_OPTIONS_H
#define RIOTLB_GATE_OPTIONS_H

#include <stdbool.h>

#include "plan.h"
#include "side.h"

struct options {
	struct plan plan;
	struct rules rules;
	struct workshop shop;
	uint64_t seed;
	bool seeded;
	const char *out; /* NULL: nowhere */
	bool always;     /* measure, even if nothing changed */
	bool retry;      /* once more if controls moved */
	bool counts;     /* the deterministic layer */
	bool pairs;      /* the measured layers */
	bool quiet;      /* no table */
	bool help;
	char **rest;
	int nrest;
};

/* Options in front of, between and behind the other arguments. */
enum status options_read(struct options *options, int argc, char **argv);

/* What they are, for --help. */
extern const char options_help[];

#endif
