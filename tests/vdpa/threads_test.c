/* SPDX-License-Identifier: MIT */
/*
 * Operations of a front at the same time, on an AS that is 1:1 by default. A
 * driver had its first unmap take the 1:1 away and its first map put an entry
 * in, with a moment between the two for the other, so that a part of the
 * identity stood beside mappings. Here the AS is at every instant either the
 * identity alone or made of what was mapped; and what one batch maps is all
 * there, of one batch, or not at all.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

#include <riotlb/rcu.h>
#include <riotlb/vhost_msg.h>

#include "check.h"
#include "crew.h"
#include "hooks.h"

enum {
	ROUNDS = 40000,
	ENOUGH = 1000,
	SINGLES = 2, /* pages of their own workers */
	PAIR = 4,    /* two pages of the owner's batches: this and two on */
	MOST = 8,
};

#define PAGE UINT64_C(0x1000)
#define HOST (UINT64_C(1) << 40)

static atomic_uint_fast64_t maps, unmaps, resets, batches, aborted;
static atomic_uint_fast64_t identities, mixed; /* after a change */

/* ---- workers ----------------------------------------------------------- */

static void single(struct member *m)
{
	struct riotlb_vdpa *vdpa = m->ctx;
	uint64_t iova = m->index * PAGE;

	for (uint64_t round = 0; crew_work(m, round); round++) {
		uint64_t what = rng_below(&m->rng, 16);

		if (what < 8) {
			int err = riotlb_vdpa_dma_map(vdpa, 0, iova, PAGE,
						      HOST + iova, RIOTLB_RW,
						      NULL, NULL);

			check(err == 0 || err == -EEXIST);
			atomic_fetch_add(&maps, err == 0);
		} else if (what < 14) {
			check_eq(riotlb_vdpa_dma_unmap(vdpa, 0, iova, PAGE,
						       NULL),
				 0);
			atomic_fetch_add(&unmaps, 1);
		} else {
			check_eq(what == 14
					 ? riotlb_vdpa_reset_map(vdpa, 0, NULL)
					 : riotlb_vdpa_compat_reset(vdpa, 1,
								    NULL),
				 0);
			atomic_fetch_add(&resets, 1);
		}
	}
}

static void send(struct riotlb_vhost *v, enum riotlb_iotlb_type type,
		 uint64_t page, uint64_t uaddr)
{
	struct riotlb_iotlb_msg msg = {
		.layout = RIOTLB_VHOST_V2,
		.type = type,
		.perm = RIOTLB_RW,
		.iova = page * PAGE,
		.size = PAGE,
		.uaddr = uaddr,
	};

	check_eq(riotlb_vhost_iotlb(v, &msg, NULL, NULL), 0);
}

/* Each batch has its number in the upper half of its host addresses. */
static void owner(struct member *m)
{
	struct riotlb_vhost *v;

	check_eq(riotlb_vhost_open(m->ctx, &v), 0);
	for (uint64_t round = 0; crew_work(m, round); round++) {
		uint64_t host = HOST * (2 + round);

		send(v, RIOTLB_IOTLB_BATCH_BEGIN, 0, 0);
		send(v, RIOTLB_IOTLB_INVALIDATE, PAIR, 0);
		send(v, RIOTLB_IOTLB_INVALIDATE, PAIR + 2, 0);
		send(v, RIOTLB_IOTLB_UPDATE, PAIR, host);
		send(v, RIOTLB_IOTLB_UPDATE, PAIR + 2, host);
		if (rng_percent(&m->rng, 20)) {
			riotlb_vhost_abort_batch(v);
			atomic_fetch_add(&aborted, 1);
			continue;
		}
		send(v, RIOTLB_IOTLB_BATCH_END, 0, 0);
		atomic_fetch_add(&batches, 1);
	}
	riotlb_vhost_close(v);
}

/* ---- watchers ---------------------------------------------------------- */

