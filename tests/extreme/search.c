/* SPDX-License-Identifier: MIT */
/*
 * Looks for tables that are worse than those in recipes.c: begins with them or
 * with random ones, changes a number or two, keeps what is worse, and begins
 * anew when nothing is for a while. Prints every record.
 */
#include "recipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rng.h"

#define PATIENCE 150

struct options {
	bool for_loads; /* else for bytes */
	uint64_t seed;
	uint64_t rounds;
	size_t n;
	bool keep_all; /* nothing is unmapped */
};

static double badness(const struct options *o, const struct cost *cost)
{
	/* of two as deep ones, the fatter is nearer to one that is deeper */
	return o->for_loads ? (double)cost->loads + cost->bytes / 1e6
			    : cost->bytes;
}

/* Few bits at any place: what alignments are made of. */
static uint64_t odd_number(struct rng *rng, unsigned int bits)
{
	uint64_t x = 1 + rng_log(rng, 4);

	return x << rng_below(rng, bits);
}

static void change(struct recipe *r, struct rng *rng)
{
	size_t l = rng_below(rng, RECIPE_LEVELS);

	switch (rng_below(rng, 13)) {
	case 0:
		r->level[l].count = 1 + rng_log(rng, 7);
		break;
	case 1:
		r->level[l].count += rng_below(rng, 3);
		r->level[l].count -= r->level[l].count > 1;
		break;
	case 2:
		r->level[l].stride = odd_number(rng, 44);
		break;
	case 3:
		r->level[l].stride += odd_number(rng, 24);
		break;
	case 4:
		r->level[l].stride /= 1 + rng_below(rng, 3);
		break;
	case 5:
		r->size = odd_number(rng, 34);
		break;
	case 6:
		r->odd_size = odd_number(rng, 34) - rng_below(rng, 2);
		r->odd_every = rng_below(rng, 12);
		break;
	case 7:
		r->base = odd_number(rng, 40) + odd_number(rng, 24);
		break;
	case 8:
		r->skew = rng_below(rng, 2) * 7;
		break;
	case 9:
		r->opaque = !r->opaque;
		break;
	case 10:
		r->order = (enum recipe_order)rng_below(rng, ORDERS);
		break;
	case 11:
		r->swell = !r->swell;
		r->odd_every = 0;
		r->level[0].count = 9 + rng_below(rng, 5);
		break;
	default:
		r->left_of = 1 + rng_log(rng, 4);
		break;
	}
}

static struct recipe begin(const struct options *o, struct rng *rng)
{
	struct recipe r = { .size = 4096, .left_of = 1, .opaque = true };

	if (rng_below(rng, 2))
		return recipes[rng_below(rng, nrecipes)];
	for (int i = 0; i < RECIPE_LEVELS; i++) {
		r.level[i].count = 1 + rng_log(rng, 6);
		r.level[i].stride = odd_number(rng, 44);
	}
	for (int i = 0; i < 24; i++)
		change(&r, rng);
	if (o->keep_all)
		r.left_of = 1;
	return r;
}

static void search(const struct options *o)
{
	struct rng rng = { o->seed };
	double record = 0, best = 0;
	struct recipe held = { .size = 0 };
	unsigned int since = PATIENCE;

	for (uint64_t i = 0; i < o->rounds; i++) {
		struct recipe r = held;
		struct cost cost;

		if (since == PATIENCE) {
			r = begin(o, &rng);
			best = since = 0;
		}
		for (uint64_t n = 1 + rng_below(&rng, 3); n && best > 0; n--)
			change(&r, &rng);
		if (o->keep_all)
			r.left_of = 1;
		since++;
		if (!recipe_cost(&r, o->n, &cost) || badness(o, &cost) < best)
			continue;
		if (badness(o, &cost) > best)
			since = 0;
		best = badness(o, &cost);
		held = r;
		if (best <= record)
			continue;
		record = best;
		printf("%" PRIu64 ": %.1f B, %" PRIu64 " loads: ", i,
		       cost.bytes, cost.loads);
		recipe_print(&r);
		putchar('\n');
		fflush(stdout);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: riotlb-worst [--loads] [--keep-all] [--seed N] "
			"[--rounds N] [--mappings N]\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct options o = { .seed = 1, .rounds = 1000, .n = 1024 };

	for (int i = 1; i < argc; i++) {
		uint64_t number =
			i + 1 < argc ? strtoull(argv[i + 1], NULL, 0) : 0;

		if (!strcmp(argv[i], "--loads")) {
			o.for_loads = true;
			continue;
		}
		if (!strcmp(argv[i], "--keep-all")) {
			o.keep_all = true;
			continue;
		}
		if (!number)
			return usage();
		if (!strcmp(argv[i], "--seed"))
			o.seed = number;
		else if (!strcmp(argv[i], "--rounds"))
			o.rounds = number;
		else if (!strcmp(argv[i], "--mappings"))
			o.n = (size_t)number;
		else
			return usage();
		i++;
	}
	search(&o);
	return 0;
}
