/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define LEAST_KEYS 65536u
#define MOST_WARM_UP (1u << 20)
/* of the updates in a sample, so many come untimed before it */
#define WARM_UP_SHARE 8
#define MAX_LOADS 256

enum run_status bench_fail(const struct bench *bench, const struct side *side,
			   const char *text, enum run_status status)
{
	fprintf(stderr, "riotlb-shapes: %s: %s: %s\n", bench->shape->name,
		side ? side->ops->name : "set-up", text);
	return status;
}

/* ---- checks ------------------------------------------------------------- */

static uint64_t target_of(const struct bench *bench, size_t key)
{
	const struct riotlb_mapping *m =
		&bench->mappings[bench->keys.owner[key]];

	return m->addr + (bench->keys.iova[key] - m->start);
}

static void expect_targets(struct bench *bench)
{
	bench->expected = 0;
	for (size_t i = 0; i < bench->timed; i++)
		bench->expected += target_of(bench, i);
}

static bool misses(const struct side *side, uint64_t iova)
{
	uint64_t addr;

	return !side->ops->translate(side->self, iova, &addr);
}

static bool gaps_miss(const struct bench *bench, const struct side *side)
{
	const struct riotlb_mapping *m = bench->mappings;
	size_t n = bench->shape->n;

	for (size_t i = 0; i + 1 < n; i++) {
		if (m[i].last + 1 < m[i + 1].start &&
		    (!misses(side, m[i].last + 1) ||
		     !misses(side, m[i + 1].start - 1)))
			return false;
	}
	return misses(side, m[0].start - 1) &&
	       misses(side, m[n - 1].last + 1) && misses(side, UINT64_MAX);
}

enum run_status bench_verify(struct bench *bench, struct side *side)
{
	for (size_t i = 0; i < bench->keys.n; i++) {
		uint64_t addr = 0;

		if (!side->ops->translate(side->self, bench->keys.iova[i],
					  &addr) ||
		    addr != target_of(bench, i))
			return bench_fail(bench, side, "a key is wrong",
					  RUN_WRONG);
	}
	if (!gaps_miss(bench, side))
		return bench_fail(bench, side, "a gap translates", RUN_WRONG);
	return RUN_OK;
}

static enum run_status verify_sides(struct bench *bench)
{
	enum run_status status = RUN_OK;

	expect_targets(bench);
	for (size_t i = 0; i < bench->sides && status == RUN_OK; i++)
		status = bench_verify(bench, &bench->side[i]);
	return status;
}

/* ---- lookups ------------------------------------------------------------ */

struct lookup_trial {
	const struct bench *bench;
	const struct side *side;
	uint64_t (*pass)(void *self, const uint64_t *keys, size_t n);
};

static bool sample_lookup(void *ctx, double *ns)
{
	const struct lookup_trial *t = ctx;
	const uint64_t *keys = t->bench->keys.iova;
	size_t n = t->bench->timed;
	size_t passes = (t->bench->settings->lookups + n - 1) / n;
	uint64_t sum = 0;
	uint64_t ticks;

	/* the contestant before has left the caches to itself */
	t->pass(t->side->self, keys, n < MOST_WARM_UP ? n : MOST_WARM_UP);
	ticks = clock_ticks();
	for (size_t i = 0; i < passes; i++)
		sum += t->pass(t->side->self, keys, n);
	ticks = clock_ticks() - ticks;
	*ns = clock_ns(ticks) / (double)(passes * n);
	return sum == passes * t->bench->expected;
}

static void compare(const struct bench *bench, size_t ours, size_t theirs,
		    struct comparison *result)
{
	size_t rounds = bench->settings->rounds;

	result->riotlb = estimate_of(bench->samples[ours], rounds);
	if (bench->sides < SIDES)
		return;
	result->radix = estimate_of(bench->samples[theirs], rounds);
	result->ratio = estimate_ratio(bench->samples[ours],
				       bench->samples[theirs], rounds);
}

/* The radix comes last, so that it can be left out. */
static enum run_status measure_lookups(struct bench *bench,
				       struct shape_result *result)
{
	const struct side *riotlb = &bench->side[RIOTLB];
	const struct side *radix = &bench->side[RADIX];
	struct lookup_trial trial[] = {
		{ bench, riotlb, riotlb_subject.lookup },
		{ bench, riotlb, riotlb_subject.lookup_burst },
		{ bench, riotlb, riotlb_subject.lookup_dependent },
		{ bench, radix, radix_subject.lookup },
		{ bench, radix, radix_subject.lookup_dependent },
	};
	struct contestant contestant[5];
	size_t n = bench->sides < SIDES ? 3 : 5;

	for (size_t i = 0; i < n; i++)
		contestant[i] = (struct contestant){ sample_lookup, &trial[i],
						     bench->samples[i] };
	if (!contest(contestant, n, bench->settings->rounds, &bench->rng))
		return bench_fail(bench, NULL, "a timed lookup was wrong",
				  RUN_WRONG);
	compare(bench, 0, 3, &result->lookup);
	compare(bench, 1, 3, &result->burst);
	compare(bench, 2, 4, &result->dependent);
	return RUN_OK;
}

