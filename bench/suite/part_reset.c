/* SPDX-License-Identifier: MIT */
/*
 * Dropping everything: what the caller of reset_map waits, and what the process
 * spends until the memory is back, over the number of mappings.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "../counted.h"
#include "../rcu_thread.h"
#include "../resets.h"
#include "shift.h"
#include "suite.h"

#define BASE (1ull << 32)
#define PAGE 4096ull
#define KI 1024u
#define LARGEST (KI * KI)
/* From this size on one call is long enough for peers, who clear each page. */
#define LONG_CALL (64u * KI)
#define SINGLE_CALLS 210u
/* A walk that flushes the caches takes long where they are large. */
#define QUICK_CALLS 21u
#define QUICK_FLUSHED_CALLS 9u
/* Where a call takes seconds; of the peer that a bar is about: all. */
#define PEER_ROUNDS 3u
#define QUICK_PEER_ROUNDS 3u
#define MAX_SIZES 3

/*
 * Sizes that are compared in the same rounds, each built over a table of the
 * first one.
 */
static const struct size_group {
	enum reset_caches caches;
	size_t count;
	uint32_t n[MAX_SIZES];
} groups[] = {
	{ RESET_FLUSHED, 2, { LARGEST, 16 } },
	{ RESET_AS_BUILT, 1, { LARGEST } },
	{ RESET_FLUSHED, 3, { 64 * KI, KI, 1 } },
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

enum {
	CALLER,
	CALLER_AS_BUILT,
	CPU,
	KINDS,
};

static const struct kind {
	const char *name;
	const char *what;
	enum reset_caches caches;
} kinds[KINDS] = {
	[CALLER] = { "caller",
		     "reset, until it returns to its caller; caches flushed",
		     RESET_FLUSHED },
	[CALLER_AS_BUILT] = { "caller-as-built",
			      "reset, until it returns to its caller; caches "
			      "as building the table left them",
			      RESET_AS_BUILT },
	[CPU] = { "cpu", "reset and all reclamation, CPU time of the process",
		  RESET_FLUSHED },
};

struct turn {
	struct suite *suite;
	const struct subject_ops *ops;
	struct reset_case cases[MAX_SIZES];
	size_t n;
	size_t calls;
	size_t rounds;
	enum reset_caches caches;
	struct row *row[MAX_SIZES][KINDS]; /* NULL: not wanted */
	double *samples[MAX_SIZES][KINDS];
	bool out;
};

static void shape_name(char *text, size_t size, size_t n)
{
	snprintf(text, size, "n-%zu", n);
}

/* A bar compares it with riotlb's in particular. */
static bool is_barred(const struct subject_ops *ops)
{
	return strcmp(ops->name, "vhost") == 0;
}

static bool wanted(const struct suite *suite, size_t kind,
		   enum reset_caches caches, size_t n,
		   const struct subject_ops *ops)
{
	char shape[32];

	if (kinds[kind].caches != caches)
		return false;
	/* the others' tables are too large for caches to matter */
	if (caches == RESET_AS_BUILT && ops != &riotlb_subject &&
	    !is_barred(ops))
		return false;
	shape_name(shape, sizeof(shape), n);
	return suite_wants(suite, "reset", kinds[kind].name, shape, ops->name);
}

/* ---- turns -------------------------------------------------------------- */

static struct row *add_row(struct suite *suite, const char *op, size_t n,
			   const char *subject, const char *what)
{
	char shape[32];

	shape_name(shape, sizeof(shape), n);
	return results_add(suite->results, &(struct row){
						   .group = "reset",
						   .op = op,
						   .shape = shape,
						   .subject = subject,
						   .what = what,
						   .unit = "ns",
						   .x = (double)n,
					   });
}

/* Adds a size to a turn, if one of its rows is wanted. */
static void turn_add(struct turn *turn, const struct riotlb_mapping *m,
		     size_t n, size_t under)
{
	size_t at = turn->n;
	bool any = false;

	for (size_t kind = 0; kind < KINDS; kind++) {
		turn->row[at][kind] = NULL;
		if (!wanted(turn->suite, kind, turn->caches, n, turn->ops))
			continue;
		any = true;
		turn->row[at][kind] =
			add_row(turn->suite, kinds[kind].name, n,
				turn->ops->name, kinds[kind].what);
		turn->samples[at][kind] =
			suite_need(calloc(turn->rounds, sizeof(double)));
	}
	if (!any)
		return;
	turn->cases[at] = (struct reset_case){
		.ops = turn->ops,
		.m = m,
		.n = n,
		.under = m,
		.n_under = under == n ? 0 : under,
	};
	turn->n++;
}

static void turn_refuse(struct turn *turn, enum row_state state,
			const char *why)
{
	for (size_t i = 0; i < turn->n; i++) {
		for (size_t kind = 0; kind < KINDS; kind++) {
			if (turn->row[i][kind])
				results_refuse(turn->suite->results,
					       turn->row[i][kind], state, why);
		}
	}
	turn->out = true;
}

static void turn_fail(struct turn *turn)
{
	const char *why = "it could not be set up";

	for (size_t i = 0; i < turn->n; i++) {
		if (turn->cases[i].problem)
			why = turn->cases[i].problem;
	}
	for (size_t i = 0; i < turn->n; i++) {
		for (size_t kind = 0; kind < KINDS; kind++) {
			if (turn->row[i][kind])
				suite_wrong(turn->suite, turn->row[i][kind],
					    why);
		}
	}
	turn->out = true;
}

static void turn_play(struct turn *turn, size_t round)
{
	if (turn->out || round >= turn->rounds)
		return;
	if (!resets_round(turn->cases, turn->n, turn->calls, turn->caches,
			  &turn->suite->rng)) {
		turn_fail(turn);
		return;
	}
	for (size_t i = 0; i < turn->n; i++) {
		if (turn->row[i][CALLER])
			turn->samples[i][CALLER][round] = turn->cases[i].ns;
		if (turn->row[i][CALLER_AS_BUILT])
			turn->samples[i][CALLER_AS_BUILT][round] =
				turn->cases[i].ns;
		if (turn->row[i][CPU])
			turn->samples[i][CPU][round] = turn->cases[i].cpu_ns;
	}
}

static void turn_finish(struct turn *turn)
{
	for (size_t i = 0; i < turn->n; i++) {
		for (size_t kind = 0; kind < KINDS; kind++) {
			if (turn->row[i][kind] && !turn->out)
				results_fill(turn->suite->results,
					     turn->row[i][kind],
					     turn->samples[i][kind],
					     turn->rounds);
			free(turn->samples[i][kind]);
		}
	}
}

/* ---- riotlb and its peers ----------------------------------------------- */

static size_t calls_of(const struct suite *suite, enum reset_caches caches)
{
	size_t calls = SINGLE_CALLS;

	if (suite->quick)
		calls = caches == RESET_FLUSHED ? QUICK_FLUSHED_CALLS
						: QUICK_CALLS;
	return (calls + suite->rounds - 1) / suite->rounds;
}

static size_t peer_rounds(const struct suite *suite, size_t n,
			  const struct subject_ops *ops)
{
	bool barred = is_barred(ops);
	size_t most = suite->rounds;

	if (suite->quick)
		most = n < LARGEST ? QUICK_PEER_ROUNDS : barred ? 2 : 1;
	else if (n == LARGEST && !barred)
		most = PEER_ROUNDS;
	return most < suite->rounds ? most : suite->rounds;
}

/* Why this subject cannot take part with n mappings; NULL: it can. */
static const char *unfit(const struct subject_ops *ops,
			 const struct riotlb_mapping *m, size_t n, char *why,
			 size_t size)
{
	if (ops->capacity && n > ops->capacity) {
		snprintf(why, size, "n/a (pool %zu)", ops->capacity);
		return why;
	}
	for (size_t i = 0; i < n; i++) {
		if (!ops->expresses(&m[i]))
			return "it cannot hold such mappings";
	}
	return NULL;
}

static void turn_open(struct turn *turn, void *self,
		      const struct riotlb_mapping *m)
{
	char text[64];
	const char *why;

	if (turn->n == 0)
		return;
	if (turn->ops->missing) {
		turn_refuse(turn, ROW_MISSING, turn->ops->missing);
		return;
	}
	why = unfit(turn->ops, m, turn->cases[0].n, text, sizeof(text));
	if (why)
		turn_refuse(turn, ROW_NA, why);
	else if (!self)
		turn_fail(turn);
	for (size_t i = 0; i < turn->n; i++)
		turn->cases[i].self = self;
}

/* One turn for all of riotlb's sizes, one for each size of a peer. */
static size_t make_turns(struct suite *suite, const struct size_group *group,
			 const struct subject_ops *ops, void *self,
			 const struct riotlb_mapping *m, struct turn *turns)
{
	bool ours = ops == &riotlb_subject;
	size_t n = ours ? 1 : group->count;

	for (size_t i = 0; i < n; i++) {
		struct turn *turn = &turns[i];
		size_t size = group->n[i];

		*turn = (struct turn){
			.suite = suite,
			.ops = ops,
			.calls = calls_of(suite, group->caches),
			.rounds = suite->rounds,
			.caches = group->caches,
		};
		if (!ours && size >= LONG_CALL)
			turn->calls = 1;
		if (!ours)
			turn->rounds = peer_rounds(suite, size, ops);
		for (size_t k = 0; ours && k < group->count; k++)
			turn_add(turn, m, group->n[k], group->n[0]);
		if (!ours)
			turn_add(turn, m, size, size);
		turn_open(turn, self, m);
	}
	return n;
}

static bool group_wanted(const struct suite *suite,
			 const struct size_group *group,
			 const struct subject_ops *ops)
{
	bool any = false;

	for (size_t i = 0; i < group->count; i++) {
		for (size_t kind = 0; kind < KINDS; kind++)
			any |= wanted(suite, kind, group->caches, group->n[i],
				      ops);
	}
	return any;
}

static void play_group(struct suite *suite, struct turn *turns, size_t n)
{
	uint32_t *order = suite_need(calloc(n + 1, sizeof(*order)));

	for (size_t round = 0; round < suite->rounds; round++) {
		rng_permutation(&suite->rng, order, n);
		for (size_t i = 0; i < n; i++) {
			if (turns[order[i]].n)
				turn_play(&turns[order[i]], round);
		}
	}
	for (size_t i = 0; i < n; i++)
		turn_finish(&turns[i]);
	free(order);
}

static void run_group(struct suite *suite, const struct size_group *group,
		      const struct riotlb_mapping *m)
{
	void **selves =
		suite_need(calloc(suite_subject_count, sizeof(*selves)));
	struct turn *turns = suite_need(
		calloc(MAX_SIZES * suite_subject_count, sizeof(*turns)));
	size_t n = 0;

	for (size_t i = 0; i < suite_subject_count; i++) {
		const struct subject_ops *ops = suite_subjects[i];

		if (!group_wanted(suite, group, ops))
			continue;
		if (!ops->missing)
			selves[i] = ops->open();
		n += make_turns(suite, group, ops, selves[i], m, turns + n);
	}
	play_group(suite, turns, n);
	for (size_t i = 0; i < suite_subject_count; i++) {
		if (selves[i])
			suite_subjects[i]->close(selves[i]);
	}
	free(selves);
	free(turns);
}

/* ---- to what ------------------------------------------------------------ */

/* The ASes of an engine, as subjects that differ in their default. */
enum {
	TO_IDENTITY,
	TO_EMPTY,
	TO_CUSTOM,
	DEFAULTS,
};

static const char *const default_names[DEFAULTS] = {
	"to-identity",
	"to-empty",
	"to-custom",
};

#define DEFAULT_MAPPINGS (64u * KI)
#define CUSTOM_MAPPINGS 64u

struct space {
	struct riotlb *engine;
	uint32_t asid;
};

static int space_replace(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct space *space = ctx;

	return riotlb_set_map(space->engine, space->asid, m, n, NULL);
}

static void space_reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	struct space *space = ctx;

	(void)m;
	(void)n;
	riotlb_reset_map(space->engine, space->asid, NULL);
}

