/* SPDX-License-Identifier: MIT */
/* Verdicts on rows that were made up. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bars.h"
#include "shape_list.h"

#define ROUNDS 9

static struct results *results;
static struct bar bars[BAR_COUNT];

static int set_up(void **state)
{
	(void)state;
	results = results_create();
	return results ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	results_destroy(results);
	return 0;
}

/* A row with samples from low to high; the median is their mean. */
static struct row *add(const char *group, const char *op, const char *shape,
		       const char *subject, double low, double high)
{
	double samples[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		samples[i] = low + (high - low) * i / (ROUNDS - 1);
	return results_add(results, &(struct row){ .group = group,
						   .op = op,
						   .shape = shape,
						   .subject = subject,
						   .unit = "ns",
						   .x = NAN,
						   .state = ROW_VALUE,
						   .samples = samples,
						   .rounds = ROUNDS });
}

static struct row *refuse(const char *group, const char *op, const char *shape,
			  const char *subject, enum row_state state,
			  const char *why)
{
	struct row *row =
		results_add(results, &(struct row){ .group = group,
						    .op = op,
						    .shape = shape,
						    .subject = subject,
						    .x = NAN });

	results_refuse(results, row, state, why);
	return row;
}

static const struct bar *judged(const char *id)
{
	bars_judge(results, bars);
	for (size_t i = 0; i < BAR_COUNT; i++) {
		if (!strcmp(bars[i].id, id))
			return &bars[i];
	}
	fail_msg("no bar %s", id);
	return NULL;
}

static void expect(const char *id, enum bar_verdict verdict, double median,
		   const char *shape)
{
	const struct bar *bar = judged(id);

	if (bar->verdict != verdict || strcmp(bar->worst_shape, shape) ||
	    fabs(bar->value.median - median) > 1e-9 * fabs(median))
		fail_msg("%s: verdict %d, %g at \"%s\" (%s), not %d, %g at "
			 "\"%s\"",
			 id, (int)bar->verdict, bar->value.median,
			 bar->worst_shape, bar->why, (int)verdict, median,
			 shape);
}

static void expect_why(const char *id, const char *text)
{
	const struct bar *bar = judged(id);

	if (!strstr(bar->why, text))
		fail_msg("%s: \"%s\" without \"%s\"", id, bar->why, text);
}

/* ---- all of them -------------------------------------------------------- */

static void test_nothing_measured(void **state)
{
	(void)state;
	bars_judge(results, bars);
	for (size_t i = 0; i < BAR_COUNT; i++) {
		char id[8];

		snprintf(id, sizeof(id), "B%zu", i + 1);
		assert_string_equal(bars[i].id, id);
		assert_int_equal(bars[i].verdict, BAR_UNDECIDED);
		assert_true(isnan(bars[i].value.median));
		assert_string_equal(bars[i].worst_shape, "");
		assert_true(strlen(bars[i].why) > 0);
		assert_true(strlen(bars[i].what) > 0);
	}
}

static void test_op_text(void **state)
{
	(void)state;
	assert_string_equal(bar_op_text(BAR_AT_MOST), "<=");
	assert_string_equal(bar_op_text(BAR_BELOW), "<");
	assert_string_equal(bar_op_text(BAR_AT_LEAST), ">=");
	assert_string_equal(bar_op_text(BAR_EQUAL), "==");
}

/* ---- the interval's place ----------------------------------------------- */

static void throughput(double low, double high)
{
	add("threads", "reader", "alone", "riotlb", 100, 100);
	add("threads", "reader", "beside-updater", "riotlb", low, high);
}

static void test_whole_interval_inside(void **state)
{
	(void)state;
	throughput(80, 90);
	expect("B15", BAR_MET, 0.85, "");
}

static void test_whole_interval_outside(void **state)
{
	(void)state;
	throughput(60, 79);
	expect("B15", BAR_MISSED, 0.695, "");
}

static void test_target_within_interval(void **state)
{
	(void)state;
	throughput(70, 100);
	expect("B15", BAR_UNDECIDED, 0.85, "");
}

static void test_at_most_is_not_strict(void **state)
{
	(void)state;
	add("reset", "cpu", "n-65536", "vhost", 10, 10);
	add("reset", "cpu", "n-65536", "riotlb", 10, 10);
	add("reset", "cpu", "n-1048576", "vhost", 10, 10);
	add("reset", "cpu", "n-1048576", "riotlb", 5, 5);
	expect("B13", BAR_MET, 1, "n-65536");
}

static void test_equal(void **state)
{
	(void)state;
	add("exact", "reset-instructions", "n-16", "riotlb", 120, 120);
	add("exact", "reset-instructions", "n-1048576", "riotlb", 120, 120);
	expect("B10", BAR_MET, 1, "");
}

static void test_not_equal(void **state)
{
	(void)state;
	add("exact", "reset-instructions", "n-16", "riotlb", 120, 120);
	add("exact", "reset-instructions", "n-1048576", "riotlb", 121, 121);
	expect("B10", BAR_MISSED, 121.0 / 120, "");
}

static void test_around_equal(void **state)
{
	(void)state;
	add("exact", "reset-instructions", "n-16", "riotlb", 120, 120);
	add("exact", "reset-instructions", "n-1048576", "riotlb", 114, 126);
	expect("B10", BAR_UNDECIDED, 1, "");
}

/* ---- shapes ------------------------------------------------------------- */

/* Everywhere the same, but at `odd`. */
static void all_shapes(const char *group, const char *op, const char *subject,
		       double ns, const char *odd, double odd_ns)
{
	for (size_t i = 0; i < shape_count; i++) {
		const char *shape = shape_list[i].name;
		double here = odd && !strcmp(shape, odd) ? odd_ns : ns;

		if (!shape_list[i].extra)
			add(group, op, shape, subject, here, here);
	}
}

static void all_refused(const char *group, const char *op, const char *subject,
			enum row_state state, const char *why)
{
	for (size_t i = 0; i < shape_count; i++) {
		if (!shape_list[i].extra)
			refuse(group, op, shape_list[i].name, subject, state,
			       why);
	}
}

static void rivals(const char *group, const char *op)
{
	all_shapes(group, op, "vhost", 200, NULL, 0);
	all_shapes(group, op, "maple", 70, "64ki-random", 45);
	all_shapes(group, op, "gtree", 300, "1-1g", 20);
	all_refused(group, op, "dpdk-list", ROW_NA, "holds at most 2048");
}

static void test_fastest_and_worst(void **state)
{
	(void)state;
	rivals("lookup", "one");
	all_shapes("lookup", "one", "riotlb", 5, NULL, 0);
	expect("B1", BAR_MET, 4, "1-1g"); /* gtree, 20 / 5 */
	expect_why("B1", "gtree");
}

static void test_one_bad_shape_misses(void **state)
{
	(void)state;
	rivals("lookup", "one");
	all_shapes("lookup", "one", "riotlb", 5, "64ki-random", 30);
	expect("B1", BAR_MISSED, 1.5, "64ki-random");
	expect_why("B1", "maple");
}

static void test_remap_is_the_other_way_round(void **state)
{
	(void)state;
	rivals("update", "remap");
	all_shapes("update", "remap", "riotlb", 15, "1-1g", 20);
	expect("B6", BAR_MISSED, 1, "1-1g"); /* not below 1 */
}

static void test_doubt_beats_met(void **state)
{
	(void)state;
	rivals("update", "remap");
	for (size_t i = 0; i < shape_count; i++) {
		bool random = !strcmp(shape_list[i].name, "64ki-random");

		if (!shape_list[i].extra)
			add("update", "remap", shape_list[i].name, "riotlb",
			    random ? 40 : 19, random ? 50 : 19);
	}
	expect("B6", BAR_UNDECIDED, 1, "64ki-random");
}

static void test_missing_shape_is_doubt(void **state)
{
	(void)state;
	add("lookup", "dependent", "64ki-4k-dense", "riotlb", 10, 10);
	add("lookup", "dependent", "64ki-4k-dense", "radix", 10, 10);
	expect("B5", BAR_UNDECIDED, 1, "64ki-4k-dense");
	expect_why("B5", "1mi-4k-dense");
}

static void test_missing_shape_does_not_hide_a_miss(void **state)
{
	(void)state;
	add("lookup", "dependent", "64ki-4k-dense", "riotlb", 12, 12);
	add("lookup", "dependent", "64ki-4k-dense", "radix", 10, 10);
	expect("B5", BAR_MISSED, 1.2, "64ki-4k-dense");
}

static void test_missing_package(void **state)
{
	(void)state;
	all_shapes("lookup", "one", "riotlb", 5, NULL, 0);
	all_shapes("lookup", "one", "maple", 70, NULL, 0);
	all_shapes("lookup", "one", "gtree", 300, NULL, 0);
	all_refused("lookup", "one", "dpdk-list", ROW_NA, "too many");
	all_refused("lookup", "one", "vhost", ROW_MISSING, "linux-source-6.12");
	expect("B1", BAR_UNDECIDED, 14, "1-4k");
	expect_why("B1", "vhost: linux-source-6.12");
}

static void given_up(double bound)
{
	for (size_t i = 0; i < shape_count; i++) {
		if (!shape_list[i].extra)
			refuse("lookup", "one", shape_list[i].name, "gtree",
			       ROW_OVER, "too slow")
				->value.low = bound;
	}
	all_shapes("lookup", "one", "riotlb", 5, NULL, 0);
	all_shapes("lookup", "one", "vhost", 200, NULL, 0);
	all_shapes("lookup", "one", "maple", 70, NULL, 0);
	all_refused("lookup", "one", "dpdk-list", ROW_NA, "too many");
}

static void test_given_up_but_surely_slower(void **state)
{
	(void)state;
	given_up(1000);
	expect("B1", BAR_MET, 14, "1-4k");
}

static void test_given_up_too_early(void **state)
{
	(void)state;
	given_up(60);
	expect("B1", BAR_UNDECIDED, 14, "1-4k");
	expect_why("B1", "gtree: too slow");
}

static void test_what_cannot_be_held_does_not_count(void **state)
{
	(void)state;
	all_shapes("lookup", "one", "riotlb", 5, NULL, 0);
	for (size_t i = 0; i < shape_count; i++) {
		const char *shape = shape_list[i].name;

		if (shape_list[i].extra)
			continue;
		if (strstr(shape, "random"))
			refuse("lookup", "one", shape, "critnib", ROW_NA, "no");
		else
			add("lookup", "one", shape, "critnib", 10, 10);
	}
	expect("B2", BAR_MET, 2, "1-4k");
}

static void test_burst_beside_single(void **state)
{
	(void)state;
	all_shapes("lookup", "burst32", "riotlb", 5, "16-4k-dense", 5.4);
	all_shapes("lookup", "one", "radix", 5, NULL, 0);
	expect("B4", BAR_MET, 1.08, "16-4k-dense");
}

/* ---- bars with rules of their own --------------------------------------- */

static void tails(double quiet, double resets, double quantum)
{
	add("tail", "lookup-p99.9", "quiet", "riotlb", quiet, quiet);
	add("tail", "lookup-p99.9", "resets", "riotlb", resets, resets);
	add("floor", "clock-quantum", "ns", "clock", quantum, quantum);
}

static void test_a_quantum_more(void **state)
{
	(void)state;
	tails(20, 30, 10);
	expect("B14", BAR_MET, 1.5, "");
	expect_why("B14", "step of the clock");
}

static void test_more_than_a_quantum(void **state)
{
	(void)state;
	tails(20, 31, 10);
	expect("B14", BAR_MISSED, 1.55, "");
}

static void test_memory_counts_updates(void **state)
{
	(void)state;
	all_shapes("memory", "bytes", "riotlb", 8, NULL, 0);
	all_shapes("memory", "bytes-updated", "riotlb", 8, "64ki-random", 65);
	expect("B17", BAR_MISSED, 65, "64ki-random");
	expect_why("B17", "after updates");
	expect("B18", BAR_MET, 8, "4ki-4k-dense");
}

static void test_small_tables_have_no_memory_bar(void **state)
{
	(void)state;
	all_shapes("memory", "bytes", "riotlb", 8, "16-4k-dense", 500);
	expect("B17", BAR_MET, 8, "4ki-4k-dense");
}

static void adversarial(double bytes, double loads)
{
	add("memory", "bytes", "adversarial-a", "riotlb", 100, 100);
	add("memory", "bytes", "adversarial-b", "riotlb", bytes, bytes);
	add("exact", "dependent-loads", "adversarial-a", "riotlb", 3, 3);
	add("exact", "dependent-loads", "adversarial-b", "riotlb", loads,
	    loads);
}

static void test_adversarial(void **state)
{
	(void)state;
	adversarial(1024, 16);
	expect("B20", BAR_MET, 1024, "adversarial-b");
	expect_why("B20", "loads: 16");
}

static void test_adversarial_memory(void **state)
{
	(void)state;
	adversarial(1025, 9);
	expect("B20", BAR_MISSED, 1025, "adversarial-b");
}

static void test_adversarial_loads(void **state)
{
	(void)state;
	adversarial(200, 17);
	expect("B20", BAR_MISSED, 200, "adversarial-b");
	expect_why("B20", "loads: 17 (adversarial-b)");
}

static void test_adversarial_without_loads(void **state)
{
	(void)state;
	add("memory", "bytes", "adversarial-a", "riotlb", 100, 100);
	expect("B20", BAR_UNDECIDED, 100, "adversarial-a");
}

static void test_no_atomics(void **state)
{
	(void)state;
	add("exact", "atomics", "lookup", "riotlb", 0, 0);
	add("exact", "allocations", "lookup", "riotlb", 0, 0);
	expect("B19", BAR_MET, 0, "");
}

static void test_an_allocation(void **state)
{
	(void)state;
	add("exact", "atomics", "lookup", "riotlb", 0, 0);
	add("exact", "allocations", "lookup", "riotlb", 1, 1);
	expect("B19", BAR_MISSED, 1, "");
}

static void test_bulk(void **state)
{
	(void)state;
	add("bulk", "map-bulk-256", "dense", "riotlb", 8, 8);
	add("bulk", "map-bulk-256", "dense", "memcpy", 2, 2);
	add("bulk", "map-bulk-1mi", "dense", "riotlb", 33, 33);
	add("bulk", "map-bulk-1mi", "dense", "memcpy", 11, 11);
	expect("B9", BAR_MET, 4, "256");
}

static void test_unresolved_is_no_value(void **state)
{
	(void)state;
	throughput(90, 90);
	results_refuse(results,
		       (struct row *)results_find(results, "threads", "reader",
						  "alone", "riotlb"),
		       ROW_UNRESOLVED, "only noise");
	assert_int_equal(judged("B15")->verdict, BAR_UNDECIDED);
	assert_true(isnan(judged("B15")->value.median));
	expect_why("B15", "only noise");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_measured),
		TEST(test_op_text),
		TEST(test_whole_interval_inside),
		TEST(test_whole_interval_outside),
		TEST(test_target_within_interval),
		TEST(test_at_most_is_not_strict),
		TEST(test_equal),
		TEST(test_not_equal),
		TEST(test_around_equal),
		TEST(test_fastest_and_worst),
		TEST(test_one_bad_shape_misses),
		TEST(test_remap_is_the_other_way_round),
		TEST(test_doubt_beats_met),
		TEST(test_missing_shape_is_doubt),
		TEST(test_missing_shape_does_not_hide_a_miss),
		TEST(test_missing_package),
		TEST(test_given_up_but_surely_slower),
		TEST(test_given_up_too_early),
		TEST(test_what_cannot_be_held_does_not_count),
		TEST(test_burst_beside_single),
		TEST(test_a_quantum_more),
		TEST(test_more_than_a_quantum),
		TEST(test_memory_counts_updates),
		TEST(test_small_tables_have_no_memory_bar),
		TEST(test_adversarial),
		TEST(test_adversarial_memory),
		TEST(test_adversarial_loads),
		TEST(test_adversarial_without_loads),
		TEST(test_no_atomics),
		TEST(test_an_allocation),
		TEST(test_bulk),
		TEST(test_unresolved_is_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
