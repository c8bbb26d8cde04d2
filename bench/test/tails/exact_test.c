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

#include "exact/start.h"

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
	int err = run(&dumps, "/bin/true", NULL);

	exact_free(&dumps);
	return err != -ENOENT;
}

static struct exact_cost cost_of(const struct exact_dumps *dumps,
				 const char *name)
{
	struct exact_cost cost = { .instructions = -1 };

	assert_true(exact_cost(dumps, name, &cost));
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
	assert_false(exact_cost(&dumps, "refused", &cost));
	assert_false(exact_cost(&dumps, "nothin", &cost));
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
	assert_true(exact_cost(&dumps, "lookup", &cost));
	assert_true(cost.instructions > 10 && cost.branches > 1);
	assert_true(cost.locked == 0 && cost.allocations == 0);
	assert_true(cost.bytes == 0 && cost.syscalls == 0);
	exact_free(&dumps);
}

static bool is_some(const struct exact_op *op)
{
	static const char *const names[] = { "nothing", "poll", "map-16",
					     "replace-16", "unmap-cut" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(op->name, names[i]) == 0)
			return true;
	}
	return false;
}

static const struct exact_dump *dump_of(const struct exact_dumps *dumps,
					const struct exact_dump *like)
{
	for (size_t i = 0; i < dumps->n; i++) {
		if (strcmp(dumps->all[i].name, like->name) == 0 &&
		    dumps->all[i].calls == like->calls)
			return &dumps->all[i];
	}
	fail_msg("no dump %s of %d calls", like->name, (int)like->calls);
	return NULL;
}

/* Who runs beside an operation, or before it, makes no difference at all. */
static void test_jobs(void **state)
{
	struct exact_dumps alone;
	struct exact_dumps both;
	char driver[] = DRIVER;

	(void)state;
	if (!have_valgrind())
		skip();
	assert_int_equal(exact_run_driver(driver, is_some, 1, &alone), 0);
	assert_int_equal(exact_run_driver(driver, is_some, 2, &both), 0);
	/* two with a name, two before them, one at the end of each process */
	assert_int_equal(alone.n, 5 * 4 + 1);
	assert_int_equal(both.n, 5 * 4 + 5);
	for (size_t i = 0; i < alone.n; i++) {
		const struct exact_dump *a = &alone.all[i];

		if (a->calls)
			assert_memory_equal(a, dump_of(&both, a), sizeof(*a));
	}
	exact_free(&alone);
	exact_free(&both);
}

static void test_jobs_fail(void **state)
{
	struct exact_dumps dumps;
	char program[] = "/bin/false";

	(void)state;
	if (!have_valgrind())
		skip();
	assert_int_equal(exact_run_driver(program, is_some, 2, &dumps), -EIO);
	assert_int_equal(dumps.n, 0);
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
	assert_true(read_text("desc: Trigger: Client Request: lookup:7 5 640\n"
			      "events: Ir Bc Bcm Ge sysCount sysTime\n"
			      "cfn=malloc\ncalls=3 10\n1 20\n"
			      "cfn=malloc_like\ncalls=50 10\n"
			      "cfn=posix_memalign\ncalls=4 +1\n"
			      "calls=1000 2\n"
			      "totals: 100 9 1 2 3 800\n",
			      &dump));
	assert_string_equal(dump.name, "lookup");
	assert_int_equal(dump.calls, 7);
	assert_int_equal(dump.bytes, 640);
	assert_int_equal(dump.instructions, 100);
	assert_int_equal(dump.locked, 2);
	assert_int_equal(dump.allocations, 12);
	assert_int_equal(dump.branches, 9);
	assert_int_equal(dump.syscalls, 3);
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

static const struct exact_op twice = { .name = "op", .per_call = 2 };

static void add_text(struct exact_dumps *dumps, const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(file);
	assert_int_equal(exact_add(dumps, file), 0);
	fclose(file);
}

#define DUMP(name, rest)                       \
	"desc: Trigger: Client Request: " name \
	"\nevents: Ir Ge Bc sysCount\ntotals: " rest "\n"

static void test_slope(void **state)
{
	struct exact_dumps dumps = { .n = 0 };
	struct exact_cost cost;

	(void)state;
	add_text(&dumps, DUMP("nothing:10", "17 7 7 7"));
	add_text(&dumps, DUMP("nothing:20", "27 7 7 7"));
	assert_false(exact_net_cost(&dumps, &twice, &cost));
	/* in any order */
	add_text(&dumps, DUMP("op:20 20 4000", "2405 80 120 41"));
	assert_false(exact_net_cost(&dumps, &twice, &cost));
	add_text(&dumps, DUMP("op:10 10 2000", "1205 40 60 21"));
	assert_true(exact_net_cost(&dumps, &twice, &cost));
	assert_true(cost.instructions == 59.5 && cost.locked == 2 &&
		    cost.branches == 3 && cost.syscalls == 1 &&
		    cost.allocations == 0.5 && cost.bytes == 100);
	/* a third one: which two are meant? */
	add_text(&dumps, DUMP("op:40", "5000"));
	assert_false(exact_net_cost(&dumps, &twice, &cost));
	exact_free(&dumps);
}

static void test_no_slope(void **state)
{
	struct exact_dumps dumps = { .n = 0 };
	struct exact_cost cost;

	(void)state;
	/* not n and 2n */
	add_text(&dumps, DUMP("a:10", "100 1"));
	add_text(&dumps, DUMP("a:21", "200 1"));
	assert_false(exact_cost(&dumps, "a", &cost));
	add_text(&dumps, DUMP("b:0", "100 1"));
	add_text(&dumps, DUMP("b:0", "100 1"));
	assert_false(exact_cost(&dumps, "b", &cost));
	/* twice as many calls took less */
	add_text(&dumps, DUMP("c:10", "100 5"));
	add_text(&dumps, DUMP("c:20", "200 4"));
	assert_false(exact_cost(&dumps, "c", &cost));
	exact_free(&dumps);
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
		cmocka_unit_test(test_jobs),
		cmocka_unit_test(test_jobs_fail),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_reader_refuses),
		cmocka_unit_test(test_slope),
		cmocka_unit_test(test_no_slope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
