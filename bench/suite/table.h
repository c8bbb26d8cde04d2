/* SPDX-License-Identifier: MIT */
/*
 * One table as every subject holds it: loaded once, checked, and put through
 * all that can be done to it. The parts choose the mappings and what the rows
 * are called.
 */
#ifndef BENCH_SUITE_TABLE_H
#define BENCH_SUITE_TABLE_H

#include "suite.h"

enum table_op {
	TABLE_BYTES, /* as loaded */
	TABLE_LOOKUP,
	TABLE_DEPENDENT,
	TABLE_BURST,
	TABLE_REMAP,
	TABLE_MAP,
	TABLE_UNMAP,
	TABLE_PROTECT,
	TABLE_UPDATED, /* bytes again, after the updates */
	TABLE_LOAD,
	TABLE_OPS,
};

struct cell_name {
	const char *group;
	const char *op; /* NULL: this is not to be measured */
	const char *what;
};

struct table_spec {
	const struct shape *shape;
	const char *row_shape; /* the shape's part in the rows' names */
	double x;
	const struct cell_name *names; /* [TABLE_OPS] */
	bool (*takes)(const struct suite *suite, const struct subject_ops *ops);
};

/* Seconds that table_run will take, roughly; asks suite_wants for each row. */
double table_plan(const struct suite *suite, const struct table_spec *spec);
/*
 * Adds and measures the rows that the filter wants and that are not there yet.
 */
void table_run(struct suite *suite, const struct table_spec *spec);

/* ---- between table.c and what measures ---------------------------------- */

/* Keys per call of a subject's lookup loop, updates per call of the others. */
#define TABLE_KEYS 256
#define TABLE_UPDATES 64

struct table;

/* A subject in the table. */
struct entrant {
	const struct subject_ops *ops;
	void *self;
	struct table *table;
	uint64_t bytes_empty;
	double load_ns; /* the first time, into memory never used */
	bool in; /* loaded and right; the others have their rows already */
	struct row *row[TABLE_OPS]; /* NULL: not wanted */
	/* where each kind of trial goes on */
	size_t key_at;
	size_t update_at;
	size_t order_at;
};

struct table {
	struct suite *suite;
	const struct table_spec *spec;
	size_t n;
	struct riotlb_mapping *m;
	struct key_set keys;
	size_t chunks;   /* of TABLE_KEYS keys */
	uint64_t *sums;  /* [chunks + 1]: what the chunks before add up to */
	uint32_t *order; /* a permutation of the mappings */
	/*
	 * Every mapping once to a new address (the first half), then once back
	 * to its own.
	 */
	struct remap *updates;
	size_t n_updates;
	struct entrant *entrants;
	size_t n_entrants;
};

/* Is what the entrant holds what the table says? Else its rows fail. */
bool table_verify(struct table *table, struct entrant *entrant);

void table_lookups(struct table *table);
void table_remaps(struct table *table);
void table_singles(struct table *table, enum table_op op);
void table_loads(struct table *table);

#endif
