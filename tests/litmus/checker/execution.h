/* SPDX-License-Identifier: MIT */
/*
 * Candidate executions: one run of each thread, a write for each read, and an
 * order of the writes to each location. The model says which of them a
 * conforming implementation can show.
 */
#ifndef LITMUS_EXECUTION_H
#define LITMUS_EXECUTION_H

#include "relation.h"
#include "runs.h"

struct execution {
	struct event events[MAX_EVENTS]; /* initial writes first */
	int n;
	struct relation sb; /* sequenced before; initial writes before all */
	struct relation rf; /* a read reads from a write */
	struct relation mo; /* modification order */
	int sources[MAX_EVENTS]; /* rf by read */
};

struct verdict {
	long consistent; /* executions that the model allows */
	long satisfying; /* those in which the condition holds */
};

/*
 * `load_buffering`: without the axiom that a load does not take its value from
 * a store that program order puts behind what depends on the load. C11 has no
 * such axiom, and arm64 lets loads and later stores trade places.
 */
struct verdict litmus_run(const struct litmus *test, bool load_buffering);

/* model.c */
bool model_allows(const struct execution *x, bool load_buffering);

#endif
