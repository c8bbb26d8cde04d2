/* SPDX-License-Identifier: MIT */
/* Lookups out of line. The walk itself is in riotlb/detail/walk.h. */
#include <riotlb/detail/walk.h>

/* ---- one segment ----------------------------------------------- */

int riotlb_translate(const struct riotlb *engine, uint32_t asid, uint64_t iova,
		     uint64_t last, uint32_t want, struct riotlb_segment *seg)
{
	return riotlb_translate_as(engine, asid, iova, last, want, seg);
}

int riotlb_group_translate(const struct riotlb *engine, uint32_t group,
			   uint64_t iova, uint64_t last, uint32_t want,
			   struct riotlb_segment *seg)
{
	return riotlb_translate_group(engine, group, iova, last, want, seg);
}

/* ---- vector ---------------------------------------------------- */

/* A segment goes on while IOVA, host address and permission do. */
static uint64_t extend_segment(const struct riotlb_table *table,
			       const struct riotlb_part *first, uint64_t last)
{
	struct riotlb_part next = *first;

	while (next.last < last) {
		uint64_t reached = next.last;

		riotlb_walk(table, reached + 1, &next);
		if (next.word == 0 ||
		    ((next.word ^ first->word) & RIOTLB_PERM_MASK) != 0 ||
		    !riotlb_continues(first->delta, reached + 1, &next))
			return reached;
	}
	return last;
}

static int translate_vec(const struct riotlb_table *table, uint64_t iova,
			 uint64_t last, uint32_t want,
			 struct riotlb_segment *segs, size_t nsegs,
			 size_t *filled, uint64_t *stop)
{
	struct riotlb_part part;

	*filled = 0;
	if (table == NULL || last < iova || !riotlb_want_valid(want))
		return -EINVAL;
	for (;;) {
		struct riotlb_segment *seg;
		int err;

		riotlb_walk(table, iova, &part);
		err = riotlb_part_check(&part, want);
		if (err == 0 && *filled == nsegs)
			err = -ENOBUFS;
		if (err != 0) {
			if (stop != NULL)
				*stop = iova;
			return err;
		}
		seg = &segs[(*filled)++];
		riotlb_segment_fill(seg, iova,
				    extend_segment(table, &part, last),
				    part.delta, part.word);
		if (seg->last == last)
			return 0;
		iova = seg->last + 1;
	}
}

int riotlb_translate_vec(const struct riotlb *engine, uint32_t asid,
			 uint64_t iova, uint64_t last, uint32_t want,
			 struct riotlb_segment *segs, size_t nsegs,
			 size_t *filled, uint64_t *stop)
{
	return translate_vec(riotlb_table_of_as(engine, asid), iova, last, want,
			     segs, nsegs, filled, stop);
}

int riotlb_group_translate_vec(const struct riotlb *engine, uint32_t group,
			       uint64_t iova, uint64_t last, uint32_t want,
			       struct riotlb_segment *segs, size_t nsegs,
			       size_t *filled, uint64_t *stop)
{
	return translate_vec(riotlb_table_of_group(engine, group), iova, last,
			     want, segs, nsegs, filled, stop);
}

/* ---- burst ----------------------------------------------------- */

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

/* ---- gaps ------------------------------------------------------ */

static int list_gaps(const struct riotlb_table *table, uint64_t iova,
		     uint64_t last, uint32_t want, struct riotlb_gap *gaps,
		     size_t ngaps, size_t *filled, uint64_t *resume)
{
	struct riotlb_gap *open = NULL; /* the gap that reaches iova - 1 */
	struct riotlb_part part;

	*filled = 0;
	if (table == NULL || last < iova || !riotlb_want_valid(want))
		return -EINVAL;
	for (;;) {
		int err;

		riotlb_walk(table, iova, &part);
		err = riotlb_part_check(&part, want);
		if (part.last > last)
			part.last = last;
		if (err == 0) {
			open = NULL;
		} else if (open != NULL && open->error == err) {
			open->last = part.last;
		} else {
			if (*filled == ngaps) {
				if (resume != NULL)
					*resume = iova;
				return -ENOBUFS;
			}
			open = &gaps[(*filled)++];
			*open = (struct riotlb_gap){
				.start = iova,
				.last = part.last,
				.error = err,
			};
		}
		if (part.last == last)
			return 0;
		iova = part.last + 1;
	}
}

int riotlb_gaps(const struct riotlb *engine, uint32_t asid, uint64_t iova,
		uint64_t last, uint32_t want, struct riotlb_gap *gaps,
		size_t ngaps, size_t *filled, uint64_t *resume)
{
	return list_gaps(riotlb_table_of_as(engine, asid), iova, last, want,
			 gaps, ngaps, filled, resume);
}

int riotlb_group_gaps(const struct riotlb *engine, uint32_t group,
		      uint64_t iova, uint64_t last, uint32_t want,
		      struct riotlb_gap *gaps, size_t ngaps, size_t *filled,
		      uint64_t *resume)
{
	return list_gaps(riotlb_table_of_group(engine, group), iova, last, want,
			 gaps, ngaps, filled, resume);
}
