/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exact/read.h"

#define CALLS 100u

static int run(struct exact_dumps *dumps, const char *program,
	       const char *argument)
{
	char path[1024];
	char arg[64];
	char *argv[] = { path, argument ? arg : NULL, NULL };

	snprintf(path, sizeof(path), "%s", program);
	snprintf(arg, sizeof(arg), "%s", argument ? argument : "");
	return exact_run(argv, dumps);
}

static bool have_valgrind(void)
{
	struct exact_dumps dumps;
	int err = run(&dumps, "true", NULL);

	exact_free(&dumps);
	return err != -ENOENT;
}

static struct exact_cost cost_of(const struct exact_dumps *dumps,
				 const char *name)
{
	struct exact_cost cost = { -1, -1, -1 };

	assert_true(exact_cost(dumps, name, CALLS, &cost));
	return cost;
}

static void test_known_code(void **state)
{
	struct exact_dumps dumps;
	struct exact_cost nothing;
	struct exact_cost cost;

	(void)state;
	if (!have_valgrind())
		skip();
	assert_int_equal(run(&dumps, KNOWN, NULL), 0);
	nothing = cost_of(&dumps, "nothing");
	assert_true(nothing.locked == 0 && nothing.allocations == 0);
	cost = cost_of(&dumps, "add-three");
	assert_true(cost.locked == 3 && cost.allocations == 0);
	cost = cost_of(&dumps, "allocate");
	assert_true(cost.allocations == 2);
	/* what goes on between the calls is not counted */
	cost = cost_of(&dumps, "between");
	assert_true(cost.locked == 0 && cost.allocations == 0);
	assert_true(cost.instructions == nothing.instructions);
	cost = cost_of(&dumps, "long-between");
	assert_true(cost.locked == 3 && cost.allocations == 0);
	exact_free(&dumps);
}

/* Instructions are proportional to work that is. */
static void test_known_slope(void **state)
{
	struct exact_dumps dumps;
	struct exact_cost one;
	struct exact_cost two;
	double each;

	(void)state;
	if (!have_valgrind())
		skip();
	assert_int_equal(run(&dumps, KNOWN, NULL), 0);
	one = cost_of(&dumps, "spin-1000");
	two = cost_of(&dumps, "spin-2000");
	each = (two.instructions - one.instructions) / 1000;
	assert_true(each >= 1);
	/* the store alone, and what goes with it, is no hundreds */
	assert_true(each < 50);
	assert_true(two.instructions > 2000);
	exact_free(&dumps);
}

static void test_what_was_refused_is_not_there(void **state)
{
	struct exact_dumps dumps;
	struct exact_cost cost;

	(void)state;
	if (!have_valgrind())
		skip();
	assert_int_equal(run(&dumps, KNOWN, NULL), 0);
	assert_false(exact_cost(&dumps, "refused", CALLS, &cost));
	assert_false(exact_cost(&dumps, "nothing", CALLS + 1, &cost));
	assert_null(exact_find(&dumps, "nothin", CALLS));
	exact_free(&dumps);
}

static void test_failures(void **state)
{
	struct exact_dumps dumps;

	(void)state;
	if (!have_valgrind())
		skip();
	assert_int_equal(run(&dumps, KNOWN, "fail"), -EIO);
	assert_int_equal(dumps.n, 0);
}

static void test_no_valgrind(void **state)
{
	const char *path = getenv("PATH");
	char saved[4096];
	struct exact_dumps dumps;

	(void)state;
	snprintf(saved, sizeof(saved), "%s", path ? path : "");
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(run(&dumps, KNOWN, NULL), -ENOENT);
	setenv("PATH", saved, 1);
}

/* Not to be taken for a valgrind that is missing. */
static void test_no_room_for_dumps(void **state)
{
	struct exact_dumps dumps;

	(void)state;
	setenv("TMPDIR", "/nonexistent", 1);
	assert_int_equal(run(&dumps, KNOWN, NULL), -ENOTDIR);
	unsetenv("TMPDIR");
}

/* riotlb itself: a lookup takes no lock and no memory. */
static void test_driver(void **state)
{
	struct exact_dumps dumps;
	struct exact_cost cost;

	(void)state;
	if (!have_valgrind())
		skip();
	assert_int_equal(run(&dumps, DRIVER, "lookup"), 0);
	assert_true(exact_cost(&dumps, "lookup", 512, &cost));
	assert_true(cost.instructions > 10);
	assert_true(cost.locked == 0 && cost.allocations == 0);
	exact_free(&dumps);
}

/* ---- the reader, without valgrind --------------------------------------- */

static bool read_text(const char *text, struct exact_dump *dump)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	bool ok;

	assert_non_null(file);
	ok = exact_read(file, dump);
	fclose(file);
	return ok;
}

static void test_reader(void **state)
{
	struct exact_dump dump;

	(void)state;
	assert_true(read_text("desc: Trigger: Client Request: lookup:7\n"
			      "events: Ir Dr Ge\n"
			      "cfn=malloc\ncalls=3 10\n1 20\n"
			      "cfn=malloc_like\ncalls=50 10\n"
			      "cfn=posix_memalign\ncalls=4 +1\n"
			      "calls=1000 2\n"
			      "totals: 100 9 2\n",
			      &dump));
	assert_string_equal(dump.name, "lookup:7");
	assert_int_equal(dump.instructions, 100);
	assert_int_equal(dump.locked, 2);
	assert_int_equal(dump.allocations, 7);
	/* columns of zeros are left out */
	assert_true(read_text("events: Ir Ge\ntotals: 5\n", &dump));
	assert_int_equal(dump.locked, 0);
}

static void test_reader_refuses(void **state)
{
	struct exact_dump dump;

	(void)state;
	assert_false(read_text("nothing of the kind\n", &dump));
	assert_false(read_text("events: Ir\ntotals: 5\n", &dump));
	assert_false(read_text("events: Dr Ge\ntotals: 5 1\n", &dump));
	assert_false(read_text("totals: 5 1\n", &dump));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_code),
		cmocka_unit_test(test_known_slope),
		cmocka_unit_test(test_what_was_refused_is_not_there),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_no_valgrind),
		cmocka_unit_test(test_no_room_for_dumps),
		cmocka_unit_test(test_driver),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_reader_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
