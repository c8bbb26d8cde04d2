/* SPDX-License-Identifier: MIT */
/*
 * Three threads make one call each at the same time, on the same place. What
 * they got and what is left must be explained by some order of the three.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "crew.h"
#include "hooks.h"
#include "retired.h"
#include "stall.h"

enum {
	THREADS = 3,
	ROUNDS = 1500, /* of every scenario */
	FAR = 24,      /* mappings of a long call */
	OUT_MAX = 64,
};

#define MAX UINT64_MAX

/* Across several regions, with ends that are on no boundary. */
#define WIDE_START 0x1ff801u
#define WIDE_LAST 0xa00002u
#define WIDE_SIZE ((uint64_t)WIDE_LAST - WIDE_START + 1)

struct result {
	int err;
	struct riotlb_report report;
};

struct scenario {
	const char *name;
	/* The state that the three find. */
	void (*prepare)(struct riotlb *e);
	void (*act)(struct riotlb *e, unsigned int thread, struct result *r);
	void (*verify)(struct riotlb *e, const struct result *r);
};

static struct {
	struct riotlb *e;
	const struct scenario *scenario;
	struct result result[THREADS];
	pthread_barrier_t barrier;
	uint64_t rounds;
	struct riotlb_mapping out[OUT_MAX]; /* what was left */
	size_t n;
	struct rng rng; /* of the last thread */
} game;

/* ---- shorthand --------------------------------------------------------- */

static struct riotlb_mapping mapping(uint64_t start, uint64_t last,
				     uint64_t addr)
{
	return (struct riotlb_mapping){
		.start = start, .last = last, .addr = addr, .perm = RIOTLB_RW
	};
}

/* Every thread maps to a place of its own. */
static uint64_t host_of(unsigned int thread)
{
	return (uint64_t)(thread + 1) << 40;
}

static unsigned int thread_of(const struct riotlb_mapping *m)
{
	return (unsigned int)(m->addr >> 40) - 1;
}

static void map(struct riotlb *e, uint64_t start, uint64_t last, uint64_t addr)
{
	struct riotlb_mapping m = mapping(start, last, addr);

	check_eq(riotlb_map(e, 0, &m, 0, NULL), 0);
}

static unsigned int count(const struct result *r, int err)
{
	unsigned int n = 0;

	for (int i = 0; i < THREADS; i++)
		n += r[i].err == err;
	return n;
}

static uint64_t removed(const struct result *r)
{
	uint64_t n = 0;

	for (int i = 0; i < THREADS; i++)
		n += r[i].report.removed;
	return n;
}

static uint64_t bytes(const struct result *r)
{
	uint64_t n = 0;

	for (int i = 0; i < THREADS; i++)
		n += r[i].report.bytes.lo;
	return n;
}

static void prepare_empty(struct riotlb *e)
{
	check_eq(riotlb_unmap(e, 0, 0, MAX, RIOTLB_UNMAP_WHOLE, NULL), 0);
}

static void prepare_default(struct riotlb *e)
{
	check_eq(riotlb_reset_map(e, 0, NULL), 0);
}

static void prepare_wide(struct riotlb *e)
{
	prepare_empty(e);
	map(e, WIDE_START, WIDE_LAST, 0x5000);
}

/* ---- all map the same -------------------------------------------------- */

static void act_map(struct riotlb *e, unsigned int thread, struct result *r)
{
	struct riotlb_mapping m =
		mapping(WIDE_START, WIDE_LAST, host_of(thread));

	r->err = riotlb_map(e, 0, &m, 0, &r->report);
}

static void verify_one_won(struct riotlb *e, const struct result *r)
{
	(void)e;
	check_eq(count(r, 0), 1);
	check_eq(count(r, -EEXIST), THREADS - 1);
	check_eq(game.n, 1);
	check_eq(r[thread_of(&game.out[0])].err, 0);
	check_eq(game.out[0].start, WIDE_START);
	check_eq(game.out[0].last, WIDE_LAST);
}

/* ---- all unmap the same ------------------------------------------------ */

