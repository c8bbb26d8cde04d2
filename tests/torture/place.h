/* SPDX-License-Identifier: MIT */
/*
 * Where things are mapped: the same places in every AS. A place has two cells,
 * its halves; whatever is mapped or unmapped covers one or both, so that what
 * is known about a place is known by the cell.
 */
#ifndef TORTURE_PLACE_H
#define TORTURE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "rng.h"

enum {
	SPACES = 4,
	GROUPS = 4,
	PAIRED = 8, /* places 0 to 7 change together, see history.h */
	CELLS = 2,
	BOTH = 3, /* as a mask of cells */
	PLACES_MAX = 512,
	PLACE_MAX_BYTES = 0x10000,
};

/* AS 0 is reset by anybody, 1 never, 2 and 3 by their publisher. */
enum {
	SPACE_WILD = 0,
	SPACE_STEADY = 1,
	SPACE_PUBLISHED = 2, /* and those after it */
};

/* AS 3 begins as an identity up to here. */
#define APERTURE_LAST UINT64_C(0x3fffffff)

enum perms {
	PERMS_RW,     /* never anything but RW */
	PERMS_READ,   /* never anything but READ */
	PERMS_VARIED, /* READ or RW */
};

struct place {
	uint64_t start;
	uint64_t half; /* where cell 1 begins */
	uint64_t last;
	enum perms perms;
};

extern struct place places[];
extern uint32_t places_n;

/* Before anything else. */
void places_init(void);

uint64_t cells_start(uint32_t place, unsigned int mask);
uint64_t cells_last(uint32_t place, unsigned int mask);

/* Any; most of the time one of those that everybody is at. */
uint32_t place_any(struct rng *rng);
/* The same, but none of those that change together in this AS. */
uint32_t place_loose(struct rng *rng, uint32_t asid);
/* The first of `n` dense pages in a row. */
uint32_t place_run(struct rng *rng, uint32_t n);
/* Where nothing is ever mapped. */
#define PLACE_HOLE UINT64_C(0x700000000000)

static inline bool place_is_paired(uint32_t asid, uint32_t place)
{
	return asid >= SPACE_PUBLISHED && place < PAIRED;
}

#endif
