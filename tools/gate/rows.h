/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_GATE_ROWS_H
#define RIOTLB_GATE_ROWS_H

#include "model.h"
#include "plan.h"

/* What the pairs need to know of a row beside the record. */
struct row_plan {
	uint32_t step; /* a turn is a multiple of so many operations */
	double op_ns;  /* of BASE, when the turns were sized; 0: unknown */
};

/*
 * From what `riotlb-gate-run --list` of both sides printed, those that the
 * filter wants. *plans gets one for each row, to be freed.
 */
enum status rows_make(struct gate *gate, const struct plan *plan, char *base,
		      char *head, struct row_plan **plans);

#endif
