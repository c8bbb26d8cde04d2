/* SPDX-License-Identifier: MIT */
/*
 * Queues that miss, drivers that answer, and somebody who takes mappings away,
 * all at the same time; in a plain AS, and in caches that are too small for all
 * that is wanted. A run ends when each queue has found so many pages, so one
 * lost wakeup, of a waiter, of a driver or of one that found the set full, and
 * it would not end: nobody here looks by himself.
 *
 * The memory behind the mappings is real: who finds a page reads whose it is,
 * some of them under a lease, and the retire callback frees it.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/cache.h>
#include <riotlb/miss.h>
#include <riotlb/rcu.h>

#include "cache_verify.h"
#include "check.h"
#include "crew.h"
#include "hooks.h"

enum {
	QUEUES = 3,
	REQUESTS = 4, /* of a queue, at once */
	DRIVERS = 2,
	PAGES = 24,
	CACHED = 16,
	QUESTIONS = 6, /* fewer than requests, so that the set gets full */
	ROUNDS = 20000,
};

#define PAGE UINT64_C(0x1000)

struct shared {
	struct riotlb_vdpa *vdpa;
	struct riotlb *engine;
	struct riotlb_misses *misses;
	struct riotlb_cache *cache; /* or NULL */
	atomic_uint_fast64_t kicks;
	atomic_uint_fast64_t rooms;
	atomic_size_t blocks; /* that are out */
};

static struct {
	atomic_uint_fast64_t hits, misses, again, refused, cancelled;
	atomic_uint_fast64_t called, polled, flushed, failed;
	atomic_uint_fast64_t leases, over;
} tally;

/* ---- memory ------------------------------------------------------------ */

struct block {
	uint64_t page;
};

#define DEAD UINT64_C(0xdeaddeaddeaddead)

static void retire(void *ctx, uint32_t asid, const struct riotlb_mapping *m)
{
	struct shared *s = ctx;
	struct block *b = (struct block *)(uintptr_t)m->opaque;

	check_eq(asid, 0);
	check_eq(b->page, m->start / PAGE);
	b->page = DEAD;
	free(b);
	atomic_fetch_sub(&s->blocks, 1);
}

/* ---- queues ------------------------------------------------------------ */

enum state { IDLE, WAITS, REFUSED };

/* With a callback: memory for each wait, which the callback frees. */
struct call {
	struct riotlb_miss_waiter waiter;
	struct request *request;
};

struct request {
	struct riotlb_miss_waiter polled;
	enum state state;
	bool calls;
	atomic_int news; /* of the callback: 1, or the status */
	uint64_t rooms;  /* when it was refused */
	uint64_t page;
};

static void wake(struct riotlb_miss_waiter *self, int status)
{
	struct call *call = (struct call *)self;
	struct request *r = call->request;

	atomic_fetch_add(&tally.called, 1);
	memset(call, 0xa5, sizeof(*call));
	free(call);
	atomic_store(&r->news, status);
}

/* Within the section of the lookup that failed. */
static int wait_for(struct shared *s, struct request *r, uint32_t want,
		    uint64_t last)
{
	struct call *call;
	int err;

	r->polled.told = NULL;
	if (!r->calls)
		return riotlb_miss_add(s->misses, 0, r->page * PAGE, last, want,
				       &r->polled);
	call = malloc(sizeof(*call));
	check(call != NULL);
	*call = (struct call){ { .told = wake }, r };
	atomic_store(&r->news, 1);
	err = riotlb_miss_add(s->misses, 0, r->page * PAGE, last, want,
			      &call->waiter);
	if (err)
		free(call);
	return err;
}

static int translate(struct shared *s, const struct request *r, uint32_t want,
		     struct riotlb_segment *seg)
{
	uint64_t iova = r->page * PAGE;

	if (s->cache)
		return riotlb_cache_translate(s->cache, iova, iova, want, seg);
	return riotlb_translate(s->engine, 0, iova, iova, want, seg);
}

static void read_block(const struct request *r, const struct riotlb_segment *g)
{
	const struct block *b = (const struct block *)(uintptr_t)g->addr;

	check_eq(b->page, r->page);
}

static void use(struct member *m, const struct request *r,
		const struct riotlb_segment *seg)
{
	struct shared *s = m->ctx;
	riotlb_lease lease;

	read_block(r, seg);
	if (!rng_percent(&m->rng, 10)) {
		riotlb_read_exit(s->engine);
		return;
	}
	lease = riotlb_lease_begin(s->engine);
	riotlb_read_exit(s->engine);
	riotlb_quiescent(s->engine);
	sched_yield();
	read_block(r, seg);
	riotlb_lease_end(s->engine, lease);
	atomic_fetch_add(&tally.leases, 1);
}

