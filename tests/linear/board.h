/* SPDX-License-Identifier: MIT */
/*
 * The world of a history: a few units of address space, side by side, that
 * every range is made of, and host addresses that say which mapping they are
 * of. So an AS fits into a word (state.h), and an answer names what it saw.
 */
#ifndef TESTS_BOARD_H
#define TESTS_BOARD_H

#include <riotlb/riotlb.h>

enum {
	UNITS = 6,
	SPACES = 2,
	GROUPS = 2,
	IDENTITY = 0,   /* the id of what translates 1:1 */
	ID_LIST_A = 62, /* those of a default state given as a list */
	ID_LIST_B = 63,
	ID_MAX = 127,
	ID_NONE = 128, /* of an address that nobody can have mapped */
};

/* Unit u is [start[u], start[u + 1] - 1]; start[UNITS] may be 2^64, so 0. */
struct board {
	const char *name;
	uint64_t start[UNITS + 1];
};

extern const struct board boards[];
extern const unsigned int nboards;

uint64_t board_start(const struct board *b, unsigned int unit);
uint64_t board_last(const struct board *b, unsigned int unit);
/* Bytes of the units first..last. */
uint64_t board_bytes(const struct board *b, unsigned int first,
		     unsigned int last);

/* Where mapping `id` translates an iova of the board to. */
uint64_t board_host(const struct board *b, unsigned int id, uint64_t iova);
/* The reverse: ID_NONE if no mapping of the test can have led there. */
unsigned int board_id(const struct board *b, uint64_t iova, uint64_t addr);

struct riotlb_mapping board_mapping(const struct board *b, unsigned int first,
				    unsigned int last, unsigned int id,
				    uint32_t perm);

#endif
