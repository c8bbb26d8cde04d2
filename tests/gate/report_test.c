/* SPDX-License-Identifier: MIT */
/* What a run leaves: every file, for every kind of outcome. */
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
#include "output/text.h"
#include "report.h"

static const char hostile[] = "a<b>&\"'|`\n\x01";

static struct gate gate;
static char *said;

static int set_up(void **state)
{
	struct rng rng = { 5 };
	struct gate_row *row;

	(void)state;
	made_sides(&gate);
	made_row(&gate, "same", 20, 0, 0.005, &rng);
	made_row(&gate, "slow/one", 20, 0.05, 0.005, &rng);
	made_row(&gate, "fast", 20, -0.05, 0.005, &rng);
	made_row(&gate, "noisy", 2e6, 0, 0.2, &rng);
	made_row(&gate, hostile, 20, 0, 0.005, &rng);
	made_row(&gate, "tail/a", 400, 2, 0.05, &rng)->metric = METRIC_TAIL;
	made_row(&gate, "control/x", 20, 0, 0.005, &rng)->control = true;
	row = made_row(&gate, "new", 20, 0, 0.005, &rng);
	free(row->base_unit);
	row->base_unit = NULL;
	row->count = 0;
	gate_add_count(&gate, "lookup", "atomics", 0, 1);
	gate_add_count(&gate, "lookup", "instructions", 50, 50);
	gate_add_fact(&gate, "cpu", "%s", hostile);
	snprintf(gate.head.given, sizeof(gate.head.given), "%s", hostile);
	said = NULL;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gate_free(&gate);
	free(said);
	return 0;
}

/* What it writes, to be freed at the end. */
static const char *of(int (*write)(const struct gate *gate, FILE *file))
{
	size_t size;
	FILE *file = open_memstream(&said, &size);

	assert_non_null(file);
	assert_int_equal(write(&gate, file), 0);
	assert_int_equal(fclose(file), 0);
	return said;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

static void has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' in:\n%s", part, text);
}

static int terminal(const struct gate *g, FILE *file)
{
	report_terminal(g, file);
	return 0;
}

/* The line of the table that is about a row. */
static void line_has(const char *table, const char *row, const char *part)
{
	const char *line = strstr(table, row);
	const char *found = line ? strstr(line, part) : NULL;

	if (!found || found > strchr(line, '\n'))
		fail_msg("no '%s' beside '%s' in:\n%s", part, row, table);
}

/* ---- terminal ----------------------------------------------------------- */

static void test_table(void **state)
{
	const char *table;

	(void)state;
	made_judge(&gate);
	table = of(terminal);
	line_has(table, "!! slow/one", "FAIL");
	line_has(table, "ok same", "PASS");
	line_has(table, "++ fast", "PASS");
	line_has(table, "?? noisy", "INCONCLUSIVE");
	line_has(table, "control/x", "control");
	line_has(table, "!! lookup", "FAIL");
	has(table, "1 of 2 counts did not change");
	has(table, "FAIL: ");
	has_not(table, "\033");
	/* worst first */
	assert_true(strstr(table, "slow/one") < strstr(table, "noisy"));
	assert_true(strstr(table, "noisy") < strstr(table, "ok same"));
	assert_true(strstr(table, "ok same") < strstr(table, "control/x"));
}

static void test_table_is_narrow(void **state)
{
	char *rest;
	char *line;

	(void)state;
	gate.head.given[0] = '\0';
	made_judge(&gate);
	of(terminal);
	rest = said;
	while ((line = strsep(&rest, "\n")))
		assert_true(text_columns(line) < 100);
}

static void test_faults_are_shown(void **state)
{
	(void)state;
	gate.rows[0].error = strdup("it broke");
	made_judge(&gate);
	has(of(terminal), "!! same: it broke");
	has(said, "INCOMPARABLE");
}

/* ---- Markdown ----------------------------------------------------------- */

static void test_markdown(void **state)
{
	const char *text;
	const char *fold;

	(void)state;
	made_judge(&gate);
	text = of(report_markdown);
	fold = strstr(text, "<details>");
	assert_non_null(fold);
	assert_true(strncmp(text, "<!-- riotlb-gate -->\n", 21) == 0);
	has(text, "riotlb-gate: FAIL");
	/* what is not well is in front of the fold, the rest behind it */
	assert_true(strstr(text, "`slow/one`") < fold);
	assert_true(strstr(text, "`noisy`") < fold);
	assert_true(strstr(text, "`lookup`") < fold);
	assert_true(strstr(text, "`same`") > fold);
	has(text, "`a<b>&\"'\\|'  `");
}

