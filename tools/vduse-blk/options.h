/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef RIOTLB_VDUSE_OPTIONS_H
#define RIOTLB_VDUSE_OPTIONS_H

#include "program_options.h"

enum { OPTIONS_MAX_QUEUE_SIZE = 32768 };

struct options {
	struct program_options common;
	const char *name;
	unsigned queue_size;
	const char *journal; /* NULL: none */
	bool destroy;
};

/* With --help the rest is not checked. */
enum status options_read(struct options *options, int argc, char **argv);

extern const char options_help[];

#endif
