/* SPDX-License-Identifier: MIT */
#include "object.h"

#include <string.h>

uint32_t riotlb_node_bytes(uint64_t width)
{
	return (uint32_t)(sizeof(struct riotlb_node) +
			  (sizeof(uint64_t) << width));
}

uint32_t riotlb_window_bytes(uint64_t nslots)
{
	return (uint32_t)(sizeof(struct riotlb_window) +
			  nslots * sizeof(uint64_t));
}

uint32_t riotlb_table_bytes(uint64_t nslots)
{
	return (uint32_t)(sizeof(struct riotlb_table) +
			  nslots * sizeof(uint64_t));
}

uint32_t riotlb_pack_bytes(unsigned int entries)
{
	size_t bytes = sizeof(struct riotlb_pack) +
		       entries * (4 * sizeof(uint64_t) + sizeof(uint16_t));

	return (uint32_t)((bytes + 7) & ~(size_t)7);
}

uint32_t riotlb_side_bytes(uint64_t nslots)
{
	return (uint32_t)(sizeof(struct riotlb_object) +
			  nslots * sizeof(uint64_t));
}

/* A table's memory begins before the head of its root. */
static size_t head_offset(uint8_t kind)
{
	return kind == RIOTLB_KIND_TABLE ? offsetof(struct riotlb_table, root)
					 : 0;
}

void riotlb_object_init(struct riotlb_object *obj, uint8_t kind, uint32_t bytes)
{
	size_t offset = head_offset(kind);

	memset((char *)obj - offset, 0, bytes);
	obj->kind = kind;
	obj->bytes = bytes;
}

struct riotlb_object *riotlb_object_new(struct riotlb *engine, uint8_t kind,
					uint32_t bytes)
{
	const struct riotlb_allocator *a = &engine->allocator;
	char *mem = a->alloc(a->ctx, bytes, RIOTLB_CACHE_LINE);
	struct riotlb_object *obj;

	if (mem == NULL)
		return NULL;
	obj = (struct riotlb_object *)(void *)(mem + head_offset(kind));
	riotlb_object_init(obj, kind, bytes);
	return obj;
}

void riotlb_object_free(struct riotlb *engine, struct riotlb_object *obj)
{
	const struct riotlb_allocator *a = &engine->allocator;

	a->free(a->ctx, (char *)obj - head_offset(obj->kind), obj->bytes);
}
