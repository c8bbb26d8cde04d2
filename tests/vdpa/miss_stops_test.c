/* SPDX-License-Identifier: MIT */
/*
 * No wakeup is lost, whatever comes between.
 *
 * A data path looks up, misses, and adds its waiter; meanwhile an update makes
 * the mapping, or takes away what there was to wait for. Either is made as a
 * whole at each atomic access of the other (tests/linear/stops.h), by the one
 * thread that there is, so chance has no part in it. The engine is compiled
 * with stops as well: its stores are among the places.
 *
 * When both are over the lookup has found the mapping, or riotlb_miss_add has
 * said to look again, or the waiter was told. Nobody waits for what is there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <riotlb/miss.h>
#include <riotlb/rcu.h>

#include "check.h"
#include "hooks.h"
#include "miss.h"
#include "stops.h"

#define IOVA UINT64_C(0x5000)
#define SIZE UINT64_C(0x1000)

enum { MAX_STOPS = 100000, GROUP = 1 };

static struct riotlb_vdpa *vdpa;
static struct riotlb *engine;
static struct riotlb_misses *misses;
static struct hooks hooks;

/* ---- the world, made anew for each stop -------------------------------- */

static unsigned int kicks, rooms;

static void kick(void *ctx)
{
	(void)ctx;
	kicks++;
}

static void room(void *ctx)
{
	(void)ctx;
	rooms++;
}

static void open_world(uint32_t capacity)
{
	static const struct riotlb_default defaults[2] = {
		{ .kind = RIOTLB_DEFAULT_EMPTY },
		{ .kind = RIOTLB_DEFAULT_EMPTY },
	};
	struct riotlb_miss_attr miss_attr;
	struct riotlb_vdpa_attr attr;
	struct riotlb_attr engine_attr;

	hooks_init(&hooks);
	riotlb_attr_init(&engine_attr);
	engine_attr.nas = 2;
	engine_attr.ngroups = 2;
	engine_attr.defaults = defaults;
	engine_attr.allocator = &hooks.allocator;
	engine_attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	riotlb_vdpa_attr_init(&attr);
	attr.engine = &engine_attr;
	check_eq(riotlb_vdpa_create(&attr, &vdpa), 0);
	engine = riotlb_vdpa_engine(vdpa);
	riotlb_thread_register(engine);
	riotlb_miss_attr_init(&miss_attr);
	miss_attr.capacity = capacity;
	miss_attr.kick = kick;
	miss_attr.room = room;
	check_eq(riotlb_miss_create(vdpa, &miss_attr, &misses), 0);
	kicks = rooms = 0;
}

static void close_world(void)
{
	riotlb_miss_destroy(misses);
	riotlb_thread_unregister(engine);
	riotlb_vdpa_destroy(vdpa);
	hooks_check_empty(&hooks);
}

/* ---- one inside of the other ------------------------------------------- */

static void (*inner)(void);
static size_t stop, stop_at;
static bool inner_ran;

static bool set_is_locked(void)
{
	if (pthread_mutex_trylock(&misses->lock))
		return true;
	pthread_mutex_unlock(&misses->lock);
	return false;
}

static void at_stop(void)
{
	/* where the set is locked, the other would wait and come later */
	if (inner_ran || stop++ < stop_at || set_is_locked())
		return;
	inner_ran = true;
	stops_hook = NULL;
	inner();
	stops_hook = at_stop;
}

/* False: there were not so many stops. */
static bool run_one_in_other(void (*outer)(void), void (*in)(void), size_t at)
{
	inner = in;
	inner_ran = false;
	stop = 0;
	stop_at = at;
	stops_hook = at_stop;
	outer();
	stops_hook = NULL;
	return inner_ran;
}

/* ---- the data path ----------------------------------------------------- */

enum outcome { FOUND, LOOK_AGAIN, WAITS, NOUTCOMES };

static struct riotlb_miss_waiter *waiter;
static enum outcome outcome;
static unsigned int told;

static void count_told(struct riotlb_miss_waiter *self, int status)
{
	check_eq((uint64_t)riotlb_miss_poll(self), (uint64_t)status);
	check(self == waiter);
	free(self);
	told++;
}

