/* SPDX-License-Identifier: MIT */
/*
 * Threads beside each other, each on a CPU of its own: lookups from one thread
 * to all CPUs, a reader beside an updater, two updaters. Locks of the peers are
 * a part of it.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs.h"
#include "shift.h"

#define KEYS 65536u
#define MAPPINGS 65536u
#define REGION_MAPPINGS 512u /* of 4 KiB in 2 MiB */
#define SHIFT_SECONDS 0.2
#define QUICK_SHIFT_SECONDS 0.03
#define QUICK_PEER_ROUNDS 3u

static const char one_cpu[] = "needs two CPUs, this process has one";

static const struct shape dense = {
	.n = MAPPINGS,
	.base = 1ull << 32,
	.stride = 4096,
	.size = 4096,
	.grain = 4096,
};

static double shift_seconds(const struct suite *suite)
{
	return suite->quick ? QUICK_SHIFT_SECONDS : SHIFT_SECONDS;
}

static size_t rounds_of(const struct suite *suite,
			const struct subject_ops *ops)
{
	if (suite->quick && ops != &riotlb_subject)
		return QUICK_PEER_ROUNDS;
	return suite->rounds;
}

/* 1, 2, 4 and so on, and all. */
static size_t thread_counts(size_t *counts, size_t cpus)
{
	size_t n = 0;

	for (size_t t = 1; t < cpus; t *= 2)
		counts[n++] = t;
	counts[n++] = cpus;
	return n;
}

/* ---- rows --------------------------------------------------------------- */

struct cell {
	const char *op;
	const char *shape;
	const char *what;
	double x;
};

static struct row *add(struct suite *suite, const struct cell *cell,
		       const struct subject_ops *ops)
{
	if (!suite_wants(suite, "threads", cell->op, cell->shape, ops->name))
		return NULL;
	return results_add(suite->results, &(struct row){
						   .group = "threads",
						   .op = cell->op,
						   .shape = cell->shape,
						   .subject = ops->name,
						   .what = cell->what,
						   .unit = "M/s",
						   .more_is_better = true,
						   .x = cell->x,
					   });
}

/* A shift's row, if it is wanted; the shift is then worth playing. */
static void put(struct suite *suite, struct shift *shift,
		const struct cell *cell, const struct subject_ops *ops,
		size_t first, size_t count)
{
	struct row *row = add(suite, cell, ops);

	if (row)
		shift->out[shift->outputs++] = (struct shift_output){
			.row = row,
			.first = first,
			.count = count,
		};
}

static const struct cell reader_alone = {
	"reader",
	"alone",
	"lookups of one reader, nobody beside it",
	NAN,
};
static const struct cell reader_beside = {
	"reader",
	"beside-updater",
	"lookups of one reader, an updater at full speed on the next CPU",
	NAN,
};
/* Where the two touch no line of the table in common, but at the border. */
static const struct cell reader_half = {
	"reader",
	"half-alone",
	"lookups of one reader in half of the table, nobody beside it",
	NAN,
};
static const struct cell reader_apart = {
	"reader",
	"half-beside-updater",
	"the same, an updater at full speed in the other half",
	NAN,
};
static const struct cell update_alone = {
	"update",
	"alone",
	"unmap + map pairs of one updater",
	NAN,
};
static const struct cell update_beside = {
	"update",
	"with-reader",
	"unmap + map pairs of one updater, a reader on the next CPU",
	NAN,
};

/* ---- one table: readers and an updater ---------------------------------- */

enum {
	SHIFT_BESIDE,
	SHIFT_UPDATE,
	SHIFT_HALF,
	SHIFT_APART,
	SHIFT_LOOKUP, /* and as many as there are numbers of threads */
	MOST_SHIFTS = SHIFT_LOOKUP + 8,
};

