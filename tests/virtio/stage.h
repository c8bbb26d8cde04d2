/* SPDX-License-Identifier: MIT */
/*
 * Queues with threads of their own, and a transport: translations are made when
 * they are missed, each by a mapping of this process that is taken away when
 * riotlb reports it, so that a use after that is the end of the test.
 */
#ifndef TESTS_VIRTIO_STAGE_H
#define TESTS_VIRTIO_STAGE_H

#include <pthread.h>
#include <semaphore.h>

#include "requests.h"
#include "worker.h"

#define STAGE_QUEUES 2
#define STAGE_DISK (1u << 20)

struct stage {
	struct riotlb *engine;
	struct arena arena;
	struct disk disk;
	struct blk blk;
	flight_epoch epoch;
	struct driver drivers[STAGE_QUEUES];
	struct worker workers[STAGE_QUEUES];
	pthread_mutex_t lock; /* of mapping */

	/* what the transport says to a miss; 0: it maps */
	_Atomic int miss;
	_Atomic unsigned misses;
	_Atomic int call_error;
	sem_t called[STAGE_QUEUES];
	_Atomic unsigned broken;
	_Atomic uint64_t retired;

	/* requests of a stage that stalls wait for each other */
	bool stalls;
	sem_t stalled;
	sem_t go_on;
};

struct stage *stage_create(unsigned kind,
			   const struct rcu_flavor_struct *flavor, bool stalls);
void stage_destroy(struct stage *s);

/* Starts, as its driver would set it up, or after a stop. */
void stage_start(struct stage *s, unsigned queue, enum blk_start start);
/* Orders it to stop, and waits until it has. */
void stage_stop(struct stage *s, unsigned queue);
/* Kicks if the device wants it. */
void stage_kick(struct stage *s, unsigned queue);

/* Takes the page of an address away; its token and epoch. */
struct riotlb_token stage_unmap(struct stage *s, const void *driver,
				uint64_t *epoch);

/* Waits for so long that what can happen has happened. */
void stage_settle(void);
/* Waits for a semaphore, not for ever. */
void stage_wait(sem_t *sem);

#endif
