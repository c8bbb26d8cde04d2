/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "histogram.h"
#include "measure.h"
#include "suite/tail.h"

#define SAMPLES 20000u

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void check_quantile(const struct histogram *h, const uint64_t *sorted,
			   double q)
{
	size_t rank = (size_t)(q * SAMPLES + 0.999999);
	uint64_t exact = sorted[rank ? rank - 1 : 0];
	uint64_t found = histogram_quantile(h, q);

	assert_true(found >= exact);
	assert_true(found - exact <= exact / 64);
}

/* From values that are told apart to those of the widest buckets. */
static void test_quantiles(void **state)
{
	static uint64_t value[SAMPLES];
	struct histogram *h = histogram_create();
	struct rng rng = { 3 };

	(void)state;
	assert_non_null(h);
	for (size_t i = 0; i < SAMPLES; i++) {
		value[i] = rng_next(&rng) >> (24 + rng_below(&rng, 40));
		histogram_record(h, value[i]);
	}
	qsort(value, SAMPLES, sizeof(value[0]), compare);
	assert_int_equal(h->n, SAMPLES);
	assert_int_equal(h->over, 0);
	assert_int_equal(h->max, value[SAMPLES - 1]);
	for (double q = 0; q <= 1; q += 1.0 / 512)
		check_quantile(h, value, q);
	check_quantile(h, value, 0.9999);
	assert_int_equal(histogram_quantile(h, 1), value[SAMPLES - 1]);
	histogram_destroy(h);
}

static void test_small_values_are_exact(void **state)
{
	struct histogram *h = histogram_create();

	(void)state;
	for (uint64_t v = 0; v < 128; v++)
		histogram_record(h, v);
	for (uint64_t v = 0; v < 128; v++)
		assert_int_equal(histogram_quantile(h, (double)(v + 1) / 128),
				 v);
	assert_int_equal(histogram_above(h, 99), 28);
	histogram_destroy(h);
}

/* Each bucket begins where the one before it ends. */
static void test_buckets_are_in_order(void **state)
{
	size_t last = 0;

	(void)state;
	for (uint64_t v = 1; v >> HISTOGRAM_MAX_BITS == 0; v += 1 + v / 1000) {
		size_t bucket = histogram_bucket(v);

		assert_true(bucket == last || bucket == last + 1);
		last = bucket;
	}
	assert_int_equal(histogram_bucket((1ull << HISTOGRAM_MAX_BITS) - 1),
			 HISTOGRAM_BUCKETS - 1);
}

static void test_too_large_is_counted(void **state)
{
	struct histogram *h = histogram_create();

	(void)state;
	histogram_record(h, 5);
	histogram_record(h, 1ull << HISTOGRAM_MAX_BITS);
	histogram_record(h, UINT64_MAX);
	assert_int_equal(h->n, 3);
	assert_int_equal(h->over, 2);
	assert_int_equal(histogram_quantile(h, 0.33), 5);
	assert_true(histogram_quantile(h, 0.5) == UINT64_MAX);
	assert_int_equal(histogram_above(h, 5), 2);
	assert_int_equal(histogram_above(h, UINT64_MAX), 0);
	histogram_destroy(h);
}

static void test_merge(void **state)
{
	struct histogram *a = histogram_create();
	struct histogram *b = histogram_create();
	struct histogram *all = histogram_create();
	struct rng rng = { 4 };

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint64_t v = rng_next(&rng) >> (20 + rng_below(&rng, 44));

		histogram_record(i % 3 ? a : b, v);
		histogram_record(all, v);
	}
	histogram_merge(a, b);
	assert_memory_equal(a, all, sizeof(*a));
	histogram_clear(a);
	assert_int_equal(histogram_quantile(a, 0.5), 0);
	histogram_destroy(a);
	histogram_destroy(b);
	histogram_destroy(all);
}

/*
 * Operations of 10 ticks, one in `rare` of them a stall of 5000; `clustered`
 * stalls come so many in a row.
 */
static void record(struct histogram *h, size_t batch, size_t rare,
		   size_t clustered)
{
	struct rng rng = { 5 };
	size_t left = 0;

	for (size_t i = 0; i < 40000; i++) {
		uint64_t sum = rng_below(&rng, 3);

		for (size_t op = 0; op < batch; op++) {
			if (rng_below(&rng, rare * clustered) == 0)
				left = clustered;
			sum += left ? 5000 : 10;
			left -= left > 0;
		}
		histogram_record(h, sum);
	}
}

static struct tail_inference infer(size_t rare, size_t clustered)
{
	struct histogram *whole = histogram_create();
	struct histogram *half = histogram_create();
	struct tail_inference t;

	record(whole, 64, rare, clustered);
	record(half, 32, rare, clustered);
	t = tail_infer(whole, half, 64, 0.9999);
	histogram_destroy(whole);
	histogram_destroy(half);
	return t;
}

static void test_rare_stalls_are_inferred(void **state)
{
	struct tail_inference t = infer(5000, 1);

	(void)state;
	assert_true(t.agrees);
	assert_in_range(t.excess, 4500, 5500);
}

static void test_what_cannot_be_inferred(void **state)
{
	(void)state;
	/* too rare to be the 99.99th percentile: only jitter is left */
	assert_false(infer(100000, 1).agrees);
	/* a batch that is hit is hit many times */
	assert_false(infer(2000, 64).agrees);
}

/* Most batches then have one: the inference has no ground to stand on. */
static void test_share_must_be_rare(void **state)
{
	struct histogram *h = histogram_create();

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		histogram_record(h, i < 300 ? 100 : 100 + i);
	assert_false(tail_infer(h, h, 64, 0.99).agrees);
	assert_true(tail_infer(h, h, 1, 0.99).agrees);
	histogram_destroy(h);
}

static void test_percentiles_ascend(void **state)
{
	(void)state;
	for (size_t i = 1; i < TAIL_PERCENTILES; i++)
		assert_true(tail_percentiles[i].share >
			    tail_percentiles[i - 1].share);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_small_values_are_exact),
		cmocka_unit_test(test_buckets_are_in_order),
		cmocka_unit_test(test_too_large_is_counted),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_rare_stalls_are_inferred),
		cmocka_unit_test(test_what_cannot_be_inferred),
		cmocka_unit_test(test_share_must_be_rare),
		cmocka_unit_test(test_percentiles_ascend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
