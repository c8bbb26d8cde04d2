/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_VHOST_USER_OPTIONS_H
#define RIOTLB_VHOST_USER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "say.h"

enum { OPTIONS_MAX_QUEUES = 64 };

struct options {
	bool help;
	const char *path; /* of the socket */
	bool connect;     /* to it, instead of listening */
	uint64_t size;    /* 0: as the file is */
	const char *file; /* NULL: memory */
	bool read_only;
	unsigned queues;
	bool packed;
	bool qsbr;
	const char *stats; /* NULL: none */
	unsigned stall_ms; /* 0: never */
	unsigned stall_every;
};

extern const char options_help[];

/* STATUS_OK, or STATUS_USAGE, and then it has been said what is wrong. */
enum status options_read(struct options *options, int argc, char **argv);

#endif
