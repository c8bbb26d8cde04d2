/* SPDX-License-Identifier: MIT */
/*
 * Each leaves the table as it found it, but for the targets. Calls that must
 * not fail are counted as errors when they do.
 */
#include "inject.h"

#define BULK 256u
#define RECLAIM_EVERY 64u

static void expect(struct state *s, int err)
{
	if (__builtin_expect(err < 0, 0) && !s->err)
		s->err = err;
}

/* Every other round the other target. */
static const struct riotlb_mapping *target(const struct state *s, uint64_t i,
					   size_t which)
{
	return ((s->at + i) / (s->mask + 1)) & 1 ? &s->m[which]
						 : &s->other[which];
}

static void remap(struct state *s, uint64_t i, uint64_t off)
{
	size_t which = s->index[(s->at + i + off) & s->mask];
	const struct riotlb_mapping *m = target(s, i, which);

	expect(s, riotlb_unmap(s->engine, ASID, m->start, m->last,
			       RIOTLB_UNMAP_EXACT, NULL));
	expect(s, riotlb_map(s->engine, ASID, m, 0, NULL));
}

uint64_t op_remap(struct state *s, uint64_t n)
{
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		remap(s, i, off);
		off = inject(s, 1, i);
	}
	return n;
}

uint64_t op_replace(struct state *s, uint64_t n)
{
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		size_t which = s->index[(s->at + i + off) & s->mask];

		expect(s, riotlb_map(s->engine, ASID, target(s, i, which),
				     RIOTLB_MAP_REPLACE, NULL));
		off = inject(s, 1, i);
	}
	return n;
}

uint64_t op_protect(struct state *s, uint64_t n)
{
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		const struct riotlb_mapping *m =
			&s->m[s->index[(s->at + i + off) & s->mask]];

		expect(s, riotlb_protect(s->engine, ASID, m->start, m->last,
					 RIOTLB_RW, NULL));
		expect(s, riotlb_protect(s->engine, ASID, m->start, m->last,
					 RIOTLB_READ, NULL));
		off = inject(s, 1, i);
	}
	return n;
}

uint64_t op_apply(struct state *s, uint64_t n)
{
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		size_t which = s->index[(s->at + i + off) & s->mask];
		struct riotlb_op both[2] = {
			{ .kind = RIOTLB_OP_UNMAP,
			  .policy = RIOTLB_UNMAP_EXACT,
			  .mapping = s->m[which] },
			{ .kind = RIOTLB_OP_MAP,
			  .mapping = *target(s, i, which) },
		};

		expect(s, riotlb_apply(s->engine, ASID, both, 2, NULL));
		off = inject(s, 1, i);
	}
	return n;
}

uint64_t op_rebind(struct state *s, uint64_t n)
{
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		expect(s,
		       riotlb_set_group_asid(s->engine, 0,
					     (uint32_t)((i + off) & 1), NULL));
		off = inject(s, 1, i);
	}
	return n;
}

/* A window of neighbours goes, and comes back: for each of its mappings. */
uint64_t op_bulk(struct state *s, uint64_t n)
{
	struct riotlb_range ranges[BULK];
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i += BULK) {
		size_t first = s->index[(s->at + i / BULK + off) & s->mask] /
			       BULK * BULK;

		for (size_t j = 0; j < BULK; j++)
			ranges[j] = (struct riotlb_range){
				s->m[first + j].start,
				s->m[first + j].last,
			};
		expect(s, riotlb_unmap_bulk(s->engine, ASID, ranges, BULK,
					    RIOTLB_UNMAP_EXACT, NULL));
		expect(s, riotlb_map_bulk(s->engine, ASID, s->m + first, BULK,
					  0, NULL));
		off = inject(s, BULK, i);
	}
	return n;
}

uint64_t op_set_map(struct state *s, uint64_t n)
{
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		expect(s, riotlb_set_map(s->engine, ASID,
					 ((i + off) & 1 ? s->m : s->other),
					 s->n, NULL));
		off = inject(s, 1, i);
	}
	return n;
}

/* Back to the default, and a mapping that leaves it again. */
uint64_t op_reset(struct state *s, uint64_t n)
{
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		riotlb_reset_map(s->engine, ASID, NULL);
		expect(s, riotlb_map(s->engine, ASID, &s->m[off], 0, NULL));
		off = inject(s, 1, i);
	}
	return n;
}

/* With what it takes to give the memory back. */
uint64_t op_reclaim(struct state *s, uint64_t n)
{
	uint64_t off = 0;

	for (uint64_t i = 0; i < n; i++) {
		remap(s, i, off);
		if (i % RECLAIM_EVERY == RECLAIM_EVERY - 1)
			expect(s, riotlb_reclaim(s->engine));
		off = inject(s, 1, i);
	}
	return n;
}
