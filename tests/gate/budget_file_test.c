/* SPDX-License-Identifier: MIT */
/* The file of budgets: what is read, what is refused, what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>

#include "budget_file.h"

static const char path[] = "budget_file_test.txt";

static int read_bytes(const char *text, size_t n, struct budget_file *budgets)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, n, "r");
	int err;

	assert_non_null(file);
	err = budget_read(file, budgets);
	fclose(file);
	return err;
}

static int read_text(const char *text, struct budget_file *budgets)
{
	return read_bytes(text, strlen(text), budgets);
}

static const char two_keys[] = "# a remark\n"
			       "\n"
			       "[gcc 1]\n"
			       "lookup instructions=78.5 atomics=0\n"
			       "map-16\tatomics=1   \r\n"
			       "growth-x exponent=-0.02\n"
			       "[gcc 2]\n"
			       "lookup instructions=1000000.000001";

static double value_of(struct count_set *set, const char *row,
		       enum count_metric metric)
{
	const struct count_value *value = count_find(set, row, metric);

	assert_non_null(value);
	return value->value;
}

static void test_read(void **state)
{
	struct budget_file budgets;
	struct count_set *set;

	(void)state;
	assert_int_equal(read_text(two_keys, &budgets), 0);
	assert_int_equal(budgets.n, 2);
	assert_null(budget_of(&budgets, "gcc"));
	assert_null(budget_of(&budgets, "gcc 12"));
	set = budget_of(&budgets, "gcc 1");
	assert_non_null(set);
	assert_int_equal(set->n, 4);
	assert_true(value_of(set, "lookup", COUNT_INSTRUCTIONS) == 78.5);
	assert_true(value_of(set, "lookup", COUNT_ATOMICS) == 0);
	assert_true(value_of(set, "map-16", COUNT_ATOMICS) == 1);
	assert_true(value_of(set, "growth-x", COUNT_EXPONENT) == -0.02);
	set = budget_of(&budgets, "gcc 2");
	assert_non_null(set);
	assert_true(value_of(set, "lookup", COUNT_INSTRUCTIONS) ==
		    1000000.000001);
	budget_free(&budgets);
}

static void test_empty(void **state)
{
	struct budget_file budgets;

	(void)state;
	assert_int_equal(read_text("\n", &budgets), 0);
	assert_int_equal(budgets.n, 0);
	budget_free(&budgets);
	assert_int_equal(read_text("# nothing\n[k]\n", &budgets), 0);
	assert_int_equal(budgets.n, 1);
	assert_int_equal(budgets.sets[0].n, 0);
	budget_free(&budgets);
}

static void refused(const char *text, size_t line, const char *why)
{
	struct budget_file budgets;

	if (read_text(text, &budgets) != -EINVAL)
		fail_msg("taken: %s", text);
	assert_int_equal(budgets.line, line);
	if (!strstr(budgets.why, why))
		fail_msg("%s: %s, not %s", text, budgets.why, why);
	budget_free(&budgets);
}

static void test_refused(void **state)
{
	(void)state;
	refused("lookup atomics=0\n", 1, "before any [key]");
	refused("[]\n", 1, "no [key]");
	refused("[key\n", 1, "no [key]");
	refused("[key] x\n", 1, "no [key]");
	refused("[a]\n[b]\n[a]\n", 3, "before");
	refused("[a]\nlookup\n", 2, "no number");
	refused("[a]\n lookup atomics=0\n", 2, "no name");
	refused("[a]\nLookup atomics=0\n", 2, "no name");
	refused("[a]\nlook/up atomics=0\n", 2, "no name");
	refused("[a]\nlookup atomics\n", 2, "no such metric");
	refused("[a]\nlookup atomic=0\n", 2, "no such metric");
	refused("[a]\nlookup =0\n", 2, "no such metric");
	refused("[a]\nlookup atomics=0 atomics=0\n", 2, "two atomics");
	refused("[a]\nx atomics=0\ny atomics=0\nx branches=0\n", 4, "two rows");
	refused("[a]\nx atomics=-1\n", 2, "less than nothing");
}

static void test_numbers_refused(void **state)
{
	static const char *const numbers[] = {
		"",
		"-",
		"+1",
		"1e3",
		"0x10",
		"nan",
		"inf",
		"1,5",
		"1.",
		".5",
		"--1",
		"1.1234567",
		"1=2",
		"1.2.3",
		"1 1",
		"1;",
		"1a",
		"-nan",
		"1000000000000000",
		"1234567890.123456",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		char text[64];

		snprintf(text, sizeof(text), "[a]\nx exponent=%s\n",
			 numbers[i]);
		refused(text, 2,
			strcmp(numbers[i], "1 1") == 0 ? "metric" : "number");
	}
}

/* Names, keys and lines that are too long, bytes that are none of text. */
static void test_hostile(void **state)
{
	struct budget_file budgets;
	char text[8192];

	(void)state;
	for (size_t n = 40; n < sizeof(text) - 64; n += 37) {
		memset(text, 'x', sizeof(text));
		snprintf(text + n, 64, " atomics=0\n");
		memcpy(text, "[a]\n", 4);
		if (n - 4 < COUNT_LONGEST_ROW) {
			assert_int_equal(read_text(text, &budgets), 0);
			budget_free(&budgets);
		} else {
			refused(text, 2, n > 1024 ? "" : "no name");
		}
		memset(text, 'x', sizeof(text));
		text[0] = '[';
		snprintf(text + n, 64, "]\n");
		if (n - 1 < COUNT_LONGEST_KEY) {
			assert_int_equal(read_text(text, &budgets), 0);
			budget_free(&budgets);
		} else {
			refused(text, 1, "");
		}
	}
	/* the longest key, and one more */
	memset(text, 'x', sizeof(text));
	text[0] = '[';
	memcpy(text + COUNT_LONGEST_KEY, "]\n", 3);
	assert_int_equal(read_text(text, &budgets), 0);
	budget_free(&budgets);
	text[COUNT_LONGEST_KEY] = 'x';
	memcpy(text + COUNT_LONGEST_KEY + 1, "]\n", 3);
	refused(text, 1, "no [key]");
	assert_int_equal(read_bytes("[a]\nx atomics=0\0y\n", 19, &budgets),
			 -EINVAL);
	budget_free(&budgets);
	assert_int_equal(read_bytes("[a]\n\xff\xfe atomics=0\n", 17, &budgets),
			 -EINVAL);
	budget_free(&budgets);
}

