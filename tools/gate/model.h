/* SPDX-License-Identifier: MIT */
/*
 * A comparison: what was measured (which gate.json keeps), the rules, and what
 * follows from both. Only judge() writes what follows.
 */
#ifndef RIOTLB_GATE_MODEL_H
#define RIOTLB_GATE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "say.h"

/* ---- rules -------------------------------------------------------------- */

enum metric {
	METRIC_TIME,   /* of an operation: logarithm of the ratio */
	METRIC_TAIL,   /* a percentile of batches: the same */
	METRIC_GROWTH, /* an exponent of growth: difference */
	METRIC_BESIDE, /* an operation beside another thread: as TIME */
};
#define METRICS 4

struct rules {
	/* An effect up to here is nobody's business: 0.01 is 1 %. */
	double margin[METRICS];
	/* Nor is one that is smaller than this in the row's unit. */
	double floor[METRICS];
	/* A row that could not have seen this much is inconclusive. */
	double target[METRICS];
	double alpha;   /* chance of a false alarm among all rows */
	unsigned looks; /* at the data, among which alpha is shared */
	double power;   /* with which the smallest visible change is seen */
	bool demote;    /* identical code cannot be slower */
	bool allow_removed;
	/* What inconclusive rows make of a run that is otherwise good. */
	enum status inconclusive;
};

struct rules rules_default(void);

/* ---- what was measured -------------------------------------------------- */

/* One fresh process of each side, which took turns. */
struct pair {
	double base;
	double head;
	double at; /* seconds since the run began */
};

enum verdict {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_INCONCLUSIVE,
};

enum change {
	CHANGE_NONE,
	CHANGE_SLOWER,
	CHANGE_FASTER,
};

/* Effects are logarithms of ratios, or differences of exponents. */
struct finding {
	enum verdict verdict;
	enum change change; /* significant and beyond the margin */
	double base;        /* medians */
	double head;
	double effect;
	double low; /* two-sided 95 % */
	double high;
	double p; /* of slower by more than the margin; adjusted */
	double p_faster;
	double visible; /* the smallest change it could have seen; INFINITY */
	char why[160];  /* "" if there is nothing to say */
};

struct gate_row {
	char *name;
	enum metric metric;
	bool control; /* has no code of the library in it */
	/* NULL: this side has no such row */
	char *base_unit;
	char *head_unit;
	char *family;        /* rows that differ in n only; NULL */
	double n;            /* of those */
	uint64_t iterations; /* of a turn, the same on both sides */
	size_t planned;      /* pairs */
	size_t first;        /* pairs that the first look has */
	struct pair *pairs;
	size_t count;
	char *error; /* NULL: none */
	struct finding found;
};

#define SIDE_TEXT 512

/* What is compared; texts are "" where they are not known. */
struct side {
	char given[SIDE_TEXT]; /* on the command line */
	char kind[16];         /* revision, source, build, prefix */
	char commit[64];
	char version[64];         /* of the library */
	char compiler[SIDE_TEXT]; /* what the objects say */
	char flags[SIDE_TEXT];    /* as the user of the build chose them */
	char runtime[SIDE_TEXT];  /* shared objects beside it, and libc */
	char code[33];            /* of its code and constants, as a hash */
	bool assertions;
};

struct count_row {
	char *name;
	char *metric;
	double base; /* NAN: not there */
	double head;
	enum verdict verdict;
	char why[160];
};

/* What it was run on: keys and values for every output. */
struct fact_line {
	char key[32];
	char value[160];
};
#define FACT_LINES 24

struct gate {
	struct rules rules;
	uint64_t seed;
	double seconds;
	char started[32];
	char command[SIDE_TEXT];
	struct side base;
	struct side head;
	struct fact_line facts[FACT_LINES];
	size_t fact_count;
	struct gate_row *rows;
	size_t count;
	struct count_row *counts;
	size_t count_count;
	unsigned attempt; /* 1, or 2 where controls had moved in the first */
	char *unchanged;  /* why nothing had to be measured; NULL */

	/* what follows */
	bool identical;
	bool contaminated;
	char **faults; /* of integrity */
	size_t fault_count;
	enum status status;
};

void gate_init(struct gate *gate);
void gate_free(struct gate *gate);
/* Zeroed, but for the name, which is copied. NULL: no memory. */
struct gate_row *gate_add_row(struct gate *gate, const char *name);
int row_add_pair(struct gate_row *row, struct pair pair);
int gate_add_count(struct gate *gate, const char *name, const char *metric,
		   double base, double head);
int gate_add_fact(struct gate *gate, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A fault of integrity. */
int gate_add_fault(struct gate *gate, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

const char *metric_name(enum metric metric);
const char *verdict_name(enum verdict verdict);
const char *status_name(enum status status);
/* The unit of either side, "" if there is none. */
const char *row_unit(const struct gate_row *row);
/* Of those that count: neither controls nor rows that only one side has. */
bool row_is_judged(const struct gate_row *row);

#endif
