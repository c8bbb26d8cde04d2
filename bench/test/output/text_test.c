/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../output/figures.h"
#include "../../output/text.h"
#include "made_up.h"

static void numbers(void **state)
{
	char out[64];

	(void)state;
	text_number(out, sizeof(out), 1.234);
	assert_string_equal(out, "1.23");
	text_number(out, sizeof(out), 12.34);
	assert_string_equal(out, "12.3");
	text_number(out, sizeof(out), 146000);
	assert_string_equal(out, "146000");
	text_number(out, sizeof(out), 0.0123);
	assert_string_equal(out, "0.012");
	text_number(out, sizeof(out), NAN);
	assert_string_equal(out, "n/a");
	text_quantity(out, sizeof(out), 1500, "ns");
	assert_string_equal(out, "1.50 µs");
	text_quantity(out, sizeof(out), 65536, "B");
	assert_string_equal(out, "64.0 KiB");
	text_quantity(out, sizeof(out), 2, "1");
	assert_string_equal(out, "2.00");
	text_tick(out, sizeof(out), 100000, "1");
	assert_string_equal(out, "100000");
	text_tick(out, sizeof(out), 1e7, "ns");
	assert_string_equal(out, "10 ms");
	text_count(out, sizeof(out), 65536);
	assert_string_equal(out, "64 Ki");
	text_count(out, sizeof(out), 1000);
	assert_string_equal(out, "1000");
	text_spread(out, sizeof(out), &(struct estimate){ 10, 9, 11 });
	assert_string_equal(out, "10%");
	text_spread(out, sizeof(out), &(struct estimate){ 0, 0, 0 });
	assert_string_equal(out, "");
}

static void characters(void **state)
{
	(void)state;
	assert_int_equal(text_character("a"), 1);
	assert_int_equal(text_character("é"), 2);
	assert_int_equal(text_character("€"), 3);
	assert_int_equal(text_character("\xf0\x9f\x98\x80"), 4);
	assert_int_equal(text_character("\xe9"), 0);
	assert_int_equal(text_character("\xc3"), 0);
	assert_int_equal(text_character("\xc0\xaf"), 0);
	assert_int_equal(text_character("\xed\xa0\x80"), 0);
	assert_int_equal(text_character("\xe2\x82z"), 0);
	assert_int_equal(text_character("\xf4\x90\x80\x80"), 0);
	assert_int_equal(text_columns("é€a"), 3);
}

static void ratios(void **state)
{
	struct made_up m;
	struct estimate ratio;
	bool at_least;
	const struct row *ours;
	const struct row *theirs;

	(void)state;
	made_up_fill(&m);
	ours = results_find(m.results, "threads", "lookup", "t-1", "riotlb");
	theirs = results_find(m.results, "threads", "lookup", "t-1", "vhost");
	/* 400 / 2 and 400 / 17 lookups: more is better */
	assert_true(text_ratio(ours, theirs, &ratio, &at_least));
	assert_true(ratio.median > 7 && ratio.median < 10);
	assert_false(at_least);
	ours = results_find(m.results, "lookup", "one", "64ki-random",
			    "riotlb");
	theirs = results_find(m.results, "lookup", "one", "64ki-random",
			      "gtree");
	assert_true(text_ratio(ours, theirs, &ratio, &at_least));
	assert_true(at_least);
	assert_true(ratio.median <= theirs->value.low / ours->value.median);
	theirs =
		results_find(m.results, "lookup", "one", "64ki-random", "judy");
	assert_false(text_ratio(ours, theirs, &ratio, &at_least));
	assert_false(text_ratio(ours, NULL, &ratio, &at_least));
	made_up_free(&m);
}

