/* SPDX-License-Identifier: MIT */
/*
 * The lookup: from a table and an IOVA to the part of a mapping that holds it.
 * Wait-free: no store, no retry; each step goes to a smaller span, so at most
 * 64 steps. The caller is inside a read-side section (or holds what keeps the
 * table alive, for updaters).
 */
#ifndef RIOTLB_DETAIL_WALK_H
#define RIOTLB_DETAIL_WALK_H

#include <errno.h>
#include <stddef.h>

#include <riotlb/detail/layout.h>
#include <riotlb/riotlb.h>

#define RIOTLB_LIKELY(x) __builtin_expect(!!(x), 1)
#define RIOTLB_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Bits below 2^shift. shift < 64. */
static inline uint64_t riotlb_low_mask(uint64_t shift)
{
	return (UINT64_C(1) << shift) - 1;
}

/*
 * What holds an iova. word is 0 for a hole; `last` is the last iova known to
 * share the answer (the hole or the part may go on beyond).
 */
struct riotlb_part {
	uint64_t word;
	uint64_t delta;
	uint64_t last;
};

static inline void riotlb_walk_pack(const struct riotlb_pack *pack,
				    uint64_t iova, uint64_t span_last,
				    struct riotlb_part *part)
{
	const uint64_t *start = riotlb_pack_starts(pack);
	unsigned int n = pack->obj.count;
	unsigned int i, below = 0;

	/* all of them: which one it will be is not to be predicted */
	for (i = 0; i < n; i++)
		below += start[i] <= iova;
	i = below - 1;
	if (RIOTLB_UNLIKELY(below == 0 ||
			    *riotlb_pack_last_at(pack, i) < iova)) {
		part->word = 0;
		part->last = below < n ? start[below] - 1 : span_last;
		return;
	}
	part->last = *riotlb_pack_last_at(pack, i);
	/* [P3:R] */
	part->word = riotlb_load_acquire(riotlb_pack_word_at(pack, i));
	part->delta = part->word & RIOTLB_DELTA_MASK;
	if (RIOTLB_UNLIKELY(pack->obj.width != 0))
		part->delta += *riotlb_pack_low_at(pack, i);
}

/* Slot of a window, or NULL with *last = where the outside of it stops. */
static inline const uint64_t *riotlb_walk_window(const struct riotlb_window *w,
						 uint64_t iova, uint64_t *last)
{
	uint64_t index = (iova - w->base) >> w->shift;

	if (RIOTLB_LIKELY(index < w->nslots))
		return &riotlb_window_slots(w)[index];
	if (iova < w->base)
		*last = w->base - 1;
	return NULL;
}

/* The slot of a node that covers iova; *shift: the node's, then the slot's. */
static inline const uint64_t *riotlb_walk_node(uint64_t word, uint64_t iova,
					       uint64_t *shift)
{
	uint64_t width = (word >> RIOTLB_WIDTH_SHIFT) & RIOTLB_WIDTH_MASK;
	const struct riotlb_node *node =
		(const struct riotlb_node *)riotlb_ptr_of(word &
							  RIOTLB_PTR_MASK);

	*shift -= width;
	return riotlb_node_slots(node) +
	       ((iova >> *shift) & riotlb_low_mask(width));
}

/* By the same difference that the pointer is, which costs nothing extra. */
static inline bool riotlb_is_full_node(uint64_t word)
{
	return ((word - RIOTLB_FULL_NODE) & ~RIOTLB_PTR_MASK) == 0;
}

/* The slot of a node of the full width that the low bits of `at` number. */
static inline const uint64_t *riotlb_full_node_slot(uint64_t word, uint64_t at)
{
	const struct riotlb_node *node =
		(const struct riotlb_node *)riotlb_ptr_of(word -
							  RIOTLB_FULL_NODE);

	return riotlb_node_slots(node) +
	       (at & riotlb_low_mask(RIOTLB_FULL_WIDTH));
}