/* Does it say something: is there a batch beside other mappings? */
static bool check_contents(const struct riotlb_mapping *list, size_t n)
{
	uint64_t pair[2] = { 0, 0 };

	for (size_t i = 0; i < n; i++) {
		uint64_t page = list[i].start / PAGE;

		check_eq(list[i].start, page * PAGE);
		check_eq(list[i].last, page * PAGE + PAGE - 1);
		if (page < SINGLES) {
			check_eq(list[i].addr, HOST + list[i].start);
		} else {
			check(page == PAIR || page == PAIR + 2);
			pair[page != PAIR] = list[i].addr;
		}
	}
	check_eq(pair[0], pair[1]);
	check(pair[0] == 0 || pair[0] >= HOST * 2);
	return pair[0] != 0 && n > 2;
}

/* Is there something new, of a kind of which not enough was seen? */
static bool look(struct member *m, uint64_t *generation)
{
	struct riotlb_mapping list[MOST];
	struct riotlb_stats stats;
	uint64_t before = *generation;
	size_t n;

	check_eq(riotlb_get_stats(m->crew->engine, 0, &stats), 0);
	*generation = stats.generation;

	check_eq(riotlb_iterate(m->crew->engine, 0, 0, UINT64_MAX, list, MOST,
				&n, NULL, NULL),
		 0);
	if (n && list[0].last == UINT64_MAX) {
		check_eq(n, 1);
		check_eq(list[0].start, 0);
		check_eq(list[0].addr, 0);
		if (*generation == before)
			return false;
		return atomic_fetch_add(&identities, 1) < m->crew->enough / 2;
	}
	if (!check_contents(list, n) || *generation == before)
		return false;
	return atomic_fetch_add(&mixed, 1) < m->crew->enough / 2;
}

/* What nobody maps is the identity's or nothing. */
static void look_elsewhere(struct member *m)
{
	uint64_t iova = (PAIR + 1) * PAGE;
	struct riotlb_segment seg;
	int err;

	riotlb_read_enter(m->crew->engine);
	err = riotlb_group_translate(m->crew->engine, 0, iova, UINT64_MAX,
				     RIOTLB_READ, &seg);
	riotlb_read_exit(m->crew->engine);
	check(err == -EFAULT || (err == 0 && seg.addr == iova));
	if (err == 0)
		check_eq(seg.last, UINT64_MAX);
}

static void watcher(struct member *m)
{
	uint64_t generation = 0;
	bool more;

	do {
		more = look(m, &generation);
		look_elsewhere(m);
		if (!more)
			sched_yield(); /* to whoever changes something */
	} while (more ? crew_watch(m) : crew_attend(m));
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);
	static struct hooks hooks;
	static struct crew crew;
	struct riotlb_vdpa_attr attr;
	struct riotlb_attr engine;
	struct riotlb_vdpa *vdpa;

	crew_attr(&engine, &options, &hooks);
	riotlb_vdpa_attr_init(&attr);
	attr.engine = &engine;
	check_eq(riotlb_vdpa_create(&attr, &vdpa), 0);
	crew_init(&crew, riotlb_vdpa_engine(vdpa), &options, ROUNDS, ENOUGH);
	for (int i = 0; i < SINGLES; i++)
		crew_add_worker(&crew, single, vdpa);
	crew_add_worker(&crew, owner, vdpa);
	crew_add_watcher(&crew, watcher, NULL);
	crew_run(&crew);
	riotlb_vdpa_destroy(vdpa);
	hooks_check_empty(&hooks);
	printf("%" PRIuFAST64 " maps, %" PRIuFAST64 " unmaps, %" PRIuFAST64
	       " resets, %" PRIuFAST64 " batches, %" PRIuFAST64
	       " aborted; seen: %" PRIuFAST64 " identities, %" PRIuFAST64
	       " batches beside others\n",
	       maps, unmaps, resets, batches, aborted, identities, mixed);
	check(maps > 100 && unmaps > 100 && resets > 100 && batches > 100 &&
	      aborted > 100);
	check(identities >= crew.enough / 2 && mixed >= crew.enough / 2);
	return 0;
}
