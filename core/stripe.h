/* SPDX-License-Identifier: MIT */
/*
 * The locks of an AS, for updaters only.
 *
 * A range of few regions takes the stripes that its regions hash to. Everything
 * else takes the AS exclusively: it closes the gate and waits until each stripe
 * was seen free. Whoever takes a stripe looks at the gate afterwards, and backs
 * off if it is closed. None is held across an allocation, a callback or a wait
 * for readers.
 *
 * A stripe that was never taken need not be looked at: the first to take one
 * puts it on the AS's list before he looks at the gate.
 *
 * Rule for in-place edits: a slot or entry word is stored to only by a holder
 * of the stripes of every region that the word's span touches.
 */
#ifndef RIOTLB_CORE_STRIPE_H
#define RIOTLB_CORE_STRIPE_H

#include <riotlb/detail/walk.h>

#include "engine.h"

struct riotlb_hold {
	struct riotlb_space *space;
	uint32_t first; /* stripes held: neighbours, the last's is the first */
	uint32_t n;     /* 0: the AS is held exclusively */
};

void riotlb_hold_range(struct riotlb_hold *hold, struct riotlb_space *space,
		       uint64_t start, uint64_t last);
void riotlb_hold_all(struct riotlb_hold *hold, struct riotlb_space *space);
void riotlb_release(struct riotlb_hold *hold);
/*
 * For a child of fork, where nobody runs who could release: does anybody hold
 * anything of the AS? And: nobody does any more. Whoever had the stripe of an
 * AS that was held exclusively was about to find out and to back off.
 */
bool riotlb_is_held(const struct riotlb_space *space);
void riotlb_release_orphaned(struct riotlb_space *space);

/*
 * The same for one region, by its stripe; inline, because these few
 * instructions are half of a quick update (quick.c).
 */
void riotlb_stripe_list(struct riotlb_space *space,
			struct riotlb_stripe *stripe);
void riotlb_stripe_await(struct riotlb_stripe *stripe);
void riotlb_stripe_back_off(struct riotlb_space *space,
			    struct riotlb_stripe *stripe);

static inline bool riotlb_same_region(uint64_t start, uint64_t last)
{
	return (start ^ last) >> RIOTLB_REGION_SHIFT == 0;
}

static inline struct riotlb_stripe *riotlb_stripe_at(struct riotlb_space *space,
						     uint64_t iova)
{
	return &space->stripes[(iova >> RIOTLB_REGION_SHIFT) &
			       space->stripe_mask];
}

static inline void riotlb_stripe_lock(struct riotlb_space *space,
				      struct riotlb_stripe *stripe)
{
	for (;;) {
		uint64_t seq = riotlb_load_relaxed(&stripe->seq);

		/* [P6:R] [P7:W] [P8:W] [P9:W] */
		if (RIOTLB_UNLIKELY(
			    (seq & 1) != 0 ||
			    !riotlb_cas_seq(&stripe->seq, &seq, seq + 1))) {
			riotlb_stripe_await(stripe);
			continue;
		}
		/* [P7:R] an exclusive holder may have listed it just now */
		if (RIOTLB_UNLIKELY(riotlb_load_acquire(&stripe->listed) == 0))
			riotlb_stripe_list(space, stripe);
		/* [P7:R] stripe taken, then the gate looked at */
		if (RIOTLB_LIKELY((riotlb_load_seq(&space->gate) & 1) == 0))
			return;
		riotlb_stripe_back_off(space, stripe);
	}
}

static inline void riotlb_stripe_unlock(struct riotlb_stripe *stripe)
{
	/* [P6:W] */
	riotlb_store_release(&stripe->seq,
			     riotlb_load_relaxed(&stripe->seq) + 1);
}

static inline bool riotlb_hold_is_exclusive(const struct riotlb_hold *hold)
{
	return hold->n == 0;
}

/* The AS's table, as a holder may edit it. */
struct riotlb_table *riotlb_hold_table(const struct riotlb_hold *hold);

/*
 * Waits until everybody who holds something of the AS at the time of the call
 * has released it; newcomers do not prolong the wait. For the reclaimer.
 */
void riotlb_await_holders(struct riotlb_space *space);

/*
 * Makes the stamps of the range die. By a holder of the range, after its last
 * store.
 */
void riotlb_touch(const struct riotlb_hold *hold, uint64_t start,
		  uint64_t last);
/* The same for the whole AS; by anybody. */
void riotlb_touch_all(struct riotlb_space *space);

/* Sum of the stamps' parts that cover the range. */
uint64_t riotlb_stamp_sum(const struct riotlb_head *head, uint64_t start,
			  uint64_t last);

/*
 * Grows with every change of the AS, and with pruning, which changes only the
 * structure. Read before a table is read without a lock, and compared by
 * the exclusive holder afterwards.
 */
uint64_t riotlb_version_of(const struct riotlb_space *space);

/* ---- totals ---------------------------------------------------- */

struct riotlb_totals {
	uint64_t mappings;
	struct riotlb_bytes bytes;
};

static inline void riotlb_bytes_add(struct riotlb_bytes *sum,
				    struct riotlb_bytes b)
{
	sum->lo += b.lo;
	sum->hi += b.hi + (sum->lo < b.lo);
}

static inline void riotlb_bytes_sub(struct riotlb_bytes *sum,
				    struct riotlb_bytes b)
{
	sum->hi -= b.hi + (sum->lo < b.lo);
	sum->lo -= b.lo;
}

/* Bytes of a closed range: 2^64 is {1, 0}. */
static inline struct riotlb_bytes riotlb_range_bytes(uint64_t start,
						     uint64_t last)
{
	struct riotlb_bytes b = { .hi = 0, .lo = last - start + 1 };

	b.hi = b.lo == 0;
	return b;
}

/* Adds to the totals of `table`, which may have been swapped out meanwhile. */
void riotlb_totals_add(const struct riotlb_hold *hold,
		       struct riotlb_table *table, uint64_t mappings,
		       struct riotlb_bytes bytes);
void riotlb_totals_sub(const struct riotlb_hold *hold,
		       struct riotlb_table *table, uint64_t mappings,
		       struct riotlb_bytes bytes);
/* The same for the holder of one stripe. */
void riotlb_share_renew(struct riotlb_stripe *stripe,
			const struct riotlb_table *table);

static inline void riotlb_share_add(struct riotlb_stripe *stripe,
				    const struct riotlb_table *table,
				    uint64_t mappings, struct riotlb_bytes b)
{
	uint64_t lo, hi;

	if (RIOTLB_UNLIKELY(riotlb_load_relaxed(&stripe->table_id) !=
			    table->id))
		riotlb_share_renew(stripe, table);
	lo = riotlb_load_relaxed(&stripe->bytes_lo) + b.lo;
	hi = riotlb_load_relaxed(&stripe->bytes_hi) + b.hi + (lo < b.lo);
	riotlb_store_relaxed(&stripe->bytes_lo, lo);
	riotlb_store_relaxed(&stripe->bytes_hi, hi);
	riotlb_store_relaxed(&stripe->mappings,
			     riotlb_load_relaxed(&stripe->mappings) + mappings);
}

/* Sums up; exact for the exclusive holder. */
struct riotlb_totals riotlb_totals_of(struct riotlb_space *space,
				      struct riotlb_table *table);

#endif
