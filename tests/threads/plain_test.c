/* SPDX-License-Identifier: MIT */
/*
 * Buffers that are filled, mapped, looked up and read, unmapped, and filled
 * again once the token is done, on an engine without callbacks, limits and cap:
 * the only kind whose maps and unmaps take the quickest path. The buffers are
 * plain memory, so that ThreadSanitizer sees what orders their accesses. That
 * is the library alone: nothing else passes between the two sides.
 */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "crew.h"
#include "hooks.h"

enum {
	ROUNDS = 600,
	/* passes that found the place found least often; 60 at 1 % */
	ENOUGH = 6000,
	WORDS = 8,
	BURST = 4,
};

struct place {
	uint64_t start;
	uint64_t last;
	uint64_t *words;
};

static _Alignas(4096) uint64_t pages[3][512];

/* A slot among others, neighbouring slots, and entries of a pack. */
static const struct place places[] = {
	{ 0x408000, 0x408fff, pages[0] },
	{ 0x200000, 0x201fff, pages[1] },
	{ 0x300040, 0x30007f, pages[1] + 256 },
	{ 0x300080, 0x3000bf, pages[2] },
};

enum {
	PLACES = sizeof(places) / sizeof(places[0]),
};

static uint64_t found[PLACES]; /* by the watcher */

static void fill(const struct place *p, uint64_t round)
{
	for (int i = 0; i < WORDS; i++)
		p->words[i] = round + (uint64_t)i;
}

static void wait_by_polling(struct riotlb *e, struct riotlb_token token)
{
	while (!riotlb_poll(e, token))
		sched_yield();
}

static void worker(struct member *m)
{
	struct riotlb *e = m->crew->engine;

	for (uint64_t round = 0; crew_work(m, round); round++) {
		struct riotlb_report report = { .removed = 0 };

		for (int i = 0; i < PLACES; i++) {
			const struct place *p = &places[i];
			const struct riotlb_mapping map = {
				.start = p->start,
				.last = p->last,
				.addr = (uintptr_t)p->words,
				.perm = RIOTLB_RW,
			};

			fill(p, round);
			check_eq(riotlb_map(e, 0, &map, 0, NULL), 0);
		}
		sched_yield();
		for (int i = 0; i < PLACES; i++)
			check_eq(riotlb_unmap(e, 0, places[i].start,
					      places[i].last,
					      RIOTLB_UNMAP_EXACT, &report),
				 0);
		/* it covers those before it */
		wait_by_polling(e, report.token);
	}
}

/* Alone, or as the first of a burst; true if there is something. */
static bool ask(const struct riotlb *e, uint64_t iova, bool in_burst,
		uint64_t *addr)
{
	const struct riotlb_request r = { iova, iova, RIOTLB_READ, 0 };
	const struct riotlb_request requests[BURST] = { r, r, r, r };
	struct riotlb_answer answers[BURST];
	struct riotlb_segment seg;

	if (in_burst) {
		riotlb_translate_burst(e, 0, requests, BURST, answers);
		*addr = answers[0].addr;
		return answers[0].status == 0;
	}
	if (riotlb_translate(e, 0, iova, iova, RIOTLB_READ, &seg) != 0)
		return false;
	*addr = seg.addr;
	return true;
}

static bool look(const struct riotlb *e, const struct place *p, bool in_burst)
{
	const uint64_t *words;
	uint64_t addr;

	if (!ask(e, p->start, in_burst, &addr))
		return false;
	words = (const uint64_t *)(uintptr_t)addr;
	check(words == p->words);
	for (int i = 1; i < WORDS; i++)
		check_eq(words[i], words[0] + (uint64_t)i);
	return true;
}

static size_t rarest(void)
{
	size_t at = 0;

	for (size_t i = 1; i < PLACES; i++) {
		if (found[i] < found[at])
			at = i;
	}
	return at;
}

/*
 * The worker goes on where a section ends, so it may keep step with a watcher
 * that always begins at the same place. A pass counts that has found the place
 * found least often, so all of them are found about as often.
 */
static void watcher(struct member *m)
{
	const struct riotlb *e = m->crew->engine;
	bool counts;

	do {
		size_t first = rng_below(&m->rng, PLACES);
		size_t wanted = rarest();
		bool in_bursts = rng_percent(&m->rng, 50);

		counts = false;
		riotlb_read_enter(e);
		for (size_t i = 0; i < PLACES; i++) {
			size_t at = (first + i) % PLACES;
			bool hit = look(e, &places[at], in_bursts);

			found[at] += hit;
			counts |= hit && at == wanted;
		}
		riotlb_read_exit(e);
	} while (counts ? crew_watch(m) : crew_attend(m));
}

/* Pages on both sides of the first place, which make it a slot of a node. */
static void prepare(struct riotlb *e)
{
	for (uint64_t start = 0x400000; start < 0x420000; start += 0x1000) {
		const struct riotlb_mapping map = {
			.start = start,
			.last = start + 0xfff,
			.addr = start << 16,
			.perm = RIOTLB_RW,
		};

		if (start != places[0].start)
			check_eq(riotlb_map(e, 0, &map, 0, NULL), 0);
	}
}

int main(int argc, char **argv)
{
	static const struct riotlb_default empty = {
		.kind = RIOTLB_DEFAULT_EMPTY,
	};
	struct crew_options options = crew_options(argc, argv);
	static struct hooks hooks;
	static struct crew crew;
	struct riotlb_attr attr;
	struct riotlb *e;

	crew_attr(&attr, &options, &hooks);
	attr.defaults = &empty;
	check_eq(riotlb_create(&attr, &e), 0);
	prepare(e);
	crew_init(&crew, e, &options, ROUNDS, ENOUGH);
	crew_add_worker(&crew, worker, NULL);
	crew_add_watcher(&crew, watcher, NULL);
	crew_run(&crew);
	riotlb_destroy(e);
	for (int i = 0; i < PLACES; i++) {
		printf("place %d was found %" PRIu64 " times\n", i, found[i]);
		check(found[i] > 10);
	}
	hooks_check_empty(&hooks);
	return 0;
}
