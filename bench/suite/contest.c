/* SPDX-License-Identifier: MIT */
/*
 * Trials that are to be compared take turns, in an order drawn anew in every
 * round, so that whatever the machine does to one it does to all. Each turn is
 * one run of a Google Benchmark with a number of iterations fixed beforehand.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

/* A calibrating sample of this share of the aim says enough about the rest. */
#define CALIBRATE_SHARE 0.25
#define MOST_GROWTH 1000.0
#define MOST_ITERATIONS 1e9
/* The middle half of the samples spans more than this factor: only noise. */
#define NOISE_FACTOR 3.0

struct turn {
	struct trial *trial;
	struct cb_benchmark *bench;
	uint64_t iterations;
	double *samples;
	double wall_ns; /* of the last sample */
	bool out;
};

/* An answer or an update was wrong. */
static bool wrong(struct suite *suite, struct turn *turn, const char *why)
{
	suite_wrong(suite, turn->trial->row, why);
	turn->out = true;
	return false;
}

/* One sample, in ns per operation. */
static bool sample(struct suite *suite, struct turn *turn, double *ns)
{
	struct trial *t = turn->trial;
	struct cb_run run;
	uint64_t began;
	int err;

	if (t->before && !t->before(t->ctx))
		return wrong(suite, turn, "could not be prepared");
	cb_fix_iterations(turn->bench, turn->iterations);
	began = clock_posix();
	err = cb_run_one(turn->bench, &run);
	turn->wall_ns = (double)(clock_posix() - began);
	if (err)
		return wrong(suite, turn, strerror(-err));
	if (run.skipped)
		return wrong(suite, turn, run.message);
	/* with manual time, what is not timed takes its time all the same */
	if (!t->manual_time)
		turn->wall_ns = run.seconds_per_iteration * 1e9 *
				(double)turn->iterations;
	*ns = run.seconds_per_iteration * 1e9 / t->per_iteration;
	if (t->after && !t->after(t->ctx))
		return wrong(suite, turn, "left wrong contents behind");
	return true;
}

static bool over_budget(struct suite *suite, struct turn *turn)
{
	struct row *row = turn->trial->row;
	double operations =
		(double)turn->iterations * turn->trial->per_iteration;
	char why[64];

	if (turn->trial->patient || turn->wall_ns <= suite->budget_ns)
		return false;
	snprintf(why, sizeof(why), "a sample takes more than %g ms",
		 suite->budget_ns / 1e6);
	results_refuse(suite->results, row, ROW_OVER, why);
	row->value.low = suite->budget_ns / operations;
	turn->out = true;
	return true;
}

static double grown(double iterations, double factor)
{
	if (factor > MOST_GROWTH)
		factor = MOST_GROWTH;
	iterations *= factor;
	if (iterations > MOST_ITERATIONS)
		iterations = MOST_ITERATIONS;
	return iterations < 1 ? 1 : iterations;
}

static void calibrate(struct suite *suite, struct turn *turn)
{
	double aim = suite->sample_ns;
	bool fixed = turn->trial->iterations != 0;
	double ns;

	turn->iterations = fixed ? turn->trial->iterations : 1;
	if (!sample(suite, turn, &ns) || over_budget(suite, turn) || fixed)
		return;
	while (turn->wall_ns < CALIBRATE_SHARE * aim &&
	       (double)turn->iterations < MOST_ITERATIONS) {
		double factor = aim / (turn->wall_ns + 1);

		turn->iterations = (uint64_t)grown((double)turn->iterations,
						   factor > 2 ? factor : 2);
		if (!sample(suite, turn, &ns))
			return;
	}
	turn->iterations = (uint64_t)grown((double)turn->iterations,
					   aim / (turn->wall_ns + 1));
}

static void begin(struct turn *turn, struct trial *trial, size_t rounds)
{
	turn->trial = trial;
	turn->samples = suite_calloc(rounds, sizeof(*turn->samples));
	turn->bench = cb_register(trial->row->name, trial->run, trial->ctx);
	if (!turn->bench)
		suite_cannot(cb_error(), -ENOMEM);
	if (trial->manual_time)
		cb_use_manual_time(turn->bench);
	else
		cb_use_real_time(turn->bench);
}

static void finish(struct suite *suite, struct turn *turn, size_t rounds)
{
	struct row *row = turn->trial->row;

	if (!turn->out) {
		results_fill(suite->results, row, turn->samples, rounds);
		if (row->state == ROW_VALUE &&
		    row->p75 > NOISE_FACTOR * row->p25)
			results_refuse(suite->results, row, ROW_UNRESOLVED,
				       "noise: the middle half of the samples "
				       "differs by more than a factor of 3");
	}
	free(turn->samples);
	cb_unregister(turn->bench);
}

static void play(struct suite *suite, struct turn *turns, size_t n,
		 size_t rounds)
{
	uint32_t *order = suite_calloc(n, sizeof(*order));

	for (size_t round = 0; round < rounds; round++) {
		rng_permutation(&suite->rng, order, n);
		for (size_t i = 0; i < n; i++) {
			struct turn *turn = &turns[order[i]];

			if (!turn->out)
				sample(suite, turn, &turn->samples[round]);
		}
	}
	free(order);
}

void suite_contest(struct suite *suite, struct trial *trials, size_t n,
		   size_t rounds)
{
	struct turn *turns;

	if (n == 0)
		return;
	turns = suite_calloc(n, sizeof(*turns));
	for (size_t i = 0; i < n; i++) {
		begin(&turns[i], &trials[i], rounds);
		calibrate(suite, &turns[i]);
	}
	play(suite, turns, n, rounds);
	for (size_t i = 0; i < n; i++)
		finish(suite, &turns[i], rounds);
	free(turns);
}
