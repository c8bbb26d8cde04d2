/* SPDX-License-Identifier: MIT */
/* What is measured for a shape, and the results. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure.h"
#include "shape_list.h"

struct run_settings {
	size_t rounds;
	size_t lookups; /* at least so many per sample */
	size_t keys;    /* at most so many different ones; 0: all */
	size_t updates; /* unmap + map pairs per sample */
	size_t loaded;  /* mappings per map_bulk sample, at least */
	size_t resets;  /* single calls of reset_map, at least, in all */
	uint64_t seed;
};

/* ns per operation; ratio is riotlb / radix, round by round. */
struct comparison {
	struct estimate riotlb;
	struct estimate radix;
	struct estimate ratio;
};

struct shape_result {
	const struct shape *shape;
	bool has_radix; /* else every .radix and .ratio is unset */
	size_t keys;    /* different ones that the lookups went through */

	struct comparison lookup;
	struct comparison burst; /* .radix is that of lookup */
	struct comparison dependent;
	struct comparison remap;

	struct comparison bulk; /* per mapping */
	struct estimate copy;   /* memcpy of the array, per mapping */
	struct estimate bulk_to_copy;

	uint64_t bytes;       /* of the table, as built by one map_bulk */
	uint64_t bytes_later; /* after the unmap + map rounds */
	uint64_t radix_bytes; /* without the root */

	size_t reset_calls;
	struct estimate reset;       /* one call, the empty call taken off */
	struct estimate reset_16;    /* the same beside it, 16 mappings */
	struct estimate reset_to_16; /* this shape / 16 mappings */
	struct estimate radix_reset; /* every page cleared */
};

enum run_status {
	RUN_OK,
	RUN_WRONG,  /* a subject gave a wrong answer; printed */
	RUN_FAILED, /* no memory, or a call failed; printed */
};

enum run_status run_shape(const struct shape *shape,
			  const struct run_settings *settings,
			  struct shape_result *result);

#endif
