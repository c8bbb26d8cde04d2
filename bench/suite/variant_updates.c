/* SPDX-License-Identifier: MIT */
/*
 * Updates of many mappings at once, neighbours of each other as a driver has
 * them. Those of one mapping are measured on every shape, see part_shapes.c.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "variants.h"

static const size_t sizes[] = { 16, 256, 4096 };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* One kind of update of `n` mappings at a time. */
struct bundle {
	struct variants *v;
	size_t n;
	size_t at;                   /* the first mapping of the next one */
	struct riotlb_range *ranges; /* of all mappings */
	struct riotlb_op *ops;       /* unmap and map of each of them */
};

/* The first of the mappings whose turn it is. */
static size_t next_window(struct bundle *b)
{
	size_t at = b->at;

	if (at + b->n > b->v->n)
		at = 0;
	b->at = at + b->n;
	return at;
}

static int map_window(struct bundle *b, size_t at)
{
	return riotlb_map_bulk(b->v->engine[VARIANT_MEMB], VARIANT_EDITED,
			       b->v->m + at, b->n, 0, NULL);
}

static int unmap_window(struct bundle *b, size_t at)
{
	return riotlb_unmap_bulk(b->v->engine[VARIANT_MEMB], VARIANT_EDITED,
				 b->ranges + at, b->n, RIOTLB_UNMAP_EXACT,
				 NULL);
}

static void judge(cb_state *state, int err)
{
	if (err)
		cb_skip_error(state, "an update failed");
}

static void run_map_bulk(cb_state *state, void *arg)
{
	struct bundle *b = arg;
	int err = 0;

	CB_LOOP(state)
	{
		size_t at = next_window(b);
		uint64_t ticks;

		err |= unmap_window(b, at);
		ticks = clock_ticks();
		err |= map_window(b, at);
		suite_add_time(state, clock_ticks() - ticks);
	}
	judge(state, err);
}

static void run_unmap_bulk(cb_state *state, void *arg)
{
	struct bundle *b = arg;
	int err = 0;

	CB_LOOP(state)
	{
		size_t at = next_window(b);
		uint64_t ticks = clock_ticks();

		err |= unmap_window(b, at);
		suite_add_time(state, clock_ticks() - ticks);
		err |= map_window(b, at);
	}
	judge(state, err);
}

static void run_apply(cb_state *state, void *arg)
{
	struct bundle *b = arg;
	int err = 0;

	CB_LOOP(state)
	{
		size_t at = next_window(b);

		err |= riotlb_apply(b->v->engine[VARIANT_MEMB], VARIANT_EDITED,
				    b->ops + 2 * at, 2 * b->n, NULL);
	}
	judge(state, err);
}

static void run_set_map(cb_state *state, void *arg)
{
	struct bundle *b = arg;
	int err = 0;

	CB_LOOP(state)
	{
		size_t at = next_window(b);

		err |= riotlb_set_map(b->v->engine[VARIANT_MEMB], VARIANT_SET,
				      b->v->m + at, b->n, NULL);
	}
	judge(state, err);
}

static bool settle(void *ctx)
{
	struct bundle *b = ctx;

	while (riotlb_reclaim(b->v->engine[VARIANT_MEMB]) > 0)
		;
	return true;
}

