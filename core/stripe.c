/* SPDX-License-Identifier: MIT */
#include "stripe.h"

#include <riotlb/detail/walk.h>

#include "check.h"

/* A range of more regions than this is cheaper to hold exclusively. */
enum {
	MAX_REGIONS = 4,
};

static uint64_t region_of(uint64_t iova)
{
	return iova >> RIOTLB_REGION_SHIFT;
}

static struct riotlb_stripe *stripe_of(struct riotlb_space *space,
				       uint64_t region)
{
	return &space->stripes[region % RIOTLB_STRIPES];
}

static void await_even(const uint64_t *seq)
{
	unsigned int spins = 0;

	while (riotlb_load_seq(seq) & 1)
		riotlb_platform_relax(&spins);
}

/* Odd: held. Both locks of this file are such words. */
static void seq_lock(uint64_t *seq)
{
	unsigned int spins = 0;

	for (;;) {
		uint64_t v = riotlb_load_relaxed(seq);

		/* [P6:R] [P7:W] [P8:W] [P9:W] */
		if ((v & 1) == 0 && riotlb_cas_seq(seq, &v, v + 1))
			return;
		riotlb_platform_relax(&spins);
	}
}

static void seq_unlock(uint64_t *seq)
{
	riotlb_store_release(seq, riotlb_load_relaxed(seq) + 1); /* [P6:W] */
}

/* ---- holding --------------------------------------------------- */

static uint32_t mask_of(uint64_t first, uint64_t last)
{
	uint32_t mask = 0;
	uint64_t region;

	for (region = first; region != last + 1; region++)
		mask |= UINT32_C(1) << (region % RIOTLB_STRIPES);
	return mask;
}

static void take_stripes(struct riotlb_space *space, uint32_t mask)
{
	uint32_t left;

	/* ascending, so that two ranges cannot wait for each other */
	for (left = mask; left != 0; left &= left - 1)
		seq_lock(&space->stripes[__builtin_ctz(left)].seq);
}

static void drop_stripes(struct riotlb_space *space, uint32_t mask)
{
	uint32_t left;

	for (left = mask; left != 0; left &= left - 1)
		seq_unlock(&space->stripes[__builtin_ctz(left)].seq);
}

void riotlb_hold_range(struct riotlb_hold *hold, struct riotlb_space *space,
		       uint64_t start, uint64_t last)
{
	uint64_t first_region = region_of(start);
	uint64_t last_region = region_of(last);

	if (last_region - first_region >= MAX_REGIONS) {
		riotlb_hold_all(hold, space);
		return;
	}
	hold->space = space;
	hold->mask = mask_of(first_region, last_region);
	for (;;) {
		take_stripes(space, hold->mask);
		/* [P7:R] stripe taken, then the gate looked at */
		if (RIOTLB_LIKELY((riotlb_load_seq(&space->gate) & 1) == 0))
			return;
		drop_stripes(space, hold->mask);
		await_even(&space->gate);
	}
}

void riotlb_stripe_await(struct riotlb_stripe *stripe)
{
	await_even(&stripe->seq);
}

void riotlb_stripe_back_off(struct riotlb_space *space,
			    struct riotlb_stripe *stripe)
{
	riotlb_stripe_unlock(stripe);
	await_even(&space->gate);
}

void riotlb_hold_all(struct riotlb_hold *hold, struct riotlb_space *space)
{
	unsigned int i;

	hold->space = space;
	hold->mask = 0;
	seq_lock(&space->gate);
	/* [P7:R] gate closed, then the stripes looked at */
	for (i = 0; i < RIOTLB_STRIPES; i++)
		await_even(&space->stripes[i].seq);
}

void riotlb_release(struct riotlb_hold *hold)
{
	if (riotlb_hold_is_exclusive(hold))
		seq_unlock(&hold->space->gate);
	else
		drop_stripes(hold->space, hold->mask);
}

struct riotlb_table *riotlb_hold_table(const struct riotlb_hold *hold)
{
	/* [P9:R] the lock is taken, then the table loaded */
	return riotlb_ptr_of(riotlb_load_seq(&hold->space->head->table));
}

static void await_change(const uint64_t *seq)
{
	uint64_t held = riotlb_load_seq(seq); /* [P8:R] [P9:R] */
	unsigned int spins = 0;

	if ((held & 1) == 0)
		return;
	while (riotlb_load_seq(seq) == held)
		riotlb_platform_relax(&spins);
}

void riotlb_await_holders(struct riotlb_space *space)
{
	unsigned int i;

	await_change(&space->gate);
	for (i = 0; i < RIOTLB_STRIPES; i++)
		await_change(&space->stripes[i].seq);
}

/* ---- stamps ---------------------------------------------------- */

static bool has_cells(uint64_t start, uint64_t last)
{
	return region_of(last) - region_of(start) < RIOTLB_STRIPES;
}

