/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../output/html.h"
#include "../../output/text.h"
#include "html_check.h"
#include "made_up.h"

/* ---- files -------------------------------------------------------------- */

static char root[] = "/tmp/bench-output-XXXXXX";
static const char *const files[] = { "full.json", "ci.json", "summary.json",
				     "report.html" };

static char *path_of(const char *dir, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s%s%s", root, dir, *name ? "/" : "",
		 name);
	return path;
}

static char *slurp(FILE *file)
{
	char *text = NULL;
	size_t size = 0;
	size_t n = 0;
	size_t got;

	assert_non_null(file);
	do {
		size += 65536;
		text = realloc(text, size + 1);
		assert_non_null(text);
		got = fread(text + n, 1, size - n, file);
		n += got;
	} while (got);
	text[n] = '\0';
	fclose(file);
	return text;
}

static void forget(const char *dir)
{
	for (size_t i = 0; i < 4; i++)
		unlink(path_of(dir, files[i]));
	rmdir(path_of(dir, ""));
}

/* Messages that are expected are not shown. */
static int quiet_write(const struct output_run *run, const char *dir,
		       char **said)
{
	int saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	int err;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	err = output_write(run, dir);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	*said = slurp(file);
	return err;
}

static json_t *load(const char *dir, const char *name)
{
	json_error_t error;
	json_t *document = json_load_file(path_of(dir, name), 0, &error);

	if (!document)
		fail_msg("%s:%d: %s", name, error.line, error.text);
	return document;
}

/* ---- JSON --------------------------------------------------------------- */

static const char *text_at(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	if (!text)
		fail_msg("%s is no string", key);
	return text;
}

static double number_at(const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);

	if (!json_is_number(value))
		fail_msg("%s is no number", key);
	return json_number_value(value);
}

static void check_facts(const json_t *o)
{
	assert_string_equal(text_at(o, "cpu"), "Some CPU <1 GHz> & more");
	assert_string_equal(text_at(o, "libc"), "caf?");
	assert_string_equal(text_at(o, "hypervisor"), "KVMKVMKVM");
	assert_string_equal(text_at(o, "huge_pages"), "always [madvise] never");
	assert_string_equal(text_at(o, "flags"), "-O3 -DNDEBUG");
	assert_true(json_is_true(json_object_get(o, "virtual")));
	assert_true(number_at(o, "clock_quantum_ns") > 0);
	assert_true(number_at(o, "cpu_mhz") > 0);
	assert_int_equal(json_integer_value(json_object_get(o, "memory_bytes")),
			 MADE_UP_MEMORY);
	assert_string_equal(
		text_at(json_object_get(o, "versions"), "linux-source-6.12"),
		MADE_UP_NASTY);
}

static void check_bar(const json_t *o, const struct bar *bar)
{
	static const char *const ops[] = { "<=", "<", ">=", "==" };
	const json_t *met = json_object_get(o, "met");

	assert_string_equal(text_at(o, "id"), bar->id);
	assert_string_equal(text_at(o, "what"), bar->what);
	assert_string_equal(text_at(o, "unit"), bar->unit);
	assert_string_equal(text_at(o, "op"), ops[bar->op]);
	assert_string_equal(text_at(o, "why"), bar->why);
	text_at(o, "worst_shape");
	assert_true(fabs(number_at(o, "target") - bar->target) < 1e-6);
	assert_true(bar->verdict == BAR_UNDECIDED ? json_is_null(met)
		    : bar->verdict == BAR_MET     ? json_is_true(met)
						  : json_is_false(met));
	if (isfinite(bar->value.median))
		assert_true(fabs(number_at(o, "value") / bar->value.median -
				 1) < 1e-6);
	else
		assert_true(json_is_null(json_object_get(o, "value")));
	if (isfinite(bar->value.low))
		assert_true(number_at(o, "lo") < number_at(o, "hi"));
	else
		assert_true(json_is_null(json_object_get(o, "lo")));
	assert_int_equal(json_object_size(o), 11);
}

