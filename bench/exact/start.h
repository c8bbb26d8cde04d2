/* SPDX-License-Identifier: MIT */
/* Runs a program under callgrind, where nothing of the surroundings counts. */
#ifndef BENCH_EXACT_START_H
#define BENCH_EXACT_START_H

#include <stddef.h>

#include "exact/read.h"

/*
 * argv: the program, its arguments, NULL. 0; -ENOENT: there is no valgrind;
 * -EIO: it failed, or its dumps are unreadable; -ENOTDIR: no directory for
 * them; -ENOMEM; else -errno.
 */
int exact_run(char *const argv[], struct exact_dumps *dumps);

/*
 * The operations of the list that `wants` wants (NULL: all), by the driver at
 * that path: in several processes, `jobs` at a time. Errors as above.
 */
int exact_run_driver(const char *driver,
		     bool (*wants)(const struct exact_op *op), size_t jobs,
		     struct exact_dumps *dumps);

#endif
