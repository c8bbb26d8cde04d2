/* SPDX-License-Identifier: MIT */
/*
 * One line on a terminal: the share that is done, the time left, what is being
 * measured. Expectations are made beforehand and the machine is what it is, so
 * the time left is scaled by how long the steps so far took.
 */
#include <stdio.h>
#include <unistd.h>

#include "frame.h"

/* Before this share of the plan is done, its own word is better. */
#define ENOUGH_SEEN 0.03

static bool shown;
static double planned;
static double done; /* of what was planned */
static double running;
static uint64_t began;

void suite_plan(struct suite *suite, double seconds)
{
	(void)suite;
	planned += seconds;
}

void frame_progress_begin(void)
{
	shown = isatty(STDERR_FILENO);
	began = clock_posix();
	done = 0;
	running = 0;
}

static double seconds_left(void)
{
	double spent = (double)(clock_posix() - began) / 1e9;
	double left = planned > done ? planned - done : 0;

	return done > ENOUGH_SEEN * planned ? left * spent / done : left;
}

void suite_step(struct suite *suite, const char *what, double seconds)
{
	double share;
	double left;

	(void)suite;
	done += running;
	running = seconds;
	if (!shown)
		return;
	share = planned > 0 ? 100 * done / planned : 100;
	left = seconds_left();
	/* carriage return, erase the line */
	fprintf(stderr, "\r\033[K%3.0f %%, %2.0f:%02.0f left: %.60s",
		share < 100 ? share : 100, (double)((long)left / 60),
		(double)((long)left % 60), what);
	fflush(stderr);
}

void frame_progress_end(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}
