/* SPDX-License-Identifier: MIT */
/*
 * Tables made to be as bad as can be for a trie of adaptive nodes, windows and
 * packs: to waste its memory, or to lead far down.
 */
#ifndef BENCH_ADVERSARY_H
#define BENCH_ADVERSARY_H

#include <stdbool.h>
#include <stddef.h>

#include <riotlb/riotlb.h>

#include "measure.h"

struct adversary {
	const char *name; /* a part of rows' names */
	const char *what;
	/*
	 * Fills m[0..n): valid, disjoint, sorted by start, and no two
	 * neighbours continue each other.
	 */
	void (*make)(struct riotlb_mapping *m, size_t n, struct rng *rng);
	/*
	 * 1: the table holds all of them. Else so many times as many are mapped
	 * as are wanted, and of each `left_of` all but the first are unmapped.
	 */
	size_t left_of;
};

extern const struct adversary adversaries[];
extern const size_t adversary_count;

#endif
