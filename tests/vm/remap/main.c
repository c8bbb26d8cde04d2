/* SPDX-License-Identifier: MIT */
/*
 * riotlb-vm-remap ROUNDS: owns a block device by vhost-vdpa, reads on two
 * queues, and changes the memory that the device reads into all the while. Says
 * how many reads were refused because there was no page, which must be as many
 * as the device counts as faults.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "window.h"

enum {
	QUEUES = 2,
	QUEUE_SIZE = 64,
	RING_PAGES = 128,
	PAGES = RING_PAGES + QUEUES * (WINDOWS + 2),
	HOLE_EVERY = 16, /* rounds */
};

static unsigned long rounds;

static void *run(void *arg)
{
	struct windows *w = arg;

	windows_fill(w);
	for (unsigned long i = 1; i <= rounds; i++)
		if (i % HOLE_EVERY)
			windows_remap(w);
		else
			windows_unmap(w);
	return NULL;
}

/* The rings, and all that is not a window, stay where they are. */
static void map_rings(struct arena *arena)
{
	check(arena->used <= RING_PAGES * ARENA_PAGE);
	arena->used = RING_PAGES * ARENA_PAGE;
	owner_map(ARENA_IOVA, RING_PAGES * ARENA_PAGE, arena->driver);
}

static void run_all(struct windows *w)
{
	pthread_t threads[QUEUES];

	for (int i = 0; i < QUEUES; i++)
		check_eq(pthread_create(&threads[i], NULL, run, &w[i]), 0);
	for (int i = 0; i < QUEUES; i++)
		check_eq(pthread_join(threads[i], NULL), 0);
}

static void report(const struct windows *w)
{
	uint64_t into_old = 0, into_new = 0, refused = 0;

	for (int i = 0; i < QUEUES; i++) {
		printf("queue %d: %" PRIu64 " reads, %" PRIu64
		       " remaps in flight: %" PRIu64 " into the old page, "
		       "%" PRIu64 " into the new one\n",
		       i, w[i].reads, w[i].remaps, w[i].into_old,
		       w[i].into_new);
		into_old += w[i].into_old;
		into_new += w[i].into_new;
		refused += w[i].refused;
	}
	/* else nothing was changed under a request, and nothing was shown */
	check(into_old > 0);
	check(into_new > 0);
	check(refused > 0);
	printf("refused %" PRIu64 "\n", refused);
}

int main(int argc, char *argv[])
{
	static struct windows w[QUEUES];
	struct virtq_config kind = { .num = QUEUE_SIZE };
	struct arena arena;

	rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	if (!rounds) {
		fprintf(stderr, "usage: %s ROUNDS\n", argv[0]);
		return 2;
	}
	arena_create(&arena, PAGES);
	owner_open(&kind);
	for (unsigned i = 0; i < QUEUES; i++)
		windows_init(&w[i], &arena, i, &kind);
	map_rings(&arena);
	for (unsigned i = 0; i < QUEUES; i++) {
		windows_map(&w[i]);
		owner_add(i, &w[i].queue);
	}
	owner_start();
	run_all(w);
	report(w);
	owner_close();
	arena_destroy(&arena);
	return 0;
}
