/* SPDX-License-Identifier: MIT */
/*
 * A workload: a table as somebody has it, and what somebody does to it over and
 * over. One row for each subject that can.
 */
#ifndef BENCH_SUITE_WORKLOAD_H
#define BENCH_SUITE_WORKLOAD_H

#include "suite.h"

enum workload_body {
	WORKLOAD_LOOKUP, /* keys_per_op lookups */
	WORKLOAD_REMAP,  /* unmap, map to another target */
	WORKLOAD_BUFFER, /* unmap the oldest, map, look it up */
	WORKLOAD_LOAD,   /* all mappings in one call; per mapping */
	WORKLOAD_RETURN, /* reset, then all mappings in one call; per mapping */
	WORKLOAD_RETURN_SINGLY, /* reset, then one call for each */
	WORKLOAD_MEMORY,        /* bytes per mapping, not timed */
};

struct workload_data {
	struct riotlb_mapping *m;
	size_t n;
	uint64_t *keys; /* WORKLOAD_LOOKUP, a multiple of WORKLOAD_KEYS */
	uint64_t *sums; /* of the targets, for each WORKLOAD_KEYS keys */
	size_t n_keys;
	struct remap *updates; /* REMAP, BUFFER; a multiple of WORKLOAD_KEYS */
	size_t n_updates;
	uint32_t *order; /* 0..n-1 */
};

/* Keys in a call of a subject; of an operation a power of two of them. */
#define WORKLOAD_KEYS 256u

struct workload {
	const char *op; /* "w4-nvme" */
	const char *shape;
	const char *what;
	const char *unit; /* NULL: ns */
	enum workload_body body;
	struct shape table;
	/* NULL: shape_mappings of the table */
	struct riotlb_mapping *(*map)(const struct workload *workload,
				      size_t *n, struct rng *rng);
	/*
	 * An operation's keys, chosen among the mappings; NULL: each anywhere.
	 * Sets owner[] to the mappings that the keys lie in.
	 */
	void (*choose)(const struct workload_data *data, uint64_t *keys,
		       size_t *owner, struct rng *rng);
	size_t keys_per_op; /* 0: 1 */
	bool in_order;      /* updates go round in order, as in a ring */
};

extern const struct workload workloads[];
extern const size_t workload_count;

/* 0 or -ENOMEM. */
int workload_make(const struct workload *workload, struct workload_data *data,
		  struct rng *rng);
void workload_free(struct workload_data *data);

/* Seconds; 0: nobody wants its rows. */
double workload_seconds(const struct suite *suite,
			const struct workload *workload);
void workload_run(struct suite *suite, const struct workload *workload);

/* Those that need more than one table or thread: tenants, queues. */
void many_run(struct suite *suite, bool plan);
/* The recorded traces. */
void traces_run(struct suite *suite, bool plan);

/*
 * Why the subject cannot hold the mappings, NULL: it can. *state is that of its
 * rows; the text may be in why[].
 */
#define WORKLOAD_WHY 80
const char *workload_unfit(const struct subject_ops *ops,
			   const struct riotlb_mapping *m, size_t n,
			   enum row_state *state, char why[WORKLOAD_WHY]);

#endif
