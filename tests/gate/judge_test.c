/* SPDX-License-Identifier: MIT */
/* What becomes of measurements: fixtures for every kind of verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "judge.h"
#include "made.h"
#include "stats.h"

static struct gate gate;
static struct rng rng;

static int set_up(void **state)
{
	(void)state;
	rng.state = 7;
	made_sides(&gate);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gate_free(&gate);
	return 0;
}

static void quiet_rows(size_t n)
{
	char name[32];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "quiet/%zu", i);
		made_row(&gate, name, 20, 0, 0.005, &rng);
	}
}

static enum verdict verdict_of(const char *name)
{
	return made_find(&gate, name)->found.verdict;
}

static void expect_fault(const char *part)
{
	assert_int_equal(gate.status, STATUS_INTEGRITY);
	for (size_t i = 0; i < gate.fault_count; i++) {
		if (strstr(gate.faults[i], part))
			return;
	}
	fail_msg("no fault says '%s'", part);
}

/* ---- plain verdicts ----------------------------------------------------- */

static void test_no_change_passes(void **state)
{
	(void)state;
	quiet_rows(40);
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_PASS);
	assert_int_equal(judge_tally(&gate, VERDICT_PASS), 40);
	assert_int_equal(gate.fault_count, 0);
}

static void test_slower_fails(void **state)
{
	struct gate_row *row;

	(void)state;
	quiet_rows(39);
	made_row(&gate, "slow", 20, 0.05, 0.005, &rng);
	made_judge(&gate);
	row = made_find(&gate, "slow");
	assert_int_equal(gate.status, STATUS_REGRESSION);
	assert_int_equal(row->found.verdict, VERDICT_FAIL);
	assert_int_equal(row->found.change, CHANGE_SLOWER);
	assert_true(fabs(judge_share(METRIC_TIME, row->found.effect) - 0.05) <
		    0.006);
	assert_true(row->found.low < log(1.05) && log(1.05) < row->found.high);
	assert_int_equal(judge_tally(&gate, VERDICT_FAIL), 1);
}

static void test_faster_passes_and_is_said(void **state)
{
	(void)state;
	quiet_rows(3);
	made_row(&gate, "fast", 20, -0.05, 0.005, &rng);
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_PASS);
	assert_int_equal(made_find(&gate, "fast")->found.change, CHANGE_FASTER);
}

static void test_swapped_sides_mirror(void **state)
{
	struct finding before[5];

	(void)state;
	quiet_rows(2);
	made_row(&gate, "slow", 20, 0.05, 0.005, &rng);
	made_row(&gate, "fast", 20, -0.06, 0.008, &rng);
	made_row(&gate, "small", 20, 0.012, 0.005, &rng);
	made_judge(&gate);
	for (size_t i = 0; i < 5; i++)
		before[i] = gate.rows[i].found;
	made_swap(&gate);
	made_judge(&gate);
	for (size_t i = 0; i < 5; i++) {
		const struct finding *f = &gate.rows[i].found;

		assert_true(fabs(f->effect + before[i].effect) < 1e-12);
		assert_true(fabs(f->low + before[i].high) < 1e-12);
		assert_true(fabs(f->p - before[i].p_faster) < 1e-12);
		assert_true(fabs(f->p_faster - before[i].p) < 1e-12);
	}
	assert_int_equal(verdict_of("fast"), VERDICT_FAIL);
	assert_int_equal(verdict_of("slow"), VERDICT_PASS);
	assert_int_equal(made_find(&gate, "slow")->found.change, CHANGE_FASTER);
}

static void test_margin_and_floor(void **state)
{
	(void)state;
	/* as certain as can be, and below what matters */
	made_row(&gate, "margin", 20, 0.008, 0.0005, &rng);
	/* 4 %, but only 0.04 ns */
	made_row(&gate, "floor", 1, 0.04, 0.0005, &rng);
	made_judge(&gate);
	assert_int_equal(verdict_of("margin"), VERDICT_PASS);
	assert_int_not_equal(verdict_of("floor"), VERDICT_FAIL);
	assert_true(made_find(&gate, "floor")->found.visible > 0.045);
}

/* ---- what cannot be said ------------------------------------------------ */

