/* SPDX-License-Identifier: MIT */
/*
 * reset_map of a shape beside that of 16 mappings: the ratio is the result.
 * How one call is timed is in resets.c.
 */
#include "bench.h"
#include "resets.h"

enum {
	THIS_SHAPE,
	SMALL,
	RADIX_SHAPE,
	KINDS,
};

static struct reset_case case_of(const struct bench *bench, size_t side)
{
	return (struct reset_case){
		.ops = bench->side[side].ops,
		.self = bench->side[side].self,
		.m = bench->mappings,
		.n = bench->shape->n,
	};
}

static enum run_status fail(struct bench *bench, const struct reset_case *cases,
			    size_t n, struct side *side)
{
	for (size_t i = 0; i < n; i++) {
		if (cases[i].problem)
			return bench_fail(bench, side, cases[i].problem,
					  cases[i].wrong ? RUN_WRONG
							 : RUN_FAILED);
	}
	return RUN_FAILED;
}

static enum run_status reset_round(struct bench *bench,
				   struct reset_case *cases, size_t calls,
				   size_t round)
{
	double **samples = bench->samples;

	if (!resets_round(cases, 2, calls, RESET_FLUSHED, &bench->rng))
		return fail(bench, cases, 2, &bench->side[RIOTLB]);
	samples[THIS_SHAPE][round] = cases[THIS_SHAPE].ns;
	samples[SMALL][round] = cases[SMALL].ns;
	if (bench->sides < SIDES)
		return RUN_OK;
	/* it clears every page: one call is as long as many of riotlb's */
	if (!resets_round(&cases[RADIX_SHAPE], 1, 1, RESET_FLUSHED,
			  &bench->rng))
		return fail(bench, &cases[RADIX_SHAPE], 1, &bench->side[RADIX]);
	samples[RADIX_SHAPE][round] = cases[RADIX_SHAPE].ns;
	return RUN_OK;
}

enum run_status bench_reset(struct bench *bench, struct shape_result *result)
{
	size_t rounds = bench->settings->rounds;
	size_t calls = (bench->settings->resets + rounds - 1) / rounds;
	struct riotlb_mapping small[RESET_SMALL];
	struct reset_case cases[KINDS];
	double **samples = bench->samples;

	resets_make_small(small, &bench->rng);
	cases[THIS_SHAPE] = case_of(bench, RIOTLB);
	cases[SMALL] = case_of(bench, RIOTLB);
	cases[SMALL].under = cases[SMALL].m;
	cases[SMALL].n_under = cases[SMALL].n;
	cases[SMALL].m = small;
	cases[SMALL].n = RESET_SMALL;
	cases[RADIX_SHAPE] = case_of(bench, RADIX);
	for (size_t round = 0; round < rounds; round++) {
		enum run_status status =
			reset_round(bench, cases, calls, round);

		if (status != RUN_OK)
			return status;
	}
	result->reset_calls = calls * rounds;
	result->reset = estimate_of(samples[THIS_SHAPE], rounds);
	result->reset_16 = estimate_of(samples[SMALL], rounds);
	result->reset_to_16 =
		estimate_ratio(samples[THIS_SHAPE], samples[SMALL], rounds);
	if (bench->sides == SIDES)
		result->radix_reset = estimate_of(samples[RADIX_SHAPE], rounds);
	return RUN_OK;
}
