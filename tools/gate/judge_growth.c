/* SPDX-License-Identifier: MIT */
/*
 * How time grows with n: in each round the exponents of both sides, from the
 * pairs that were measured in it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge_parts.h"
#include "stats.h"

#define FEWEST_SIZES 4
#define MOST_SIZES 16

struct family {
	const struct gate_row *rows[MOST_SIZES];
	size_t count;
};

static void family_of(const struct gate *gate, const char *name,
		      struct family *family)
{
	family->count = 0;
	for (size_t i = 0; i < gate->count; i++) {
		const struct gate_row *row = &gate->rows[i];

		if (row->metric == METRIC_TIME && row->family &&
		    row_is_judged(row) && strcmp(row->family, name) == 0 &&
		    family->count < MOST_SIZES)
			family->rows[family->count++] = row;
	}
}

static size_t rounds_of(const struct family *family)
{
	size_t rounds = SIZE_MAX;

	for (size_t i = 0; i < family->count; i++) {
		if (family->rows[i]->count < rounds)
			rounds = family->rows[i]->count;
	}
	return rounds;
}

/* Of the smallest table to the largest, of one side in one round. */
static struct pair exponents(const struct family *family, size_t round)
{
	double n[MOST_SIZES];
	double base[MOST_SIZES];
	double head[MOST_SIZES];

	for (size_t i = 0; i < family->count; i++) {
		n[i] = family->rows[i]->n;
		base[i] = family->rows[i]->pairs[round].base;
		head[i] = family->rows[i]->pairs[round].head;
	}
	return (struct pair){
		.base = stats_exponent(n, base, family->count),
		.head = stats_exponent(n, head, family->count),
		.at = family->rows[0]->pairs[round].at,
	};
}

static int fill(struct gate_row *row, const struct family *family)
{
	size_t rounds = rounds_of(family);

	free(row->pairs);
	row->pairs = NULL;
	row->count = 0;
	for (size_t i = 0; i < rounds; i++) {
		if (row_add_pair(row, exponents(family, i)))
			return -ENOMEM;
	}
	row->planned = rounds;
	row->first = rounds;
	return 0;
}

static struct gate_row *growth_row(struct gate *gate, const char *family)
{
	char name[128];
	struct gate_row *row;

	snprintf(name, sizeof(name), "growth/%s", family);
	for (size_t i = 0; i < gate->count; i++) {
		if (strcmp(gate->rows[i].name, name) == 0)
			return &gate->rows[i];
	}
	row = gate_add_row(gate, name);
	if (!row)
		return NULL;
	row->metric = METRIC_GROWTH;
	row->base_unit = strdup("exponent");
	row->head_unit = strdup("exponent");
	return row->base_unit && row->head_unit ? row : NULL;
}

int derive_growth(struct gate *gate)
{
	size_t measured = gate->count;

	for (size_t i = 0; i < measured; i++) {
		struct family family;
		struct gate_row *row;
		char name[96];

		if (!gate->rows[i].family)
			continue;
		/* adding a row moves the others */
		snprintf(name, sizeof(name), "%s", gate->rows[i].family);
		family_of(gate, name, &family);
		if (family.count < FEWEST_SIZES)
			continue;
		row = growth_row(gate, name);
		if (!row)
			return -ENOMEM;
		family_of(gate, name, &family);
		if (fill(row, &family))
			return -ENOMEM;
	}
	return 0;
}