struct team {
	const struct subject_ops *ops;
	struct arena arena;
	struct remap_job updates;
	struct arena half; /* the same table, keys of its first half */
	struct remap_job updates_apart;
	struct lookup_job reader_apart;
	struct lookup_job *readers;
	struct worker *workers; /* of all shifts */
	struct shift shifts[MOST_SHIFTS];
	size_t n;
};

static void add_lookups(struct suite *suite, struct team *team, size_t threads)
{
	struct shift *shift = &team->shifts[team->n++];
	char shape[32];
	struct cell cell = {
		.op = "lookup",
		.shape = shape,
		.what = "lookups of all threads together",
		.x = (double)threads,
	};

	snprintf(shape, sizeof(shape), "t-%zu", threads);
	*shift = (struct shift){ .n = threads };
	put(suite, shift, &cell, team->ops, 0, threads);
	if (threads == 1)
		put(suite, shift, &reader_alone, team->ops, 0, 1);
}

static void add_shifts(struct suite *suite, struct team *team,
		       const size_t *counts, size_t n_counts)
{
	struct shift *beside = &team->shifts[SHIFT_BESIDE];
	struct shift *update = &team->shifts[SHIFT_UPDATE];
	struct shift *half = &team->shifts[SHIFT_HALF];
	struct shift *apart = &team->shifts[SHIFT_APART];

	*beside = (struct shift){ .n = 2 };
	*update = (struct shift){ .n = 1 };
	*half = (struct shift){ .n = 1 };
	*apart = (struct shift){ .n = 2 };
	put(suite, beside, &reader_beside, team->ops, 0, 1);
	put(suite, beside, &update_beside, team->ops, 1, 1);
	put(suite, update, &update_alone, team->ops, 0, 1);
	if (team->ops == &riotlb_subject) {
		put(suite, half, &reader_half, team->ops, 0, 1);
		put(suite, apart, &reader_apart, team->ops, 0, 1);
	}
	team->n = SHIFT_LOOKUP;
	for (size_t i = 0; i < n_counts; i++)
		add_lookups(suite, team, counts[i]);
	for (size_t i = 0; i < team->n; i++) {
		team->shifts[i].rounds = rounds_of(suite, team->ops);
		team->shifts[i].unit = 1e6;
	}
}

static bool team_wanted(const struct team *team)
{
	size_t rows = 0;

	for (size_t i = 0; i < team->n; i++)
		rows += team->shifts[i].outputs;
	return rows > 0;
}

static void team_refuse(struct suite *suite, struct team *team,
			enum row_state state, const char *why)
{
	for (size_t i = 0; i < team->n; i++)
		shift_refuse(suite, &team->shifts[i], state, why);
}

static void team_wrong(struct suite *suite, struct team *team, const char *why)
{
	for (size_t i = 0; i < team->n; i++)
		shift_wrong(suite, &team->shifts[i], why);
}

static struct worker reader_of(struct team *team, size_t shift, size_t k,
			       int cpu)
{
	if (shift == SHIFT_HALF || shift == SHIFT_APART)
		return lookup_worker(&team->reader_apart, cpu);
	return lookup_worker(&team->readers[k], cpu);
}

/* The shift's updater; NULL: it has none. */
static struct remap_job *updater_of(struct team *team, size_t shift)
{
	if (shift == SHIFT_BESIDE || shift == SHIFT_UPDATE)
		return &team->updates;
	return shift == SHIFT_APART ? &team->updates_apart : NULL;
}

