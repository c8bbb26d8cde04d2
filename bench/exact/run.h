/* SPDX-License-Identifier: MIT */
/* One operation that is counted, on an engine of its own. */
#ifndef BENCH_EXACT_RUN_H
#define BENCH_EXACT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

#include "exact/count.h"
#include "exact/list.h"

#define RUN_ASID 0u
#define RUN_OTHER_ASID 1u
#define RUN_GROUP 0u

struct run {
	const struct exact_op *op;
	struct riotlb *engine;
	struct riotlb_mapping *m;
	/* which mapping the i-th call is about, or where it begins */
	uint32_t *index;
	int result;
	struct riotlb_token token; /* done */
	struct riotlb_segment seg;
	struct riotlb_stamp stamp;
	struct riotlb_segment vector[EXACT_VECTOR_LENGTH];
	struct riotlb_request request[EXACT_BURST_LENGTH];
	struct riotlb_answer answer[EXACT_BURST_LENGTH];
	uint64_t iova[EXACT_BURST_LENGTH];
	uint64_t addr[EXACT_BURST_LENGTH];
	size_t done;
	struct riotlb_op ops[2];
	struct riotlb_range ranges[EXACT_BULK_LENGTH];
};

static inline const struct riotlb_mapping *run_mapping(const struct run *r,
						       size_t i)
{
	return &r->m[r->index[i]];
}

/* Makes the table and an engine that holds it. End it in either case. */
bool run_begin(struct run *r, const struct exact_op *op);
void run_end(struct run *r);

/* How to count it. */
struct exact_calls run_calls(struct run *r);

/* For run_calls: false if the kind is not one of theirs. */
bool lookup_calls(enum exact_kind kind, struct exact_calls *calls);
bool update_calls(enum exact_kind kind, struct exact_calls *calls);

#endif
