/* SPDX-License-Identifier: MIT */
/*
 * reset_map is one short call on a table that is large or small, in a program
 * that has better things in its caches. So each call is timed alone, with the
 * caches flushed; a call that does nothing is timed in the same way and taken
 * off. Beside the shape, in the same rounds, a table of 16 mappings is reset;
 * in the same address space, because two engines differ in where their memory
 * lies, and by more than what is looked for. Their ratio is the result.
 */
#include <stdlib.h>

#include "bench.h"

#define SMALL_MAPPINGS 16

enum {
	THIS_SHAPE,
	SMALL,
	EMPTY_CALL,
	KINDS,
};

static void empty_reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	(void)ctx;
	(void)m;
	(void)n;
}

struct resets {
	struct bench *bench;
	struct side *side;
	struct riotlb_mapping small[SMALL_MAPPINGS];
	size_t calls;      /* of each kind per round */
	double *ns[KINDS]; /* [calls] */
};

static double time_call(void (*reset)(void *ctx, const struct riotlb_mapping *m,
				      size_t n),
			void *self, const struct riotlb_mapping *m, size_t n)
{
	/* else the compiler drops the empty call */
	void (*volatile call)(void *, const struct riotlb_mapping *, size_t) =
		reset;
	uint64_t ticks;

	cache_flush();
	ticks = clock_ticks();
	call(self, m, n);
	return clock_ns(clock_ticks() - ticks);
}

static enum run_status build(struct bench *bench, struct side *side,
			     const struct riotlb_mapping *m, size_t n)
{
	if (side->ops->replace(side->self, m, n))
		return bench_fail(bench, side, "cannot be rebuilt", RUN_FAILED);
	side->ops->settle(side->self);
	return RUN_OK;
}

/* Times the reset of what has been built, and sees that it is gone. */
static enum run_status reset_once(struct bench *bench, struct side *side,
				  const struct riotlb_mapping *m, size_t n,
				  double *ns)
{
	uint64_t addr;

	*ns = time_call(side->ops->reset, side->self, m, n);
	if (side->ops->translate(side->self, m[n - 1].last, &addr) &&
	    addr == m[n - 1].addr + (m[n - 1].last - m[n - 1].start))
		return bench_fail(bench, side, "a mapping survives a reset",
				  RUN_WRONG);
	return RUN_OK;
}

/*
 * The small table is built where the large one was, so that the caches have
 * been through the same before either reset.
 */
static enum run_status reset_kind(struct resets *r, uint32_t kind, double *ns)
{
	const struct bench *bench = r->bench;
	size_t n = bench->shape->n;
	enum run_status status;

	if (kind == EMPTY_CALL) {
		*ns = time_call(empty_reset, NULL, NULL, 0);
		return RUN_OK;
	}
	status = build(r->bench, r->side, bench->mappings, n);
	if (kind == SMALL && status == RUN_OK)
		status = build(r->bench, r->side, r->small, SMALL_MAPPINGS);
	if (status != RUN_OK)
		return status;
	if (kind == SMALL)
		return reset_once(r->bench, r->side, r->small, SMALL_MAPPINGS,
				  ns);
	return reset_once(r->bench, r->side, bench->mappings, n, ns);
}

/* What remains after the empty call is taken off, or what cannot be seen. */
static double above(double ns, double empty)
{
	ns -= empty;
	return ns > clock_facts.quantum_ns ? ns : clock_facts.quantum_ns;
}

static enum run_status reset_radix(struct bench *bench, size_t round)
{
	struct side *radix = &bench->side[RADIX];
	enum run_status status;

	status = build(bench, radix, bench->mappings, bench->shape->n);
	if (status != RUN_OK)
		return status;
	return reset_once(bench, radix, bench->mappings, bench->shape->n,
			  &bench->samples[KINDS][round]);
}

static enum run_status reset_round(struct resets *r, size_t round)
{
	struct bench *bench = r->bench;
	uint32_t order[KINDS];
	double empty;

	for (size_t call = 0; call < r->calls; call++) {
		rng_permutation(&bench->rng, order, KINDS);
		for (size_t i = 0; i < KINDS; i++) {
			enum run_status status =
				reset_kind(r, order[i], &r->ns[order[i]][call]);

			if (status != RUN_OK)
				return status;
		}
	}
	empty = midmean(r->ns[EMPTY_CALL], r->calls);
	for (size_t kind = 0; kind < EMPTY_CALL; kind++)
		bench->samples[kind][round] =
			above(midmean(r->ns[kind], r->calls), empty);
	return bench->sides < SIDES ? RUN_OK : reset_radix(bench, round);
}

static enum run_status reset_rounds(struct resets *r,
				    struct shape_result *result)
{
	double **samples = r->bench->samples;
	size_t rounds = r->bench->settings->rounds;

	for (size_t round = 0; round < rounds; round++) {
		enum run_status status = reset_round(r, round);

		if (status != RUN_OK)
			return status;
	}
	result->reset_calls = r->calls * rounds;
	result->reset = estimate_of(samples[THIS_SHAPE], rounds);
	result->reset_16 = estimate_of(samples[SMALL], rounds);
	result->reset_to_16 =
		estimate_ratio(samples[THIS_SHAPE], samples[SMALL], rounds);
	if (r->bench->sides == SIDES)
		result->radix_reset = estimate_of(samples[KINDS], rounds);
	return RUN_OK;
}

static void make_small(struct resets *r)
{
	const uint64_t page = 4096;

	for (size_t i = 0; i < SMALL_MAPPINGS; i++) {
		uint64_t start = (1ull << 32) + i * page;

		r->small[i] = (struct riotlb_mapping){
			.start = start,
			.last = start + page - 1,
			.addr = rng_below(&r->bench->rng, 1ull << 35) * page,
			.perm = RIOTLB_RW,
		};
	}
}

enum run_status bench_reset(struct bench *bench, struct shape_result *result)
{
	size_t rounds = bench->settings->rounds;
	struct resets r = {
		.bench = bench,
		.side = &bench->side[RIOTLB],
		.calls = (bench->settings->resets + rounds - 1) / rounds,
	};
	enum run_status status = RUN_OK;

	make_small(&r);
	for (size_t i = 0; i < KINDS; i++) {
		r.ns[i] = calloc(r.calls, sizeof(double));
		if (!r.ns[i])
			status = bench_fail(bench, NULL, "out of memory",
					    RUN_FAILED);
	}
	if (status == RUN_OK)
		status = reset_rounds(&r, result);
	for (size_t i = 0; i < KINDS; i++)
		free(r.ns[i]);
	return status;
}
