/* SPDX-License-Identifier: MIT */
/*
 * One operation inside a transaction: validation against the contents, cutting
 * at the borders, the edit, and the account of what came and went.
 */
#ifndef RIOTLB_CORE_OPS_H
#define RIOTLB_CORE_OPS_H

#include "edit.h"
#include "inplace.h"

/* Where an operation finds the contents, and what it may use. */
struct riotlb_ops_context {
	struct riotlb_txn *txn;
	struct riotlb_table *base; /* read this, unless txn->table is set */
	bool in_default;           /* the AS has not left its default state */
	uint64_t mappings_before;
	uint64_t bytes_before;
	/*
	 * Of a batch of mappings: those behind the one that is run, of which
	 * txn->taken may be mapped with it.
	 */
	const struct riotlb_mapping *next;
	size_t n_next;
};

/* -EINVAL or -EOVERFLOW; looks at the arguments only. */
int riotlb_op_validate(const struct riotlb_op *op);

/*
 * 0 or what the single call reports; -ENOMEM also where the reserve of a locked
 * transaction was short (txn->missing is set then).
 */
int riotlb_op_run(struct riotlb_ops_context *ctx, const struct riotlb_op *op);

/*
 * Maps the first of n mappings, those that need nothing but a slot each beside
 * the mapping before. Returns how many; the rest is for riotlb_op_run.
 */
size_t riotlb_ops_map_run(struct riotlb_ops_context *ctx,
			  const struct riotlb_mapping *m, size_t n);

/* Memory that counts against the limit: the table and its records. */
uint64_t riotlb_counted_bytes(const struct riotlb_space *space,
			      uint64_t table_bytes, uint64_t mappings);

#endif
