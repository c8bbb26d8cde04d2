/* SPDX-License-Identifier: MIT */
#ifndef BENCH_EXACT_FACTS_H
#define BENCH_EXACT_FACTS_H

#include <stdbool.h>

/*
 * Prints, in the form of a file of budgets: what the numbers depend on, the
 * sizes of the public structures, and the memory that a mapping takes.
 */
bool print_facts(void);

#endif
