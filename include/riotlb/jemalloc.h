/* SPDX-License-Identifier: MIT */
/*
 * riotlb-jemalloc: allocator hooks over a jemalloc arena of their own, in a
 * library of its own (riotlb::jemalloc, riotlb-jemalloc.pc).
 *
 * Linking it brings jemalloc into the program, and a jemalloc that exports
 * malloc and free (Debian's does) then serves the whole program. That is the
 * program's choice to make: riotlb itself never links jemalloc.
 *
 *	struct riotlb_jemalloc *arena;
 *	struct riotlb_attr attr;
 *
 *	riotlb_jemalloc_create(0, &arena);
 *	riotlb_attr_init(&attr);
 *	attr.allocator = riotlb_jemalloc_allocator(arena);
 */
#ifndef RIOTLB_JEMALLOC_H
#define RIOTLB_JEMALLOC_H

#include <stdint.h>

#include <riotlb/riotlb.h>

RIOTLB_BEGIN_DECLS

struct riotlb_jemalloc;

enum {
	/*
	 * Ask for transparent huge pages: less TLB pressure for large tables;
	 * memory comes from the system in steps of 2 MiB.
	 */
	RIOTLB_JEMALLOC_HUGE_PAGES = 1,
};

/*
 * Creates an arena. Errors: -EINVAL (flags), -ENOMEM, -EAGAIN (no arena or
 * thread-specific key to be had).
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_jemalloc_create(uint32_t flags, struct riotlb_jemalloc **out);

/*
 * Destroys the arena with all that is still allocated from it. NULL is allowed.
 * Every engine over it is destroyed already, and no thread that made an update
 * on one is just exiting: join such threads first.
 */
RIOTLB_API void riotlb_jemalloc_destroy(struct riotlb_jemalloc *arena);

/* The hooks, for riotlb_attr.allocator; valid until the arena is destroyed. */
RIOTLB_API const struct riotlb_allocator *
riotlb_jemalloc_allocator(const struct riotlb_jemalloc *arena);

/* What is allocated through the hooks at this moment. */
struct riotlb_jemalloc_usage {
	uint64_t blocks;
	uint64_t requested; /* bytes asked for */
	uint64_t actual;    /* bytes of the size classes that hold them */
};

/*
 * Exact when no thread is allocating or freeing; otherwise each thread counts
 * as of some moment during the call.
 */
RIOTLB_API void riotlb_jemalloc_get_usage(struct riotlb_jemalloc *arena,
					  struct riotlb_jemalloc_usage *usage);

RIOTLB_END_DECLS

#endif
