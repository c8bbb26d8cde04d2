/* SPDX-License-Identifier: MIT */
/*
 * A subject's colour and mark, the same in every plot. The colours differ in
 * lightness as well as in hue and each has a mark of its own, for those who
 * see few hues; every colour has a twin for a dark page.
 */
#ifndef BENCH_OUTPUT_INK_H
#define BENCH_OUTPUT_INK_H

#include <stddef.h>
#include <stdio.h>

struct ink {
	const char *subject; /* whose it is; NULL: whoever comes */
	unsigned light;      /* 0xrrggbb on a light page, in the SVG itself */
	unsigned dark;
	int mark; /* gnuplot's point type */
};

/* Of axes' texts, and of the grid. */
extern const struct ink ink_text;
extern const struct ink ink_grid;

/* The at'th of a plot; a known subject has the same in all plots. */
const struct ink *ink_of(const char *subject, size_t at);

/* CSS rules that turn the inks of gnuplot's SVG into those of a dark page. */
void ink_dark_rules(FILE *out);

#endif
