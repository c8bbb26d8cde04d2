/* SPDX-License-Identifier: MIT */
/*
 * Updaters of one AS, each with slots of its own next to those of the others,
 * and readers that look slots up and read the memory they are led to. While a
 * slot stands still a reader must see just what is there; while it changes, the
 * state before or the one after; and what it got stays good until its section
 * ends.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "blocks.h"
#include "check.h"
#include "crew.h"
#include "hooks.h"

enum {
	SPACES = 4,
	SLOTS = 14,
	WORKERS = 2,
	WATCHERS = 2,
	ROUNDS = 40000,
	ENOUGH = 100000,
	BURST = 8,
};

/* Crowded bytes, dense pages, larger ones askew, one across 2 MiB regions. */
static const struct slot various[SLOTS] = {
	{ 0x100008, 0x100067 }, { 0x100068, 0x1000e7 },
	{ 0x1000e8, 0x100147 }, { 0x100148, 0x1001a7 },
	{ 0x1001b0, 0x10021f }, { 0x200000, 0x200fff },
	{ 0x201000, 0x201fff }, { 0x202000, 0x202fff },
	{ 0x204000, 0x204fff }, { 0x400800, 0x4107ff },
	{ 0x410800, 0x4207ff }, { 0x420800, 0x420fff },
	{ 0x7f8000, 0x807fff }, { 0x4000000000, 0x4000001fff },
};

#define PAGE(i)                                              \
	{                                                    \
		0x200000 + (i)*0x1000, 0x200fff + (i)*0x1000 \
	}

/* Slots of the root, packs where half is gone; with tiny constants, nodes. */
static const struct slot dense[SLOTS] = {
	PAGE(0), PAGE(1), PAGE(2), PAGE(3),  PAGE(4),  PAGE(5),  PAGE(6),
	PAGE(7), PAGE(8), PAGE(9), PAGE(10), PAGE(11), PAGE(12), PAGE(13),
};

/* In regions of 2 MiB: the first becomes a node, the others hold packs. */
static const struct slot regions[SLOTS] = {
	PAGE(0), PAGE(1), PAGE(2),  PAGE(3),  PAGE(4),   PAGE(5),    PAGE(6),
	PAGE(7), PAGE(8), PAGE(10), PAGE(11), PAGE(512), PAGE(1024), PAGE(4096),
};

static const struct slot *const slots_of[SPACES] = { various, various, dense,
						     regions };

static const struct slot *slot_at(uint32_t asid, uint32_t slot)
{
	return &slots_of[asid][slot];
}

/*
 * What a slot holds, in one word so that a reader sees it whole: how much of
 * it, with what permission, of which generation.
 */
enum {
	NOTHING = 0,
	FRONT_HALF = 1,
	WHOLE = 2,
};

static uint64_t word_of(uint64_t generation, unsigned int part, uint32_t perm)
{
	return generation << 8 | perm << 4 | part;
}

static unsigned int part_of(uint64_t word)
{
	return word & 15;
}

static uint32_t perm_of(uint64_t word)
{
	return (uint32_t)(word >> 4 & 15);
}

static uint64_t generation_of(uint64_t word)
{
	return word >> 8;
}

struct place {
	atomic_uint_fast64_t
		turn; /* modulo 3: stands still, announced, moves */
	atomic_uint_fast64_t from; /* what it held before the last update */
	atomic_uint_fast64_t to;   /* and after it */
};

static struct place places[SPACES][SLOTS];
/* Where each updater is at work. Nothing follows from it: it orders nothing. */
static atomic_uint at_work[WORKERS];
static atomic_uint_fast64_t updates, hits, burst_hits, denied, still, moving;

/* ---- updaters ---------------------------------------------------------- */

static struct riotlb_op map_op(const struct riotlb_mapping *m, uint32_t flags)
{
	return (struct riotlb_op){ .kind = RIOTLB_OP_MAP,
				   .flags = flags,
				   .mapping = *m };
}

static void put_block(struct member *m, uint32_t asid, uint32_t slot,
		      uint64_t from, uint64_t to)
{
	uint32_t flags = part_of(from) == NOTHING ? 0 : RIOTLB_MAP_REPLACE;
	struct riotlb *e = m->crew->engine;
	struct block *b =
		block_new(asid, slot, generation_of(to), slot_at(asid, slot));
	struct riotlb_mapping map = block_mapping(b, perm_of(to));
	struct riotlb_op op = map_op(&map, flags);

	switch (rng_below(&m->rng, 4)) {
	case 0:
		check_eq(riotlb_map_bulk(e, asid, &map, 1, flags, NULL), 0);
		break;
	case 1:
		check_eq(riotlb_apply(e, asid, &op, 1, NULL), 0);
		break;
	default:
		check_eq(riotlb_map(e, asid, &map, flags, NULL), 0);
	}
}