/* Readers are on the first CPUs, the updater is on the second. */
static void staff(struct suite *suite, struct team *team, const int *cpus,
		  size_t n_cpus)
{
	struct worker *w = team->workers;
	int second = suite->cpu[1] < 0 ? suite->cpu[0] : suite->cpu[1];

	for (size_t i = 0; i < n_cpus; i++)
		team->readers[i] = lookup_job(&team->arena, i, n_cpus);
	team->reader_apart = lookup_job(&team->half, 0, 1);
	for (size_t i = 0; i < team->n; i++) {
		struct shift *shift = &team->shifts[i];
		struct remap_job *updater = updater_of(team, i);

		shift->workers = w;
		for (size_t k = 0; k < shift->n; k++)
			w[k] = reader_of(team, i, k, cpus[k]);
		if (updater)
			w[shift->n - 1] = remap_worker(updater, second);
		w += shift->n;
	}
	if (suite->cpu[1] < 0) {
		shift_refuse(suite, &team->shifts[SHIFT_BESIDE], ROW_NA,
			     one_cpu);
		shift_refuse(suite, &team->shifts[SHIFT_APART], ROW_NA,
			     one_cpu);
	}
}

/* Why the subject cannot hold the table; NULL: it can. */
static const char *unfit(const struct subject_ops *ops, size_t n, char *why,
			 size_t size)
{
	if (!ops->capacity || n <= ops->capacity)
		return NULL;
	snprintf(why, size, "n/a (pool %zu)", ops->capacity);
	return why;
}

static int make_jobs(struct team *team, struct rng *rng)
{
	size_t half = MAPPINGS / 2;
	int err = remap_job_make(&team->updates, &team->arena, 0, 1, MAPPINGS,
				 rng);

	if (!err)
		err = remap_job_make(&team->updates_apart, &team->arena, half,
				     1, half, rng);
	team->half = team->arena;
	team->half.keys = (struct key_set){ 0 };
	if (!err)
		err = key_set_make(&team->half.keys, team->arena.m, half, KEYS,
				   rng);
	return err;
}

static void team_set_up(struct suite *suite, struct team *team, const int *cpus,
			size_t n_cpus)
{
	struct rng rng = { .state = suite->seed };
	char text[64];
	const char *why;
	size_t workers = 0;
	int err;

	if (team->ops->missing) {
		team_refuse(suite, team, ROW_MISSING, team->ops->missing);
		return;
	}
	why = unfit(team->ops, MAPPINGS, text, sizeof(text));
	if (why) {
		team_refuse(suite, team, ROW_NA, why);
		return;
	}
	err = arena_open(&team->arena, team->ops, &dense, KEYS, &rng);
	if (err == -ENOTSUP) {
		team_refuse(suite, team, ROW_NA,
			    "it cannot hold such mappings");
		return;
	}
	if (!err)
		err = make_jobs(team, &rng);
	if (err) {
		team_wrong(suite, team, strerror(-err));
		return;
	}
	for (size_t i = 0; i < team->n; i++)
		workers += team->shifts[i].n;
	team->readers = suite_need(calloc(n_cpus, sizeof(*team->readers)));
	team->workers = suite_need(calloc(workers, sizeof(*team->workers)));
	staff(suite, team, cpus, n_cpus);
}

static void team_tear_down(struct suite *suite, struct team *team)
{
	if (team->arena.self && !arena_intact(&team->arena))
		team_wrong(suite, team, "left wrong contents behind");
	remap_job_free(&team->updates);
	remap_job_free(&team->updates_apart);
	if (team->half.keys.iova)
		key_set_free(&team->half.keys);
	arena_close(&team->arena);
	free(team->readers);
	free(team->workers);
}

/* All shifts that have a row, of all teams. */
static struct shift *gather(struct team *teams, size_t n_teams, size_t *n)
{
	struct shift *all =
		suite_need(calloc(n_teams * MOST_SHIFTS + 1, sizeof(*all)));

	*n = 0;
	for (size_t i = 0; i < n_teams; i++) {
		for (size_t k = 0; k < teams[i].n; k++) {
			if (teams[i].shifts[k].outputs)
				all[(*n)++] = teams[i].shifts[k];
		}
	}
	return all;
}

