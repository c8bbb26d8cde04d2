/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <errno.h>
#include <string.h>

const struct model_table *model_view(const struct model *m, uint32_t asid)
{
	const struct model_as *as = &m->as[asid];

	return as->is_default ? &as->initial : &as->live;
}

/* The first mapping that does not lie below iova; n if there is none. */
static size_t seek(const struct model_table *t, uint64_t iova)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->maps[mid].last < iova)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool query_is_valid(const struct model *m, uint32_t asid, uint64_t iova,
			   uint64_t last, uint32_t want)
{
	return asid < m->nas && last >= iova && want >= 1 && want <= 3;
}

/* 0, -EFAULT or -EPERM for one byte; `i` is seek() of that byte. */
static int byte_status(const struct model_table *t, size_t i, uint64_t iova,
		       uint32_t want)
{
	if (i == t->n || t->maps[i].start > iova)
		return -EFAULT;
	return (t->maps[i].perm & want) == want ? 0 : -EPERM;
}

static uint64_t host(const struct riotlb_mapping *m, uint64_t iova)
{
	return m->addr + (iova - m->start);
}

/* Does host memory go on from the last byte of `a` to the first of `b`? */
static bool continues(const struct riotlb_mapping *a,
		      const struct riotlb_mapping *b)
{
	uint64_t end = host(a, a->last);

	return a->last != UINT64_MAX && b->start == a->last + 1 &&
	       end != UINT64_MAX && b->addr == end + 1;
}

/*
 * The stretch that begins at iova, which translates: as far as host addresses
 * go on and, with same_perm, permission is equal, else is granted.
 */
static struct riotlb_segment stretch(const struct model_table *t, size_t i,
				     uint64_t iova, uint64_t last,
				     uint32_t want, bool same_perm)
{
	struct riotlb_segment seg = {
		.iova = iova,
		.addr = host(&t->maps[i], iova),
		.perm = t->maps[i].perm,
	};

	while (t->maps[i].last < last && i + 1 < t->n &&
	       continues(&t->maps[i], &t->maps[i + 1])) {
		uint32_t perm = t->maps[i + 1].perm;

		if (same_perm ? perm != seg.perm : (perm & want) != want)
			break;
		i++;
	}
	seg.last = t->maps[i].last < last ? t->maps[i].last : last;
	return seg;
}

int model_translate(const struct model *m, uint32_t asid, uint64_t iova,
		    uint64_t last, uint32_t want, struct riotlb_segment *seg)
{
	const struct model_table *t;
	size_t i;
	int err;

	if (!query_is_valid(m, asid, iova, last, want))
		return -EINVAL;
	t = model_view(m, asid);
	i = seek(t, iova);
	err = byte_status(t, i, iova, want);
	if (!err)
		*seg = stretch(t, i, iova, last, want, false);
	return err;
}

int model_translate_vec(const struct model *m, uint32_t asid, uint64_t iova,
			uint64_t last, uint32_t want,
			struct riotlb_segment *segs, size_t nsegs,
			size_t *filled, uint64_t *stop)
{
	const struct model_table *t;

	*filled = 0;
	if (!query_is_valid(m, asid, iova, last, want))
		return -EINVAL;
	t = model_view(m, asid);
	for (;;) {
		size_t i = seek(t, iova);
		int err = byte_status(t, i, iova, want);

		if (!err && *filled == nsegs)
			err = -ENOBUFS;
		if (err) {
			if (stop)
				*stop = iova;
			return err;
		}
		segs[*filled] = stretch(t, i, iova, last, want, true);
		iova = segs[*filled].last;
		++*filled;
		if (iova == last)
			return 0;
		iova++;
	}
}

/* The last byte up to `last` whose status is that of iova. */
static uint64_t same_status(const struct model_table *t, uint64_t iova,
			    uint64_t last, uint32_t want)
{
	size_t i = seek(t, iova);
	int status = byte_status(t, i, iova, want);

	for (;;) {
		uint64_t end;

		i = seek(t, iova);
		if (i == t->n)
			end = UINT64_MAX;
		else if (t->maps[i].start > iova)
			end = t->maps[i].start - 1;
		else
			end = t->maps[i].last;
		if (end >= last)
			return last;
		iova = end + 1;
		if (byte_status(t, seek(t, iova), iova, want) != status)
			return end;
	}
}

int model_gaps(const struct model *m, uint32_t asid, uint64_t iova,
	       uint64_t last, uint32_t want, struct riotlb_gap *gaps,
	       size_t ngaps, size_t *filled, uint64_t *resume)
{
	const struct model_table *t;

	*filled = 0;
	if (!query_is_valid(m, asid, iova, last, want))
		return -EINVAL;
	t = model_view(m, asid);
	for (;;) {
		uint64_t end = same_status(t, iova, last, want);
		int err = byte_status(t, seek(t, iova), iova, want);

		if (err && *filled == ngaps) {
			if (resume)
				*resume = iova;
			return -ENOBUFS;
		}
		if (err)
			gaps[(*filled)++] = (struct riotlb_gap){ .start = iova,
								 .last = end,
								 .error = err };
		if (end == last)
			return 0;
		iova = end + 1;
	}
}

int model_iterate(const struct model *m, uint32_t asid, uint64_t start,
		  uint64_t last, struct riotlb_mapping *out, size_t n,
		  size_t *filled, uint64_t *resume)
{
	const struct model_table *t;

	*filled = 0;
	if (asid >= m->nas || last < start || !n)
		return -EINVAL;
	t = model_view(m, asid);
	for (size_t i = seek(t, start); i < t->n; i++) {
		if (t->maps[i].start > last)
			break;
		if (*filled == n) {
			if (resume)
				*resume = t->maps[i].start;
			return 1;
		}
		out[(*filled)++] = t->maps[i];
	}
	return 0;
}

int model_get_stats(const struct model *m, uint32_t asid,
		    struct riotlb_stats *stats)
{
	const struct model_table *t;

	if (asid >= m->nas)
		return -EINVAL;
	memset(stats, 0, sizeof(*stats));
	t = model_view(m, asid);
	for (size_t i = 0; i < t->n; i++) {
		uint64_t span = t->maps[i].last - t->maps[i].start;

		stats->bytes.lo += span;
		stats->bytes.hi += stats->bytes.lo < span;
		stats->bytes.lo++;
		stats->bytes.hi += stats->bytes.lo == 0;
	}
	stats->mappings = t->n;
	stats->resets = m->as[asid].resets;
	stats->is_default = m->as[asid].is_default;
	return 0;
}