/* ---- JUnit -------------------------------------------------------------- */

static size_t times(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

static void test_junit(void **state)
{
	const char *xml;

	(void)state;
	made_judge(&gate);
	xml = of(report_junit);
	has(xml, "tests=\"11\" failures=\"3\" errors=\"0\" skipped=\"1\"");
	assert_int_equal(times(xml, "<testcase "), 11);
	assert_int_equal(times(xml, "</testcase>"), 11);
	assert_int_equal(times(xml, "<failure "), 3);
	assert_int_equal(times(xml, "<skipped "), 1);
	has(xml, "a&lt;b&gt;&amp;&quot;&#39;|`  ");
	for (const char *p = xml; *p; p++)
		assert_true(*p == '\n' || (unsigned char)*p >= ' ');
}

static void test_junit_of_faults(void **state)
{
	(void)state;
	gate.rows[0].error = strdup("it broke");
	made_judge(&gate);
	of(report_junit);
	has(said, "errors=\"1\"");
	has(said, "<failure message=\"same: it broke\">");
	has(said, "<error message=\"it broke\">");
}

/* ---- Google Benchmark's JSON -------------------------------------------- */

static void test_gbench(void **state)
{
	json_t *root;
	json_t *rows;
	json_t *row;
	size_t i;

	(void)state;
	gate.rows[0].error = strdup("it broke");
	made_judge(&gate);
	root = json_loads(of(report_gbench), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	rows = json_object_get(root, "benchmarks");
	assert_true(json_is_array(
		json_object_get(json_object_get(root, "context"), "caches")));
	/* neither the broken row nor the new one */
	assert_int_equal(json_array_size(rows), 6);
	json_array_foreach(rows, i, row)
	{
		const char *name =
			json_string_value(json_object_get(row, "name"));

		assert_non_null(name);
		assert_true(json_real_value(json_object_get(row, "real_time")) >
			    0);
		assert_string_equal(
			json_string_value(json_object_get(row, "time_unit")),
			"ns");
		assert_string_equal(
			json_string_value(json_object_get(row, "run_type")),
			"iteration");
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(
				name,
				json_string_value(json_object_get(
					json_array_get(rows, k), "name")));
	}
	json_decref(root);
}

/* ---- the page ----------------------------------------------------------- */

static void test_page(void **state)
{
	const char *page;

	(void)state;
	made_judge(&gate);
	page = of(report_html);
	has(page, "<title>FAIL: riotlb-gate</title>");
	has(page, "a&lt;b&gt;&amp;&quot;&#39;|`");
	has_not(page, "a<b>");
	/* nothing is loaded, and nothing runs */
	has_not(page, "http");
	has_not(page, "<script");
	has_not(page, "src=");
	has_not(page, "nan");
	has_not(page, "inf\"");
	assert_int_equal(times(page, "<svg class=\"effect"), 7);
	assert_int_equal(times(page, "<svg class=\"pairs"), 7);
	assert_int_equal(times(page, "<svg"), times(page, "</svg>"));
	assert_int_equal(times(page, "<details"), times(page, "</details>"));
	assert_int_equal(times(page, "<tr>"), times(page, "</tr>"));
}

/* ---- all together ------------------------------------------------------- */

static void test_unchanged(void **state)
{
	(void)state;
	gate_free(&gate);
	made_sides(&gate);
	gate.unchanged = strdup("nothing changed");
	made_judge(&gate);
	has(of(terminal), "PASS: nothing changed");
	free(said);
	has(of(report_markdown), "PASS: nothing changed");
	free(said);
	has(of(report_junit), "failures=\"0\"");
	free(said);
	has(of(report_html), "nothing changed");
}

static void test_directory(void **state)
{
	static const char *const names[] = { "gate.json", "gate.md",
					     "junit.xml", "gb.json",
					     "report.html" };

	(void)state;
	made_judge(&gate);
	assert_int_equal(report_write(&gate, "report_test/deep"), STATUS_PASS);
	for (size_t i = 0; i < 5; i++) {
		char path[64];
		FILE *file;

		snprintf(path, sizeof(path), "report_test/deep/%s", names[i]);
		file = fopen(path, "r");
		assert_non_null(file);
		assert_int_not_equal(fgetc(file), EOF);
		fclose(file);
	}
	assert_int_equal(report_write(&gate, "report_test/deep/gate.md/no"),
			 STATUS_INTERNAL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_table),
		T(test_table_is_narrow),
		T(test_faults_are_shown),
		T(test_markdown),
		T(test_junit),
		T(test_junit_of_faults),
		T(test_gbench),
		T(test_page),
		T(test_unchanged),
		T(test_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