/* ---- unmap + map -------------------------------------------------------- */

struct update_trial {
	struct bench *bench;
	struct side *side;
};

/* The same updates for whoever asks for this round's, in whichever order. */
static size_t make_updates(struct bench *bench, size_t round)
{
	size_t n = bench->settings->updates;
	struct rng rng = { bench->settings->seed + 0x5bd1e995u * (round + 1) };

	n += n / WARM_UP_SHARE;
	for (size_t i = 0; i < n; i++) {
		bench->updates[i].index =
			(uint32_t)rng_below(&rng, bench->shape->n);
		bench->updates[i].addr = shape_target(bench->shape, &rng);
	}
	return n;
}

static bool sample_remap(void *ctx, double *ns)
{
	struct update_trial *t = ctx;
	struct bench *bench = t->bench;
	struct side *side = t->side;
	size_t n = make_updates(bench, side->round++);
	size_t warm = n - bench->settings->updates;
	uint64_t ticks;
	int err;

	err = side->ops->remap(side->self, bench->mappings, bench->updates,
			       warm);
	ticks = clock_ticks();
	if (!err)
		err = side->ops->remap(side->self, bench->mappings,
				       bench->updates + warm, n - warm);
	ticks = clock_ticks() - ticks;
	*ns = clock_ns(ticks) / (double)(n - warm);
	/* what it retired is not to be reclaimed in another's turn */
	side->ops->settle(side->self);
	return !err;
}

/* What the mappings look like after all rounds. */
static void follow_updates(struct bench *bench)
{
	for (size_t round = 0; round < bench->settings->rounds; round++) {
		size_t n = make_updates(bench, round);

		for (size_t i = 0; i < n; i++)
			bench->mappings[bench->updates[i].index].addr =
				bench->updates[i].addr;
	}
}

static enum run_status measure_remap(struct bench *bench,
				     struct shape_result *result)
{
	struct update_trial trial[SIDES];
	struct contestant contestant[SIDES];

	for (size_t i = 0; i < bench->sides; i++) {
		trial[i] = (struct update_trial){ bench, &bench->side[i] };
		contestant[i] = (struct contestant){ sample_remap, &trial[i],
						     bench->samples[i] };
	}
	if (!contest(contestant, bench->sides, bench->settings->rounds,
		     &bench->rng))
		return bench_fail(bench, NULL, "unmap or map failed",
				  RUN_FAILED);
	compare(bench, RIOTLB, RADIX, &result->remap);
	follow_updates(bench);
	return verify_sides(bench);
}

/* ---- map_bulk ----------------------------------------------------------- */

/* Tables are small as well as large: enough of them for the clock. */
static size_t loads_of(const struct bench *bench)
{
	size_t n = bench->settings->loaded / bench->shape->n;

	return n < 1 ? 1 : n > MAX_LOADS ? MAX_LOADS : n;
}

static double per_mapping(const struct bench *bench, double ns)
{
	size_t loads = loads_of(bench);

	ns -= (double)loads * clock_facts.overhead_ns;
	return ns / (double)(loads * bench->shape->n);
}

static bool sample_load(void *ctx, double *ns)
{
	struct update_trial *t = ctx;
	const struct bench *bench = t->bench;
	const struct side *side = t->side;
	uint64_t ticks = 0;

	for (size_t i = loads_of(bench); i; i--) {
		uint64_t before;
		int err;

		side->ops->clear(side->self);
		before = clock_ticks();
		err = side->ops->load(side->self, bench->mappings,
				      bench->shape->n);
		ticks += clock_ticks() - before;
		if (err)
			return false;
	}
	*ns = per_mapping(bench, clock_ns(ticks));
	return true;
}

static bool sample_copy(void *ctx, double *ns)
{
	const struct update_trial *t = ctx;
	const struct bench *bench = t->bench;
	uint64_t ticks = 0;

	for (size_t i = loads_of(bench); i; i--) {
		uint64_t before = clock_ticks();

		memcpy(bench->copy, bench->mappings,
		       bench->shape->n * sizeof(*bench->copy));
		/* nobody reads the copy, which the compiler must not know */
		__asm__ volatile("" : : "r"(bench->copy) : "memory");
		ticks += clock_ticks() - before;
	}
	*ns = per_mapping(bench, clock_ns(ticks));
	return true;
}

static enum run_status measure_load(struct bench *bench,
				    struct shape_result *result)
{
	struct update_trial trial[SIDES + 1];
	struct contestant contestant[SIDES + 1];
	size_t n = bench->sides;
	size_t rounds = bench->settings->rounds;

