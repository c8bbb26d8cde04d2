/* SPDX-License-Identifier: MIT */
/* What the workers of a crew do, chunk by chunk, to a subject. */
#ifndef BENCH_SUITE_JOBS_H
#define BENCH_SUITE_JOBS_H

#include "crew.h"
#include "suite.h"

/* A table in a subject that several jobs share. */
struct arena {
	const struct subject_ops *ops;
	void *self;
	struct riotlb_mapping *m;
	size_t n;
	struct key_set keys;
};

/*
 * Opens and loads. 0; -ENOMEM; -ENOTSUP: it cannot hold such mappings; or what
 * replace says. m is made from the shape, with at least `keys` keys.
 */
int arena_open(struct arena *arena, const struct subject_ops *ops,
	       const struct shape *shape, size_t keys, struct rng *rng);
/* Does every mapping translate as it should, after all that was done? */
bool arena_intact(struct arena *arena);
void arena_close(struct arena *arena);

/* Looks up keys, JOB_LOOKUPS in a chunk. */
#define JOB_LOOKUPS 1024u
struct lookup_job {
	struct arena *arena;
	size_t at;
};
bool lookup_chunk(void *job);
/* Begins at another place than the other workers do. */
struct lookup_job lookup_job(struct arena *arena, size_t worker,
			     size_t workers);

/*
 * Unmaps and maps again, to the same target, JOB_PAIRS mappings in a chunk:
 * those of `first`, `first + step` and so on, in random order.
 */
#define JOB_PAIRS 64u
struct remap_job {
	struct arena *arena;
	struct remap *updates; /* a multiple of JOB_PAIRS */
	size_t n;
	size_t at;
};
/* 0 or -ENOMEM. */
int remap_job_make(struct remap_job *job, struct arena *arena, size_t first,
		   size_t step, size_t count, struct rng *rng);
void remap_job_free(struct remap_job *job);
bool remap_chunk(void *job);

/* A worker that does it. */
struct worker lookup_worker(struct lookup_job *job, int cpu);
struct worker remap_worker(struct remap_job *job, int cpu);

#endif
