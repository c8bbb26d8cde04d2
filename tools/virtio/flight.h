/* SPDX-License-Identifier: MIT */
/*
 * A request that runs on beyond the section in which it was translated: a
 * lease, and a way to take it from a request that does not end.
 *
 * Mappings that are removed are given back once the leases of that time have
 * ended. Where somebody waits for that and cannot wait for ever (the kernel
 * gives up a VDUSE device after a time), the flight is fenced: it may never
 * complete, and its lease is the fencer's, who makes what the request still
 * does to its memory harmless, and ends the lease then. The addresses stay the
 * request's until flight_is_fenced says no: nothing else may come to lie there.
 *
 * The epoch counts the removals of the whole device. A flight, or a section,
 * from before one is in its way; those that began when it was done are not.
 */
#ifndef RIOTLB_VIRTIO_FLIGHT_H
#define RIOTLB_VIRTIO_FLIGHT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

typedef _Atomic uint64_t flight_epoch;

struct flight {
	struct riotlb *engine;
	const flight_epoch *epoch;
	uint64_t mine;         /* the word as its own thread stored it last */
	_Atomic uint64_t word; /* epoch, lease, and what it is at */
};

void flight_init(struct flight *flight, struct riotlb *engine,
		 const flight_epoch *epoch);

/* ---- the thread of the queue ----------------------------------- */

/* Begins a section, before anything is translated in it. */
void flight_enter(struct flight *flight);
/* Ends it, with nothing in flight. */
void flight_leave(struct flight *flight);
/* In a section: takes a lease, and with it the place of flight_leave. */
void flight_begin(struct flight *flight);
/*
 * The request is done but for telling so. If true it may, and it cannot be
 * fenced any more; it does not wait from here to the end. If false it has been
 * fenced, is forgotten, and has ended.
 */
bool flight_finish(struct flight *flight);
void flight_end(struct flight *flight);

/* ---- the thread that removed mappings -------------------------- */

/* One more removal is visible to lookups. Returns its epoch. */
uint64_t flight_next_epoch(flight_epoch *epoch);
/*
 * Is there a section or a flight from before this epoch, not fenced? Once there
 * is none there never will be.
 */
bool flight_is_before(const struct flight *flight, uint64_t epoch);
/* The same, of those that have a lease. */
bool flight_holds_lease(const struct flight *flight, uint64_t epoch);
/*
 * Fences a flight from before this epoch; the lease is the caller's then.
 * False: there is none, or it is about to end.
 */
bool flight_fence(struct flight *flight, uint64_t epoch, riotlb_lease *lease);
/* Has the request that was fenced not come back yet? */
bool flight_is_fenced(const struct flight *flight);

#endif
