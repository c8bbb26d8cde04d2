/* SPDX-License-Identifier: MIT */
/* One row, one fresh process of each side, turn and turn about. */
#ifndef RIOTLB_GATE_DUEL_H
#define RIOTLB_GATE_DUEL_H

#include "pairs.h"

/*
 * Adds a pair to a row, in the programs' layout of that number. What a program
 * says against it becomes the row's error. A status is that of the gate itself.
 */
enum status duel(struct bout *bout, size_t row, unsigned layout);

/* How many operations BASE does in a turn; sets iterations and op_ns. */
enum status duel_size(struct bout *bout, size_t row);

/* What one side can measure, to be freed. */
enum status duel_list(struct linker *linker, char **list);

#endif
