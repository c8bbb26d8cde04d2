/* SPDX-License-Identifier: MIT */
/*
 * Percentiles. A lookup is shorter than a reading of the clock, so batches of
 * 64 are timed, and beside them batches that are empty: what the recorder sees
 * where nothing is done, the floor. What single operations do is inferred from
 * the batches, where that is sound (tail.h).
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../histogram.h"
#include "jobs.h"
#include "shift.h"
#include "tail.h"

#define KEYS 65536u
#define BATCH 64u
#define BATCHES_PER_CHUNK 64u
#define SLICE_SECONDS 0.8
#define QUICK_SLICE_SECONDS 0.1
#define RESETS_PER_SECOND 1000
/* Fewer are no storm of the rate that the row claims. */
#define LEAST_OF_RATE 0.95

static const char one_cpu[] = "needs two CPUs, this process has one";

/* ---- recording ---------------------------------------------------------- */

/*
 * Batches of BATCH and of half as many in turn, each into its histogram, in
 * ticks of the clock.
 */
struct recorder {
	struct arena *arena;
	struct remap_job *updates; /* NULL: lookups */
	bool empty;                /* the floor: batches of nothing */
	struct histogram *whole;
	struct histogram *half;
	size_t at;
};

static uint64_t empty_lookup(void *self, const uint64_t *keys, size_t n)
{
	(void)self;
	(void)keys;
	return n;
}

static void record_lookups(struct recorder *r, struct histogram *h, size_t n)
{
	/* a call through the same kind of pointer, in the floor too */
	uint64_t (*volatile lookup)(void *, const uint64_t *, size_t) =
		r->empty ? empty_lookup : r->arena->ops->lookup;
	const struct key_set *keys = &r->arena->keys;

	for (size_t i = 0; i < BATCHES_PER_CHUNK; i++) {
		uint64_t ticks;

		if (r->at + n > keys->n)
			r->at = 0;
		ticks = clock_ticks();
		cb_use(lookup(r->arena->self, keys->iova + r->at, n));
		ticks = clock_ticks() - ticks;
		histogram_record(h, ticks);
		r->at += n;
	}
}

/* A pair is two updates. */
static bool record_updates(struct recorder *r, struct histogram *h, size_t n)
{
	struct remap_job *job = r->updates;
	struct arena *arena = job->arena;
	int err = 0;

	for (size_t i = 0; i < BATCHES_PER_CHUNK && !err; i++) {
		uint64_t ticks;

		if (job->at + n / 2 > job->n)
			job->at = 0;
		ticks = clock_ticks();
		err = arena->ops->remap(arena->self, arena->m,
					job->updates + job->at, n / 2);
		ticks = clock_ticks() - ticks;
		histogram_record(h, ticks);
		job->at += n / 2;
	}
	return !err;
}

static bool record_chunk(void *ctx)
{
	struct recorder *r = ctx;

	if (r->updates)
		return record_updates(r, r->whole, BATCH) &&
		       record_updates(r, r->half, BATCH / 2);
	record_lookups(r, r->whole, BATCH);
	record_lookups(r, r->half, BATCH / 2);
	return true;
}

/* ---- a storm of resets -------------------------------------------------- */

struct storm {
	struct arena *arena;
	struct timespec next; /* tv_sec 0: begins with the next chunk */
};

static void advance(struct timespec *t)
{
	t->tv_nsec += 1000000000 / RESETS_PER_SECOND;
	if (t->tv_nsec >= 1000000000) {
		t->tv_nsec -= 1000000000;
		t->tv_sec++;
	}
}

/*
 * Paced by a schedule, not by the end of the one before. One that is late
 * begins at once, so that the rate holds if the CPU can do it at all.
 */
static bool storm_chunk(void *ctx)
{
	struct storm *storm = ctx;
	struct arena *arena = storm->arena;

	if (!storm->next.tv_sec)
		clock_gettime(CLOCK_MONOTONIC, &storm->next);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &storm->next,
			       NULL) == EINTR) {
	}
	advance(&storm->next);
	arena->ops->reset(arena->self, arena->m, arena->n);
	return !arena->ops->replace(arena->self, arena->m, arena->n);
}

