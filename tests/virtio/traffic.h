/* SPDX-License-Identifier: MIT */
/*
 * Requests of one queue without end: each of them has sectors of its own, which
 * it writes and reads in turn, and finds there what it wrote.
 */
#ifndef TESTS_VIRTIO_TRAFFIC_H
#define TESTS_VIRTIO_TRAFFIC_H

#include "requests.h"
#include "rng.h"

enum { TRAFFIC_REQUESTS = 8, TRAFFIC_BYTES = 8192 };

struct traffic {
	struct driver *driver;
	unsigned queue; /* which says where on the disk it is */
	struct request requests[TRAFFIC_REQUESTS];
	bool busy[TRAFFIC_REQUESTS];
	uint8_t seeds[TRAFFIC_REQUESTS];
	struct rng rng;
	unsigned done;
};

void traffic_init(struct traffic *t, struct driver *driver, unsigned queue);
/* Makes those available that are not, as far as there is room. */
void traffic_send(struct traffic *t);
/* Checks those that are done. */
void traffic_take(struct traffic *t);
/* The device was reset: what was on its way is lost, or was done, or partly. */
void traffic_forget(struct traffic *t);

#endif
