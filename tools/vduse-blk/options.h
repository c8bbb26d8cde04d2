/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef RIOTLB_VDUSE_OPTIONS_H
#define RIOTLB_VDUSE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "say.h"

struct options {
	const char *name;
	uint64_t size;    /* bytes; 0: that of the file */
	const char *file; /* NULL: memory */
	bool read_only;
	unsigned queues;
	unsigned queue_size;
	bool packed;
	const char *journal; /* NULL: none */
	bool qsbr;
	const char *stats; /* NULL: none */
	bool destroy;
	unsigned stall_ms; /* 0: none */
	unsigned stall_every;
	bool help;
};

enum { OPTIONS_MAX_QUEUES = 64, OPTIONS_MAX_QUEUE_SIZE = 32768 };

/* With --help the rest is not checked. */
enum status options_read(struct options *options, int argc, char **argv);

extern const char options_help[];

#endif
