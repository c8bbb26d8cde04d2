/* SPDX-License-Identifier: MIT */
/* The sources of riotlb-gate-run: the gate works without its own tree. */
#ifndef RIOTLB_GATE_SOURCES_H
#define RIOTLB_GATE_SOURCES_H

#include <stddef.h>

struct source {
	const char *name;
	const unsigned char *bytes;
	size_t size;
};

extern const struct source sources[];
extern const size_t source_count;

#endif
