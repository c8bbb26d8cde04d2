/* SPDX-License-Identifier: MIT */
/* A replay that does nothing but call the engine, and takes the time. */
#ifndef RIOTLB_CLI_TIMING_H
#define RIOTLB_CLI_TIMING_H

#include <stdint.h>

#include "memory.h"
#include "ops.h"
#include "say.h"
#include "spread.h"

/* Operations of one kind whose times are added up before they are recorded. */
#define TIMING_BATCH 64u

struct timing {
	uint64_t n;  /* operations of a kind, in one run */
	double mean; /* ns; the median of the runs' means; 0 where n is 0 */
	struct spread batches; /* ns of a whole batch; of all runs */
};

/*
 * Replays the stream `repeat` times, each on an engine of its own that is
 * reclaimed by a thread. timings[] is indexed by enum op_kind.
 */
enum status timing_run(struct op_stream *stream, const struct memory *memory,
		       uint64_t repeat, struct timing timings[OP_TIMED]);

#endif
