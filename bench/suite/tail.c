/* SPDX-License-Identifier: MIT */
#include "tail.h"

/* Two readings of one thing that differ by less agree. */
#define TOLERANCE 0.25
/* An excess of less than this share of the median is jitter. */
#define JITTER 0.1
/* Batches with a stall beyond this share are no longer rare. */
#define RARE 0.1

const struct tail_percentile tail_percentiles[TAIL_PERCENTILES] = {
	{ "p1", 0.01, false },         { "p10", 0.1, false },
	{ "p25", 0.25, false },        { "p50", 0.5, true },
	{ "p75", 0.75, false },        { "p90", 0.9, false },
	{ "p95", 0.95, false },        { "p99", 0.99, true },
	{ "p99.5", 0.995, false },     { "p99.9", 0.999, true },
	{ "p99.95", 0.9995, false },   { "p99.99", 0.9999, true },
	{ "p99.999", 0.99999, false },
};

static double excess(const struct histogram *h, size_t batch, double share)
{
	double quantile = 1 - (double)batch * (1 - share);

	return (double)histogram_quantile(h, quantile) -
	       (double)histogram_quantile(h, 0.5);
}

struct tail_inference tail_infer(const struct histogram *whole,
				 const struct histogram *half, size_t batch,
				 double share)
{
	double a = excess(whole, batch, share);
	double b = excess(half, batch / 2, share);
	double most = a > b ? a : b;
	double least = a > b ? b : a;
	double jitter = JITTER * (double)histogram_quantile(whole, 0.5);

	return (struct tail_inference){
		.excess = a > 0 ? (uint64_t)a : 0,
		.agrees = (double)batch * (1 - share) <= RARE &&
			  least > jitter && most - least <= TOLERANCE * most,
	};
}
