/* SPDX-License-Identifier: MIT */
#include "stripe.h"

#include <riotlb/detail/walk.h>

#include "check.h"

/* A range of more regions than this is cheaper to hold exclusively. */
enum {
	MAX_REGIONS = 4,
};

_Static_assert(MAX_REGIONS <= RIOTLB_MIN_STRIPES,
	       "the regions of a range have stripes of their own");

static uint64_t region_of(uint64_t iova)
{
	return iova >> RIOTLB_REGION_SHIFT;
}

static uint32_t index_of(const struct riotlb_space *space, uint64_t region)
{
	return (uint32_t)(region & space->stripe_mask);
}

static uint32_t stripe_count(const struct riotlb_space *space)
{
	return space->stripe_mask + UINT32_C(1);
}

/* ---- the list of stripes in use -------------------------------- */

void riotlb_stripe_list(struct riotlb_space *space,
			struct riotlb_stripe *stripe)
{
	uint64_t index = (uint64_t)(stripe - space->stripes);

	/* [P7:W] */
	riotlb_or_seq(&space->listed[index / RIOTLB_LIST_BITS],
		      UINT64_C(1) << (index % RIOTLB_LIST_BITS));
	riotlb_store_release(&stripe->listed, 1); /* [P7:W] after its bit */
}

struct walk {
	const struct riotlb_space *space;
	uint32_t word; /* the next one */
	uint64_t bits; /* left of the one before */
};

/* The next stripe that was ever used; NULL: that was all. */
static struct riotlb_stripe *next_listed(struct walk *w)
{
	uint32_t index;