static void test_noise_is_inconclusive(void **state)
{
	(void)state;
	quiet_rows(3);
	made_row(&gate, "noisy", 20, 0, 0.1, &rng);
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_INCONCLUSIVE);
	assert_int_equal(verdict_of("noisy"), VERDICT_INCONCLUSIVE);
	assert_non_null(strstr(made_find(&gate, "noisy")->found.why, "noisy"));
	gate.rules.inconclusive = STATUS_PASS;
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_PASS);
	gate.rules.inconclusive = STATUS_REGRESSION;
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_REGRESSION);
}

/* Ten times slower in every pair, and yet nothing could ever have failed. */
static void test_too_few_pairs_never_pass(void **state)
{
	size_t least = judge_least_pairs(&gate.rules, 1);

	(void)state;
	for (size_t n = 1; n < 2 * least; n++) {
		double slower = n % 2 ? 9 : 0;

		gate_free(&gate);
		made_sides(&gate);
		made_row_of(&gate, "few", n, 20, slower, 0.001, &rng);
		made_judge(&gate);
		if (n < least)
			assert_int_equal(verdict_of("few"),
					 VERDICT_INCONCLUSIVE);
		else
			assert_int_equal(verdict_of("few"),
					 slower > 0 ? VERDICT_FAIL
						    : VERDICT_PASS);
	}
}

/* The least number grows with the rows that share the chance of an alarm. */
static void test_least_pairs(void **state)
{
	(void)state;
	gate.rules.looks = 1;
	assert_int_equal(judge_least_pairs(&gate.rules, 1), 7);
	assert_int_equal(judge_least_pairs(&gate.rules, 40), 12);
	gate.rules.looks = 2;
	assert_int_equal(judge_least_pairs(&gate.rules, 40), 13);
}

/* Two clouds: most pairs say nothing, but not few enough say much. */
static void test_what_cannot_be_excluded(void **state)
{
	struct gate_row *row = made_row(&gate, "two clouds", 20, 0, 0, &rng);

	(void)state;
	for (size_t i = 0; i < row->count; i++)
		row->pairs[i] = (struct pair){ 20, i < 7 ? 24 : 20, 0 };
	made_judge(&gate);
	row = made_find(&gate, "two clouds");
	assert_int_equal(row->found.verdict, VERDICT_INCONCLUSIVE);
	assert_non_null(strstr(row->found.why, "as much as"));
}

static void test_moved_controls_spoil_the_run(void **state)
{
	(void)state;
	quiet_rows(2);
	made_row(&gate, "slow", 20, 0.05, 0.005, &rng);
	made_row(&gate, "control/alu", 20, 0.03, 0.003, &rng)->control = true;
	made_row(&gate, "control/chase", 20, 0, 0.003, &rng)->control = true;
	made_judge(&gate);
	assert_true(gate.contaminated);
	assert_int_equal(gate.status, STATUS_INCONCLUSIVE);
	assert_int_equal(verdict_of("slow"), VERDICT_INCONCLUSIVE);
	assert_int_equal(verdict_of("quiet/0"), VERDICT_INCONCLUSIVE);
	assert_int_equal(verdict_of("control/chase"), VERDICT_PASS);
}

static void test_still_controls_do_not(void **state)
{
	(void)state;
	quiet_rows(2);
	made_row(&gate, "control/alu", 20, 0.003, 0.003, &rng)->control = true;
	/* faster controls are as bad as slower ones */
	made_row(&gate, "control/chase", 20, 0, 0.003, &rng)->control = true;
	made_judge(&gate);
	assert_false(gate.contaminated);
	assert_int_equal(gate.status, STATUS_PASS);
	/* controls are no rows of their own */
	assert_int_equal(judge_tally(&gate, VERDICT_PASS), 2);
}

static void test_identical_code_is_demoted(void **state)
{
	(void)state;
	quiet_rows(2);
	made_row(&gate, "slow", 20, 0.05, 0.005, &rng);
	snprintf(gate.head.code, sizeof(gate.head.code), "%s", gate.base.code);
	made_judge(&gate);
	assert_true(gate.identical);
	assert_int_equal(gate.status, STATUS_PASS);
	assert_non_null(
		strstr(made_find(&gate, "slow")->found.why, "identical"));
	gate.rules.demote = false;
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_REGRESSION);
	/* two libraries of which nothing is known are not identical */
	gate.rules.demote = true;
	gate.head.code[0] = '\0';
	gate.base.code[0] = '\0';
	made_judge(&gate);
	assert_false(gate.identical);
	assert_int_equal(gate.status, STATUS_REGRESSION);
}