/* ---- scenes: who is measured, beside whom ------------------------------- */

struct scene {
	const char *name;           /* the rows' shape */
	const char *base;           /* of the rows' op: lookup, update */
	const char *what;           /* is timed */
	const char *disturber_what; /* its row; NULL: it has none */
	struct recorder recorder;
	struct worker workers[2]; /* the recorder, and who disturbs it */
	size_t n_workers;         /* 0: there are not enough CPUs */
	struct storm *storm;      /* of the second worker; NULL: it is none */
	double slice;
	double least_rate;     /* of the disturber; 0: any */
	double rate;           /* the lowest of all rounds */
	struct histogram *all; /* of all rounds, whole batches */
	struct histogram *all_half;
	double *samples[TAIL_PERCENTILES];
	const char *problem;
};

static void scene_open(struct scene *scene, size_t rounds)
{
	scene->recorder.whole = suite_need(histogram_create());
	scene->recorder.half = suite_need(histogram_create());
	scene->all = suite_need(histogram_create());
	scene->all_half = suite_need(histogram_create());
	scene->rate = INFINITY;
	for (size_t i = 0; i < TAIL_PERCENTILES; i++)
		scene->samples[i] = suite_need(calloc(rounds, sizeof(double)));
}

static void scene_close(struct scene *scene)
{
	histogram_destroy(scene->recorder.whole);
	histogram_destroy(scene->recorder.half);
	histogram_destroy(scene->all);
	histogram_destroy(scene->all_half);
	for (size_t i = 0; i < TAIL_PERCENTILES; i++)
		free(scene->samples[i]);
}

static void scene_play(struct scene *scene, size_t round)
{
	struct recorder *r = &scene->recorder;
	int err;

	histogram_clear(r->whole);
	histogram_clear(r->half);
	if (scene->storm)
		scene->storm->next.tv_sec = 0;
	err = crew_run(scene->workers, scene->n_workers, scene->slice);
	if (err) {
		scene->problem =
			err == -EIO ? "an update failed" : strerror(-err);
		return;
	}
	for (size_t i = 0; i < TAIL_PERCENTILES; i++)
		scene->samples[i][round] = clock_ns(histogram_quantile(
			r->whole, tail_percentiles[i].share));
	histogram_merge(scene->all, r->whole);
	histogram_merge(scene->all_half, r->half);
	if (scene->n_workers > 1 && scene->workers[1].rate < scene->rate)
		scene->rate = scene->workers[1].rate;
}

static void scenes_play(struct suite *suite, struct scene *scenes, size_t n)
{
	uint32_t order[8];

	for (size_t round = 0; round < suite->rounds; round++) {
		rng_permutation(&suite->rng, order, n);
		for (size_t i = 0; i < n; i++) {
			struct scene *scene = &scenes[order[i]];

			if (!scene->problem && scene->n_workers)
				scene_play(scene, round);
		}
	}
}

/* ---- rows --------------------------------------------------------------- */

/* Rows of the bars' names, for the percentiles that people ask for. */
static bool is_named(const struct scene *scene, size_t i)
{
	return tail_percentiles[i].named &&
	       (tail_percentiles[i].share < 0.9999 ||
		strcmp(scene->base, "lookup") == 0);
}

struct tail_row {
	char op[48];
	char shape[48];
	const char *unit;
	const char *what;
	double x;
};

static struct tail_row named_row(const struct scene *scene, size_t i)
{
	struct tail_row row = { .unit = "ns", .what = scene->what, .x = NAN };

	snprintf(row.op, sizeof(row.op), "%s-%s", scene->base,
		 tail_percentiles[i].name);
	snprintf(row.shape, sizeof(row.shape), "%s", scene->name);
	return row;
}

static struct tail_row curve_row(const struct scene *scene, size_t i)
{
	struct tail_row row = {
		.unit = "ns",
		.what = scene->what,
		.x = 100 * tail_percentiles[i].share,
	};
	bool lookups = strcmp(scene->base, "lookup") == 0;

