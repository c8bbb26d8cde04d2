/* SPDX-License-Identifier: MIT */
#include "phase.h"

uint32_t riotlb_phase_begin(struct riotlb_phases *phases, unsigned int thread)
{
	uint32_t shard = thread % RIOTLB_PHASE_SHARDS;
	uint64_t phase = riotlb_load_seq(&phases->current) & 1; /* [P14:R] */

	/* [P12:W] */
	riotlb_add_seq(&phases->shards[shard].begins[phase], 1);
	return shard << 1 | (uint32_t)phase;
}

void riotlb_phase_end(struct riotlb_phases *phases, uint32_t cookie)
{
	/* [P12:W] everything the holder did happens before its end is seen */
	riotlb_add_seq(&phases->shards[cookie >> 1].ends[cookie & 1], 1);
}

static bool phase_empty(const struct riotlb_phases *phases, uint64_t phase)
{
	uint64_t begins = 0, ends = 0;
	unsigned int i;

	/*
	 * [P12:R] Ends first: every end counted has its begin counted below,
	 * so equal sums mean that nobody was inside in between.
	 */
	for (i = 0; i < RIOTLB_PHASE_SHARDS; i++)
		ends += riotlb_load_seq(&phases->shards[i].ends[phase]);
	for (i = 0; i < RIOTLB_PHASE_SHARDS; i++)
		begins += riotlb_load_seq(&phases->shards[i].begins[phase]);
	return begins == ends;
}

bool riotlb_phase_drained(struct riotlb_phases *phases,
			  struct riotlb_drain *drain)
{
	uint64_t current = riotlb_load_seq(&phases->current) & 1;

	/*
	 * Whoever counts in the phase that newcomers do not use began before
	 * the last swap, or read `current` before it and counted late.
	 */
	if (!phase_empty(phases, current ^ 1))
		return false;
	if (drain->swapped)
		return true;
	drain->swapped = true;
	riotlb_add_seq(&phases->current, 1); /* [P14:W] */
	return phase_empty(phases, current);
}
