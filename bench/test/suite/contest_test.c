/* SPDX-License-Identifier: MIT */
/* The frame that measures: contests, the filter, rows. */
#include <math.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "suite/frame.h"

#define ROUNDS 7

static struct suite suite;

static int set_up(void **state)
{
	(void)state;
	suite = (struct suite){
		.rounds = ROUNDS,
		.sample_ns = 100000,
		.budget_ns = 1e9,
		.rng = { 1 },
	};
	suite.results = results_create();
	return suite.results ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	results_destroy(suite.results);
	frame_filter(NULL);
	return 0;
}

static struct row *row(const char *subject)
{
	return suite_row(&suite, "lookup", "one", "shape", subject);
}

/* A body that takes as long as it likes: time is what it says it is. */
struct body {
	double ns; /* of an iteration */
	const char *wrong;
	bool refuse_before;
	bool refuse_after;
	int runs;
	int before;
	int after;
	uint64_t iterations;
	char *trace; /* gets `letter` in each run */
	char letter;
};

static void run(cb_state *state, void *arg)
{
	struct body *b = arg;

	CB_LOOP(state)
	cb_set_iteration_time(state, b->ns * 1e-9);
	b->runs++;
	b->iterations = cb_iterations(state);
	if (b->trace)
		b->trace[strlen(b->trace)] = b->letter;
	if (b->wrong)
		cb_skip_error(state, b->wrong);
}

static bool before(void *ctx)
{
	struct body *b = ctx;

	b->before++;
	return !b->refuse_before;
}

static bool after(void *ctx)
{
	struct body *b = ctx;

	b->after++;
	return !b->refuse_after;
}

static struct trial trial_of(struct body *body, const char *subject)
{
	return (struct trial){
		.row = row(subject),
		.run = run,
		.ctx = body,
		.per_iteration = 4,
		.iterations = 10,
		.manual_time = true,
		.before = before,
		.after = after,
	};
}

/* ---- contests ----------------------------------------------------------- */

static void test_values(void **state)
{
	struct body body = { .ns = 100 };
	struct trial trial = trial_of(&body, "a");

	(void)state;
	suite_contest(&suite, &trial, 1, ROUNDS);
	assert_int_equal(trial.row->state, ROW_VALUE);
	assert_int_equal(trial.row->rounds, ROUNDS);
	/* per operation, not per iteration */
	assert_true(fabs(trial.row->value.median - 25) < 0.01);
	assert_int_equal(body.iterations, 10);
	assert_int_equal(body.runs, ROUNDS + 1); /* one to calibrate */
	assert_int_equal(body.before, body.runs);
	assert_int_equal(body.after, body.runs);
	assert_false(suite.failed);
}

static void busy(cb_state *state, void *arg)
{
	struct body *b = arg;

	CB_LOOP(state)
	{
		for (volatile int i = 0; i < 100; i++)
			;
	}
	b->iterations = cb_iterations(state);
}

static void test_calibration(void **state)
{
	struct body body = { .ns = 0 };
	struct trial trial = {
		.row = row("a"), .run = busy, .ctx = &body, .per_iteration = 1
	};

	(void)state;
	suite_contest(&suite, &trial, 1, ROUNDS);
	assert_true(trial.row->value.median > 0);
	/* an iteration is some hundred cycles, a sample 100 us */
	assert_true(body.iterations > 10);
	assert_true(body.iterations < 1000000);
}

static void test_every_round_has_everyone(void **state)
{
	char trace[4 * (ROUNDS + 1) + 1] = "";
	struct body bodies[4];
	struct trial trials[4];
	bool shuffled = false;

	(void)state;
	for (int i = 0; i < 4; i++) {
		char name[2] = { (char)('a' + i), '\0' };

		bodies[i] = (struct body){ .ns = 10,
					   .trace = trace,
					   .letter = name[0] };
		trials[i] = trial_of(&bodies[i], name);
	}
	suite_contest(&suite, trials, 4, ROUNDS);
	assert_int_equal(strlen(trace), 4 * (ROUNDS + 1));
	for (int round = 1; round <= ROUNDS; round++) {
		for (char c = 'a'; c <= 'd'; c++)
			assert_non_null(memchr(trace + 4 * round, c, 4));
		shuffled |= memcmp(trace + 4 * round, "abcd", 4) != 0;
	}
	assert_true(shuffled);
}

static void test_over_budget(void **state)
{
	struct body slow = { .ns = 10 };
	struct body fast = { .ns = 10 };
	struct trial trials[2];

	(void)state;
	suite.budget_ns = 1; /* nothing is as fast as that */
	trials[0] = trial_of(&slow, "slow");
	suite_contest(&suite, trials, 1, ROUNDS);
	assert_int_equal(trials[0].row->state, ROW_OVER);
	assert_int_equal(slow.runs, 1);
	/* 1 ns in 10 iterations of 4 operations */
	assert_true(fabs(trials[0].row->value.low - 0.025) < 1e-9);
	assert_non_null(strstr(trials[0].row->why, "more than 1e-06 ms"));
	assert_false(suite.failed);

	/* the others go on */
	suite.budget_ns = 1e9;
	trials[1] = trial_of(&fast, "fast");
	suite_contest(&suite, trials + 1, 1, ROUNDS);
	assert_int_equal(trials[1].row->state, ROW_VALUE);
}

