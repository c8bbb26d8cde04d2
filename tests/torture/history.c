/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <stdatomic.h>

#include "place.h"

struct history {
	_Alignas(64) atomic_uint_fast64_t begun;
	atomic_uint_fast64_t over;
};

static struct history versions[SPACES];
static struct history bindings[GROUPS];
static uint64_t seed;

static void forget(struct history *h, int n)
{
	for (int i = 0; i < n; i++) {
		atomic_store(&h[i].begun, 0);
		atomic_store(&h[i].over, 0);
	}
}

void history_reset(uint64_t new_seed)
{
	seed = new_seed;
	forget(versions, SPACES);
	forget(bindings, GROUPS);
}

/* The first is what the engine was created with. */
bool version_is_reset(uint32_t asid, uint64_t version)
{
	return version == 0 || rng_mix(seed ^ asid << 8 ^ version) % 3 == 0;
}

void version_begin(uint32_t asid, uint64_t version)
{
	atomic_store(&versions[asid].begun, version);
}

void version_done(uint32_t asid, uint64_t version)
{
	atomic_store(&versions[asid].over, version);
}

uint64_t version_over(uint32_t asid)
{
	return atomic_load(&versions[asid].over);
}

uint64_t version_begun(uint32_t asid)
{
	return atomic_load(&versions[asid].begun);
}

uint32_t binding_of(uint32_t group, uint64_t version)
{
	if (version == 0)
		return 0;
	return (uint32_t)(rng_mix(seed + group + (version << 8)) % SPACES);
}

void binding_begin(uint32_t group, uint64_t version)
{
	atomic_store(&bindings[group].begun, version);
}

void binding_done(uint32_t group, uint64_t version)
{
	atomic_store(&bindings[group].over, version);
}

uint64_t binding_over(uint32_t group)
{
	return atomic_load(&bindings[group].over);
}

uint64_t binding_begun(uint32_t group)
{
	return atomic_load(&bindings[group].begun);
}

unsigned int bindings_of(uint32_t group, uint64_t from, uint64_t to)
{
	unsigned int mask = 0;

	for (uint64_t v = from; v <= to && mask != (1u << SPACES) - 1; v++)
		mask |= 1u << binding_of(group, v);
	return mask;
}