static void look_or_wait(void)
{
	struct riotlb_segment seg;
	int err;

	told = 0;
	waiter = calloc(1, sizeof(*waiter));
	check(waiter != NULL);
	waiter->told = count_told;
	riotlb_read_enter(engine);
	err = riotlb_group_translate(engine, GROUP, IOVA, IOVA, RIOTLB_READ,
				     &seg);
	if (err == 0) {
		outcome = FOUND;
	} else {
		check(err == -EFAULT);
		err = riotlb_miss_group_add(misses, GROUP, IOVA, IOVA + 1,
					    RIOTLB_READ, waiter);
		check(err == 0 || err == 1);
		outcome = err ? LOOK_AGAIN : WAITS;
	}
	riotlb_read_exit(engine);
}

/* ---- updates ----------------------------------------------------------- */

static void dma_map(uint32_t asid, uint64_t iova, uint64_t size)
{
	check_eq(riotlb_vdpa_dma_map(vdpa, asid, iova, size, iova, RIOTLB_RW,
				     NULL, NULL),
		 0);
}

static void map(void)
{
	dma_map(0, IOVA, SIZE);
}

static void map_large(void)
{
	dma_map(0, 0, UINT64_C(1) << 30);
}

static void prepare_neighbours(void)
{
	for (uint64_t i = 0; i < 4; i++)
		dma_map(0, i * SIZE, SIZE);
}

/* A place that was in use before: no memory is needed. */
static void prepare_used(void)
{
	prepare_neighbours();
	map();
	check_eq(riotlb_vdpa_dma_unmap(vdpa, 0, IOVA, SIZE, NULL), 0);
}

static void batch(void)
{
	struct riotlb_vdpa_batch *b;

	check_eq(riotlb_vdpa_batch_begin(vdpa, 0, &b), 0);
	check_eq(riotlb_vdpa_batch_dma_map(b, IOVA, SIZE, 0, 3, NULL), 0);
	check_eq(riotlb_vdpa_batch_end(b, NULL), 0);
}

static void set_map(void)
{
	struct riotlb_mapping m = { .start = 0, .last = 0xffff, .perm = 1 };

	check_eq(riotlb_vdpa_set_map(vdpa, 0, &m, 1, NULL), 0);
}

static void prepare_other_as(void)
{
	dma_map(1, IOVA, SIZE);
}

static void rebind(void)
{
	check_eq(riotlb_vdpa_set_group_asid(vdpa, GROUP, 1, NULL), 0);
}

static void by_hand(void)
{
	struct riotlb_mapping m = { .start = IOVA, .last = IOVA, .perm = 1 };

	check_eq(riotlb_map(engine, 0, &m, 0, NULL), 0);
	riotlb_miss_mapped(misses, 0, IOVA, IOVA, RIOTLB_READ);
}

static const struct update {
	const char *name;
	void (*prepare)(void);
	void (*run)(void);
} updates[] = {
	{ "first map", NULL, map },
	{ "map", prepare_neighbours, map },
	{ "map in place", prepare_used, map },
	{ "large map", NULL, map_large },
	{ "batch", prepare_neighbours, batch },
	{ "set_map", NULL, set_map },
	{ "rebinding", prepare_other_as, rebind },
	{ "map on the engine", NULL, by_hand },
};

static unsigned long seen[2][NOUTCOMES];
static const char *current;

static void tell(void *ctx)
{
	(void)ctx;
	fprintf(stderr, "%s, at stop %zu\n", current, stop_at);
}

static void judge(unsigned long tally[NOUTCOMES])
{
	struct riotlb_miss_stats stats;

	tally[outcome]++;
	check_eq(told, outcome == WAITS);
	if (outcome != WAITS)
		free(waiter);
	riotlb_miss_get_stats(misses, &stats);
	check_eq(stats.waiters, 0);
	check_eq(stats.queued + stats.asked, 0);
}

static size_t race(const struct update *u, bool update_is_outer)
{
	void (*outer)(void) = update_is_outer ? u->run : look_or_wait;
	void (*in)(void) = update_is_outer ? look_or_wait : u->run;
	size_t at;

	current = u->name;
	for (at = 0; at < MAX_STOPS; at++) {
		bool more;

		open_world(4);
		if (u->prepare)
			u->prepare();
		more = run_one_in_other(outer, in, at);
		if (!more)
			in();
		judge(seen[update_is_outer]);
		close_world();
		if (!more)
			break;
	}
	return at;
}

/* ---- who kicks --------------------------------------------------------- */

/*
 * A's question, which B joins, is answered for A alone while A is adding it:
 * through the front, or on the engine, of which the set is told later; and a
 * driver that was kicked drains meanwhile, or not. B waits; its question is
 * queued, and was kicked for, or it is asked.
 */
