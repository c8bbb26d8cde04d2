/* SPDX-License-Identifier: MIT */
/* Has threads make a history: fills in times and answers. */
#ifndef TESTS_PLAY_H
#define TESTS_PLAY_H

#include "script.h"

struct rcu_flavor_struct;
struct play;

struct play *play_begin(const struct variant *v,
			const struct rcu_flavor_struct *flavor, uint64_t seed);
/*
 * The events of all threads, at the same time, after the setup. `refuse`: this
 * allocation, counted from 1, is refused; 0: none.
 */
void play_history(struct play *p, struct history *h, unsigned int refuse);
/* Events so far that others got on in the middle of (stops.h). */
uint64_t play_stopped(const struct play *p);
void play_end(struct play *p);

#endif