/* Goes on from a word found in a slot that spans 2^shift bytes. */
static inline void riotlb_walk_from(uint64_t word, uint64_t shift,
				    uint64_t iova, struct riotlb_part *part)
{
	for (;;) {
		uint64_t last = iova | riotlb_low_mask(shift);
		const void *below = riotlb_ptr_of(word & RIOTLB_PTR_MASK);
		const uint64_t *slot;

		if ((word & RIOTLB_TAG_MASK) == RIOTLB_TAG_NODE) {
			slot = riotlb_walk_node(word, iova, &shift);
		} else if ((word & RIOTLB_TAG_MASK) != RIOTLB_TAG_PACK) {
			/* PAGE, or EMPTY, whose word is 0 */
			part->word = word;
			part->delta = word & RIOTLB_DELTA_MASK;
			part->last = last;
			return;
		} else if ((word & RIOTLB_TAG3_MASK) == RIOTLB_TAG_PACK) {
			riotlb_walk_pack((const struct riotlb_pack *)below,
					 iova, last, part);
			return;
		} else {
			const struct riotlb_window *w =
				(const struct riotlb_window *)below;

			part->last = last;
			slot = riotlb_walk_window(w, iova, &part->last);
			if (slot == NULL) {
				part->word = 0;
				return;
			}
			shift = w->shift;
		}
		word = riotlb_load_acquire(slot); /* [P2:R] */
	}
}

static inline void riotlb_walk(const struct riotlb_table *table, uint64_t iova,
			       struct riotlb_part *part)
{
	const uint64_t *slot;

	part->last = UINT64_MAX;
	slot = riotlb_walk_window(&table->root, iova, &part->last);
	if (RIOTLB_UNLIKELY(slot == NULL)) {
		part->word = 0;
		return;
	}
	/* [P2:R] */
	riotlb_walk_from(riotlb_load_acquire(slot), table->root.shift, iova,
			 part);
}

static inline uint32_t riotlb_word_perm(uint64_t word)
{
	return (uint32_t)((word & RIOTLB_PERM_MASK) >> RIOTLB_PERM_SHIFT);
}

/* -EFAULT, -EPERM or 0 for a part and the wanted permission bits. */
static inline int riotlb_part_check(const struct riotlb_part *part,
				    uint32_t want)
{
	if (RIOTLB_UNLIKELY(part->word == 0))
		return -EFAULT;
	if (RIOTLB_UNLIKELY((riotlb_word_perm(part->word) & want) != want))
		return -EPERM;
	return 0;
}

/* May a host address run on from a part with `delta` to the byte at iova? */
static inline bool riotlb_continues(uint64_t delta, uint64_t iova,
				    const struct riotlb_part *next)
{
	return next->delta == delta && iova + delta != 0;
}

/* Goes on from a first part over those whose host addresses continue it. */
static inline uint64_t riotlb_extend(const struct riotlb_table *table,
				     const struct riotlb_part *first,
				     uint64_t last, uint32_t want)
{
	struct riotlb_part next = *first;

	while (next.last < last) {
		uint64_t reached = next.last;

		riotlb_walk(table, reached + 1, &next);
		if (riotlb_part_check(&next, want) != 0 ||
		    !riotlb_continues(first->delta, reached + 1, &next))
			return reached;
	}
	return last;
}

static inline void riotlb_segment_fill(struct riotlb_segment *seg,
				       uint64_t iova, uint64_t last,
				       uint64_t delta, uint64_t word)
{
	seg->iova = iova;
	seg->last = last;
	seg->addr = iova + delta;
	seg->perm = riotlb_word_perm(word);
	seg->reserved = 0;
}

static inline bool riotlb_want_valid(uint32_t want)
{
	return want - 1u < 3u;
}

/*
 * A page that grants what is wanted? One test: of the tag and the wanted bits,
 * with the one bit of the tag that a page lacks turned over. `want` is valid.
 */