static bool space_translate(void *ctx, uint64_t iova, uint64_t *addr)
{
	struct space *space = ctx;
	struct riotlb_segment seg;
	int err;

	riotlb_read_enter(space->engine);
	err = riotlb_translate(space->engine, space->asid, iova, iova,
			       RIOTLB_READ, &seg);
	riotlb_read_exit(space->engine);
	if (!err)
		*addr = seg.addr;
	return !err;
}

static void space_settle(void *ctx)
{
	struct space *space = ctx;
	struct riotlb_stats stats;

	do {
		riotlb_reclaim(space->engine);
		riotlb_get_stats(space->engine, space->asid, &stats);
	} while (stats.retired_bytes);
}

static const struct subject_ops space_ops = {
	.name = "riotlb",
	.replace = space_replace,
	.reset = space_reset,
	.translate = space_translate,
	.settle = space_settle,
};

/* An engine whose ASes have the defaults, in order; NULL: cannot be had. */
static struct riotlb *open_defaults(const struct riotlb_mapping *custom,
				    struct counted *memory)
{
	struct riotlb_default defaults[DEFAULTS] = {
		[TO_IDENTITY] = { .kind = RIOTLB_DEFAULT_IDENTITY },
		[TO_EMPTY] = { .kind = RIOTLB_DEFAULT_EMPTY },
		[TO_CUSTOM] = { .kind = RIOTLB_DEFAULT_LIST,
				.list = custom,
				.n = CUSTOM_MAPPINGS },
	};
	struct riotlb *engine;
	struct riotlb_attr attr;

