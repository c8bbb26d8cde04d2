/* SPDX-License-Identifier: MIT */
/* Percentiles, and what those of batches say about single operations. */
#ifndef BENCH_SUITE_TAIL_H
#define BENCH_SUITE_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../histogram.h"

#define TAIL_PERCENTILES 13

struct tail_percentile {
	const char *name; /* "p99.9" */
	double share;
	bool named; /* has a row of its own besides the curve's */
};

extern const struct tail_percentile tail_percentiles[TAIL_PERCENTILES];

struct tail_inference {
	uint64_t excess; /* of a single operation over the batches' median */
	bool agrees;     /* batches half as large say the same */
};

/*
 * The chance that a batch of B has a stall is about B times that of an
 * operation, while that is small; so an operation's quantile q is the batches'
 * quantile 1 - B * (1 - q), taken above their median. Stalls in clusters or
 * lost in the jitter break this: then the answer depends on B.
 */
struct tail_inference tail_infer(const struct histogram *whole,
				 const struct histogram *half, size_t batch,
				 double share);

#endif
