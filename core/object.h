/* SPDX-License-Identifier: MIT */
/* Memory of one object: sizes, allocation through the hooks, freeing. */
#ifndef RIOTLB_CORE_OBJECT_H
#define RIOTLB_CORE_OBJECT_H

#include "engine.h"

/*
 * Waits for the retire callback with what it will say; one per mapping. One
 * that a child of fork inherited is silent: the parent reports it.
 */
struct riotlb_record {
	struct riotlb_object obj;
	uint64_t start;
	uint64_t last;
	uint64_t addr;
	uint64_t opaque; /* valid from birth, the rest at the end */
	uint32_t perm;
	uint32_t asid;
};

uint32_t riotlb_node_bytes(uint64_t width);
uint32_t riotlb_window_bytes(uint64_t nslots);
uint32_t riotlb_table_bytes(uint64_t nslots);
uint32_t riotlb_pack_bytes(unsigned int entries);
uint32_t riotlb_side_bytes(uint64_t nslots);

/* Zeroed but for the head; NULL when the hook has no memory. */
struct riotlb_object *riotlb_object_new(struct riotlb *engine, uint8_t kind,
					uint32_t bytes);
void riotlb_object_init(struct riotlb_object *obj, uint8_t kind,
			uint32_t bytes);
/* `obj` of a table is the head of its root; the whole table is freed. */
void riotlb_object_free(struct riotlb *engine, struct riotlb_object *obj);

static inline struct riotlb_table *
riotlb_object_table(struct riotlb_object *obj)
{
	return (struct riotlb_table *)(void *)((char *)obj -
					       offsetof(struct riotlb_table,
							root));
}

static inline struct riotlb_record *
riotlb_object_record(struct riotlb_object *obj)
{
	return (struct riotlb_record *)(void *)obj;
}

static inline bool riotlb_record_is_silent(const struct riotlb_record *record)
{
	return record->obj.count != 0;
}

static inline void riotlb_record_silence(struct riotlb_record *record)
{
	record->obj.count = 1;
}

#endif
