/* SPDX-License-Identifier: MIT */
/*
 * A histogram of times, log-linear: exact below 2^7, then 64 buckets for each
 * power of two, so that no bucket is wider than 1.6 % of what is in it. Its
 * memory is touched when it is made; recording is a shift and an addition, and
 * never fails. One thread records into one histogram; merge them afterwards.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
	HISTOGRAM_SUB_BITS = 6,
	/* values of 2^40 and more are counted, but not told apart */
	HISTOGRAM_MAX_BITS = 40,
	HISTOGRAM_BUCKETS = (HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1)
			    << HISTOGRAM_SUB_BITS,
};

struct histogram {
	uint64_t n; /* all that were recorded, those over the top too */
	uint64_t over;
	uint64_t max; /* exact, also of those over the top */
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* NULL: out of memory. */
struct histogram *histogram_create(void);
void histogram_destroy(struct histogram *histogram);
void histogram_clear(struct histogram *histogram);

static inline size_t histogram_bucket(uint64_t value)
{
	unsigned int shift;

	if (value < (UINT64_C(2) << HISTOGRAM_SUB_BITS))
		return (size_t)value;
	shift = 63u - (unsigned int)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
	return ((size_t)shift << HISTOGRAM_SUB_BITS) + (size_t)(value >> shift);
}

static inline void histogram_record(struct histogram *h, uint64_t value)
{
	h->n++;
	if (value > h->max)
		h->max = value;
	if (value >> HISTOGRAM_MAX_BITS)
		h->over++;
	else
		h->buckets[histogram_bucket(value)]++;
}

/* What from has recorded, to has recorded too. */
void histogram_merge(struct histogram *to, const struct histogram *from);

/*
 * The smallest value that at least the share q (0..1) of what was recorded does
 * not exceed; a bucket is represented by its highest value, the last in use by
 * the exact maximum. 0 if nothing was recorded.
 */
uint64_t histogram_quantile(const struct histogram *histogram, double q);

/* How many were recorded in buckets wholly above value. */
uint64_t histogram_above(const struct histogram *histogram, uint64_t value);

#endif
