/* SPDX-License-Identifier: MIT */
/* A shape set up for measurement: shared by the measurements, see run.h. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure.h"
#include "run.h"
#include "shape_list.h"
#include "subject.h"

struct side {
	const struct subject_ops *ops;
	void *self;
	uint64_t bytes_empty;
	size_t round; /* of unmap + map, that comes next */
};

enum {
	RIOTLB,
	RADIX,
	SIDES,
};

struct bench {
	const struct shape *shape;
	const struct run_settings *settings;
	struct rng rng;
	struct riotlb_mapping *mappings;
	struct key_set keys;
	size_t timed;      /* the first keys, which a timed pass looks up */
	uint64_t expected; /* sum of their targets */
	struct side side[SIDES];
	size_t sides; /* 1 where the radix cannot express the shape */
	struct remap *updates;
	struct riotlb_mapping *copy;
	double *samples[2 * SIDES + 1];
};

/* Prints "riotlb-shapes: SHAPE: SUBJECT: text" and returns status. */
enum run_status bench_fail(const struct bench *bench, const struct side *side,
			   const char *text, enum run_status status);

/* Compares every key, every gap and both ends with what the shape says. */
enum run_status bench_verify(struct bench *bench, struct side *side);

enum run_status bench_reset(struct bench *bench, struct shape_result *result);

#endif
