/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_CLI_BINARY_READ_H
#define RIOTLB_CLI_BINARY_READ_H

#include "events.h"
#include "say.h"
#include "trace_reader.h"

/* Does the file begin as a trace in the form of binary.h does? */
enum status binary_is_next(struct trace_reader *reader, bool *is);

/*
 * Reads it to an initialised trace, up to `limit` events (0: all, and then the
 * counts and the checksum are compared). Says itself what is wrong with it.
 */
enum status binary_load(struct trace *trace, struct trace_reader *reader,
			uint64_t limit);

#endif