	riotlb_attr_init(&attr);
	attr.nas = DEFAULTS;
	attr.defaults = defaults;
	attr.allocator = counted_hooks(memory);
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	return riotlb_create(&attr, &engine) ? NULL : engine;
}

static void turn_add_default(struct turn *turn, size_t i, struct space *space,
			     const struct riotlb_mapping *m)
{
	if (!suite_wants(turn->suite, "reset", default_names[i], "n-65536",
			 "riotlb"))
		return;
	turn->cases[turn->n] = (struct reset_case){
		.ops = &space_ops,
		.self = space,
		.m = m,
		.n = DEFAULT_MAPPINGS,
	};
	turn->row[turn->n][CALLER] =
		add_row(turn->suite, default_names[i], DEFAULT_MAPPINGS,
			"riotlb", "reset to another default, until it returns");
	turn->samples[turn->n][CALLER] =
		suite_need(calloc(turn->rounds, sizeof(double)));
	turn->n++;
}

static void time_defaults(struct suite *suite, struct riotlb *engine,
			  const struct riotlb_mapping *m)
{
	struct space spaces[DEFAULTS];
	struct turn turn = {
		.suite = suite,
		.ops = &space_ops,
		.calls = calls_of(suite, RESET_FLUSHED),
		.rounds = suite->rounds,
	};

	for (size_t i = 0; i < DEFAULTS; i++) {
		spaces[i] = (struct space){ engine, (uint32_t)i };
		turn_add_default(&turn, i, &spaces[i], m);
	}
	if (turn.n)
		play_group(suite, &turn, 1);
}

