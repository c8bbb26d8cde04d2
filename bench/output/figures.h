/* SPDX-License-Identifier: MIT */
/* Which plots there are: whatever the rows allow. */
#ifndef BENCH_OUTPUT_FIGURES_H
#define BENCH_OUTPUT_FIGURES_H

#include "pivot.h"
#include "plot.h"

/*
 * Lines over the rows' x, of all rows that have one: false where fewer than two
 * different x have a value, or memory is short (then *no_memory is set). The
 * subjects are the series.
 */
bool figure_lines(const struct pivot *pivot, struct plot *plot,
		  bool *no_memory);
/* The same over the dense shapes of the closed list, by their size. */
bool figure_dense(const struct pivot *pivot, struct plot *plot,
		  bool *no_memory);
/* Dots: a line per shape; false where it would show fewer than two. */
bool figure_dots(const struct pivot *pivot, struct plot *plot, bool *no_memory);
/*
 * Percentiles: the ops of group tail that begin with "curve-" are the series,
 * x is spread so that each further nine takes the same room.
 */
bool figure_tails(const struct results *results, struct plot *plot,
		  bool *no_memory);

#endif
