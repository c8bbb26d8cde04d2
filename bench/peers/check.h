/* SPDX-License-Identifier: MIT */
/*
 * Is a subject right? It is put through the same updates and lookups, scripted
 * and random, as a sorted array, within what it expresses: to be done before
 * anything of it is timed.
 */
#ifndef BENCH_PEERS_CHECK_H
#define BENCH_PEERS_CHECK_H

#include "../subject.h"

/*
 * False: *why says what is wrong, until the next call. Uses the subject from
 * the calling thread and from another one. One call at a time.
 */
bool subject_check(const struct subject_ops *ops, const char **why);

#endif
