/* SPDX-License-Identifier: MIT */
/*
 * Allocator hooks that count, refuse on request, check what comes back (size,
 * alignment, no double free) and poison what is freed.
 */
#ifndef TESTS_HOOKS_H
#define TESTS_HOOKS_H

#include <stdatomic.h>

#include <riotlb/riotlb.h>

struct hooks {
	struct riotlb_allocator allocator;
	atomic_size_t live_bytes;
	atomic_size_t live_blocks;
	atomic_size_t calls; /* of alloc, refused ones included */
	atomic_size_t refused;
	atomic_size_t countdown; /* the call that takes it to 0 is refused */
	atomic_bool refuse_all;
};

void hooks_init(struct hooks *h);
/* Refuses the nth call from now (1: the next), and only that one; 0: none. */
void hooks_refuse_nth(struct hooks *h, size_t nth);
/* Nothing that came from here may still be out. */
void hooks_check_empty(struct hooks *h);

#endif
