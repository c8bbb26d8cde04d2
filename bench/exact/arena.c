/* SPDX-License-Identifier: MIT */
#include "exact/arena.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#define ROOM ((size_t)4 << 30)
#define LEAST_LG2 6u
#define CLASSES 40u

struct chunk {
	struct chunk *next;
};

static unsigned char *memory;
static size_t used;
static struct chunk *chunks[CLASSES];
struct exact_meter arena_asked;
struct exact_meter arena_given;

bool arena_reset(void)
{
	if (!memory) {
		void *room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				  -1, 0);

		if (room == MAP_FAILED)
			return false;
		memory = room;
	}
	used = 0;
	memset(chunks, 0, sizeof(chunks));
	arena_asked = (struct exact_meter){ 0, 0 };
	arena_given = (struct exact_meter){ 0, 0 };
	return true;
}

/* log2 of the size of the chunks that it comes from: 64 bytes at least */
static unsigned class_of(size_t size)
{
	unsigned lg2 = LEAST_LG2;

	while (size > (size_t)1 << lg2)
		lg2++;
	return lg2;
}

/* Chunks are whole powers of two from 64 on: all are aligned to 64 bytes. */
static void *hook_alloc(void *ctx, size_t size, size_t align)
{
	unsigned lg2 = class_of(size);
	struct chunk *chunk = chunks[lg2];

	(void)ctx;
	(void)align;
	if (chunk) {
		chunks[lg2] = chunk->next;
	} else if ((size_t)1 << lg2 <= ROOM - used) {
		chunk = (struct chunk *)(void *)(memory + used);
		used += (size_t)1 << lg2;
	} else {
		return NULL;
	}
	arena_asked.calls++;
	arena_asked.bytes += size;
	return chunk;
}

static void hook_free(void *ctx, void *ptr, size_t size)
{
	struct chunk *chunk = ptr;
	unsigned lg2 = class_of(size);

	(void)ctx;
	if (!chunk)
		return;
	chunk->next = chunks[lg2];
	chunks[lg2] = chunk;
	arena_given.calls++;
	arena_given.bytes += size;
}

const struct riotlb_allocator arena_hooks = {
	.alloc = hook_alloc,
	.free = hook_free,
};
