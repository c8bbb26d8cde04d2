/* SPDX-License-Identifier: MIT */
/* Numbers and names for people. */
#ifndef BENCH_OUTPUT_TEXT_H
#define BENCH_OUTPUT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../bars.h"
#include "../results.h"

/* Three digits or so, "n/a" for NaN. */
void text_number(char *out, size_t size, double value);
/* With the unit that fits: 1500 ns are 1.50 µs, 65536 B are 64.0 KiB. */
void text_quantity(char *out, size_t size, double value, const char *unit);
/* The same of a round number: 1000 ns are 1 µs. */
void text_tick(char *out, size_t size, double value, const char *unit);
/* A count, exact where it is a small multiple of a power of 1024: "64 Ki" */
void text_count(char *out, size_t size, double value);
/* Half the interval, in percent of the median: "3%"; "" if unknown. */
void text_spread(char *out, size_t size, const struct estimate *e);

/* "met", "MISSED", "undecided" */
const char *text_verdict(enum bar_verdict verdict);

/* What a group and an op are, for people; NULL if there is no better name. */
const char *text_title(const char *group, const char *op);
/* One of Google Benchmark's units */
bool text_is_time(const char *unit);

/* Bytes of the UTF-8 character that text begins with; 0: it is none. */
size_t text_character(const char *text);
/* Columns that a UTF-8 text takes (no wide characters). */
size_t text_columns(const char *text);
/*
 * Fills lines of at most `width` columns, words apart; every line but the
 * first begins with `indent` spaces. `at` columns of the first are taken.
 */
void text_wrap(FILE *out, const char *text, size_t at, size_t indent,
	       size_t width);

/*
 * How many times better ours is: theirs / ours, where more is better ours /
 * theirs. False if one has no value. If theirs is over its budget, at_least is
 * set and the median is a lower bound.
 */
bool text_ratio(const struct row *ours, const struct row *theirs,
		struct estimate *ratio, bool *at_least);

/* Reasons, each named once by a number from 1. */
struct notes {
	const char **texts;
	size_t n;
};

/* 0 if there is nothing to say, or no memory. The text is not copied. */
size_t notes_add(struct notes *notes, const char *text);
void notes_free(struct notes *notes);

#endif