static const struct {
	const char *op;
	const char *what;
	cb_fn *run;
	bool manual_time;
	enum variant_as as;
} kinds[] = {
	{ "map-bulk", "a mapping of one map_bulk", run_map_bulk, true,
	  VARIANT_EDITED },
	{ "unmap-bulk", "a mapping of one unmap_bulk", run_unmap_bulk, true,
	  VARIANT_EDITED },
	{ "apply", "unmap and map of a mapping, all in one apply", run_apply,
	  false, VARIANT_EDITED },
	{ "set-map", "a mapping of one set_map", run_set_map, false,
	  VARIANT_SET },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void fill_in(struct bundle *b)
{
	const struct variants *v = b->v;

	b->ranges = suite_calloc(v->n, sizeof(*b->ranges));
	b->ops = suite_calloc(2 * v->n, sizeof(*b->ops));
	for (size_t i = 0; i < v->n; i++) {
		b->ranges[i] =
			(struct riotlb_range){ v->m[i].start, v->m[i].last };
		b->ops[2 * i] = (struct riotlb_op){
			.kind = RIOTLB_OP_UNMAP,
			.policy = RIOTLB_UNMAP_EXACT,
			.mapping = v->m[i],
		};
		b->ops[2 * i + 1] = (struct riotlb_op){
			.kind = RIOTLB_OP_MAP,
			.mapping = v->m[i],
		};
	}
}

/* The mappings [at, at + n) and, but for set_map, the others too. */
static bool holds(const struct variants *v, enum variant_as as, size_t at,
		  size_t n)
{
	struct riotlb *e = v->engine[VARIANT_MEMB];
	struct riotlb_segment seg;
	bool right = true;

	riotlb_read_enter(e);
	for (size_t i = at; i < at + n && right; i++)
		right = !riotlb_translate(e, as, v->m[i].start, v->m[i].last,
					  RIOTLB_RW, &seg) &&
			seg.addr == v->m[i].addr && seg.last == v->m[i].last;
	riotlb_read_exit(e);
	return right;
}

/* One size of one kind, if it is wanted: a trial with its bundle. */
static bool prepare(struct suite *suite, struct variants *v, size_t kind,
		    size_t size, struct trial *trial)
{
	const size_t n = sizes[size];
	struct bundle *b;
	struct row *row;
	char op[32];

	snprintf(op, sizeof(op), "%s-%zu", kinds[kind].op, n);
	if (!suite_wants(suite, "update", op, v->shape->name, "riotlb"))
		return false;
	row = results_add(suite->results, &(struct row){
						  .group = "update",
						  .op = op,
						  .shape = v->shape->name,
						  .subject = "riotlb",
						  .what = kinds[kind].what,
						  .unit = "ns",
						  .x = NAN,
					  });
	if (n > v->n) {
		results_refuse(suite->results, row, ROW_NA,
			       "the table has fewer mappings");
		return false;
	}
	b = suite_calloc(1, sizeof(*b));
	b->v = v;
	b->n = n;
	fill_in(b);
	*trial = (struct trial){
		.row = row,
		.run = kinds[kind].run,
		.ctx = b,
		.per_iteration = (double)n,
		.manual_time = kinds[kind].manual_time,
		.after = settle,
	};
	return true;
}

static void finish(struct suite *suite, struct trial *trial, size_t kind)
{
	struct bundle *b = trial->ctx;
	bool set = kinds[kind].as == VARIANT_SET;

	if (trial->row->state != ROW_FAILED &&
	    !holds(b->v, kinds[kind].as, set ? b->at - b->n : 0,
		   set ? b->n : b->v->n))
		suite_wrong(suite, trial->row, "left wrong contents behind");
	free(b->ranges);
	free(b->ops);
	free(b);
}

static double plan_updates(const struct suite *suite, const struct shape *shape)
{
	char op[32];
	size_t n = 0;

	for (size_t i = 0; i < KINDS * SIZES; i++) {
		snprintf(op, sizeof(op), "%s-%zu", kinds[i / SIZES].op,
			 sizes[i % SIZES]);
		n += suite_wants(suite, "update", op, shape->name, "riotlb");
	}
	return 1.3e-9 * suite->sample_ns * (double)(n * (suite->rounds + 1));
}

double variant_updates(struct suite *suite, struct variants *v,
		       const struct shape *shape, bool plan)
{
	/* set_map of one size would undo what another has to leave behind */
	for (size_t kind = 0; kind < KINDS && !plan; kind++) {
		for (size_t size = 0; size < SIZES; size++) {
			struct trial trial;

			if (!prepare(suite, v, kind, size, &trial))
				continue;
			suite_contest(suite, &trial, 1, suite->rounds);
			finish(suite, &trial, kind);
		}
	}
	return plan_updates(suite, shape);
}
