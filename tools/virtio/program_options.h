/* SPDX-License-Identifier: MIT */
/*
 * The options that all programs have that serve a block device. A program reads
 * its own through the same call.
 */
#ifndef RIOTLB_VIRTIO_PROGRAM_OPTIONS_H
#define RIOTLB_VIRTIO_PROGRAM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <getopt.h>

#include "say.h"

enum { PROGRAM_MAX_QUEUES = 64 };

struct program_options {
	bool help;
	uint64_t size;    /* bytes; 0: that of the file */
	const char *file; /* NULL: memory */
	bool read_only;
	unsigned queues;
	bool packed;
	bool qsbr;
	const char *stats; /* NULL: none */
	unsigned stall_ms; /* 0: none */
	unsigned stall_every;
};

/* What getopt_long is to say to them; to a program's own, OWN and what follows.
 */
enum {
	PROGRAM_OPTION_SIZE = 1,
	PROGRAM_OPTION_FILE,
	PROGRAM_OPTION_READ_ONLY,
	PROGRAM_OPTION_QUEUES,
	PROGRAM_OPTION_PACKED,
	PROGRAM_OPTION_FLAVOUR,
	PROGRAM_OPTION_STATS,
	PROGRAM_OPTION_STALL,
	PROGRAM_OPTION_HELP,
	PROGRAM_OPTION_OWN,
};

/* Their part of the table for getopt_long. */
#define PROGRAM_OPTIONS                                                       \
	{ "size", required_argument, NULL, PROGRAM_OPTION_SIZE },             \
		{ "file", required_argument, NULL, PROGRAM_OPTION_FILE },     \
		{ "read-only", no_argument, NULL, PROGRAM_OPTION_READ_ONLY }, \
		{ "queues", required_argument, NULL, PROGRAM_OPTION_QUEUES }, \
		{ "packed", no_argument, NULL, PROGRAM_OPTION_PACKED },       \
		{ "flavour", required_argument, NULL,                         \
		  PROGRAM_OPTION_FLAVOUR },                                   \
		{ "stats", required_argument, NULL, PROGRAM_OPTION_STATS },   \
		{ "stall", required_argument, NULL, PROGRAM_OPTION_STALL },   \
	{                                                                     \
		"help", no_argument, NULL, PROGRAM_OPTION_HELP                \
	}

/*
 * Reads them, up to --help or the first that is wrong; take(ctx, option) takes
 * a program's own, from optarg. STATUS_OK, or STATUS_USAGE, and then it has
 * been said what is wrong. What they come to together is checked by the other
 * two, unless there is --help.
 */
enum status program_options_read(struct program_options *options, int argc,
				 char **argv, const struct option *known,
				 enum status (*take)(void *ctx, int option),
				 void *ctx);
enum status program_options_check_end(int argc, char **argv);
enum status program_options_check(const struct program_options *options);

/* From `text`, 1 to max; `name` is for what is said if it is not. */
enum status program_options_count(const char *name, const char *text,
				  uint64_t max, unsigned *count);

#endif
