/* SPDX-License-Identifier: MIT */
/*
 * Retirement: what is unlinked is handed over here and released once nobody can
 * reach it any more. Work is done in cycles, one at a time:
 *
 *   count up cycle_started; wait for whoever holds an AS; collect; wait for the
 *   holders of swapped-out tables and for a grace period;
 *   free memory; when the leases of that time have ended, run callbacks; count
 *   up cycle_done.
 *
 * A token is the number of the first cycle that starts after the call.
 */
#ifndef RIOTLB_CORE_RETIRE_H
#define RIOTLB_CORE_RETIRE_H

#include "object.h"
#include "stripe.h"

/* Hands over a list linked by next. Never allocates, waits or wakes. */
void riotlb_retire_list(struct riotlb_space *space, struct riotlb_object *list,
			uint64_t bytes);
/* Hands over a table with all that is below it. */
void riotlb_retire_table(struct riotlb_space *space,
			 struct riotlb_table *table);

/*
 * Token of a change. _held: by a holder, before it releases. _now: after the
 * change by anybody; costs a fence.
 */
struct riotlb_token riotlb_token_held(const struct riotlb *engine);
struct riotlb_token riotlb_token_now(const struct riotlb *engine);

/* Is more waiting for readers than the cap allows? */
bool riotlb_backlog_full(const struct riotlb *engine);
/* Waits for room if the engine was so created: 0 or -EAGAIN. */
int riotlb_backlog_wait(struct riotlb *engine);

/* `maintain` is called for each AS after each cycle, on the same thread. */
int riotlb_reclaimer_start(struct riotlb *engine, bool thread,
			   void (*maintain)(struct riotlb_space *space));
/* Ends the thread; then as _finish. */
void riotlb_reclaimer_stop(struct riotlb *engine);
/* Runs cycles on the caller's thread until nothing is left. */
void riotlb_reclaimer_finish(struct riotlb *engine);
void riotlb_reclaimer_free(struct riotlb *engine);

/*
 * Around fork (fork.c). _suspend waits until no cycle is under way and keeps
 * others from beginning one, with no thread of the library registered with the
 * flavour; -EDEADLK where waiting is not allowed. _resume ends that.
 */
int riotlb_reclaimer_suspend(struct riotlb *engine);
void riotlb_reclaimer_resume(struct riotlb *engine);
/*
 * In the child: suspends, too. Without a _suspend in the parent -EBUSY if there
 * is a thread, or if somebody was at it. Or an error of starting a thread.
 */
int riotlb_reclaimer_adopt(struct riotlb *engine);
/* Releases everything that waits, without callbacks. By who adopted. */
void riotlb_reclaimer_discard(struct riotlb *engine);
/* Ends the child's suspension. */
void riotlb_reclaimer_adopted(struct riotlb *engine);

/* Frees a table and all below it at once. */
void riotlb_free_table(struct riotlb *engine, struct riotlb_table *table);
/*
 * Turns each mapping of a table that nobody edits any more into its record,
 * appended to *records. Returns their bytes.
 */
uint64_t riotlb_collect_records(struct riotlb_table *table, uint32_t asid,
				struct riotlb_object **records);

#endif