void riotlb_touch(const struct riotlb_hold *hold, uint64_t start, uint64_t last)
{
	uint64_t region, n = region_of(last) - region_of(start) + 1;

	if (!has_cells(start, last)) {
		riotlb_touch_all(hold->space);
		return;
	}
	for (region = region_of(start); n-- != 0; region++) {
		uint64_t *cell = &stripe_of(hold->space, region)->cell;

		/* [P5:W] only the holder writes the cell */
		riotlb_store_release(cell, riotlb_load_relaxed(cell) + 1);
	}
}

void riotlb_touch_all(struct riotlb_space *space)
{
	riotlb_add_seq(&space->head->epoch, 1); /* [P5:W] */
}

uint64_t riotlb_stamp_sum(const struct riotlb_head *head, uint64_t start,
			  uint64_t last)
{
	const struct riotlb_stripe *stripes = riotlb_ptr_of(head->stripes);
	uint64_t sum = riotlb_load_acquire(&head->epoch); /* [P5:R] */
	uint64_t n = RIOTLB_STRIPES, region = 0;

	if (has_cells(start, last)) {
		region = region_of(start);
		n = region_of(last) - region + 1;
	}
	/* all terms only grow: the sum is the same only if each of them is */
	for (; n-- != 0; region++)
		sum += riotlb_load_acquire(
			&stripes[region % RIOTLB_STRIPES].cell); /* [P5:R] */
	return sum;
}

uint64_t riotlb_version_of(const struct riotlb_space *space)
{
	/* [P5:R] */
	return riotlb_stamp_sum(space->head, 0, UINT64_MAX) +
	       riotlb_load_seq(&space->prunes);
}

/* ---- totals ---------------------------------------------------- */

/*
 * The words of totals are written by holders, but bulk updates also read them
 * without a lock and check afterwards that nothing changed: hence relaxed
 * atomics.
 */
struct totals_words {
	uint64_t *mappings, *lo, *hi;
};

static void words_add(const struct totals_words *w, uint64_t mappings,
		      struct riotlb_bytes b)
{
	uint64_t lo = riotlb_load_relaxed(w->lo) + b.lo;
	uint64_t hi = riotlb_load_relaxed(w->hi) + b.hi + (lo < b.lo);

	riotlb_store_relaxed(w->mappings,
			     riotlb_load_relaxed(w->mappings) + mappings);
	riotlb_store_relaxed(w->lo, lo);
	riotlb_store_relaxed(w->hi, hi);
}

static void totals_collect(struct riotlb_totals *sum,
			   const struct totals_words *w)
{
	struct riotlb_bytes b = {
		.hi = riotlb_load_relaxed(w->hi),
		.lo = riotlb_load_relaxed(w->lo),
	};

	sum->mappings += riotlb_load_relaxed(w->mappings);
	riotlb_bytes_add(&sum->bytes, b);
}

static struct totals_words share_words(struct riotlb_stripe *s)
{
	return (struct totals_words){ &s->mappings, &s->bytes_lo,
				      &s->bytes_hi };
}

static struct totals_words table_words(struct riotlb_table *t)
{
	return (struct totals_words){ &t->mappings, &t->bytes_lo,
				      &t->bytes_hi };
}

void riotlb_share_renew(struct riotlb_stripe *stripe,
			const struct riotlb_table *table)
{
	riotlb_store_relaxed(&stripe->mappings, 0);
	riotlb_store_relaxed(&stripe->bytes_lo, 0);
	riotlb_store_relaxed(&stripe->bytes_hi, 0);
	riotlb_store_relaxed(&stripe->table_id, table->id);
}

void riotlb_totals_add(const struct riotlb_hold *hold,
		       struct riotlb_table *table, uint64_t mappings,
		       struct riotlb_bytes bytes)
{
	RIOTLB_ASSERT(!riotlb_is_prebuilt(hold->space, table));
	if (riotlb_hold_is_exclusive(hold)) {
		struct totals_words w = table_words(table);

		words_add(&w, mappings, bytes);
	} else {
		/* any stripe held will do: only the sum means something */
		unsigned int i = (unsigned int)__builtin_ctz(hold->mask);

		riotlb_share_add(&hold->space->stripes[i], table, mappings,
				 bytes);
	}
}

void riotlb_totals_sub(const struct riotlb_hold *hold,
		       struct riotlb_table *table, uint64_t mappings,
		       struct riotlb_bytes bytes)
{
	struct riotlb_bytes minus = { 0, 0 };

	riotlb_bytes_sub(&minus, bytes);
	riotlb_totals_add(hold, table, UINT64_C(0) - mappings, minus);
}

struct riotlb_totals riotlb_totals_of(struct riotlb_space *space,
				      struct riotlb_table *table)
{
	struct riotlb_totals sum = { 0 };
	struct totals_words w = table_words(table);
	unsigned int i;

	totals_collect(&sum, &w);
	for (i = 0; i < RIOTLB_STRIPES; i++) {
		struct riotlb_stripe *stripe = &space->stripes[i];

		if (riotlb_load_relaxed(&stripe->table_id) != table->id)
			continue;
		w = share_words(stripe);
		totals_collect(&sum, &w);
	}
	return sum;
}
