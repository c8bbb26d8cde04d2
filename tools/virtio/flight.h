/* SPDX-License-Identifier: MIT */
/*
 * A request that runs on beyond the section in which it was translated: a
 * lease, and a way to take it from a request that does not end.
 *
 * Mappings that are removed are given back once the leases of that time have
 * ended. Where somebody waits for that and cannot wait for ever (the kernel
 * gives up a VDUSE device after a time), the flight is fenced: the lease is
 * ended for it, and it may never complete. What it still does to its memory is
 * for whoever fences to make harmless *before* that, since the addresses stay
 * where they are until flight_is_fenced says no: see to it that nothing else
 * comes to lie there.
 *
 * The epoch counts the removals of the whole device. A flight from before one
 * is in its way; those of later, which began when it was done, are not.
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
	uint32_t mine; /* the epoch of the section, as far as the word has it */
	uint64_t running;      /* the word that flight_begin stored */
	_Atomic uint64_t word; /* epoch, lease, and what it is at */
};

void flight_init(struct flight *flight, struct riotlb *engine,
		 const flight_epoch *epoch);

/* ---- the thread of the queue ----------------------------------- */

/* In a section, before anything is translated. */
void flight_enter(struct flight *flight);
/* In that section, after it. */
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
/* Is there one from before this epoch that has a lease? */
bool flight_is_before(const struct flight *flight, uint64_t epoch);
/* Fences one from before this epoch. False: there is none that can be. */
bool flight_fence(struct flight *flight, uint64_t epoch);
/* Has the request that was fenced not come back yet? */
bool flight_is_fenced(const struct flight *flight);

#endif
