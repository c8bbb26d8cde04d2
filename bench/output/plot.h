/* SPDX-License-Identifier: MIT */
/* Plots, as scripts for gnuplot. */
#ifndef BENCH_OUTPUT_PLOT_H
#define BENCH_OUTPUT_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ink.h"

struct plot_point {
	double x; /* of dots: which category, from 0 */
	double y; /* the value */
	double low;
	double high;
	bool at_least; /* y is a lower bound */
};

struct plot_series {
	char label[48];
	const struct ink *ink;
	bool ours; /* drawn on top, and larger */
	struct plot_point *points;
	size_t n;
};

struct plot_tick {
	double at;
	char label[40];
};

enum plot_kind {
	PLOT_LINES, /* y over x, labels at the lines' ends */
	PLOT_DOTS,  /* a line per category, the value to the right */
};

struct plot {
	enum plot_kind kind;
	const char *unit; /* of y */
	bool log_x;       /* of lines */
	bool log_value;
	struct plot_series *series;
	size_t series_count;
	struct plot_tick *ticks; /* of x; of dots: the categories */
	size_t tick_count;
};

/* Writes the script. Narrow: for a phone. */
void plot_script(FILE *out, const struct plot *plot, const char *name,
		 bool narrow);
void plot_free(struct plot *plot);

#endif