static void act_unmap(struct riotlb *e, unsigned int thread, struct result *r)
{
	static const enum riotlb_unmap_policy policy[THREADS] = {
		RIOTLB_UNMAP_EXACT,
		RIOTLB_UNMAP_WHOLE,
		RIOTLB_UNMAP_NO_BISECT,
	};

	r->err = riotlb_unmap(e, 0, WIDE_START, WIDE_LAST, policy[thread],
			      &r->report);
}

static void verify_removed_once(struct riotlb *e, const struct result *r)
{
	(void)e;
	check_eq(count(r, 0), THREADS);
	check_eq(removed(r), 1);
	check_eq(bytes(r), WIDE_SIZE);
	check_eq(game.n, 0);
}

/* One takes the front, one the back, one all of whatever is left. */
static void act_unmap_parts(struct riotlb *e, unsigned int thread,
			    struct result *r)
{
	const uint64_t mid = 0x600123;

	if (thread == 0)
		r->err = riotlb_unmap(e, 0, WIDE_START, mid - 1,
				      RIOTLB_UNMAP_EXACT, &r->report);
	else if (thread == 1)
		r->err = riotlb_unmap(e, 0, mid, WIDE_LAST, RIOTLB_UNMAP_EXACT,
				      &r->report);
	else
		r->err = riotlb_unmap(e, 0, mid, mid, RIOTLB_UNMAP_WHOLE,
				      &r->report);
}

static void verify_parts(struct riotlb *e, const struct result *r)
{
	(void)e;
	check_eq(count(r, 0), THREADS);
	check_eq(bytes(r), WIDE_SIZE);
	check_eq(game.n, 0);
}

/* ---- all replace the same ---------------------------------------------- */

static void act_replace(struct riotlb *e, unsigned int thread, struct result *r)
{
	struct riotlb_mapping m =
		mapping(WIDE_START, WIDE_LAST, host_of(thread));

	r->err = riotlb_map(e, 0, &m, RIOTLB_MAP_REPLACE, &r->report);
}

static void verify_replaced(struct riotlb *e, const struct result *r)
{
	(void)e;
	check_eq(count(r, 0), THREADS);
	/* the one that was there and two of the three */
	check_eq(removed(r), THREADS);
	check_eq(bytes(r), THREADS * WIDE_SIZE);
	check_eq(game.n, 1);
	check_eq(game.out[0].start, WIDE_START);
	check_eq(game.out[0].last, WIDE_LAST);
}

/* ---- protect against unmap and replace --------------------------------- */

static void act_protect(struct riotlb *e, unsigned int thread, struct result *r)
{
	struct riotlb_mapping m = mapping(0x500000, 0x5fffff, host_of(thread));

	if (thread == 0)
		r->err = riotlb_protect(e, 0, 0x400000, 0x7fffff, RIOTLB_READ,
					&r->report);
	else if (thread == 1)
		r->err = riotlb_unmap(e, 0, WIDE_START, WIDE_LAST,
				      RIOTLB_UNMAP_EXACT, &r->report);
	else
		r->err = riotlb_map(e, 0, &m, RIOTLB_MAP_REPLACE, &r->report);
}

static void verify_protect(struct riotlb *e, const struct result *r)
{
	(void)e;
	check(r[0].err == 0 || r[0].err == -EFAULT);
	check_eq(r[1].err, 0);
	check_eq(r[2].err, 0);
	/* the unmap comes before the replace or after it */
	if (game.n == 0)
		return;
	check_eq(game.n, 1);
	check_eq(game.out[0].start, 0x500000);
	check_eq(game.out[0].last, 0x5fffff);
	check_eq(game.out[0].addr, host_of(2));
	/* after both of the others a protect would have hit a hole */
	check_eq(game.out[0].perm, RIOTLB_RW);
}

/* ---- arrays that overlap in a circle ------------------------------------ */

static void act_bulk(struct riotlb *e, unsigned int thread, struct result *r)
{
	struct riotlb_mapping m[2];

	for (unsigned int i = 0; i < 2; i++) {
		uint64_t start = 0x1000 + (thread + i) % THREADS * 0x500000;

		m[i] = mapping(start, start + 0xfff, host_of(thread));
	}
	r->err = riotlb_map_bulk(e, 0, m, 2, 0, &r->report);
}

