/* SPDX-License-Identifier: MIT */
/*
 * How values are spread: a histogram of fixed size, whose percentiles are off
 * by at most 1 in 64.
 */
#ifndef RIOTLB_CLI_SPREAD_H
#define RIOTLB_CLI_SPREAD_H

#include <stdint.h>

/* A power of two up to the next one is divided into this many buckets. */
#define SPREAD_DIVISIONS 32u
#define SPREAD_BUCKETS (60u * SPREAD_DIVISIONS)

struct spread {
	uint64_t n;
	uint64_t max;
	uint64_t buckets[SPREAD_BUCKETS];
};

void spread_add(struct spread *spread, uint64_t value);

/*
 * The value that `fraction` (above 0, up to 1) of all values do not exceed; 0
 * without any values.
 */
double spread_percentile(const struct spread *spread, double fraction);

#endif
