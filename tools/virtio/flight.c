/* SPDX-License-Identifier: MIT */
#include "flight.h"

/*
 * All that a fence has to know is in one word, for it races with the flight's
 * end and the next one's beginning: 30 bits of the epoch, 32 of the lease, 2 of
 * the state. Epochs compare modulo 2^30, and so none may live that long.
 */
enum { IDLE, RUNNING, COMPLETING, FENCED };

#define STATE_MASK UINT64_C(3)
#define LEASE_SHIFT 2
#define EPOCH_SHIFT 34
#define EPOCH_MASK ((UINT32_C(1) << 30) - 1)

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
	flight->mine = 0;
	flight->running = 0;
	atomic_init(&flight->word, IDLE);
}

void flight_enter(struct flight *flight)
{
	/* who sees the epoch sees the removal that was before it */
	flight->mine = (uint32_t)atomic_load_explicit(flight->epoch,
						      memory_order_acquire) &
		       EPOCH_MASK;
}

void flight_begin(struct flight *flight)
{
	riotlb_lease lease = riotlb_lease_begin(flight->engine);

	flight->running = (uint64_t)flight->mine << EPOCH_SHIFT |
			  (uint64_t)lease << LEASE_SHIFT | RUNNING;
	atomic_store_explicit(&flight->word, flight->running,
			      memory_order_release);
}

bool flight_finish(struct flight *flight)
{
	uint64_t running = flight->running;

	if (atomic_compare_exchange_strong_explicit(
		    &flight->word, &running, in_state(running, COMPLETING),
		    memory_order_acq_rel, memory_order_acquire))
		return true;
	/* what it had in hand may go now */
	atomic_store_explicit(&flight->word, IDLE, memory_order_release);
	return false;
}

void flight_end(struct flight *flight)
{
	atomic_store_explicit(&flight->word, IDLE, memory_order_release);
	riotlb_lease_end(flight->engine, lease_of(flight->running));
}

uint64_t flight_next_epoch(flight_epoch *epoch)
{
	return atomic_fetch_add_explicit(epoch, 1, memory_order_acq_rel) + 1;
}

bool flight_is_before(const struct flight *flight, uint64_t epoch)
{
	uint64_t word =
		atomic_load_explicit(&flight->word, memory_order_acquire);

	return is_before(word, epoch) &&
	       (state_of(word) == RUNNING || state_of(word) == COMPLETING);
}

bool flight_fence(struct flight *flight, uint64_t epoch)
{
	uint64_t word =
		atomic_load_explicit(&flight->word, memory_order_acquire);

	if (state_of(word) != RUNNING || !is_before(word, epoch))
		return false;
	if (!atomic_compare_exchange_strong_explicit(
		    &flight->word, &word, in_state(word, FENCED),
		    memory_order_acq_rel, memory_order_acquire))
		return false;
	riotlb_lease_end(flight->engine, lease_of(word));
	return true;
}

bool flight_is_fenced(const struct flight *flight)
{
	return state_of(atomic_load_explicit(&flight->word,
					     memory_order_acquire)) == FENCED;
}
