/* SPDX-License-Identifier: MIT */
/*
 * What the gate measures: operations on a library that may be older or newer
 * than this file, so nothing but its public API is used.
 */
#ifndef RIOTLB_GATE_OPS_H
#define RIOTLB_GATE_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riotlb/rcu.h>

#include "histogram.h"
#include "measure.h"

#define SECTION 32u /* lookups in a read-side section */
#define ASID 0u

enum shape {
	SHAPE_NONE,     /* no engine at all */
	SHAPE_IDENTITY, /* the default */
	SHAPE_ONE,      /* a mapping of 1 GiB */
	SHAPE_DENSE,    /* 4 KiB, side by side */
	SHAPE_HUGE,     /* 2 MiB, side by side */
	SHAPE_MIXED,    /* 4 KiB to 1 MiB, with holes between */
	SHAPE_SPARSE,   /* a page of 4 KiB in each 2 MiB */
};

struct state;

struct op {
	const char *name;
	enum shape shape;
	uint32_t mappings;
	/* Timed. Does n times what is measured; what it returns was read. */
	uint64_t (*run)(struct state *s, uint64_t n);
	uint32_t step;  /* n is a multiple of it */
	uint32_t chunk; /* at most so many between two cleanings; 0: all */
	bool tail;      /* of batches of `step`, see main.c */
	bool control;
	const char *family; /* differ in `mappings` */
	/*
	 * What another thread does meanwhile. The two of them have every second
	 * 2 MiB each, so nothing but the library's own data is shared.
	 */
	uint64_t (*beside)(struct state *s, uint64_t n);
};

/* See inject.h. */
struct inject {
	double delay;        /* ns for each operation, */
	uint64_t delay_each; /* given for so many at once; 0: none */
	uint64_t delay_at;
	double stall; /* ns for one in so many operations */
	uint64_t stall_each;
	uint64_t stall_at;
	double steps_per_ns;
};

struct state {
	struct riotlb *engine;
	struct riotlb_mapping *m;
	struct riotlb_mapping *other; /* the same places, other targets */
	size_t n;
	uint64_t *keys; /* addresses that are mapped, at random */
	uint64_t *holes;
	uint32_t *index; /* mappings at random */
	uint32_t mask;   /* of all three */
	uint64_t at;     /* where the next turn goes on */
	void *room;      /* of a control */
	struct histogram *histogram;
	uint64_t *done; /* operations so far, in a place of the thread */
	uint64_t done_here;
	uint64_t due; /* when something is injected; never: UINT64_MAX */
	struct inject inject;
	int err; /* the first error of a call that must not fail */
};

extern const struct op ops[];
extern const size_t op_count;

/* 0 or -errno. */
int state_open(struct state *s, const struct op *op);
void state_close(struct state *s);
/* What the second thread of the row has; `s` has to outlive it. */
int state_open_beside(struct state *beside, const struct state *s);
void state_close_beside(struct state *beside);

/* ---- the operations ----------------------------------------------------- */

#define OP(name) uint64_t name(struct state *s, uint64_t n)

OP(op_lookup);
OP(op_lookup_section);
OP(op_lookup_miss);
OP(op_lookup_denied);
OP(op_lookup_dependent);
OP(op_lookup_group);
OP(op_lookup_vec);
OP(op_lookup_burst);
OP(op_lookup_list);
OP(op_gaps);
OP(op_stamp);
OP(op_section);
OP(op_lease);
OP(op_iterate);
OP(op_remap);
OP(op_replace);
OP(op_protect);
OP(op_apply);
OP(op_rebind);
OP(op_bulk);
OP(op_set_map);
OP(op_reset);
OP(op_reclaim);
OP(op_alu);
OP(op_chase);
OP(op_copy);
OP(op_malloc);
#undef OP

#endif