	snprintf(row.op, sizeof(row.op), "curve-%s%s", lookups ? "" : "update-",
		 scene->name);
	snprintf(row.shape, sizeof(row.shape), "%s", tail_percentiles[i].name);
	return row;
}

static struct tail_row single_row(const struct scene *scene, size_t i)
{
	struct tail_row row = {
		.unit = "ns",
		.what = "single operations, inferred from batches: the excess "
			"over the batches' median",
		.x = NAN,
	};

	snprintf(row.op, sizeof(row.op), "%s-single-%s", scene->base,
		 tail_percentiles[i].name);
	snprintf(row.shape, sizeof(row.shape), "%s", scene->name);
	return row;
}

static struct tail_row rate_row(const struct scene *scene)
{
	struct tail_row row = {
		.unit = "1/s",
		.what = scene->disturber_what,
		.x = NAN,
	};

	snprintf(row.op, sizeof(row.op), "%s-disturbance", scene->base);
	snprintf(row.shape, sizeof(row.shape), "%s", scene->name);
	return row;
}

static const char *subject_of(const struct scene *scene)
{
	return strcmp(scene->name, "floor") == 0 ? "floor" : "riotlb";
}

static struct row *add(struct suite *suite, const struct scene *scene,
		       const struct tail_row *row)
{
	const char *subject = subject_of(scene);

	if (!suite_wants(suite, "tail", row->op, row->shape, subject))
		return NULL;
	return results_add(suite->results, &(struct row){
						   .group = "tail",
						   .op = row->op,
						   .shape = row->shape,
						   .subject = subject,
						   .what = row->what,
						   .unit = row->unit,
						   .x = row->x,
					   });
}

/* Why none of the scene's rows has a value; NULL: they have. */
static enum row_state verdict(struct scene *scene, const char **why)
{
	static const char slow[] = "the other CPU could not do what the row "
				   "says, at the rate that it says";

	*why = scene->problem;
	if (*why)
		return ROW_FAILED;
	*why = scene->n_workers == 0 ? one_cpu : NULL;
	if (*why)
		return ROW_NA;
	*why = scene->least_rate > 0 && scene->rate < scene->least_rate ? slow
									: NULL;
	return *why ? ROW_UNRESOLVED : ROW_VALUE;
}

static void fill(struct suite *suite, struct scene *scene, struct row *row,
		 const double *samples, size_t n)
{
	const char *why;
	enum row_state state = verdict(scene, &why);

	if (!row)
		return;
	if (state == ROW_FAILED) {
		suite_wrong(suite, row, why);
		return;
	}
	if (state != ROW_NA)
		results_fill(suite->results, row, samples, n);
	if (state != ROW_VALUE)
		results_refuse(suite->results, row, state, why);
}

static void fill_single(struct suite *suite, struct scene *scene, size_t i)
{
	struct tail_row spec = single_row(scene, i);
	struct row *row = add(suite, scene, &spec);
	struct tail_inference t = { .agrees = false };
	double ns;

	if (!row)
		return;
	if (scene->n_workers)
		t = tail_infer(scene->all, scene->all_half, BATCH,
			       tail_percentiles[i].share);
	ns = clock_ns(t.excess);
	fill(suite, scene, row, &ns, 1);
	if (row->state == ROW_VALUE && !t.agrees)
		results_refuse(suite->results, row, ROW_UNRESOLVED,
			       "batches of 64 and of 32 disagree: stalls come "
			       "in clusters, or drown in the batches' jitter");
}

