/* SPDX-License-Identifier: MIT */
/*
 * The worst tables that are known, of as many mappings as the argument says:
 * none takes more than 1024 bytes a mapping, or a lookup more than 16 loads one
 * after the other. The other argument is how many of the recipes' own orders
 * are tried: `own` for that alone, `all` for all.
 */
#include "recipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define MAX_BYTES 1024
#define MAX_LOADS 16

static void try(const struct recipe *r, size_t n)
{
	struct cost cost;

	check(recipe_cost(r, n, &cost));
	printf("%-48s order %d: %7.1f B, %2" PRIu64 " loads\n", r->name,
	       (int)r->order, cost.bytes, cost.loads);
	if (cost.bytes > MAX_BYTES || cost.loads > MAX_LOADS)
		check_fail("%s: %.1f bytes a mapping, %" PRIu64 " loads",
			   r->name, cost.bytes, cost.loads);
	/* no table is free, and nobody looks into it without a load */
	check(cost.bytes >= 8 && cost.loads >= 3);
}

int main(int argc, char **argv)
{
	size_t n = argc == 3 ? strtoull(argv[1], NULL, 0) : 0;

	if (n == 0 || (strcmp(argv[2], "own") && strcmp(argv[2], "all"))) {
		fprintf(stderr, "usage: riotlb-worst-test MAPPINGS own|all\n");
		return 2;
	}
	for (size_t i = 0; i < nrecipes; i++) {
		struct recipe r = recipes[i];
		int orders = strcmp(argv[2], "own") ? ORDERS : 1;

		for (int k = 0; k < orders; k++) {
			if (orders > 1)
				r.order = (enum recipe_order)k;
			try(&r, n);
		}
	}
	return 0;
}
