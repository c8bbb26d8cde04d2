/* SPDX-License-Identifier: MIT */
#include "jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int arena_open(struct arena *arena, const struct subject_ops *ops,
	       const struct shape *shape, size_t keys, struct rng *rng)
{
	int err;

	*arena = (struct arena){ .ops = ops, .n = shape->n };
	arena->m = shape_mappings(shape, rng);
	if (!arena->m)
		return -ENOMEM;
	for (size_t i = 0; i < arena->n; i++) {
		if (!ops->expresses(&arena->m[i])) {
			arena_close(arena);
			return -ENOTSUP;
		}
	}
	err = key_set_make(&arena->keys, arena->m, arena->n, keys, rng);
	if (!err) {
		arena->self = ops->open();
		err = arena->self
			      ? ops->replace(arena->self, arena->m, arena->n)
			      : -ENOMEM;
	}
	if (err)
		arena_close(arena);
	else
		ops->settle(arena->self);
	return err;
}

bool arena_intact(struct arena *arena)
{
	for (size_t i = 0; i < arena->n; i++) {
		const struct riotlb_mapping *m = &arena->m[i];
		uint64_t addr;

		if (!arena->ops->translate(arena->self, m->last, &addr) ||
		    addr != m->addr + (m->last - m->start))
			return false;
	}
	return true;
}

void arena_close(struct arena *arena)
{
	if (arena->self)
		arena->ops->close(arena->self);
	if (arena->keys.iova)
		key_set_free(&arena->keys);
	free(arena->m);
	memset(arena, 0, sizeof(*arena));
}

/* ---- lookups ------------------------------------------------------------ */

bool lookup_chunk(void *ctx)
{
	struct lookup_job *job = ctx;
	struct arena *arena = job->arena;
	size_t n = arena->keys.n;

	if (job->at + JOB_LOOKUPS > n)
		job->at = 0;
	n -= job->at;
	if (n > JOB_LOOKUPS)
		n = JOB_LOOKUPS;
	cb_use(arena->ops->lookup(arena->self, arena->keys.iova + job->at, n));
	job->at += n;
	return true;
}

struct lookup_job lookup_job(struct arena *arena, size_t worker, size_t workers)
{
	return (struct lookup_job){
		.arena = arena,
		.at = arena->keys.n / workers * worker,
	};
}

struct worker lookup_worker(struct lookup_job *job, int cpu)
{
	size_t n = job->arena->keys.n;

	return (struct worker){
		.cpu = cpu,
		.chunk = lookup_chunk,
		.ctx = job,
		.per_chunk = (double)(n < JOB_LOOKUPS ? n : JOB_LOOKUPS),
		.ops = job->arena->ops,
		.self = job->arena->self,
	};
}

/* ---- updates ------------------------------------------------------------ */

/* How often a job that has fewer mappings than a chunk goes through them. */
static size_t passes(size_t count)
{
	size_t n = 1;

	while (n * count % JOB_PAIRS)
		n++;
	return n;
}

int remap_job_make(struct remap_job *job, struct arena *arena, size_t first,
		   size_t step, size_t count, struct rng *rng)
{
	size_t n = passes(count) * count;
	uint32_t *order = calloc(count, sizeof(*order));

	*job = (struct remap_job){ .arena = arena, .n = n };
	job->updates = calloc(n, sizeof(*job->updates));
	if (!order || !job->updates) {
		free(order);
		remap_job_free(job);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		size_t index;

		if (i % count == 0)
			rng_permutation(rng, order, count);
		index = first + order[i % count] * step;
		job->updates[i] =
			(struct remap){ .index = (uint32_t)index,
					.addr = arena->m[index].addr };
	}
	free(order);
	return 0;
}

void remap_job_free(struct remap_job *job)
{
	free(job->updates);
	job->updates = NULL;
}

bool remap_chunk(void *ctx)
{
	struct remap_job *job = ctx;
	struct arena *arena = job->arena;
	int err = arena->ops->remap(arena->self, arena->m,
				    job->updates + job->at, JOB_PAIRS);

	job->at += JOB_PAIRS;
	if (job->at == job->n)
		job->at = 0;
	return !err;
}

struct worker remap_worker(struct remap_job *job, int cpu)
{
	return (struct worker){
		.cpu = cpu,
		.chunk = remap_chunk,
		.ctx = job,
		.per_chunk = JOB_PAIRS,
		.ops = job->arena->ops,
		.self = job->arena->self,
	};
}
