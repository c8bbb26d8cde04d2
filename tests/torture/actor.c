/* SPDX-License-Identifier: MIT */
/* What several of the parts do. */
#include <errno.h>
#include <sched.h>
#include <time.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "ledger.h"
#include "round.h"
#include "violation.h"

uint32_t round_space(struct actor *a)
{
	if (rng_percent(&a->rng, 85))
		return atomic_load_explicit(&a->round->hot,
					    memory_order_relaxed);
	return (uint32_t)rng_below(&a->rng, SPACES);
}

void actor_sleep(struct actor *a, unsigned long us)
{
	struct timespec left = { .tv_sec = (time_t)(us / 1000000),
				 .tv_nsec = (long)(us % 1000000 * 1000) };

	if (a->reads)
		riotlb_thread_offline(a->engine);
	nanosleep(&left, NULL);
	if (a->reads)
		riotlb_thread_online(a->engine);
}

static unsigned int bit_of(int err)
{
	switch (err) {
	case -EEXIST:
		return MAY_EXIST;
	case -EFAULT:
		return MAY_FAULT;
	case -EINVAL:
		return MAY_INVALID;
	case -EAGAIN:
		return MAY_BACKLOG;
	default:
		return 0;
	}
}

bool actor_updated(struct actor *a, const char *what, int err, unsigned int may)
{
	if (!err) {
		count_add(&a->counts, COUNT_updates, 1);
		return true;
	}
	if (!(bit_of(err) & may))
		violation("%s ended in error %d", what, err);
	count_add(&a->counts, COUNT_refused, 1);
	if (err == -EAGAIN) {
		count_add(&a->counts, COUNT_eagain, 1);
		atomic_fetch_add(&a->round->refused, 1);
		sched_yield();
	}
	return false;
}

void actor_reset(struct actor *a, uint32_t asid)
{
	uint64_t ticket = wipe_begin(asid);

	actor_updated(a, "reset_map", riotlb_reset_map(a->engine, asid, NULL),
		      0);
	wipe_end(asid, ticket, true);
	count_add(&a->counts, COUNT_resets, 1);
	count_add(
		&a->counts, COUNT_stalled,
		atomic_load_explicit(&a->round->stalled, memory_order_relaxed));
}

/* Hands back what is certain to be gone. */
static void sweep(struct actor *a)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < a->kept; i++) {
		uint32_t block = a->keep[i];

		if (block_is_gone(block))
			riotlb_defer(a->engine, &blocks[block].deferred,
				     block_expire);
		else
			a->keep[left++] = block;
	}
	a->kept = left;
	a->sweep_at = left + 128;
}

void actor_keep(struct actor *a, uint32_t block)
{
	if (!a->round->kind->plain)
		return;
	/* there are not so many places that could keep it full */
	check(a->kept < KEPT_MAX);
	a->keep[a->kept++] = block;
	if (a->kept >= a->sweep_at)
		sweep(a);
}
