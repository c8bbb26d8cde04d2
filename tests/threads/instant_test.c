/* SPDX-License-Identifier: MIT */
/*
 * set_map, reset_map, apply and set_group_asid become visible at one instant:
 * four places, far apart, change together, and no reader sees one of them new
 * and then another old, in whatever order it looks.
 *
 * AS 0 alternates between set_map and reset_map, AS 1 between two kinds of
 * apply, and a group between AS 2 and AS 3, which stand still.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "crew.h"
#include "hooks.h"

enum {
	PLACES = 4,
	REQUESTS = 64, /* of a burst: long enough to be interrupted */
	REBINDS = 8,
	ROUNDS = 200000,
	ENOUGH = 200000,
};

/* Bytes, pages, and what lies beyond them, so that no node holds two. */
static const uint64_t at[PLACES] = {
	0x1007,
	0x200000,
	0x40000800,
	0x8000000000000000,
};

/* Generations are in the upper half of host addresses, the identity has 0. */
static uint64_t host_of(uint64_t generation, int place)
{
	return generation << 24 | (uint64_t)place << 20 | (at[place] & 0xfff);
}

static uint64_t generation_of(uint64_t host)
{
	return host >> 24;
}

static struct riotlb_mapping place_mapping(uint64_t generation, int place)
{
	return (struct riotlb_mapping){
		.start = at[place],
		.last = at[place] + (place ? 0xfff : 2),
		.addr = host_of(generation, place),
		.perm = RIOTLB_RW,
	};
}

static atomic_uint_fast64_t sets, resets, applies, binds;
static atomic_uint_fast64_t identities, misses, together, apart;

/* ---- workers ----------------------------------------------------------- */

static void set_and_reset(struct member *m)
{
	struct riotlb_mapping list[PLACES];
	uint64_t generation = 0;

	for (uint64_t round = 0; crew_work(m, round); round++) {
		if (rng_percent(&m->rng, 30)) {
			check_eq(riotlb_reset_map(m->crew->engine, 0, NULL), 0);
			atomic_fetch_add(&resets, 1);
			continue;
		}
		generation++;
		for (int i = 0; i < PLACES; i++)
			list[i] = place_mapping(generation, i);
		check_eq(riotlb_set_map(m->crew->engine, 0, list, PLACES, NULL),
			 0);
		atomic_fetch_add(&sets, 1);
	}
}

static void apply_all(struct member *m)
{
	struct riotlb_op ops[2 * PLACES];
	uint64_t generation = 1;

	for (uint64_t round = 0; crew_work(m, round); round++) {
		bool replace = rng_percent(&m->rng, 50);
		size_t n = 0;

		generation++;
		for (int i = 0; i < PLACES; i++) {
			ops[n] = (struct riotlb_op){
				.kind = RIOTLB_OP_UNMAP,
				.policy = RIOTLB_UNMAP_NO_BISECT,
				.mapping = place_mapping(generation, i),
			};
			n += !replace;
			ops[n++] = (struct riotlb_op){
				.kind = RIOTLB_OP_MAP,
				.flags = replace ? RIOTLB_MAP_REPLACE : 0,
				.mapping = place_mapping(generation, i),
			};
		}
		check_eq(riotlb_apply(m->crew->engine, 1, ops, n, NULL), 0);
		atomic_fetch_add(&applies, 1);
	}
}

static void rebind(struct member *m)
{
	for (uint64_t round = 0; crew_work(m, round); round++) {
		/* cheap, so that some in each round meet a lookup */
		for (uint32_t i = 0; i < REBINDS; i++)
			check_eq(riotlb_set_group_asid(m->crew->engine, 0,
						       2 + i % 2, NULL),
				 0);
		atomic_fetch_add(&binds, REBINDS);
	}
}

/* ---- watchers ---------------------------------------------------------- */

