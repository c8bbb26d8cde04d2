/* SPDX-License-Identifier: MIT */
#include "flight.h"

#include <riotlb/detail/publish.h>

/*
 * All that a fence has to know is in one word, for it races with the flight's
 * end and the next one's beginning: 29 bits of the epoch, 32 of the lease, 3 of
 * the state. Epochs compare modulo 2^29, and so none may live that long.
 */
enum { IDLE, SECTION, RUNNING, COMPLETING, FENCED };

#define STATE_MASK UINT64_C(7)
#define LEASE_SHIFT 3
#define EPOCH_SHIFT 35
#define EPOCH_MASK ((UINT32_C(1) << 29) - 1)

static unsigned state_of(uint64_t word)
{
	return (unsigned)(word & STATE_MASK);
}

static uint64_t in_state(uint64_t word, unsigned state)
{
	return (word & ~STATE_MASK) | state;
}

static riotlb_lease lease_of(uint64_t word)
{
	return (riotlb_lease)(word >> LEASE_SHIFT);
}

static bool is_before(uint64_t word, uint64_t epoch)
{
	uint32_t ahead = (uint32_t)((word >> EPOCH_SHIFT) - epoch) & EPOCH_MASK;

	return ahead > EPOCH_MASK / 2;
}

void flight_init(struct flight *flight, struct riotlb *engine,
		 const flight_epoch *epoch)
{
	flight->engine = engine;
	flight->epoch = epoch;
	flight->mine = IDLE;
	atomic_init(&flight->word, IDLE);
}

static void store(struct flight *flight, uint64_t word)
{
	flight->mine = word;
	atomic_store_explicit(&flight->word, word, memory_order_release);
}

/*
 * Either the section, with an epoch that may be too old but not too young, is
 * seen by flight_is_before; or the removal, which was before that looked, is
 * seen by the lookups in the section.
 */
void flight_enter(struct flight *flight)
{
	uint64_t epoch =
		atomic_load_explicit(flight->epoch, memory_order_acquire);

	store(flight, epoch << EPOCH_SHIFT | SECTION);
	riotlb_fence_seq();
}

void flight_leave(struct flight *flight)
{
	store(flight, IDLE);
}

void flight_begin(struct flight *flight)
{
	uint64_t lease = riotlb_lease_begin(flight->engine);

	store(flight, in_state(flight->mine, RUNNING) | lease << LEASE_SHIFT);
}

bool flight_finish(struct flight *flight)
{
	uint64_t running = flight->mine;

	if (atomic_compare_exchange_strong_explicit(
		    &flight->word, &running, in_state(running, COMPLETING),
		    memory_order_acq_rel, memory_order_acquire))
		return true;
	store(flight, IDLE); /* what it had in hand may go now */
	return false;
}

void flight_end(struct flight *flight)
{
	riotlb_lease lease = lease_of(flight->mine);

	store(flight, IDLE);
	riotlb_lease_end(flight->engine, lease);
}

uint64_t flight_next_epoch(flight_epoch *epoch)
{
	uint64_t next =
		atomic_fetch_add_explicit(epoch, 1, memory_order_acq_rel) + 1;

	riotlb_fence_seq(); /* before the looks at sections; see flight_enter */
	return next;
}

bool flight_is_before(const struct flight *flight, uint64_t epoch)
{
	uint64_t word =
		atomic_load_explicit(&flight->word, memory_order_acquire);

	return state_of(word) != IDLE && state_of(word) != FENCED &&
	       is_before(word, epoch);
}

bool flight_holds_lease(const struct flight *flight, uint64_t epoch)
{
	uint64_t word =
		atomic_load_explicit(&flight->word, memory_order_acquire);

	return (state_of(word) == RUNNING || state_of(word) == COMPLETING) &&
	       is_before(word, epoch);
}

bool flight_fence(struct flight *flight, uint64_t epoch, riotlb_lease *lease)
{
	uint64_t word =
		atomic_load_explicit(&flight->word, memory_order_acquire);

	if (state_of(word) != RUNNING || !is_before(word, epoch))
		return false;
	if (!atomic_compare_exchange_strong_explicit(
		    &flight->word, &word, in_state(word, FENCED),
		    memory_order_acq_rel, memory_order_acquire))
		return false;
	*lease = lease_of(word);
	return true;
}

bool flight_is_fenced(const struct flight *flight)
{
	return state_of(atomic_load_explicit(&flight->word,
					     memory_order_acquire)) == FENCED;
}
