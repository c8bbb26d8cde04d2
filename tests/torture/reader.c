/* SPDX-License-Identifier: MIT */
/*
 * Looks up, in all forms, and keeps what it got: until the end of the section,
 * in a cache that trusts stamps, or under a lease.
 */
#include <sched.h>
#include <time.h>

#include <riotlb/rcu.h>

#include "ask.h"
#include "history.h"
#include "leases.h"
#include "round.h"

enum {
	PASSES = 16, /* in one section */
	HELD_MAX = PASSES * ASK_MAX,
	CACHE = 64,
};

/* A translation and the stamp that it holds good with. */
struct entry {
	bool valid;
	struct question question;
	uint32_t place;
	unsigned int cell;
	uint64_t iova;
	struct riotlb_stamp stamp;
	struct answer answer;
};

struct reading {
	struct actor *a;
	unsigned int n;
	struct held held[HELD_MAX];
	struct entry cache[CACHE];
};

static struct question any_question(struct reading *r)
{
	struct question q = { .engine = r->a->engine };

	q.by_group = rng_percent(&r->a->rng, 12);
	q.id = q.by_group ? (uint32_t)rng_below(&r->a->rng, GROUPS)
			  : round_space(r->a);
	return q;
}

static uint32_t any_want(struct rng *rng)
{
	uint64_t x = rng_below(rng, 8);

	return x == 0 ? RIOTLB_WRITE : x < 3 ? RIOTLB_RW : RIOTLB_READ;
}

/* At either end of a cell of the place. */
static struct look look_at(struct rng *rng, uint32_t asid, uint32_t place)
{
	uint64_t x = rng_next(rng);
	struct look l = {
		.asid = asid,
		.place = place,
		.cell = x & 1,
		.want = RIOTLB_READ,
	};

	l.iova = x & 2 ? cells_start(place, 1u << l.cell)
		       : cells_last(place, 1u << l.cell) - LOOK_SPAN;
	return l;
}

static enum found judge(struct reading *r, const struct question *q,
			struct look *l, const struct answer *answer)
{
	struct counts *c = &r->a->counts;
	struct held held;
	enum found found = ask_end(q, l, answer, &held);

	count_add(c, COUNT_lookups, 1);
	if (found == FOUND_DEFAULT)
		count_add(c, COUNT_defaults, 1);
	if (found != FOUND_BLOCK)
		return found;
	count_add(c, COUNT_hits, 1);
	if (r->n < HELD_MAX)
		r->held[r->n++] = held;
	return found;
}

static void count_straddled(struct reading *r, struct riotlb_stamp before,
			    struct riotlb_stamp after)
{
	if (!riotlb_stamp_equal(&before, &after))
		count_add(&r->a->counts, COUNT_straddled, 1);
}

static enum found ask_and_judge(struct reading *r, const struct question *q,
				struct look *l, struct answer *answer)
{
	uint64_t last = l->iova + LOOK_SPAN;
	struct riotlb_stamp before = ask_stamp(q, l->iova, last);

	*answer = ask_one(q, l, (unsigned int)rng_next(&r->a->rng));
	count_straddled(r, before, ask_stamp(q, l->iova, last));
	return judge(r, q, l, answer);
}

static void pass_one(struct reading *r)
{
	struct question q = any_question(r);
	uint32_t asid = ask_begin(&q);
	struct look l = look_at(&r->a->rng, asid, place_any(&r->a->rng));
	struct answer answer;

	l.want = any_want(&r->a->rng);
	look_begin(&l);
	ask_and_judge(r, &q, &l, &answer);
}

/* Dense places in a row, so that one stamp speaks for them all. */
static void pass_many(struct reading *r)
{
	struct question q = any_question(r);
	uint32_t asid = ask_begin(&q);
	uint32_t first = place_run(&r->a->rng, ASK_MAX);
	uint64_t start = places[first].start;
	uint64_t last = places[first + ASK_MAX - 1].last;
	struct answer answer[ASK_MAX];
	struct riotlb_stamp before;
	struct look l[ASK_MAX];
	unsigned int n;

	for (unsigned int i = 0; i < ASK_MAX; i++) {
		l[i] = look_at(&r->a->rng, asid, first + i);
		look_begin(&l[i]);
	}
	before = ask_stamp(&q, start, last);
	n = ask_many(&q, l, answer, ASK_MAX, rng_percent(&r->a->rng, 40));
	count_straddled(r, before, ask_stamp(&q, start, last));
	for (unsigned int i = 0; i < n; i++)
		judge(r, &q, &l[i], &answer[i]);
}

