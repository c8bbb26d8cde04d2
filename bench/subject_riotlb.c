/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "counted.h"
#include "measure.h"
#include "rcu_thread.h"
#include "subject.h"

#define ASID 0u

struct self {
	struct counted *memory;
	struct riotlb *engine;
};

struct subject_settings subject_settings;

static int create(struct self *self)
{
	/* as with the others, what is not mapped is not there */
	static const struct riotlb_default empty = {
		.kind = RIOTLB_DEFAULT_EMPTY,
	};
	struct riotlb_attr attr;
	int err;

	riotlb_attr_init(&attr);
	attr.defaults = &empty;
	attr.allocator = counted_hooks(self->memory);
	if (subject_settings.reclaim_cpu < 0) {
		attr.reclaim = RIOTLB_RECLAIM_MANUAL;
		return riotlb_create(&attr, &self->engine);
	}
	/* a new thread inherits the CPUs of the one that starts it */
	err = cpu_pin(subject_settings.reclaim_cpu);
	if (!err)
		err = riotlb_create(&attr, &self->engine);
	if (!err)
		err = cpu_pin(subject_settings.reader_cpu);
	return err;
}

static void close_riotlb(void *ctx)
{
	struct self *self = ctx;

	if (!self)
		return;
	if (self->engine)
		rcu_thread_leave();
	riotlb_destroy(self->engine);
	if (self->memory)
		counted_destroy(self->memory);
	free(self);
}

static void *open_riotlb(void)
{
	struct self *self = calloc(1, sizeof(*self));
	int err;

	if (!self)
		return NULL;
	self->memory = counted_create(subject_settings.huge_pages);
	err = self->memory ? create(self) : -ENOMEM;
	if (self->engine)
		rcu_thread_enter();
	if (err) {
		fprintf(stderr, "riotlb-shapes: riotlb_create: %s\n",
			strerror(-err));
		close_riotlb(self);
		return NULL;
	}
	return self;
}

static bool expresses(const struct riotlb_mapping *mapping)
{
	(void)mapping;
	return true;
}

static int load(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct self *self = ctx;

	return riotlb_map_bulk(self->engine, ASID, m, n, 0, NULL);
}

static int replace(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct self *self = ctx;

	return riotlb_set_map(self->engine, ASID, m, n, NULL);
}

static void settle(void *ctx)
{
	struct self *self = ctx;
	struct riotlb_stats stats;

	/* nobody holds a lease or a section here, so this ends */
	do {
		riotlb_reclaim(self->engine);
		riotlb_get_stats(self->engine, ASID, &stats);
	} while (stats.retired_bytes);
}

static void clear(void *ctx)
{
	struct self *self = ctx;

	riotlb_reset_map(self->engine, ASID, NULL);
	settle(self);
}

/* A miss is not counted but leaves the sum wrong, which the caller checks. */
static uint64_t lookup(void *ctx, const uint64_t *keys, size_t n)
{
	const struct riotlb *engine = ((const struct self *)ctx)->engine;
	struct riotlb_segment seg;
	uint64_t sum = 0;

	for (size_t at = 0, m; at < n; at += m) {
		m = subject_section(n - at);
		riotlb_read_enter(engine);
		for (size_t i = at; i < at + m; i++) {
			if (!riotlb_translate(engine, ASID, keys[i], keys[i],
					      RIOTLB_READ, &seg))
				sum += seg.addr;
		}
		riotlb_read_exit(engine);
	}
	return sum;
}

static uint64_t lookup_dependent(void *ctx, const uint64_t *keys, size_t n)
{
	const struct riotlb *engine = ((const struct self *)ctx)->engine;
	struct riotlb_segment seg = { .addr = 0 };
	uint64_t sum = 0;

	for (size_t at = 0, m; at < n; at += m) {
		m = subject_section(n - at);
		riotlb_read_enter(engine);
		for (size_t i = at; i < at + m; i++) {
			uint64_t key = key_after(keys[i], seg.addr);

			if (!riotlb_translate(engine, ASID, key, key,
					      RIOTLB_READ, &seg))
				sum += seg.addr;
		}
		riotlb_read_exit(engine);
	}
	return sum;
}

