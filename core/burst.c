/* SPDX-License-Identifier: MIT */
/*
 * Lookups of many requests, each with a size and a permission of its own. In a
 * table that the caches do not hold their misses overlap. For requests that are
 * alike there is list.c.
 */
#include <riotlb/detail/walk.h>

enum {
	/* requests in flight; enough to hide a miss, few enough for L1 */
	BURST = 16,
	/* a table that the second-level cache holds needs no prefetching */
	CACHED_BYTES = 256 * 1024,
};

/* A guest may be writing the request: one reading, as in list.c. */
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

static int translate_burst(const struct riotlb_table *table,
			   const struct riotlb_request *requests, size_t n,
			   struct riotlb_answer *answers)
{
	size_t at = 0, failed = 0;
	bool large;

	if (table == NULL)
		return -EINVAL;
	large = riotlb_load_relaxed(&table->table_bytes) > CACHED_BYTES;
	while (at < n) {
		size_t i, k = n - at < BURST ? n - at : BURST;

		if (large) {
			prefetch_root(table, requests + at, k);
			prefetch_level(table, requests + at, k);
		}
		for (i = at; i < at + k; i++) {
			answer_one(table, &requests[i], &answers[i]);
			failed += answers[i].status != 0;
		}
		at += k;
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
