/* SPDX-License-Identifier: MIT */
/* Parts of the program by themselves: numbers, percentiles, ids. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ids.h"
#include "scan.h"
#include "spread.h"

/* ---- numbers ------------------------------------------------------------ */

static const struct {
	const char *text;
	bool read;
	uint64_t value;
	const char *rest;
} hexes[] = {
	{ "0x0", true, 0, "" },
	{ "0xffffffffffffffff", true, UINT64_MAX, "" },
	{ "0xFFFFFFFFFFFFFFFF", true, UINT64_MAX, "" },
	{ "0x10000000000000000", false, 0, "0x10000000000000000" },
	{ "0x00000000000000000001", true, 1, "" },
	{ "0x1g", true, 1, "g" },
	{ "0x", false, 0, "0x" },
	{ "0xg", false, 0, "0xg" },
	{ "0X1", false, 0, "0X1" },
	{ "1", false, 0, "1" },
	{ "-0x1", false, 0, "-0x1" },
	{ " 0x1", false, 0, " 0x1" },
	{ "", false, 0, "" },
};

static void hexadecimals_are_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hexes) / sizeof(hexes[0]); i++) {
		struct scan scan =
			scan_begin(hexes[i].text, strlen(hexes[i].text));
		uint64_t value = 0;

		assert_int_equal(scan_hex(&scan, &value), hexes[i].read);
		assert_true(value == hexes[i].value);
		assert_int_equal(scan.past - scan.at, strlen(hexes[i].rest));
	}
}

static void decimals_are_strict(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool read;
		uint64_t value;
	} cases[] = {
		{ "0", 0, true, 0 },
		{ "1", 0, false, 0 },
		{ "4294967295", UINT32_MAX, true, UINT32_MAX },
		{ "4294967296", UINT32_MAX, false, 0 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999999", UINT64_MAX, false, 0 },
		{ "00012", 12, true, 12 },
		{ "+1", 12, false, 0 },
		{ "a", 12, false, 0 },
		{ "", 12, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scan scan =
			scan_begin(cases[i].text, strlen(cases[i].text));
		uint64_t value = 0;

		assert_int_equal(scan_decimal(&scan, cases[i].max, &value),
				 cases[i].read);
		assert_true(value == cases[i].value);
	}
}

/* The text ends where it is said to end, not at a NUL. */
static void scanning_stops_at_the_end(void **state)
{
	struct scan scan = scan_begin("0x12345", 4);
	uint64_t value = 0;

	(void)state;
	assert_true(scan_hex(&scan, &value));
	assert_int_equal(value, 0x12);
	assert_false(scan_decimal(&scan, 9, &value));
	assert_false(scan_text(&scan, "3"));
	assert_false(scan_word(&scan));
}

/* ---- percentiles -------------------------------------------------------- */

static void small_values_are_exact(void **state)
{
	struct spread *spread = calloc(1, sizeof(*spread));

	(void)state;
	assert_non_null(spread);
	assert_true(spread_percentile(spread, 0.5) == 0);
	for (uint64_t i = 1; i <= 50; i++)
		spread_add(spread, i);
	assert_true(spread_percentile(spread, 0.5) == 25);
	assert_true(spread_percentile(spread, 0.9) == 45);
	assert_true(spread_percentile(spread, 1) == 50);
	/* the 28th is the first that has 27.5 at or below it */
	assert_true(spread_percentile(spread, 0.55) == 28);
	assert_true(spread_percentile(spread, 0.001) == 1);
	free(spread);
}

static void large_values_are_near(void **state)
{
	struct spread *spread = calloc(1, sizeof(*spread));

	(void)state;
	assert_non_null(spread);
	for (unsigned int bit = 6; bit < 64; bit++) {
		for (uint64_t part = 0; part < 16; part++) {
			uint64_t value = (uint64_t)1 << bit;
			double near;

			value += part << (bit - 4);
			memset(spread, 0, sizeof(*spread));
			spread_add(spread, value);
			spread_add(spread, UINT64_MAX);
			near = spread_percentile(spread, 0.5);
			assert_true(near >= (double)value);
			assert_true(near <= (double)value * (1 + 1.0 / 64));
			assert_true(spread_percentile(spread, 1) <=
				    (double)UINT64_MAX);
		}
	}
	free(spread);
}

/* A value is never said to be above the largest. */
static void the_largest_is_exact_enough(void **state)
{
	struct spread *spread = calloc(1, sizeof(*spread));

	(void)state;
	assert_non_null(spread);
	for (int i = 0; i < 1000; i++)
		spread_add(spread, 1000000);
	assert_true(spread_percentile(spread, 0.999) <= 1000000);
	assert_int_equal(spread->n, 1000);
	free(spread);
}

/* ---- ids ---------------------------------------------------------------- */

static void ids_are_dense(void **state)
{
	struct ids ids;
	uint32_t number;

	(void)state;
	ids_init(&ids, 5000);
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 5000; i++) {
			/* also ids that differ in their high bits alone */
			uint32_t id = i % 2 ? i << 19 | i : i * 0x10001u;

			assert_int_equal(ids_number(&ids, id, &number), 0);
			assert_int_equal(number, i);
			assert_true(ids.of[number] == id);
		}
	}
	assert_int_equal(ids.n, 5000);
	assert_int_equal(ids_number(&ids, UINT32_MAX, &number), -ENOSPC);
	assert_int_equal(ids_number(&ids, 0, &number), 0);
	assert_int_equal(number, 0);
	ids_free(&ids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hexadecimals_are_strict),
		cmocka_unit_test(decimals_are_strict),
		cmocka_unit_test(scanning_stops_at_the_end),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(large_values_are_near),
		cmocka_unit_test(the_largest_is_exact_enough),
		cmocka_unit_test(ids_are_dense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
