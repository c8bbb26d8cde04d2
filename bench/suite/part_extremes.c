/* SPDX-License-Identifier: MIT */
/*
 * The worst tables that we know of, and one that is very large: memory, and
 * steps of a lookup. Nothing here is timed.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extremes.h"
#include "suite.h"

#define KI 1024ull
#define MI (1024ull * 1024)
#define GI (1024.0 * 1024 * 1024)
/* 8.4 million: one in each 2 MiB of 16 TiB */
#define LARGE_COUNT (8 * MI)
#define LARGE_NAME "8mi-4k-every-2m"
#define LARGE_SECONDS 5.0
#define SMALL_SECONDS 0.03

static const struct {
	const char *name;
	size_t n;
	double seconds;
} sizes[] = {
	{ "1ki", KI, SMALL_SECONDS },
	{ "64ki", 64 * KI, 0.3 },
};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

enum {
	BYTES,
	LOADS,
	KINDS,
};

static const char *const kind_group[KINDS] = { "memory", "exact" };
static const char *const kind_op[KINDS] = { "bytes", "dependent-loads" };
static const char *const kind_unit[KINDS] = { "B", "loads" };

struct table {
	const struct adversary *adversary;
	size_t size;
	bool grown;
	char name[64];
};

static size_t tables(const struct suite *suite, struct table *all)
{
	size_t n = 0;

	for (size_t i = 0; i < adversary_count * SIZES * 2; i++) {
		struct table *t = &all[n];

		t->adversary = &adversaries[i / (SIZES * 2)];
		t->size = i / 2 % SIZES;
		t->grown = i % 2;
		/* what is unmapped again would be millions of single calls */
		if (t->adversary->left_of > 1 &&
		    (t->grown || sizes[t->size].n * t->adversary->left_of > MI))
			continue;
		if (suite->quick && t->grown && t->size > 0)
			continue;
		snprintf(t->name, sizeof(t->name), "adversarial-%s-%s%s",
			 t->adversary->name, sizes[t->size].name,
			 t->grown ? "-grown" : "");
		n++;
	}
	return n;
}

static bool wanted(const struct suite *suite, const struct table *t, size_t k)
{
	return suite_wants(suite, kind_group[k], kind_op[k], t->name, "riotlb");
}

static void measure(struct suite *suite, const struct table *t)
{
	struct extreme extreme = { .bytes = NAN };
	int err = extreme_measure(t->adversary, sizes[t->size].n, t->grown,
				  &suite->rng, &extreme);

	for (size_t k = 0; k < KINDS; k++) {
		struct row like = {
			.group = kind_group[k],
			.op = kind_op[k],
			.shape = t->name,
			.subject = "riotlb",
			.what = t->adversary->what,
			.unit = kind_unit[k],
			.x = NAN,
		};
		struct row *row;

		if (!wanted(suite, t, k))
			continue;
		row = results_add(suite->results, &like);
		if (err)
			suite_wrong(suite, row,
				    err == -EIO ? "it does not hold what it "
						  "was given"
						: strerror(-err));
		else
			suite_exact(suite, row,
				    k == BYTES ? extreme.bytes
					       : (double)extreme.loads);
	}
}

static bool large_wanted(const struct suite *suite)
{
	return suite_wants(suite, "memory", "total", LARGE_NAME, "riotlb");
}

static void measure_large(struct suite *suite)
{
	struct row *row = results_add(
		suite->results,
		&(struct row){
			.group = "memory",
			.op = "total",
			.shape = LARGE_NAME,
			.subject = "riotlb",
			.what = "all tables of 8.4 million mappings of 4 KiB "
				"over 16 TiB",
			.unit = "GiB",
			.x = NAN,
		});
	uint64_t bytes = 0;
	int err =
		extreme_total(LARGE_COUNT, 2 * MI, 4 * KI, &suite->rng, &bytes);

	if (err)
		suite_wrong(suite, row,
			    err == -EIO ? "mappings are missing"
					: strerror(-err));
	else
		suite_exact(suite, row, (double)bytes / GI);
}

void part_extremes(struct suite *suite, bool plan)
{
	struct table all[64];
	size_t n = tables(suite, all);

	for (size_t i = 0; i < n; i++) {
		bool any = wanted(suite, &all[i], BYTES);

		any |= wanted(suite, &all[i], LOADS);
		if (!any)
			continue;
		if (plan) {
			suite_plan(suite, sizes[all[i].size].seconds);
			continue;
		}
		suite_step(suite, all[i].name, sizes[all[i].size].seconds);
		measure(suite, &all[i]);
	}
	if (!large_wanted(suite))
		return;
	if (plan) {
		suite_plan(suite, LARGE_SECONDS);
		return;
	}
	suite_step(suite, "8.4 million mappings", LARGE_SECONDS);
	measure_large(suite);
}
