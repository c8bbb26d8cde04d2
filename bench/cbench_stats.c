/* SPDX-License-Identifier: MIT */
/* Statistics over repetitions, and the exponent of growth. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cbench_impl.h"

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* NAN: no memory. */
static double quantile(const double *values, size_t n, double q)
{
	double *sorted = calloc(n, sizeof(*sorted));
	double at = q * (double)(n - 1), value;
	size_t below = (size_t)at;

	if (!sorted)
		return NAN;
	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	value = sorted[below];
	if (below + 1 < n)
		value += (at - (double)below) * (sorted[below + 1] - value);
	free(sorted);
	return value;
}

static double quantile_at(const double *values, size_t n, void *ctx)
{
	return quantile(values, n, *(const double *)ctx);
}

static double mad(const double *values, size_t n, void *ctx)
{
	double *distances = calloc(n, sizeof(*distances));
	double median = quantile(values, n, 0.5), value;

	(void)ctx;
	if (!distances)
		return NAN;
	for (size_t i = 0; i < n; i++)
		distances[i] = fabs(values[i] - median);
	value = quantile(distances, n, 0.5);
	free(distances);
	return value;
}

int cb_statistics(struct cb_benchmark *benchmark, unsigned which)
{
	static double quantiles[] = { 0, 0.25, 0.75, 1, 0 };
	static const struct {
		unsigned bit;
		const char *name;
		cb_statistic_fn *fn;
	} all[] = {
		{ CB_STAT_MIN, "min", quantile_at },
		{ CB_STAT_P25, "p25", quantile_at },
		{ CB_STAT_P75, "p75", quantile_at },
		{ CB_STAT_MAX, "max", quantile_at },
		{ CB_STAT_MAD, "mad", mad },
	};
	int rc = 0;

	if (which == 0 || which >= 2 * CB_STAT_MAD)
		return cb_fail(-EINVAL, "no such statistics");
	for (size_t i = 0; !rc && i < sizeof(all) / sizeof(all[0]); i++)
		if (which & all[i].bit)
			rc = cb_compute_statistic(benchmark, all[i].name,
						  all[i].fn, &quantiles[i],
						  false);
	return rc;
}

int cb_fit_exponent(const double *n, const double *time, size_t count,
		    double *exponent)
{
	double x = 0, y = 0, xx = 0, xy = 0;

	if (!n || !time || !exponent || count < 2)
		return cb_fail(-EINVAL, "an exponent of fewer than two points");
	for (size_t i = 0; i < count; i++) {
		if (!(n[i] > 0) || !(time[i] > 0) || !isfinite(n[i]) ||
		    !isfinite(time[i]))
			return cb_fail(-EINVAL, "an exponent of points that "
						"are not above 0");
		x += log(n[i]) / (double)count;
		y += log(time[i]) / (double)count;
	}
	for (size_t i = 0; i < count; i++) {
		xx += (log(n[i]) - x) * (log(n[i]) - x);
		xy += (log(n[i]) - x) * (log(time[i]) - y);
	}
	if (!(xx > 1e-18))
		return cb_fail(-EINVAL, "an exponent of one n alone");
	*exponent = xy / xx;
	return 0;
}
