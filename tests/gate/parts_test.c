/* SPDX-License-Identifier: MIT */
/* What sides are made of: paths that matter, rows, code, trials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "code.h"
#include "made.h"
#include "rows.h"
#include "self_test.h"
#include "side.h"

/* ---- paths -------------------------------------------------------------- */

static void test_paths(void **state)
{
	static const char *const matter[] = {
		"CMakeLists.txt",
		"core/lookup.c",
		"core/riotlb.map",
		"include/riotlb/riotlb.h",
		"tools/cmake/Library.cmake",
		"somewhere/new.c",
		"core/README.mdx",
		"CMakePresets.json",
	};
	static const char *const do_not[] = {
		"README.md",
		"core/ORDERING.md",
		"tests/unit/a.c",
		"bench/shapes.c",
		"tools/gate/main.c",
		"LICENSE",
		"docs/cmake.txt",
		"tools/packages",
		".github/workflows/ci.yml",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(matter) / sizeof(*matter); i++)
		assert_true(path_matters(matter[i]));
	for (size_t i = 0; i < sizeof(do_not) / sizeof(*do_not); i++)
		assert_false(path_matters(do_not[i]));
}

/* ---- rows --------------------------------------------------------------- */

#define A "a/one\ttime\tns\trow\t-\t4096\t32\n"
#define B "b/16\ttime\tns\trow\tb\t16\t1\n"
#define C "c\ttime\tns\tcontrol\t-\t0\t1\n"
#define T "t\ttail\tns\trow\t-\t0\t64\n"
#define TWO "two\tbeside\tns\trow\t-\t4096\t32\n"

static enum status rows_planned(struct gate *gate, struct plan plan,
				const char *base, const char *head,
				struct row_plan **plans)
{
	char *b = strdup(base);
	char *h = strdup(head);
	enum status status;

	gate_init(gate);
	status = rows_make(gate, &plan, b, h, plans);
	free(b);
	free(h);
	return status;
}

static enum status rows(struct gate *gate, const char *filter, const char *base,
			const char *head, struct row_plan **plans)
{
	return rows_planned(gate, (struct plan){ .filter = filter }, base, head,
			    plans);
}

static void test_rows(void **state)
{
	struct row_plan *plans;
	struct gate gate;

	(void)state;
	assert_int_equal(rows(&gate, NULL, A B C T, A C T, &plans),
			 STATUS_PASS);
	assert_int_equal(gate.count, 4);
	assert_string_equal(gate.rows[0].name, "a/one");
	assert_int_equal(plans[0].step, 32);
	assert_null(gate.rows[0].family);
	assert_string_equal(gate.rows[1].family, "b");
	assert_true(gate.rows[1].n == 16);
	assert_non_null(gate.rows[1].base_unit);
	assert_null(gate.rows[1].head_unit);
	assert_true(gate.rows[2].control);
	assert_int_equal(gate.rows[3].metric, METRIC_TAIL);
	free(plans);
	gate_free(&gate);
}

static void test_filter_keeps_controls(void **state)
{
	struct row_plan *plans;
	struct gate gate;

	(void)state;
	assert_int_equal(rows(&gate, "^b/", A B C, A B C, &plans), STATUS_PASS);
	assert_int_equal(gate.count, 2);
	assert_string_equal(gate.rows[0].name, "b/16");
	assert_true(gate.rows[1].control);
	free(plans);
	gate_free(&gate);
	assert_int_equal(rows(&gate, "(", A, A, &plans), STATUS_USAGE);
	free(plans);
	gate_free(&gate);
}

/* A second thread that takes the CPU from the first would measure that. */
static void test_two_threads_need_two_cpus(void **state)
{
	struct row_plan *plans;
	struct gate gate;

	(void)state;
	assert_int_equal(rows(&gate, NULL, A TWO, A TWO, &plans), STATUS_PASS);
	assert_int_equal(gate.count, 2);
	assert_int_equal(gate.rows[1].metric, METRIC_BESIDE);
	free(plans);
	gate_free(&gate);
	assert_int_equal(rows_planned(&gate, (struct plan){ .beside = -1 },
				      A TWO, A TWO, &plans),
			 STATUS_PASS);
	assert_int_equal(gate.count, 1);
	assert_int_equal(gate.rows[0].metric, METRIC_TIME);
	free(plans);
	gate_free(&gate);
}

static void test_places(void **state)
{
	struct plan plan = plan_default();
	int first = plan.beside;
	int second = plan.cpu;

	(void)state;
	assert_int_not_equal(first, second);
	if (first < 0)
		skip();
	plan_place(&plan, first);
	assert_int_equal(plan.cpu, first);
	assert_int_equal(plan.beside, second);
	/* one that is not allowed is nobody's place, and both are left */
	plan_place(&plan, 1023);
	assert_int_equal(plan.beside, first);
}

static void test_lists_of_cpus(void **state)
{
	(void)state;
	assert_true(plan_is_listed("0\n", 0));
	assert_false(plan_is_listed("0\n", 1));
	assert_true(plan_is_listed("0-1,8\n", 1));
	assert_true(plan_is_listed("0-1,8\n", 8));
	assert_false(plan_is_listed("0-1,8\n", 2));
	assert_true(plan_is_listed("3,7,10-12", 11));
	assert_false(plan_is_listed("", 0));
	assert_false(plan_is_listed("x", 0));
}

