/* SPDX-License-Identifier: MIT */
/* Adversarial tables in an engine: what they cost. */
#ifndef BENCH_SUITE_EXTREMES_H
#define BENCH_SUITE_EXTREMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../adversary.h"

struct extreme {
	double bytes;   /* per mapping, through the hooks, quiescent */
	uint64_t loads; /* dependent loads of the deepest lookup */
};

/*
 * A table of n mappings, at once or by single calls in random order. 0 or
 * -errno; -EIO: it does not hold what it was given.
 */
int extreme_measure(const struct adversary *adversary, size_t n, bool grown,
		    struct rng *rng, struct extreme *out);

/*
 * count mappings of `size` bytes, one every `stride`, in one map_bulk: the
 * bytes of the whole table. Takes 48 bytes a mapping besides.
 */
int extreme_total(size_t count, uint64_t stride, uint64_t size, struct rng *rng,
		  uint64_t *bytes);

#endif
