/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef RIOTLB_CLI_OPTIONS_H
#define RIOTLB_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "events.h"
#include "say.h"

/* Sizes of caches, and the largest: that of riotlb/cache.h. */
#define OPTIONS_MAX_ENTRIES 16u
#define OPTIONS_MAX_ENTRY 65536u

struct options {
	enum format format;
	uint64_t limit; /* 0: none */

	/* replay */
	bool verify;
	uint64_t repeat;
	uint64_t copies;
	const char *json_file; /* NULL: none */

	/* cache */
	uint32_t entries[OPTIONS_MAX_ENTRIES]; /* sizes of caches */
	uint32_t nentries;
	bool whole;
	bool synthetic;

	/* dump */
	bool json;
	bool shape;

	bool help;
	char **files;
	int nfiles;
};

#define OPTIONS_MAX_REPEAT 1000u

/*
 * They take what follows the command, argv[0] being the command itself. With
 * --help the rest is not checked.
 */
enum status options_replay(struct options *options, int argc, char **argv);
enum status options_dump(struct options *options, int argc, char **argv);
enum status options_convert(struct options *options, int argc, char **argv);
enum status options_cache(struct options *options, int argc, char **argv);

#endif
