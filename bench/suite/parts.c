/* SPDX-License-Identifier: MIT */
#include "frame.h"

/* Growth comes last: it takes over points that the others have measured. */
suite_part *const frame_parts[] = {
	part_floor,    part_shapes,    part_bulk,    part_variants,
	part_reset,    part_tails,     part_threads, part_exact,
	part_extremes, part_workloads, part_growth,
};

const size_t frame_part_count = sizeof(frame_parts) / sizeof(frame_parts[0]);
