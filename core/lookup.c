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
