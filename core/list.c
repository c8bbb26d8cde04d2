/* SPDX-License-Identifier: MIT */
/*
 * Lookups of many requests that have their size and permission in common. What
 * they share is checked once for all of them, and each level of the trie is
 * loaded for all before the next, so that their cache misses overlap.
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

/* The root's words; false if one is outside of its window. */
static inline bool load_roots(const struct riotlb_table *table,
			      const uint64_t *iova, size_t n, uint64_t *words,
			      uint64_t *differ)
{
	const uint64_t *slots = riotlb_window_slots(&table->root);
	uint64_t base = table->root.base, nslots = table->root.nslots;
	unsigned int shift = (unsigned int)table->root.shift;
	size_t i;

	*differ = 0;
	for (i = 0; i < n; i++) {
		uint64_t index = (iova[i] - base) >> shift;

		if (RIOTLB_UNLIKELY(index >= nslots))
			return false;
		words[i] = riotlb_load_acquire(&slots[index]); /* [P2:R] */
		*differ |= words[i] ^ RIOTLB_FULL_NODE;
	}
	return true;
}

static inline void load_nodes(const uint64_t *iova, size_t n, uint64_t *words,
			      unsigned int shift)
{
	size_t i;

	for (i = 0; i < n; i++)
		/* [P2:R] */
		words[i] = riotlb_load_acquire(
			riotlb_walk_full_node(words[i], iova[i], shift));
}

/* Addresses from words; false unless all are pages that grant and reach. */
static inline bool answer(const struct list *list, const uint64_t *iova,
			  size_t n, const uint64_t *words, unsigned int shift,
			  uint64_t *addr)
{
	uint64_t want = (uint64_t)list->want << RIOTLB_PERM_SHIFT;
	uint64_t page = want | RIOTLB_TAG_PAGE, mask = page | RIOTLB_TAG_MASK;
	uint64_t bad = 0;
	size_t i;

	if (list->span > riotlb_low_mask(shift))
		return false;
	for (i = 0; i < n; i++) {
		bad |= (words[i] & mask) ^ page;
		/* also where iova + span wraps: the upper bits fall to 0 */
		bad |= (iova[i] ^ (iova[i] + list->span)) >> shift;
		addr[i] = iova[i] + (words[i] & RIOTLB_DELTA_MASK);
	}
	return bad == 0;
}

/*
 * A chunk whose requests all go through the same levels of nodes of the full
 * width to pages. False if they do not, or one of them fails.
 */
static bool quick_chunk(const struct list *list, const uint64_t *iova, size_t n,
			uint64_t *addr)
{
	unsigned int shift = (unsigned int)list->table->root.shift;
	uint64_t words[CHUNK];
	uint64_t differ;

	if (!load_roots(list->table, iova, n, words, &differ))
		return false;
	for (;;) {
		bool nodes = (differ & ~RIOTLB_PTR_MASK) == 0;
		size_t i;

		if (nodes) {
			shift -= RIOTLB_FULL_WIDTH;
			load_nodes(iova, n, words, shift);
		}
		if (answer(list, iova, n, words, shift, addr))
			return true;
		if (!nodes)
			return false;
		for (differ = 0, i = 0; i < n; i++)
			differ |= words[i] ^ RIOTLB_FULL_NODE;
		if ((differ & ~RIOTLB_PTR_MASK) != 0)
			return false;
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
			int err = translate_one(list, iova[at], &addr[at]);

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