/* ---- integrity ---------------------------------------------------------- */

static void test_values_that_are_none(void **state)
{
	static const double values[] = { 0, -1, NAN, INFINITY };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct gate_row *row;

		gate_free(&gate);
		made_sides(&gate);
		quiet_rows(2);
		row = made_row(&gate, "bad", 20, 0, 0.005, &rng);
		if (i % 2)
			row->pairs[3].base = values[i / 2];
		else
			row->pairs[3].head = values[i / 2];
		made_judge(&gate);
		expect_fault("bad: pair 4");
	}
}

static void test_all_zero_is_no_improvement(void **state)
{
	struct gate_row *row = made_row(&gate, "zero", 20, 0, 0.005, &rng);

	(void)state;
	for (size_t i = 0; i < row->count; i++)
		row->pairs[i].base = row->pairs[i].head = 0;
	made_judge(&gate);
	expect_fault("zero: pair 1");
	assert_int_not_equal(verdict_of("zero"), VERDICT_PASS);
}

static void test_ties(void **state)
{
	struct gate_row *row = made_row(&gate, "tied", 20, 0, 0, &rng);
	struct gate_row *slow;

	(void)state;
	for (size_t i = 0; i < row->count; i++)
		row->pairs[i] = (struct pair){ 20, 20, 0 };
	made_judge(&gate);
	assert_int_equal(verdict_of("tied"), VERDICT_PASS);
	assert_int_equal(gate.status, STATUS_PASS);
	slow = made_row(&gate, "tied and slow", 20, 0, 0, &rng);
	for (size_t i = 0; i < slow->count; i++)
		slow->pairs[i] = (struct pair){ 20, 21, 0 };
	made_judge(&gate);
	assert_int_equal(verdict_of("tied and slow"), VERDICT_FAIL);
}

static void drop(char **unit)
{
	free(*unit);
	*unit = NULL;
}

static void test_missing_rows(void **state)
{
	struct gate_row *row;

	(void)state;
	quiet_rows(2);
	row = made_row(&gate, "gone", 20, 0, 0.005, &rng);
	drop(&row->head_unit);
	row->count = 0;
	made_judge(&gate);
	expect_fault("HEAD has no such row");
	gate.rules.allow_removed = true;
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_PASS);
	assert_int_equal(judge_tally(&gate, VERDICT_PASS), 2);
}

/* A new name beside an old one is a removed row. */
static void test_renamed_rows(void **state)
{
	struct gate_row *row;

	(void)state;
	quiet_rows(1);
	row = made_row(&gate, "old", 20, 0, 0.005, &rng);
	drop(&row->head_unit);
	row = made_row(&gate, "new", 20, 0, 0.005, &rng);
	drop(&row->base_unit);
	made_judge(&gate);
	expect_fault("old: HEAD has no such row");
	assert_int_equal(gate.fault_count, 1);
}

static void test_unit_changes(void **state)
{
	struct gate_row *row = made_row(&gate, "u", 20, 0, 0.005, &rng);

	(void)state;
	drop(&row->head_unit);
	row->head_unit = strdup("us");
	made_judge(&gate);
	expect_fault("in 'ns' and in 'us'");
}

static void test_pairs_as_planned(void **state)
{
	(void)state;
	made_row(&gate, "short", 20, 0, 0.005, &rng)->count--;
	made_judge(&gate);
	expect_fault("23 pairs of the planned 24");
}

static void test_errors_are_faults(void **state)
{
	(void)state;
	quiet_rows(2);
	made_row(&gate, "err", 20, 0, 0.005, &rng)->error =
		strdup("a wrong answer");
	made_judge(&gate);
	expect_fault("a wrong answer");
}

static void test_nothing_compared_is_a_fault(void **state)
{
	(void)state;
	made_judge(&gate);
	expect_fault("no row was compared");
	made_row(&gate, "control/alu", 20, 0, 0.003, &rng)->control = true;
	made_judge(&gate);
	expect_fault("no row was compared");
	gate.unchanged = strdup("the sources are equal");
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_PASS);
}

static void test_same_row_twice(void **state)
{
	(void)state;
	made_row(&gate, "one", 20, 0, 0.005, &rng);
	made_row(&gate, "one", 20, 0, 0.005, &rng);
	made_judge(&gate);
	expect_fault("one: twice");
}

