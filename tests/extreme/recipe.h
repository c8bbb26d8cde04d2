/* SPDX-License-Identifier: MIT */
/*
 * Tables to be bad for the trie, each from a few numbers, so that a program can
 * search among them: clusters of clusters of mappings, the order in which they
 * come, and which of them go again.
 */
#ifndef TESTS_EXTREME_RECIPE_H
#define TESTS_EXTREME_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

#define RECIPE_LEVELS 4
#define RECIPE_SWOLLEN 14

enum recipe_order {
	ORDER_AT_ONCE, /* set_map */
	ORDER_UP,      /* single calls from here on */
	ORDER_DOWN,
	ORDER_RANDOM,
	ORDER_BY_CLUSTER, /* the first of each cluster, then the second, ... */
	ORDERS,
};

struct recipe {
	const char *name;
	/*
	 * A cluster of level i is `count` of level i - 1, one every `stride`
	 * bytes, or as close as they fit; level -1 is a mapping. The last level
	 * goes on as long as mappings are wanted.
	 */
	struct {
		uint64_t count;
		uint64_t stride;
	} level[RECIPE_LEVELS];
	uint64_t base;
	uint64_t size;     /* of a mapping */
	uint64_t odd_size; /* of every `odd_every`th; 0: none is different */
	uint64_t odd_every;
	/*
	 * In a cluster of level 0, of at most RECIPE_SWOLLEN, those after the
	 * ninth are next to each other, and each takes three times as much as
	 * all before: as fast as a window may grow.
	 */
	bool swell;
	uint64_t skew; /* of host addresses, beyond a page's multiple */
	bool opaque;
	enum recipe_order order;
	/*
	 * As many times `left_of` are mapped as are wanted, then all but one of
	 * each `left_of` are unmapped. 1: none is.
	 */
	uint64_t left_of;
	bool at_large; /* worth its time with a million mappings */
};

struct cost {
	double bytes;   /* per mapping, through the hooks, quiescent */
	uint64_t loads; /* dependent ones of the deepest lookup */
};

/*
 * Fills m[0..n): valid, disjoint, sorted. False: so many do not fit into the
 * address space.
 */
bool recipe_make(const struct recipe *recipe, struct riotlb_mapping *m,
		 size_t n);

/*
 * Makes a table of n mappings, and checks that it holds just those, its
 * structure too. False: the recipe has not so many.
 */
bool recipe_cost(const struct recipe *recipe, size_t n, struct cost *cost);

/* As an entry of the list in recipes.c. */
void recipe_print(const struct recipe *recipe);

/* The worst that are known. */
extern const struct recipe recipes[];
extern const size_t nrecipes;

#endif
