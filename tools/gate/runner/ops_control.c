/* SPDX-License-Identifier: MIT */
/*
 * Controls: nothing of the library is in them, so what makes them slower is
 * not the change that is judged.
 */
#include <stdlib.h>
#include <string.h>

#include "ops.h"

#define COPY_BYTES 4096u

uint64_t op_alu(struct state *s, uint64_t n)
{
	uint64_t x = 1;

	(void)s;
	for (uint64_t i = 0; i < n; i++) {
		x = x * 6364136223846793005u + i;
		__asm__ volatile("" : "+r"(x));
		x ^= x >> 29;
	}
	return x;
}

/* A cycle through all of `index`, made by state.c. */
uint64_t op_chase(struct state *s, uint64_t n)
{
	uint32_t at = 0;

	for (uint64_t i = 0; i < n; i++)
		at = s->index[at];
	__asm__ volatile("" : : "r"(at));
	return at;
}

uint64_t op_copy(struct state *s, uint64_t n)
{
	char *room = s->room;

	for (uint64_t i = 0; i < n; i++) {
		memcpy(room + COPY_BYTES, room, COPY_BYTES);
		__asm__ volatile("" : : "r"(room) : "memory");
	}
	return 0;
}

uint64_t op_malloc(struct state *s, uint64_t n)
{
	(void)s;
	for (uint64_t i = 0; i < n; i++) {
		void *p = malloc(64 + (i & 7) * 64);

		__asm__ volatile("" : "+r"(p));
		free(p);
	}
	return 0;
}