/* True: it has found its page. */
static bool look(struct member *m, struct request *r)
{
	struct shared *s = m->ctx;
	uint32_t want = rng_percent(&m->rng, 50) ? RIOTLB_READ : RIOTLB_RW;
	uint64_t last = (r->page + rng_below(&m->rng, 3)) * PAGE;
	struct riotlb_segment seg;
	int err;

	r->rooms = atomic_load(&s->rooms);
	riotlb_read_enter(s->engine);
	if (translate(s, r, want, &seg) == 0) {
		use(m, r, &seg);
		atomic_fetch_add(&tally.hits, 1);
		return true;
	}
	err = wait_for(s, r, want, last);
	riotlb_read_exit(s->engine);
	check(err == 0 || err == 1 || err == -ENOSPC);
	if (err == 0)
		r->state = WAITS;
	else if (err == -ENOSPC)
		r->state = REFUSED;
	atomic_fetch_add(err == 0   ? &tally.misses
			 : err == 1 ? &tally.again
				    : &tally.refused,
			 1);
	return false;
}

static bool is_over(struct member *m, struct request *r)
{
	struct shared *s = m->ctx;
	int status;

	if (r->state == REFUSED)
		return atomic_load(&s->rooms) != r->rooms;
	status =
		r->calls ? atomic_load(&r->news) : riotlb_miss_poll(&r->polled);
	if (status == 1 || status == -EINPROGRESS) {
		if (r->calls || rng_below(&m->rng, 512) ||
		    riotlb_miss_cancel(s->misses, &r->polled))
			return false;
		atomic_fetch_add(&tally.cancelled, 1);
		return true;
	}
	check(status == 0 || status == -ECANCELED || status == -EIO);
	if (!r->calls)
		atomic_fetch_add(&tally.polled, 1);
	if (status)
		atomic_fetch_add(
			status == -EIO ? &tally.failed : &tally.flushed, 1);
	return true;
}

static void queue(struct member *m)
{
	struct request requests[REQUESTS] = { 0 };
	struct shared *s = m->ctx;
	uint64_t found = 0;
	unsigned int waiting = 0;

	riotlb_thread_register(s->engine);
	while (waiting || crew_work(m, found)) {
		bool progress = false;

		for (int i = 0; i < REQUESTS; i++) {
			struct request *r = &requests[i];

			if (r->state != IDLE) {
				if (!is_over(m, r))
					continue;
				r->state = IDLE;
				waiting--;
			} else if (crew_work(m, found)) {
				r->page = rng_below(&m->rng, PAGES);
				r->calls = rng_percent(&m->rng, 50);
				found += look(m, r);
				waiting += r->state != IDLE;
			}
			progress = true;
		}
		riotlb_quiescent(s->engine);
		if (!progress)
			sched_yield();
	}
	riotlb_thread_unregister(s->engine);
}

/* ---- drivers ----------------------------------------------------------- */

static void kick(void *ctx)
{
	atomic_fetch_add(&((struct shared *)ctx)->kicks, 1);
}

static void room(void *ctx)
{
	atomic_fetch_add(&((struct shared *)ctx)->rooms, 1);
}

static void answer(struct member *m, uint64_t iova)
{
	struct shared *s = m->ctx;
	struct block *b;
	int err;

	if (rng_percent(&m->rng, 3)) {
		riotlb_miss_fail(s->misses, 0, iova, iova, -EIO);
		return;
	}
	b = malloc(sizeof(*b));
	check(b != NULL);
	b->page = iova / PAGE;
	atomic_fetch_add(&s->blocks, 1);
	err = riotlb_vdpa_dma_map(s->vdpa, 0, iova, PAGE, (uintptr_t)b,
				  RIOTLB_RW, b, NULL);
	if (err) {
		check(!s->cache && err == -EEXIST);
		free(b);
		atomic_fetch_sub(&s->blocks, 1);
	}
}

static void driver(struct member *m)
{
	struct shared *s = m->ctx;
	struct riotlb_iotlb_msg msg;
	uint64_t seen = 0;

	do {
		uint64_t kicks = atomic_load(&s->kicks);

		if (kicks == seen) {
			sched_yield();
			continue;
		}
		seen = kicks;
		while (riotlb_miss_take(s->misses, &msg, NULL) == 0)
			answer(m, msg.iova);
		if (rng_percent(&m->rng, 1)) {
			riotlb_miss_requeue(s->misses);
			kick(s);
		}
	} while (crew_attend(m));
}

static bool has_happened(void)
{
	return tally.misses > 100 && tally.refused > 5 && tally.called > 50 &&
	       tally.polled > 50 && tally.leases > 50 && tally.flushed > 5 &&
	       tally.failed > 5;
}

