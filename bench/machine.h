/* SPDX-License-Identifier: MIT */
/* Facts without which a number means nothing. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_CACHES 8

struct machine_cache {
	int level;
	int sharing; /* CPUs that have it together */
	uint64_t bytes;
	char type[16]; /* Data, Instruction, Unified */
};

struct machine {
	char cpu[128];
	char kernel[256];
	char huge_pages[64]; /* the kernel's setting, the chosen one in [] */
	char clocksource[32];
	char hypervisor[64]; /* its name, "" if there is none */
	char governor[32];   /* of CPU 0; "unknown" where nothing is scaled */
	char libc[64];
	const char *compiler;
	const char *flags;
	int cores;
	double mhz;            /* of the first CPU, when asked; 0: unknown */
	uint64_t memory_bytes; /* physical; 0: unknown */
	double load[3];        /* when asked; -1: unknown */
	struct machine_cache caches[MACHINE_CACHES]; /* of CPU 0 */
	size_t cache_count;
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
