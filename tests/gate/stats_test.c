/* SPDX-License-Identifier: MIT */
/* The statistics beside definitions so slow that they are plainly right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "measure.h"
#include "stats.h"

#define MANY 12

static void near(double a, double b, double by)
{
	if (!(fabs(a - b) <= by))
		fail_msg("%.17g is not %.17g", a, b);
}

static double draw(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) * 0x1p-53 - 0.4;
}

/* Few different values, so that distances are equal, and 0 among them. */
static double draw_coarse(struct rng *rng)
{
	return (double)rng_below(rng, 7) - 2;
}

/* ---- signed ranks ------------------------------------------------------- */

/* Mean rank of the distance of i, among all. */
static double rank_of(const double *v, size_t n, size_t i)
{
	double below = 0;
	double equal = 0;

	for (size_t j = 0; j < n; j++) {
		below += fabs(v[j]) < fabs(v[i]);
		equal += fabs(v[j]) == fabs(v[i]);
	}
	return below + (equal + 1) / 2;
}

/* All signs that the distances could have had. */
static double p_by_trying(const double *v, size_t n)
{
	double seen = 0;
	size_t as_high = 0;

	for (size_t i = 0; i < n; i++)
		seen += v[i] > 0 ? rank_of(v, n, i) : 0;
	for (size_t signs = 0; signs < (size_t)1 << n; signs++) {
		double sum = 0;

		for (size_t i = 0; i < n; i++) {
			if (v[i] != 0 && (signs >> i & 1))
				sum += rank_of(v, n, i);
		}
		as_high += sum >= seen;
	}
	return (double)as_high / (double)((size_t)1 << n);
}

static void test_signed_rank_is_exact(void **state)
{
	struct rng rng = { 1 };

	(void)state;
	for (int round = 0; round < 400; round++) {
		size_t n = 1 + (size_t)rng_below(&rng, MANY);
		double v[MANY];

		for (size_t i = 0; i < n; i++)
			v[i] = round % 2 ? draw(&rng) : draw_coarse(&rng);
		near(stats_signed_rank(v, n, 0), p_by_trying(v, n), 1e-12);
	}
}

static void test_signed_rank_of_extremes(void **state)
{
	double up[40];
	double zero[40] = { 0 };

	(void)state;
	for (size_t i = 0; i < 40; i++)
		up[i] = (double)i + 1;
	near(stats_signed_rank(up, 5, 0), 1.0 / 32, 1e-15);
	near(stats_signed_rank(up, 40, 0) / stats_smallest_p(40), 1, 1e-9);
	near(stats_signed_rank(up, 40, 100), 1, 1e-12);
	near(stats_signed_rank(zero, 40, 0), 1, 1e-12);
	/* all the same, and above: as clear as it gets */
	near(stats_signed_rank(zero, 10, -1), stats_smallest_p(10), 1e-12);
}

static void test_no_answer_where_there_is_none(void **state)
{
	double v[] = { 1, NAN, 3 };
	double inf[] = { 1, INFINITY };
	double many[STATS_MAX_PAIRS + 1] = { 0 };
	struct stats_centre c;

	(void)state;
	assert_true(isnan(stats_signed_rank(v, 3, 0)));
	assert_true(isnan(stats_signed_rank(inf, 2, 0)));
	assert_true(isnan(stats_signed_rank(v, 0, 0)));
	assert_true(isnan(stats_signed_rank(v, 1, NAN)));
	assert_true(isnan(stats_signed_rank(many, STATS_MAX_PAIRS + 1, 0)));
	assert_true(stats_centre(v, 3, 0.1, &c) < 0);
	assert_true(stats_centre(v, 0, 0.1, &c) < 0);
}

/* ---- the centre --------------------------------------------------------- */

static void test_bounds_say_what_the_test_says(void **state)
{
	struct rng rng = { 2 };

	(void)state;
	for (int round = 0; round < 300; round++) {
		size_t n = 3 + (size_t)rng_below(&rng, 40);
		double level = ldexp(1, -1 - (int)rng_below(&rng, 14));
		double v[43];
		double back[43];
		struct stats_centre c;

		for (size_t i = 0; i < n; i++) {
			v[i] = draw(&rng);
			back[i] = -v[i];
		}
		assert_int_equal(stats_centre(v, n, level, &c), 0);
		for (int i = 0; i < 20; i++) {
			double m = 1.5 * draw(&rng);

			assert_int_equal(c.low > m,
					 stats_signed_rank(v, n, m) <= level);
			assert_int_equal(c.high < m,
					 stats_signed_rank(back, n, -m) <=
						 level);
		}
		assert_true(c.low <= c.estimate && c.estimate <= c.high);
	}
}

