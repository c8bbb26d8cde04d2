/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sort(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
}

double stats_quantile(double *values, size_t n, double q)
{
	double at;
	size_t below;

	if (!n)
		return NAN;
	sort(values, n);
	at = q * (double)(n - 1);
	below = (size_t)at;
	if (below + 1 >= n)
		return values[n - 1];
	return values[below] +
	       (at - (double)below) * (values[below + 1] - values[below]);
}

double stats_median(double *values, size_t n)
{
	return stats_quantile(values, n, 0.5);
}

static bool usable(const double *values, size_t n)
{
	if (!n || n > STATS_MAX_PAIRS)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(values[i]))
			return false;
	}
	return true;
}

/* ---- signed ranks ------------------------------------------------------- */

struct ranked {
	double distance; /* from the centre */
	bool above;
	size_t rank; /* doubled, so that shared ranks are whole numbers */
};

static int by_distance(const void *a, const void *b)
{
	double x = ((const struct ranked *)a)->distance;
	double y = ((const struct ranked *)b)->distance;

	return (x > y) - (x < y);
}

static void rank(struct ranked *r, size_t n)
{
	size_t first = 0;

	qsort(r, n, sizeof(*r), by_distance);
	while (first < n) {
		size_t next = first + 1;

		while (next < n && r[next].distance <= r[first].distance)
			next++;
		/* ranks first + 1 to next, and twice their mean */
		for (size_t i = first; i < next; i++)
			r[i].rank = first + 1 + next;
		first = next;
	}
}

/*
 * Adds up the chances of all sums of ranks, each of which is there or not with
 * the same chance. chance[s] is that of the sum s.
 */
static void convolve(double *chance, size_t sums, size_t doubled)
{
	for (size_t s = sums; s-- > 0;) {
		double without = chance[s];
		double with = s >= doubled ? chance[s - doubled] : 0;

		chance[s] = (without + with) / 2;
	}
}

static double tail_from(const double *chance, size_t sums, size_t from)
{
	double p = 0;

	for (size_t s = sums; s-- > from;)
		p += chance[s];
	return p < 1 ? p : 1;
}

static double p_of(const struct ranked *r, size_t n)
{
	size_t sums = n * (n + 1) + 1;
	double *chance = calloc(sums, sizeof(*chance));
	size_t seen = 0;
	double p;

	if (!chance)
		return NAN;
	chance[0] = 1;
	for (size_t i = 0; i < n; i++) {
		if (r[i].distance <= 0)
			continue;
		convolve(chance, sums, r[i].rank);
		if (r[i].above)
			seen += r[i].rank;
	}
	p = tail_from(chance, sums, seen);
	free(chance);
	return p;
}

double stats_signed_rank(const double *values, size_t n, double centre)
{
	struct ranked *r;
	double p;

	if (!usable(values, n) || !isfinite(centre))
		return NAN;
	r = calloc(n, sizeof(*r));
	if (!r)
		return NAN;
	for (size_t i = 0; i < n; i++)
		r[i] = (struct ranked){ .distance = fabs(values[i] - centre),
					.above = values[i] > centre };
	rank(r, n);
	p = p_of(r, n);
	free(r);
	return p;
}

double stats_smallest_p(size_t n)
{
	return ldexp(1, -(int)(n < 1000 ? n : 1000));
}

/* ---- the centre --------------------------------------------------------- */

/*
 * How many of the smallest means may lie above the centre with a chance of at
 * most level: the largest k for which P(sum of ranks < k) <= level, -1 if not
 * even k = 1 has that. No ties: those have no chance among real times.
 */
static long means_outside(size_t n, double level)
{
	size_t sums = n * (n + 1) / 2 + 1;
	double *chance = calloc(sums, sizeof(*chance));
	double p = 0;
	size_t k = 0;

	if (!chance)
		return -1;
	chance[0] = 1;
	for (size_t i = 1; i <= n; i++)
		convolve(chance, sums, i);
	while (k < sums && p + chance[k] <= level)
		p += chance[k++];
	free(chance);
	return (long)k - 1;
}

static double *means_of_pairs(const double *values, size_t n, size_t *count)
{
	double *means = calloc(n * (n + 1) / 2, sizeof(*means));
	size_t at = 0;

	if (!means)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i; j < n; j++)
			means[at++] = (values[i] + values[j]) / 2;
	}
	sort(means, at);
	*count = at;
	return means;
}