static void scene_rows(struct suite *suite, struct scene *scene)
{
	for (size_t i = 0; i < TAIL_PERCENTILES; i++) {
		struct tail_row row = curve_row(scene, i);

		/* the rarest are too few in one round */
		if (tail_percentiles[i].share > 0.9999) {
			double ns = clock_ns(histogram_quantile(
				scene->all, tail_percentiles[i].share));

			fill(suite, scene, add(suite, scene, &row), &ns, 1);
			continue;
		}
		fill(suite, scene, add(suite, scene, &row), scene->samples[i],
		     suite->rounds);
		if (!is_named(scene, i))
			continue;
		row = named_row(scene, i);
		fill(suite, scene, add(suite, scene, &row), scene->samples[i],
		     suite->rounds);
		if (tail_percentiles[i].share >= 0.999)
			fill_single(suite, scene, i);
	}
	if (scene->disturber_what) {
		struct tail_row row = rate_row(scene);

		fill(suite, scene, add(suite, scene, &row), &scene->rate, 1);
	}
}

static bool scene_wanted(const struct suite *suite, const struct scene *scene)
{
	const char *subject = subject_of(scene);
	bool any = false;

	for (size_t i = 0; i < TAIL_PERCENTILES; i++) {
		struct tail_row row = curve_row(scene, i);

		any |= suite_wants(suite, "tail", row.op, row.shape, subject);
		if (!is_named(scene, i))
			continue;
		row = named_row(scene, i);
		any |= suite_wants(suite, "tail", row.op, row.shape, subject);
		row = single_row(scene, i);
		if (tail_percentiles[i].share >= 0.999)
			any |= suite_wants(suite, "tail", row.op, row.shape,
					   subject);
	}
	if (scene->disturber_what) {
		struct tail_row row = rate_row(scene);

		any |= suite_wants(suite, "tail", row.op, row.shape, subject);
	}
	return any;
}

/* ---- the scenes --------------------------------------------------------- */

/* A set of scenes that are compared, over one table. */
enum set {
	SET_RESETS,
	SET_SMALL_RESETS,
	SET_UPDATES,
	SETS,
};

#define MAX_SCENES 3

static const struct set_spec {
	const char *step;
	const char *base;
	size_t mappings; /* of 4 KiB, dense */
	size_t count;
	const char *name[MAX_SCENES];
	const char *what[MAX_SCENES];
} sets[SETS] = {
	[SET_RESETS] = {
		"lookups beside resets",
		"lookup",
		4096,
		3,
		{ "floor", "quiet", "resets" },
		{ "an empty batch",
		  "a batch of 64 lookups, 4 Ki mappings",
		  "the same beside 1000 reset + set_map a second" },
	},
	[SET_SMALL_RESETS] = {
		"lookups of few mappings beside resets",
		"lookup",
		64,
		2,
		{ "quiet-64", "resets-64", NULL },
		{ "a batch of 64 lookups, 64 mappings",
		  "the same beside 1000 reset + set_map a second", NULL },
	},
	[SET_UPDATES] = {
		"updates beside a reader",
		"update",
		65536,
		2,
		{ "alone", "with-readers", NULL },
		{ "a batch of 64 updates (32 unmap + map), 64 Ki mappings",
		  "the same with a reader on the next CPU", NULL },
	},
};

struct stage {
	const struct set_spec *spec;
	struct arena arena;
	struct remap_job updates;
	struct lookup_job reader;
	struct storm storm;
	struct scene scenes[MAX_SCENES];
};

/* The last scene of each set is the one with a second worker. */
static void cast_lookups(struct suite *suite, struct stage *stage,
			 struct scene *scene, bool disturbed)
{
	scene->recorder.empty = strcmp(scene->name, "floor") == 0;
	scene->workers[0] = (struct worker){
		.cpu = suite->cpu[0],
		.ops = stage->arena.ops,
		.self = stage->arena.self,
	};
	if (!disturbed)
		return;
	scene->storm = &stage->storm;
	scene->least_rate = LEAST_OF_RATE * RESETS_PER_SECOND;
	scene->disturber_what = "reset + set_map, as they were reached";
	scene->workers[1] = (struct worker){
		.cpu = suite->cpu[1],
		.chunk = storm_chunk,
		.ctx = &stage->storm,
		.per_chunk = 1,
	};
}

static void cast_updates(struct suite *suite, struct stage *stage,
			 struct scene *scene, bool disturbed)
{
	int cpu = suite->cpu[1] < 0 ? suite->cpu[0] : suite->cpu[1];

