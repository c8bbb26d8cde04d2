/* SPDX-License-Identifier: MIT */
/*
 * What a VDUSE device asks of the kernel, apart from the messages: by the
 * ioctls of /dev/vduse/NAME, or by a test that stands in for it. Errors are
 * negative errno values; all may be called by any thread.
 */
#ifndef RIOTLB_VDUSE_PORT_H
#define RIOTLB_VDUSE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "virtq.h"

/* A part of the driver's memory: [start, last] is at `offset` in a file. */
struct port_region {
	uint64_t start;
	uint64_t last;
	uint64_t offset;
	uint32_t perm;
	int fd; /* the caller's */
};

/*
 * A queue as the driver set it up; the config is without what was negotiated.
 */
struct port_vq {
	struct virtq_config config;
	struct virtq_position at;
	bool ready;
};

struct port {
	int fd; /* requests are read from it, responses written to it */
	void *ctx;

	/* The region that has this address. Any error: there is none. */
	int (*get_region)(void *ctx, uint64_t iova, struct port_region *region);
	int (*get_features)(void *ctx, uint64_t *features);
	int (*get_vq)(void *ctx, unsigned queue, bool packed,
		      struct port_vq *vq);
	/* Has the driver kick this eventfd. */
	int (*set_kick)(void *ctx, unsigned queue, int fd);
	/* Interrupts. Errors: -EAGAIN (the driver is not ready: DRIVER_OK). */
	int (*call)(void *ctx, unsigned queue);
	int (*call_config)(void *ctx);
	/* Milliseconds that a request may take; 0: for ever. */
	uint64_t (*timeout)(void *ctx);
};

#endif
