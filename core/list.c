/* SPDX-License-Identifier: MIT */
/*
 * Lookups of many requests that have their size and permission in common. What
 * they share is checked once for all of them, and they go down the trie in
 * step, so that their cache misses overlap: two levels at once, since most
 * pages are one below the root, and then level by level.
 *
 * The requests may stand where a guest can write. An answer comes from one
 * reading: what it is looked up by and what its address is made from must be
 * the same.
 */
#include <riotlb/detail/walk.h>

enum {
	/* enough in flight to hide a miss, few enough for the L1 cache */
	CHUNK = 32,
};

struct list {
	const struct riotlb_table *table;
	uint64_t span;
	uint32_t want;
};

/*
 * A chunk on its way down: where each request is, and what it found there. Only
 * arrays, so that no store to one of them can be taken for one to a bound.
 */
struct chunk {
	uint64_t iova[CHUNK];
	/* the low bits: index in a node of the level; above: in the root */
	uint64_t at[CHUNK];
	uint64_t word[CHUNK];
};

static inline void take_in(struct chunk *c, size_t n, const uint64_t *iova,
			   const struct riotlb_window *root)
{
	uint64_t base = root->base, fine = root->fine;
	size_t i;

	for (i = 0; i + 1 < n; i += 2) {
		riotlb_pair pair = riotlb_load_foreign_pair(&iova[i]);

		*(riotlb_pair *)(void *)&c->iova[i] = pair;
		*(riotlb_pair *)(void *)&c->at[i] = (pair - base) >> fine;
	}
	if (i < n) {
		c->iova[i] = riotlb_load_foreign(&iova[i]);
		c->at[i] = (c->iova[i] - base) >> fine;
	}
}

static inline void locate(struct chunk *c, size_t n, uint64_t shift)
{
	size_t i;

	for (i = 0; i < n; i++)
		c->at[i] = c->iova[i] >> shift;
}

/* The root's words; false if one is outside of its window. */
static inline bool load_roots(struct chunk *c, size_t n,
			      const struct riotlb_window *root)
{
	const uint64_t *slots = riotlb_window_slots(root);
	uint64_t quick = root->quick;
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t index = c->at[i] >> RIOTLB_FULL_WIDTH;

		if (RIOTLB_UNLIKELY(index >= quick))
			return false;
		c->word[i] = riotlb_load_acquire(&slots[index]); /* [P2:R] */
	}
	return true;
}

/*
 * The same and one level on, without waiting for all words of the root; false
 * also if one is no full node.
 */
static inline bool load_below_roots(struct chunk *c, size_t n,
				    const struct riotlb_window *root)
{
	const uint64_t *slots = riotlb_window_slots(root);
	uint64_t quick = root->quick;
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t index = c->at[i] >> RIOTLB_FULL_WIDTH, word;

		if (RIOTLB_UNLIKELY(index >= quick))
			return false;
		word = riotlb_load_acquire(&slots[index]); /* [P2:R] */
		if (RIOTLB_UNLIKELY(!riotlb_is_full_node(word)))
			return false;
		/* [P2:R] */
		c->word[i] = riotlb_load_acquire(
			riotlb_full_node_slot(word, c->at[i]));
	}
	return true;
}

static inline bool all_full_nodes(const struct chunk *c, size_t n)
{
	uint64_t differ = 0;
	size_t i;

	for (i = 0; i < n; i++)
		differ |= c->word[i] ^ RIOTLB_FULL_NODE;
	return (differ & ~RIOTLB_PTR_MASK) == 0;
}

/* One level down from nodes of the full width. */
static inline void load_nodes(struct chunk *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		/* [P2:R] */
		c->word[i] = riotlb_load_acquire(
			riotlb_full_node_slot(c->word[i], c->at[i]));
}

/*
 * Addresses from words; false unless all are pages that grant, and that reach
 * as far as is asked. `reach` is the last offset in a slot of this level.
 */