int stats_centre(const double *values, size_t n, double level,
		 struct stats_centre *centre)
{
	double *means;
	size_t count;
	long outside;

	if (!usable(values, n))
		return -EINVAL;
	means = means_of_pairs(values, n, &count);
	if (!means)
		return -ENOMEM;
	outside = means_outside(n, level);
	centre->estimate = stats_median(means, count);
	centre->low = outside < 0 ? -INFINITY : means[outside];
	centre->high =
		outside < 0 ? INFINITY : means[count - 1 - (size_t)outside];
	free(means);
	return 0;
}

/* ---- many rows ---------------------------------------------------------- */

struct placed {
	double p;
	size_t at;
};

/* NAN last */
static int by_p(const void *a, const void *b)
{
	double x = ((const struct placed *)a)->p;
	double y = ((const struct placed *)b)->p;

	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y);
	return (x > y) - (x < y);
}

int stats_holm(const double *p, size_t n, double *adjusted)
{
	struct placed *placed = calloc(n ? n : 1, sizeof(*placed));
	double most = 0;

	if (!placed)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		placed[i] = (struct placed){ p[i], i };
	qsort(placed, n, sizeof(*placed), by_p);
	for (size_t i = 0; i < n; i++) {
		double times = placed[i].p * (double)(n - i);

		/* never below that of a smaller p */
		if (times > most)
			most = times < 1 ? times : 1;
		adjusted[placed[i].at] = isnan(placed[i].p) ? NAN : most;
	}
	free(placed);
	return 0;
}

/* ---- distributions ------------------------------------------------------ */

/* Where the falling or rising f crosses 0 between low and high. */
static double bisect(double (*f)(double x, const void *ctx), const void *ctx,
		     double low, double high)
{
	bool rising = f(low, ctx) < 0;

	for (int i = 0; i < 200; i++) {
		double middle = low + (high - low) / 2;

		if ((f(middle, ctx) < 0) == rising)
			low = middle;
		else
			high = middle;
	}
	return low + (high - low) / 2;
}

static double normal_excess(double x, const void *ctx)
{
	return erfc(-x / sqrt(2)) / 2 - *(const double *)ctx;
}

double stats_normal_quantile(double p)
{
	/* the upper half has too few digits near 1 */
	if (p > 0.5)
		return -stats_normal_quantile(1 - p);
	return bisect(normal_excess, &p, -40, 0);
}

struct trials {
	size_t hits;
	size_t n;
	double level;
};

/* P(at least `hits` of n) at a rate */
static double at_least(size_t hits, size_t n, double rate)
{
	double sum = 0;

	if (!hits || rate >= 1)
		return 1;
	if (rate <= 0)
		return 0;
	for (size_t k = hits; k <= n; k++) {
		double ways = lgamma((double)n + 1) - lgamma((double)k + 1) -
			      lgamma((double)(n - k) + 1);

		sum += exp(ways + (double)k * log(rate) +
			   (double)(n - k) * log1p(-rate));
	}
	return sum;
}

static double low_excess(double rate, const void *ctx)
{
	const struct trials *t = ctx;

	return at_least(t->hits, t->n, rate) - t->level;
}

static double high_excess(double rate, const void *ctx)
{
	const struct trials *t = ctx;

	return t->level - (1 - at_least(t->hits + 1, t->n, rate));
}

double stats_rate_low(size_t hits, size_t n, double level)
{
	struct trials t = { hits, n, level };

	return hits ? bisect(low_excess, &t, 0, 1) : 0;
}

double stats_rate_high(size_t hits, size_t n, double level)
{
	struct trials t = { hits, n, level };

	return hits < n ? bisect(high_excess, &t, 0, 1) : 1;
}

/* ---- growth ------------------------------------------------------------- */

double stats_exponent(const double *n, const double *values, size_t count)
{
	size_t room = count ? count * (count - 1) / 2 : 0;
	double *slopes = calloc(room ? room : 1, sizeof(*slopes));
	size_t used = 0;
	double k = NAN;

	if (!slopes)
		return NAN;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			double run = log(n[j] / n[i]);
			double slope = log(values[j] / values[i]) / run;

			if (!(fabs(run) > 0))
				continue;
			if (!isfinite(slope))
				goto out;
			slopes[used++] = slope;
		}
	}
	k = stats_median(slopes, used);
out:
	free(slopes);
	return k;
}