static void test_damaged_lists(void **state)
{
	static const char *const lists[] = {
		"a\n",
		"a\ttime\tns\trow\t-\t4096\n",
		"a\ttime\tns\trow\t-\t4096\t0\n",
		"a\ttime\tns\trow\t-\t4096\t1\tmore\n",
		"\ttime\tns\trow\t-\t4096\t1\n",
		"a\tcolour\tns\trow\t-\t4096\t1\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct row_plan *plans;
		struct gate gate;

		assert_int_equal(rows(&gate, NULL, A, lists[i], &plans),
				 STATUS_INTERNAL);
		free(plans);
		gate_free(&gate);
	}
}

/* ---- code --------------------------------------------------------------- */

static const char copy[] = "parts_test.o";

static void *slurp(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	void *bytes;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	*size = (size_t)ftell(file);
	rewind(file);
	bytes = malloc(*size);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

static void spill(const void *bytes, size_t size)
{
	FILE *file = fopen(copy, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static bool same(const struct code *a, const struct code *b)
{
	return memcmp(a->hash, b->hash, sizeof(a->hash)) == 0;
}

static void test_code_is_recognized(void **state)
{
	struct code a = { 0 };
	struct code b = { 0 };
	struct code c = { 0 };

	(void)state;
	assert_int_equal(code_add(&a, GATE_OBJECT_A), 0);
	assert_int_equal(code_add(&a, GATE_OBJECT_B), 0);
	/* in another order, under another name */
	assert_int_equal(code_add(&b, GATE_OBJECT_B), 0);
	assert_int_equal(code_add(&b, GATE_OBJECT_A), 0);
	assert_true(same(&a, &b));
	assert_int_equal(code_add(&c, GATE_OBJECT_A), 0);
	assert_false(same(&a, &c));
	assert_true(*a.compiler);
}

/* Whatever a file looks like, it is read or refused. */
static void test_damaged_objects(void **state)
{
	struct rng rng = { 3 };
	size_t size;
	unsigned char *bytes = slurp(GATE_OBJECT_A, &size);
	unsigned char *bad = malloc(size);

	(void)state;
	assert_non_null(bad);
	for (int i = 0; i < 2000; i++) {
		struct code code = { 0 };
		size_t n = i % 2 ? size : (size_t)rng_below(&rng, size);

		memcpy(bad, bytes, size);
		for (int k = 0; k < 1 + i % 5; k++) {
			/* headers are where it matters */
			size_t at = k % 2 ? (size_t)rng_below(&rng, size)
					  : size - 1 -
						    (size_t)rng_below(&rng,
								      size / 4);

			bad[at] = (unsigned char)rng_next(&rng);
		}
		spill(bad, n);
		code_add(&code, copy);
	}
	free(bad);
	free(bytes);
}

/* One bit of the code, and it is other code. */
static void test_one_bit_counts(void **state)
{
	struct code was = { 0 };
	size_t changed = 0;
	size_t size;
	unsigned char *bytes = slurp(GATE_OBJECT_A, &size);

	(void)state;
	assert_int_equal(code_add(&was, GATE_OBJECT_A), 0);
	/* .text is the first section, behind the header of 64 bytes */
	for (size_t at = 64; at < 128; at++) {
		struct code is = { 0 };

		bytes[at] ^= 1;
		spill(bytes, size);
		bytes[at] ^= 1;
		assert_int_equal(code_add(&is, copy), 0);
		changed += !same(&was, &is);
	}
	assert_int_equal(changed, 64);
	free(bytes);
}

/* ---- trials ------------------------------------------------------------- */

static const struct trial *trial(const char *name)
{
	for (size_t i = 0; i < trial_count; i++) {
		if (strcmp(trials[i].name, name) == 0)
			return &trials[i];
	}
	fail_msg("no trial %s", name);
	return NULL;
}

static void test_outcomes(void **state)
{
	struct rng rng = { 9 };
	struct outcome o;
	struct gate gate;

	(void)state;
	made_sides(&gate);
	made_row(&gate, "slow", 20, 0.05, 0.005, &rng);
	made_row(&gate, "not", 20, 0, 0.005, &rng);
	made_row(&gate, "noisy", 20, 0.05, 0.1, &rng);
	made_row(&gate, "control/x", 20, 0, 0.005, &rng)->control = true;
	made_judge(&gate);
	o = trial_outcome(trial("share-5"), &gate);
	assert_int_equal(o.rows, 3);
	assert_int_equal(o.could, 2);
	assert_int_equal(o.seen, 1);
	assert_int_equal(o.open, 1);
	assert_true(o.failed);
	o = trial_outcome(trial("identical"), &gate);
	assert_int_equal(o.alarms, 1);
	assert_int_equal(o.rows, 0);
	/* no excuse for a row of two threads, and no other row is asked */
	made_row(&gate, "beside/a", 20, 0.05, 0.3, &rng)->metric =
		METRIC_BESIDE;
	made_row(&gate, "beside/b", 20, 2, 0.05, &rng)->metric = METRIC_BESIDE;
	made_judge(&gate);
	o = trial_outcome(trial("line"), &gate);
	assert_int_equal(o.rows, 2);
	assert_int_equal(o.could, 2);
	assert_int_equal(o.seen, 1);
	gate_free(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_filter_keeps_controls),
		cmocka_unit_test(test_two_threads_need_two_cpus),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_lists_of_cpus),
		cmocka_unit_test(test_damaged_lists),
		cmocka_unit_test(test_code_is_recognized),
		cmocka_unit_test(test_damaged_objects),
		cmocka_unit_test(test_one_bit_counts),
		cmocka_unit_test(test_outcomes),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	remove(copy);
	return failed;
}