static void verify_bulk(struct riotlb *e, const struct result *r)
{
	(void)e;
	check_eq(count(r, 0), 1);
	check_eq(count(r, -EEXIST), THREADS - 1);
	check_eq(game.n, 2);
	check_eq(thread_of(&game.out[0]), thread_of(&game.out[1]));
	check_eq(r[thread_of(&game.out[0])].err, 0);
}

/* ---- transactions ------------------------------------------------------ */

static void act_apply(struct riotlb *e, unsigned int thread, struct result *r)
{
	struct riotlb_op ops[3] = {
		{ .kind = RIOTLB_OP_UNMAP, .mapping = mapping(0, MAX, 0) },
		{ .kind = RIOTLB_OP_MAP,
		  .mapping = mapping(7, 0xfff, host_of(thread)) },
		{ .kind = RIOTLB_OP_MAP,
		  .mapping = mapping(0x70000000, 0x70000fff, host_of(thread)) },
	};

	r->err = riotlb_apply(e, 0, ops, 3, &r->report);
}

static void verify_apply(struct riotlb *e, const struct result *r)
{
	(void)e;
	check_eq(count(r, 0), THREADS);
	check_eq(game.n, 2);
	check_eq(thread_of(&game.out[0]), thread_of(&game.out[1]));
	/* the wide one first, then two by each but the last */
	check_eq(removed(r), 1 + 2 * (THREADS - 1));
}

/* ---- leaving and returning to the default state ------------------------- */

static void act_default(struct riotlb *e, unsigned int thread, struct result *r)
{
	struct riotlb_mapping m = mapping(0x1000, 0x1fff, host_of(thread));

	if (thread == 0)
		r->err = riotlb_map(e, 0, &m, 0, &r->report);
	else if (thread == 1)
		r->err = riotlb_unmap(e, 0, 0x500000, 0x5fffff,
				      RIOTLB_UNMAP_EXACT, &r->report);
	else
		r->err = riotlb_reset_map(e, 0, &r->report);
}

static void verify_default(struct riotlb *e, const struct result *r)
{
	struct riotlb_stats stats;

	check_eq(count(r, 0), THREADS);
	check_eq(removed(r), 0);
	check_eq(bytes(r), 0);
	check_eq(riotlb_get_stats(e, 0, &stats), 0);
	if (stats.is_default) {
		check_eq(game.n, 1);
		check_eq(game.out[0].last, MAX);
	} else if (game.n) {
		check_eq(game.n, 1);
		check_eq(game.out[0].addr, host_of(0));
	}
	/* else: map, reset, unmap */
}

/* ---- a new table against an edit of the old one -------------------------- */

static void act_set_map(struct riotlb *e, unsigned int thread, struct result *r)
{
	struct riotlb_mapping m[2] = {
		mapping(0x1000, 0x1fff, host_of(thread)),
		mapping(0x900000, 0x900fff, host_of(thread)),
	};

	if (thread == 0) {
		r->err = riotlb_set_map(e, 0, m, 2, &r->report);
	} else if (thread == 1) {
		m[0].start += 0x2000;
		m[0].last += 0x2000;
		m[1].start += 0x2000;
		m[1].last += 0x2000;
		r->err = riotlb_map_bulk(e, 0, m, 2, 0, &r->report);
	} else {
		r->err = riotlb_protect(e, 0, 0x1000, 0x1fff, RIOTLB_READ,
					&r->report);
	}
}

static void verify_set_map(struct riotlb *e, const struct result *r)
{
	(void)e;
	check_eq(r[0].err, 0);
	/* the map that was there lies across all */
	check(r[1].err == 0 || r[1].err == -EEXIST);
	check_eq(r[2].err, 0);
	check_eq(game.n, r[1].err ? 2 : 4);
	for (size_t i = 0; i < game.n; i++)
		check_eq(thread_of(&game.out[i]), game.n == 4 ? i % 2 : 0);
	/* protected as it was set, or before that */
	check(game.out[0].perm == RIOTLB_READ || game.out[0].perm == RIOTLB_RW);
}

static void prepare_all(struct riotlb *e)
{
	prepare_empty(e);
	map(e, 0, 0xffffff, 0);
}

/* ---- a reset against edits that make a new root ----------------------- */

