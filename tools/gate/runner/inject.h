/* SPDX-License-Identifier: MIT */
/*
 * Slowness on demand, for the tests of the gate: a chain of multiplications,
 * each of which needs the one before, so that no CPU can do it beside the work.
 */
#ifndef RIOTLB_GATE_INJECT_H
#define RIOTLB_GATE_INJECT_H

#include "ops.h"

/* Delay of each operation in ns. */
void inject_delay(struct state *s, double ns);
/* A stall of so many ns in one of `every` operations. */
void inject_stall(struct state *s, uint64_t every, double ns);
/* The two threads of a row count what they have done on one cache line. */
void inject_line(struct state *s, struct state *beside);

/* Always 0, which only the CPU finds out, and only when the chain has ended. */
uint64_t inject_now(struct state *s, uint64_t result);

/*
 * Called where n operations have been done, and the same whether anything is
 * injected or not. Whatever comes next has to use what it returns, and so has
 * to wait for a chain.
 */
static inline uint64_t inject(struct state *s, uint64_t n, uint64_t result)
{
	*s->done += n;
	if (__builtin_expect(*s->done >= s->due, 0))
		return inject_now(s, result);
	return 0;
}

#endif
