/* SPDX-License-Identifier: MIT */
/*
 * A page list may stand in memory that a guest writes at any time. What is
 * answered belongs to what stood there at some moment of the call: an address
 * that was looked up by one iova and made from another would lead into memory
 * that the address space never held, and so would a length that nobody checked.
 * (A list once read each iova twice.)
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "crew.h"
#include "hooks.h"

enum {
	REQUESTS = 64,
	ROUNDS = 100000,
	ENOUGH = 400, /* of lists, and of bursts, that changed under a call */
};

static const struct riotlb_mapping pages[] = {
	{ .start = 0x10000,
	  .last = 0x10fff,
	  .addr = 0x100000000,
	  .perm = RIOTLB_RW },
	{ .start = 0x15000,
	  .last = 0x15fff,
	  .addr = 0x700000000,
	  .perm = RIOTLB_RW },
};

/* What a guest writes: of the list, and of the burst. */
static uint64_t list[REQUESTS];
static struct riotlb_request burst[REQUESTS];
static atomic_uint_fast64_t mixed_lists, mixed_bursts;

static void store(uint64_t *to, uint64_t iova)
{
	__atomic_store_n(to, iova, __ATOMIC_RELAXED);
}

/* ---- the guest: now one page, now the other ---------------------------- */

static void rewrite(struct member *m)
{
	for (uint64_t round = 0; crew_work(m, round); round++) {
		for (int i = 0; i < REQUESTS; i++)
			store(&list[i], pages[round % 2].start);
		for (int i = 0; i < REQUESTS; i++) {
			store(&burst[i].iova, pages[round % 2].start);
			store(&burst[i].last, pages[round % 2].last);
		}
	}
}

/* ---- the device model -------------------------------------------------- */

/* One of the two; true if it is the second. */
static bool which(uint64_t addr)
{
	check(addr == pages[0].addr || addr == pages[1].addr);
	return addr == pages[1].addr;
}

static void look_up_list(const struct riotlb *e)
{
	uint64_t addr[REQUESTS];
	size_t done, of[2] = { 0, 0 };

	riotlb_read_enter(e);
	check_eq(riotlb_translate_list(e, 0, list, REQUESTS, 0, RIOTLB_RW, addr,
				       &done),
		 0);
	riotlb_read_exit(e);
	check_eq(done, REQUESTS);
	for (int i = 0; i < REQUESTS; i++)
		of[which(addr[i])]++;
	mixed_lists += of[0] != 0 && of[1] != 0;
}

/*
 * The guest was between its two stores where a request is of both pages. From
 * the second to the first is no range; the other way round is answered as far
 * as the first page goes. No answer goes on beyond the page that it is of.
 */
static void look_up_burst(const struct riotlb *e)
{
	struct riotlb_answer answers[REQUESTS];
	size_t of[2] = { 0, 0 };
	int failed;

	riotlb_read_enter(e);
	failed = riotlb_translate_burst(e, 0, burst, REQUESTS, answers);
	riotlb_read_exit(e);
	for (int i = 0; i < REQUESTS; i++) {
		const struct riotlb_answer *a = &answers[i];

		if (a->status != 0) {
			check_eq(a->status, -EINVAL);
			failed--;
			continue;
		}
		check_eq(a->last, pages[which(a->addr)].last);
		of[which(a->addr)]++;
	}
	check_eq(failed, 0);
	mixed_bursts += of[0] != 0 && of[1] != 0;
}

static uint64_t seen_of_each(void)
{
	return mixed_lists < mixed_bursts ? mixed_lists : mixed_bursts;
}

/* Only what changed under a call says anything, so that only is counted. */
static void look_up(struct member *m)
{
	uint64_t before;

	do {
		before = seen_of_each();
		look_up_list(m->crew->engine);
		look_up_burst(m->crew->engine);
	} while (seen_of_each() != before ? crew_watch(m) : crew_attend(m));
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);
	static struct hooks hooks;
	static struct crew crew;
	struct riotlb_attr attr;
	struct riotlb *e;

	crew_attr(&attr, &options, &hooks);
	check_eq(riotlb_create(&attr, &e), 0);
	check_eq(riotlb_set_map(e, 0, pages, 2, NULL), 0);
	for (int i = 0; i < REQUESTS; i++) {
		list[i] = pages[0].start;
		burst[i] = (struct riotlb_request){
			.iova = pages[0].start,
			.last = pages[0].last,
			.want = RIOTLB_RW,
		};
	}
	crew_init(&crew, e, &options, ROUNDS, ENOUGH);
	crew_add_worker(&crew, rewrite, NULL);
	crew_add_watcher(&crew, look_up, NULL);
	crew_run(&crew);
	riotlb_destroy(e);
	printf("%" PRIuFAST64 " passes; %" PRIuFAST64 " lists and %" PRIuFAST64
	       " bursts changed under the call\n",
	       crew.passes, mixed_lists, mixed_bursts);
	hooks_check_empty(&hooks);
	check(seen_of_each() > 10);
	return 0;
}
