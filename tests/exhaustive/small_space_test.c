/* SPDX-License-Identifier: MIT */
/*
 * Every sequence of operations up to some length, on address spaces of a few
 * units, against the model. The library is the one with tiny constants, whose
 * packs overflow at the third mapping and whose nodes have few slots, so that
 * short sequences reach every shape.
 *
 * A sequence is run from the default state each time; only its last operation
 * is checked, since what comes before was checked as a sequence of its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "hooks.h"
#include "ops.h"
#include "retired.h"

enum {
	UNITS_MAX = 12,
	OPS_MAX = 256,
	DEPTH_MAX = 8,
};

/* Unit i is [start[i], start[i + 1] - 1], the last one ends at `last`. */
struct board {
	const char *name;
	uint64_t start[UNITS_MAX];
	unsigned int units;
	uint64_t last;
};

static const struct board boards[] = {
	{ "bytes", { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, 12, 11 },
	{ "odd-bytes", { 3, 4, 6, 7, 9, 12, 13, 16 }, 8, 17 },
	{ "top-bytes",
	  { UINT64_MAX - 7, UINT64_MAX - 6, UINT64_MAX - 5, UINT64_MAX - 4,
	    UINT64_MAX - 3, UINT64_MAX - 2, UINT64_MAX - 1, UINT64_MAX },
	  8,
	  UINT64_MAX },
	{ "pages",
	  { 0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000, 0x8000 },
	  8,
	  0x8fff },
	/* every scale at once, the whole address space */
	{ "scales",
	  { 0, 1, 0x1000, 0x3000, 0x200000, 0x10000000000, 0x8000000000000000,
	    UINT64_MAX },
	  8,
	  UINT64_MAX },
	{ "apart",
	  { 0x1000, 0x200003, 0x40000000, 0x40001000, 0x8000000000 },
	  5,
	  0x8000000fff },
};

enum {
	MAP = 1 << 0,       /* every range */
	MAP_OTHER = 1 << 1, /* every range, at another delta, opaque set */
	REPLACE = 1 << 2,   /* every range */
	UNMAP = 1 << 3,     /* every range */
	WHOLE = 1 << 4,     /* every unit */
	NO_BISECT = 1 << 5, /* every range */
	PROTECT = 1 << 6,   /* every range */
	RESET = 1 << 7,
	APPLY = 1 << 8,     /* unmap a unit, map the range from it on */
	SET_MAP = 1 << 9,   /* every other unit */
	RETIRE = 1 << 10,   /* not an operation: with a retire callback */
	IDENTITY = 1 << 11, /* nor this: the default state is the identity */
};

struct plan {
	const char *board;
	unsigned int units; /* the first of the board's */
	unsigned int kinds;
	unsigned int depth;
};

/* Together they take half a minute. */
static const struct plan plans[] = {
	/* all ranges */
	{ "bytes", 8, MAP | UNMAP, 3 },
	{ "scales", 7, MAP | UNMAP | MAP_OTHER, 3 },
	{ "top-bytes", 8, MAP | UNMAP | PROTECT, 3 },
	/* all kinds */
	{ "odd-bytes", 4, 0x3ff | RETIRE, 3 },
	{ "scales", 4, 0x3ff | RETIRE | IDENTITY, 3 },
	{ "pages", 4, 0x3ff | RETIRE, 3 },
	/* long sequences */
	{ "bytes", 4, MAP | UNMAP, 5 },
	{ "odd-bytes", 4, REPLACE | UNMAP, 4 },
	{ "odd-bytes", 3, REPLACE | UNMAP | RETIRE, 5 },
	{ "apart", 4, REPLACE | UNMAP | RESET | RETIRE, 4 },
	{ "scales", 4, MAP | REPLACE | PROTECT, 4 },
	{ "pages", 3, MAP | MAP_OTHER | UNMAP | WHOLE | RETIRE, 4 },
	{ "top-bytes", 3, MAP | REPLACE | UNMAP | PROTECT | APPLY, 4 },
	{ "bytes", 3, MAP | UNMAP | RETIRE, 5 },
};

struct search {
	const struct plan *plan;
	const struct board *board;
	struct riotlb *engine;
	struct model model;
	struct hooks hooks;
	struct retired engine_retired;
	struct retired model_retired;

	struct op alphabet[OPS_MAX];
	size_t nops;
	struct riotlb_op pairs[OPS_MAX][2];
	struct riotlb_op every_other[UNITS_MAX];

	size_t sequence[DEPTH_MAX];
	unsigned int length;
	uint64_t runs;
};

static void tell(void *ctx)
{
	const struct search *s = ctx;

	fprintf(stderr, "board %s, %u units, from the default state:\n",
		s->board->name, s->plan->units);
	for (unsigned int i = 0; i < s->length; i++)
		op_print(stderr, &s->alphabet[s->sequence[i]]);
}

/* ---- the alphabet ------------------------------------------------------ */

static uint64_t unit_last(const struct search *s, unsigned int unit)
{
	return unit + 1 < s->board->units ? s->board->start[unit + 1] - 1
					  : s->board->last;
}

static struct op *add(struct search *s, enum op_kind kind, unsigned int from,
		      unsigned int to)
{
	struct op *op = &s->alphabet[s->nops++];

	check(s->nops <= OPS_MAX);
	op->kind = kind;
	op->one.start = s->board->start[from];
	op->one.last = unit_last(s, to);
	/* one delta for all, so that neighbours continue each other */
	op->one.addr = op->one.start;
	op->one.perm = RIOTLB_RW;
	return op;
}

static void add_other(struct search *s, unsigned int from, unsigned int to)
{
	struct op *op = add(s, OP_MAP, from, to);

	op->one.addr = from * 0x1000;
	op->one.opaque = 1 + from;
	op->one.perm = RIOTLB_READ;
}

static void add_apply(struct search *s, unsigned int from, unsigned int to)
{
	struct riotlb_op *pair = s->pairs[s->nops];
	struct op *op = add(s, OP_APPLY, from, to);

	pair[0].kind = RIOTLB_OP_UNMAP;
	pair[0].mapping = op->one;
	pair[0].mapping.last = unit_last(s, from);
	pair[1].kind = RIOTLB_OP_MAP;
	pair[1].mapping = op->one;
	op->many = pair;
	op->n = 2;
}

static void add_range(struct search *s, unsigned int from, unsigned int to)
{
	unsigned int kinds = s->plan->kinds;

	if (kinds & MAP)
		add(s, OP_MAP, from, to);
	if (kinds & MAP_OTHER)
		add_other(s, from, to);
	if (kinds & REPLACE)
		add(s, OP_MAP, from, to)->flags = RIOTLB_MAP_REPLACE;
	if (kinds & UNMAP)
		add(s, OP_UNMAP, from, to);
	if ((kinds & WHOLE) && from == to)
		add(s, OP_UNMAP, from, to)->policy = RIOTLB_UNMAP_WHOLE;
	if (kinds & NO_BISECT)
		add(s, OP_UNMAP, from, to)->policy = RIOTLB_UNMAP_NO_BISECT;
	if (kinds & PROTECT)
		add(s, OP_PROTECT, from, to)->one.perm = RIOTLB_WRITE;
	if (kinds & APPLY)
		add_apply(s, from, to);
}

static void add_set_map(struct search *s)
{
	struct op *op = add(s, OP_SET_MAP, 0, 0);

	for (unsigned int i = 0; i < s->plan->units; i += 2) {
		struct riotlb_mapping *m = &s->every_other[op->n++].mapping;

		m->start = s->board->start[i];
		m->last = unit_last(s, i);
		m->perm = RIOTLB_RW;
		m->opaque = 9;
	}
	op->many = s->every_other;
}

static void build_alphabet(struct search *s)
{
	unsigned int units = s->plan->units;

	for (unsigned int from = 0; from < units; from++)
		for (unsigned int to = from; to < units; to++)
			add_range(s, from, to);
	if (s->plan->kinds & RESET)
		add(s, OP_RESET, 0, 0);
	if (s->plan->kinds & SET_MAP)
		add_set_map(s);
}

/* ---- one sequence ------------------------------------------------------ */

static void check_contents(struct search *s)
{
	const struct model_table *t = model_view(&s->model, 0);
	struct riotlb_mapping out[UNITS_MAX + 1];
	struct riotlb_stats stats, want;
	size_t n = 0;

	check_eq(riotlb_iterate(s->engine, 0, 0, UINT64_MAX, out, UNITS_MAX + 1,
				&n, NULL, NULL),
		 0);
	check_eq(n, t->n);
	for (size_t i = 0; i < n; i++)
		check(memcmp(&out[i], &t->maps[i], sizeof(out[i])) == 0);
	check_eq(riotlb_get_stats(s->engine, 0, &stats), 0);
	check_eq(model_get_stats(&s->model, 0, &want), 0);
	check_eq(stats.mappings, want.mappings);
	check_eq(stats.bytes.hi, want.bytes.hi);
	check_eq(stats.bytes.lo, want.bytes.lo);
	check_eq(stats.is_default, want.is_default);
}

static void check_segment(struct search *s, uint64_t iova, uint32_t want)
{
	struct riotlb_segment got, expected;
	int err = model_translate(&s->model, 0, iova, UINT64_MAX, want,
				  &expected);

	check_eq(riotlb_translate(s->engine, 0, iova, UINT64_MAX, want, &got),
		 err);
	if (!err)
		check(memcmp(&got, &expected, sizeof(got)) == 0);
}

static void check_gaps(struct search *s)
{
	struct riotlb_gap got[UNITS_MAX * 2], want[UNITS_MAX * 2];
	size_t n = 0, nwant;

	check_eq(model_gaps(&s->model, 0, 0, UINT64_MAX, RIOTLB_RW, want,
			    UNITS_MAX * 2, &nwant, NULL),
		 0);
	check_eq(riotlb_gaps(s->engine, 0, 0, UINT64_MAX, RIOTLB_RW, got,
			     UNITS_MAX * 2, &n, NULL),
		 0);
	check_eq(n, nwant);
	check(n == 0 || memcmp(got, want, n * sizeof(*got)) == 0);
}

static void check_lookups(struct search *s)
{
	riotlb_read_enter(s->engine);
	check_segment(s, 0, RIOTLB_READ);
	for (unsigned int i = 0; i < s->plan->units; i++) {
		check_segment(s, s->board->start[i], RIOTLB_READ);
		check_segment(s, unit_last(s, i), RIOTLB_RW);
	}
	check_segment(s, UINT64_MAX, RIOTLB_READ);
	check_gaps(s);
	riotlb_read_exit(s->engine);
}

/* Runs the sequence; returns the result of its last operation. */
static int run(struct search *s)
{
	struct riotlb_report report;
	int err = 0;

	check_eq(riotlb_reset_map(s->engine, 0, NULL), 0);
	check_eq(model_reset_map(&s->model, 0, NULL), 0);
	for (unsigned int i = 0; i + 1 < s->length; i++) {
		const struct op *op = &s->alphabet[s->sequence[i]];

		op_on_engine(s->engine, op, NULL);
		op_on_model(&s->model, op, NULL);
	}
	err = op_on_both(s->engine, &s->model,
			 &s->alphabet[s->sequence[s->length - 1]], &report);
	check_contents(s);
	check_lookups(s);
	if (++s->runs % 256)
		return err;
	while (riotlb_reclaim(s->engine))
		;
	if (s->plan->kinds & RETIRE)
		retired_check_equal(&s->engine_retired, &s->model_retired);
	return err;
}

/* All sequences that begin with the current one. */
static void explore(struct search *s)
{
	unsigned int at = s->length++;

	for (size_t i = 0; i < s->nops; i++) {
		int err;

		s->sequence[at] = i;
		err = run(s);
		/* after an error everything is as before, which run() saw */
		if (!err && s->length < s->plan->depth)
			explore(s);
	}
	s->length--;
}

/* ---- a plan ------------------------------------------------------------ */

static const struct board *board_find(const char *name)
{
	for (size_t i = 0; i < sizeof(boards) / sizeof(*boards); i++)
		if (!strcmp(boards[i].name, name))
			return &boards[i];
	abort();
}

static void search_begin(struct search *s, const struct plan *plan)
{
	struct riotlb_default initial = { .kind = RIOTLB_DEFAULT_EMPTY };
	struct riotlb_attr attr;

	memset(s, 0, sizeof(*s));
	s->plan = plan;
	s->board = board_find(plan->board);
	if (plan->kinds & IDENTITY)
		initial.kind = RIOTLB_DEFAULT_IDENTITY;
	hooks_init(&s->hooks);
	riotlb_attr_init(&attr);
	attr.defaults = &initial;
	attr.allocator = &s->hooks.allocator;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	check_eq(model_init(&s->model, 1, 1, &initial, NULL), 0);
	if (plan->kinds & RETIRE) {
		attr.retire = retired_add;
		attr.hook_ctx = &s->engine_retired;
		s->model.piece = retired_add;
		s->model.piece_ctx = &s->model_retired;
	}
	check_eq(riotlb_create(&attr, &s->engine), 0);
	riotlb_thread_register(s->engine);
	build_alphabet(s);
}

static void search_end(struct search *s)
{
	riotlb_thread_unregister(s->engine);
	riotlb_destroy(s->engine);
	model_fini(&s->model);
	retired_check_equal(&s->engine_retired, &s->model_retired);
	hooks_check_empty(&s->hooks);
}

int main(int argc, char **argv)
{
	static struct search s;
	unsigned int less = 0;

	/* instrumented builds try sequences that are shorter by one */
	if (argc == 3 && !strcmp(argv[1], "--less"))
		less = (unsigned int)strtoul(argv[2], NULL, 10);
	else if (argc != 1) {
		fprintf(stderr, "usage: %s [--less N]\n", argv[0]);
		return 2;
	}
	check_set_context(tell, &s);
	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++) {
		struct plan plan = plans[i];

		check(plan.depth > less && plan.depth <= DEPTH_MAX);
		plan.depth -= less;
		search_begin(&s, &plan);
		explore(&s);
		search_end(&s);
		printf("%-10s %2u units, %3zu operations, length %u: %" PRIu64
		       " sequences\n",
		       plan.board, plan.units, s.nops, plan.depth, s.runs);
		fflush(stdout);
		check(s.runs > s.nops);
	}
	return 0;
}