static void test_estimate(void **state)
{
	double v[] = { 4, 0, 1 }; /* means: 0 .5 1 2 2.5 4 */
	struct stats_centre c;

	(void)state;
	assert_int_equal(stats_centre(v, 3, 0.125, &c), 0);
	near(c.estimate, 1.5, 1e-15);
	near(c.low, 0, 0);
	near(c.high, 4, 0);
	assert_int_equal(stats_centre(v, 3, 0.12, &c), 0);
	assert_true(isinf(c.low) && c.low < 0 && isinf(c.high) && c.high > 0);
}

static void test_quantiles(void **state)
{
	double v[] = { 5, 1, 3, 2, 4 };

	(void)state;
	near(stats_median(v, 5), 3, 0);
	near(stats_median(v, 4), 2.5, 0);
	near(stats_quantile(v, 5, 0), 1, 0);
	near(stats_quantile(v, 5, 1), 5, 0);
	near(stats_quantile(v, 5, 0.1), 1.4, 1e-15);
	assert_true(isnan(stats_median(v, 0)));
}

/* ---- many rows, rates, growth ------------------------------------------- */

static void test_holm(void **state)
{
	double p[] = { 0.04, 0.01, NAN, 0.03, 0.9 };
	double adjusted[5];

	(void)state;
	assert_int_equal(stats_holm(p, 5, adjusted), 0);
	near(adjusted[1], 0.05, 1e-15);
	near(adjusted[3], 0.12, 1e-15);
	near(adjusted[0], 0.12, 1e-15);
	near(adjusted[4], 1, 0);
	assert_true(isnan(adjusted[2]));
	assert_int_equal(stats_holm(p, 0, adjusted), 0);
}

static void test_normal_quantile(void **state)
{
	(void)state;
	near(stats_normal_quantile(0.975), 1.959963984540054, 1e-12);
	near(stats_normal_quantile(0.5), 0, 1e-12);
	near(stats_normal_quantile(1e-5), -4.264890793922825, 1e-10);
	near(stats_normal_quantile(0.95), 1.6448536269514722, 1e-12);
}

static void test_rates(void **state)
{
	(void)state;
	near(stats_rate_high(0, 300, 0.05), 1 - pow(0.05, 1.0 / 300), 1e-12);
	near(stats_rate_low(300, 300, 0.05), pow(0.05, 1.0 / 300), 1e-12);
	near(stats_rate_low(0, 10, 0.05), 0, 0);
	near(stats_rate_high(10, 10, 0.05), 1, 0);
	/* P(X >= 7) at the lower bound, P(X <= 7) at the upper one, of 10 */
	near(stats_rate_low(7, 10, 0.025), 0.3475471499, 1e-9);
	near(stats_rate_high(7, 10, 0.025), 0.9332604888, 1e-9);
}

static void test_exponent(void **state)
{
	double n[] = { 16, 64, 256, 1024, 4096 };
	double t[5];
	double two[] = { 8, 8 };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		t[i] = 3 * pow(n[i], 1.2);
	near(stats_exponent(n, t, 5), 1.2, 1e-12);
	t[2] *= 50; /* one bad point is not heard */
	assert_true(fabs(stats_exponent(n, t, 5) - 1.2) < 0.3);
	t[2] = 0;
	assert_true(isnan(stats_exponent(n, t, 5)));
	assert_true(isnan(stats_exponent(two, n, 2)));
	assert_true(isnan(stats_exponent(n, n, 1)));
	assert_true(isnan(stats_exponent(n, n, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signed_rank_is_exact),
		cmocka_unit_test(test_signed_rank_of_extremes),
		cmocka_unit_test(test_no_answer_where_there_is_none),
		cmocka_unit_test(test_bounds_say_what_the_test_says),
		cmocka_unit_test(test_estimate),
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_holm),
		cmocka_unit_test(test_normal_quantile),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_exponent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
