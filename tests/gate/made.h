/* SPDX-License-Identifier: MIT */
/* Comparisons that nobody measured. */
#ifndef TESTS_GATE_MADE_H
#define TESTS_GATE_MADE_H

#include "measure.h"
#include "model.h"

/* The pairs that made_row makes, all of one look. */
#define MADE_PAIRS 24

/* Settings of both sides as if they were alike, but for the code. */
void made_sides(struct gate *gate);

/*
 * A row of MADE_PAIRS pairs of about `base` ns, HEAD slower by the share
 * `slower` and each pair off by a normal share of `noise`.
 */
struct gate_row *made_row(struct gate *gate, const char *name, double base,
			  double slower, double noise, struct rng *rng);
/* The same with any number of pairs. */
struct gate_row *made_row_of(struct gate *gate, const char *name, size_t pairs,
			     double base, double slower, double noise,
			     struct rng *rng);

double made_normal(struct rng *rng);
double made_uniform(struct rng *rng);

/* Judges, and fails the test if that cannot be done. */
void made_judge(struct gate *gate);
struct gate_row *made_find(struct gate *gate, const char *name);

/* BASE for HEAD. */
void made_swap(struct gate *gate);

#endif
