/* SPDX-License-Identifier: MIT */
#include "phase.h"

/* A cookie: how many forks ago its counters were zeroed, shard, phase. */
enum {
	SHARD_SHIFT = 1,
	FORKS_SHIFT = 8,
};

_Static_assert(RIOTLB_PHASE_SHARDS << SHARD_SHIFT <= 1 << FORKS_SHIFT,
	       "a cookie's fields do not overlap");

uint32_t riotlb_phase_begin(struct riotlb_phases *phases, unsigned int thread)
{
	uint32_t i = thread % RIOTLB_PHASE_SHARDS;
	struct riotlb_phase_shard *shard = &phases->shards[i];
	uint64_t phase = riotlb_load_seq(&phases->current) & 1; /* [P14:R] */

	/* [P12:W] */
	riotlb_add_seq(&shard->begins[phase], 1);
	return shard->forks << FORKS_SHIFT | i << SHARD_SHIFT | (uint32_t)phase;
}

void riotlb_phase_end(struct riotlb_phases *phases, uint32_t cookie)
{
	uint32_t i = cookie >> SHARD_SHIFT & (RIOTLB_PHASE_SHARDS - 1);
	struct riotlb_phase_shard *shard = &phases->shards[i];

	/* its begin was forgotten: an end alone would never even out */
	if ((shard->forks ^ cookie >> FORKS_SHIFT) << FORKS_SHIFT != 0)
		return;
	/* [P12:W] everything the holder did happens before its end is seen */
	riotlb_add_seq(&shard->ends[cookie & 1], 1);
}

void riotlb_phase_forked(struct riotlb_phases *phases)
{
	unsigned int i;

	for (i = 0; i < RIOTLB_PHASE_SHARDS; i++)
		phases->shards[i] = (struct riotlb_phase_shard){
			.forks = phases->shards[i].forks + 1,
		};
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
