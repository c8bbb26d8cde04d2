/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>

#include "limits.h"

#ifdef RIOTLB_CLI_JEMALLOC

static int open_base(struct memory *memory)
{
	int err = riotlb_jemalloc_create(0, &memory->arena);

	if (!err)
		memory->base = *riotlb_jemalloc_allocator(memory->arena);
	return err;
}

void memory_close(struct memory *memory)
{
	riotlb_jemalloc_destroy(memory->arena);
}

#else

static void *libc_alloc(void *ctx, size_t size, size_t align)
{
	void *ptr = NULL;

	(void)ctx;
	if (align < sizeof(void *))
		align = sizeof(void *);
	return posix_memalign(&ptr, align, size) ? NULL : ptr;
}

static void libc_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	(void)size;
	free(ptr);
}

static int open_base(struct memory *memory)
{
	memory->base.alloc = libc_alloc;
	memory->base.free = libc_free;
	return 0;
}

void memory_close(struct memory *memory)
{
	(void)memory;
}

#endif

static void *bounded_alloc(void *ctx, size_t size, size_t align)
{
	struct memory *memory = ctx;
	void *ptr;

	if (size > LIMIT_TABLE - memory->used) {
		memory->over_limit = true;
		return NULL;
	}
	ptr = memory->base.alloc(memory->base.ctx, size, align);
	if (!ptr)
		return NULL;
	memory->used += size;
	memory->allocations++;
	return ptr;
}

static void bounded_free(void *ctx, void *ptr, size_t size)
{
	struct memory *memory = ctx;

	if (ptr)
		memory->used -= size;
	memory->base.free(memory->base.ctx, ptr, size);
}

int memory_open(struct memory *memory)
{
	*memory = (struct memory){ 0 };
	memory->bounded = (struct riotlb_allocator){
		.alloc = bounded_alloc,
		.free = bounded_free,
		.ctx = memory,
	};
	return open_base(memory);
}
