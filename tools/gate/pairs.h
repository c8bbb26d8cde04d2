/* SPDX-License-Identifier: MIT */
/* Measures: pairs of fresh processes that take turns on one CPU. */
#ifndef RIOTLB_GATE_PAIRS_H
#define RIOTLB_GATE_PAIRS_H

#include "linker.h"
#include "measure.h"
#include "plan.h"
#include "rows.h"

struct bout {
	struct gate *gate;
	const struct plan *plan;
	struct linker *base;
	struct linker *head;
	struct row_plan *plans; /* of gate->rows[0..rows) */
	size_t rows;
	struct rng rng;
	uint64_t began;
};

/* Finds the rows of both sides, and how many operations a turn has. */
enum status pairs_prepare(struct bout *bout);
/* The first look, judged; then more of what is not decided, while time is. */
enum status pairs_measure(struct bout *bout);
void pairs_close(struct bout *bout);

#endif
