/* SPDX-License-Identifier: MIT */
/*
 * Long random sequences of misses, answers and changes, on a plain AS and on
 * caches. Who is told what is compared with a list of those who wait, which
 * knows no questions; and after each step the questions are looked at: there is
 * one for whoever waits, which reaches to its byte, and its first byte is one
 * that somebody waits for.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <riotlb/cache.h>
#include <riotlb/rcu.h>

#include "cache_verify.h"
#include "check.h"
#include "hooks.h"
#include "miss.h"
#include "rng.h"

enum {
	AS = 2,
	GROUPS = 2,
	BYTES = 24, /* of each AS */
	WAITERS = 12,
	QUESTIONS = 5,
	CACHED = 4,
	STEPS = 200000,
};

struct waiter {
	struct riotlb_miss_waiter waiter;
	bool waits;
	bool by_group;
	uint32_t group;
	uint32_t asid;
	uint64_t iova;
	uint32_t want;
	int told; /* times, since it was added */
	int status;
};

static struct {
	struct riotlb_vdpa *vdpa;
	struct riotlb *engine;
	struct riotlb_misses *misses;
	struct riotlb_cache *cache;
	struct hooks hooks;
	struct waiter waiters[WAITERS];
	uint32_t bound[GROUPS];
	struct rng rng;
	uint64_t seed, step;
} t;

static unsigned long added, joined, again, refused, told[2], cancelled;

static void tell(void *ctx)
{
	(void)ctx;
	fprintf(stderr, "seed %" PRIu64 ", %s, step %" PRIu64 "\n", t.seed,
		t.cache ? "cache" : "plain", t.step);
}

/* ---- who waits --------------------------------------------------------- */

static void keep(struct riotlb_miss_waiter *self, int status)
{
	struct waiter *w = (struct waiter *)self;

	check(w->waits);
	w->told++;
	w->status = status;
	told[status != 0]++;
}

static bool concerns(const struct waiter *w, uint32_t asid, uint64_t start,
		     uint64_t last)
{
	return w->waits && w->asid == asid && w->iova >= start &&
	       w->iova <= last;
}

/* Each that it concerns has been told so, once; the others have not. */
static void expect_told(bool (*whom)(const struct waiter *w, const void *ctx),
			const void *ctx, uint32_t perm, int status)
{
	for (int i = 0; i < WAITERS; i++) {
		struct waiter *w = &t.waiters[i];
		int want = status;

		if (!w->waits)
			continue;
		if (!whom(w, ctx)) {
			check_eq(w->told, 0);
			continue;
		}
		if (status == 0 && (perm & w->want) != w->want)
			want = -EPERM;
		check_eq(w->told, 1);
		check_eq((uint64_t)w->status, (uint64_t)want);
		check_eq((uint64_t)riotlb_miss_poll(&w->waiter),
			 (uint64_t)want);
		w->waits = false;
	}
}

struct place {
	uint32_t asid;
	uint64_t start;
	uint64_t last;
};

static bool in_place(const struct waiter *w, const void *ctx)
{
	const struct place *p = ctx;

	return concerns(w, p->asid, p->start, p->last);
}

static bool of_group(const struct waiter *w, const void *ctx)
{
	return w->by_group && w->group == *(const uint32_t *)ctx;
}

static bool nobody(const struct waiter *w, const void *ctx)
{
	(void)w;
	(void)ctx;
	return false;
}

static bool anybody(const struct waiter *w, const void *ctx)
{
	(void)w;
	(void)ctx;
	return true;
}

/* ---- questions --------------------------------------------------------- */

static const struct question *question_of(const struct waiter *w)
{
	const struct question *q = w->waiter.question;

	check(q->asid == w->asid && (q->perm & w->want) == w->want);
	check(q->start <= w->iova && w->iova <= q->last);
	return q;
}

static void check_questions(void)
{
	struct riotlb_miss_stats stats;
	uint64_t waiters = 0, questions = 0;

	for (int i = 0; i < WAITERS; i++) {
		if (!t.waiters[i].waits)
			continue;
		waiters++;
		question_of(&t.waiters[i]);
	}
	for (uint32_t i = 0; i < QUESTIONS; i++) {
		const struct question *q = &t.misses->questions[i];
		bool first = false;

		if (!q->waiters)
			continue;
		questions++;
		for (struct riotlb_miss_waiter *w = q->waiters; w; w = w->next)
			first |= w->iova == q->start;
		check(first);
	}
	riotlb_miss_get_stats(t.misses, &stats);
	check_eq(stats.waiters, waiters);
	check_eq(stats.queued + stats.asked, questions);
}

