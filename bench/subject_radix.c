/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "counted.h"
#include "radix.h"
#include "subject.h"

struct self {
	struct counted *memory;
	struct radix *radix;
};

static void close_radix(void *ctx)
{
	struct self *self = ctx;

	if (!self)
		return;
	radix_destroy(self->radix);
	if (self->memory)
		counted_destroy(self->memory);
	free(self);
}

static void *open_radix(void)
{
	struct self *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	self->memory = counted_create(subject_settings.huge_pages);
	if (self->memory)
		self->radix = radix_create(counted_hooks(self->memory));
	if (!self->radix) {
		close_radix(self);
		return NULL;
	}
	return self;
}

static int load(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct self *self = ctx;

	for (size_t i = 0; i < n; i++) {
		int err = radix_set(self->radix, m[i].start, m[i].last,
				    m[i].addr);

		if (err)
			return err;
	}
	return 0;
}

static void clear(void *ctx)
{
	struct self *self = ctx;

	radix_empty(self->radix);
}

static int replace(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	clear(ctx);
	return load(ctx, m, n);
}

static uint64_t lookup(void *ctx, const uint64_t *keys, size_t n)
{
	const struct radix *radix = ((const struct self *)ctx)->radix;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += radix_lookup(radix, keys[i]);
	return sum;
}

static uint64_t lookup_dependent(void *ctx, const uint64_t *keys, size_t n)
{
	const struct radix *radix = ((const struct self *)ctx)->radix;
	uint64_t sum = 0;
	uint64_t addr = 0;

	for (size_t i = 0; i < n; i++) {
		addr = radix_lookup(radix, key_after(keys[i], addr));
		sum += addr;
	}
	return sum;
}

static int remap(void *ctx, const struct riotlb_mapping *m,
		 const struct remap *updates, size_t n)
{
	struct self *self = ctx;

	for (size_t i = 0; i < n; i++) {
		const struct riotlb_mapping *old = &m[updates[i].index];
		int err;

		radix_clear(self->radix, old->start, old->last);
		err = radix_set(self->radix, old->start, old->last,
				updates[i].addr);
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

	for (size_t i = 0; i < n && !err; i++) {
		const struct riotlb_mapping *fresh = &m[order[i]];

		err = radix_set(self->radix, fresh->start, fresh->last,
				fresh->addr);
	}
	return err;
}

static int unmap_each(void *ctx, const struct riotlb_mapping *m,
		      const uint32_t *order, size_t n)
{
	struct self *self = ctx;

	for (size_t i = 0; i < n; i++)
		radix_clear(self->radix, m[order[i]].start, m[order[i]].last);
	return 0;
}

static void reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct self *self = ctx;

	for (size_t i = 0; i < n; i++)
		radix_clear(self->radix, m[i].start, m[i].last);
}

static bool translate(void *ctx, uint64_t iova, uint64_t *addr)
{
	struct self *self = ctx;

	*addr = radix_lookup(self->radix, iova);
	return *addr != RADIX_MISS;
}

static void settle(void *ctx)
{
	(void)ctx; /* it retires nothing */
}

static uint64_t bytes(void *ctx)
{
	struct self *self = ctx;

	return counted_live_bytes(self->memory);
}

const struct subject_ops radix_subject = {
	.name = "radix",
	.what = "SPDK-style page table of 2 MiB and 4 KiB, no lock",
	.open = open_radix,
	.close = close_radix,
	.expresses = radix_expresses,
	.load = load,
	.replace = replace,
	.clear = clear,
	.lookup = lookup,
	.lookup_dependent = lookup_dependent,
	.remap = remap,
	.map_each = map_each,
	.unmap_each = unmap_each,
	.reset = reset,
	.translate = translate,
	.settle = settle,
	.bytes = bytes,
};