static inline bool answer(const struct list *list, const struct chunk *c,
			  size_t n, uint64_t reach, uint64_t *addr)
{
	uint64_t want = (uint64_t)list->want << RIOTLB_PERM_SHIFT;
	uint64_t page = want | RIOTLB_TAG_PAGE, mask = page | RIOTLB_TAG_MASK;
	uint64_t lacks = 0, span = list->span, spread = span;
	size_t i;

	for (i = 0; i < n; i++) {
		lacks |= c->word[i] ^ page;
		/*
		 * Also where iova + span wraps: a span that is not above reach
		 * wraps from the last slot, and the upper bits fall to 0.
		 */
		spread |= c->iova[i] ^ (c->iova[i] + span);
		addr[i] = c->iova[i] + (c->word[i] & RIOTLB_DELTA_MASK);
	}
	return (lacks & mask) == 0 && spread <= reach;
}

/*
 * A chunk whose requests all go through the same levels of nodes of the full
 * width to pages. False if they do not, or one of them fails.
 */
static bool quick_chunk(const struct list *list, const uint64_t *iova, size_t n,
			uint64_t *addr)
{
	const struct riotlb_window *root = &list->table->root;
	uint64_t reach = root->reach, shift = root->fine;
	struct chunk c; /* needs no zeroes */

	take_in(&c, n, iova, root);
	if (!load_below_roots(&c, n, root))
		return load_roots(&c, n, root) &&
		       answer(list, &c, n, reach, addr);
	for (;;) {
		reach >>= RIOTLB_FULL_WIDTH;
		if (RIOTLB_LIKELY(answer(list, &c, n, reach, addr)))
			return true;
		if (shift < RIOTLB_FULL_WIDTH || !all_full_nodes(&c, n))
			return false;
		shift -= RIOTLB_FULL_WIDTH;
		locate(&c, n, shift);
		load_nodes(&c, n);
	}
}

static int translate_one(const struct list *list, uint64_t iova, uint64_t *addr)
{
	struct riotlb_segment first, next;
	uint64_t last = iova + list->span;
	int err = riotlb_translate_table(list->table, iova, last, list->want,
					 &first);

	if (err != 0)
		return err;
	if (first.last != last) {
		err = riotlb_translate_table(list->table, first.last + 1, last,
					     list->want, &next);
		return err != 0 ? err : -ENOBUFS;
	}
	*addr = first.addr;
	return 0;
}

static int translate_list(const struct list *list, const uint64_t *iova,
			  size_t n, uint64_t *addr, size_t *done)
{
	size_t at = 0;

	*done = 0;
	if (list->table == NULL || !riotlb_want_valid(list->want))
		return -EINVAL;
	while (at < n) {
		size_t k = n - at < CHUNK ? n - at : CHUNK;

		if (RIOTLB_LIKELY(quick_chunk(list, iova + at, k, addr + at))) {
			at += k;
			*done = at;
			continue;
		}
		for (; k > 0; k--, at++) {
			int err = translate_one(list,
						riotlb_load_foreign(&iova[at]),
						&addr[at]);

			if (err != 0)
				return err;
			*done = at + 1;
		}
	}
	return 0;
}

int riotlb_translate_list(const struct riotlb *engine, uint32_t asid,
			  const uint64_t *iova, size_t n, uint64_t span,
			  uint32_t want, uint64_t *addr, size_t *done)
{
	const struct list list = {
		.table = riotlb_table_of_as(engine, asid),
		.span = span,
		.want = want,
	};

	return translate_list(&list, iova, n, addr, done);
}

int riotlb_group_translate_list(const struct riotlb *engine, uint32_t group,
				const uint64_t *iova, size_t n, uint64_t span,
				uint32_t want, uint64_t *addr, size_t *done)
{
	const struct list list = {
		.table = riotlb_table_of_group(engine, group),
		.span = span,
		.want = want,
	};

	return translate_list(&list, iova, n, addr, done);
}
