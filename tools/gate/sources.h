/* SPDX-License-Identifier: MIT */
/* Sources of programs: the gate works without its own tree. */
#ifndef RIOTLB_GATE_SOURCES_H
#define RIOTLB_GATE_SOURCES_H

#include <stddef.h>

enum program {
	PROGRAM_RUN,   /* riotlb-gate-run */
	PROGRAM_EXACT, /* riotlb-bench-exact */
};

struct source {
	enum program program;
	const char *name; /* with the directory that others include it by */
	const unsigned char *bytes;
	size_t size;
};

extern const struct source sources[];
extern const size_t source_count;

#endif
