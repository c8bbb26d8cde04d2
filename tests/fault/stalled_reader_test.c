/* SPDX-License-Identifier: MIT */
/*
 * A reader that stays in its section, on a thread of its own, while another
 * thread updates: nothing waits for it, nothing that it may use is released,
 * memory stays within its bound, and everything goes when it leaves.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fixture.h"
#include "retired.h"

/* The flavours' own headers redefine each other's names. */
extern const struct rcu_flavor_struct urcu_memb_flavor;
extern const struct rcu_flavor_struct urcu_qsbr_flavor;

enum {
	CAP = 256 << 10,
	ROUNDS = 300,
	TABLE = 2000, /* mappings of the loop's table */
	KEPT = 6000,  /* of the table that stands beside it */
};

#define USED ((uint64_t)7 << 40) /* what the reader looked up */

struct stalled {
	struct riotlb *e;
	pthread_t thread;
	atomic_bool inside;
	atomic_bool leave;
	uint64_t word; /* what the translation leads to */
};

static struct retired reported, mapped;
static atomic_bool may_report;

static void *stall(void *arg)
{
	struct stalled *s = arg;
	struct riotlb_segment seg;

	riotlb_thread_register(s->e);
	riotlb_read_enter(s->e);
	check_eq(riotlb_translate(s->e, 0, USED, USED + 7, RIOTLB_READ, &seg),
		 0);
	check_eq(seg.last, USED + 7);
	atomic_store(&s->inside, true);
	while (!atomic_load(&s->leave))
		sched_yield();
	/* unmapped long ago, and still there */
	check_eq(*(const uint64_t *)(uintptr_t)seg.addr, 0x600d);
	atomic_store(&s->inside, false);
	riotlb_read_exit(s->e);
	riotlb_thread_unregister(s->e);
	return NULL;
}

/* Outlives the test that made it stall: its engine is destroyed later. */
static struct stalled stalled;

static void report(void *ctx, uint32_t asid, const struct riotlb_mapping *piece)
{
	check(atomic_load(&may_report));
	check(!atomic_load(&stalled.inside));
	if (piece->start <= USED && piece->last >= USED)
		stalled.word = 0xdead;
	retired_add(ctx, asid, piece);
}

static void must_map(struct riotlb *e, uint32_t asid, struct riotlb_mapping m)
{
	check_eq(riotlb_map(e, asid, &m, 0, NULL), 0);
	retired_add(&mapped, asid, &m);
}

static struct stalled *begin(struct fixture *f,
			     const struct rcu_flavor_struct *flavor, int mode,
			     bool cap)
{
	struct stalled *s = &stalled;
	struct riotlb_mapping m;

	fixture_destroy(f);
	memset(s, 0, sizeof(*s));
	memset(&reported, 0, sizeof(reported));
	memset(&mapped, 0, sizeof(mapped));
	atomic_store(&may_report, false);
	f->attr.flavor = flavor;
	f->attr.reclaim = (enum riotlb_reclaim_mode)mode;
	f->attr.retire = report;
	f->attr.hook_ctx = &reported;
	f->attr.backlog_cap = cap ? CAP : 0;
	fixture_create(f);
	/* who only updates need not be a reader, and would be one more */
	riotlb_thread_unregister(f->engine);
	s->e = f->engine;
	s->word = 0x600d;
	m = mapping(USED, USED + 7, (uint64_t)(uintptr_t)&s->word, RIOTLB_RW);
	must_map(s->e, 0, m);
	check_eq(pthread_create(&s->thread, NULL, stall, s), 0);
	while (!atomic_load(&s->inside))
		sched_yield();
	return s;
}

static void let_go(struct fixture *f, struct stalled *s)
{
	struct riotlb_report r;

	check(atomic_load(&s->inside));
	check_eq(reported.pieces, 0);
	check_eq(riotlb_reset_map(s->e, 0, &r), 0);
	check_eq(riotlb_reset_map(s->e, 1, &r), 0);
	check_eq(riotlb_poll(s->e, r.token), 0);
	atomic_store(&may_report, true);
	atomic_store(&s->leave, true);
	check_eq(riotlb_wait(s->e, r.token), 0);
	check_eq(pthread_join(s->thread, NULL), 0);
	check_eq(s->word, 0xdead);
	retired_check_equal(&reported, &mapped);
	for (uint32_t asid = 0; asid < 2; asid++)
		check_eq(stats_of(s->e, asid).retired_bytes, 0);
	riotlb_thread_register(f->engine);
}

/* ---- nothing waits ----------------------------------------------------- */

static struct riotlb_mapping nth(uint64_t i, uint64_t gen)
{
	return mapping(i << 16 | 0x801, (i << 16) + 0x3000,
		       (gen << 44) + (i << 16), RIOTLB_RW);
}

static void apply_two(struct riotlb *e, uint64_t gen)
{
	struct riotlb_op ops[] = {
		{ .kind = RIOTLB_OP_MAP, .mapping = nth(50, gen) },
		{ .kind = RIOTLB_OP_UNMAP, .mapping = nth(50, gen) },
		{ .kind = RIOTLB_OP_MAP, .mapping = nth(51, gen) },
	};

	check_eq(riotlb_apply(e, 1, ops, 3, NULL), 0);
	retired_add(&mapped, 1, &ops[0].mapping);
	retired_add(&mapped, 1, &ops[2].mapping);
}