static void invalidate(struct member *m)
{
	struct shared *s = m->ctx;
	struct riotlb_stats stats;

	do {
		uint64_t page = rng_below(&m->rng, PAGES);

		if (rng_percent(&m->rng, 2))
			check_eq(riotlb_vdpa_reset_map(s->vdpa, 0, NULL), 0);
		else
			check_eq(riotlb_vdpa_dma_unmap(s->vdpa, 0, page * PAGE,
						       PAGE, NULL),
				 0);
		check_eq(riotlb_get_stats(s->engine, 0, &stats), 0);
		if (s->cache && stats.mappings > CACHED)
			atomic_fetch_add(&tally.over, 1);
		sched_yield();
		/* passes count when all has happened that is to happen */
	} while (has_happened() ? crew_watch(m) : crew_attend(m));
}

/* ---- runs -------------------------------------------------------------- */

static const struct riotlb_default empty = { .kind = RIOTLB_DEFAULT_EMPTY };

static void open_shared(struct shared *s, const struct crew_options *options,
			struct hooks *hooks, bool cached,
			enum riotlb_cache_policy policy)
{
	struct riotlb_miss_attr misses;
	struct riotlb_cache_attr cache;
	struct riotlb_vdpa_attr attr;
	struct riotlb_attr engine;

	memset(s, 0, sizeof(*s));
	crew_attr(&engine, options, hooks);
	engine.defaults = &empty;
	engine.retire = retire;
	engine.hook_ctx = s;
	riotlb_vdpa_attr_init(&attr);
	attr.engine = &engine;
	check_eq(riotlb_vdpa_create(&attr, &s->vdpa), 0);
	s->engine = riotlb_vdpa_engine(s->vdpa);
	riotlb_miss_attr_init(&misses);
	misses.capacity = QUESTIONS;
	misses.kick = kick;
	misses.room = room;
	misses.ctx = s;
	check_eq(riotlb_miss_create(s->vdpa, &misses, &s->misses), 0);
	if (!cached)
		return;
	riotlb_cache_attr_init(&cache);
	cache.mappings = CACHED;
	cache.policy = policy;
	check_eq(riotlb_cache_create(s->vdpa, 0, &cache, &s->cache), 0);
}

static void close_shared(struct shared *s)
{
	struct riotlb_miss_stats left;

	riotlb_miss_get_stats(s->misses, &left);
	check_eq(left.waiters, 0);
	check_eq(left.queued + left.asked, 0);
	if (s->cache) {
		struct riotlb_cache_stats stats;

		riotlb_cache_get_stats(s->cache, &stats);
		check(stats.peak <= CACHED && stats.evicted > 0);
		check_eq(stats.fills, stats.evicted + stats.replaced +
					      stats.removed + stats.mappings);
		check(cache_verify(s->cache));
		printf("%" PRIu64 " evicted, %" PRIu64 " replaced; ",
		       stats.evicted, stats.replaced);
	}
	riotlb_miss_destroy(s->misses);
	riotlb_cache_destroy(s->cache);
	riotlb_vdpa_destroy(s->vdpa);
	check_eq(s->blocks, 0);
}

static void run(const struct crew_options *options, bool cached,
		enum riotlb_cache_policy policy)
{
	static struct shared s;
	static struct hooks hooks;
	static struct crew crew;

	memset(&tally, 0, sizeof(tally));
	open_shared(&s, options, &hooks, cached, policy);
	crew_init(&crew, s.engine, options, ROUNDS, 100);
	for (int i = 0; i < QUEUES; i++)
		crew_add_worker(&crew, queue, &s);
	for (int i = 0; i < DRIVERS; i++)
		crew_add_watcher(&crew, driver, &s);
	crew_add_watcher(&crew, invalidate, &s);
	crew_run(&crew);
	close_shared(&s);
	hooks_check_empty(&hooks);
	printf("%" PRIuFAST64 " hits, %" PRIuFAST64 " misses, %" PRIuFAST64
	       " in time, %" PRIuFAST64 " refused, %" PRIuFAST64
	       " called, %" PRIuFAST64 " polled, %" PRIuFAST64
	       " cancelled, %" PRIuFAST64 " flushed, %" PRIuFAST64
	       " failed, %" PRIuFAST64 " leases\n",
	       tally.hits, tally.misses, tally.again, tally.refused,
	       tally.called, tally.polled, tally.cancelled, tally.flushed,
	       tally.failed, tally.leases);
	check_eq(tally.over, 0);
	check(has_happened());
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);

	run(&options, false, RIOTLB_CACHE_FIFO);
	run(&options, true, RIOTLB_CACHE_FIFO);
	run(&options, true, RIOTLB_CACHE_CLOCK);
	run(&options, true, RIOTLB_CACHE_SIEVE);
	return 0;
}