static void run_teams(struct suite *suite)
{
	int cpus[CREW_MOST];
	size_t counts[MOST_SHIFTS];
	size_t n_cpus = cpus_list(cpus, CREW_MOST);
	size_t n_counts = thread_counts(counts, n_cpus);
	struct team *teams =
		suite_need(calloc(suite_subject_count, sizeof(*teams)));
	struct shift *shifts;
	size_t n_teams = 0;
	size_t n;

	for (size_t i = 0; i < suite_subject_count; i++) {
		struct team *team = &teams[n_teams];

		team->ops = suite_subjects[i];
		add_shifts(suite, team, counts, n_counts);
		if (!team_wanted(team))
			continue;
		team_set_up(suite, team, cpus, n_cpus);
		n_teams++;
	}
	shifts = gather(teams, n_teams, &n);
	shifts_run(suite, shifts, n, suite->rounds, shift_seconds(suite));
	for (size_t i = 0; i < n_teams; i++)
		team_tear_down(suite, &teams[i]);
	free(shifts);
	free(teams);
}

/* ---- two updaters ------------------------------------------------------- */

enum {
	TWO_ENGINES,
	DISJOINT,
	SAME_REGION,
	PAIRS,
};

static const struct cell pair_cells[PAIRS] = {
	{ "updaters", "two-engines",
	  "unmap + map pairs of two updaters, each in a table of its own, "
	  "added up",
	  NAN },
	{ "updaters", "disjoint",
	  "unmap + map pairs of two updaters in halves of one table, added up",
	  NAN },
	{ "updaters", "same-region",
	  "unmap + map pairs of two updaters within 2 MiB, added up", NAN },
};

struct pair {
	struct arena arenas[2]; /* the second for TWO_ENGINES only */
	struct remap_job jobs[PAIRS][2];
	struct worker workers[PAIRS][2];
	struct shift shifts[PAIRS];
};

/* Halves of the table; of the first region every other mapping. */
static int make_job(struct pair *pair, size_t kind, size_t who, struct rng *rng)
{
	struct remap_job *job = &pair->jobs[kind][who];
	size_t half = MAPPINGS / 2;

	if (kind == SAME_REGION)
		return remap_job_make(job, &pair->arenas[0], who, 2,
				      REGION_MAPPINGS / 2, rng);
	return remap_job_make(job, &pair->arenas[kind == TWO_ENGINES ? who : 0],
			      who * half, 1, half, rng);
}

static int pair_set_up(struct suite *suite, struct pair *pair,
		       const struct subject_ops *ops)
{
	struct rng rng = { .state = suite->seed };
	int err = 0;

	for (size_t i = 0; i < 2 && !err; i++)
		err = arena_open(&pair->arenas[i], ops, &dense, KEYS, &rng);
	for (size_t kind = 0; kind < PAIRS && !err; kind++) {
		for (size_t who = 0; who < 2 && !err; who++) {
			err = make_job(pair, kind, who, &rng);
			pair->workers[kind][who] = remap_worker(
				&pair->jobs[kind][who], suite->cpu[who]);
		}
		pair->shifts[kind].workers = pair->workers[kind];
		pair->shifts[kind].n = 2;
	}
	return err;
}

static void pair_tear_down(struct suite *suite, struct pair *pair)
{
	bool intact = true;

	for (size_t i = 0; i < 2; i++) {
		if (pair->arenas[i].self && !arena_intact(&pair->arenas[i]))
			intact = false;
	}
	for (size_t kind = 0; kind < PAIRS; kind++) {
		if (!intact)
			shift_wrong(suite, &pair->shifts[kind],
				    "left wrong contents behind");
		for (size_t who = 0; who < 2; who++)
			remap_job_free(&pair->jobs[kind][who]);
	}
	for (size_t i = 0; i < 2; i++)
		arena_close(&pair->arenas[i]);
}

