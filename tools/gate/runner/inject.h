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

/* Always 0, which only the CPU finds out, and only when the chain has ended. */
uint64_t inject_now(struct state *s, uint64_t done, uint64_t result);

/*
 * Called where `done` operations have been done. Whatever comes next has to use
 * what it returns, and has to wait for it if something is injected.
 */
static inline uint64_t inject(struct state *s, uint64_t done, uint64_t result)
{
	if (__builtin_expect(s->injected, 0))
		return inject_now(s, done, result);
	return 0;
}

#endif
