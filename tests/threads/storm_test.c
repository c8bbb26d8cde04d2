/* SPDX-License-Identifier: MIT */
/*
 * Everything at once on the same slots of two AS: updaters that get in each
 * other's way, a stream of resets and set_maps, and three kinds of readers of
 * the memory behind: those that read inside their section, those that keep a
 * translation in a cache and trust it while its stamp holds, and those that
 * hand it to another thread under a lease.
 *
 * What a reader gets to must be the block of that AS and slot, alive; and in
 * the end every block must have come back, byte by byte, exactly once.
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
	SPACES = 2,
	SLOTS = 10,
	ROUNDS = 3000,
	LEAST_PERCENT = 20, /* of them, for some of all that is rare */
	ENOUGH = 3000,      /* passes of the reader that met something stale */
	QUEUE = 64,
};

static const struct slot slots[SLOTS] = {
	{ 0x100008, 0x100067 }, { 0x100068, 0x1000e7 },
	{ 0x1000e8, 0x100147 }, { 0x200000, 0x200fff },
	{ 0x201000, 0x201fff }, { 0x202000, 0x202fff },
	{ 0x203000, 0x203fff }, { 0x3ff800, 0x4007ff },
	{ 0x700000, 0x70ffff }, { 0x9000000, 0x9000fff },
};

static atomic_uint_fast64_t mapped, refused, removed, resets, sets, deepened;
static atomic_uint_fast64_t hits, cached, stale, handed;
static atomic_uint_fast64_t generation;

static struct block *fresh_block(uint32_t asid, uint32_t slot)
{
	return block_new(asid, slot, atomic_fetch_add(&generation, 1) + 1,
			 &slots[slot]);
}

/* ---- workers ----------------------------------------------------------- */

static void map_one(struct member *m, uint32_t asid, uint32_t slot)
{
	struct block *b = fresh_block(asid, slot);
	struct riotlb_mapping map = block_mapping(b, RIOTLB_RW);
	uint32_t flags = rng_percent(&m->rng, 40) ? RIOTLB_MAP_REPLACE : 0;
	int err = riotlb_map(m->crew->engine, asid, &map, flags, NULL);

	check(err == 0 || (err == -EEXIST && !flags));
	if (err) {
		block_drop(b);
		atomic_fetch_add(&refused, 1);
	} else {
		atomic_fetch_add(&mapped, 1);
	}
}

static void map_two(struct member *m, uint32_t asid, uint32_t slot)
{
	uint32_t other = (slot + 1) % SLOTS;
	struct block *b[2] = { fresh_block(asid, slot),
			       fresh_block(asid, other) };
	struct riotlb_op ops[2] = { 0 };
	int err;

	for (int i = 0; i < 2; i++) {
		ops[i].kind = RIOTLB_OP_MAP;
		ops[i].mapping = block_mapping(b[i], RIOTLB_RW);
	}
	err = riotlb_apply(m->crew->engine, asid, ops, 2, NULL);
	check(err == 0 || err == -EEXIST);
	for (int i = 0; i < 2; i++)
		if (err)
			block_drop(b[i]);
	atomic_fetch_add(err ? &refused : &mapped, 2);
}

static void change_one(struct member *m, uint32_t asid, uint32_t slot)
{
	const struct slot *s = &slots[slot];
	uint64_t half = (s->last - s->start + 1) / 2;
	uint64_t x = rng_below(&m->rng, 4);
	struct riotlb_report r = { 0 };
	int err = 0;

	if (x == 0)
		err = riotlb_protect(m->crew->engine, asid, s->start, s->last,
				     RIOTLB_RW, &r);
	else if (x == 1)
		err = riotlb_unmap(m->crew->engine, asid, s->start + half,
				   s->last, RIOTLB_UNMAP_EXACT, &r);
	else
		err = riotlb_unmap(m->crew->engine, asid, s->start, s->last,
				   (enum riotlb_unmap_policy)(x - 2), &r);
	check(err == 0 || (x == 0 && (err == -EFAULT || err == -EINVAL)));
	if (!err && x)
		atomic_fetch_add(&removed, r.bytes.lo != 0);
	if (rng_below(&m->rng, 500) == 0)
		check_eq(riotlb_wait(m->crew->engine, r.token), 0);
}

/*
 * Pairs of bytes in ever smaller corners, one at a time: a deep table, which
 * the reclaimer will want to build anew under everybody's hands. They lead
 * nowhere, and nobody asks for them.
 */
