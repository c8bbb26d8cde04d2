/* SPDX-License-Identifier: MIT */
/* Code whose cost is known, counted as the driver counts riotlb. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "exact/count.h"

#define CALLS 100u

static atomic_long counter;
static void *volatile kept;
static volatile long word;

static void nothing(void *ctx, size_t i)
{
	(void)ctx;
	(void)i;
}

static void add_three(void *ctx, size_t i)
{
	(void)ctx;
	atomic_fetch_add(&counter, (long)i);
	atomic_fetch_add(&counter, 1);
	atomic_fetch_add(&counter, 2);
}

/* Each turn has a store that no compiler leaves out. */
static void spin(void *ctx, size_t i)
{
	size_t n = *(const size_t *)ctx;

	(void)i;
	for (size_t k = 0; k < n; k++)
		word = (long)k;
}

static void allocate_two(void *ctx, size_t i)
{
	(void)ctx;
	kept = malloc(i + 1);
	free(kept);
	kept = calloc(1, i + 1);
	free(kept);
}

static bool allocate_between(void *ctx, size_t i)
{
	allocate_two(ctx, i);
	add_three(ctx, i);
	return true;
}

static bool refuse(void *ctx, size_t i)
{
	(void)ctx;
	return i == 0;
}

int main(int argc, char **argv)
{
	size_t thousand = 1000;
	size_t two_thousand = 2000;
	const struct exact_calls calls[] = {
		{ .call = nothing },
		{ .call = add_three },
		{ .call = spin, .ctx = &thousand },
		{ .call = spin, .ctx = &two_thousand },
		{ .call = allocate_two },
		{ .before = allocate_between,
		  .call = nothing,
		  .after = allocate_between },
		{ .before = allocate_between,
		  .call = add_three,
		  .long_between = true },
	};
	static const char *const names[] = {
		"nothing",  "add-three", "spin-1000",    "spin-2000",
		"allocate", "between",   "long-between",
	};
	const struct exact_calls refused = { .before = refuse,
					     .call = nothing };

	if (argc > 1 && strcmp(argv[1], "fail") == 0)
		return EXIT_FAILURE;
	if (exact_count("refused", &refused, CALLS))
		return EXIT_FAILURE;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (!exact_count(names[i], &calls[i], CALLS))
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