/* Places that change together, one after the other: versions never go back. */
static void pass_paired(struct reading *r)
{
	struct question q = {
		.engine = r->a->engine,
		.id = SPACE_PUBLISHED +
		      (uint32_t)rng_below(&r->a->rng, SPACES - SPACE_PUBLISHED),
	};
	uint64_t seen = 0, x = rng_next(&r->a->rng);
	struct answer answer;

	for (unsigned int i = 0; i < 4; i++, x >>= 8) {
		struct look l = look_at(&r->a->rng, q.id, x % PAIRED);

		look_begin(&l);
		if (l.version < seen)
			l.version = seen;
		ask_and_judge(r, &q, &l, &answer);
		seen = l.version;
	}
}

/* A new translation for the cache, if there is one. */
static void fill(struct reading *r, struct entry *e)
{
	struct question q = any_question(r);
	uint32_t asid = ask_begin(&q);
	struct look l = look_at(&r->a->rng, asid, place_any(&r->a->rng));

	e->question = q;
	e->place = l.place;
	e->cell = l.cell;
	e->iova = l.iova;
	look_begin(&l);
	e->stamp = ask_stamp(&q, l.iova, l.iova + LOOK_SPAN);
	e->answer = ask_one(&q, &l, (unsigned int)rng_next(&r->a->rng));
	e->valid = judge(r, &q, &l, &e->answer) == FOUND_BLOCK;
}

/*
 * What a cached translation says while its stamp holds is judged as a lookup
 * made just now would be.
 */
static void pass_cached(struct reading *r)
{
	struct entry *e = &r->cache[rng_below(&r->a->rng, CACHE)];
	struct question q = e->question;
	struct riotlb_stamp now;
	struct look l = { .place = e->place,
			  .cell = e->cell,
			  .iova = e->iova,
			  .want = RIOTLB_READ };

	if (!e->valid) {
		fill(r, e);
		return;
	}
	l.asid = ask_begin(&q);
	look_begin(&l);
	now = ask_stamp(&q, l.iova, l.iova + LOOK_SPAN);
	if (riotlb_stamp_equal(&now, &e->stamp)) {
		count_add(&r->a->counts, COUNT_cached, 1);
		judge(r, &q, &l, &e->answer);
	} else {
		count_add(&r->a->counts, COUNT_stale, 1);
		fill(r, e);
	}
}

static void spin(uint64_t n)
{
	for (volatile uint64_t i = 0; i < n; i++)
		;
}

static void delay(struct reading *r)
{
	struct rng *rng = &r->a->rng;
	struct timespec pause = { 0 };
	uint64_t x = rng_below(rng, 32);

	count_add(&r->a->counts, COUNT_delays, 1);
	if (x >= 8) {
		spin(rng_log(rng, 13));
	} else if (x >= 1) {
		for (uint64_t n = 1 + rng_below(rng, 8); n; n--)
			sched_yield();
	} else {
		pause.tv_nsec = (long)(1 + rng_below(rng, 2000000));
		nanosleep(&pause, NULL);
	}
}

static void section(struct reading *r)
{
	struct rng *rng = &r->a->rng;
	uint64_t late = rng_below(rng, 16 * PASSES);

	r->n = 0;
	for (unsigned int i = 0; i < PASSES; i++) {
		uint64_t x = rng_below(rng, 16);

		if (i == late)
			delay(r);
		if (x < 2)
			pass_many(r);
		else if (x < 5)
			pass_cached(r);
		else if (x < 9)
			pass_paired(r);
		else
			pass_one(r);
	}
	if (rng_below(rng, 16) == 0)
		delay(r);
	for (unsigned int i = 0; i < r->n; i++)
		held_check(&r->held[i]);
	count_add(&r->a->counts, COUNT_held, r->n);
}

void reader(struct actor *a)
{
	struct reading r = { .a = a };

	while (round_goes_on(a)) {
		riotlb_read_enter(a->engine);
		section(&r);
		if (rng_below(&a->rng, 4) == 0)
			lease_submit(a->engine, r.held, r.n);
		riotlb_read_exit(a->engine);
		riotlb_quiescent(a->engine);
	}
}
