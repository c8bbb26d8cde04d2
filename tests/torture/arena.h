/* SPDX-License-Identifier: MIT */
/*
 * Address space for blocks, one stride to each. Some strides are always open.
 * The others are opened and closed one at a time; a read where one is closed is
 * a violation, after which a page of zeros stands in, so that the reader can go
 * on and tell what it was at.
 */
#ifndef TORTURE_ARENA_H
#define TORTURE_ARENA_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ARENA_STRIDE = 0x20000,
	ARENA_USABLE = 0x11000,
};

/*
 * Reserves strides, those from `open` to `n` closed, and installs the handler
 * of faults.
 */
void arena_init(uint32_t open, uint32_t n);
/* Zeros. False if the system has no more to give. */
bool arena_open(uint32_t index);
/* Gives the memory back to the system. */
void arena_close(uint32_t index);
uint64_t arena_base(uint32_t index);
/* False if the address is in no usable part of a stride. */
bool arena_find(uint64_t addr, uint32_t *index);

#endif
