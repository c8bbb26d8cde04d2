/* SPDX-License-Identifier: MIT */
/* A file to a trace in memory. */
#ifndef RIOTLB_CLI_LOAD_H
#define RIOTLB_CLI_LOAD_H

#include <stdint.h>

#include "events.h"
#include "say.h"

/*
 * Reads `file` up to `limit` events (0: all). FORMAT_AUTO takes the format of
 * the first event that either format knows. Says itself what is wrong; then
 * *trace is empty.
 */
enum status trace_load(struct trace *trace, const char *file,
		       enum format format, uint64_t limit);

#endif
