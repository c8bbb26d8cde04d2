/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* madvise */
#include <riotlb/jemalloc.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>

#include <jemalloc/jemalloc.h>

#define HUGE_PAGE ((size_t)2 << 20)

/*
 * Written by the owning thread alone (or under the arena's lock), read by any.
 * A thread that only frees counts below zero; the sum over all never does.
 */
struct count {
	_Atomic uint64_t blocks;
	_Atomic uint64_t requested;
	_Atomic uint64_t actual;
};

/*
 * One thread's share of one arena. jemalloc's automatic thread cache holds
 * memory of whatever arena the thread used last, so each thread gets an
 * explicit cache that sees this arena alone.
 */
struct share {
	struct riotlb_jemalloc *arena;
	struct share *prev, *next;
	unsigned int cache;
	struct count count;
};

/* `hooks` first: jemalloc hands its address back to each hook. */
struct huge_extents {
	extent_hooks_t hooks;
	extent_hooks_t *own;
};

struct riotlb_jemalloc {
	struct riotlb_allocator hooks;
	unsigned int index;
	pthread_key_t key; /* the calling thread's share */
	struct huge_extents huge;

	pthread_mutex_t lock; /* what follows */
	struct share *shares;
	struct count rest; /* of threads that are gone or have no share */
};

/* ---- counting ---------------------------------------------------------- */

/* One writer at a time, hence no read-modify-write. */
static void add(_Atomic uint64_t *sum, uint64_t n)
{
	uint64_t old = atomic_load_explicit(sum, memory_order_relaxed);

	atomic_store_explicit(sum, old + n, memory_order_relaxed);
}

static void count_alloc(struct count *c, uint64_t requested, uint64_t actual)
{
	add(&c->blocks, 1);
	add(&c->requested, requested);
	add(&c->actual, actual);
}

static void count_free(struct count *c, uint64_t requested, uint64_t actual)
{
	add(&c->blocks, -(uint64_t)1);
	add(&c->requested, -requested);
	add(&c->actual, -actual);
}

static void usage_add(struct riotlb_jemalloc_usage *sum, struct count *c)
{
	sum->blocks += atomic_load_explicit(&c->blocks, memory_order_relaxed);
	sum->requested +=
		atomic_load_explicit(&c->requested, memory_order_relaxed);
	sum->actual += atomic_load_explicit(&c->actual, memory_order_relaxed);
}

/* ---- a thread's share --------------------------------------------------- */

/* The arena's lock is held. */
static void share_drop(struct share *share)
{
	struct riotlb_jemalloc *arena = share->arena;
	struct riotlb_jemalloc_usage left = { 0 };

	mallctl("tcache.destroy", NULL, NULL, &share->cache,
		sizeof(share->cache));
	usage_add(&left, &share->count);
	add(&arena->rest.blocks, left.blocks);
	add(&arena->rest.requested, left.requested);
	add(&arena->rest.actual, left.actual);
	if (share->prev)
		share->prev->next = share->next;
	else
		arena->shares = share->next;
	if (share->next)
		share->next->prev = share->prev;
	dallocx(share, MALLOCX_TCACHE_NONE);
}

/* The owning thread exits. */
static void share_exit(void *value)
{
	struct share *share = value;
	struct riotlb_jemalloc *arena = share->arena;

	pthread_mutex_lock(&arena->lock);
	share_drop(share);
	pthread_mutex_unlock(&arena->lock);
}

static struct share *share_new(struct riotlb_jemalloc *arena)
{
	struct share *share;
	size_t len = sizeof(share->cache);

	/* a cache line of its own, for the counts */
	share = mallocx(sizeof(*share),
			MALLOCX_TCACHE_NONE | MALLOCX_ZERO | MALLOCX_ALIGN(64));
	if (!share)
		return NULL;
	if (mallctl("tcache.create", &share->cache, &len, NULL, 0))
		goto no_cache;
	if (pthread_setspecific(arena->key, share))
		goto no_slot;
	share->arena = arena;
	pthread_mutex_lock(&arena->lock);
	share->next = arena->shares;
	if (share->next)
		share->next->prev = share;
	arena->shares = share;
	pthread_mutex_unlock(&arena->lock);
	return share;

no_slot:
	mallctl("tcache.destroy", NULL, NULL, &share->cache,
		sizeof(share->cache));
no_cache:
	dallocx(share, MALLOCX_TCACHE_NONE);
	return NULL;
}

/* NULL when there is none to be had: the caller then works without a cache. */
static struct share *share_get(struct riotlb_jemalloc *arena)
{
	struct share *share = pthread_getspecific(arena->key);

	return share ? share : share_new(arena);
}

/* ---- hooks -------------------------------------------------------------- */