	while (w->bits == 0) {
		if (w->word == RIOTLB_LIST_WORDS)
			return NULL;
		/* [P5:R] [P7:R] [P8:R] [P9:R] */
		w->bits = riotlb_load_seq(&w->space->listed[w->word++]);
	}
	index = (uint32_t)__builtin_ctzll(w->bits);
	w->bits &= w->bits - 1;
	return &w->space->stripes[(w->word - 1) * RIOTLB_LIST_BITS + index];
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

static void take_stripe(struct riotlb_space *space, uint32_t index)
{
	struct riotlb_stripe *stripe = &space->stripes[index];

	seq_lock(&stripe->seq);
	/* [P7:R] an exclusive holder may have listed it just now */
	if (RIOTLB_UNLIKELY(riotlb_load_acquire(&stripe->listed) == 0))
		riotlb_stripe_list(space, stripe);
}

static void take_stripes(const struct riotlb_hold *hold)
{
	uint32_t past = hold->first + hold->n, i;
	uint32_t count = stripe_count(hold->space);

	/* ascending, so that two ranges cannot wait for each other */
	for (i = count; i < past; i++)
		take_stripe(hold->space, i - count);
	for (i = hold->first; i < past && i < count; i++)
		take_stripe(hold->space, i);
}

static void drop_stripes(const struct riotlb_hold *hold)
{
	uint32_t i;

	for (i = 0; i < hold->n; i++)
		riotlb_stripe_unlock(&hold->space->stripes[index_of(
			hold->space, hold->first + i)]);
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
	hold->first = index_of(space, first_region);
	hold->n = (uint32_t)(last_region - first_region) + 1;
	for (;;) {
		take_stripes(hold);
		/* [P7:R] stripe taken, then the gate looked at */
		if (RIOTLB_LIKELY((riotlb_load_seq(&space->gate) & 1) == 0))
			return;
		drop_stripes(hold);
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
	struct walk w = { .space = space };
	struct riotlb_stripe *stripe;

	hold->space = space;
	hold->n = 0;
	seq_lock(&space->gate);
	/* [P7:R] gate closed, then the list and the stripes looked at */
	while ((stripe = next_listed(&w)) != NULL)
		await_even(&stripe->seq);
}

void riotlb_release(struct riotlb_hold *hold)
{
	if (riotlb_hold_is_exclusive(hold))
		seq_unlock(&hold->space->gate);
	else
		drop_stripes(hold);
}

bool riotlb_is_held(const struct riotlb_space *space)
{
	uint64_t held = riotlb_load_relaxed(&space->gate);
	uint32_t i, n = stripe_count(space);

	/* one may have been taken and not yet listed */
	for (i = 0; i < n; i++)
		held |= riotlb_load_relaxed(&space->stripes[i].seq);
	return (held & 1) != 0;
}

static void make_even(uint64_t *seq)
{
	if (riotlb_load_relaxed(seq) & 1)
		seq_unlock(seq);
}

void riotlb_release_orphaned(struct riotlb_space *space)
{
	uint32_t i, n = stripe_count(space);

	make_even(&space->gate);
	for (i = 0; i < n; i++)
		make_even(&space->stripes[i].seq);
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
	struct walk w = { .space = space };
	struct riotlb_stripe *stripe;

	await_change(&space->gate);
	while ((stripe = next_listed(&w)) != NULL)
		await_change(&stripe->seq);
}

/* ---- stamps ---------------------------------------------------- */

/* Fewer regions than stripes: each has a cell of its own. */
static bool has_cells(const struct riotlb_space *space, uint64_t start,
		      uint64_t last)
{
	return region_of(last) - region_of(start) < stripe_count(space);
}

/* The epoch belongs to everybody and would cost a locked instruction. */
static void touch_wide(const struct riotlb_hold *hold)
{
	uint64_t *wide = &hold->space->head->wide;

	RIOTLB_ASSERT(riotlb_hold_is_exclusive(hold));
	riotlb_store_release(wide, riotlb_load_relaxed(wide) + 1); /* [P5:W] */
}

void riotlb_touch(const struct riotlb_hold *hold, uint64_t start, uint64_t last)
{
	struct riotlb_space *space = hold->space;
	uint64_t region, n = region_of(last) - region_of(start) + 1;

	if (!has_cells(space, start, last)) {
		touch_wide(hold);
		return;
	}
	for (region = region_of(start); n-- != 0; region++) {
		struct riotlb_stripe *s =
			&space->stripes[index_of(space, region)];

		/* [P5:R] the exclusive holder has not taken it */
		if (riotlb_load_acquire(&s->listed) == 0)
			riotlb_stripe_list(space, s);
		/* [P5:W] only the holder writes the cell */
		riotlb_store_release(&s->cell,
				     riotlb_load_relaxed(&s->cell) + 1);
	}
}

void riotlb_touch_all(struct riotlb_space *space)
{
	riotlb_add_seq(&space->head->epoch, 1); /* [P5:W] */
}

/* Of a stripe that is not listed yet no cell was ever counted up. */
static uint64_t sum_of_all(const struct riotlb_space *space)
{
	struct walk w = { .space = space };
	const struct riotlb_stripe *stripe;
	uint64_t sum = 0;

	while ((stripe = next_listed(&w)) != NULL)
		sum += riotlb_load_acquire(&stripe->cell); /* [P5:R] */
	return sum;
}

uint64_t riotlb_stamp_sum(const struct riotlb_head *head, uint64_t start,
			  uint64_t last)
{
	const struct riotlb_space *space = riotlb_ptr_of(head->space);
	/* [P5:R] */
	uint64_t sum = riotlb_load_acquire(&head->epoch) +
		       riotlb_load_acquire(&head->wide);
	uint64_t n = region_of(last) - region_of(start) + 1, region;

	/* all terms only grow: the sum is the same only if each of them is */
	if (!has_cells(space, start, last))
		return sum + sum_of_all(space);
	for (region = region_of(start); n-- != 0; region++)
		sum += riotlb_load_acquire(
			&space->stripes[index_of(space, region)]
				 .cell); /* [P5:R] */
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
		riotlb_share_add(&hold->space->stripes[hold->first], table,
				 mappings, bytes);
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
	struct walk stripes = { .space = space };
	struct riotlb_stripe *stripe;

	totals_collect(&sum, &w);
	while ((stripe = next_listed(&stripes)) != NULL) {
		if (riotlb_load_relaxed(&stripe->table_id) != table->id)
			continue;
		w = share_words(stripe);
		totals_collect(&sum, &w);
	}
	return sum;
}
