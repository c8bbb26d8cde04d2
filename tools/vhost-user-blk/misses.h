/* SPDX-License-Identifier: MIT */
/*
 * What the queues miss. A queue has one request in hand, so it waits for one
 * translation at most; the set has a place for each, and is full with that.
 *
 * A miss is queued, then asked, and then over: told (its first byte was
 * mapped), or failed (the front-end has answered, and it was not). One whose
 * first byte another that is queued or asked wants to know about as well, in
 * the same page or the rest of its range, with at least its permission, joins
 * that: no second message is sent. If the answer turns out not to cover it, it
 * is queued for itself.
 *
 * No wakeup is lost: a queue looks once more when its miss is in the set, and
 * an update looks into the set when the mapping is visible.
 */
#ifndef RIOTLB_VHOST_USER_MISSES_H
#define RIOTLB_VHOST_USER_MISSES_H

#include <pthread.h>

#include <riotlb/vhost_msg.h>

#include "mem.h"

struct worker;

struct misses_stats {
	uint64_t queued;
	uint64_t joined;
	uint64_t in_time; /* mapped before they could be asked */
	uint64_t asked;   /* messages */
	uint64_t told;
	uint64_t again; /* joined one whose answer did not cover them */
	uint64_t failed;
};

struct misses {
	const struct virtio_mem *mem;
	int kick_fd; /* an eventfd: there is something to ask */

	pthread_mutex_t lock; /* for what follows */
	bool open;
	unsigned n;
	struct miss *of; /* per queue */
	uint64_t tickets;
	uint64_t asked;   /* messages since the channel was opened */
	uint64_t replied; /* of these */
	struct misses_stats stats;
};

/* Errors: -ENOMEM, those of eventfd. It is closed. */
int misses_init(struct misses *misses, unsigned nqueues,
		const struct virtio_mem *mem);
void misses_fini(struct misses *misses);

/* ---- the thread of a queue, outside of sections ---------------- */

/*
 * 0: look again; -EINPROGRESS: `worker` will be woken; -EFAULT, -EPERM: it
 * cannot be had. Errors: -ENOTCONN (there is nobody to ask, and never was).
 */
int misses_wait(struct misses *misses, unsigned queue, struct worker *worker,
		const struct virtio_need *need);

/* ---- the control thread ---------------------------------------- */

/* There is somebody to ask, anew. What was asked is queued again. */
void misses_open(struct misses *misses);
/* There is nobody any more. All queues are stopped. */
void misses_close(struct misses *misses);
/* The queue does not wait any more. It is stopped. */
void misses_forget(struct misses *misses, unsigned queue);

/* The next to ask, which is asked from now on. False: none is queued. */
bool misses_take(struct misses *misses, struct riotlb_iotlb_msg *msg);
/* [start, last] was mapped. */
void misses_mapped(struct misses *misses, uint64_t start, uint64_t last);
/*
 * The oldest message that had no reply has one now, and all that the front-end
 * had sent before was done. Errors: -EPROTO (there is no such message).
 */
int misses_replied(struct misses *misses);

void misses_get_stats(struct misses *misses, struct misses_stats *stats);

#endif
