/* SPDX-License-Identifier: MIT */
#include "leases.h"

#include <pthread.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "round.h"

static struct {
	pthread_mutex_t lock;
	unsigned int n;
	unsigned int reserved;
	struct request request[LEASE_DEPTH];
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER };

void leases_reset(void)
{
	check_eq(queue.n, 0);
	check_eq(queue.reserved, 0);
}

unsigned int leases_held(void)
{
	unsigned int held;

	pthread_mutex_lock(&queue.lock);
	held = queue.n + queue.reserved;
	pthread_mutex_unlock(&queue.lock);
	return held;
}

/* ---- readers ----------------------------------------------------------- */

static bool reserve(void)
{
	bool room;

	pthread_mutex_lock(&queue.lock);
	room = queue.n + queue.reserved < LEASE_DEPTH;
	queue.reserved += room;
	pthread_mutex_unlock(&queue.lock);
	return room;
}

static void put(const struct request *r)
{
	pthread_mutex_lock(&queue.lock);
	queue.reserved--;
	queue.request[queue.n++] = *r;
	pthread_mutex_unlock(&queue.lock);
}

bool lease_submit(struct riotlb *engine, const struct held *held,
		  unsigned int n)
{
	struct request r = { .n = n < LEASE_HOLDS ? n : LEASE_HOLDS };

	if (!n || !reserve())
		return false;
	memcpy(r.held, held, r.n * sizeof(*held));
	for (unsigned int i = 0; i < r.n; i++)
		atomic_fetch_add(&blocks[held[i].block].leases[held[i].cell],
				 1);
	r.lease = riotlb_lease_begin(engine);
	put(&r);
	return true;
}

/* ---- the completer ----------------------------------------------------- */

static void mark_gone(const struct request *r, bool gone[LEASE_HOLDS])
{
	for (unsigned int i = 0; i < r->n; i++)
		gone[i] = held_is_gone(&r->held[i]);
}

/*
 * A cycle that began after the mapping was gone would have reported it, had
 * there been no lease. (A plain engine has nothing to report.)
 */
static void count_waits(struct actor *a, const struct request *r,
			const bool gone[LEASE_HOLDS])
{
	for (unsigned int i = 0; i < r->n; i++) {
		struct block *b = &blocks[r->held[i].block];
		uint64_t tag = r->held[i].tag;

		held_check(&r->held[i]);
		if (gone[i] && !a->round->kind->plain &&
		    atomic_exchange(&b->waited, tag) != tag)
			count_add(&a->counts, COUNT_lease_waits, 1);
	}
}

static void complete(struct actor *a, const struct request *r)
{
	for (unsigned int i = 0; i < r->n; i++) {
		const struct held *h = &r->held[i];

		held_check(h);
		atomic_fetch_sub(&blocks[h->block].leases[h->cell], 1);
	}
	riotlb_lease_end(a->engine, r->lease);
	count_add(&a->counts, COUNT_leases, 1);
}

static unsigned int take(struct actor *a, struct request *r, unsigned int keep)
{
	unsigned int n = 0;

	pthread_mutex_lock(&queue.lock);
	while (queue.n > keep) {
		unsigned int i = (unsigned int)rng_below(&a->rng, queue.n);

		r[n++] = queue.request[i];
		queue.request[i] = queue.request[--queue.n];
	}
	pthread_mutex_unlock(&queue.lock);
	return n;
}

/*
 * Some of the requests are always left behind: there is no moment without a
 * lease. Those that are taken end in any order.
 */
static void complete_some(struct actor *a, unsigned int keep)
{
	static struct request r[LEASE_DEPTH];
	static bool gone[LEASE_DEPTH][LEASE_HOLDS];
	unsigned int n = take(a, r, keep);

	for (unsigned int i = 0; i < n; i++)
		mark_gone(&r[i], gone[i]);
	if (n && riotlb_reclaim(a->engine) < 0)
		check_fail("riotlb_reclaim refused");
	for (unsigned int i = 0; i < n; i++) {
		count_waits(a, &r[i], gone[i]);
		complete(a, &r[i]);
	}
}

/* Somebody may be waiting for a token, and so for all that is leased. */
void completer(struct actor *a)
{
	while (round_others_are_there(a)) {
		uint64_t keep = rng_below(&a->rng, LEASE_DEPTH / 2);

		complete_some(a, round_goes_on(a) ? (unsigned int)keep : 0);
		actor_sleep(a, 200 + rng_below(&a->rng, 8000));
	}
}

void leases_drain(struct actor *a)
{
	complete_some(a, 0);
	check_eq(queue.n + queue.reserved, 0);
}
