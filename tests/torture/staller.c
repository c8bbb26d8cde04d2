/* SPDX-License-Identifier: MIT */
/*
 * Holds a section, with a translation in it, until so much waits for it that
 * calls are refused; leaves, and sees everything released and calls accepted
 * again.
 */
#include <time.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "ledger.h"
#include "round.h"

enum {
	REFUSALS = 3,
	EVERY_US = 1000000,
};

static bool find(struct actor *a, struct held *held)
{
	struct look l = { .asid = (uint32_t)rng_below(&a->rng, SPACES),
			  .place = place_any(&a->rng),
			  .want = RIOTLB_READ };
	struct riotlb_segment seg = { 0 };
	struct answer answer;

	l.iova = places[l.place].start;
	look_begin(&l);
	answer.err = riotlb_translate(a->engine, l.asid, l.iova,
				      l.iova + LOOK_SPAN, l.want, &seg);
	answer.addr = seg.addr;
	answer.last = seg.last;
	answer.perm = seg.perm;
	count_add(&a->counts, COUNT_lookups, 1);
	return look_end(&l, &answer, held) == FOUND_BLOCK;
}

static void sleep_inside(void)
{
	const struct timespec pause = { .tv_nsec = 500000 };

	nanosleep(&pause, NULL);
}

static void hold(struct actor *a, const struct held *held)
{
	uint64_t refused = atomic_load(&a->round->refused);

	atomic_store(&a->round->stalled, true);
	while (round_goes_on(a) &&
	       atomic_load(&a->round->refused) < refused + REFUSALS)
		sleep_inside();
	atomic_store(&a->round->stalled, false);
	held_check(held);
}

/* Everything retired until now is released, and there is room again. */
static void see_it_drain(struct actor *a)
{
	struct riotlb_report report;
	uint64_t added;

	check_eq(riotlb_unmap(a->engine, SPACE_STEADY, PLACE_HOLE, PLACE_HOLE,
			      RIOTLB_UNMAP_EXACT, &report),
		 0);
	check_eq(riotlb_wait(a->engine, report.token), 0);
	added = atomic_load(&a->round->added);
	while (round_goes_on(a)) {
		if (atomic_load(&a->round->added) > added) {
			count_add(&a->counts, COUNT_stalls, 1);
			return;
		}
		actor_sleep(a, 100);
	}
}

void staller(struct actor *a)
{
	struct held held;
	bool found;

	while (round_goes_on(a)) {
		riotlb_read_enter(a->engine);
		found = find(a, &held);
		if (found)
			hold(a, &held);
		riotlb_read_exit(a->engine);
		riotlb_quiescent(a->engine);
		if (!found)
			continue;
		see_it_drain(a);
		for (unsigned long us = 0; us < EVERY_US && round_goes_on(a);
		     us += 10000)
			actor_sleep(a, 10000);
	}
}