	scene->recorder.updates = &stage->updates;
	scene->workers[0] = remap_worker(&stage->updates, cpu);
	if (!disturbed)
		return;
	scene->disturber_what = "lookups of the reader";
	scene->workers[1] = lookup_worker(&stage->reader, suite->cpu[0]);
}

static void cast(struct suite *suite, struct stage *stage, size_t i)
{
	const struct set_spec *spec = stage->spec;
	struct scene *scene = &stage->scenes[i];
	bool disturbed = i + 1 == spec->count;

	scene->slice = suite->quick ? QUICK_SLICE_SECONDS : SLICE_SECONDS;
	scene->recorder.arena = &stage->arena;
	scene->n_workers = disturbed ? 2 : 1;
	if (disturbed && suite->cpu[1] < 0)
		scene->n_workers = 0;
	if (strcmp(spec->base, "lookup") == 0)
		cast_lookups(suite, stage, scene, disturbed);
	else
		cast_updates(suite, stage, scene, disturbed);
	scene->workers[0].chunk = record_chunk;
	scene->workers[0].ctx = &scene->recorder;
}

/* Before anything is built: enough to ask which rows are wanted. */
static void scene_name(const struct set_spec *spec, size_t i,
		       struct scene *scene)
{
	*scene = (struct scene){
		.name = spec->name[i],
		.base = spec->base,
		.what = spec->what[i],
		/* any text does until it is cast */
		.disturber_what = i + 1 == spec->count ? "" : NULL,
	};
}

static int stage_open(struct suite *suite, struct stage *stage)
{
	const struct shape shape = {
		.n = stage->spec->mappings,
		.base = 1ull << 32,
		.stride = 4096,
		.size = 4096,
		.grain = 4096,
	};
	int err = arena_open(&stage->arena, &riotlb_subject, &shape, KEYS,
			     &suite->rng);

	if (!err)
		err = remap_job_make(&stage->updates, &stage->arena, 0, 1,
				     shape.n, &suite->rng);
	if (err)
		return err;
	stage->reader = lookup_job(&stage->arena, 0, 1);
	stage->storm.arena = &stage->arena;
	return 0;
}

static void stage_play(struct suite *suite, struct stage *stage)
{
	const struct set_spec *spec = stage->spec;
	int err = stage_open(suite, stage);

	for (size_t i = 0; i < spec->count; i++) {
		scene_name(spec, i, &stage->scenes[i]);
		scene_open(&stage->scenes[i], suite->rounds);
		cast(suite, stage, i);
		if (err)
			stage->scenes[i].problem = strerror(-err);
	}
	scenes_play(suite, stage->scenes, spec->count);
	for (size_t i = 0; i < spec->count && !err; i++) {
		if (!arena_intact(&stage->arena))
			stage->scenes[i].problem = "left wrong contents behind";
	}
	for (size_t i = 0; i < spec->count; i++) {
		scene_rows(suite, &stage->scenes[i]);
		scene_close(&stage->scenes[i]);
	}
	remap_job_free(&stage->updates);
	arena_close(&stage->arena);
}

static bool set_wanted(const struct suite *suite, const struct set_spec *spec)
{
	bool any = false;

	if (suite->quick && spec == &sets[SET_SMALL_RESETS])
		return false;
	for (size_t i = 0; i < spec->count; i++) {
		struct scene scene;

		scene_name(spec, i, &scene);
		any |= scene_wanted(suite, &scene);
	}
	return any;
}

void part_tails(struct suite *suite, bool plan)
{
	double slice = suite->quick ? QUICK_SLICE_SECONDS : SLICE_SECONDS;

	for (size_t i = 0; i < SETS; i++) {
		double seconds =
			(double)(sets[i].count * suite->rounds) * slice;
		struct stage stage = { .spec = &sets[i] };

		if (!set_wanted(suite, &sets[i]))
			continue;
		if (plan) {
			suite_plan(suite, seconds);
			continue;
		}
		suite_step(suite, sets[i].step, seconds);
		stage_play(suite, &stage);
	}
}
