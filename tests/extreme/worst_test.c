/* SPDX-License-Identifier: MIT */
/*
 * The worst tables that are known: none takes more than 1024 bytes a mapping,
 * or a lookup more than 16 loads one after the other. Arguments: how many are
 * mapped (of which a recipe may unmap most), and `small`, for all recipes in
 * all orders, or `large`, for some in their own.
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

	check(recipe_cost(r, n / r->left_of, &cost));
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
	bool large = n && !strcmp(argv[2], "large");

	if (n == 0 || (!large && strcmp(argv[2], "small"))) {
		fprintf(stderr, "usage: riotlb-worst-test MAPPINGS "
				"small|large\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < nrecipes; i++) {
		struct recipe r = recipes[i];

		if (large && r.at_large)
			try(&r, n);
		for (int k = 0; k < ORDERS && !large; k++) {
			r.order = (enum recipe_order)k;
			try(&r, n);
		}
	}
	return 0;
}