static inline bool riotlb_word_grants(uint64_t word, uint32_t want)
{
	uint32_t page = want << RIOTLB_PERM_SHIFT | (uint32_t)RIOTLB_TAG_MASK;
	uint32_t lacks = ~(uint32_t)(word ^ RIOTLB_TAG_MASK ^ RIOTLB_TAG_PAGE);

	return (lacks & page) == 0;
}

/*
 * Is the word a page that answers all of a request that begins in it? `reach`
 * is the last offset in its slot. No also where the arguments are bad.
 */
static inline bool riotlb_page_answers(uint64_t word, uint64_t reach,
				       uint64_t iova, uint64_t last,
				       uint32_t want)
{
	return riotlb_want_valid(want) && riotlb_word_grants(word, want) &&
	       last >= iova && (iova ^ last) <= reach;
}

static inline uint64_t riotlb_reach_shift(uint64_t reach)
{
	return 63 - (uint64_t)__builtin_clzll(reach << 1 | 1);
}

/*
 * All that is not the common case, apart from it: with it in line the common
 * case saves six registers that it does not need (a quarter of its time).
 */
static __attribute__((noinline, unused)) int
riotlb_translate_from(const struct riotlb_table *table, uint64_t word,
		      uint64_t reach, uint64_t iova, uint64_t last,
		      uint32_t want, struct riotlb_segment *seg)
{
	uint64_t shift = riotlb_reach_shift(reach);
	struct riotlb_part part;
	int err;

	if (last < iova || !riotlb_want_valid(want))
		return -EINVAL;
	if (RIOTLB_UNLIKELY(table->root.quick == 0))
		riotlb_walk(table, iova, &part);
	else
		riotlb_walk_from(word, shift, iova, &part);
	err = riotlb_part_check(&part, want);
	if (RIOTLB_UNLIKELY(err != 0))
		return err;
	if (last > part.last)
		last = riotlb_extend(table, &part, last, want);
	riotlb_segment_fill(seg, iova, last, part.delta, part.word);
	return 0;
}

/*
 * The same for tables so large that there are two levels of nodes of the full
 * width, or more, below the root: `word` is one of the first level.
 */
static __attribute__((noinline, unused)) int
riotlb_translate_deep(const struct riotlb_table *table, uint64_t word,
		      uint64_t reach, uint64_t iova, uint64_t last,
		      uint32_t want, struct riotlb_segment *seg)
{
	uint64_t shift = riotlb_reach_shift(reach);

	do {
		shift -= RIOTLB_FULL_WIDTH;
		/* [P2:R] */
		word = riotlb_load_acquire(
			riotlb_full_node_slot(word, iova >> shift));
	} while (riotlb_is_full_node(word));
	reach = riotlb_low_mask(shift);
	if (RIOTLB_UNLIKELY(
		    !riotlb_page_answers(word, reach, iova, last, want)))
		return riotlb_translate_from(table, word, reach, iova, last,
					     want, seg);
	riotlb_segment_fill(seg, iova, last, word & RIOTLB_DELTA_MASK, word);
	return 0;
}

/*
 * The common case, in straight line: a page in the root, or in a node of the
 * full width below it, that grants enough and reaches far enough. What depends
 * on widths was computed when the root was made (struct riotlb_window), so one
 * shift by a variable gives the indexes of both levels. Whatever looks unusual
 * is left to the functions above: bad arguments, packs, narrow and deeper
 * nodes, and every lookup in a root whose slots are too small for such nodes.
 * core/burst.c and core/list.c begin in the same way.
 */
static inline int riotlb_translate_table(const struct riotlb_table *table,
					 uint64_t iova, uint64_t last,
					 uint32_t want,
					 struct riotlb_segment *seg)
{
	const struct riotlb_window *root = &table->root;
	uint64_t at = (iova - root->base) >> root->fine;
	uint64_t index = at >> RIOTLB_FULL_WIDTH;
	uint64_t reach = root->reach, word = 0;

