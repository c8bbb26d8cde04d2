/* SPDX-License-Identifier: MIT */
/* A trace as calls of subjects: runs of operations of one kind. */
#ifndef BENCH_SUITE_STRETCHES_H
#define BENCH_SUITE_STRETCHES_H

#include <stddef.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

struct trace;

enum stretch_kind {
	STRETCH_LOOKUP,
	STRETCH_MAP,
	STRETCH_UNMAP,
	STRETCH_KINDS,
};

struct stretch {
	enum stretch_kind kind;
	size_t first; /* in keys, or in order */
	size_t n;
	uint64_t sum; /* of the targets of the keys */
};

struct stretches {
	struct stretch *all;
	size_t n;
	/*
	 * Every mapping of the trace, in its order; readable and writable,
	 * since subjects look up to read.
	 */
	struct riotlb_mapping *m;
	size_t n_m;
	uint32_t *order; /* indices into m, of maps and of unmaps */
	size_t n_order;
	uint64_t *keys;
	size_t n_keys;
	size_t operations;
	size_t of_kind[STRETCH_KINDS];
	size_t most_live;
};

/*
 * Lookups that the trace has no answer for are left out, an unmap of several
 * mappings becomes as many, and at the end all that is left is unmapped, so
 * that it can be played again. 0; -ENOMEM; -ENOTSUP: *why says what cannot be
 * played (several address spaces, an unmap that cuts).
 */
int stretches_make(struct stretches *stretches, const struct trace *trace,
		   const char **why);
void stretches_free(struct stretches *stretches);

#endif
