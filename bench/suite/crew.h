/* SPDX-License-Identifier: MIT */
/* Pinned threads that work side by side for a while, and how much they did. */
#ifndef BENCH_SUITE_CREW_H
#define BENCH_SUITE_CREW_H

#include <stdbool.h>
#include <stddef.h>

#include "../subject.h"

struct worker {
	int cpu;
	/* Some microseconds of work, over and over; false: it went wrong. */
	bool (*chunk)(void *ctx);
	void *ctx;
	double per_chunk; /* operations */
	/* whose thread_enter and thread_leave are called; NULL: nobody's */
	const struct subject_ops *ops;
	void *self;

	double rate; /* operations a second, by the worker's own time */
	bool failed;
};

#define CREW_MOST 64

/*
 * All begin together, after a chunk each that is not counted, and stop after
 * `seconds`. 0; -EIO: a chunk went wrong; else -errno of pinning or starting.
 */
int crew_run(struct worker *workers, size_t n, double seconds);

#endif
