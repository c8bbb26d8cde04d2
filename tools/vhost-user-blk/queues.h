/* SPDX-License-Identifier: MIT */
/*
 * The queues as the front-end sets them up, one thing at a time. A queue runs
 * from when it has a size, addresses, a kick and is enabled, until it is
 * disabled or its base is asked for; then it has stopped when the call returns,
 * and goes on at the same place if it is started again.
 *
 * Calls are the control thread's. An index is that of a queue.
 */
#ifndef RIOTLB_VHOST_USER_QUEUES_H
#define RIOTLB_VHOST_USER_QUEUES_H

#include "memory.h"
#include "misses.h"
#include "worker.h"

/* A queue, and what was said of it. */
struct queue {
	struct worker worker;
	struct queues *all;
	uint32_t num;
	bool has_addr;
	struct wire_vring_addr addr;
	int kick_fd; /* -1: none */
	bool enabled;
	bool running;

	pthread_mutex_t lock; /* for what follows, which the thread uses */
	int call_fd;          /* -1: the driver polls */
	int err_fd;
};

struct queues {
	struct memory *memory;
	struct misses misses;
	struct virtio_mem mem;
	flight_epoch epoch; /* of looks at what is in flight */
	unsigned n;
	struct queue *of;
	uint64_t features; /* that were negotiated */
	bool iova;         /* addresses are IOVAs */
	_Atomic uint64_t broken;
};

/* Errors: -ENOMEM, those of worker_init and misses_init. */
int queues_init(struct queues *queues, const struct blk *blk,
		struct memory *memory);
void queues_fini(struct queues *queues);

/* Errors: -EBUSY (a queue runs). */
int queues_set_features(struct queues *queues, uint64_t features, bool enabled);

/* Errors: -EBUSY (it runs), -EINVAL. */
int queues_set_num(struct queues *queues, uint32_t i, uint32_t num);
int queues_set_addr(struct queues *queues, const struct wire_vring_addr *addr);
/* As the protocol puts it: of a packed ring, both places and their wraps. */
int queues_set_base(struct queues *queues, uint32_t i, uint32_t base);
/* Stops it. */
uint32_t queues_get_base(struct queues *queues, uint32_t i);

/*
 * The descriptor is the queue's from here, also on an error; -1: none. Errors:
 * -EINVAL (it is no eventfd), -EOPNOTSUPP (no kick: the queue is not polled),
 * those of starting: -EFAULT (a ring is in none of the regions).
 */
int queues_set_kick(struct queues *queues, uint32_t i, int fd);
int queues_set_call(struct queues *queues, uint32_t i, int fd);
int queues_set_err(struct queues *queues, uint32_t i, int fd);
/* Errors: -EINVAL, those of starting. */
int queues_enable(struct queues *queues, uint32_t i, uint32_t enabled);

/* Is a request at work that began before this call? */
bool queues_in_flight(struct queues *queues);

/* Stops all, and forgets what they were told. */
void queues_reset(struct queues *queues);

#endif
