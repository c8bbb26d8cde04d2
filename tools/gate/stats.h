/* SPDX-License-Identifier: MIT */
/*
 * The statistics of paired differences. Nothing is assumed of their
 * distribution but that it is symmetric about what is asked for; the gate sees
 * to that by drawing the order of the two sides within each pair.
 */
#ifndef RIOTLB_GATE_STATS_H
#define RIOTLB_GATE_STATS_H

#include <stddef.h>

/* With more pairs than this the exact distribution gets too long to add up. */
#define STATS_MAX_PAIRS 400

/* Sorts; NAN of none. */
double stats_median(double *values, size_t n);
/* Sorts; the q-quantile (0..1) between neighbours; NAN of none. */
double stats_quantile(double *values, size_t n, double q);

/*
 * Wilcoxon's signed-rank test: the exact chance of differences that lie as far
 * above `centre` as these, if they were symmetric about it. Equal distances
 * share their ranks; those that are 0 take up ranks and count for neither side
 * (Pratt), so all of them at the centre are no evidence: 1. NAN: no memory,
 * no or too many values, or one that is not finite.
 */
double stats_signed_rank(const double *values, size_t n, double centre);

/*
 * Hodges and Lehmann's estimate of the centre, the median of the means of all
 * pairs of values, and one-sided bounds for it: each of [low, inf) and
 * (-inf, high] misses it with a chance of at most `level`. Bounds are infinite
 * where n values cannot give that level, in which case no test can either.
 */
struct stats_centre {
	double estimate;
	double low;
	double high;
};
/* 0, -ENOMEM, or -EINVAL for what stats_signed_rank has no answer to. */
int stats_centre(const double *values, size_t n, double level,
		 struct stats_centre *centre);

/* The smallest p that n differences can have: 2^-n. */
double stats_smallest_p(size_t n);

/*
 * Holm's step-down adjustment: adjusted[i] <= alpha for the rows that may be
 * called out so that the chance of one false call among all is alpha. A p that
 * is NAN stays so, and counts as a row. 0 or -ENOMEM.
 */
int stats_holm(const double *p, size_t n, double *adjusted);

/* x with a chance of p below it, for p in (0, 1). */
double stats_normal_quantile(double p);

/* Clopper and Pearson's exact bounds for a rate, of hits in n trials. */
double stats_rate_low(size_t hits, size_t n, double level);
double stats_rate_high(size_t hits, size_t n, double level);

/*
 * The k of the c n^k through the points, by Theil and Sen: the median slope of
 * all pairs of points. NAN: fewer than two different n, or values not above 0.
 */
double stats_exponent(const double *n, const double *values, size_t count);

#endif