static struct riotlb_miss_waiter a, b;
static bool drains, on_engine;

static void add(struct riotlb_miss_waiter *w, uint64_t iova, uint64_t last)
{
	riotlb_read_enter(engine);
	check(riotlb_miss_add(misses, 0, iova, last, RIOTLB_READ, w) >= 0);
	riotlb_read_exit(engine);
}

static void add_a(void)
{
	add(&a, IOVA, IOVA + 2 * SIZE);
}

static uint64_t drain(void)
{
	struct riotlb_iotlb_msg msg = { .iova = 0 };

	if (!kicks)
		return 0;
	kicks = 0;
	while (riotlb_miss_take(misses, &msg, NULL) == 0)
		;
	return msg.iova;
}

static void join_and_answer(void)
{
	struct riotlb_mapping m = { .start = IOVA, .last = IOVA, .perm = 1 };

	add(&b, IOVA + SIZE, IOVA + SIZE);
	if (drains)
		drain();
	if (on_engine)
		check_eq(riotlb_map(engine, 0, &m, 0, NULL), 0);
	else
		map();
}

static bool race_for_the_kick(size_t at)
{
	struct riotlb_miss_stats stats;
	uint64_t last_asked;
	bool more;

	open_world(4);
	more = run_one_in_other(add_a, join_and_answer, at);
	if (!more)
		join_and_answer();
	last_asked = drain();
	if (on_engine)
		riotlb_miss_mapped(misses, 0, IOVA, IOVA, RIOTLB_READ);
	check_eq(riotlb_miss_poll(&b), (uint64_t)-EINPROGRESS);
	check(riotlb_miss_poll(&a) != -EINPROGRESS || more);
	if (kicks || last_asked)
		last_asked = kicks ? drain() : last_asked;
	riotlb_miss_get_stats(misses, &stats);
	check_eq(stats.waiters, 1);
	check_eq(stats.queued, 0);
	check_eq(stats.asked, 1);
	/* its own first byte was asked for, whoever came before */
	check_eq(TAILQ_FIRST(&misses->asked)->start, IOVA + SIZE);
	check(last_asked == 0 || last_asked == IOVA + SIZE);
	close_world();
	return more;
}

static size_t race_for_all_kicks(void)
{
	size_t stops = 0;

	current = "kick";
	for (int i = 0; i < 4; i++) {
		size_t at = 0;

		drains = i & 1;
		on_engine = i & 2;
		while (race_for_the_kick(at))
			check(++at < MAX_STOPS);
		stops += at;
	}
	return stops;
}

/* ---- who is told of room ----------------------------------------------- */

static int add_result;

static void add_to_full(void)
{
	riotlb_read_enter(engine);
	add_result = riotlb_miss_add(misses, 0, IOVA, IOVA, RIOTLB_READ, &a);
	riotlb_read_exit(engine);
}

static void make_room(void)
{
	riotlb_miss_fail(misses, 0, 0, 0, -EIO);
}

static size_t race_for_room(void)
{
	size_t at;
	bool more = true;

	current = "room";
	for (at = 0; more; at++) {
		check(at < MAX_STOPS);
		open_world(1);
		add(&b, 0, 0);
		more = run_one_in_other(add_to_full, make_room, at);
		if (!more)
			make_room();
		check(add_result == 0 || add_result == -ENOSPC);
		check_eq(rooms, add_result == -ENOSPC);
		close_world();
	}
	return at;
}

int main(void)
{
	check(STOPS_AVAILABLE);
	check_set_context(tell, NULL);
	for (size_t i = 0; i < sizeof(updates) / sizeof(*updates); i++) {
		size_t in_update = race(&updates[i], true);
		size_t in_miss = race(&updates[i], false);

		printf("%s: %zu stops, %zu in the miss\n", updates[i].name,
		       in_update, in_miss);
		check(in_update >= 3 && in_miss >= 5);
	}
	printf("in updates: %lu found, %lu looked again, %lu told; "
	       "in misses: %lu, %lu, %lu\n",
	       seen[1][FOUND], seen[1][LOOK_AGAIN], seen[1][WAITS],
	       seen[0][FOUND], seen[0][LOOK_AGAIN], seen[0][WAITS]);
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < NOUTCOMES; k++)
			check(i == 1 && k == LOOK_AGAIN ? true : seen[i][k]);
	printf("kick: %zu stops\n", race_for_all_kicks());
	printf("room: %zu stops\n", race_for_room());
	return 0;
}