/* An order of the four places. */
static void shuffle(struct rng *rng, int order[PLACES])
{
	for (int i = 0; i < PLACES; i++) {
		int j = (int)rng_below(rng, (uint64_t)i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}

/* One lookup after the other: generations never go back. */
static void look_in_turn(struct member *m, uint32_t asid)
{
	uint64_t seen = 0;
	int order[PLACES];

	shuffle(&m->rng, order);
	for (int i = 0; i < PLACES; i++) {
		uint64_t iova = at[order[i]];
		struct riotlb_segment seg;

		check_eq(riotlb_translate(m->crew->engine, asid, iova, iova,
					  RIOTLB_RW, &seg),
			 0);
		if (seg.addr == iova) {
			/* the default state has no generation */
			check_eq(asid, 0);
			atomic_fetch_add(&identities, 1);
			continue;
		}
		check_eq(seg.addr, host_of(generation_of(seg.addr), order[i]));
		check(generation_of(seg.addr) >= seen);
		seen = generation_of(seg.addr);
	}
}

/*
 * Under one resolution of group and AS. Where the table is swapped as a whole
 * all answers are of one generation.
 */
static void look_at_once(struct member *m, bool by_group)
{
	struct riotlb_request request[REQUESTS] = { 0 };
	struct riotlb_answer answer[REQUESTS];
	int order[PLACES], failed;
	bool identity;

	shuffle(&m->rng, order);
	for (int i = 0; i < REQUESTS; i++) {
		request[i].iova = request[i].last = at[order[i % PLACES]];
		request[i].want = RIOTLB_READ;
	}
	failed = by_group ? riotlb_group_translate_burst(m->crew->engine, 0,
							 request, REQUESTS,
							 answer)
			  : riotlb_translate_burst(m->crew->engine, 0, request,
						   REQUESTS, answer);
	check_eq(failed, 0);
	identity = answer[0].addr == request[0].iova;
	for (int i = 0; i < REQUESTS; i++) {
		uint64_t generation = generation_of(answer[i].addr);

		if (identity) {
			check_eq(answer[i].addr, request[i].iova);
			continue;
		}
		check_eq(answer[i].addr,
			 host_of(generation, order[i % PLACES]));
		check_eq(generation, generation_of(answer[0].addr));
		atomic_fetch_add(&together, 1);
	}
	/* the group knows two AS and nothing else */
	if (by_group)
		check(generation_of(answer[0].addr) == 2 ||
		      generation_of(answer[0].addr) == 3);
}

/* A vector is one resolution too: two neighbours in AS 2 and 3. */
static void look_along(struct member *m)
{
	struct riotlb_segment segs[2];
	uint64_t stop = 0;
	size_t n = 0;

	/* the hole behind the page is the same in both */
	check_eq(riotlb_group_translate_vec(m->crew->engine, 0, at[1] + 0x800,
					    at[1] + 0x1000, RIOTLB_READ, segs,
					    2, &n, &stop),
		 -EFAULT);
	check_eq(n, 1);
	check_eq(stop, at[1] + 0x1000);
	check_eq(segs[0].last, at[1] + 0xfff);
	atomic_fetch_add(&misses, 1);
}

static void watcher(struct member *m)
{
	do {
		riotlb_read_enter(m->crew->engine);
		switch (rng_below(&m->rng, 5)) {
		case 0:
			look_in_turn(m, 0);
			break;
		case 1:
			look_in_turn(m, 1);
			atomic_fetch_add(&apart, 1);
			break;
		case 2:
			look_at_once(m, false);
			break;
		case 3:
			look_at_once(m, true);
			break;
		default:
			look_along(m);
		}
		riotlb_read_exit(m->crew->engine);
	} while (crew_watch(m));
}

/* ---- a run ------------------------------------------------------------- */

static void prepare(struct riotlb *e)
{
	struct riotlb_mapping list[PLACES];

	for (uint32_t asid = 1; asid < 4; asid++) {
		for (int i = 0; i < PLACES; i++)
			list[i] = place_mapping(asid, i);
		check_eq(riotlb_set_map(e, asid, list, PLACES, NULL), 0);
	}
	check_eq(riotlb_set_group_asid(e, 0, 2, NULL), 0);
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);
	static struct hooks hooks;
	static struct crew crew;
	struct riotlb_stats stats;
	struct riotlb_attr attr;
	struct riotlb *e;

	crew_attr(&attr, &options, &hooks);
	attr.nas = 4;
	check_eq(riotlb_create(&attr, &e), 0);
	prepare(e);
	crew_init(&crew, e, &options, ROUNDS, ENOUGH);
	crew_add_worker(&crew, set_and_reset, NULL);
	crew_add_worker(&crew, apply_all, NULL);
	crew_add_worker(&crew, rebind, NULL);
	crew_add_watcher(&crew, watcher, NULL);
	crew_add_watcher(&crew, watcher, NULL);
	crew_run(&crew);
	check_eq(riotlb_get_stats(e, 0, &stats), 0);
	check_eq(stats.resets, resets);
	riotlb_destroy(e);
	printf("%" PRIuFAST64 " set_map, %" PRIuFAST64
	       " reset_map, %" PRIuFAST64 " apply, %" PRIuFAST64
	       " rebound; %" PRIuFAST64 " passes, %" PRIuFAST64 " identities\n",
	       sets, resets, applies, binds, crew.passes, identities);
	hooks_check_empty(&hooks);
	check(sets > 1000 && resets > 1000 && applies > 1000 && binds > 1000);
	check(identities > 100 && misses > 100 && together > 100 &&
	      apart > 100);
	return 0;
}
