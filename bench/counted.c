/* SPDX-License-Identifier: MIT */
#include "counted.h"

#ifdef BENCH_JEMALLOC

#include <stddef.h>

#include <riotlb/jemalloc.h>

const bool counted_has_huge_pages = true;
const char *const counted_allocator_name = "riotlb-jemalloc";

/* An arena is all there is to one, so the pointers are cast. */
static struct riotlb_jemalloc *arena_of(struct counted *counted)
{
	return (struct riotlb_jemalloc *)counted;
}

struct counted *counted_create(bool huge_pages)
{
	struct riotlb_jemalloc *arena;

	if (riotlb_jemalloc_create(huge_pages ? RIOTLB_JEMALLOC_HUGE_PAGES : 0,
				   &arena))
		return NULL;
	return (struct counted *)arena;
}

void counted_destroy(struct counted *counted)
{
	riotlb_jemalloc_destroy(arena_of(counted));
}

const struct riotlb_allocator *counted_hooks(const struct counted *counted)
{
	return riotlb_jemalloc_allocator(
		(const struct riotlb_jemalloc *)counted);
}

uint64_t counted_live_bytes(struct counted *counted)
{
	struct riotlb_jemalloc_usage usage;

	riotlb_jemalloc_get_usage(arena_of(counted), &usage);
	return usage.requested;
}

#else /* libc */

#include <stdatomic.h>
#include <stdlib.h>

/*
 * Two counters, a cache line apart: the updater allocates and the reclaimer
 * frees, and neither should wait for the other's line.
 */
struct counted {
	struct riotlb_allocator hooks;
	_Alignas(128) _Atomic uint64_t allocated;
	_Alignas(128) _Atomic uint64_t freed;
};

const bool counted_has_huge_pages = false;
const char *const counted_allocator_name = "libc";

/* All relaxed: statistics, read when nobody allocates. */
static void *libc_alloc(void *ctx, size_t size, size_t align)
{
	struct counted *c = ctx;
	void *p;

	if (align < sizeof(void *))
		align = sizeof(void *);
	if (posix_memalign(&p, align, size))
		return NULL;
	atomic_fetch_add_explicit(&c->allocated, size, memory_order_relaxed);
	return p;
}

static void libc_free(void *ctx, void *p, size_t size)
{
	struct counted *c = ctx;

	if (!p)
		return;
	atomic_fetch_add_explicit(&c->freed, size, memory_order_relaxed);
	free(p);
}

struct counted *counted_create(bool huge_pages)
{
	struct counted *c = aligned_alloc(128, sizeof(*c));

	(void)huge_pages;
	if (!c)
		return NULL;
	c->hooks = (struct riotlb_allocator){ libc_alloc, libc_free, c };
	atomic_init(&c->allocated, 0);
	atomic_init(&c->freed, 0);
	return c;
}

void counted_destroy(struct counted *counted)
{
	free(counted);
}

const struct riotlb_allocator *counted_hooks(const struct counted *counted)
{
	return &counted->hooks;
}

uint64_t counted_live_bytes(struct counted *counted)
{
	return atomic_load_explicit(&counted->allocated, memory_order_relaxed) -
	       atomic_load_explicit(&counted->freed, memory_order_relaxed);
}

#endif