static void take_block(struct member *m, uint32_t asid, uint32_t slot,
		       uint64_t from)
{
	const struct slot *s = slot_at(asid, slot);
	struct riotlb_range r = { s->start, s->last };
	uint64_t size = r.last - r.start + 1;
	struct riotlb *e = m->crew->engine;
	struct riotlb_report report;

	if (rng_percent(&m->rng, 20))
		check_eq(riotlb_unmap_bulk(e, asid, &r, 1,
					   RIOTLB_UNMAP_NO_BISECT, &report),
			 0);
	else if (rng_percent(&m->rng, 30))
		check_eq(riotlb_unmap(e, asid, r.start, r.start,
				      RIOTLB_UNMAP_WHOLE, &report),
			 0);
	else
		check_eq(riotlb_unmap(e, asid, r.start, r.last,
				      RIOTLB_UNMAP_EXACT, &report),
			 0);
	check_eq(report.bytes.lo, part_of(from) == WHOLE ? size : size / 2);
	if (rng_percent(&m->rng, 2))
		check_eq(riotlb_wait(e, report.token), 0);
}

/* Takes away the second half. */
static void cut_block(struct member *m, uint32_t asid, uint32_t slot)
{
	const struct slot *s = slot_at(asid, slot);
	uint64_t half = (s->last - s->start + 1) / 2;

	check_eq(riotlb_unmap(m->crew->engine, asid, s->start + half, s->last,
			      RIOTLB_UNMAP_EXACT, NULL),
		 0);
}

static uint64_t next_word(struct member *m, uint64_t word)
{
	uint32_t other = perm_of(word) == RIOTLB_RW ? RIOTLB_READ : RIOTLB_RW;
	uint64_t generation = generation_of(word);
	uint64_t x = rng_below(&m->rng, 10);

	if (part_of(word) == NOTHING || x < 3)
		return word_of(generation + 1, WHOLE, RIOTLB_RW);
	if (part_of(word) == WHOLE && x < 5)
		return word_of(generation, WHOLE, other);
	if (part_of(word) == WHOLE && x < 6)
		return word_of(generation, FRONT_HALF, perm_of(word));
	return word_of(generation, NOTHING, 0);
}

static void update_slot(struct member *m, uint32_t asid, uint32_t slot)
{
	const struct slot *s = slot_at(asid, slot);
	struct place *p = &places[asid][slot];
	uint64_t from = atomic_load(&p->to), to = next_word(m, from);

	atomic_store_explicit(&at_work[m->index], asid * SLOTS + slot,
			      memory_order_relaxed);
	/* readers that see the same turn twice know what was going on */
	atomic_fetch_add(&p->turn, 1);
	atomic_store(&p->from, from);
	atomic_store(&p->to, to);
	atomic_fetch_add(&p->turn, 1);
	if (generation_of(to) != generation_of(from))
		put_block(m, asid, slot, from, to);
	else if (part_of(to) == NOTHING)
		take_block(m, asid, slot, from);
	else if (part_of(to) == FRONT_HALF)
		cut_block(m, asid, slot);
	else
		check_eq(riotlb_protect(m->crew->engine, asid, s->start,
					s->last, perm_of(to), NULL),
			 0);
	atomic_fetch_add(&p->turn, 1);
	atomic_fetch_add(&updates, 1);
}

static void updater(struct member *m)
{
	for (uint64_t round = 0; crew_work(m, round); round++) {
		uint32_t asid = (uint32_t)rng_below(&m->rng, SPACES);
		uint32_t slot = (uint32_t)rng_below(&m->rng, SLOTS);

		/* every other slot is this worker's */
		slot -= slot % WORKERS;
		update_slot(m, asid, slot + m->index);
	}
}

/* ---- readers ----------------------------------------------------------- */

struct look {
	uint32_t asid;
	uint32_t slot;
	uint32_t want;
	int err;
	struct riotlb_segment seg;
	const struct block *block;
	uint64_t generation;
};

/* Is this the answer of a slot that holds `word`? */
static bool fits(const struct look *l, uint64_t word)
{
	if (part_of(word) == NOTHING)
		return l->err == -EFAULT;
	if ((perm_of(word) & l->want) != l->want)
		return l->err == -EPERM;
	return !l->err && l->generation == generation_of(word);
}

static void check_still(const struct look *l, uint64_t word)
{
	const struct slot *s = slot_at(l->asid, l->slot);
	uint64_t last = s->last;

	check(fits(l, word));
	if (part_of(word) == FRONT_HALF)
		last -= (s->last - s->start + 1) / 2;
	if (!l->err)
		check_eq(l->seg.last, last);
	atomic_fetch_add(&still, 1);
}

/*
 * Before or after; in particular, a replace or protect is no moment of absence.
 */
static void check_moving(const struct look *l, uint64_t from, uint64_t to)
{
	check(fits(l, from) || fits(l, to));
	atomic_fetch_add(&moving, 1);
}

