/* SPDX-License-Identifier: MIT */
/* What is written can be read, and gives the same verdicts again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include <jansson.h>

#include "judge.h"
#include "made.h"
#include "record.h"

static const char path[] = "record_test.json";

static void make(struct gate *gate)
{
	struct rng rng = { 11 };

	made_sides(gate);
	gate->seed = 0xfedcba9876543210u;
	gate_add_fact(gate, "cpu", "made up");
	made_row(gate, "same", 20, 0, 0.005, &rng);
	made_row(gate, "slow", 20, 0.05, 0.005, &rng);
	made_row(gate, "noisy", 20, 0, 0.2, &rng);
	made_row(gate, "control/x", 20, 0, 0.005, &rng)->control = true;
	assert_int_equal(gate_add_count(gate, "lookup", "atomics", 0, 0), 0);
	for (size_t i = 0; i < 4; i++) {
		char name[16];
		struct gate_row *row;

		snprintf(name, sizeof(name), "n/%zu", i);
		row = made_row(gate, name, 10 << i, 0, 0.005, &rng);
		row->family = strdup("n");
		row->n = 1 << i;
	}
	made_judge(gate);
}

static void save(const struct gate *gate)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(record_write(gate, file), 0);
	assert_int_equal(fclose(file), 0);
}

static void same_row(const struct gate_row *a, const struct gate_row *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->found.verdict, b->found.verdict);
	assert_memory_equal(a->pairs, b->pairs, a->count * sizeof(struct pair));
	assert_true(a->found.p == b->found.p ||
		    (isnan(a->found.p) && isnan(b->found.p)));
	assert_true(a->found.effect == b->found.effect);
	assert_string_equal(a->found.why, b->found.why);
}

static void test_same_after_reading(void **state)
{
	struct gate gate;
	struct gate again;

	(void)state;
	make(&gate);
	save(&gate);
	assert_int_equal(record_read(&again, path), STATUS_PASS);
	assert_int_equal(again.status, STATUS_REGRESSION);
	assert_true(again.seed == gate.seed);
	assert_memory_equal(&again.base, &gate.base, sizeof(gate.base));
	assert_string_equal(again.facts[0].value, "made up");
	assert_int_equal(again.count, gate.count);
	again.status = STATUS_PASS;
	made_judge(&again);
	assert_int_equal(again.status, gate.status);
	assert_int_equal(again.count, gate.count);
	for (size_t i = 0; i < gate.count; i++)
		same_row(&gate.rows[i], &again.rows[i]);
	assert_int_equal(again.count_count, 1);
	gate_free(&gate);
	gate_free(&again);
}

/* Each of these makes a file that is refused, with the key's name. */
static void damage(json_t *root, size_t which)
{
	json_t *rows = json_object_get(root, "rows");
	json_t *rules = json_object_get(root, "rules");
	json_t *row = json_array_get(rows, 0);

	switch (which) {
	case 0:
		json_object_set_new(root, "schema", json_integer(99));
		break;
	case 1:
		json_object_del(root, "rows");
		break;
	case 2:
		json_object_del(row, "pairs");
		break;
	case 3:
		json_array_set_new(json_object_get(row, "pairs"), 0,
				   json_string("fast"));
		break;
	case 4:
		json_object_set_new(rules, "alpha", json_real(2));
		break;
	case 5:
		json_object_set_new(row, "metric", json_string("joy"));
		break;
	case 6:
		json_object_set_new(root, "exit", json_integer(77));
		break;
	case 7:
		json_object_del(root, "base");
		break;
	case 8:
		json_object_set_new(rules, "looks", json_integer(0));
		break;
	default:
		json_object_set_new(row, "planned", json_integer(-1));
		break;
	}
}

static void test_damaged_files(void **state)
{
	struct gate gate;
	struct gate again;

	(void)state;
	make(&gate);
	for (size_t i = 0; i < 10; i++) {
		json_t *root;

		save(&gate);
		root = json_load_file(path, 0, NULL);
		assert_non_null(root);
		damage(root, i);
		assert_int_equal(json_dump_file(root, path, 0), 0);
		json_decref(root);
		assert_int_equal(record_read(&again, path), STATUS_USAGE);
		gate_free(&again);
	}
	assert_int_equal(record_read(&again, "no/such/file"), STATUS_USAGE);
	gate_free(&again);
	gate_free(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_after_reading),
		cmocka_unit_test(test_damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
