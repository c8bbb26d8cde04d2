/* SPDX-License-Identifier: MIT */
/*
 * Counting holders (of leases) so that "all who began before now have
 * ended" can be established while new ones keep beginning. Two phases, as in
 * SRCU: newcomers count in the current one, the drain empties the other, swaps
 * them, and empties the one that was current. Begins and ends are counted
 * apart, so that a holder may end on another thread, and ends are summed first,
 * so that a sum of zero was true at one instant.
 */
#ifndef RIOTLB_CORE_PHASE_H
#define RIOTLB_CORE_PHASE_H

#include <riotlb/detail/layout.h>

enum {
	RIOTLB_PHASE_SHARDS = 16,
};

struct riotlb_phase_shard {
	_Alignas(RIOTLB_CACHE_LINE) uint64_t begins[2];
	uint64_t ends[2];
	uint32_t forks; /* that zeroed the rest; constant to all threads */
};

struct riotlb_phases {
	_Alignas(RIOTLB_CACHE_LINE) uint64_t current; /* [P14] */
	struct riotlb_phase_shard shards[RIOTLB_PHASE_SHARDS];
};

/* Progress of one drain; {0} starts it. By the reclaimer. */
struct riotlb_drain {
	bool swapped;
};

/* Returns the cookie that ends it; one from before a fork ends nothing. */
uint32_t riotlb_phase_begin(struct riotlb_phases *phases, unsigned int thread);
void riotlb_phase_end(struct riotlb_phases *phases, uint32_t cookie);

/*
 * Has every holder that began before the drain started ended? Never waits; call
 * again until true, then start the next drain with a fresh *drain.
 */
bool riotlb_phase_drained(struct riotlb_phases *phases,
			  struct riotlb_drain *drain);

/* In a child of fork, by its only thread: all holders are the parent's. */
void riotlb_phase_forked(struct riotlb_phases *phases);

#endif
