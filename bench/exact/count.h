/* SPDX-License-Identifier: MIT */
/*
 * Counting under callgrind, from inside the program that is counted. Outside of
 * it the requests do nothing, and nothing is counted.
 */
#ifndef BENCH_EXACT_COUNT_H
#define BENCH_EXACT_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the program counts by itself: both only grow. */
struct exact_meter {
	uint64_t calls;
	uint64_t bytes;
};

/*
 * before(ctx, i) and after(ctx, i), either of which may be NULL, run without
 * being counted; call(ctx, i) is. False ends the whole.
 */
struct exact_calls {
	bool (*before)(void *ctx, size_t i);
	void (*call)(void *ctx, size_t i);
	bool (*after)(void *ctx, size_t i);
	/*
	 * before and after are long: they run at full speed, at the price of
	 * having call translated anew every time.
	 */
	bool long_between;
	const struct exact_meter *meter; /* or NULL */
	void *ctx;
};

/*
 * Counts n calls and dumps them as "name:n calls bytes", then 2n likewise; n
 * calls before that settle what is done once only. Numbers are decimal; those
 * of the meter are what the counted calls added to it.
 */
bool exact_count(const char *name, const struct exact_calls *calls, size_t n);

#endif