static void test_wrong_answer(void **state)
{
	struct body bad = { .ns = 10, .wrong = "a lookup was wrong" };
	struct body good = { .ns = 10 };
	struct trial trials[2];

	(void)state;
	trials[0] = trial_of(&bad, "bad");
	trials[1] = trial_of(&good, "good");
	suite_contest(&suite, trials, 2, ROUNDS);
	assert_int_equal(trials[0].row->state, ROW_FAILED);
	assert_string_equal(trials[0].row->why, "a lookup was wrong");
	assert_int_equal(bad.runs, 1);
	assert_int_equal(trials[1].row->state, ROW_VALUE);
	assert_true(suite.failed);
}

static void test_refused_before(void **state)
{
	struct body body = { .ns = 10, .refuse_before = true };
	struct trial trial = trial_of(&body, "a");

	(void)state;
	suite_contest(&suite, &trial, 1, ROUNDS);
	assert_int_equal(trial.row->state, ROW_FAILED);
	assert_int_equal(body.runs, 0);
	assert_true(suite.failed);
}

static void test_refused_after(void **state)
{
	struct body body = { .ns = 10, .refuse_after = true };
	struct trial trial = trial_of(&body, "a");

	(void)state;
	suite_contest(&suite, &trial, 1, ROUNDS);
	assert_int_equal(trial.row->state, ROW_FAILED);
	assert_int_equal(body.after, 1);
	assert_true(suite.failed);
}

static void erratic(cb_state *state, void *arg)
{
	struct body *b = arg;
	double ns = b->runs++ % 2 ? 10 : 100;

	CB_LOOP(state)
	cb_set_iteration_time(state, ns * 1e-9);
}

static void test_noise(void **state)
{
	struct body body = { .ns = 10 };
	struct trial trial = trial_of(&body, "a");

	(void)state;
	trial.run = erratic;
	suite_contest(&suite, &trial, 1, ROUNDS);
	assert_int_equal(trial.row->state, ROW_UNRESOLVED);
	assert_non_null(strstr(trial.row->why, "noise"));
	assert_int_equal(trial.row->rounds, ROUNDS);
}

static void test_nobody(void **state)
{
	(void)state;
	suite_contest(&suite, NULL, 0, ROUNDS);
	assert_int_equal(results_count(suite.results), 0);
}

/* ---- rows --------------------------------------------------------------- */

static void test_exact(void **state)
{
	struct row *r = row("a");

	(void)state;
	suite_exact(&suite, r, 42);
	assert_int_equal(r->state, ROW_VALUE);
	assert_true(r->value.low == 42 && r->value.high == 42);
	assert_string_equal(r->unit, "ns");
	assert_true(isnan(r->x));
}

static void test_filter(void **state)
{
	regex_t only;

	(void)state;
	assert_int_equal(regcomp(&only, "^lookup/.*/(riotlb|maple)$",
				 REG_EXTENDED | REG_NOSUB),
			 0);
	assert_true(suite_wants(&suite, "update", "one", "s", "riotlb"));
	frame_filter(&only);
	assert_true(suite_wants(&suite, "lookup", "one", "s", "riotlb"));
	assert_true(suite_wants(&suite, "lookup", "one", "s", "maple"));
	assert_false(suite_wants(&suite, "lookup", "one", "s", "maple2"));
	assert_false(suite_wants(&suite, "update", "one", "s", "riotlb"));
	regfree(&only);
}

static void test_collecting(void **state)
{
	(void)state;
	suite_wants(&suite, "a", "b", "c", "d");
	frame_collect();
	suite_wants(&suite, "lookup", "one", "s", "riotlb");
	suite_wants(&suite, "lookup", "one", "s", "maple");
	suite_wants(&suite, "lookup", "one", "s", "riotlb");
	assert_int_equal(frame_collected(false), 2);
	suite_wants(&suite, "lookup", "one", "s", "vhost");
	frame_collect();
	assert_int_equal(frame_collected(false), 0);
}

static void test_subjects(void **state)
{
	(void)state;
	assert_ptr_equal(suite_subjects[0], &riotlb_subject);
	assert_true(suite_subject_count > 2);
	for (size_t i = 0; i < suite_subject_count; i++) {
		const struct subject_ops *ops = suite_subjects[i];

		suite.peers = true;
		assert_true(frame_takes(&suite, ops));
		suite.peers = false;
		assert_int_equal(frame_takes(&suite, ops),
				 !strcmp(ops->name, "riotlb") ||
					 !strcmp(ops->name, "radix") ||
					 !strcmp(ops->name, "flat"));
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values),
		TEST(test_calibration),
		TEST(test_every_round_has_everyone),
		TEST(test_over_budget),
		TEST(test_wrong_answer),
		TEST(test_refused_before),
		TEST(test_refused_after),
		TEST(test_noise),
		TEST(test_nobody),
		TEST(test_exact),
		TEST(test_filter),
		TEST(test_collecting),
		TEST(test_subjects),
	};

	clock_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