static void prepare_resurrection(struct riotlb *e)
{
	prepare_empty(e);
	map(e, 0x1000, 0x1fff, host_of(THREADS));
	map(e, 0x3000, 0x3fff, host_of(THREADS));
}

/* Long calls, each of which ends in one swap, and a reset some time in them. */
static void act_resurrection(struct riotlb *e, unsigned int thread,
			     struct result *r)
{
	struct riotlb_mapping m[FAR];
	struct riotlb_op ops[FAR];

	for (uint64_t i = 0; i < FAR; i++) {
		uint64_t start = (i * 2 + thread + 1) << 36;

		m[i] = mapping(start, start + 0xfff, host_of(thread));
		ops[i] = (struct riotlb_op){ .kind = RIOTLB_OP_MAP,
					     .mapping = m[i] };
	}
	if (thread == 0) {
		r->err = riotlb_map_bulk(e, 0, m, FAR, 0, &r->report);
	} else if (thread == 1) {
		r->err = riotlb_apply(e, 0, ops, FAR, &r->report);
	} else {
		for (uint64_t n = rng_below(&game.rng, 20000); n; n--)
			atomic_signal_fence(memory_order_seq_cst);
		r->err = riotlb_reset_map(e, 0, &r->report);
	}
}

/* What was there before the reset never comes back. */
static void verify_resurrection(struct riotlb *e, const struct result *r)
{
	struct riotlb_stats stats;

	check_eq(count(r, 0), THREADS);
	check_eq(riotlb_get_stats(e, 0, &stats), 0);
	if (stats.is_default)
		return;
	for (size_t i = 0; i < game.n; i++)
		check(thread_of(&game.out[i]) < 2);
	check(game.n == 0 || game.n == FAR || game.n == 2 * FAR);
}

/* ---- the limit --------------------------------------------------------- */

/* AS 1 holds two mappings at most. */
static void prepare_limited(struct riotlb *e)
{
	check_eq(riotlb_set_map(e, 1, NULL, 0, NULL), 0);
	prepare_empty(e);
}

static void act_limited(struct riotlb *e, unsigned int thread, struct result *r)
{
	struct riotlb_mapping m =
		mapping((uint64_t)thread << 30, ((uint64_t)thread << 30) + 5,
			host_of(thread));

	r->err = riotlb_map(e, 1, &m, 0, &r->report);
}

static void verify_limited(struct riotlb *e, const struct result *r)
{
	struct riotlb_stats stats;

	check_eq(count(r, 0), 2);
	check_eq(count(r, -ENOSPC), 1);
	check_eq(riotlb_get_stats(e, 1, &stats), 0);
	check_eq(stats.mappings, 2);
}

/* ---- in one place, but not in each other's way --------------------------- */

static void act_apart(struct riotlb *e, unsigned int thread, struct result *r)
{
	for (uint64_t i = 0; i < 5; i++) {
		uint64_t start = 0x200000 + (i * THREADS + thread) * 0x33;
		struct riotlb_mapping m =
			mapping(start, start + 0x32, host_of(thread));

		r->err = riotlb_map(e, 0, &m, 0, &r->report);
		check_eq(r->err, 0);
	}
}

static void verify_apart(struct riotlb *e, const struct result *r)
{
	(void)e;
	check_eq(count(r, 0), THREADS);
	check_eq(game.n, THREADS * 5);
	for (size_t i = 0; i < game.n; i++)
		check_eq(thread_of(&game.out[i]), i % THREADS);
}

static const struct scenario scenarios[] = {
	{ "map", prepare_empty, act_map, verify_one_won },
	{ "first map", prepare_default, act_map, verify_one_won },
	{ "unmap", prepare_wide, act_unmap, verify_removed_once },
	{ "unmap parts", prepare_wide, act_unmap_parts, verify_parts },
	{ "replace", prepare_wide, act_replace, verify_replaced },
	{ "protect", prepare_wide, act_protect, verify_protect },
	{ "map_bulk", prepare_empty, act_bulk, verify_bulk },
	{ "first map_bulk", prepare_default, act_bulk, verify_bulk },
	{ "apply", prepare_wide, act_apply, verify_apply },
	{ "default", prepare_default, act_default, verify_default },
	{ "set_map", prepare_all, act_set_map, verify_set_map },
	{ "resurrection", prepare_resurrection, act_resurrection,
	  verify_resurrection },
	{ "limit", prepare_limited, act_limited, verify_limited },
	{ "apart", prepare_empty, act_apart, verify_apart },
};