/* As any one of a burst of requests that are alike. */
static int ask_in_burst(struct member *m, struct look *l)
{
	const struct slot *s = slot_at(l->asid, l->slot);
	const struct riotlb_request r = { .iova = s->start,
					  .last = s->last,
					  .want = l->want };
	const struct riotlb_request requests[BURST] = {
		r, r, r, r, r, r, r, r
	};
	struct riotlb_answer answers[BURST];
	const struct riotlb_answer *a = &answers[rng_below(&m->rng, BURST)];
	int failed = riotlb_translate_burst(m->crew->engine, l->asid, requests,
					    BURST, answers);

	for (int i = 0; i < BURST; i++) {
		check(answers[i].status == 0 || answers[i].status == -EFAULT ||
		      answers[i].status == -EPERM);
		failed -= answers[i].status != 0;
	}
	check_eq(failed, 0);
	if (a->status == 0)
		atomic_fetch_add(&burst_hits, 1);
	l->seg = (struct riotlb_segment){ .iova = r.iova,
					  .last = a->last,
					  .addr = a->addr,
					  .perm = a->perm };
	return a->status;
}

static int ask(struct member *m, struct look *l)
{
	const struct slot *s = slot_at(l->asid, l->slot);

	if (rng_percent(&m->rng, 50))
		return ask_in_burst(m, l);
	return riotlb_translate(m->crew->engine, l->asid, s->start, s->last,
				l->want, &l->seg);
}

static void look_up(struct member *m, struct look *l)
{
	struct place *p = &places[l->asid][l->slot];
	uint64_t turn = atomic_load(&p->turn);
	uint64_t from = atomic_load(&p->from), to = atomic_load(&p->to);

	l->err = ask(m, l);
	l->block = NULL;
	if (!l->err) {
		l->block = block_at(&l->seg, l->asid, l->slot,
				    slot_at(l->asid, l->slot));
		l->generation = l->block->generation;
		atomic_fetch_add(&hits, 1);
	} else if (l->err == -EPERM) {
		atomic_fetch_add(&denied, 1);
	}
	if (atomic_load(&p->turn) != turn)
		return;
	if (turn % 3 == 0)
		check_still(l, to);
	else if (turn % 3 == 2)
		check_moving(l, from, to);
}

/* Anywhere, or where something is about to happen. */
static void choose(struct member *m, struct look *l)
{
	uint64_t at = rng_below(&m->rng, SPACES * SLOTS);

	if (rng_percent(&m->rng, 50))
		at = atomic_load_explicit(&at_work[rng_below(&m->rng, WORKERS)],
					  memory_order_relaxed);
	l->asid = (uint32_t)(at / SLOTS);
	l->slot = (uint32_t)(at % SLOTS);
	l->want = rng_percent(&m->rng, 70) ? RIOTLB_READ : RIOTLB_RW;
}

static void reader(struct member *m)
{
	enum { LOOKS = 8 };
	struct look look[LOOKS];

	do {
		riotlb_read_enter(m->crew->engine);
		for (int i = 0; i < LOOKS; i++) {
			choose(m, &look[i]);
			look_up(m, &look[i]);
		}
		for (uint64_t spin = rng_log(&m->rng, 9); spin; spin--)
			atomic_signal_fence(memory_order_seq_cst);
		for (int i = 0; i < LOOKS; i++)
			if (look[i].block)
				block_check_alive(look[i].block,
						  look[i].generation);
		riotlb_read_exit(m->crew->engine);
	} while (crew_watch(m));
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);
	struct riotlb_default empty[SPACES] = {
		{ .kind = RIOTLB_DEFAULT_EMPTY },
		{ .kind = RIOTLB_DEFAULT_EMPTY },
		{ .kind = RIOTLB_DEFAULT_EMPTY },
		{ .kind = RIOTLB_DEFAULT_EMPTY },
	};
	static struct hooks hooks;
	static struct crew crew;
	struct riotlb_attr attr;
	struct riotlb *e;

	crew_attr(&attr, &options, &hooks);
	attr.nas = SPACES;
	attr.defaults = empty;
	attr.retire = block_retire;
	check_eq(riotlb_create(&attr, &e), 0);
	crew_init(&crew, e, &options, ROUNDS, ENOUGH);
	for (int i = 0; i < WORKERS; i++)
		crew_add_worker(&crew, updater, NULL);
	for (int i = 0; i < WATCHERS; i++)
		crew_add_watcher(&crew, reader, NULL);
	crew_run(&crew);
	riotlb_destroy(e);
	printf("%" PRIuFAST64 " updates, %" PRIuFAST64 " passes, %" PRIuFAST64
	       " hits, %" PRIuFAST64
	       " denied; of slots standing still %" PRIuFAST64
	       ", changing %" PRIuFAST64 "; %" PRIu64 " blocks freed\n",
	       updates, crew.passes, hits, denied, still, moving,
	       blocks_freed());
	check_eq(blocks_alive(), 0);
	hooks_check_empty(&hooks);
	check(hits - burst_hits > 500 && burst_hits > 500 && denied > 100 &&
	      still > 1000 && moving > 100);
	check(blocks_freed() > 1000);
	return 0;
}