static void test_sides_have_to_be_alike(void **state)
{
	struct side *head = &gate.head;
	char *texts[] = { head->compiler, head->flags, head->runtime };

	(void)state;
	quiet_rows(2);
	for (size_t i = 0; i < 3; i++) {
		char saved = texts[i][0];

		texts[i][0] = '?';
		made_judge(&gate);
		expect_fault("differ");
		/* unknown is not different */
		texts[i][0] = '\0';
		made_judge(&gate);
		assert_int_equal(gate.status, STATUS_PASS);
		texts[i][0] = saved;
	}
	head->assertions = true;
	made_judge(&gate);
	expect_fault("HEAD has its assertions on");
	head->assertions = false;
	gate.base.assertions = true;
	made_judge(&gate);
	expect_fault("BASE has its assertions on");
}

/* A regression does not hide that something is missing, nor the other way. */
static void test_integrity_beats_regression(void **state)
{
	(void)state;
	made_row(&gate, "slow", 20, 0.05, 0.005, &rng);
	made_row(&gate, "err", 20, 0, 0.005, &rng)->error = strdup("died");
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_INTEGRITY);
	assert_int_equal(verdict_of("slow"), VERDICT_FAIL);
}

static void test_precedence_of_statuses(void **state)
{
	static const enum status order[] = {
		STATUS_PASS,      STATUS_INCONCLUSIVE, STATUS_REGRESSION,
		STATUS_INTEGRITY, STATUS_USAGE,        STATUS_INTERNAL,
	};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		for (size_t j = 0; j < 6; j++)
			assert_int_equal(status_worse(order[i], order[j]),
					 order[i > j ? i : j]);
	}
}

/* ---- growth, tails, looks ----------------------------------------------- */

static void family(double extra)
{
	static const double sizes[] = { 64, 256, 1024, 4096, 16384 };

	for (size_t i = 0; i < 5; i++) {
		char name[32];
		double slower = pow(sizes[i] / 64, extra) - 1;
		struct gate_row *row;

		snprintf(name, sizeof(name), "set/%g", sizes[i]);
		row = made_row(&gate, name, 10 * sizes[i], slower, 0.005, &rng);
		row->family = strdup("set");
		row->n = sizes[i];
	}
}

static void test_growth_is_seen(void **state)
{
	struct gate_row *row;

	(void)state;
	family(0.2);
	made_judge(&gate);
	row = made_find(&gate, "growth/set");
	assert_int_equal(row->found.verdict, VERDICT_FAIL);
	assert_true(fabs(row->found.effect - 0.2) < 0.01);
	assert_true(fabs(row->found.base - 1) < 0.01);
	/* judged again: the row is not there twice */
	made_judge(&gate);
	assert_int_equal(gate.count, 6);
	assert_int_equal(gate.status, STATUS_REGRESSION);
}

static void test_growth_that_stays(void **state)
{
	(void)state;
	family(0);
	made_judge(&gate);
	assert_int_equal(verdict_of("growth/set"), VERDICT_PASS);
	assert_int_equal(gate.status, STATUS_PASS);
}

static void test_tails_have_other_rules(void **state)
{
	(void)state;
	made_row(&gate, "tail/a", 400, 0.2, 0.05, &rng)->metric = METRIC_TAIL;
	made_row(&gate, "tail/b", 400, 1.5, 0.05, &rng)->metric = METRIC_TAIL;
	/* 150 %, but less than 100 ns */
	made_row(&gate, "tail/c", 40, 1.5, 0.05, &rng)->metric = METRIC_TAIL;
	made_judge(&gate);
	assert_int_equal(verdict_of("tail/a"), VERDICT_PASS);
	assert_int_equal(verdict_of("tail/b"), VERDICT_FAIL);
	assert_int_not_equal(verdict_of("tail/c"), VERDICT_FAIL);
}

static void test_two_threads_have_other_rules(void **state)
{
	(void)state;
	made_row(&gate, "beside/a", 40, 0.2, 0.02, &rng)->metric =
		METRIC_BESIDE;
	made_row(&gate, "beside/b", 40, 0.6, 0.02, &rng)->metric =
		METRIC_BESIDE;
	/* 60 %, but less than 1 ns */
	made_row(&gate, "beside/c", 1.2, 0.6, 0.02, &rng)->metric =
		METRIC_BESIDE;
	made_judge(&gate);
	assert_int_equal(verdict_of("beside/a"), VERDICT_PASS);
	assert_int_equal(verdict_of("beside/b"), VERDICT_FAIL);
	assert_int_not_equal(verdict_of("beside/c"), VERDICT_FAIL);
}