static void set_some(struct riotlb *e, uint64_t gen)
{
	struct riotlb_mapping m[20];

	for (uint64_t i = 0; i < 20; i++) {
		m[i] = nth(i, gen);
		retired_add(&mapped, 1, &m[i]);
	}
	check_eq(riotlb_set_map(e, 1, m, 20, NULL), 0);
}

/* Each kind of update, all of AS 1; what they remove piles up. */
static void update_all(struct riotlb *e, uint64_t gen)
{
	struct riotlb_range r = range(0, nth(3, 0).start + 5);

	for (uint64_t i = 0; i < 30; i++)
		must_map(e, 1, nth(i, gen));
	/* to and fro: it is reported with the permission that it has last */
	for (uint32_t perm = RIOTLB_READ; perm <= RIOTLB_RW; perm += 2)
		check_eq(riotlb_protect(e, 1, nth(7, 0).start + 1,
					nth(7, 0).last - 1, perm, NULL),
			 0);
	check_eq(riotlb_unmap(e, 1, nth(7, 0).start, nth(9, 0).start + 3,
			      RIOTLB_UNMAP_WHOLE, NULL),
		 0);
	check_eq(riotlb_unmap_bulk(e, 1, &r, 1, RIOTLB_UNMAP_EXACT, NULL), 0);
	apply_two(e, gen);
	check_eq(riotlb_set_group_asid(e, 0, gen % 2, NULL), 0);
	if (gen % 2)
		set_some(e, gen);
	check_eq(riotlb_reset_map(e, 1, NULL), 0);
}

static void go_on(struct fixture *f, const struct rcu_flavor_struct *flavor)
{
	for (int mode = 0; mode < 2; mode++) {
		struct stalled *s = begin(f, flavor, mode, false);

		/* what the reader holds goes first */
		check_eq(riotlb_unmap(s->e, 0, USED, USED + 7,
				      RIOTLB_UNMAP_EXACT, NULL),
			 0);
		for (uint64_t gen = 0; gen < ROUNDS; gen++)
			update_all(s->e, gen);
		check(stats_of(s->e, 1).retired_bytes > ROUNDS * 1024);
		let_go(f, s);
	}
}

static void test_updates_go_on(void **state)
{
	go_on(*state, &urcu_memb_flavor);
	go_on(*state, &urcu_qsbr_flavor);
}

/* ---- and memory is bounded --------------------------------------------- */

static int map_table(struct riotlb *e, uint32_t asid, size_t n)
{
	struct riotlb_mapping *m = calloc(n, sizeof(*m));
	int err;

	check(m != NULL);
	for (size_t i = 0; i < n; i++)
		m[i] = nth(i, 1);
	err = riotlb_map_bulk(e, asid, m, n, 0, NULL);
	for (size_t i = 0; i < n && !err; i++)
		retired_add(&mapped, asid, &m[i]);
	free(m);
	return err;
}

static size_t used(struct fixture *f)
{
	return atomic_load(&f->hooks.live_bytes);
}

/* Maps and resets until the cap says no, and then some more. */
static size_t loop_to_the_cap(struct fixture *f, uint64_t *table)
{
	size_t most = 0;
	int refused = 0;

	for (int i = 0; refused < 200; i++) {
		int err = map_table(f->engine, 0, TABLE);

		check(err == 0 || err == -EAGAIN);
		if (!err)
			*table = stats_of(f->engine, 0).table_bytes;
		refused += err != 0;
		check_eq(riotlb_reset_map(f->engine, 0, NULL), 0);
		most = used(f) > most ? used(f) : most;
		check(i < 100000);
	}
	return most;
}

static void stay_in_bounds(struct fixture *f,
			   const struct rcu_flavor_struct *flavor, int mode)
{
	uint64_t table = 0, kept, bound;
	struct stalled *s = begin(f, flavor, mode, true);
	size_t start, most;

	start = used(f);
	check_eq(map_table(s->e, 1, KEPT), 0);
	kept = stats_of(s->e, 1).table_bytes;
	most = loop_to_the_cap(f, &table);
	/* and what was alive when the cap was crossed may come on top of it */
	check(stats_of(s->e, 0).retired_bytes >= CAP);
	check_eq(riotlb_unmap(s->e, 1, 0, nth(KEPT / 2, 0).start,
			      RIOTLB_UNMAP_WHOLE, NULL),
		 0);
	check_eq(riotlb_reset_map(s->e, 1, NULL), 0);
	most = used(f) > most ? used(f) : most;
	/* the cap, a quarter that was not summed up yet, and what was alive */
	bound = CAP + CAP / 4 + table + kept;
	check(most - start >= CAP + kept);
	check(most - start <= bound);
	let_go(f, s);
	check(used(f) <= start + 4096);
	check_eq(map_table(s->e, 0, 10), 0);
}

static void test_memory_is_bounded(void **state)
{
	for (int mode = 0; mode < 2; mode++) {
		stay_in_bounds(*state, &urcu_memb_flavor, mode);
		stay_in_bounds(*state, &urcu_qsbr_flavor, mode);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_updates_go_on),
		fixture_test(test_memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
