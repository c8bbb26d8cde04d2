/* SPDX-License-Identifier: MIT */
/* Facts without which a number means nothing. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdbool.h>

struct machine {
	char cpu[128];
	char kernel[256];
	char huge_pages[64]; /* the kernel's setting, the chosen one in [] */
	char clocksource[32];
	const char *compiler;
	const char *flags;
	int cores;
	bool virtual;    /* a hypervisor is below */
	bool membarrier; /* the kernel has it, and liburcu-memb uses it */
};

void machine_facts(struct machine *machine);

/*
 * CPU time of all CPUs since boot, in clock ticks, that was taken by the
 * hypervisor (steal) and altogether. 0 where the kernel does not say.
 */
void machine_steal(unsigned long long *steal, unsigned long long *all);

#endif