	for (size_t i = 0; i < n; i++) {
		trial[i] = (struct update_trial){ bench, &bench->side[i] };
		contestant[i] = (struct contestant){ sample_load, &trial[i],
						     bench->samples[i] };
	}
	trial[n] = (struct update_trial){ bench, NULL };
	contestant[n] = (struct contestant){ sample_copy, &trial[n],
					     bench->samples[SIDES] };
	if (!contest(contestant, n + 1, rounds, &bench->rng))
		return bench_fail(bench, NULL, "loading failed", RUN_FAILED);
	compare(bench, RIOTLB, RADIX, &result->bulk);
	result->copy = estimate_of(bench->samples[SIDES], rounds);
	result->bulk_to_copy = estimate_ratio(bench->samples[RIOTLB],
					      bench->samples[SIDES], rounds);
	return verify_sides(bench);
}

/* ---- a shape, whole ----------------------------------------------------- */

static uint64_t table_bytes(const struct side *side)
{
	side->ops->settle(side->self);
	return side->ops->bytes(side->self) - side->bytes_empty;
}

static enum run_status load_side(struct bench *bench, struct side *side)
{
	int err = side->ops->load(side->self, bench->mappings, bench->shape->n);

	if (err)
		return bench_fail(bench, side, strerror(-err), RUN_FAILED);
	return RUN_OK;
}

static enum run_status measure(struct bench *bench, struct shape_result *result)
{
	const struct side *riotlb = &bench->side[RIOTLB];
	enum run_status status = verify_sides(bench);

	result->bytes = table_bytes(riotlb);
	if (result->has_radix)
		result->radix_bytes = table_bytes(&bench->side[RADIX]);
	if (status == RUN_OK)
		status = measure_lookups(bench, result);
	if (status == RUN_OK)
		status = measure_remap(bench, result);
	result->bytes_later = table_bytes(riotlb);
	if (status == RUN_OK)
		status = measure_load(bench, result);
	if (status == RUN_OK)
		status = bench_reset(bench, result);
	return status;
}

static enum run_status open_sides(struct bench *bench)
{
	const struct riotlb_mapping *m = bench->mappings;
	enum run_status status = RUN_OK;

	bench->side[RIOTLB].ops = &riotlb_subject;
	bench->side[RADIX].ops = &radix_subject;
	bench->sides = SIDES;
	for (size_t i = 0; i < bench->shape->n; i++) {
		if (!radix_subject.expresses(&m[i]))
			bench->sides = RADIX;
	}
	for (size_t i = 0; i < bench->sides && status == RUN_OK; i++) {
		struct side *side = &bench->side[i];

		side->self = side->ops->open();
		if (!side->self)
			return bench_fail(bench, side, "cannot be created",
					  RUN_FAILED);
		side->bytes_empty = side->ops->bytes(side->self);
		status = load_side(bench, side);
	}
	return status;
}

static enum run_status set_up(struct bench *bench)
{
	const struct run_settings *s = bench->settings;
	size_t n = bench->shape->n;
	bool ok;

	bench->mappings = shape_mappings(bench->shape, &bench->rng);
	bench->updates = calloc(s->updates + s->updates / WARM_UP_SHARE,
				sizeof(*bench->updates));
	bench->copy = calloc(n, sizeof(*bench->copy));
	ok = bench->mappings && bench->updates && bench->copy &&
	     !key_set_make(&bench->keys, bench->mappings, n, LEAST_KEYS,
			   &bench->rng);
	for (size_t i = 0; i < sizeof(bench->samples) / sizeof(double *); i++) {
		bench->samples[i] = calloc(s->rounds, sizeof(double));
		ok = ok && bench->samples[i];
	}
	if (!ok)
		return bench_fail(bench, NULL, "out of memory", RUN_FAILED);
	/* in random order, so any of them stand for all */
	bench->timed = bench->keys.n;
	if (s->keys && s->keys < bench->timed)
		bench->timed = s->keys;
	/* calloc's pages are to be had before memcpy is timed */
	memset(bench->copy, 1, n * sizeof(*bench->copy));
	return open_sides(bench);
}

static void tear_down(struct bench *bench)
{
	for (size_t i = 0; i < SIDES; i++) {
		if (bench->side[i].self)
			bench->side[i].ops->close(bench->side[i].self);
	}
	for (size_t i = 0; i < sizeof(bench->samples) / sizeof(double *); i++)
		free(bench->samples[i]);
	key_set_free(&bench->keys);
	free(bench->copy);
	free(bench->updates);
	free(bench->mappings);
}

enum run_status run_shape(const struct shape *shape,
			  const struct run_settings *settings,
			  struct shape_result *result)
{
	struct bench bench = { .shape = shape, .settings = settings };
	enum run_status status;

	/* the same mappings whichever other shapes are run */
	bench.rng.state = settings->seed + (uint64_t)(shape - shape_list);
	memset(result, 0, sizeof(*result));
	result->shape = shape;
	status = set_up(&bench);
	result->has_radix = bench.sides == SIDES;
	result->keys = bench.timed;
	if (status == RUN_OK)
		status = measure(&bench, result);
	tear_down(&bench);
	return status;
}
