/* SPDX-License-Identifier: MIT */
/*
 * Lookups of many requests, each with a size and a permission of its own. In a
 * table that the caches do not hold their misses overlap. For requests that are
 * alike there is list.c.
 */
#include <riotlb/detail/walk.h>

enum {
	/* prefetched at a time; enough to hide a miss, few enough for L1 */
	IN_FLIGHT = 16,
	/* answered by pages in one turn */
	PER_TURN = 4,
	/* a table that the second-level cache holds needs no prefetching */
	CACHED_BYTES = 256 * 1024,
};

/* A guest may be writing the request: an answer is of one reading. */
static void answer_one(const struct riotlb_table *table,
		       const struct riotlb_request *r, struct riotlb_answer *a)
{
	struct riotlb_segment seg;
	int err = riotlb_translate_table(table, riotlb_load_foreign(&r->iova),
					 riotlb_load_foreign(&r->last),
					 riotlb_load_foreign_half(&r->want),
					 &seg);

	if (RIOTLB_UNLIKELY(err != 0)) {
		*a = (struct riotlb_answer){ .status = err };
		return;
	}
	a->addr = seg.addr;
	a->last = seg.last;
	a->status = 0;
	a->perm = seg.perm;
}

/*
 * How a lookup begins: the word of the root's slot or, below a node of the full
 * width, of the node's; 0 where the root is not quick or does not reach.
 * `reach` becomes the last offset in that slot. riotlb_translate_table has the
 * same in line: calling this took it one to three instructions more.
 */
static inline uint64_t first_word(const struct riotlb_window *root,
				  uint64_t iova, uint64_t *reach)
{
	uint64_t at = (iova - root->base) >> root->fine;
	uint64_t index = at >> RIOTLB_FULL_WIDTH;
	uint64_t word;

	*reach = root->reach;
	if (RIOTLB_UNLIKELY(index >= root->quick))
		return 0;
	/* [P2:R] */
	word = riotlb_load_acquire(&riotlb_window_slots(root)[index]);
	if (RIOTLB_LIKELY(riotlb_is_full_node(word))) {
		/* [P2:R] */
		word = riotlb_load_acquire(riotlb_full_node_slot(word, at));
		*reach >>= RIOTLB_FULL_WIDTH;
	}
	return word;
}

/* Answers what a page answers; false, and nothing written, otherwise. */
static inline bool answer_by_page(const struct riotlb_table *table,
				  const struct riotlb_request *r,
				  struct riotlb_answer *a)
{
	uint64_t iova = riotlb_load_foreign(&r->iova);
	uint64_t last = riotlb_load_foreign(&r->last);
	uint32_t want = riotlb_load_foreign_half(&r->want);
	uint64_t reach, word = first_word(&table->root, iova, &reach);

	if (RIOTLB_UNLIKELY(
		    !riotlb_page_answers(word, reach, iova, last, want)))
		return false;
	a->addr = iova + (word & RIOTLB_DELTA_MASK);
	a->last = last;
	a->status = 0;
	a->perm = riotlb_word_perm(word);
	return true;
}

_Static_assert(IN_FLIGHT % PER_TURN == 0, "turns fit into what is in flight");

/*
 * Answers requests by pages until one needs more, or less than a turn is left;
 * returns how many it answered. Written so that no jump is taken but the one
 * back, once in a turn: a branch predictor knows its way through a whole burst.
 */
static inline size_t answer_by_pages(const struct riotlb_table *table,
				     const struct riotlb_request *r, size_t n,
				     struct riotlb_answer *a)
{
	size_t i;

	for (i = 0; n - i >= PER_TURN; i += PER_TURN) {
		if (!answer_by_page(table, &r[i], &a[i]))
			return i;
		if (!answer_by_page(table, &r[i + 1], &a[i + 1]))
			return i + 1;
		if (!answer_by_page(table, &r[i + 2], &a[i + 2]))
			return i + 2;
		if (!answer_by_page(table, &r[i + 3], &a[i + 3]))
			return i + 3;
	}
	return i;
}

/*
 * One level down for each request: where the root's slot leads to a node, that
 * node's slot is prefetched, so that the walk that follows finds it.
 */
static void prefetch_level(const struct riotlb_table *table,
			   const struct riotlb_request *requests, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t iova = riotlb_load_foreign(&requests[i].iova);
		uint64_t unused, word;
		const uint64_t *slot =
			riotlb_walk_window(&table->root, iova, &unused);

		if (slot == NULL)
			continue;
		word = riotlb_load_acquire(slot); /* [P2:R] */
		if ((word & RIOTLB_TAG_MASK) == RIOTLB_TAG_NODE) {
			uint64_t shift = table->root.shift;

			riotlb_prefetch(riotlb_walk_node(word, iova, &shift));
		} else if (!(word == 0 ||
			     (word & RIOTLB_TAG_MASK) == RIOTLB_TAG_PAGE)) {
			riotlb_prefetch(riotlb_ptr_of(word & RIOTLB_PTR_MASK));
		}
	}
}

static void prefetch_root(const struct riotlb_table *table,
			  const struct riotlb_request *requests, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t iova = riotlb_load_foreign(&requests[i].iova), unused;

		riotlb_prefetch(
			riotlb_walk_window(&table->root, iova, &unused));
	}
}

/*
 * Aligned, and so not inlined: on some CPUs a jump that crosses or ends at a
 * border of 32 bytes makes such a loop slower by a sixth, and that must not
 * depend on what is linked before it.
 */
static __attribute__((noinline, aligned(64))) int
translate_burst(const struct riotlb_table *table,
		const struct riotlb_request *requests, size_t n,
		struct riotlb_answer *answers)
{
	size_t at, k, failed = 0;
	bool large, only_pages = true;

	if (table == NULL)
		return -EINVAL;
	large = riotlb_load_relaxed(&table->table_bytes) > CACHED_BYTES;
	for (at = 0; at < n; at += k) {
		size_t i = at;

		k = large && n - at > IN_FLIGHT ? IN_FLIGHT : n - at;
		if (large) {
			prefetch_root(table, requests + at, k);
			prefetch_level(table, requests + at, k);
		}
		/* the first that needs more is hardly the last one */
		if (only_pages) {
			i += answer_by_pages(table, requests + at, k,
					     answers + at);
			only_pages = i == at + k;
		}
		for (; i < at + k; i++) {
			answer_one(table, &requests[i], &answers[i]);
			failed += answers[i].status != 0;
		}
	}
	return failed > INT32_MAX ? INT32_MAX : (int)failed;
}

int riotlb_translate_burst(const struct riotlb *engine, uint32_t asid,
			   const struct riotlb_request *requests, size_t n,
			   struct riotlb_answer *answers)
{
	return translate_burst(riotlb_table_of_as(engine, asid), requests, n,
			       answers);
}

int riotlb_group_translate_burst(const struct riotlb *engine, uint32_t group,
				 const struct riotlb_request *requests,
				 size_t n, struct riotlb_answer *answers)
{
	return translate_burst(riotlb_table_of_group(engine, group), requests,
			       n, answers);
}
