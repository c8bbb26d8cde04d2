/* SPDX-License-Identifier: MIT */
/*
 * What one thread can do, if each of its loads may return any value that the
 * location can have at all.
 */
#ifndef LITMUS_RUNS_H
#define LITMUS_RUNS_H

#include "litmus.h"

enum {
	MAX_RUN_EVENTS = 20,
	MAX_VALUES = 24,
};

struct event {
	enum op op;
	enum order order;
	int thread;
	int location;
	int read, written;
};

struct run {
	struct event events[MAX_RUN_EVENTS];
	int nevents;
	int registers[MAX_REGISTERS];
};

struct runs {
	struct run *list;
	int n, room;
};

/* Fills in the runs of each thread; ends the program if there are too many. */
void runs_of(const struct litmus *test, struct runs runs[MAX_THREADS]);
void runs_free(struct runs runs[MAX_THREADS]);

#endif