/* ---- steps ------------------------------------------------------------- */

static uint64_t byte(void)
{
	return rng_below(&t.rng, BYTES);
}

static struct place place(void)
{
	uint64_t a = byte(), b = byte();

	return (struct place){ (uint32_t)rng_below(&t.rng, AS), a < b ? a : b,
			       a < b ? b : a };
}

static bool is_mapped(uint32_t asid, uint64_t iova, uint32_t want)
{
	struct riotlb_segment seg;

	return riotlb_translate(t.engine, asid, iova, iova, want, &seg) == 0;
}

static void add(struct waiter *w)
{
	uint64_t last;
	bool mapped;
	int err;

	if (w->waits)
		return;
	*w = (struct waiter){
		.waiter = { .told = keep },
		.waits = true,
		.by_group = rng_percent(&t.rng, 50),
		.group = (uint32_t)rng_below(&t.rng, GROUPS),
		.asid = (uint32_t)rng_below(&t.rng, AS),
		.iova = byte(),
		.want = 1 + (uint32_t)rng_below(&t.rng, 3),
	};
	if (w->by_group)
		w->asid = t.bound[w->group];
	last = w->iova + rng_below(&t.rng, 4);
	riotlb_read_enter(t.engine);
	mapped = is_mapped(w->asid, w->iova, w->want);
	if (w->by_group)
		err = riotlb_miss_group_add(t.misses, w->group, w->iova, last,
					    w->want, &w->waiter);
	else
		err = riotlb_miss_add(t.misses, w->asid, w->iova, last, w->want,
				      &w->waiter);
	riotlb_read_exit(t.engine);
	check(err == -ENOSPC || err == mapped);
	w->waits = err == 0;
	*(err == 0 ? &added : err == 1 ? &again : &refused) += 1;
	expect_told(nobody, NULL, 0, 0);
}

static void cancel(struct waiter *w)
{
	if (!w->waits)
		return;
	check_eq(riotlb_miss_cancel(t.misses, &w->waiter), 0);
	w->waits = false;
	cancelled++;
	expect_told(nobody, NULL, 0, 0);
}

static void map(void)
{
	struct place p = place();
	uint32_t perm = 1 + (uint32_t)rng_below(&t.rng, 3);
	int err = riotlb_vdpa_dma_map(t.vdpa, p.asid, p.start,
				      p.last - p.start + 1, p.start, perm, NULL,
				      NULL);

	check(err == 0 || (err == -EEXIST && !(t.cache && p.asid == 0)));
	if (err)
		expect_told(nobody, NULL, 0, 0);
	else
		expect_told(in_place, &p, perm, 0);
}

static void unmap(void)
{
	struct place p = place();

	check_eq(riotlb_vdpa_dma_unmap(t.vdpa, p.asid, p.start,
				       p.last - p.start + 1, NULL),
		 0);
	expect_told(in_place, &p, 0, -ECANCELED);
}

static void fail(void)
{
	struct place p = place();

	riotlb_miss_fail(t.misses, p.asid, p.start, p.last, -EIO);
	expect_told(in_place, &p, 0, -EIO);
}

static void rebind(void)
{
	uint32_t group = (uint32_t)rng_below(&t.rng, GROUPS);

	t.bound[group] = (uint32_t)rng_below(&t.rng, AS);
	check_eq(
		riotlb_vdpa_set_group_asid(t.vdpa, group, t.bound[group], NULL),
		0);
	expect_told(of_group, &group, 0, -ECANCELED);
}

static void reset(void)
{
	struct place all = { (uint32_t)rng_below(&t.rng, AS), 0, UINT64_MAX };

	check_eq(riotlb_vdpa_reset_map(t.vdpa, all.asid, NULL), 0);
	expect_told(in_place, &all, 0, -ECANCELED);
}

static void take(void)
{
	struct riotlb_iotlb_msg msg;
	struct riotlb_range range;

	if (rng_percent(&t.rng, 20))
		riotlb_miss_requeue(t.misses);
	while (riotlb_miss_take(t.misses, &msg, &range) == 0)
		check(msg.iova == range.start && range.start <= range.last);
}