static void deepen(struct member *m, uint32_t asid)
{
	unsigned int bit = 33 + (unsigned int)rng_below(&m->rng, 30);

	for (unsigned int low = 0; low < 32; low++) {
		uint64_t at = (uint64_t)1 << bit | (uint64_t)1 << low;
		struct riotlb_mapping map = {
			.start = at,
			.last = at,
			.addr = low + 1,
			.perm = RIOTLB_RW,
		};
		int err = riotlb_map(m->crew->engine, asid, &map, 0, NULL);

		check(err == 0 || err == -EEXIST);
	}
	atomic_fetch_add(&deepened, 1);
}

static void retire(void *ctx, uint32_t asid, const struct riotlb_mapping *piece)
{
	if (piece->opaque)
		block_retire(ctx, asid, piece);
}

static void updater(struct member *m)
{
	for (uint64_t round = 0; crew_work(m, round); round++) {
		uint32_t asid = (uint32_t)rng_below(&m->rng, SPACES);
		uint32_t slot = (uint32_t)rng_below(&m->rng, SLOTS);

		switch (rng_below(&m->rng, 8)) {
		case 0:
		case 1:
		case 2:
			map_one(m, asid, slot);
			break;
		case 3:
			map_two(m, asid, slot);
			break;
		case 4:
			if (rng_percent(&m->rng, 10))
				deepen(m, asid);
			break;
		default:
			change_one(m, asid, slot);
		}
	}
}

static void set_all(struct member *m, uint32_t asid)
{
	struct riotlb_mapping list[SLOTS];
	size_t n = 0;

	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (rng_percent(&m->rng, 50))
			list[n++] = block_mapping(fresh_block(asid, slot),
						  RIOTLB_RW);
	check_eq(riotlb_set_map(m->crew->engine, asid, list, n, NULL), 0);
	atomic_fetch_add(&sets, 1);
}

static void resetter(struct member *m)
{
	for (uint64_t round = 0; crew_work(m, round); round++) {
		uint32_t asid = (uint32_t)rng_below(&m->rng, SPACES);

		if (rng_percent(&m->rng, 50)) {
			set_all(m, asid);
		} else {
			check_eq(riotlb_reset_map(m->crew->engine, asid, NULL),
				 0);
			atomic_fetch_add(&resets, 1);
		}
		/* or the AS would be empty most of the time */
		for (uint64_t i = rng_log(&m->rng, 7); i; i--)
			sched_yield();
	}
}

/* ---- watchers ---------------------------------------------------------- */

/* The identity of AS 1's default state leads to no block. */
static const struct block *look_up(struct member *m, uint32_t asid,
				   uint32_t slot, uint64_t iova)
{
	struct riotlb_segment seg;

	if (riotlb_translate(m->crew->engine, asid, iova, slots[slot].last,
			     RIOTLB_READ, &seg))
		return NULL;
	if (seg.addr == iova) {
		check_eq(asid, 1);
		return NULL;
	}
	return block_at(&seg, asid, slot, &slots[slot]);
}

static void read_inside(struct member *m)
{
	enum { LOOKS = 6 };
	const struct block *b[LOOKS];
	uint64_t was[LOOKS];

	riotlb_read_enter(m->crew->engine);
	for (int i = 0; i < LOOKS; i++) {
		uint32_t slot = (uint32_t)rng_below(&m->rng, SLOTS);
		uint64_t into = rng_below(&m->rng, 0x60);

		b[i] = look_up(m, (uint32_t)rng_below(&m->rng, SPACES), slot,
			       slots[slot].start + into);
		was[i] = b[i] ? b[i]->generation : 0;
		atomic_fetch_add(&hits, b[i] != NULL);
	}
	for (int i = 0; i < LOOKS; i++)
		if (b[i])
			block_check_alive(b[i], was[i]);
	riotlb_read_exit(m->crew->engine);
}

struct entry {
	struct riotlb_stamp stamp;
	const struct block *block;
	uint64_t generation;
};

/*
 * A cached address is as good as a lookup while its stamp has not changed.
 * Returns whether it has.
 */
static bool read_cached(struct member *m, struct entry cache[SPACES][SLOTS])
{
	uint32_t asid = (uint32_t)rng_below(&m->rng, SPACES);
	uint32_t slot = (uint32_t)rng_below(&m->rng, SLOTS);
	struct entry *entry = &cache[asid][slot];
	struct riotlb_stamp now;
	bool changed = false;

	riotlb_read_enter(m->crew->engine);
	check_eq(riotlb_stamp(m->crew->engine, asid, slots[slot].start,
			      slots[slot].start, &now),
		 0);
	if (entry->block && riotlb_stamp_equal(&now, &entry->stamp)) {
		block_check_alive(entry->block, entry->generation);
		atomic_fetch_add(&cached, 1);
	} else {
		changed = entry->block != NULL;
		atomic_fetch_add(&stale, changed);
		entry->stamp = now;
		entry->block = look_up(m, asid, slot, slots[slot].start);
		if (entry->block)
			entry->generation = entry->block->generation;
	}
	riotlb_read_exit(m->crew->engine);
	return changed;
}

