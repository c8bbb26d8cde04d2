/* SPDX-License-Identifier: MIT */
/*
 * A poll-mode driver: a thread that never sleeps takes bursts of equal buffers
 * off a ring, under QSBR, where a section costs nothing. Another one changes
 * mappings meanwhile, and reclaims: there is no thread of the library.
 */
#include <stdatomic.h>
#include <stdio.h>

#include <pthread.h>

#include <urcu/urcu-qsbr.h>

#include <riotlb/rcu.h>

enum { BURST = 32, BUFFER = 2048, IOVA = 0x40000000 };

static char memory[BURST * BUFFER];
static atomic_bool stop;
static atomic_ulong served;

/* One turn of the loop: whatever it translated is not used after its end. */
static void poll_ring(struct riotlb *engine, const uint64_t *ring)
{
	uint64_t addr[BURST];
	size_t done;

	riotlb_read_enter(engine);
	riotlb_group_translate_list(engine, 0, ring, BURST, BUFFER - 1,
				    RIOTLB_READ, addr, &done);
	for (size_t i = 0; i < done; i++)
		served += *(const char *)(uintptr_t)addr[i] == 'x';
	riotlb_read_exit(engine);
	riotlb_quiescent(engine); /* nothing of it is held any more */
}

static void *poller(void *arg)
{
	struct riotlb *engine = arg;
	uint64_t ring[BURST]; /* as the other side filled it */

	for (uint64_t i = 0; i < BURST; i++)
		ring[i] = IOVA + i * BUFFER;
	riotlb_thread_register(engine);
	while (!stop)
		poll_ring(engine, ring);
	riotlb_thread_unregister(engine);
	return NULL;
}

static int create(struct riotlb **engine)
{
	struct riotlb_default nothing = { .kind = RIOTLB_DEFAULT_EMPTY };
	struct riotlb_attr attr;

	riotlb_attr_init(&attr);
	attr.flavor = &urcu_qsbr_flavor;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	attr.defaults = &nothing;
	return riotlb_create(&attr, engine);
}

int main(void)
{
	struct riotlb_mapping m = {
		.start = IOVA,
		.last = IOVA + sizeof(memory) - 1,
		.addr = (uintptr_t)memory,
		.perm = RIOTLB_READ,
	};
	struct riotlb_report report;
	struct riotlb *engine;
	pthread_t thread;

	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = 'x';
	if (create(&engine) != 0 ||
	    pthread_create(&thread, NULL, poller, engine) != 0)
		return 1;
	/* while the other thread polls */
	if (riotlb_map(engine, 0, &m, 0, NULL) != 0)
		return 1;
	while (served < 10 * BURST)
		;
	riotlb_reset_map(engine, 0, &report); /* the device is given back */
	while (!riotlb_poll(engine, report.token))
		riotlb_reclaim(engine);
	/* nobody reads this any more */
	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = 0;
	stop = true;
	pthread_join(thread, NULL);
	printf("served %s\n", served % BURST == 0 ? "whole bursts" : "parts");
	riotlb_destroy(engine);
	return 0;
}
