/* SPDX-License-Identifier: MIT */
/*
 * The thread of a queue. It serves it when it is kicked, waits when there is
 * nothing, asks the transport for translations that are missing, and obeys the
 * orders of a control thread. No lock is held while it calls the transport.
 */
#ifndef RIOTLB_VIRTIO_WORKER_H
#define RIOTLB_VIRTIO_WORKER_H

#include <stdbool.h>

#include <pthread.h>
#include <time.h>

#include "blk.h"

/*
 * What a transport does for a queue, on the queue's thread, which is outside of
 * sections and offline then. All may be called for several queues at once.
 */
struct worker_ops {
	/*
	 * Sees to a translation. 0: look again; -EINPROGRESS: it has been asked
	 * for, and worker_wake will say when to look again; anything else: it
	 * cannot be had.
	 */
	int (*resolve)(void *ctx, unsigned queue,
		       const struct virtio_need *need);
	/* Tells the driver. -EAGAIN: not now, it is to be told again soon. */
	int (*call)(void *ctx, unsigned queue);
	/* The queue is of no more use until it is started again. */
	void (*broken)(void *ctx, unsigned queue, const char *why);
};

struct worker_start {
	struct virtq_config config;
	struct virtq_position at;
	enum blk_start start;
	bool write_through; /* see blk_queue_start */
	int kick_fd; /* an eventfd; -1: the worker's own, worker_kick_fd */
};

struct worker {
	struct blk_queue queue;
	const struct worker_ops *ops;
	void *ctx;
	int own_kick_fd;
	int wake_fd;
	pthread_t thread;

	/* the thread's own */
	bool started; /* the queue has begun; else it is about to */
	bool call_again;
	unsigned fruitless; /* needs that were seen to and came back */
	struct worker_start now;

	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t obeyed;
	uint64_t ordered;
	uint64_t done; /* the last order that the thread has obeyed */
	enum worker_state { WORKER_STOPPED, WORKER_RUNNING, WORKER_QUIT } want;
	struct worker_start start; /* of the last order */
	enum worker_state state;
	bool broken;
};

/*
 * Creates the thread; the queue is stopped. What is pointed to outlives it.
 * Errors: -ENOMEM, those of eventfd and pthread_create.
 */
int worker_init(struct worker *w, const struct blk *blk, unsigned index,
		const struct virtio_mem *mem, const flight_epoch *epoch,
		const struct worker_ops *ops, void *ctx);
/* Waits for the request in hand, and for the thread. */
void worker_fini(struct worker *w);

/*
 * Orders, for one control thread. The last one counts; it is obeyed between two
 * requests, so at once unless one takes its time.
 */
void worker_start(struct worker *w, const struct worker_start *start);
void worker_stop(struct worker *w);

/*
 * Has the last order been obeyed? Waits for it until `deadline` of
 * CLOCK_MONOTONIC. Returns 0 or -ETIMEDOUT.
 */
int worker_wait(struct worker *w, const struct timespec *deadline);

/* Something has changed: look again at what was missing. */
void worker_wake(struct worker *w);

static inline int worker_kick_fd(const struct worker *w)
{
	return w->own_kick_fd;
}

/* Does the queue run, and is not broken? As of the last order obeyed. */
bool worker_is_running(struct worker *w);

#endif
