/* SPDX-License-Identifier: MIT */
/*
 * What is certain about an AS while many threads change it, and the judgement
 * of lookups by it.
 *
 * Every call that may remove a translation of a cell takes a ticket of that
 * cell before it is made: the next number. When it has returned with success
 * the cell's floor is raised to the ticket. Every block keeps, as its epoch,
 * the last ticket that was out when its mapping call had returned. Then
 *
 * - a block whose epoch is below a floor was mapped before a removal began that
 *   is over: a lookup that starts after the floor was read must not find it;
 * - if, when a mapping call began, all tickets given out were done, it
 *   succeeded, and no further ticket was taken until after a lookup, then the
 *   block was there all along, and the lookup must find just that block.
 *
 * Calls on a whole AS take tickets of the AS in the same way; and as with the
 * block, so with an AS that is certain not to be in its default state.
 */
#ifndef TORTURE_LEDGER_H
#define TORTURE_LEDGER_H

#include "block.h"

/* An engine is made anew: everything is as it is after riotlb_create. */
void ledger_reset(void);

/* ---- updaters ------------------------------------------------------------ */

/* One call's part in one place. */
struct edit {
	uint32_t asid;
	uint32_t place;
	unsigned int removes; /* cells from which something may go */
	unsigned int leaves;  /* of these, where it need not */
	unsigned int maps;    /* cells that `block` is mapped at */
	uint32_t block;       /* or BLOCK_NONE */
	bool in_wipe;         /* the caller is between wipe_begin and _end */
	uint64_t ticket[CELLS];
	uint64_t sure[CELLS];
	uint64_t space_sure;
};

/* Before and after the call. */
void edit_begin(struct edit *e);
void edit_done(const struct edit *e);
/* It ended in an error; the block, if any, is given back. */
void edit_failed(const struct edit *e);
/* A call that wipes an AS: reset_map and set_map. Returns its ticket. */
uint64_t wipe_begin(uint32_t asid);
void wipe_end(uint32_t asid, uint64_t ticket, bool done);

/* ---- readers ------------------------------------------------------------- */

/* What every lookup asks for, less 1: as far as a tag goes. */
#define LOOK_SPAN 7u

/* A lookup of [iova, iova + LOOK_SPAN], for `want`. */
struct look {
	uint32_t asid;
	uint32_t place;
	unsigned int cell;
	uint32_t want;
	uint64_t iova;
	/* known before */
	uint64_t floor;
	uint64_t space_floor;
	uint64_t sure;
	uint64_t left;
	uint64_t version; /* at least this one */
};

/* What the engine said to it. */
struct answer {
	int err;
	uint32_t perm; /* 0: not told */
	uint64_t addr;
	uint64_t last;
};

/* A translation that is held in a section or by a lease. */
struct held {
	uint64_t addr;
	uint64_t tag;
	uint32_t block;
	unsigned int cell;
};

enum found {
	FOUND_NOTHING,
	FOUND_DEFAULT,
	FOUND_BLOCK,
};

/* asid, place, cell, want and iova are set. */
void look_begin(struct look *l);
/*
 * Judges the answer, and reads through it. On FOUND_BLOCK *held is set. For a
 * paired place l->version becomes the version seen.
 */
enum found look_end(struct look *l, const struct answer *a, struct held *held);
/*
 * The same where it is not known which AS was asked: only `asids`, as a mask,
 * could have been.
 */
enum found look_end_any(const struct look *l, const struct answer *a,
			unsigned int asids, struct held *held);
/* Is what is held still what it was? */
void held_check(const struct held *held);
/* Is the block's mapping certain to be gone, as far as the cell goes? */
bool held_is_gone(const struct held *held);
/* Of all of its cells; by who took the block, as long as it has its life. */
bool block_is_gone(uint32_t index);

#endif