static void figures_follow_rows(void **state)
{
	struct made_up m;
	struct pivot pivot;
	struct plot plot;
	bool no_memory;

	(void)state;
	made_up_fill(&m);
	assert_true(pivot_make(m.results, "growth", "lookup", &pivot));
	assert_string_equal(pivot.column[0], "riotlb");
	assert_true(figure_lines(&pivot, &plot, &no_memory));
	assert_int_equal(plot.series_count, 9);
	assert_int_equal(plot.tick_count, 6);
	assert_string_equal(plot.ticks[5].label, "1 Mi");
	assert_int_equal(plot.series[0].n, 6);
	assert_int_equal(plot.series[4].n, 3); /* dpdk: up to 256 */
	assert_true(plot.series[3].points[5].at_least);
	plot_free(&plot);
	assert_false(figure_dots(&pivot, &plot, &no_memory));
	assert_false(no_memory);
	pivot_free(&pivot);

	assert_true(pivot_make(m.results, "lookup", "one", &pivot));
	assert_false(figure_lines(&pivot, &plot, &no_memory));
	assert_true(figure_dense(&pivot, &plot, &no_memory));
	assert_int_equal(plot.tick_count, 5); /* the opaque one is not it */
	plot_free(&plot);
	assert_true(figure_dots(&pivot, &plot, &no_memory));
	assert_int_equal(plot.series_count, 9); /* not judy */
	assert_int_equal(plot.tick_count, 12);
	plot_free(&plot);
	pivot_free(&pivot);

	assert_true(figure_tails(m.results, &plot, &no_memory));
	assert_int_equal(plot.series_count, 3);
	assert_string_equal(plot.ticks[plot.tick_count - 1].label, "max");
	/* 99.999 are five nines, the worst of all is a step further */
	assert_true(fabs(plot.ticks[plot.tick_count - 1].at - 6) < 1e-6);
	plot_free(&plot);
	made_up_free(&m);
}

/* As gnuplot reads it: quotes doubled, one line. */
static void scripts_are_quoted(void **state)
{
	struct plot_point points[] = { { 1, 2, 1, 3, false },
				       { 2, 3, NAN, NAN, true } };
	struct plot_tick ticks[] = { { 1, "it's" }, { 2, "two\nlines" } };
	struct plot_series series = {
		.label = "a'; quit #",
		.ink = ink_of("riotlb", 0),
		.points = points,
		.n = 2,
	};
	struct plot plot = {
		.unit = "ns",
		.log_x = true,
		.log_value = true,
		.series = &series,
		.series_count = 1,
		.ticks = ticks,
		.tick_count = 2,
	};
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	plot_script(f, &plot, "p", false);
	fclose(f);
	assert_non_null(strstr(text, "'a''; quit #'"));
	assert_null(strstr(text, "'a'; quit"));
	assert_non_null(strstr(text, "'it''s' 1"));
	assert_non_null(strstr(text, "'two lines' 2"));
	assert_null(strstr(text, "nan"));
	free(text);
}

static void subjects_keep_their_ink(void **state)
{
	(void)state;
	assert_ptr_equal(ink_of("riotlb", 0), ink_of("riotlb", 7));
	assert_ptr_not_equal(ink_of("riotlb", 0), ink_of("vhost", 0));
	assert_ptr_not_equal(ink_of("new", 0), ink_of("newer", 1));
	assert_ptr_not_equal(ink_of("riotlb", 0), ink_of("new", 0));
}

static void lines_are_wrapped(void **state)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	text_wrap(f, "one two  three \n abcdefghijklmn", 2, 1, 10);
	fclose(f);
	assert_string_equal(text, "one two\n three\n abcdefghi\n jklmn");
	free(text);
}

static void notes_are_named_once(void **state)
{
	struct notes notes = { 0 };

	(void)state;
	assert_int_equal(notes_add(&notes, "a"), 1);
	assert_int_equal(notes_add(&notes, "b"), 2);
	assert_int_equal(notes_add(&notes, "a"), 1);
	assert_int_equal(notes_add(&notes, ""), 0);
	assert_int_equal(notes_add(&notes, NULL), 0);
	assert_int_equal(notes.n, 2);
	notes_free(&notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(characters),
		cmocka_unit_test(lines_are_wrapped),
		cmocka_unit_test(notes_are_named_once),
		cmocka_unit_test(ratios),
		cmocka_unit_test(figures_follow_rows),
		cmocka_unit_test(scripts_are_quoted),
		cmocka_unit_test(subjects_keep_their_ink),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
