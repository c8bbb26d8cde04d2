/* SPDX-License-Identifier: MIT */
/*
 * Lookups in a signal handler, which interrupts a thread anywhere: inside an
 * update, inside a lookup of its own, inside a wait. And cancellation, which an
 * update must not act upon.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "blocks.h"
#include "check.h"
#include "crew.h"

enum {
	SLOTS = 4,
	SIGNALS = 3000,
	LEAST_ROUNDS = 50,
};

static const struct slot slots[SLOTS] = {
	{ 0x100008, 0x100067 },
	{ 0x100068, 0x1000e7 },
	{ 0x200000, 0x200fff },
	{ 0x3ff800, 0x4007ff },
};

static struct riotlb *engine;
static atomic_uint_fast64_t handled, hits, rounds;
static atomic_bool stop;

static void look_up(uint32_t slot)
{
	struct riotlb_segment seg;
	const struct block *b;
	uint64_t generation;

	riotlb_read_enter(engine);
	if (!riotlb_translate(engine, 0, slots[slot].start, slots[slot].last,
			      RIOTLB_READ, &seg)) {
		b = block_at(&seg, 0, slot, &slots[slot]);
		generation = b->generation;
		for (uint32_t i = 0; i < SLOTS; i++)
			riotlb_translate(engine, 0, slots[i].start,
					 slots[i].last, RIOTLB_READ, &seg);
		block_check_alive(b, generation);
		atomic_fetch_add(&hits, 1);
	}
	riotlb_read_exit(engine);
}

static void handler(int signal)
{
	(void)signal;
	look_up((uint32_t)atomic_load(&handled) % SLOTS);
	atomic_fetch_add(&handled, 1);
}

static void *updater(void *arg)
{
	struct rng rng = { .state = 5 };
	uint64_t generation = 0;

	(void)arg;
	riotlb_thread_register(engine);
	while (!atomic_load(&stop)) {
		uint32_t slot = (uint32_t)rng_below(&rng, SLOTS);
		struct block *b =
			block_new(0, slot, ++generation, &slots[slot]);
		struct riotlb_mapping m = block_mapping(b, RIOTLB_RW);
		struct riotlb_report r = { 0 };

		check_eq(riotlb_map(engine, 0, &m, RIOTLB_MAP_REPLACE, &r), 0);
		if (rng_percent(&rng, 30))
			check_eq(riotlb_unmap(engine, 0, slots[slot].start + 8,
					      slots[slot].last,
					      RIOTLB_UNMAP_WHOLE, &r),
				 0);
		if (rng_percent(&rng, 5))
			check_eq(riotlb_reset_map(engine, 0, &r), 0);
		if (rng_percent(&rng, 2))
			check_eq(riotlb_wait(engine, r.token), 0);
		atomic_fetch_add(&rounds, 1);
	}
	riotlb_thread_unregister(engine);
	return NULL;
}

static void *reader(void *arg)
{
	uint32_t slot = 0;

	(void)arg;
	riotlb_thread_register(engine);
	while (!atomic_load(&stop))
		look_up(slot++ % SLOTS);
	riotlb_thread_unregister(engine);
	return NULL;
}

/*
 * One signal at a time, to one and the other: n, and as many more as it takes
 * until the updater, which may just have been put to sleep, has done something.
 */
static void send_signals(pthread_t thread[2], uint64_t n)
{
	/* both must have registered: a handler runs on a reader */
	while (!atomic_load(&rounds) || !atomic_load(&hits))
		sched_yield();
	for (uint64_t i = 0; i < n || atomic_load(&rounds) <= LEAST_ROUNDS;
	     i++) {
		check_eq(pthread_kill(thread[i % 2], SIGUSR1), 0);
		while (atomic_load(&handled) <= i)
			sched_yield();
	}
}

static void run_signals(uint64_t n)
{
	struct sigaction action = { .sa_handler = handler };
	pthread_t thread[2];

	check_eq(sigaction(SIGUSR1, &action, NULL), 0);
	check_eq(pthread_create(&thread[0], NULL, updater, NULL), 0);
	check_eq(pthread_create(&thread[1], NULL, reader, NULL), 0);
	send_signals(thread, n);
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++)
		check_eq(pthread_join(thread[i], NULL), 0);
	check(hits > n / 4);
	check(rounds > LEAST_ROUNDS);
	printf("%" PRIuFAST64 " signals, %" PRIuFAST64 " hits, %" PRIuFAST64
	       " updates\n",
	       handled, hits, rounds);
}

/* ---- cancellation ------------------------------------------------------ */

static atomic_bool survived;

static void *update_when_cancelled(void *arg)
{
	struct riotlb_mapping m = {
		.start = 0x7001, .last = 0x9ffffff, .addr = 0, .perm = RIOTLB_RW
	};
	struct riotlb_op op = { .kind = RIOTLB_OP_MAP, .mapping = m };
	struct riotlb_range r = { 0, UINT64_MAX };

	(void)arg;
	check_eq(pthread_cancel(pthread_self()), 0);
	check_eq(riotlb_map(engine, 1, &m, 0, NULL), 0);
	check_eq(riotlb_protect(engine, 1, 0x8000, 0x8fff, RIOTLB_READ, NULL),
		 0);
	check_eq(riotlb_unmap(engine, 1, 0x8800, 0x88ff, RIOTLB_UNMAP_EXACT,
			      NULL),
		 0);
	check_eq(riotlb_unmap_bulk(engine, 1, &r, 1, RIOTLB_UNMAP_WHOLE, NULL),
		 0);
	check_eq(riotlb_map_bulk(engine, 1, &m, 1, 0, NULL), 0);
	check_eq(riotlb_reset_map(engine, 1, NULL), 0);
	check_eq(riotlb_apply(engine, 1, &op, 1, NULL), 0);
	check_eq(riotlb_set_map(engine, 1, &m, 1, NULL), 0);
	check_eq(riotlb_set_group_asid(engine, 0, 1, NULL), 0);
	check_eq(riotlb_set_map(engine, 1, NULL, 0, NULL), 0);
	atomic_store(&survived, true);
	pthread_testcancel();
	atomic_store(&survived, false);
	return NULL;
}

static void run_cancelled(void)
{
	pthread_t thread;

	check_eq(pthread_create(&thread, NULL, update_when_cancelled, NULL), 0);
	check_eq(pthread_join(thread, NULL), 0);
	check(survived);
}

static void retire_blocks(void *ctx, uint32_t asid,
			  const struct riotlb_mapping *piece)
{
	if (asid == 0)
		block_retire(ctx, asid, piece);
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);
	struct riotlb_default empty[2] = { { .kind = RIOTLB_DEFAULT_EMPTY },
					   { .kind = RIOTLB_DEFAULT_EMPTY } };
	struct riotlb_attr attr;

	riotlb_attr_init(&attr);
	attr.nas = 2;
	attr.defaults = empty;
	attr.retire = retire_blocks;
	check_eq(riotlb_create(&attr, &engine), 0);
	run_signals(SIGNALS * (uint64_t)options.percent / 100);
	run_cancelled();
	riotlb_destroy(engine);
	check_eq(blocks_alive(), 0);
	return 0;
}
