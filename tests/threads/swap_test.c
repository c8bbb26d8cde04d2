/* SPDX-License-Identifier: MIT */
/*
 * An updater that is stopped in the middle of an edit, while its table is
 * swapped out and the reclaimer is sent after it. The table must stay until the
 * updater has let go of it; that it was no reader does not help.
 *
 * The updater is stopped by a signal, so nobody knows where; the handler lets
 * it go on when a cycle of reclamation is over, or, if that does not happen
 * because the cycle waits for the updater, after a while.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "crew.h"
#include "hooks.h"
#include "retired.h"

enum {
	PAGES = 40,
	STOPS = 150,
	PATIENCE = 400, /* yields until the handler gives up */
};

static struct riotlb *engine;
static atomic_bool over;
static atomic_uint_fast64_t edits, cycles, stops, gone;
static atomic_uint_fast64_t held; /* stops that a cycle waited for */

static struct riotlb_mapping page(uint64_t n, uint64_t generation)
{
	uint64_t start = 0x100000 + n * 0x1000;

	return (struct riotlb_mapping){
		.start = start,
		.last = start + (n % 5 ? 0xfff : 0xfe),
		.addr = generation << 40 | start,
		.perm = RIOTLB_RW,
	};
}

static void handler(int signal)
{
	uint64_t before = atomic_load(&cycles);
	int saved = errno, patience = PATIENCE;

	(void)signal;
	atomic_fetch_add(&stops, 1);
	while (atomic_load(&cycles) == before && patience--)
		sched_yield();
	atomic_fetch_add(&held, patience < 0);
	atomic_fetch_add(&gone, 1);
	errno = saved;
}

static bool expected(int err)
{
	return err == 0 || err == -EEXIST || err == -EFAULT || err == -EINVAL;
}

static void *edit(void *arg)
{
	struct rng rng = { .state = *(uint64_t *)arg };

	while (!atomic_load(&over)) {
		struct riotlb_mapping m = page(rng_below(&rng, PAGES), 1);
		uint64_t x = rng_below(&rng, 8);

		if (x < 3)
			check(expected(riotlb_map(engine, 0, &m, 0, NULL)));
		else if (x < 6)
			check_eq(riotlb_unmap(engine, 0, m.start, m.last,
					      RIOTLB_UNMAP_EXACT, NULL),
				 0);
		else if (x < 7)
			check(expected(riotlb_protect(engine, 0, m.start,
						      m.last, RIOTLB_READ,
						      NULL)));
		else
			check_eq(riotlb_map(engine, 0, &m, RIOTLB_MAP_REPLACE,
					    NULL),
				 0);
		atomic_fetch_add(&edits, 1);
	}
	return NULL;
}

static void await(atomic_uint_fast64_t *counter, uint64_t value)
{
	while (atomic_load(counter) < value)
		sched_yield();
}

static void stop_and_swap(pthread_t victim, uint64_t n)
{
	struct riotlb_mapping list[PAGES];

	for (uint64_t i = 0; i < PAGES; i++)
		list[i] = page(i, n + 2);
	check_eq(riotlb_set_map(engine, 0, list, PAGES, NULL), 0);
	/* let it get at the new table */
	await(&edits, atomic_load(&edits) + 3);
	check_eq(pthread_kill(victim, SIGUSR1), 0);
	await(&stops, n + 1);
	check_eq(riotlb_reset_map(engine, 0, NULL), 0);
	riotlb_reclaim(engine);
	atomic_fetch_add(&cycles, 1);
	await(&gone, n + 1);
}

static void run(const struct crew_options *options, bool retire)
{
	struct riotlb_default empty = { .kind = RIOTLB_DEFAULT_EMPTY };
	struct sigaction action = { .sa_handler = handler };
	uint64_t n = STOPS * (uint64_t)options->percent / 100 + 1;
	uint64_t seed = options->seed;
	static struct retired retired;
	static struct hooks hooks;
	struct riotlb_attr attr;
	pthread_t victim;

	crew_attr(&attr, options, &hooks);
	attr.defaults = &empty;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	if (retire) {
		attr.retire = retired_add;
		attr.hook_ctx = &retired;
	}
	check_eq(riotlb_create(&attr, &engine), 0);
	over = false;
	edits = cycles = stops = gone = held = 0;
	check_eq(sigaction(SIGUSR1, &action, NULL), 0);
	check_eq(pthread_create(&victim, NULL, edit, &seed), 0);
	for (uint64_t i = 0; i < n; i++)
		stop_and_swap(victim, i);
	atomic_store(&over, true);
	check_eq(pthread_join(victim, NULL), 0);
	riotlb_destroy(engine);
	hooks_check_empty(&hooks);
	printf("%" PRIu64 " stops, %" PRIuFAST64
	       " of them in an edit, %" PRIuFAST64 " edits\n",
	       n, held, edits);
	check(held > 0);
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);

	run(&options, false);
	run(&options, true);
	return 0;
}
