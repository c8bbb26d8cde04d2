/* SPDX-License-Identifier: MIT */
/*
 * Shifts: a crew's work for a fixed time, whose rates become rows. Shifts that
 * are to be compared take turns, as trials of a contest do.
 */
#ifndef BENCH_SUITE_SHIFT_H
#define BENCH_SUITE_SHIFT_H

#include "crew.h"
#include "suite.h"

#define SHIFT_OUTPUTS 3

/* A row gets the rates of workers first..first + count - 1, added up. */
struct shift_output {
	struct row *row; /* NULL: nobody wants it */
	size_t first;
	size_t count;
	double *samples;
};

struct shift {
	struct worker *workers;
	size_t n;
	size_t rounds; /* at most those of shifts_run */
	struct shift_output out[SHIFT_OUTPUTS];
	size_t outputs;
	double unit; /* operations a second that are 1 of the row's unit */
	bool failed;
};

/*
 * Plays `rounds` rounds, each shift once in each for `seconds`, and fills the
 * rows in. A shift that fails has its rows marked, and no further turn.
 */
void shifts_run(struct suite *suite, struct shift *shifts, size_t n,
		size_t rounds, double seconds);

/* All of the shift's rows. */
void shift_refuse(struct suite *suite, struct shift *shift,
		  enum row_state state, const char *why);
void shift_wrong(struct suite *suite, struct shift *shift, const char *why);

/* Says so and ends the program if memory is NULL. */
void *suite_need(void *memory);

#endif