static void *hook_alloc(void *ctx, size_t size, size_t align)
{
	struct riotlb_jemalloc *arena = ctx;
	struct share *share = share_get(arena);
	int flags = MALLOCX_ARENA(arena->index) | MALLOCX_ALIGN(align);
	void *ptr;

	flags |= share ? MALLOCX_TCACHE(share->cache) : MALLOCX_TCACHE_NONE;
	ptr = mallocx(size ? size : 1, flags); /* 0 is undefined for mallocx */
	if (!ptr)
		return NULL;
	if (share) {
		count_alloc(&share->count, size, sallocx(ptr, 0));
		return ptr;
	}
	pthread_mutex_lock(&arena->lock);
	count_alloc(&arena->rest, size, sallocx(ptr, 0));
	pthread_mutex_unlock(&arena->lock);
	return ptr;
}

static void hook_free(void *ctx, void *ptr, size_t size)
{
	struct riotlb_jemalloc *arena = ctx;
	struct share *share;

	if (!ptr)
		return;
	share = share_get(arena);
	if (share) {
		count_free(&share->count, size, sallocx(ptr, 0));
		dallocx(ptr, MALLOCX_TCACHE(share->cache));
		return;
	}
	pthread_mutex_lock(&arena->lock);
	count_free(&arena->rest, size, sallocx(ptr, 0));
	pthread_mutex_unlock(&arena->lock);
	dallocx(ptr, MALLOCX_TCACHE_NONE);
}

/* ---- the arena ---------------------------------------------------------- */

/* jemalloc's own, but on huge page boundaries and marked for huge pages. */
static void *huge_alloc(extent_hooks_t *hooks, void *addr, size_t size,
			size_t align, bool *zero, bool *commit,
			unsigned int index)
{
	struct huge_extents *huge = (struct huge_extents *)hooks;
	void *ptr;

	if (!addr && size >= HUGE_PAGE && align < HUGE_PAGE)
		align = HUGE_PAGE;
	ptr = huge->own->alloc(huge->own, addr, size, align, zero, commit,
			       index);
	/* advice: where the kernel has no huge pages, small ones serve */
	if (ptr && size >= HUGE_PAGE)
		(void)madvise(ptr, size, MADV_HUGEPAGE);
	return ptr;
}

static int arena_open(struct riotlb_jemalloc *arena, bool huge_pages)
{
	extent_hooks_t *hooks;
	size_t len = sizeof(hooks);
	int err;

	err = mallctl("arena.0.extent_hooks", &hooks, &len, NULL, 0);
	if (err)
		return -err;
	if (huge_pages) {
		arena->huge.own = hooks;
		arena->huge.hooks = *hooks;
		arena->huge.hooks.alloc = huge_alloc;
		hooks = &arena->huge.hooks;
	}
	len = sizeof(arena->index);
	return -mallctl("arenas.create", &arena->index, &len, &hooks,
			sizeof(hooks));
}

static void arena_close(struct riotlb_jemalloc *arena)
{
	char name[sizeof("arena..destroy") + 10];

	snprintf(name, sizeof(name), "arena.%u.destroy", arena->index);
	mallctl(name, NULL, NULL, NULL, 0);
}

int riotlb_jemalloc_create(uint32_t flags, struct riotlb_jemalloc **out)
{
	struct riotlb_jemalloc *arena;
	int err;

	if (flags & ~(uint32_t)RIOTLB_JEMALLOC_HUGE_PAGES)
		return -EINVAL;
	arena = mallocx(sizeof(*arena), MALLOCX_TCACHE_NONE | MALLOCX_ZERO);
	if (!arena)
		return -ENOMEM;
	arena->hooks.alloc = hook_alloc;
	arena->hooks.free = hook_free;
	arena->hooks.ctx = arena;
	err = -pthread_key_create(&arena->key, share_exit);
	if (err)
		goto no_key;
	err = arena_open(arena, flags & RIOTLB_JEMALLOC_HUGE_PAGES);
	if (err)
		goto no_arena;
	pthread_mutex_init(&arena->lock, NULL);
	*out = arena;
	return 0;

no_arena:
	pthread_key_delete(arena->key);
no_key:
	dallocx(arena, MALLOCX_TCACHE_NONE);
	return err;
}

void riotlb_jemalloc_destroy(struct riotlb_jemalloc *arena)
{
	if (!arena)
		return;
	/* from here on no thread's exit comes for its share */
	pthread_key_delete(arena->key);
	pthread_mutex_lock(&arena->lock);
	while (arena->shares)
		share_drop(arena->shares);
	pthread_mutex_unlock(&arena->lock);
	pthread_mutex_destroy(&arena->lock);
	arena_close(arena);
	dallocx(arena, MALLOCX_TCACHE_NONE);
}

const struct riotlb_allocator *
riotlb_jemalloc_allocator(const struct riotlb_jemalloc *arena)
{
	return &arena->hooks;
}

void riotlb_jemalloc_get_usage(struct riotlb_jemalloc *arena,
			       struct riotlb_jemalloc_usage *usage)
{
	struct riotlb_jemalloc_usage sum = { 0 };

	pthread_mutex_lock(&arena->lock);
	usage_add(&sum, &arena->rest);
	for (struct share *s = arena->shares; s; s = s->next)
		usage_add(&sum, &s->count);
	pthread_mutex_unlock(&arena->lock);
	*usage = sum;
}
