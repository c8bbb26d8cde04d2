/* SPDX-License-Identifier: MIT */
#include "histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct histogram *histogram_create(void)
{
	struct histogram *h = malloc(sizeof(*h));

	/* not calloc: its pages would first be touched while recording */
	if (h)
		histogram_clear(h);
	return h;
}

void histogram_destroy(struct histogram *h)
{
	free(h);
}

void histogram_clear(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	to->n += from->n;
	to->over += from->over;
	if (from->max > to->max)
		to->max = from->max;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->buckets[i] += from->buckets[i];
}

static uint64_t highest_of(size_t bucket)
{
	size_t exact = (size_t)2 << HISTOGRAM_SUB_BITS;
	uint64_t top;
	size_t shift;

	if (bucket < exact)
		return bucket;
	shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
	top = bucket - (shift << HISTOGRAM_SUB_BITS);
	return ((top + 1) << shift) - 1;
}

uint64_t histogram_quantile(const struct histogram *h, double q)
{
	double wanted = ceil(q * (double)h->n);
	uint64_t rank = wanted < 1 ? 1 : (uint64_t)wanted;
	uint64_t seen = 0;

	if (rank > h->n)
		rank = h->n;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= rank && seen > 0)
			return highest_of(i) < h->max ? highest_of(i) : h->max;
	}
	return h->max;
}

uint64_t histogram_above(const struct histogram *h, uint64_t value)
{
	uint64_t above = h->over;

	if (value >> HISTOGRAM_MAX_BITS)
		return value < h->max ? h->over : 0;
	for (size_t i = histogram_bucket(value) + 1; i < HISTOGRAM_BUCKETS; i++)
		above += h->buckets[i];
	return above;
}