/* What is not translated leaves the sum wrong, which the caller checks. */
static uint64_t lookup_burst(void *ctx, const uint64_t *keys, size_t n)
{
	const struct riotlb *engine = ((const struct self *)ctx)->engine;
	uint64_t addr[SUBJECT_MAX_SECTION];
	uint64_t sum = 0;

	for (size_t at = 0, m, done; at < n; at += m) {
		m = subject_section(n - at);
		riotlb_read_enter(engine);
		(void)riotlb_translate_list(engine, ASID, keys + at, m, 0,
					    RIOTLB_READ, addr, &done);
		for (size_t i = 0; i < done; i++)
			sum += addr[i];
		riotlb_read_exit(engine);
	}
	return sum;
}

static int remap(void *ctx, const struct riotlb_mapping *m,
		 const struct remap *updates, size_t n)
{
	struct self *self = ctx;

	for (size_t i = 0; i < n; i++) {
		struct riotlb_mapping fresh = m[updates[i].index];
		int err;

		err = riotlb_unmap(self->engine, ASID, fresh.start, fresh.last,
				   RIOTLB_UNMAP_EXACT, NULL);
		if (err)
			return err;
		fresh.addr = updates[i].addr;
		err = riotlb_map(self->engine, ASID, &fresh, 0, NULL);
		if (err)
			return err;
	}
	return 0;
}

static int map_each(void *ctx, const struct riotlb_mapping *m,
		    const uint32_t *order, size_t n)
{
	struct self *self = ctx;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = riotlb_map(self->engine, ASID, &m[order[i]], 0, NULL);
	return err;
}

static int unmap_each(void *ctx, const struct riotlb_mapping *m,
		      const uint32_t *order, size_t n)
{
	struct self *self = ctx;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = riotlb_unmap(self->engine, ASID, m[order[i]].start,
				   m[order[i]].last, RIOTLB_UNMAP_EXACT, NULL);
	return err;
}

static int protect_each(void *ctx, const struct riotlb_mapping *m,
			const uint32_t *order, size_t n, uint32_t perm)
{
	struct self *self = ctx;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = riotlb_protect(self->engine, ASID, m[order[i]].start,
				     m[order[i]].last, perm, NULL);
	return err;
}

static void reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct self *self = ctx;

	(void)m;
	(void)n;
	riotlb_reset_map(self->engine, ASID, NULL);
}

static bool translate(void *ctx, uint64_t iova, uint64_t *addr)
{
	struct self *self = ctx;
	struct riotlb_segment seg;
	int err;

	riotlb_read_enter(self->engine);
	err = riotlb_translate(self->engine, ASID, iova, iova, RIOTLB_READ,
			       &seg);
	riotlb_read_exit(self->engine);
	if (!err)
		*addr = seg.addr;
	return !err;
}

static uint64_t bytes(void *ctx)
{
	struct self *self = ctx;

	return counted_live_bytes(self->memory);
}

const struct subject_ops riotlb_subject = {
	.name = "riotlb",
	.what = "this library: trie of stripes, RCU readers",
	.ranged = true,
	.open = open_riotlb,
	.close = close_riotlb,
	.thread_enter = rcu_subject_enter,
	.thread_leave = rcu_subject_leave,
	.expresses = expresses,
	.load = load,
	.replace = replace,
	.clear = clear,
	.lookup = lookup,
	.lookup_dependent = lookup_dependent,
	.lookup_burst = lookup_burst,
	.remap = remap,
	.map_each = map_each,
	.unmap_each = unmap_each,
	.protect_each = protect_each,
	.reset = reset,
	.translate = translate,
	.settle = settle,
	.bytes = bytes,
};
