/* SPDX-License-Identifier: MIT */
/*
 * Can the comparison with the kernel fail? Its verdict on a difference, the
 * tables that it compares, and the list of cases, none of which need a kernel.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "judge.h"
#include "table.h"

static void test_verdicts(void **state)
{
	const struct difference none = { .reason = SAME };
	const struct difference listed = { WHICH_ERROR, -EFAULT, -EINVAL };

	(void)state;
	assert_null(judge(&none, false, 0, 0));
	assert_string_equal(judge(&none, true, -EFAULT, 0), "NOT LISTED");
	assert_null(judge(&listed, true, -EFAULT, -EINVAL));
	assert_string_equal(judge(&listed, false, -EFAULT, -EFAULT),
			    "LISTED, NOT SEEN");
	assert_string_equal(judge(&listed, true, -EFAULT, -EEXIST),
			    "NOT AS LISTED");
	assert_string_equal(judge(&listed, true, -EINVAL, -EFAULT),
			    "NOT AS LISTED");
}

static void test_tables(void **state)
{
	static struct table a, b;
	const struct region region = { 1, 2, { FILE_A, 3 }, 1 };

	(void)state;
	assert_true(table_equal(&a, &b, true));
	table_add(&a, region);
	assert_false(table_equal(&a, &b, false));
	table_add(&b, region);
	assert_true(table_equal(&a, &b, true));
	b.regions[0].start = 0;
	assert_false(table_equal(&a, &b, false));
	b.regions[0] = region;
	b.regions[0].last = 3;
	assert_false(table_equal(&a, &b, false));
	b.regions[0] = region;
	b.regions[0].perm = 3;
	assert_true(table_equal(&a, &b, false));
	assert_false(table_equal(&a, &b, true));
	b.regions[0] = region;
	b.regions[0].place.area = FILE_B;
	assert_false(table_equal(&a, &b, true));
	b.regions[0] = region;
	b.regions[0].place.offset = 0;
	assert_false(table_equal(&a, &b, true));
}

/* Each has a reason, and both sides' results; none is listed for nothing. */
static void check_listing(const struct difference *d, bool seen[REASONS])
{
	if (d->reason == SAME) {
		assert_int_equal(d->kernel, 0);
		assert_int_equal(d->front, 0);
		return;
	}
	assert_true(strlen(reason_text(d->reason)) > 0);
	seen[d->reason] = true;
}

static void test_cases(void **state)
{
	bool seen[REASONS] = { [SAME] = true };

	(void)state;
	for (size_t i = 0; i < n_cases; i++) {
		assert_int_not_equal(cases[i].steps[0].action, NO_ACTION);
		for (int j = 0; j < MAX_STEPS; j++) {
			const struct step *step = &cases[i].steps[j];

			check_listing(&step->result, seen);
			check_listing(&step->table, seen);
			/* of results that are alike there is nothing to list */
			if (step->result.reason != SAME)
				assert_int_not_equal(step->result.kernel,
						     step->result.front);
		}
	}
	for (int r = 0; r < REASONS; r++)
		assert_true(seen[r]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