static void pair_play(struct suite *suite, struct pair *pair,
		      const struct subject_ops *ops)
{
	char text[64];
	const char *why = ops->missing;
	enum row_state state = why ? ROW_MISSING : ROW_NA;
	int err;

	if (!why && suite->cpu[1] < 0)
		why = one_cpu;
	if (!why)
		why = unfit(ops, MAPPINGS, text, sizeof(text));
	if (why) {
		for (size_t kind = 0; kind < PAIRS; kind++)
			shift_refuse(suite, &pair->shifts[kind], state, why);
		return;
	}
	err = pair_set_up(suite, pair, ops);
	for (size_t kind = 0; err && kind < PAIRS; kind++) {
		if (err == -ENOTSUP)
			shift_refuse(suite, &pair->shifts[kind], ROW_NA,
				     "it cannot hold such mappings");
		else
			shift_wrong(suite, &pair->shifts[kind], strerror(-err));
	}
	shifts_run(suite, pair->shifts, PAIRS, rounds_of(suite, ops),
		   shift_seconds(suite));
	pair_tear_down(suite, pair);
}

static void run_pairs(struct suite *suite)
{
	for (size_t i = 0; i < suite_subject_count; i++) {
		const struct subject_ops *ops = suite_subjects[i];
		struct pair pair = { .shifts = { { .n = 0 } } };
		size_t rows = 0;

		for (size_t kind = 0; kind < PAIRS; kind++) {
			put(suite, &pair.shifts[kind], &pair_cells[kind], ops,
			    0, 2);
			rows += pair.shifts[kind].outputs;
			pair.shifts[kind].rounds = rounds_of(suite, ops);
			pair.shifts[kind].unit = 1e6;
		}
		if (rows)
			pair_play(suite, &pair, ops);
	}
}

/* ---- the part ----------------------------------------------------------- */

static size_t wants(const struct suite *suite, const struct cell *cell,
		    const struct subject_ops *ops)
{
	return suite_wants(suite, "threads", cell->op, cell->shape, ops->name);
}

/* Shifts; an ops that is missing has some too, for its rows' sake. */
static size_t team_shifts(const struct suite *suite,
			  const struct subject_ops *ops)
{
	int cpus[CREW_MOST];
	size_t counts[MOST_SHIFTS];
	size_t n = thread_counts(counts, cpus_list(cpus, CREW_MOST));
	size_t shifts = wants(suite, &reader_alone, ops) +
			wants(suite, &reader_beside, ops) +
			wants(suite, &update_alone, ops) +
			wants(suite, &update_beside, ops);

	if (ops == &riotlb_subject)
		shifts += wants(suite, &reader_half, ops) +
			  wants(suite, &reader_apart, ops);
	for (size_t i = 0; i < n; i++) {
		char shape[32];

		snprintf(shape, sizeof(shape), "t-%zu", counts[i]);
		shifts += suite_wants(suite, "threads", "lookup", shape,
				      ops->name);
	}
	return shifts;
}

static size_t pair_shifts(const struct suite *suite,
			  const struct subject_ops *ops)
{
	size_t shifts = 0;

	for (size_t kind = 0; kind < PAIRS; kind++)
		shifts += wants(suite, &pair_cells[kind], ops);
	return shifts;
}

static double expected(const struct suite *suite,
		       size_t (*shifts)(const struct suite *suite,
					const struct subject_ops *ops))
{
	double seconds = 0;

	for (size_t i = 0; i < suite_subject_count; i++) {
		const struct subject_ops *ops = suite_subjects[i];
		size_t n = shifts(suite, ops);

		seconds += 1e-3 * (double)n;
		if (!ops->missing)
			seconds += (double)(n * rounds_of(suite, ops)) *
				   shift_seconds(suite);
	}
	return seconds;
}

void part_threads(struct suite *suite, bool plan)
{
	double teams = expected(suite, team_shifts);
	double pairs = expected(suite, pair_shifts);

	if (plan) {
		suite_plan(suite, teams);
		suite_plan(suite, pairs);
		return;
	}
	if (teams > 0) {
		suite_step(suite, "readers and an updater", teams);
		run_teams(suite);
	}
	if (pairs > 0) {
		suite_step(suite, "two updaters", pairs);
		run_pairs(suite);
	}
}