/* ---- rounds ------------------------------------------------------------ */

/* Reads what is left and checks it against the totals. */
static void look_at_the_rest(void)
{
	struct riotlb_bytes total = { 0 };
	struct riotlb_stats stats;

	check_eq(riotlb_iterate(game.e, 0, 0, MAX, game.out, OUT_MAX, &game.n,
				NULL, NULL),
		 0);
	for (size_t i = 0; i < game.n; i++) {
		uint64_t span = game.out[i].last - game.out[i].start;

		total.lo += span + 1;
		total.hi += span == MAX;
	}
	check_eq(riotlb_get_stats(game.e, 0, &stats), 0);
	check_eq(stats.mappings, game.n);
	check_eq(stats.bytes.hi, total.hi);
	check_eq(stats.bytes.lo, total.lo);
}

static void *player(void *arg)
{
	unsigned int thread = (unsigned int)(uintptr_t)arg;

	for (uint64_t round = 0; round < game.rounds; round++) {
		pthread_barrier_wait(&game.barrier);
		memset(&game.result[thread], 0, sizeof(game.result[thread]));
		game.scenario->act(game.e, thread, &game.result[thread]);
		pthread_barrier_wait(&game.barrier);
	}
	return NULL;
}

static void play(const struct scenario *s)
{
	struct staller staller;
	pthread_t thread[THREADS];

	game.scenario = s;
	for (uintptr_t i = 0; i < THREADS; i++)
		check_eq(pthread_create(&thread[i], NULL, player, (void *)i),
			 0);
	stall_begin(&staller, thread, THREADS, 7);
	for (uint64_t round = 0; round < game.rounds; round++) {
		s->prepare(game.e);
		pthread_barrier_wait(&game.barrier);
		pthread_barrier_wait(&game.barrier);
		look_at_the_rest();
		s->verify(game.e, game.result);
	}
	stall_end(&staller);
	for (int i = 0; i < THREADS; i++)
		check_eq(pthread_join(thread[i], NULL), 0);
}

static void tell(void *ctx)
{
	(void)ctx;
	fprintf(stderr, "scenario \"%s\"; left over:\n", game.scenario->name);
	for (size_t i = 0; i < game.n && i < OUT_MAX; i++)
		fprintf(stderr,
			"  [0x%" PRIx64 ", 0x%" PRIx64 "] -> 0x%" PRIx64
			" perm=%" PRIu32 "\n",
			game.out[i].start, game.out[i].last, game.out[i].addr,
			game.out[i].perm);
	for (int i = 0; i < THREADS; i++)
		fprintf(stderr,
			"  thread %d: %d, removed=%" PRIu64 " cut=%" PRIu64
			" bytes=0x%" PRIx64 "\n",
			i, game.result[i].err, game.result[i].report.removed,
			game.result[i].report.cut,
			game.result[i].report.bytes.lo);
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);
	struct riotlb_limits limits[2] = { { 0, 0 }, { 2, 0 } };
	static struct retired retired;
	static struct hooks hooks;
	struct riotlb_attr attr;

	crew_attr(&attr, &options, &hooks);
	attr.nas = 2;
	attr.limits = limits;
	attr.retire = retired_add;
	attr.hook_ctx = &retired;
	check_eq(riotlb_create(&attr, &game.e), 0);
	check_eq(pthread_barrier_init(&game.barrier, NULL, THREADS + 1), 0);
	game.rounds = ROUNDS * (uint64_t)options.percent / 100 + 1;
	check_set_context(tell, NULL);
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		play(&scenarios[i]);
	riotlb_destroy(game.e);
	hooks_check_empty(&hooks);
	pthread_barrier_destroy(&game.barrier);
	printf("%zu scenarios of %" PRIu64 " rounds, %" PRIuFAST64
	       " pieces retired\n",
	       sizeof(scenarios) / sizeof(*scenarios), game.rounds,
	       retired.pieces);
	return 0;
}
