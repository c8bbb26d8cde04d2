/* SPDX-License-Identifier: MIT */
/*
 * Where the memory of an engine comes from: a jemalloc arena where the program
 * is built with riotlb-jemalloc, else libc.
 */
#ifndef RIOTLB_CLI_MEMORY_H
#define RIOTLB_CLI_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

#ifdef RIOTLB_CLI_JEMALLOC
#include <riotlb/jemalloc.h>
#endif

struct memory {
#ifdef RIOTLB_CLI_JEMALLOC
	struct riotlb_jemalloc *arena;
#endif
	/* what lies below `bounded` */
	struct riotlb_allocator base;
	/*
	 * The same up to LIMIT_TABLE bytes; for one thread at a time, that is,
	 * for engines that are reclaimed by hand.
	 */
	struct riotlb_allocator bounded;
	uint64_t used;
	uint64_t allocations; /* so far */
	bool over_limit;      /* LIMIT_TABLE stood in the way */
};

/* Errors: -ENOMEM and the like. `memory` must not move after it. */
int memory_open(struct memory *memory);
/* Every engine over it is destroyed by now. */
void memory_close(struct memory *memory);

#endif
