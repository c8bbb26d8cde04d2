/* SPDX-License-Identifier: MIT */
#include "hooks.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fork_guard.h"

#define MAGIC 0x5249544f4c425f41u
#define FREED 0xdeadu

/* Before every block; its size keeps the block's own alignment at 64. */
struct header {
	uint64_t magic;
	size_t size;
	unsigned char pad[48];
};

_Static_assert(sizeof(struct header) == 64, "blocks are aligned to 64");

static bool refuses(struct hooks *h)
{
	size_t left = atomic_load(&h->countdown);

	if (atomic_load(&h->refuse_all))
		return true;
	while (left &&
	       !atomic_compare_exchange_weak(&h->countdown, &left, left - 1))
		;
	return left == 1;
}

static void *guarded_alloc(size_t size)
{
	void *block;

	fork_guard_enter();
	check(posix_memalign(&block, 64, size) == 0);
	fork_guard_leave();
	return block;
}

static void guarded_free(void *block)
{
	fork_guard_enter();
	free(block);
	fork_guard_leave();
}

static void *hook_alloc(void *ctx, size_t size, size_t align)
{
	struct hooks *h = ctx;
	struct header *header;

	check(size > 0);
	check(align > 0 && align <= 64 && (align & (align - 1)) == 0);
	atomic_fetch_add(&h->calls, 1);
	if (refuses(h)) {
		atomic_fetch_add(&h->refused, 1);
		return NULL;
	}
	header = guarded_alloc(sizeof(*header) + size);
	header->magic = MAGIC;
	header->size = size;
	atomic_fetch_add(&h->live_bytes, size);
	atomic_fetch_add(&h->live_blocks, 1);
	/* fresh memory is not zero, and the library must not count on it */
	return memset(header + 1, 0xa5, size);
}

static void hook_free(void *ctx, void *ptr, size_t size)
{
	struct hooks *h = ctx;
	struct header *header = (struct header *)ptr - 1;

	check(ptr);
	check_eq(header->magic, MAGIC);
	check_eq(header->size, size);
	header->magic = FREED;
	memset(ptr, 0xdb, size);
	atomic_fetch_sub(&h->live_bytes, size);
	atomic_fetch_sub(&h->live_blocks, 1);
	guarded_free(header);
}

void hooks_init(struct hooks *h)
{
	memset(h, 0, sizeof(*h));
	h->allocator.alloc = hook_alloc;
	h->allocator.free = hook_free;
	h->allocator.ctx = h;
}

void hooks_refuse_nth(struct hooks *h, size_t nth)
{
	atomic_store(&h->countdown, nth);
}

void hooks_check_empty(struct hooks *h)
{
	check_eq(atomic_load(&h->live_bytes), 0);
	check_eq(atomic_load(&h->live_blocks), 0);
}
