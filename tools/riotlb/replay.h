/* SPDX-License-Identifier: MIT */
/* A replay that counts and, if asked, compares; timing.h has the other one. */
#ifndef RIOTLB_CLI_REPLAY_H
#define RIOTLB_CLI_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "ops.h"
#include "say.h"
#include "session.h"

/* Differences that are shown, of one trace. */
#define REPLAY_SHOWN 10u

struct replay_counts {
	uint64_t checked;    /* recorded answers compared */
	uint64_t missed;     /* accesses without an answer, rightly missed */
	uint64_t mismatches; /* of both, and updates refused */
	uint64_t refused;    /* maps and unmaps that the engine refused */
	uint64_t peak_mappings;
	uint64_t peak_bytes; /* of the tables */
};

/*
 * Replays the stream on a session that is fresh, over `memory`, and reclaimed
 * by hand. With `verify` translations are compared, and differences are shown
 * on standard output. The state at the end stays in the session. Returns
 * STATUS_OK or STATUS_INPUT (no memory).
 */
enum status replay_run(struct session *session, struct op_stream *stream,
		       const struct memory *memory, bool verify,
		       struct replay_counts *counts);

/* What went wrong with an engine, as a sentence on the trace. */
enum status replay_failed(const char *file, uint64_t line, int err,
			  const struct memory *memory);

#endif
