/* SPDX-License-Identifier: MIT */
/*
 * The floor to compare with: a fixed radix table in the way of SPDK's mem_map.
 * 2^18 root slots of 1 GiB, each with two tables: 512 pages of 2 MiB, and 512
 * tables of 512 pages of 4 KiB. A lookup is two to three dependent plain loads.
 *
 * What it leaves out is what makes it a floor: no ranges (whole pages of 48-bit
 * addresses alone), no permission, no opaque word, one mapping more or less is
 * a store per page, and nothing tells a writer when readers are done, so tables
 * stay allocated until radix_empty. One thread.
 */
#ifndef BENCH_RADIX_H
#define BENCH_RADIX_H

#include <stdbool.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

struct radix;

#define RADIX_MISS UINT64_MAX

/* NULL: out of memory. */
struct radix *radix_create(const struct riotlb_allocator *allocator);
void radix_destroy(struct radix *radix);

/* Can the table hold this mapping (its opaque word and permission apart)? */
bool radix_expresses(const struct riotlb_mapping *mapping);

/* 0 or -ENOMEM (some pages may be set). The mapping must be expressible. */
int radix_set(struct radix *radix, uint64_t start, uint64_t last,
	      uint64_t addr);

/* Only for a range that was set by one call. Tables stay. */
void radix_clear(struct radix *radix, uint64_t start, uint64_t last);

/* Frees every table but the root. */
void radix_empty(struct radix *radix);

/* The address that iova translates to, or RADIX_MISS. */
uint64_t radix_lookup(const struct radix *radix, uint64_t iova);

#endif
