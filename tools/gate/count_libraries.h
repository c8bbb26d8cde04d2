/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_GATE_COUNT_LIBRARIES_H
#define RIOTLB_GATE_COUNT_LIBRARIES_H

#include "side.h"

/* Counts both, by the same program over each, and adds the numbers. */
enum status count_libraries(struct gate *gate, struct library *base,
			    struct library *head);

#endif
