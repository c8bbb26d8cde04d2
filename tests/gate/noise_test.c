/* SPDX-License-Identifier: MIT */
/*
 * How often the rules deceive, on noise that was made up: pairs of a machine
 * whose speed drifts, with bursts, where nothing changed or something did.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "judge.h"
#include "made.h"
#include "stats.h"

#define ROWS 8
#define PAIRS 20

struct noise {
	double drift;  /* spread of what both sides of a pair feel alike */
	double rho;    /* how much of it stays until the next pair */
	double apart;  /* spread of what each side feels alone */
	double spikes; /* chance that one side is hit */
};

/* A row as its pairs would come one after the other. */
static void drift_row(struct gate *gate, size_t at, double slower,
		      const struct noise *noise, struct rng *rng)
{
	double drift = noise->drift * made_normal(rng);
	struct gate_row *row;
	char name[16];

	snprintf(name, sizeof(name), "row/%zu", at);
	row = made_row_of(gate, name, PAIRS, 20, slower, 0, rng);
	for (size_t i = 0; i < PAIRS; i++) {
		double side[2];

		drift = noise->rho * drift +
			noise->drift * sqrt(1 - noise->rho * noise->rho) *
				made_normal(rng);
		for (int s = 0; s < 2; s++) {
			side[s] = drift + noise->apart * made_normal(rng);
			if (made_uniform(rng) < noise->spikes)
				side[s] += 0.3 * made_uniform(rng);
		}
		row->pairs[i].base = 20 * exp(side[0]);
		row->pairs[i].head = 20 * (1 + slower) * exp(side[1]);
	}
}

struct tally {
	size_t runs;       /* with a row that failed */
	size_t rows;       /* that were slowed down and failed */
	size_t could;      /* that said that they could see that much */
	size_t could_fail; /* and failed */
	size_t silent;     /* inconclusive */
};

static struct tally play(size_t runs, double slower, const struct noise *noise,
			 uint64_t seed)
{
	struct tally tally = { 0 };
	struct rng rng = { seed };

	for (size_t run = 0; run < runs; run++) {
		struct gate gate;

		made_sides(&gate);
		for (size_t i = 0; i < ROWS; i++)
			drift_row(&gate, i, slower, noise, &rng);
		made_judge(&gate);
		tally.runs += gate.status == STATUS_REGRESSION;
		for (size_t i = 0; i < ROWS; i++) {
			const struct finding *f = &gate.rows[i].found;
			bool could = f->visible <= log1p(slower);
			bool failed = f->verdict == VERDICT_FAIL;

			tally.rows += failed;
			tally.could += could;
			tally.could_fail += could && failed;
			tally.silent += f->verdict == VERDICT_INCONCLUSIVE;
		}
		gate_free(&gate);
	}
	return tally;
}

static const struct noise noises[] = {
	{ 0.05, 0.8, 0.005, 0 },    { 0.05, 0.8, 0.01, 0.05 },
	{ 0.10, 0.95, 0.02, 0.05 }, { 0.02, 0.0, 0.04, 0.10 },
	{ 0.30, 0.99, 0.003, 0.2 },
};

#define NOISES (sizeof(noises) / sizeof(*noises))

/* The bound is that of the rules, 1 % of all runs, whatever the noise. */
static void test_false_alarms(void **state)
{
	(void)state;
	for (size_t i = 0; i < NOISES; i++) {
		size_t n = 1000;
		struct tally t = play(n, 0, &noises[i], 100 + i);
		double high = stats_rate_high(t.runs, n, 0.05);

		print_message("noise %zu: %zu of %zu runs fail (at most %.2f "
			      "%%), %.0f %% of rows inconclusive\n",
			      i, t.runs, n, 100 * high,
			      100.0 * (double)t.silent / (double)(n * ROWS));
		assert_true(high <= 0.01);
	}
}

/* At the margin itself the rules may use up what they are allowed. */
static void test_alarms_at_the_margin(void **state)
{
	size_t n = 2000;
	struct tally t;

	(void)state;
	t = play(n, 0.01, &noises[1], 200);
	print_message("at the margin: %zu of %zu\n", t.runs, n);
	assert_true(stats_rate_low(t.runs, n, 0.01) <= 0.01);
}

/* A row that says that it can see a change sees it as often as it says. */
static void test_what_is_visible_is_seen(void **state)
{
	static const double slower[] = { 0.03, 0.05, 0.10 };

	(void)state;
	for (size_t i = 0; i < NOISES; i++) {
		for (size_t k = 0; k < 3; k++) {
			struct tally t =
				play(100, slower[k], &noises[i], 300 + i);

			print_message("noise %zu, %+.0f %%: %zu of %zu rows "
				      "say they see it, %zu of them do\n",
				      i, slower[k] * 100, t.could,
				      (size_t)100 * ROWS, t.could_fail);
			if (t.could < 50)
				continue;
			assert_true(stats_rate_high(t.could_fail, t.could,
						    0.01) >= 0.95);
		}
	}
}

/* On a machine worth the name nearly all rows can see 5 %. */
static void test_quiet_machines_are_not_silent(void **state)
{
	struct tally t = play(200, 0.05, &noises[0], 400);

	(void)state;
	assert_true(t.could * 100 >= 95 * 200 * ROWS);
	t = play(200, 0, &noises[0], 401);
	assert_true(t.silent * 100 <= 200 * ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_false_alarms),
		cmocka_unit_test(test_alarms_at_the_margin),
		cmocka_unit_test(test_what_is_visible_is_seen),
		cmocka_unit_test(test_quiet_machines_are_not_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
