/* SPDX-License-Identifier: MIT */
/*
 * The closed list of shapes: what a table may look like in the measurements.
 * Every number that the project reports about speed or memory is for a shape of
 * this list, so that nobody can pick the one that flatters.
 */
#ifndef BENCH_SHAPE_LIST_H
#define BENCH_SHAPE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

struct rng;

/*
 * n mappings of `size` bytes, one every `stride` bytes from `base`. With
 * max_size > size, sizes are random in [size, max_size] and the gaps random so
 * that the whole spans about n * stride bytes; all are multiples of `grain`.
 */
struct shape {
	const char *name;
	const char *what;
	size_t n;
	uint64_t base;
	uint64_t stride;
	uint64_t size;
	uint64_t max_size;
	uint64_t grain;
	bool opaque; /* every mapping carries an opaque word */
	bool extra;  /* outside the closed list, on request only */
};

extern const struct shape shape_list[];
extern const size_t shape_count;

/*
 * The mappings, sorted by start. Targets are random page frames below 2^47 (of
 * the same offset within a 4 KiB page as start, where that is a multiple of the
 * grain), so neighbours never continue each other. NULL: out of memory.
 */
struct riotlb_mapping *shape_mappings(const struct shape *shape,
				      struct rng *rng);

/* A target for a mapping, as shape_mappings chooses it. */
uint64_t shape_target(const struct shape *shape, struct rng *rng);

/*
 * Lookup keys: as many distinct addresses in each mapping as make 4n and
 * `atleast` keys (fewer where a mapping has fewer bytes), in random order.
 */
struct key_set {
	uint64_t *iova;
	uint32_t *owner; /* the index of the mapping that iova lies in */
	size_t n;
};

/* 0 or -ENOMEM. */
int key_set_make(struct key_set *keys, const struct riotlb_mapping *mappings,
		 size_t n, size_t atleast, struct rng *rng);
void key_set_free(struct key_set *keys);

#endif
