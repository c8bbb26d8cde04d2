/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_GATE_JUDGE_H
#define RIOTLB_GATE_JUDGE_H

#include "model.h"

/*
 * Fills in what follows from what was measured, whatever was there before.
 * Rows for the growth of families are added where they are not there yet.
 * Depends on nothing but the measured part and the rules: no clock, no seed.
 * 0 or -ENOMEM.
 */
int judge(struct gate *gate);

/*
 * Is a row, with the pairs that it has, not decided yet: could it pass or fail
 * if there were more?
 */
bool judge_wants_more(const struct gate_row *row);

/* The smallest number of pairs with which a row of so many could ever fail. */
size_t judge_least_pairs(const struct rules *rules, size_t rows);

/* How many rows, counts too, have the verdict. */
size_t judge_tally(const struct gate *gate, enum verdict verdict);

/* An effect as a share: 0.05 is 5 % more; of growth, itself. */
double judge_share(enum metric metric, double effect);

#endif
