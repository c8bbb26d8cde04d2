/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resets.h"

/* A subject that keeps account of what is asked of it. */
struct fake {
	size_t held;   /* mappings */
	size_t builds; /* of the table, and of what is below it */
	size_t unders;
	size_t resets;
	size_t reset_with; /* mappings held at the last reset */
	bool survives;
	bool refuses;
	unsigned spin; /* how long a reset takes */
};

static int fake_replace(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct fake *fake = ctx;

	(void)m;
	if (fake->refuses)
		return -12;
	fake->held = n;
	if (n == 1)
		fake->builds++;
	else
		fake->unders++;
	return 0;
}

static void fake_reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct fake *fake = ctx;

	(void)m;
	(void)n;
	fake->resets++;
	fake->reset_with = fake->held;
	for (volatile unsigned i = 0; i < fake->spin; i++)
		;
	if (!fake->survives)
		fake->held = 0;
}

/* An identity default, or the mappings. */
static bool fake_translate(void *ctx, uint64_t iova, uint64_t *addr)
{
	struct fake *fake = ctx;

	*addr = fake->held ? iova + 4096 : iova;
	return true;
}

static void fake_settle(void *ctx)
{
	(void)ctx;
}

static const struct subject_ops fake_ops = {
	.name = "fake",
	.replace = fake_replace,
	.reset = fake_reset,
	.translate = fake_translate,
	.settle = fake_settle,
};

static const struct riotlb_mapping table[2] = {
	{ .start = 4096, .last = 8191, .addr = 8192, .perm = RIOTLB_RW },
	{ .start = 8192, .last = 12287, .addr = 12288, .perm = RIOTLB_RW },
};

static struct reset_case case_of(struct fake *fake)
{
	return (struct reset_case){
		.ops = &fake_ops,
		.self = fake,
		.under = table,
		.n_under = 2,
		.m = table,
		.n = 1,
	};
}

static int set_up(void **state)
{
	(void)state;
	clock_init();
	return cache_flush_init();
}

static void test_counts_and_order(void **state)
{
	struct fake fakes[2] = { { .spin = 200 }, { .spin = 400000 } };
	struct reset_case cases[2] = { case_of(&fakes[0]), case_of(&fakes[1]) };
	struct rng rng = { 1 };

	(void)state;
	assert_true(resets_round(cases, 2, 6, RESET_FLUSHED, &rng));
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(fakes[i].resets, 6);
		assert_int_equal(fakes[i].builds, 6);
		assert_int_equal(fakes[i].unders, 6);
		/* the table itself was there, not what is below it */
		assert_int_equal(fakes[i].reset_with, 1);
		assert_true(cases[i].ns >= clock_facts.quantum_ns);
		assert_true(cases[i].cpu_ns > 0);
	}
	/* 2000 times as much work */
	assert_true(cases[1].ns > cases[0].ns);
	assert_true(cases[1].cpu_ns > cases[0].cpu_ns);
}

static void test_survivor_is_wrong(void **state)
{
	struct fake fake = { .survives = true };
	struct reset_case c = case_of(&fake);
	struct rng rng = { 1 };

	(void)state;
	assert_false(resets_round(&c, 1, 2, RESET_AS_BUILT, &rng));
	assert_true(c.wrong);
	assert_non_null(strstr(c.problem, "survives"));
}

static void test_refusal_is_no_wrong_answer(void **state)
{
	struct fake fake = { .refuses = true };
	struct reset_case c = case_of(&fake);
	struct rng rng = { 1 };

	(void)state;
	assert_false(resets_round(&c, 1, 2, RESET_AS_BUILT, &rng));
	assert_false(c.wrong);
	assert_non_null(c.problem);
	assert_int_equal(fake.resets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_and_order),
		cmocka_unit_test(test_survivor_is_wrong),
		cmocka_unit_test(test_refusal_is_no_wrong_answer),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
