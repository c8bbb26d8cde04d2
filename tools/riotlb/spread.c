/* SPDX-License-Identifier: MIT */
#include "spread.h"

#include <math.h>

#define LG2_DIVISIONS 5u

_Static_assert(SPREAD_DIVISIONS == 1u << LG2_DIVISIONS, "");

/* How far a value is shifted to leave LG2_DIVISIONS bits below its top bit. */
static unsigned int shift_of(uint64_t value)
{
	unsigned int shift = 0;

	while (value >> shift >= 2 * SPREAD_DIVISIONS)
		shift++;
	return shift;
}

/* Values below 2 * SPREAD_DIVISIONS have a bucket of their own. */
static unsigned int bucket_of(uint64_t value)
{
	unsigned int shift = shift_of(value);

	return shift * SPREAD_DIVISIONS + (unsigned int)(value >> shift);
}

static double middle_of(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < 2 * SPREAD_DIVISIONS)
		return bucket;
	shift = bucket / SPREAD_DIVISIONS - 1;
	bucket -= shift * SPREAD_DIVISIONS;
	return ldexp(bucket + 0.5, (int)shift);
}

void spread_add(struct spread *spread, uint64_t value)
{
	spread->n++;
	spread->buckets[bucket_of(value)]++;
	if (value > spread->max)
		spread->max = value;
}

double spread_percentile(const struct spread *spread, double fraction)
{
	uint64_t rank = (uint64_t)ceil(fraction * (double)spread->n);
	uint64_t seen = 0;

	for (unsigned int i = 0; i < SPREAD_BUCKETS; i++) {
		seen += spread->buckets[i];
		if (seen && seen >= rank)
			return fmin(middle_of(i), (double)spread->max);
	}
	return 0;
}
