/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

void arena_create(struct arena *arena, size_t pages)
{
	size_t size = pages * ARENA_PAGE;
	void *at;

	*arena = (struct arena){ .pages = pages };
	arena->fd = memfd_create("arena", MFD_CLOEXEC);
	check(arena->fd >= 0);
	check(ftruncate(arena->fd, (off_t)size) == 0);
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, arena->fd, 0);
	check(at != MAP_FAILED);
	arena->driver = at;
	/* a page of nothing after each, so that none runs on into another */
	at = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		  0);
	check(at != MAP_FAILED);
	arena->device = at;
	for (size_t i = 0; i < pages; i++) {
		at = mmap((void *)(uintptr_t)arena_mapping(arena, i, RIOTLB_RW)
				  .addr,
			  ARENA_PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, arena->fd,
			  (off_t)(i * ARENA_PAGE));
		check(at != MAP_FAILED);
	}
}

void arena_destroy(struct arena *arena)
{
	munmap(arena->driver, arena->pages * ARENA_PAGE);
	munmap(arena->device, 2 * arena->pages * ARENA_PAGE);
	close(arena->fd);
}

void *arena_alloc(struct arena *arena, size_t size, size_t align)
{
	size_t at = (arena->used + align - 1) / align * align;

	check(at + size <= arena->pages * ARENA_PAGE);
	arena->used = at + size;
	return arena->driver + at;
}

uint64_t arena_iova(const struct arena *arena, const void *driver)
{
	return ARENA_IOVA + (uint64_t)((const uint8_t *)driver - arena->driver);
}

struct riotlb_mapping arena_mapping(const struct arena *arena, size_t page,
				    uint32_t perm)
{
	size_t slot = 2 * (arena->pages - 1 - page);

	return (struct riotlb_mapping){
		.start = ARENA_IOVA + page * ARENA_PAGE,
		.last = ARENA_IOVA + page * ARENA_PAGE + (ARENA_PAGE - 1),
		.addr = (uintptr_t)(arena->device + slot * ARENA_PAGE),
		.perm = perm,
	};
}

void arena_map_page(const struct arena *arena, struct riotlb *engine,
		    uint64_t iova, uint32_t perm)
{
	struct riotlb_mapping m = arena_mapping(
		arena, (size_t)((iova - ARENA_IOVA) / ARENA_PAGE), perm);

	check_eq(riotlb_map(engine, 0, &m, RIOTLB_MAP_REPLACE, NULL), 0);
}

void arena_unmap_page(struct riotlb *engine, uint64_t iova)
{
	uint64_t start = iova - iova % ARENA_PAGE;

	check_eq(riotlb_unmap(engine, 0, start, start + (ARENA_PAGE - 1),
			      RIOTLB_UNMAP_EXACT, NULL),
		 0);
}

void arena_map(const struct arena *arena, struct riotlb *engine)
{
	for (size_t i = 0; i < arena->pages; i++)
		arena_map_page(arena, engine, ARENA_IOVA + i * ARENA_PAGE,
			       RIOTLB_RW);
}

void arena_cut(struct arena *arena)
{
	check(ftruncate(arena->fd, 0) == 0);
}
