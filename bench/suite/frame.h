/* SPDX-License-Identifier: MIT */
/* What main() sets up for the parts, which know suite.h alone. */
#ifndef BENCH_SUITE_FRAME_H
#define BENCH_SUITE_FRAME_H

#include <regex.h>

#include "../output/output.h"
#include "suite.h"

/* NULL: every row. */
void frame_filter(const regex_t *only);
/*
 * Until the other call, suite_wants remembers the names that it agrees to; then
 * their number, printed one to a line if `print`. This is how a part that is
 * asked for its plan tells which rows it has.
 */
void frame_collect(void);
size_t frame_collected(bool print);

/* The parts in their order. */
extern suite_part *const frame_parts[];
extern const size_t frame_part_count;

/* Is this subject a part of the run? Without peers: riotlb and the floor. */
bool frame_takes(const struct suite *suite, const struct subject_ops *ops);

/*
 * Has it passed the check of its answers, which is made the first time? A
 * failure is reported.
 */
bool frame_checked(struct suite *suite, const struct subject_ops *ops);

/* Of what the subjects are made of. */
const struct output_version *frame_versions(size_t *n);

/* Progress begins, and is wiped off the terminal. */
void frame_progress_begin(void);
void frame_progress_end(void);

#endif
