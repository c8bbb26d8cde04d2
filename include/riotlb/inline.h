/* SPDX-License-Identifier: MIT */
/*
 * Opt-in: lookups compiled into the caller. Same semantics as riotlb_translate
 * and riotlb_group_translate, without the call. In return the caller depends on
 * the library's internal layout: it must be recompiled with every minor version
 * (riotlb_inline_matches() tells whether it was).
 */
#ifndef RIOTLB_INLINE_H
#define RIOTLB_INLINE_H

#include <string.h>

#include <riotlb/detail/walk.h>
#include <riotlb/riotlb.h>

/* Does the library that is linked match the headers compiled in? */
static inline bool riotlb_inline_matches(void)
{
	return strcmp(riotlb_version(), RIOTLB_VERSION) == 0;
}

/* As riotlb_translate. Wait-free. Context: reader. */
static inline int riotlb_inline_translate(const struct riotlb *engine,
					  uint32_t asid, uint64_t iova,
					  uint64_t last, uint32_t want,
					  struct riotlb_segment *seg)
{
	return riotlb_translate_as(engine, asid, iova, last, want, seg);
}

/* As riotlb_group_translate. Wait-free. Context: reader. */
static inline int riotlb_inline_group_translate(const struct riotlb *engine,
						uint32_t group, uint64_t iova,
						uint64_t last, uint32_t want,
						struct riotlb_segment *seg)
{
	return riotlb_translate_group(engine, group, iova, last, want, seg);
}

#endif
