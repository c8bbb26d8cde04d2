/* SPDX-License-Identifier: MIT */
/*
 * The driver's memory, mapped here region by region as it is needed, and riotlb
 * over it. A region is one mapping of riotlb: it comes whole and goes whole.
 *
 * A region that was dropped is unmapped from this process when riotlb reports
 * that no section and no lease has it any more. If that is waited for too long
 * the memory is revoked: the addresses stay, but there is memory of nobody
 * behind them, until what uses them has come back.
 */
#ifndef RIOTLB_VDUSE_REGIONS_H
#define RIOTLB_VDUSE_REGIONS_H

#include <riotlb/riotlb.h>

#include "flight.h"
#include "mem.h"
#include "port.h"

struct regions;

struct regions_stats {
	uint64_t mapped;  /* regions that were mapped and inserted */
	uint64_t stale;   /* ones that a drop overtook: not inserted */
	uint64_t unknown; /* addresses that the kernel had nothing for */
	uint64_t dropped;
	uint64_t released; /* given back because nothing used them */
	uint64_t revoked;
	uint64_t live; /* at this moment */
};

/*
 * Starts with none. The flavour is that of the threads that look up. `port`
 * outlives it. Errors: those of riotlb_create, -ENOMEM.
 */
int regions_create(const struct port *port,
		   const struct rcu_flavor_struct *flavor,
		   struct regions **out);
/* Nothing uses a translation any more. */
void regions_destroy(struct regions *regions);

struct riotlb *regions_engine(struct regions *regions);
const flight_epoch *regions_epoch(struct regions *regions);

/*
 * Fetches what is missing. 0: look again, and then it is there unless it was
 * dropped again, or nothing is fetched (regions_close). Errors: it cannot be
 * had. Not in a section, and offline.
 */
int regions_resolve(struct regions *regions, const struct virtio_need *need);

/*
 * Drops all that intersects [start, last], so that lookups that begin later
 * find none of it, and what is being fetched just now is not inserted. *token
 * and *epoch tell when nobody has any of it.
 */
void regions_drop(struct regions *regions, uint64_t start, uint64_t last,
		  struct riotlb_token *token, uint64_t *epoch);

/*
 * What is asked for while they are closed is not fetched: whoever asks is told
 * to look again, so this is for queues that have been told to stop. After a
 * drop of all there is nothing then. They start open.
 */
void regions_close(struct regions *regions);
void regions_open(struct regions *regions);

/* An epoch of now, without a drop. */
uint64_t regions_next_epoch(struct regions *regions);

/*
 * Revokes what was dropped by that epoch and not given back. No section and no
 * lease from before it is left but those of fenced flights. Errors: of mmap.
 */
int regions_revoke(struct regions *regions, uint64_t epoch);

/*
 * A flight is fenced, and its lease is about to end: from now on nothing is
 * unmapped, but revoked instead, also what is dropped later.
 */
void regions_keep(struct regions *regions);
/* No flight is fenced any more: what was revoked may go. */
void regions_sweep(struct regions *regions);

void regions_get_stats(struct regions *regions, struct regions_stats *stats);

#endif