static void check_summary(const struct made_up *m)
{
	json_t *root_object = load("out", "summary.json");
	const json_t *bars = json_object_get(root_object, "bars");
	char id[8];

	assert_int_equal(number_at(root_object, "schema"), 1);
	check_facts(json_object_get(root_object, "machine"));
	assert_int_equal(json_array_size(bars), 21);
	for (size_t i = 0; i < 21; i++) {
		const json_t *o = json_array_get(bars, i);

		snprintf(id, sizeof(id), "B%zu", i + 1);
		assert_string_equal(text_at(o, "id"), id);
		check_bar(o, &m->bars[i]);
	}
	json_decref(root_object);
}

static const struct row *row_named(const struct results *results,
				   const char *name)
{
	for (size_t i = 0; i < results_count(results); i++) {
		const struct row *row = results_at(results, i);

		if (strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

static size_t rows_with_times(const struct results *results)
{
	size_t n = 0;

	for (size_t i = 0; i < results_count(results); i++) {
		const struct row *row = results_at(results, i);

		n += row->state == ROW_VALUE && strcmp(row->unit, "ns") == 0;
	}
	return n;
}

static void check_ci(const struct made_up *m)
{
	json_t *root_object = load("out", "ci.json");
	const json_t *list = json_object_get(root_object, "benchmarks");
	const json_t *context = json_object_get(root_object, "context");
	json_t *seen = json_object();

	check_facts(context);
	/* Bencher insists on them */
	assert_true(json_is_array(json_object_get(context, "caches")));
	assert_true(json_is_object(
		json_array_get(json_object_get(context, "caches"), 0)));
	assert_int_equal(json_array_size(list), rows_with_times(m->results));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const char *name = text_at(o, "name");
		const struct row *row = row_named(m->results, name);

		assert_non_null(row);
		assert_int_equal(row->state, ROW_VALUE);
		assert_string_equal(text_at(o, "run_type"), "iteration");
		assert_string_equal(text_at(o, "time_unit"), "ns");
		assert_true(fabs(number_at(o, "real_time") / row->value.median -
				 1) < 1e-6);
		assert_true(number_at(o, "cpu_time") > 0);
		assert_true(number_at(o, "iterations") > 0);
		assert_int_equal(number_at(o, "threads"), 1);
		assert_null(json_object_get(seen, name));
		json_object_set_new(seen, name, json_true());
	}
	json_decref(seen);
	json_decref(root_object);
}

static void check_sample(const struct made_up *m, const json_t *o)
{
	const struct row *row = row_named(m->results, text_at(o, "name"));
	size_t i = (size_t)number_at(o, "repetition_index");

	assert_non_null(row);
	assert_string_equal(text_at(o, "run_name"), row->name);
	assert_true(i < row->rounds);
	assert_int_equal(number_at(o, "repetitions"), row->rounds);
	assert_true(fabs(number_at(o, "real_time") / row->samples[i] - 1) <
		    1e-6);
}

static void check_aggregate(const struct made_up *m, const json_t *o)
{
	const struct row *row = row_named(m->results, text_at(o, "run_name"));
	const char *kind = text_at(o, "aggregate_name");
	char name[256];

	assert_non_null(row);
	snprintf(name, sizeof(name), "%s_%s", row->name, kind);
	assert_string_equal(text_at(o, "name"), name);
	assert_string_equal(text_at(o, "aggregate_unit"),
			    strcmp(kind, "cv") == 0 ? "percentage" : "time");
	if (strcmp(kind, "median") == 0)
		assert_true(fabs(number_at(o, "real_time") / row->value.median -
				 1) < 1e-6);
	else
		assert_true(number_at(o, "real_time") > 0);
}

static void check_full(const struct made_up *m)
{
	json_t *root_object = load("out", "full.json");
	const json_t *list = json_object_get(root_object, "benchmarks");
	const json_t *rows = json_object_get(root_object, "rows");
	size_t samples = 0;
	size_t planned = 0;

	check_facts(json_object_get(root_object, "context"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);

		number_at(o, "family_index");
		number_at(o, "per_family_instance_index");
		number_at(o, "cpu_time");
		text_at(o, "time_unit");
		if (strcmp(text_at(o, "run_type"), "aggregate") == 0) {
			check_aggregate(m, o);
			continue;
		}
		check_sample(m, o);
		samples++;
	}
	/* nine rounds, mean, median, stddev, cv */
	assert_int_equal(samples, 9 * rows_with_times(m->results));
	assert_int_equal(json_array_size(list), samples / 9 * 13);
	for (size_t i = 0; i < results_count(m->results); i++)
		planned += results_at(m->results, i)->state == ROW_PLANNED;
	assert_int_equal(planned, 1);
	assert_int_equal(json_array_size(rows) + planned,
			 results_count(m->results));
	json_decref(root_object);
}

/* "NaN" and "Infinity" are what careless writers put for such numbers. */
static void check_no_odd_words(void)
{
	for (size_t i = 0; i < 3; i++) {
		char *text = slurp(fopen(path_of("out", files[i]), "r"));

		assert_null(strcasestr(text, ": nan"));
		assert_null(strcasestr(text, ": inf"));
		assert_null(strcasestr(text, ": -inf"));
		free(text);
	}
}

static void writes_json(void **state)
{
	struct made_up m;

	(void)state;
	made_up_fill(&m);
	assert_int_equal(output_write(&m.run, path_of("out", "")), 0);
	check_summary(&m);
	check_ci(&m);
	check_full(&m);
	check_no_odd_words();
	forget("out");
	made_up_free(&m);
}

/* ---- the page ----------------------------------------------------------- */

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void check_page(const char *page)
{
	const char *wrong = html_check(page);

	if (wrong)
		fail_msg("%s", wrong);
	assert_non_null(strstr(page, "Some CPU &lt;1 GHz&gt; &amp; more"));
	assert_non_null(strstr(page, "a&lt;b&gt;&amp;&quot;c&quot; "
				     "&#39;d&#39; \\e `f`&lt;/script&gt;"));
	assert_null(strstr(page, "a<b>"));
	assert_non_null(strstr(page, "caf?"));
	assert_non_null(strstr(page, "prefers-color-scheme: dark"));
	assert_non_null(strstr(page, "KVMKVMKVM"));
	assert_int_equal(count(page, "class=\"left verdict"), 21);
}

static bool have_gnuplot(void)
{
	return system("gnuplot --version > /dev/null 2>&1") == 0;
}

static void writes_page(void **state)
{
	struct made_up m;
	char *page;

	(void)state;
	made_up_fill(&m);
	assert_int_equal(output_write(&m.run, path_of("out", "")), 0);
	page = slurp(fopen(path_of("out", "report.html"), "r"));
	check_page(page);
	if (have_gnuplot()) {
		size_t figures = count(page, "<figure>");

		assert_true(figures >= 8);
		assert_int_equal(count(page, "<svg class=\"plot wide\""),
				 figures);
		assert_int_equal(count(page, "<svg class=\"plot narrow\""),
				 figures);
		assert_int_equal(count(page, "</svg>"),
				 2 * figures + count(page, "\"gauge\""));
		assert_null(strstr(page, "gnuplot-nox"));
	}
	forget("out");
	free(page);
	made_up_free(&m);
}

/* Writes the page with this PATH, and returns it. */
static char *page_with_path(const char *path, char **said)
{
	struct made_up m;
	char *before = strdup(getenv("PATH"));
	char *page;

	assert_non_null(before);
	made_up_fill(&m);
	setenv("PATH", path, 1);
	assert_int_equal(quiet_write(&m.run, path_of("out", ""), said), 0);
	setenv("PATH", before, 1);
	free(before);
	page = slurp(fopen(path_of("out", "report.html"), "r"));
	check_page(page);
	assert_int_equal(count(page, "class=\"plot"), 0);
	forget("out");
	made_up_free(&m);
	return page;
}

static void page_without_gnuplot(void **state)
{
	char *said;
	char *page = page_with_path("/nowhere", &said);

	(void)state;
	assert_non_null(strstr(page, "<code>gnuplot-nox</code>"));
	free(page);
	free(said);
}

static void page_with_bad_gnuplot(void **state)
{
	char path[256];
	char *said;
	char *page;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s", path_of("gnuplot", ""));
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("#!/bin/sh\necho no fonts >&2\nexit 3\n", f);
	fclose(f);
	assert_int_equal(chmod(path, 0755), 0);
	page = page_with_path(root, &said);
	assert_non_null(strstr(page, "gnuplot failed"));
	assert_non_null(strstr(said, "no fonts"));
	free(page);
	free(said);

	/* it says that all is well, and draws nothing */
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("#!/bin/sh\nexit 0\n", f);
	fclose(f);
	page = page_with_path(root, &said);
	assert_non_null(strstr(page, "gnuplot failed"));
	free(page);
	free(said);
	unlink(path);
}

static void writes_an_empty_run(void **state)
{
	struct made_up m;
	char *page;
	json_t *ci;

	(void)state;
	made_up_empty(&m);
	assert_int_equal(output_write(&m.run, path_of("a/b/out", "")), 0);
	page = slurp(fopen(path_of("a/b/out", "report.html"), "r"));
	assert_null(html_check(page));
	assert_int_equal(count(page, "not measured"), 21);
	ci = load("a/b/out", "ci.json");
	assert_int_equal(json_array_size(json_object_get(ci, "benchmarks")), 0);
	json_decref(ci);
	json_decref(load("a/b/out", "full.json"));
	json_decref(load("a/b/out", "summary.json"));
	forget("a/b/out");
	rmdir(path_of("a/b", ""));
	rmdir(path_of("a", ""));
	free(page);
	made_up_free(&m);
}

/* ---- errors ------------------------------------------------------------- */

static void no_directory(void **state)
{
	struct made_up m;
	char *said;
	FILE *f;

	(void)state;
	made_up_empty(&m);
	f = fopen(path_of("file", ""), "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(quiet_write(&m.run, path_of("file", "sub"), &said),
			 -ENOTDIR);
	assert_non_null(strstr(said, "cannot write"));
	assert_non_null(strstr(said, "Not a directory"));
	free(said);
	assert_int_equal(quiet_write(&m.run, path_of("file", ""), &said),
			 -ENOTDIR);
	free(said);
	assert_int_equal(quiet_write(&m.run, "", &said), -ENOENT);
	free(said);
	unlink(path_of("file", ""));
	made_up_free(&m);
}

/* One name is taken by a directory: the others are written all the same. */
static void one_file_fails(void **state)
{
	struct made_up m;
	char *said;

	(void)state;
	made_up_empty(&m);
	assert_int_equal(mkdir(path_of("out", ""), 0755), 0);
	assert_int_equal(mkdir(path_of("out", "ci.json"), 0755), 0);
	assert_int_equal(quiet_write(&m.run, path_of("out", ""), &said),
			 -EISDIR);
	assert_non_null(strstr(said, "out/ci.json: Is a directory"));
	free(said);
	json_decref(load("out", "full.json"));
	json_decref(load("out", "summary.json"));
	assert_int_equal(access(path_of("out", "report.html"), R_OK), 0);
	rmdir(path_of("out", "ci.json"));
	forget("out"); /* and no draft is left: the directory goes */
	assert_int_equal(access(path_of("out", ""), F_OK), -1);
	made_up_free(&m);
}

/* The draft goes to a device on which there is never room. */
static void full_disk(void **state)
{
	struct made_up m;
	char draft[64];
	char *said;

	(void)state;
	if (access("/dev/full", W_OK))
		skip();
	made_up_empty(&m);
	snprintf(draft, sizeof(draft), ".summary.json.%ld", (long)getpid());
	assert_int_equal(mkdir(path_of("out", ""), 0755), 0);
	assert_int_equal(symlink("/dev/full", path_of("out", draft)), 0);
	assert_int_equal(quiet_write(&m.run, path_of("out", ""), &said),
			 -ENOSPC);
	assert_non_null(strstr(said, "summary.json: No space left on device"));
	assert_int_equal(access(path_of("out", "summary.json"), F_OK), -1);
	free(said);
	forget("out");
	assert_int_equal(access(path_of("out", ""), F_OK), -1);
	made_up_free(&m);
}

/* ---- the table ---------------------------------------------------------- */

static char *table_of(const struct made_up *m)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	output_table(&m->run, f);
	fclose(f);
	return text;
}

static void check_width(char *text)
{
	for (char *line = text; *line;) {
		char *next = line + strcspn(line, "\n");
		char kept = *next;

		*next = '\0';
		if (text_columns(line) >= 100)
			fail_msg("%zu columns: %s", text_columns(line), line);
		*next = kept;
		line = kept ? next + 1 : next;
	}
}

static void table_is_narrow(void **state)
{
	struct made_up m;
	char *text;

	(void)state;
	made_up_fill(&m);
	text = table_of(&m);
	check_width(text);
	assert_null(strchr(text, '\033')); /* it is no terminal */
	assert_non_null(strstr(text, "lookup/one"));
	assert_non_null(strstr(text, "n/a["));
	assert_non_null(strstr(text, "FAILED["));
	assert_non_null(strstr(text, "hidden["));
	assert_non_null(strstr(text, " >1")); /* gtree, over its budget */
	assert_non_null(strstr(text, "judy: not built: the package "
				     "libjudy-dev"));
	assert_non_null(strstr(text, "] pool 2048"));
	assert_non_null(strstr(text, "MISSED"));
	assert_non_null(strstr(text, "undecided"));
	assert_non_null(strstr(text, "of 21 bars are met"));
	assert_null(strstr(text, "never/measured")); /* only planned */
	free(text);
	made_up_free(&m);
}

static void table_of_an_empty_run(void **state)
{
	struct made_up m;
	char *text;

	(void)state;
	made_up_empty(&m);
	text = table_of(&m);
	check_width(text);
	assert_non_null(strstr(text, "0 of 21 bars are met"));
	free(text);
	made_up_free(&m);
}

/* Names as long as they come, more peers than fit beside each other. */
static void table_of_long_names(void **state)
{
	struct made_up m;
	char name[80];
	char *text;
	double one = 12345678;

	(void)state;
	made_up_empty(&m);
	for (size_t i = 0; i < 12; i++) {
		struct row like = {
			.group = "workload",
			.op = "w1",
			.shape = "a-shape-whose-name-is-longer-than-a-column-"
				 "may-be",
			.subject = name,
			.unit = "ns",
			.x = NAN,
		};

		snprintf(name, sizeof(name),
			 i ? "a-peer-with-a-name-%zu" : "riotlb", i);
		results_fill(m.results, results_add(m.results, &like), &one, 1);
	}
	text = table_of(&m);
	check_width(text);
	assert_int_equal(count(text, "a-peer-with-a-name-11"), 1);
	free(text);
	made_up_free(&m);
}

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	return rmdir(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_json),
		cmocka_unit_test(writes_page),
		cmocka_unit_test(page_without_gnuplot),
		cmocka_unit_test(page_with_bad_gnuplot),
		cmocka_unit_test(writes_an_empty_run),
		cmocka_unit_test(no_directory),
		cmocka_unit_test(one_file_fails),
		cmocka_unit_test(full_disk),
		cmocka_unit_test(table_is_narrow),
		cmocka_unit_test(table_of_an_empty_run),
		cmocka_unit_test(table_of_long_names),
	};

	return cmocka_run_group_tests_name("output", tests, make_root,
					   remove_root);
}
