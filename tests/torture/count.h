/* SPDX-License-Identifier: MIT */
/* What happened in a run. Each thread counts for itself; anybody may look. */
#ifndef TORTURE_COUNT_H
#define TORTURE_COUNT_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * lookups      answers that were judged
 * hits         of them, those that led to a mapping, not to a default state
 * defaults     of them, those of a default state; the rest found nothing
 * straddled    the stamp around the lookup changed; a burst counts as one
 * held         translations read through again at the end of their section
 * cached       translations used again because their stamp still held
 * stale        those that were not, because it did not
 * delays       sections that were drawn out
 * updates      successful calls that change an AS, resets and bindings included
 * refused      calls that ended in an error that was due
 * publications changes of places that must agree
 * retired      mappings whose last byte came back
 * callbacks    calls of the retire callback
 * deferred     calls by riotlb_defer, one for each mapping that was gone
 * unmapped     of these, those whose memory went back to the system
 * lease_waits  mappings that a whole cycle left alone for a lease
 * starved      updates not made because all blocks were out
 * stalls       sections held until the cap was reached, and drained afterwards
 * stalled      resets that were made while such a section was held
 */
/* clang-format off */
#define COUNT_LIST(X) \
	X(lookups) X(hits) X(defaults) X(straddled) X(held) X(cached) \
	X(stale) X(delays) X(updates) X(refused) X(resets) X(publications) \
	X(rebinds) X(retired) X(callbacks) X(deferred) X(unmapped) \
	X(leases) X(lease_waits) X(eagain) X(starved) X(stalls) X(stalled)
/* clang-format on */

#define COUNT_ENUM(name) COUNT_##name,
enum count { COUNT_LIST(COUNT_ENUM) COUNTS };
#undef COUNT_ENUM

struct counts {
	_Alignas(64) atomic_uint_fast64_t of[COUNTS];
};

static inline uint64_t count_of(struct counts *c, enum count what)
{
	return atomic_load_explicit(&c->of[what], memory_order_relaxed);
}

/* By the one thread that owns *c. */
static inline void count_add(struct counts *c, enum count what, uint64_t n)
{
	atomic_store_explicit(&c->of[what], count_of(c, what) + n,
			      memory_order_relaxed);
}

/* totals += *c */
void count_sum(uint64_t totals[COUNTS], struct counts *c);
const char *count_name(enum count what);

#endif
