/* SPDX-License-Identifier: MIT */
/* One encoding of an update, run on an engine, on the model, or printed. */
#ifndef TESTS_OPS_H
#define TESTS_OPS_H

#include <stdio.h>

#include "model.h"

enum op_kind {
	OP_MAP,
	OP_UNMAP,
	OP_PROTECT,
	OP_MAP_BULK,
	OP_UNMAP_BULK,
	OP_APPLY,
	OP_SET_MAP,
	OP_RESET,
	OP_BIND,
	OP_KINDS,
};

/*
 * The parts of a single call stand in `one`, the entries of an array call in
 * `many`: of these a map_bulk or set_map uses mapping, an unmap_bulk
 * mapping.start and mapping.last, an apply everything.
 */
struct op {
	enum op_kind kind;
	uint32_t asid;
	uint32_t group;                  /* OP_BIND */
	uint32_t flags;                  /* OP_MAP, OP_MAP_BULK */
	enum riotlb_unmap_policy policy; /* OP_UNMAP, OP_UNMAP_BULK */
	struct riotlb_mapping one;
	const struct riotlb_op *many;
	size_t n;
};

int op_on_engine(struct riotlb *engine, const struct op *op,
		 struct riotlb_report *report);
int op_on_model(struct model *model, const struct op *op,
		struct riotlb_report *report);
void op_print(FILE *out, const struct op *op);

/* "-EEXIST" and so on; "0" for success. */
const char *error_name(int err);

/*
 * Runs the op on both and checks that result and report agree (a token is the
 * engine's own affair). Returns the result.
 */
int op_on_both(struct riotlb *engine, struct model *model, const struct op *op,
	       struct riotlb_report *report);

/* op_on_both without the run: what came back, against the model's answer. */
void op_check_same(const struct op *op, int err, int model_err,
		   const struct riotlb_report *report,
		   const struct riotlb_report *model_report);

#endif