/* The looks share alpha: the best of both p counts, twice. */
static void test_looks_share_alpha(void **state)
{
	struct gate_row *row =
		made_row_of(&gate, "row", 30, 20, 0.03, 0.02, &rng);
	double one;
	double two;

	(void)state;
	gate.rules.looks = 1;
	made_judge(&gate);
	row = made_find(&gate, "row");
	one = row->found.p;
	gate.rules.looks = 2;
	made_judge(&gate);
	two = row->found.p;
	assert_true(fabs(two - 2 * one) < 1e-12);
	/* a first look that saw it is enough */
	for (size_t i = 15; i < 30; i++)
		row->pairs[i].head = row->pairs[i].base;
	for (size_t i = 0; i < 15; i++)
		row->pairs[i].head = row->pairs[i].base * 1.05;
	row->first = 15;
	made_judge(&gate);
	assert_true(row->found.p <= 2 * stats_smallest_p(15) + 1e-15);
}

static void test_wants_more(void **state)
{
	(void)state;
	made_row(&gate, "noisy", 20, 0, 0.1, &rng);
	made_row(&gate, "slow", 20, 0.1, 0.005, &rng);
	made_row(&gate, "maybe", 20, 0.009, 0.002, &rng);
	made_row(&gate, "fast", 20, -0.02, 0.005, &rng);
	made_row(&gate, "control/x", 20, 0, 0.003, &rng)->control = true;
	made_judge(&gate);
	assert_true(judge_wants_more(made_find(&gate, "noisy")));
	assert_false(judge_wants_more(made_find(&gate, "slow")));
	assert_true(judge_wants_more(made_find(&gate, "maybe")));
	assert_false(judge_wants_more(made_find(&gate, "fast")));
	assert_false(judge_wants_more(made_find(&gate, "control/x")));
}

/* ---- counts ------------------------------------------------------------- */

static void test_counts(void **state)
{
	(void)state;
	gate_add_count(&gate, "lookup", "atomics", 0, 0);
	gate_add_count(&gate, "lookup", "instructions", 50, 50.2);
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_PASS);
	assert_int_equal(judge_tally(&gate, VERDICT_PASS), 2);
	gate_add_count(&gate, "map", "atomics", 3, 4);
	made_judge(&gate);
	assert_int_equal(gate.counts[2].verdict, VERDICT_FAIL);
	assert_int_equal(gate.status, STATUS_REGRESSION);
	/* the other way round it is none */
	gate.counts[2].base = 4;
	gate.counts[2].head = 3;
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_PASS);
}

static void test_counts_that_are_none(void **state)
{
	(void)state;
	gate_add_count(&gate, "lookup", "atomics", 1, NAN);
	made_judge(&gate);
	expect_fault("lookup, atomics");
	gate.rules.allow_removed = true;
	made_judge(&gate);
	assert_int_equal(gate.status, STATUS_PASS);
	gate_add_count(&gate, "lookup", "joy", 1, 1);
	made_judge(&gate);
	expect_fault("no metric 'joy'");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_no_change_passes),
		T(test_slower_fails),
		T(test_faster_passes_and_is_said),
		T(test_swapped_sides_mirror),
		T(test_margin_and_floor),
		T(test_noise_is_inconclusive),
		T(test_too_few_pairs_never_pass),
		T(test_least_pairs),
		T(test_moved_controls_spoil_the_run),
		T(test_still_controls_do_not),
		T(test_identical_code_is_demoted),
		T(test_values_that_are_none),
		T(test_all_zero_is_no_improvement),
		T(test_ties),
		T(test_missing_rows),
		T(test_renamed_rows),
		T(test_unit_changes),
		T(test_pairs_as_planned),
		T(test_errors_are_faults),
		T(test_nothing_compared_is_a_fault),
		T(test_same_row_twice),
		T(test_sides_have_to_be_alike),
		T(test_integrity_beats_regression),
		T(test_precedence_of_statuses),
		T(test_growth_is_seen),
		T(test_growth_that_stays),
		T(test_tails_have_other_rules),
		T(test_two_threads_have_other_rules),
		T(test_looks_share_alpha),
		T(test_wants_more),
		T(test_what_cannot_be_excluded),
		T(test_counts),
		T(test_counts_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
