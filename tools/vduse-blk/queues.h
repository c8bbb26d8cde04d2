/* SPDX-License-Identifier: MIT */
/*
 * The queues of a device together: starting and stopping them, and waiting
 * until none of them uses what was dropped.
 */
#ifndef RIOTLB_VDUSE_QUEUES_H
#define RIOTLB_VDUSE_QUEUES_H

#include "regions.h"
#include "worker.h"

struct queues_lease {
	bool held;
	riotlb_lease lease;
};

struct queues {
	const struct port *port;
	struct regions *regions;
	unsigned n;
	struct worker *workers;
	struct queues_lease *leases; /* taken from fenced flights */
	uint64_t epoch; /* what was dropped by then took too long, see tidy */
	_Atomic uint64_t fenced;
	_Atomic uint64_t waits; /* drops that found a request in flight */
	_Atomic uint64_t broken;
};

int queues_create(struct queues *queues, const struct port *port,
		  struct regions *regions, const struct blk *blk,
		  blk_journal *journals);
void queues_destroy(struct queues *queues);

/* What is negotiated for all queues. */
struct queues_kind {
	bool packed;
	bool indirect;
	bool event_idx;
	bool write_through;
};

/*
 * Opens the regions, and starts those that the driver has set up; or only notes
 * where they will start. Errors: those of the port.
 */
int queues_start(struct queues *queues, const struct queues_kind *kind,
		 enum blk_start start);
int queues_note_start(struct queues *queues, const struct queues_kind *kind);
/*
 * Orders all to stop, and closes the regions; waits until they have stopped,
 * however long that is.
 */
void queues_stop(struct queues *queues);
void queues_join(struct queues *queues);

/*
 * Waits until nothing uses what was dropped, and until all queues have stopped
 * if they were ordered to. `since` is when the kernel began to wait, in
 * milliseconds of CLOCK_MONOTONIC.
 * Errors: -ETIMEDOUT (not in three quarters of the port's timeout, nor in a
 * quarter of it since requests were fenced).
 */
int queues_await(struct queues *queues, struct riotlb_token token,
		 uint64_t epoch, bool stopping, uint64_t since);

/*
 * Gives back what fenced requests had, if it can be. Returns whether there is
 * more to do of that later.
 */
bool queues_tidy(struct queues *queues);

uint64_t queues_now(void);

#endif
