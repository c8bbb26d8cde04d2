/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../results.h"

static const struct row plain = {
	.group = "lookup",
	.op = "one",
	.shape = "1-4k",
	.subject = "riotlb",
	.unit = "ns",
	.x = NAN,
};

static struct row *add(struct results *results, const char *subject)
{
	struct row like = plain;

	like.subject = subject;
	return results_add(results, &like);
}

static void assert_near(double value, double expected)
{
	if (!(fabs(value - expected) < 1e-9))
		fail_msg("%g is not %g", value, expected);
}

static void add_copies(void **state)
{
	struct results *results = results_create();
	char group[] = "growth";
	char what[] = "text";
	struct row *row =
		results_add(results, &(struct row){ .group = group,
						    .op = "lookup",
						    .shape = "n-16",
						    .subject = "a.b_c-d+e",
						    .what = what,
						    .unit = "B",
						    .more_is_better = true,
						    .x = 16 });

	(void)state;
	group[0] = what[0] = 'X';
	assert_string_equal(row->name, "growth/lookup/n-16/a.b_c-d+e");
	assert_string_equal(row->group, "growth");
	assert_string_equal(row->what, "text");
	assert_string_equal(row->unit, "B");
	assert_true(row->more_is_better);
	assert_near(row->x, 16);
	assert_int_equal(row->state, ROW_PLANNED);
	assert_true(isnan(row->value.median));
	assert_true(isnan(row->p25));
	results_destroy(results);
}

static void add_keeps_state(void **state)
{
	struct results *results = results_create();
	const double samples[] = { 3, 1, 2 };
	struct row like = plain;
	struct row *row;

	(void)state;
	like.state = ROW_NA;
	like.why = "no pages";
	row = results_add(results, &like);
	assert_int_equal(row->state, ROW_NA);
	assert_string_equal(row->why, "no pages");

	like.subject = "over";
	like.state = ROW_OVER;
	like.value = (struct estimate){ 7, 7, 7 };
	row = results_add(results, &like);
	assert_int_equal(row->state, ROW_OVER);
	assert_near(row->value.low, 7);

	like = plain;
	like.subject = "filled";
	like.state = ROW_VALUE;
	like.samples = (double *)samples;
	like.rounds = 3;
	row = results_add(results, &like);
	assert_int_equal(row->state, ROW_VALUE);
	assert_near(row->value.median, 2);
	results_destroy(results);
}

static void order_and_find(void **state)
{
	struct results *results = results_create();
	struct row *rows[1000];
	char name[16];

	(void)state;
	assert_null(results_at(results, 0));
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		rows[i] = add(results, name);
	}
	assert_int_equal(results_count(results), 1000);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		/* where they were when added, however many came after */
		assert_ptr_equal(results_at(results, (size_t)i), rows[i]);
		assert_ptr_equal(
			results_find(results, "lookup", "one", "1-4k", name),
			rows[i]);
	}
	assert_null(results_at(results, 1000));
	assert_null(results_find(results, "lookup", "one", "1-4k", "s1000"));
	assert_null(results_find(results, "update", "one", "1-4k", "s1"));
	assert_null(results_find(results, "lookup", "two", "1-4k", "s1"));
	assert_null(results_find(results, "lookup", "one", "2-4k", "s1"));
	results_destroy(results);
	results_destroy(NULL);
}

/* Does adding this row to one that has `plain` end the program? */
static bool ends(const struct row *like)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct results *results = results_create();

		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		results_add(results, &plain);
		results_add(results, like);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 ||
		    WEXITSTATUS(status) == EXIT_CANNOT);
	return WEXITSTATUS(status) == EXIT_CANNOT;
}

static void mistakes_end_the_program(void **state)
{
	static const char *const bad[] = {
		"", "Upper", "a/b", "a b", "\xc3\xa9", "a\"",
	};
	struct row like = plain;

	(void)state;
	assert_true(ends(&like)); /* it comes twice */
	like.subject = "other";
	assert_false(ends(&like));
	like.name = "lookup/one/1-4k/other";
	assert_false(ends(&like));
	like.name = "lookup/one/1-4k/another";
	assert_true(ends(&like));
	like.name = NULL;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		like.subject = bad[i];
		assert_true(ends(&like));
	}
	like.subject = NULL;
	assert_true(ends(&like));
}