/* A pass in which nothing has changed says little, and does not count. */
static void reader(struct member *m)
{
	struct entry cache[SPACES][SLOTS];
	bool changed;

	memset(cache, 0, sizeof(cache));
	do {
		read_inside(m);
		changed = false;
		for (int i = 0; i < 8; i++)
			changed |= read_cached(m, cache);
	} while (changed ? crew_watch(m) : crew_attend(m));
}

/* ---- asynchronous I/O -------------------------------------------------- */

struct request {
	riotlb_lease lease;
	const struct block *block;
	uint64_t generation;
};

/* From one submitter to one completer; both only ever go forward. */
static struct {
	struct request ring[QUEUE];
	atomic_uint_fast64_t submitted;
	atomic_uint_fast64_t completed;
	atomic_bool closed;
} queue;

static void submitter(struct member *m)
{
	do {
		uint64_t n = atomic_load(&queue.submitted);
		struct request *r = &queue.ring[n % QUEUE];
		uint32_t slot = (uint32_t)rng_below(&m->rng, SLOTS);

		if (n - atomic_load(&queue.completed) == QUEUE) {
			sched_yield();
			continue;
		}
		riotlb_read_enter(m->crew->engine);
		r->block = look_up(m, (uint32_t)rng_below(&m->rng, SPACES),
				   slot, slots[slot].start);
		if (r->block) {
			r->generation = r->block->generation;
			r->lease = riotlb_lease_begin(m->crew->engine);
		}
		riotlb_read_exit(m->crew->engine);
		if (r->block)
			atomic_store(&queue.submitted, n + 1);
	} while (crew_attend(m));
	atomic_store(&queue.closed, true);
}

/* The queue stays deep: a request waits until others are behind it. */
static void complete_some(struct member *m, uint64_t depth)
{
	uint64_t n = atomic_load(&queue.completed);

	while (atomic_load(&queue.submitted) - n > depth) {
		struct request *r = &queue.ring[n % QUEUE];

		block_check_alive(r->block, r->generation);
		riotlb_lease_end(m->crew->engine, r->lease);
		atomic_store(&queue.completed, ++n);
		atomic_fetch_add(&handed, 1);
	}
}

static void completer(struct member *m)
{
	while (!atomic_load(&queue.closed)) {
		complete_some(m, rng_below(&m->rng, QUEUE));
		riotlb_quiescent(m->crew->engine);
		sched_yield();
	}
	complete_some(m, 0);
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);
	struct riotlb_default defaults[SPACES] = {
		{ .kind = RIOTLB_DEFAULT_EMPTY },
		{ .kind = RIOTLB_DEFAULT_IDENTITY },
	};
	static struct hooks hooks;
	static struct crew crew;
	struct riotlb_attr attr;
	struct riotlb *e;

	if (options.percent < LEAST_PERCENT)
		options.percent = LEAST_PERCENT;
	crew_attr(&attr, &options, &hooks);
	attr.nas = SPACES;
	attr.defaults = defaults;
	attr.retire = retire;
	check_eq(riotlb_create(&attr, &e), 0);
	crew_init(&crew, e, &options, ROUNDS, ENOUGH);
	crew_add_worker(&crew, updater, NULL);
	crew_add_worker(&crew, updater, NULL);
	crew_add_worker(&crew, resetter, NULL);
	crew_add_watcher(&crew, reader, NULL);
	crew_add_watcher(&crew, submitter, NULL);
	crew_add_watcher(&crew, completer, NULL);
	crew_run(&crew);
	riotlb_destroy(e);
	printf("%" PRIuFAST64 " mapped, %" PRIuFAST64 " refused, %" PRIuFAST64
	       " removed, %" PRIuFAST64 " resets, %" PRIuFAST64
	       " set_map; %" PRIuFAST64 " passes, %" PRIuFAST64
	       " hits, %" PRIuFAST64 " cached, %" PRIuFAST64
	       " stale, %" PRIuFAST64 " leased, %" PRIuFAST64
	       " deepened, %" PRIu64 " blocks freed\n",
	       mapped, refused, removed, resets, sets, crew.passes, hits,
	       cached, stale, handed, deepened, blocks_freed());
	check_eq(blocks_alive(), 0);
	hooks_check_empty(&hooks);
	check(mapped > 50 && removed > 20 && resets > 20 && sets > 20);
	check(deepened > 5 && hits > 100 && cached > 50 && stale > 20);
	check(handed > 50);
	return 0;
}
