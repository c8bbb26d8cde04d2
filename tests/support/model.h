/* SPDX-License-Identifier: MIT */
/*
 * The oracle: what an engine must answer, computed the slow and obvious way.
 *
 * An AS is a sorted array of disjoint closed ranges; every update copies it,
 * edits the copy and installs it if nothing went wrong. It shares the public
 * types with the library and nothing else. Function by function it mirrors
 * riotlb.h, and a call gets the same result and the same report there and here.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include <riotlb/riotlb.h>

/* Gets every piece that the retire callback has to report, in any order. */
typedef void model_piece_fn(void *ctx, uint32_t asid,
			    const struct riotlb_mapping *piece);

struct model_table {
	struct riotlb_mapping *maps; /* sorted by start, disjoint */
	size_t n;
	size_t cap;
};

struct model_as {
	struct model_table live;
	struct model_table initial;
	bool is_default; /* then `live` is empty and `initial` translates */
	uint64_t limit;  /* live mappings; 0: none */
	uint64_t resets;
};

struct model {
	uint32_t nas;
	uint32_t ngroups;
	struct model_as *as;
	uint32_t *group;
	model_piece_fn *piece;
	void *piece_ctx;
};

/* Returns 0 or the error that riotlb_create owes for these defaults. */
int model_init(struct model *m, uint32_t nas, uint32_t ngroups,
	       const struct riotlb_default *defaults,
	       const struct riotlb_limits *limits);
/* Reports what is still mapped, as riotlb_destroy does. */
void model_fini(struct model *m);

int model_map(struct model *m, uint32_t asid,
	      const struct riotlb_mapping *mapping, uint32_t flags,
	      struct riotlb_report *report);
int model_unmap(struct model *m, uint32_t asid, uint64_t start, uint64_t last,
		enum riotlb_unmap_policy policy, struct riotlb_report *report);
int model_protect(struct model *m, uint32_t asid, uint64_t start, uint64_t last,
		  uint32_t perm, struct riotlb_report *report);
int model_map_bulk(struct model *m, uint32_t asid,
		   const struct riotlb_mapping *mappings, size_t n,
		   uint32_t flags, struct riotlb_report *report);
int model_unmap_bulk(struct model *m, uint32_t asid,
		     const struct riotlb_range *ranges, size_t n,
		     enum riotlb_unmap_policy policy,
		     struct riotlb_report *report);
int model_apply(struct model *m, uint32_t asid, const struct riotlb_op *ops,
		size_t n, struct riotlb_report *report);
int model_set_map(struct model *m, uint32_t asid,
		  const struct riotlb_mapping *mappings, size_t n,
		  struct riotlb_report *report);
int model_reset_map(struct model *m, uint32_t asid,
		    struct riotlb_report *report);
int model_set_group_asid(struct model *m, uint32_t group, uint32_t asid,
			 struct riotlb_report *report);
int model_get_group_asid(const struct model *m, uint32_t group, uint32_t *asid);

/* What translates now: the default table, or the mappings made since. */
const struct model_table *model_view(const struct model *m, uint32_t asid);

int model_translate(const struct model *m, uint32_t asid, uint64_t iova,
		    uint64_t last, uint32_t want, struct riotlb_segment *seg);
int model_translate_vec(const struct model *m, uint32_t asid, uint64_t iova,
			uint64_t last, uint32_t want,
			struct riotlb_segment *segs, size_t nsegs,
			size_t *filled, uint64_t *stop);
int model_gaps(const struct model *m, uint32_t asid, uint64_t iova,
	       uint64_t last, uint32_t want, struct riotlb_gap *gaps,
	       size_t ngaps, size_t *filled, uint64_t *resume);
int model_iterate(const struct model *m, uint32_t asid, uint64_t start,
		  uint64_t last, struct riotlb_mapping *out, size_t n,
		  size_t *filled, uint64_t *resume);
/* Fills mappings, bytes, resets and is_default; the rest is 0. */
int model_get_stats(const struct model *m, uint32_t asid,
		    struct riotlb_stats *stats);

#endif
