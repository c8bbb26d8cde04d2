/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "counted.h"
#include "measure.h"
#include "subject.h"

#define ASID 0u

struct self {
	struct counted *memory;
	struct riotlb *engine;
};

struct subject_settings subject_settings;

/* Threads register with the flavour, not with an engine. */
static unsigned open_engines;

static int create(struct self *self)
{
	struct riotlb_attr attr;
	int err;

	riotlb_attr_init(&attr);
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
	if (self->engine && --open_engines == 0)
		riotlb_thread_unregister(self->engine);
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
	if (self->engine && open_engines++ == 0)
		riotlb_thread_register(self->engine);
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

static size_t section_of(size_t left)
{
	size_t most = subject_settings.section;

	return left < most ? left : most;
}

/* A miss is not counted but leaves the sum wrong, which the caller checks. */
static uint64_t lookup(void *ctx, const uint64_t *keys, size_t n)
{
	const struct riotlb *engine = ((const struct self *)ctx)->engine;
	struct riotlb_segment seg;
	uint64_t sum = 0;

	for (size_t at = 0, m; at < n; at += m) {
		m = section_of(n - at);
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
		m = section_of(n - at);
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

/* Filling in the requests is part of the time: a driver has to do it too. */
static uint64_t lookup_burst(void *ctx, const uint64_t *keys, size_t n)
{
	const struct riotlb *engine = ((const struct self *)ctx)->engine;
	struct riotlb_request request[SUBJECT_MAX_SECTION];
	struct riotlb_answer answer[SUBJECT_MAX_SECTION];
	uint64_t sum = 0;

	for (size_t at = 0, m; at < n; at += m) {
		m = section_of(n - at);
		for (size_t i = 0; i < m; i++) {
			request[i].iova = keys[at + i];
			request[i].last = keys[at + i];
			request[i].want = RIOTLB_READ;
		}
		riotlb_read_enter(engine);
		riotlb_translate_burst(engine, ASID, request, m, answer);
		for (size_t i = 0; i < m; i++)
			sum += answer[i].addr;
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
	.open = open_riotlb,
	.close = close_riotlb,
	.expresses = expresses,
	.load = load,
	.replace = replace,
	.clear = clear,
	.lookup = lookup,
	.lookup_dependent = lookup_dependent,
	.lookup_burst = lookup_burst,
	.remap = remap,
	.reset = reset,
	.translate = translate,
	.settle = settle,
	.bytes = bytes,
};
