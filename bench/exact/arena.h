/* SPDX-License-Identifier: MIT */
/*
 * Memory for the engine that is counted. What a call takes must not depend on
 * what libc's allocator was asked for before it.
 */
#ifndef BENCH_EXACT_ARENA_H
#define BENCH_EXACT_ARENA_H

#include <stdbool.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

#include "exact/count.h"

/* Drops what was there. False: there is no memory. */
bool arena_reset(void);

extern const struct riotlb_allocator arena_hooks;
/* What was asked for, and what was given back. */
extern struct exact_meter arena_asked;
extern struct exact_meter arena_given;

#endif
