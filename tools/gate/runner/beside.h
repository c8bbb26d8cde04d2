/* SPDX-License-Identifier: MIT */
/*
 * A second thread, on a CPU of its own, that works while a turn is taken. What
 * two threads need not share they must not share by accident either, and one
 * thread alone never notices.
 */
#ifndef RIOTLB_GATE_BESIDE_H
#define RIOTLB_GATE_BESIDE_H

#include "ops.h"

struct beside;

/* Does op->beside on the tables of `s` when told to. 0 or -errno. */
int beside_open(struct beside **beside, struct state *s, const struct op *op,
		int cpu);
/* Returns when it works. */
void beside_go(struct beside *beside);
/*
 * Returns when it has stopped: 0, or the error of a call that must not fail.
 * *lost grows by how often another program took its CPU away.
 */
int beside_stop(struct beside *beside, long *lost);
/* What is counted by both is on one cache line from now on. */
void beside_share_line(struct beside *beside, struct state *s);
void beside_close(struct beside *beside);

/* How often another program took the CPU away from the calling thread. */
long lost_cpu(void);

#endif
