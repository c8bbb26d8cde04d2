/* SPDX-License-Identifier: MIT */
/*
 * A run of the suite, and how its parts measure: rows that are comparable are
 * trials of one contest. Every timed row is a Google Benchmark, see cbench.h.
 */
#ifndef BENCH_SUITE_SUITE_H
#define BENCH_SUITE_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../cbench.h"
#include "../measure.h"
#include "../results.h"
#include "../subject.h"

struct suite {
	struct results *results;
	struct rng rng;
	uint64_t seed;
	size_t rounds;    /* of a contest, >= 9 unless quick */
	double sample_ns; /* a calibrated sample takes about so long */
	double budget_ns; /* a cell that would take longer is ROW_OVER */
	bool quick;
	bool peers;  /* false: riotlb and the floor alone */
	int cpu[2];  /* reader; updater and reclaimer. [1] -1: one CPU */
	bool failed; /* a wrong answer was seen: exit status 1 */
};

struct trial {
	struct row *row;
	cb_fn *run; /* the body, with CB_LOOP; cb_skip_error: a wrong answer */
	void *ctx;  /* the body's argument */
	double per_iteration; /* operations in one iteration; row is per op */
	uint64_t iterations;  /* per sample; 0: as many as take sample_ns */
	bool manual_time;     /* the body calls cb_set_iteration_time */
	bool patient;         /* a bar rests on it: no budget */
	/* Not timed, before and after each sample; may be NULL. */
	bool (*before)(void *ctx);
	bool (*after)(void *ctx);
};

/*
 * Does the filter want rows of this name? Parts ask before they build what the
 * row would need.
 */
bool suite_wants(const struct suite *suite, const char *group, const char *op,
		 const char *shape, const char *subject);

/*
 * In every round each trial has one turn, in an order drawn anew; then the rows
 * are filled in, in ns per operation. A trial whose first sample takes more
 * than budget_ns leaves the contest as ROW_OVER, one that is skipped with an
 * error as ROW_FAILED.
 */
void suite_contest(struct suite *suite, struct trial *trials, size_t n,
		   size_t rounds);

/*
 * For trials with manual time: an interval of clock_ticks(), less what reading
 * the clock costs.
 */
static inline void suite_add_time(cb_state *state, uint64_t ticks)
{
	double ns = clock_ns(ticks) - clock_facts.overhead_ns;

	cb_set_iteration_time(state, ns > 0 ? ns * 1e-9 : 0);
}

/*
 * Progress on a terminal: a part announces its steps in advance (weights are
 * expected seconds), then each as it begins.
 */
void suite_plan(struct suite *suite, double seconds);
void suite_step(struct suite *suite, const char *what, double seconds);

/*
 * The subjects of this run, riotlb first; those that are missing too.
 */
extern const struct subject_ops *const suite_subjects[];
extern const size_t suite_subject_count;

/* A row's part in a line: creates it as ROW_PLANNED in unit "ns". */
struct row *suite_row(struct suite *suite, const char *group, const char *op,
		      const char *shape, const char *subject);
/* A value that has no spread. */
void suite_exact(struct suite *suite, struct row *row, double value);
/* Ends the program with EXIT_CANNOT; err is a negative errno value. */
_Noreturn void suite_cannot(const char *what, int err);
/* Memory, or the end of the program. */
void *suite_calloc(size_t n, size_t size);
/* Says so on stderr; the row is ROW_FAILED, the run too. */
void suite_wrong(struct suite *suite, struct row *row, const char *why);

/*
 * ---- the parts: each plans if `plan`, else measures --------------------
 *
 * Planning measures nothing and adds no rows, but asks suite_wants about every
 * row that the part may have: `--list` and the check of `--filter` live on it.
 */

typedef void suite_part(struct suite *suite, bool plan);

suite_part part_floor;    /* empty loop, empty section, clock */
suite_part part_shapes;   /* lookup, update, bulk, memory: every shape, peer */
suite_part part_bulk;     /* map_bulk beside memcpy */
suite_part part_variants; /* riotlb's own ways to look up and to update */
suite_part part_growth;   /* over the number of mappings, with exponents */
suite_part part_reset;    /* caller's time, CPU with reclamation */
suite_part part_tails;   /* percentiles of lookups, of updates beside readers */
suite_part part_threads; /* scaling; reader beside updater; two updaters */
suite_part part_exact;   /* instructions, atomics, allocations: callgrind */
suite_part part_extremes;  /* adversarial tables, 8.4 Mi mappings */
suite_part part_workloads; /* W1 to W13, and the recorded traces */

#endif
