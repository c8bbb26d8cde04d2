/* SPDX-License-Identifier: MIT */
#include "radix.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define FINE_SHIFT 12
#define HUGE_SHIFT 21
#define ROOT_SHIFT 30
#define TOP_SHIFT 48

#define FINE_SIZE (1ull << FINE_SHIFT)
#define HUGE_SIZE (1ull << HUGE_SHIFT)
#define FANOUT 512u
#define ROOT_SLOTS (1u << (TOP_SHIFT - ROOT_SHIFT))
#define ALIGN 64

/* 512 addresses of pages, or RADIX_MISS */
struct page_table {
	uint64_t addr[FANOUT];
};

struct fine_tables {
	struct page_table *table[FANOUT];
};

struct root_slot {
	struct page_table *huge;
	struct fine_tables *fine;
};

struct radix {
	struct root_slot slot[ROOT_SLOTS];
	struct riotlb_allocator allocator;
};

static size_t root_index(uint64_t iova)
{
	return (size_t)(iova >> ROOT_SHIFT);
}

static size_t huge_index(uint64_t iova)
{
	return (size_t)(iova >> HUGE_SHIFT) % FANOUT;
}

static size_t fine_index(uint64_t iova)
{
	return (size_t)(iova >> FINE_SHIFT) % FANOUT;
}

__attribute__((noinline)) uint64_t radix_lookup(const struct radix *radix,
						uint64_t iova)
{
	const struct root_slot *slot;
	uint64_t addr;

	if (iova >> TOP_SHIFT)
		return RADIX_MISS;
	slot = &radix->slot[root_index(iova)];
	if (slot->huge) {
		addr = slot->huge->addr[huge_index(iova)];
		if (addr != RADIX_MISS)
			return addr + iova % HUGE_SIZE;
	}
	if (slot->fine) {
		const struct page_table *table =
			slot->fine->table[huge_index(iova)];

		if (table) {
			addr = table->addr[fine_index(iova)];
			if (addr != RADIX_MISS)
				return addr + iova % FINE_SIZE;
		}
	}
	return RADIX_MISS;
}

static void *take(struct radix *radix, size_t size, int fill)
{
	const struct riotlb_allocator *a = &radix->allocator;
	void *p = a->alloc(a->ctx, size, ALIGN);

	if (p)
		memset(p, fill, size);
	return p;
}

static void give(struct radix *radix, void *p, size_t size)
{
	if (p)
		radix->allocator.free(radix->allocator.ctx, p, size);
}

static struct page_table *huge_table(struct radix *radix, uint64_t iova)
{
	struct root_slot *slot = &radix->slot[root_index(iova)];

	if (!slot->huge)
		slot->huge = take(radix, sizeof(*slot->huge), 0xff);
	return slot->huge;
}

static struct page_table *fine_table(struct radix *radix, uint64_t iova)
{
	struct root_slot *slot = &radix->slot[root_index(iova)];
	struct page_table **table;

	if (!slot->fine)
		slot->fine = take(radix, sizeof(*slot->fine), 0);
	if (!slot->fine)
		return NULL;
	table = &slot->fine->table[huge_index(iova)];
	if (!*table)
		*table = take(radix, sizeof(**table), 0xff);
	return *table;
}

/* Does a 2 MiB page lie at iova, in a mapping that ends at last? */
static bool is_huge(uint64_t iova, uint64_t last)
{
	return iova % HUGE_SIZE == 0 && last - iova >= HUGE_SIZE - 1;
}

/* Sets the 4 KiB pages of [iova, stop]; stop is in the same 2 MiB as iova. */
static void fill_fine(struct page_table *table, uint64_t iova, uint64_t stop,
		      uint64_t addr)
{
	for (size_t i = fine_index(iova); i <= fine_index(stop); i++) {
		table->addr[i] = addr;
		addr += FINE_SIZE;
	}
}

static uint64_t huge_page_last(uint64_t iova, uint64_t last)
{
	uint64_t page_last = iova | (HUGE_SIZE - 1);

	return page_last < last ? page_last : last;
}

int radix_set(struct radix *radix, uint64_t start, uint64_t last, uint64_t addr)
{
	uint64_t stop;

	for (uint64_t iova = start; iova - 1 != last; iova = stop + 1) {
		struct page_table *table;
		bool huge = is_huge(iova, last);

		stop = huge_page_last(iova, last);
		table = huge ? huge_table(radix, iova)
			     : fine_table(radix, iova);
		if (!table)
			return -ENOMEM;
		if (huge)
			table->addr[huge_index(iova)] = addr + (iova - start);
		else
			fill_fine(table, iova, stop, addr + (iova - start));
	}
	return 0;
}

void radix_clear(struct radix *radix, uint64_t start, uint64_t last)
{
	uint64_t stop;

	for (uint64_t iova = start; iova - 1 != last; iova = stop + 1) {
		struct root_slot *slot = &radix->slot[root_index(iova)];
		size_t i = huge_index(iova);

		stop = huge_page_last(iova, last);
		if (is_huge(iova, last)) {
			slot->huge->addr[i] = RADIX_MISS;
			continue;
		}
		for (size_t k = fine_index(iova); k <= fine_index(stop); k++)
			slot->fine->table[i]->addr[k] = RADIX_MISS;
	}
}

bool radix_expresses(const struct riotlb_mapping *mapping)
{
	return mapping->start % FINE_SIZE == 0 &&
	       mapping->last % FINE_SIZE == FINE_SIZE - 1 &&
	       mapping->last >> TOP_SHIFT == 0;
}

static void empty_slot(struct radix *radix, struct root_slot *slot)
{
	if (slot->fine) {
		for (size_t i = 0; i < FANOUT; i++)
			give(radix, slot->fine->table[i],
			     sizeof(struct page_table));
	}
	give(radix, slot->fine, sizeof(*slot->fine));
	give(radix, slot->huge, sizeof(*slot->huge));
	slot->fine = NULL;
	slot->huge = NULL;
}

void radix_empty(struct radix *radix)
{
	for (size_t i = 0; i < ROOT_SLOTS; i++)
		empty_slot(radix, &radix->slot[i]);
}

struct radix *radix_create(const struct riotlb_allocator *allocator)
{
	struct radix *radix =
		allocator->alloc(allocator->ctx, sizeof(*radix), ALIGN);

	if (!radix)
		return NULL;
	memset(radix->slot, 0, sizeof(radix->slot));
	radix->allocator = *allocator;
	return radix;
}

void radix_destroy(struct radix *radix)
{
	struct riotlb_allocator allocator;

	if (!radix)
		return;
	allocator = radix->allocator;
	radix_empty(radix);
	allocator.free(allocator.ctx, radix, sizeof(*radix));
}
