/* SPDX-License-Identifier: MIT */
/*
 * Which mapping of a cache goes next: a queue of places (numbers below n) by
 * age, and the hints that lookups leave. Knows no engine and no lock, but that
 * hints are stored by others meanwhile.
 */
#ifndef RIOTLB_VDPA_EVICT_H
#define RIOTLB_VDPA_EVICT_H

#include <riotlb/cache.h>

#define PLACE_NONE UINT32_MAX

struct place {
	uint64_t start; /* of the mapping in it */
	uint64_t last;
	uint32_t newer; /* in the queue; of one that is free: any other */
	uint32_t older;
};

struct evict {
	enum riotlb_cache_policy policy;
	struct place *places;
	uint32_t newest;
	uint32_t oldest;
	uint32_t hand; /* SIEVE: where to look next; NONE: at the oldest */
	uint32_t n;    /* in the queue */
	uint64_t looked;

	/* a byte a page: 1 if one of its was found; NULL: nobody asks */
	uint8_t *used;
	uint64_t used_mask;
	unsigned int page_shift;
};

/* How many bytes `used` has for n places: a power of two, or 0. */
uint64_t evict_used_bytes(enum riotlb_cache_policy policy, uint32_t n);

void evict_add(struct evict *e, uint32_t place);
void evict_remove(struct evict *e, uint32_t place);

/*
 * Chooses one, which stays where it is. Hints are taken back on the way, so
 * after one look at each there is a choice, whatever lookups do.
 */
uint32_t evict_choose(struct evict *e);

/* A byte, since a hint of one page must not cost that of another. */
static inline void evict_use(struct evict *e, uint64_t iova)
{
	uint8_t *used;

	if (!e->used)
		return;
	used = &e->used[(iova >> e->page_shift) & e->used_mask];
	/* relaxed: nothing follows from it */
	if (!__atomic_load_n(used, __ATOMIC_RELAXED))
		__atomic_store_n(used, 1, __ATOMIC_RELAXED);
}

#endif
