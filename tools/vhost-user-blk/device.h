/* SPDX-License-Identifier: MIT */
/*
 * A virtio-blk device for one front-end at a time: what its messages mean.
 *
 * All calls are made by one thread, the control thread, which device_create
 * registers with the engine's flavour.
 */
#ifndef RIOTLB_VHOST_USER_DEVICE_H
#define RIOTLB_VHOST_USER_DEVICE_H

#include "channel.h"
#include "queues.h"

struct json_t;

struct device_stats {
	uint64_t sessions;
	uint64_t messages;
	uint64_t refused; /* messages that were answered with an error */
	uint64_t tables;  /* of memory */
	uint64_t held;    /* invalidations that found a request at work */
};

struct device {
	const struct blk *blk;
	struct memory *memory;
	struct queues queues;
	struct channel front;   /* the front-end's requests */
	struct channel backend; /* ours; closed if there is none */
	uint64_t opened;        /* how often there was a new one */
	uint64_t protocol;      /* features */
	struct device_stats stats;
	/* a MISS for which there was no room yet */
	size_t pending;
	uint8_t miss[WIRE_HEADER + RIOTLB_VHOST_USER_IOTLB_SIZE];
};

/*
 * Creates the device and its threads; *device is not moved afterwards. Errors:
 * -ENOMEM, those of riotlb_create, eventfd and pthread_create.
 */
int device_create(struct device *device, const struct blk *blk,
		  const struct rcu_flavor_struct *flavor);
void device_destroy(struct device *device);

/* A front-end has come; the socket is the device's from here. */
void device_begin(struct device *device, int fd);
/* It is gone: all queues stop, and its memory is given back. May wait. */
void device_end(struct device *device);

/*
 * Does all that has come from the front-end, and answers. Errors: -EPIPE (it
 * has gone), others: it is to be sent away, which has been said.
 */
int device_receive(struct device *device);
/* The same of the back-end's channel, which its end closes. */
int device_receive_replies(struct device *device);
/* Sends what there is to ask, as far as there is room. */
int device_send_misses(struct device *device);

/* Descriptors that were translated, of all queues. */
uint64_t device_descriptors(const struct device *device);

/* All that was counted. NULL: no memory. */
struct json_t *device_report(struct device *device);

#endif
