/* SPDX-License-Identifier: MIT */
/*
 * What a run has found: rows, each one cell of a table or one point of a curve.
 * The suite appends, the bars and every output read. Rows are kept in the order
 * of their creation.
 */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure.h"

/* Exit statuses of riotlb-bench, besides EXIT_SUCCESS. */
enum {
	EXIT_WRONG = 1, /* a wrong answer was seen */
	EXIT_USAGE = 2,
	EXIT_CANNOT = 3, /* out of memory, a file, an engine, no such row */
};

enum row_state {
	ROW_PLANNED,    /* nothing yet; in no output after the run */
	ROW_VALUE,      /* samples and value are set */
	ROW_NA,         /* cannot be done by this subject; why says so */
	ROW_MISSING,    /* the build lacks a package; why names it */
	ROW_OVER,       /* over its time budget: value.low is a lower bound */
	ROW_UNRESOLVED, /* measured, but hidden by clock or noise: see why */
	ROW_FAILED,     /* a wrong answer or an error; why says which */
};

struct row {
	/*
	 * "group/op/shape/subject", unique; characters a-z 0-9 . _ - + and the
	 * slashes between the parts. Each part is never empty. The shape is
	 * that of shape_list.h, or a workload's or series' own word.
	 */
	const char *name;
	const char *group; /* lookup update bulk reset memory growth tail
			      threads workload trace exact floor */
	const char *op;
	const char *shape;
	const char *subject;
	const char *what; /* for people; may be NULL */
	const char *unit; /* "ns", "B", "M/s", "instructions", "1", ... */
	bool more_is_better;
	double x; /* of a series: mappings, threads, a percentile; else NAN */

	enum row_state state;
	const char *why;
	/*
	 * One per round; rows of one contest have the same rounds, so that
	 * samples[i] of two of them were taken side by side.
	 */
	double *samples;
	size_t rounds;
	struct estimate value; /* of the samples */
	double p25, p75;
};

struct results;

/* NULL: out of memory. */
struct results *results_create(void);
void results_destroy(struct results *results);

/* All strings are copied. Ends the program if memory is short, or a name comes
 * twice (a mistake in the suite). Rows stay where they are. */
struct row *results_add(struct results *results, const struct row *like);
/* Sets why (copied), and the state. */
void results_refuse(struct results *results, struct row *row,
		    enum row_state state, const char *why);
/* Copies the samples, computes value and quartiles; the state is ROW_VALUE. */
void results_fill(struct results *results, struct row *row,
		  const double *samples, size_t rounds);

size_t results_count(const struct results *results);
const struct row *results_at(const struct results *results, size_t i);
/* NULL: there is none. */
const struct row *results_find(const struct results *results, const char *group,
			       const char *op, const char *shape,
			       const char *subject);
/* Of a / b, round by round. False if one has no value. */
bool results_ratio(const struct row *a, const struct row *b,
		   struct estimate *ratio);

#endif
