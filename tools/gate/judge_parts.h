/* SPDX-License-Identifier: MIT */
/* The steps of judge(). Each returns 0 or -ENOMEM. */
#ifndef RIOTLB_GATE_JUDGE_PARTS_H
#define RIOTLB_GATE_JUDGE_PARTS_H

#include "model.h"

/* Adds faults. */
int check_integrity(struct gate *gate);
/* Adds or replaces the rows of growth. */
int derive_growth(struct gate *gate);
/* Verdicts of what was counted; adds faults. */
int judge_counts(struct gate *gate);

#endif
