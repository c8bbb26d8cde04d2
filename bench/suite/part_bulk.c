/* SPDX-License-Identifier: MIT */
/*
 * map_bulk of sorted neighbours of 4 KiB beside what no map_bulk can beat: a
 * copy of its argument.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

struct bulk {
	const struct subject_ops *ops;
	void *self;
	struct riotlb_mapping *m;
	struct riotlb_mapping *copy;
	size_t n;
};

struct bulk_size {
	const char *op;
	size_t n;
};

static const struct bulk_size sizes[] = {
	{ "map-bulk-256", 256 },
	{ "map-bulk-1mi", 1u << 20 },
};

static void run_bulk(cb_state *state, void *arg)
{
	struct bulk *b = arg;
	int err = 0;

	CB_LOOP(state)
	{
		uint64_t ticks;

		b->ops->clear(b->self);
		ticks = clock_ticks();
		err |= b->ops->load(b->self, b->m, b->n);
		suite_add_time(state, clock_ticks() - ticks);
	}
	if (err)
		cb_skip_error(state, "map_bulk failed");
}

/*
 * Timed as map_bulk is, one call at a time, and after the same: then the caches
 * hold as much of the array for the one as for the other.
 */
static void run_copy(cb_state *state, void *arg)
{
	struct bulk *b = arg;
	int err = 0;

	CB_LOOP(state)
	{
		uint64_t ticks;

		b->ops->clear(b->self);
		err |= b->ops->load(b->self, b->m, b->n);
		b->ops->clear(b->self);
		ticks = clock_ticks();
		memcpy(b->copy, b->m, b->n * sizeof(*b->copy));
		cb_use_ptr(b->copy);
		suite_add_time(state, clock_ticks() - ticks);
	}
	if (err)
		cb_skip_error(state, "map_bulk failed");
}

static bool holds_all(void *ctx)
{
	const struct bulk *b = ctx;
	uint64_t addr;

	for (size_t i = 0; i < b->n; i += 1 + b->n / 1024) {
		if (!b->ops->translate(b->self, b->m[i].last, &addr) ||
		    addr != b->m[i].addr + (b->m[i].last - b->m[i].start))
			return false;
	}
	b->ops->settle(b->self);
	return true;
}

static struct row *add_row(struct suite *suite, const struct bulk_size *size,
			   const char *subject)
{
	return results_add(suite->results,
			   &(struct row){
				   .group = "bulk",
				   .op = size->op,
				   .shape = "dense",
				   .subject = subject,
				   .what = "a mapping of one sorted array",
				   .unit = "ns",
				   .x = (double)size->n,
			   });
}

static void open_bulk(struct suite *suite, struct bulk *b, size_t n)
{
	struct shape shape = { .n = n,
			       .base = 1ull << 32,
			       .stride = 4096,
			       .size = 4096,
			       .grain = 4096 };

	b->n = n;
	b->m = shape_mappings(&shape, &suite->rng);
	if (!b->m)
		suite_cannot("map_bulk", -ENOMEM);
	b->copy = suite_calloc(n, sizeof(*b->copy));
	/* calloc's pages are to be had before memcpy is timed */
	memset(b->copy, 1, n * sizeof(*b->copy));
	b->ops = &riotlb_subject;
	b->self = b->ops->open();
	if (!b->self)
		suite_cannot("map_bulk", -ENOMEM);
}

static void measure(struct suite *suite, const struct bulk_size *size,
		    bool ours, bool copy)
{
	struct bulk b;
	struct trial trials[2];
	size_t n = 0;

	open_bulk(suite, &b, size->n);
	if (ours)
		trials[n++] = (struct trial){
			.row = add_row(suite, size, "riotlb"),
			.run = run_bulk,
			.after = holds_all,
		};
	if (copy)
		trials[n++] = (struct trial){
			.row = add_row(suite, size, "memcpy"),
			.run = run_copy,
		};
	for (size_t i = 0; i < n; i++) {
		trials[i].ctx = &b;
		trials[i].manual_time = true;
		trials[i].patient = true;
		trials[i].per_iteration = (double)size->n;
	}
	suite_contest(suite, trials, n, suite->rounds);
	b.ops->close(b.self);
	free(b.copy);
	free(b.m);
}

void part_bulk(struct suite *suite, bool plan)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *op = sizes[i].op;
		bool ours = suite_wants(suite, "bulk", op, "dense", "riotlb");
		bool copy = suite_wants(suite, "bulk", op, "dense", "memcpy");
		double seconds =
			1e-6 * (double)sizes[i].n +
			4e-9 * suite->sample_ns * (double)suite->rounds;

		if (!ours && !copy)
			continue;
		if (plan) {
			suite_plan(suite, seconds);
			continue;
		}
		suite_step(suite, op, seconds);
		measure(suite, &sizes[i], ours, copy);
	}
}
