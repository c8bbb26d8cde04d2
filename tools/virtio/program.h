/* SPDX-License-Identifier: MIT */
/*
 * A program that serves one block device, but for its transport: signals, the
 * disk, statistics.
 */
#ifndef RIOTLB_VIRTIO_PROGRAM_H
#define RIOTLB_VIRTIO_PROGRAM_H

#include <stdatomic.h>

#include "blk.h"
#include "program_options.h"

struct program {
	const struct program_options *options;
	const char *id; /* of the device, as in struct blk */
	/* All that was counted; NULL: no memory. */
	struct json_t *(*report)(void *ctx);
	/* With the disk open, and everything here set up. */
	enum status (*serve)(void *ctx);
	void *ctx;

	/* set up by program_run */
	struct disk disk;
	struct blk blk;
	int signals; /* a signalfd */
	atomic_uint stalls[PROGRAM_MAX_QUEUES];
};

/* Before there are threads. Returns the exit status. */
enum status program_run(struct program *p);

/* Obeys what came to p->signals. Returns false if the program is to end. */
bool program_take_signals(struct program *p);

/* The report to the file of --stats, if there is one. */
void program_write_stats(struct program *p);

/* Says so; returns STATUS_SETUP. */
enum status program_cannot(const char *what, int err);

#endif
