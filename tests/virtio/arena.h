/* SPDX-License-Identifier: MIT */
/*
 * The memory of a driver in this process: a file, which the driver's side has
 * mapped in one piece, and the device's side page by page, back to front, so
 * that no two pages that are neighbours for the driver are so for the device.
 */
#ifndef TESTS_VIRTIO_ARENA_H
#define TESTS_VIRTIO_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

#define ARENA_PAGE 4096u
#define ARENA_IOVA UINT64_C(0x40000000)

struct arena {
	int fd;
	size_t pages;
	uint8_t *driver; /* NULL: no memory was to be had */
	uint8_t *device;
	size_t used;
};

void arena_create(struct arena *arena, size_t pages);
void arena_destroy(struct arena *arena);

/*
 * Memory for the driver, zeroed; what it is for the driver, and for the device.
 */
void *arena_alloc(struct arena *arena, size_t size, size_t align);
uint64_t arena_iova(const struct arena *arena, const void *driver);

/* The mapping of a page. */
struct riotlb_mapping arena_mapping(const struct arena *arena, size_t page,
				    uint32_t perm);
/* Maps all of it, or the page of an address. */
void arena_map(const struct arena *arena, struct riotlb *engine);
void arena_map_page(const struct arena *arena, struct riotlb *engine,
		    uint64_t iova, uint32_t perm);
void arena_unmap_page(struct riotlb *engine, uint64_t iova);

/* Takes the memory away from under both sides. */
void arena_cut(struct arena *arena);

#endif
