/* SPDX-License-Identifier: MIT */
/*
 * Allocation hooks that count the bytes asked for: exactly, without what the
 * allocator rounds up or keeps. Every subject has hooks of its own. Over
 * jemalloc where the build has riotlb-jemalloc (which counts by itself), over
 * libc elsewhere.
 */
#ifndef BENCH_COUNTED_H
#define BENCH_COUNTED_H

#include <stdbool.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

struct counted;

/* Is there a choice of huge pages? */
extern const bool counted_has_huge_pages;
extern const char *const counted_allocator_name;

/* NULL: out of memory. */
struct counted *counted_create(bool huge_pages);
/* Everything allocated through the hooks must be freed before. */
void counted_destroy(struct counted *counted);

const struct riotlb_allocator *counted_hooks(const struct counted *counted);
/* Exact while nobody allocates or frees. */
uint64_t counted_live_bytes(struct counted *counted);

#endif