static void run_defaults(struct suite *suite, const struct riotlb_mapping *m)
{
	struct riotlb_mapping custom[CUSTOM_MAPPINGS];
	struct counted *memory = suite_need(counted_create(false));
	struct riotlb *engine;

	/* other targets than m has, which would look like what survived */
	for (size_t i = 0; i < CUSTOM_MAPPINGS; i++) {
		custom[i] = m[i];
		custom[i].addr ^= 1ull << 46;
	}
	engine = suite_need(open_defaults(custom, memory));
	rcu_thread_enter();
	time_defaults(suite, engine, m);
	rcu_thread_leave();
	riotlb_destroy(engine);
	counted_destroy(memory);
}

/* ---- the part ----------------------------------------------------------- */

static bool defaults_wanted(const struct suite *suite)
{
	bool any = false;

	for (size_t i = 0; i < DEFAULTS; i++)
		any |= suite_wants(suite, "reset", default_names[i], "n-65536",
				   "riotlb");
	return any;
}

/* Seconds: 0.2 us a mapping of riotlb's to build, 1.5 us of a peer's. */
static double group_seconds(const struct suite *suite,
			    const struct size_group *group)
{
	double flush = (double)cache_flush_bytes / 5e9;
	double calls = (double)(calls_of(suite, group->caches) * suite->rounds);
	double seconds = 0;

	for (size_t i = 0; i < suite_subject_count; i++) {
		const struct subject_ops *ops = suite_subjects[i];
		size_t n = group->n[0];

		if (!group_wanted(suite, group, ops))
			continue;
		/* a step even if all that is to do is to say who is missing */
		seconds += 1e-3;
		if (ops->missing)
			continue;
		if (ops == &riotlb_subject)
			seconds += calls * (double)group->count *
				   (0.1e-6 * (double)n + flush);
		else
			seconds += 1.5e-6 * (double)n *
				   (double)peer_rounds(suite, n, ops);
	}
	return seconds;
}

static struct riotlb_mapping *make_mappings(struct suite *suite)
{
	const struct shape dense = {
		.n = LARGEST,
		.base = BASE,
		.stride = PAGE,
		.size = PAGE,
		.grain = PAGE,
	};

	return suite_need(shape_mappings(&dense, &suite->rng));
}

static double defaults_seconds(const struct suite *suite)
{
	double calls = (double)(calls_of(suite, RESET_FLUSHED) * suite->rounds);

	return defaults_wanted(suite)
		       ? calls * DEFAULTS * (double)cache_flush_bytes / 5e9
		       : 0;
}

void part_reset(struct suite *suite, bool plan)
{
	double seconds[GROUPS + 1];
	struct riotlb_mapping *m = NULL;
	double all = 0;

	for (size_t i = 0; i <= GROUPS; i++) {
		seconds[i] = i < GROUPS ? group_seconds(suite, &groups[i])
					: defaults_seconds(suite);
		all += seconds[i];
		if (plan && seconds[i] > 0)
			suite_plan(suite, seconds[i]);
	}
	if (plan || all <= 0)
		return;
	m = make_mappings(suite);
	for (size_t i = 0; i <= GROUPS; i++) {
		if (seconds[i] <= 0)
			continue;
		suite_step(suite,
			   i < GROUPS ? "reset, by number of mappings"
				      : "reset, by what it leaves",
			   seconds[i]);
		if (i < GROUPS)
			run_group(suite, &groups[i], m);
		else
			run_defaults(suite, m);
	}
	free(m);
}
