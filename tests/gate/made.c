/* SPDX-License-Identifier: MIT */
#include "made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "judge.h"

static void made_side(struct side *side, const char *given, const char *code)
{
	snprintf(side->given, sizeof(side->given), "%s", given);
	snprintf(side->kind, sizeof(side->kind), "build");
	snprintf(side->compiler, sizeof(side->compiler), "cc 12");
	snprintf(side->flags, sizeof(side->flags), "-O3");
	snprintf(side->runtime, sizeof(side->runtime), "libc 2");
	snprintf(side->code, sizeof(side->code), "%s", code);
}

void made_sides(struct gate *gate)
{
	gate_init(gate);
	made_side(&gate->base, "before", "aaaa");
	made_side(&gate->head, "after", "bbbb");
}

double made_uniform(struct rng *rng)
{
	return ((double)(rng_next(rng) >> 11) + 0.5) * 0x1p-53;
}

double made_normal(struct rng *rng)
{
	return sqrt(-2 * log(made_uniform(rng))) *
	       cos(2 * acos(-1) * made_uniform(rng));
}

struct gate_row *made_row_of(struct gate *gate, const char *name, size_t pairs,
			     double base, double slower, double noise,
			     struct rng *rng)
{
	struct gate_row *row = gate_add_row(gate, name);

	assert_non_null(row);
	row->base_unit = strdup("ns");
	row->head_unit = strdup("ns");
	row->iterations = 1000;
	row->planned = pairs;
	row->first = pairs;
	for (size_t i = 0; i < pairs; i++) {
		/* what drifts moves both */
		double at = base * (1 + 0.1 * made_uniform(rng));
		struct pair pair = {
			.base = at,
			.head = at * (1 + slower) *
				exp(noise * made_normal(rng)),
			.at = (double)i,
		};

		assert_int_equal(row_add_pair(row, pair), 0);
	}
	return row;
}

struct gate_row *made_row(struct gate *gate, const char *name, double base,
			  double slower, double noise, struct rng *rng)
{
	return made_row_of(gate, name, MADE_PAIRS, base, slower, noise, rng);
}

void made_judge(struct gate *gate)
{
	assert_int_equal(judge(gate), 0);
}

struct gate_row *made_find(struct gate *gate, const char *name)
{
	for (size_t i = 0; i < gate->count; i++) {
		if (strcmp(gate->rows[i].name, name) == 0)
			return &gate->rows[i];
	}
	fail_msg("no row %s", name);
	return NULL;
}

void made_swap(struct gate *gate)
{
	struct side side = gate->base;

	gate->base = gate->head;
	gate->head = side;
	for (size_t i = 0; i < gate->count; i++) {
		struct gate_row *row = &gate->rows[i];
		char *unit = row->base_unit;

		row->base_unit = row->head_unit;
		row->head_unit = unit;
		for (size_t k = 0; k < row->count; k++) {
			double base = row->pairs[k].base;

			row->pairs[k].base = row->pairs[k].head;
			row->pairs[k].head = base;
		}
	}
}