/* Cut off and garbled anywhere: an error or a smaller file, and no crash. */
static void test_garbled(void **state)
{
	const size_t n = sizeof(two_keys) - 1;
	char text[sizeof(two_keys)];
	struct budget_file budgets;

	(void)state;
	for (size_t i = 1; i < n; i++) {
		int err = read_bytes(two_keys, i, &budgets);

		assert_true(!err || err == -EINVAL);
		budget_free(&budgets);
		for (int byte = 0; byte < 256; byte++) {
			memcpy(text, two_keys, sizeof(text));
			text[i] = (char)byte;
			err = read_bytes(text, n, &budgets);
			assert_true(!err || err == -EINVAL);
			budget_free(&budgets);
		}
	}
}

/* ---- writing ------------------------------------------------------------ */

static void save(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void expect_saved(const char *text)
{
	char is[1024];
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(is, 1, sizeof(is) - 1, file);
	is[n] = '\0';
	fclose(file);
	assert_string_equal(is, text);
}

static void make(struct count_set *set, const char *key)
{
	*set = (struct count_set){ .n = 0 };
	snprintf(set->key, sizeof(set->key), "%s", key);
	assert_int_equal(count_add(set, "lookup", COUNT_INSTRUCTIONS, 67), 0);
	assert_int_equal(count_add(set, "lookup", COUNT_ATOMICS, 0), 0);
	assert_int_equal(count_add(set, "growth-map", COUNT_EXPONENT, -0.5), 0);
	assert_int_equal(count_add(set, "map", COUNT_BYTES, 1.0 / 3), 0);
}

#define ROWS                                                   \
	"lookup                   instructions=67 atomics=0\n" \
	"growth-map               exponent=-0.5\n"             \
	"map                      bytes=0.333333\n"

static void test_update(void **state)
{
	struct count_set set;

	(void)state;
	make(&set, "gcc 1");
	save("# remark\n\n[gcc 1]\nx atomics=1\n# kept\ny atomics=2\n\n[b]\n"
	     "z atomics=3\n");
	assert_int_equal(budget_update(path, &set), 0);
	expect_saved("# remark\n\n[gcc 1]\n" ROWS "# kept\n\n[b]\n"
		     "z atomics=3\n");
	/* once more: the same */
	assert_int_equal(budget_update(path, &set), 0);
	expect_saved("# remark\n\n[gcc 1]\n" ROWS "# kept\n\n[b]\n"
		     "z atomics=3\n");
	count_free(&set);
}

static void test_append(void **state)
{
	struct budget_file budgets;
	struct count_set set;
	FILE *file;

	(void)state;
	make(&set, "gcc 1");
	save("[gcc 10]\nx atomics=1\n");
	assert_int_equal(budget_update(path, &set), 0);
	expect_saved("[gcc 10]\nx atomics=1\n\n[gcc 1]\n" ROWS);
	/* and what was written is what is read */
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(budget_read(file, &budgets), 0);
	fclose(file);
	assert_int_equal(budgets.n, 2);
	assert_int_equal(budgets.sets[1].n, set.n);
	assert_memory_equal(budgets.sets[1].all, set.all,
			    set.n * sizeof(*set.all));
	budget_free(&budgets);
	count_free(&set);
}

/* What is no file of budgets is left as it is. */
static void test_no_update(void **state)
{
	struct count_set set;
	struct stat st;

	(void)state;
	make(&set, "gcc 1");
	save("int main(void)\n");
	assert_int_equal(budget_update(path, &set), -EINVAL);
	expect_saved("int main(void)\n");
	assert_int_equal(budget_update("nonexistent", &set), -ENOENT);
	assert_int_equal(stat("nonexistent", &st), -1);
	unlink(path);
	count_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_numbers_refused),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_garbled),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_no_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
