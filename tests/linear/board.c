/* SPDX-License-Identifier: MIT */
#include "board.h"

enum {
	ID_SHIFT = 44, /* boards are smaller than this */
	SKEW = 0x123,  /* some deltas are on no page boundary */
};

#define MIB UINT64_C(0x100000)
#define REGION (2 * MIB)

const struct board boards[] = {
	{ "bytes", { 0x1000, 0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006 } },
	{ "pages",
	  /* two regions */
	  { REGION - 0x3000, REGION - 0x2000, REGION - 0x1000, REGION,
	    REGION + 0x1000, REGION + 0x2000, REGION + 0x3000 } },
	{ "odd", { 0x3ff, 0x1801, 0x2000, 0x2007, 0x4000, 0x9009, 0xa001 } },
	{ "runs",
	  /* several slots each */
	  { 0x10000, 0x14000, 0x18000, 0x1c000, 0x24000, 0x25000, 0x27000 } },
	{ "regions",
	  { 0, REGION, 2 * REGION, 2 * REGION + 0x1000, 3 * REGION,
	    8 * REGION + 5, 64 * REGION } },
	{ "scales",
	  { 0xfffffffff8, 0xfffffffffc, 0x10000000000, 0x10000001000,
	    0x10000200000, 0x10040000000, 0x18000000000 } },
	{ "top",
	  { UINT64_MAX - 0x4fff, UINT64_MAX - 0x3fff, UINT64_MAX - 0x2fff,
	    UINT64_MAX - 0xfff, UINT64_MAX - 7, UINT64_MAX, 0 } },
};

const unsigned int nboards = sizeof(boards) / sizeof(*boards);

uint64_t board_start(const struct board *b, unsigned int unit)
{
	return b->start[unit];
}

uint64_t board_last(const struct board *b, unsigned int unit)
{
	return b->start[unit + 1] - 1;
}

uint64_t board_bytes(const struct board *b, unsigned int first,
		     unsigned int last)
{
	return b->start[last + 1] - b->start[first];
}

uint64_t board_host(const struct board *b, unsigned int id, uint64_t iova)
{
	uint64_t base = b->start[0] & ~(REGION - 1);

	if (id == IDENTITY)
		return iova;
	return ((uint64_t)id << ID_SHIFT) + (iova - base) +
	       (id % 4 == 3 ? SKEW : 0);
}

unsigned int board_id(const struct board *b, uint64_t iova, uint64_t addr)
{
	uint64_t id = addr >> ID_SHIFT;

	if (addr == iova)
		return IDENTITY;
	if (id == IDENTITY || id > ID_MAX ||
	    board_host(b, (unsigned int)id, iova) != addr)
		return ID_NONE;
	return (unsigned int)id;
}

struct riotlb_mapping board_mapping(const struct board *b, unsigned int first,
				    unsigned int last, unsigned int id,
				    uint32_t perm)
{
	return (struct riotlb_mapping){
		.start = board_start(b, first),
		.last = board_last(b, last),
		.addr = board_host(b, id, board_start(b, first)),
		/* of half the mappings: with and without side words */
		.opaque = id % 2 ? id : 0,
		.perm = perm,
	};
}
