/* SPDX-License-Identifier: MIT */
/*
 * Sixty-four requests in flight on each of two queues, each under a lease of
 * its own and ended by age: there is no moment without one. What is retired
 * must come through all the same, soon: once every queue has gone round, a few
 * cycles of reclamation are enough. A request uses its block until its end.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "blocks.h"
#include "check.h"
#include "crew.h"
#include "hooks.h"

enum {
	DEPTH = 64,
	QUEUES = 2,
	SLOTS = 8,
	ROUNDS = 60,
	/* one finds the leases of the time; in the next they are gone */
	CYCLES = 3,
};

static struct slot slots[SLOTS];

struct request {
	riotlb_lease lease;
	const struct block *block;
	uint64_t generation;
};

struct queue {
	struct request ring[DEPTH];
	atomic_uint_fast64_t ended;
	uint64_t hits;
};

static struct queue queues[QUEUES];
static uint64_t most_cycles;

/* ---- queues ------------------------------------------------------------ */

static void begin(struct member *m, struct request *r)
{
	uint32_t slot = (uint32_t)rng_below(&m->rng, SLOTS);
	struct riotlb_segment seg;

	r->block = NULL;
	riotlb_read_enter(m->crew->engine);
	if (!riotlb_translate(m->crew->engine, 0, slots[slot].start,
			      slots[slot].last, RIOTLB_READ, &seg)) {
		r->block = block_at(&seg, 0, slot, &slots[slot]);
		r->generation = r->block->generation;
	}
	r->lease = riotlb_lease_begin(m->crew->engine);
	riotlb_read_exit(m->crew->engine);
}

static void end(struct member *m, struct queue *q, const struct request *r)
{
	if (r->block) {
		block_check_alive(r->block, r->generation);
		q->hits++;
	}
	riotlb_lease_end(m->crew->engine, r->lease);
	atomic_fetch_add(&q->ended, 1);
}

static void submit(struct member *m)
{
	struct queue *q = &queues[m->index];
	uint64_t at = 0;

	for (int i = 0; i < DEPTH; i++)
		begin(m, &q->ring[i]);
	do {
		struct request next;

		/* the next one is there before the oldest goes */
		begin(m, &next);
		end(m, q, &q->ring[at]);
		q->ring[at] = next;
		at = (at + 1) % DEPTH;
	} while (crew_watch(m));
	for (int i = 0; i < DEPTH; i++)
		end(m, q, &q->ring[i]);
}

/* ---- the updater, who also reclaims ------------------------------------ */

static void go_round(void)
{
	uint64_t want[QUEUES];

	for (int i = 0; i < QUEUES; i++)
		want[i] = atomic_load(&queues[i].ended) + DEPTH + 1;
	for (int i = 0; i < QUEUES; i++)
		while (atomic_load(&queues[i].ended) < want[i])
			sched_yield();
}

static void update(struct member *m)
{
	struct riotlb *e = m->crew->engine;

	for (uint64_t round = 0; crew_work(m, round); round++) {
		struct riotlb_report r;
		uint64_t cycles = 0;

		for (uint32_t slot = 0; slot < SLOTS; slot++) {
			struct block *b =
				block_new(0, slot, round + 1, &slots[slot]);
			struct riotlb_mapping map = block_mapping(b, RIOTLB_RW);

			check_eq(riotlb_map(e, 0, &map, RIOTLB_MAP_REPLACE, &r),
				 0);
		}
		while (!riotlb_poll(e, r.token)) {
			check(riotlb_reclaim(e) >= 0);
			check(++cycles <= CYCLES);
			go_round();
		}
		most_cycles = cycles > most_cycles ? cycles : most_cycles;
	}
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);
	struct riotlb_default empty = { .kind = RIOTLB_DEFAULT_EMPTY };
	static struct hooks hooks;
	static struct crew crew;
	struct riotlb_attr attr;
	struct riotlb *e;

	for (uint64_t i = 0; i < SLOTS; i++)
		slots[i] = (struct slot){ i << 20, (i << 20) + 0xfff };
	crew_attr(&attr, &options, &hooks);
	attr.defaults = &empty;
	attr.retire = block_retire;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	check_eq(riotlb_create(&attr, &e), 0);
	crew_init(&crew, e, &options, ROUNDS, ROUNDS * DEPTH);
	crew_add_worker(&crew, update, NULL);
	for (int i = 0; i < QUEUES; i++)
		crew_add_watcher(&crew, submit, NULL);
	crew_run(&crew);
	riotlb_destroy(e);
	check_eq(blocks_alive(), 0);
	hooks_check_empty(&hooks);
	for (int i = 0; i < QUEUES; i++) {
		printf("queue %d: %" PRIuFAST64 " requests, %" PRIu64 " hits\n",
		       i, atomic_load(&queues[i].ended), queues[i].hits);
		check(queues[i].hits > crew.rounds);
	}
	printf("%" PRIu64 " blocks freed; at most %" PRIu64 " cycles\n",
	       blocks_freed(), most_cycles);
	return 0;
}