	if (RIOTLB_UNLIKELY(index >= root->quick))
		goto unusual;
	/* [P2:R] */
	word = riotlb_load_acquire(&riotlb_window_slots(root)[index]);
	if (RIOTLB_LIKELY(riotlb_is_full_node(word))) {
		/* [P2:R] */
		word = riotlb_load_acquire(riotlb_full_node_slot(word, at));
		reach >>= RIOTLB_FULL_WIDTH;
	}
	if (RIOTLB_UNLIKELY(
		    !riotlb_page_answers(word, reach, iova, last, want)))
		goto unusual;
	riotlb_segment_fill(seg, iova, last, word & RIOTLB_DELTA_MASK, word);
	return 0;
unusual:
	if (RIOTLB_UNLIKELY(riotlb_is_full_node(word)))
		return riotlb_translate_deep(table, word, reach, iova, last,
					     want, seg);
	return riotlb_translate_from(table, word, reach, iova, last, want, seg);
}

static inline const struct riotlb_table *
riotlb_table_of(const struct riotlb_head *head)
{
	/* [P1:R] */
	return (const struct riotlb_table *)riotlb_ptr_of(
		riotlb_load_acquire(&head->table));
}

#ifndef __cplusplus
_Static_assert((uint64_t)RIOTLB_MAX_AS * sizeof(struct riotlb_head) <=
		       UINT32_MAX,
	       "the offset of a head has 32 bits");
#endif

/* asid < nas. With the offset in 32 bits, which saves extending the asid. */
static inline const struct riotlb_head *
riotlb_head_of(const struct riotlb_front *front, uint32_t asid)
{
	return (const struct riotlb_head
			*)(const void *)((const char *)(const void *)
						 front->heads +
					 asid * (uint32_t)sizeof(
							struct riotlb_head));
}

static inline const struct riotlb_table *
riotlb_table_of_as(const struct riotlb *engine, uint32_t asid)
{
	const struct riotlb_front *front =
		(const struct riotlb_front *)(const void *)engine;

	if (RIOTLB_UNLIKELY(asid >= front->nas))
		return NULL;
	return riotlb_table_of(riotlb_head_of(front, asid));
}

static inline const struct riotlb_table *
riotlb_table_of_group(const struct riotlb *engine, uint32_t group)
{
	const struct riotlb_front *front =
		(const struct riotlb_front *)(const void *)engine;

	if (RIOTLB_UNLIKELY(group >= front->ngroups))
		return NULL;
	/* [P4:R] */
	return riotlb_table_of((const struct riotlb_head *)riotlb_ptr_of(
		riotlb_load_acquire(&front->groups[group].head)));
}

/* ---- one segment, by AS and by group ------------------------- */

static inline int riotlb_translate_as(const struct riotlb *engine,
				      uint32_t asid, uint64_t iova,
				      uint64_t last, uint32_t want,
				      struct riotlb_segment *seg)
{
	const struct riotlb_front *front =
		(const struct riotlb_front *)(const void *)engine;

	/* not by riotlb_table_of_as, whose NULL would have to be asked for */
	if (RIOTLB_UNLIKELY(asid >= front->nas))
		return -EINVAL;
	return riotlb_translate_table(
		riotlb_table_of(riotlb_head_of(front, asid)), iova, last, want,
		seg);
}

static inline int riotlb_translate_group(const struct riotlb *engine,
					 uint32_t group, uint64_t iova,
					 uint64_t last, uint32_t want,
					 struct riotlb_segment *seg)
{
	const struct riotlb_table *table = riotlb_table_of_group(engine, group);

	if (RIOTLB_UNLIKELY(table == NULL))
		return -EINVAL;
	return riotlb_translate_table(table, iova, last, want, seg);
}

#endif