static void step(void)
{
	struct waiter *w = &t.waiters[rng_below(&t.rng, WAITERS)];
	uint64_t what = rng_below(&t.rng, 100);

	if (what < 50)
		add(w);
	else if (what < 60)
		cancel(w);
	else if (what < 72)
		map();
	else if (what < 82)
		unmap();
	else if (what < 85)
		fail();
	else if (what < 88)
		rebind();
	else if (what < 90)
		reset();
	else
		take();
	check_questions();
	if (t.cache)
		check(cache_verify(t.cache));
}

/* ---- runs -------------------------------------------------------------- */

static void open_front(bool cached, enum riotlb_cache_policy policy)
{
	static const struct riotlb_default empty[AS] = {
		{ .kind = RIOTLB_DEFAULT_EMPTY },
		{ .kind = RIOTLB_DEFAULT_EMPTY },
	};
	struct riotlb_cache_attr cache;
	struct riotlb_miss_attr misses;
	struct riotlb_vdpa_attr attr;
	struct riotlb_attr engine;

	hooks_init(&t.hooks);
	riotlb_attr_init(&engine);
	engine.nas = AS;
	engine.ngroups = GROUPS;
	engine.defaults = empty;
	engine.allocator = &t.hooks.allocator;
	engine.reclaim = RIOTLB_RECLAIM_MANUAL;
	riotlb_vdpa_attr_init(&attr);
	attr.engine = &engine;
	check_eq(riotlb_vdpa_create(&attr, &t.vdpa), 0);
	t.engine = riotlb_vdpa_engine(t.vdpa);
	riotlb_thread_register(t.engine);
	riotlb_miss_attr_init(&misses);
	misses.capacity = QUESTIONS;
	check_eq(riotlb_miss_create(t.vdpa, &misses, &t.misses), 0);
	t.cache = NULL;
	riotlb_cache_attr_init(&cache);
	cache.mappings = CACHED;
	cache.policy = policy;
	cache.page = 1;
	if (cached)
		check_eq(riotlb_cache_create(t.vdpa, 0, &cache, &t.cache), 0);
	for (int i = 0; i < GROUPS; i++)
		t.bound[i] = 0;
}

static void close_front(void)
{
	struct riotlb_miss_stats stats;

	riotlb_miss_get_stats(t.misses, &stats);
	joined += stats.joined;
	riotlb_miss_close(t.misses);
	expect_told(anybody, NULL, 0, -ESHUTDOWN);
	riotlb_miss_destroy(t.misses);
	riotlb_cache_destroy(t.cache);
	riotlb_thread_unregister(t.engine);
	riotlb_vdpa_destroy(t.vdpa);
	hooks_check_empty(&t.hooks);
}

static void run(uint64_t steps, bool cached, enum riotlb_cache_policy policy)
{
	t.rng.state = t.seed;
	open_front(cached, policy);
	for (t.step = 0; t.step < steps; t.step++) {
		step();
		if (t.cache && rng_percent(&t.rng, 30))
			riotlb_cache_touch(t.cache, byte());
		if (t.step % 1024 == 0)
			riotlb_reclaim(t.engine);
	}
	close_front();
}

int main(int argc, char **argv)
{
	uint64_t steps = STEPS;

	t.seed = 1;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (argv[i][2] == 'p')
			steps = steps * strtoull(argv[i + 1], NULL, 10) / 100;
		else
			t.seed = strtoull(argv[i + 1], NULL, 10);
	}
	check_set_context(tell, NULL);
	run(steps, false, RIOTLB_CACHE_FIFO);
	run(steps, true, RIOTLB_CACHE_FIFO);
	run(steps, true, RIOTLB_CACHE_CLOCK);
	run(steps, true, RIOTLB_CACHE_SIEVE);
	printf("%lu waited, %lu of them with others, %lu were mapped, %lu "
	       "refused; %lu told of mappings, %lu of others, %lu cancelled\n",
	       added, joined, again, refused, told[0], told[1], cancelled);
	check(added > steps / 2 && joined > steps / 8 && again > steps / 32 &&
	      refused > steps / 64 && told[0] > steps / 32 &&
	      told[1] > steps / 32 && cancelled > steps / 32);
	return 0;
}
