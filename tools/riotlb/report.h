/* SPDX-License-Identifier: MIT */
/* What a replay found out, as a table and as JSON. */
#ifndef RIOTLB_CLI_REPORT_H
#define RIOTLB_CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "events.h"
#include "replay.h"
#include "say.h"
#include "timing.h"

/* What lookups and updates are counted as: times the number of copies. */
struct result {
	const char *file;
	enum format format;
	bool verified;
	uint64_t lines;
	uint64_t skipped;
	uint64_t events;
	uint64_t attaches;
	uint64_t detaches;
	uint64_t maps;
	uint64_t unmaps;
	uint64_t translations;
	uint64_t bypassed;
	struct replay_counts counts;
	struct timing timings[OP_TIMED];
};

void report_table(const struct result *results, size_t n);

/* ---- report_json.c ------------------------------------------------------ */

/* A file that JSON is going to be written to. */
struct json_file {
	const char *path; /* NULL: none */
	FILE *stream;
	bool created; /* by this run, and not yet written */
};

/*
 * Opens `path` before the long work, as it is, so that a name that cannot be
 * written is reported first. It must not be one of the traces.
 */
enum status json_file_open(struct json_file *file, const char *path,
			   char *const *traces, int ntraces);

/* Writes the results in place of what the file held. */
enum status json_file_write(struct json_file *file,
			    const struct result *results, size_t n);

/* Closes it; a file that was created and not written goes. */
void json_file_close(struct json_file *file);

#endif