static void fill_computes(void **state)
{
	struct results *results = results_create();
	struct row *row = add(results, "a");
	double samples[] = { 9, 1, 8, 2, 7, 3, 6, 4, 5 };

	(void)state;
	results_fill(results, row, samples, 9);
	samples[0] = 100;
	assert_int_equal(row->state, ROW_VALUE);
	assert_int_equal(row->rounds, 9);
	assert_near(row->samples[0], 9); /* a copy, in the order of rounds */
	assert_near(row->value.median, 5);
	assert_near(row->p25, 3);
	assert_near(row->p75, 7);
	/* binomial(9, 1/2): P(X < 2) = 2 %, P(X < 3) = 9 % */
	assert_near(row->value.low, 2);
	assert_near(row->value.high, 8);
	results_destroy(results);
}

static void fill_with_few(void **state)
{
	struct results *results = results_create();
	struct row *row = add(results, "a");
	const double samples[] = { 3, 1 };

	(void)state;
	results_fill(results, row, samples, 1);
	assert_near(row->value.median, 3);
	assert_near(row->value.low, 3);
	assert_near(row->value.high, 3);
	assert_near(row->p25, 3);
	results_fill(results, row, samples, 2); /* again: replaces */
	assert_int_equal(row->rounds, 2);
	assert_near(row->value.median, 2);
	assert_near(row->value.low, 1);
	assert_near(row->value.high, 3);
	results_destroy(results);
}

static void fill_refuses_what_is_no_number(void **state)
{
	struct results *results = results_create();
	struct row *row = add(results, "a");
	double samples[] = { 1, NAN, 3 };

	(void)state;
	results_fill(results, row, samples, 3);
	assert_int_equal(row->state, ROW_FAILED);
	assert_string_equal(row->why, "a sample is not a finite number");
	assert_int_equal(row->rounds, 0);
	samples[1] = INFINITY;
	results_fill(results, row, samples, 3);
	assert_int_equal(row->state, ROW_FAILED);
	results_destroy(results);
}

static void refuse_says_why(void **state)
{
	struct results *results = results_create();
	struct row *row = add(results, "a");
	char why[] = "because";

	(void)state;
	results_refuse(results, row, ROW_MISSING, why);
	why[0] = 'X';
	assert_int_equal(row->state, ROW_MISSING);
	assert_string_equal(row->why, "because");
	results_refuse(results, row, ROW_NA, row->why); /* its own text */
	assert_string_equal(row->why, "because");
	assert_int_equal(row->state, ROW_NA);
	results_destroy(results);
}

static void ratio_is_by_round(void **state)
{
	struct results *results = results_create();
	struct row *a = add(results, "a");
	struct row *b = add(results, "b");
	const double ours[] = { 1, 2, 10, 4, 5, 6, 7 };
	const double theirs[] = { 2, 4, 20, 8, 10, 12, 14 };
	const double zero[] = { 0, 0, 0, 0, 0, 0, 0 };
	struct estimate ratio = { -1, -1, -1 };

	(void)state;
	assert_false(results_ratio(a, b, &ratio));
	results_fill(results, a, ours, 7);
	assert_false(results_ratio(a, b, &ratio));
	assert_false(results_ratio(b, a, &ratio));
	results_fill(results, b, theirs, 7);
	assert_near(ratio.median, -1);
	assert_true(results_ratio(b, a, &ratio));
	assert_near(ratio.median, 2);
	assert_near(ratio.low, 2);
	assert_near(ratio.high, 2);
	results_fill(results, b, theirs, 3); /* as many as both have */
	assert_true(results_ratio(a, b, &ratio));
	assert_near(ratio.median, 0.5);
	results_fill(results, b, zero, 7);
	assert_false(results_ratio(a, b, &ratio));
	results_refuse(results, a, ROW_UNRESOLVED, "noise");
	assert_false(results_ratio(b, a, &ratio));
	assert_false(results_ratio(NULL, b, &ratio));
	assert_false(results_ratio(b, NULL, &ratio));
	results_destroy(results);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_copies),
		cmocka_unit_test(add_keeps_state),
		cmocka_unit_test(order_and_find),
		cmocka_unit_test(mistakes_end_the_program),
		cmocka_unit_test(fill_computes),
		cmocka_unit_test(fill_with_few),
		cmocka_unit_test(fill_refuses_what_is_no_number),
		cmocka_unit_test(refuse_says_why),
		cmocka_unit_test(ratio_is_by_round),
	};

	return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}
