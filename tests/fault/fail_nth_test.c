/* SPDX-License-Identifier: MIT */
/*
 * Every allocation that an update makes is refused once, in turn, from several
 * prepared states of several kinds of engine. On -ENOMEM everything must be as
 * it was, and the update must work when it is tried again; a sweep ends when
 * nothing was left to refuse.
 *
 * And the calls that may not fail: with every allocation refused they do their
 * work all the same, and do not even ask.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "compare.h"
#include "hooks.h"
#include "ops.h"
#include "retired.h"

#define MAX UINT64_MAX
#define MANY_MAX 200

struct bench {
	struct riotlb *engine;
	struct model model;
	struct hooks hooks;
	struct retired engine_retired;
	struct retired model_retired;

	const char *state;
	const char *what;
	struct op op;
	size_t nth;
};

static struct riotlb_op many[MANY_MAX];
static size_t nmany;

static void tell(void *ctx)
{
	const struct bench *b = ctx;

	fprintf(stderr, "state %s, %s, allocation %zu refused: ", b->state,
		b->what, b->nth);
	op_print(stderr, &b->op);
	dump_model(&b->model);
}

/* ---- operations -------------------------------------------------------- */

static struct riotlb_mapping mapping(uint64_t start, uint64_t last,
				     uint64_t addr, uint64_t opaque)
{
	return (struct riotlb_mapping){ .start = start,
					.last = last,
					.addr = addr,
					.opaque = opaque,
					.perm = RIOTLB_RW };
}

static struct op single(enum op_kind kind, uint64_t start, uint64_t last)
{
	struct op op = { .kind = kind, .one = mapping(start, last, start, 0) };

	return op;
}

static struct op map(uint64_t start, uint64_t last, uint64_t addr,
		     uint64_t opaque)
{
	struct op op = single(OP_MAP, start, last);

	op.one = mapping(start, last, addr, opaque);
	return op;
}

static struct op replace(uint64_t start, uint64_t last, uint64_t addr)
{
	struct op op = map(start, last, addr, 5);

	op.flags = RIOTLB_MAP_REPLACE;
	return op;
}

static struct op unmap(uint64_t start, uint64_t last)
{
	return single(OP_UNMAP, start, last);
}

static struct op protect(uint64_t start, uint64_t last)
{
	struct op op = single(OP_PROTECT, start, last);

	op.one.perm = RIOTLB_READ;
	return op;
}

static void entry(enum riotlb_op_kind kind, uint32_t flags, uint64_t start,
		  uint64_t last)
{
	struct riotlb_op *op = &many[nmany++];

	check(nmany <= MANY_MAX);
	memset(op, 0, sizeof(*op));
	op->kind = kind;
	op->flags = flags;
	op->mapping = mapping(start, last, start ^ 0x5000, nmany % 3);
}

static struct op array(enum op_kind kind, uint32_t flags)
{
	struct op op = { .kind = kind, .flags = flags, .many = many };

	op.n = nmany;
	return op;
}

static void pages_entries(uint64_t from, uint64_t n, uint64_t stride,
			  uint64_t size)
{
	nmany = 0;
	for (uint64_t i = 0; i < n; i++)
		entry(RIOTLB_OP_MAP, 0, from + i * stride,
		      from + i * stride + size - 1);
}

/* ---- states ------------------------------------------------------------ */

static void must(struct bench *b, struct op op)
{
	struct riotlb_report report;

	b->op = op;
	check_eq(op_on_both(b->engine, &b->model, &op, &report), 0);
}

static void state_default(struct bench *b)
{
	(void)b;
}

static void state_empty(struct bench *b)
{
	must(b, unmap(0, 0));
}

static void state_full_range(struct bench *b)
{
	must(b, map(0, MAX, 0, 0));
}

/* Eight small ones close together, which is as many as share one place. */
static void state_crowded(struct bench *b)
{
	for (uint64_t i = 0; i < 8; i++)
		must(b, map(0x100003 + i * 7, 0x100003 + i * 7 + 4, i, i % 2));
}

static void state_pages(struct bench *b)
{
	pages_entries(0x100000, 64, 0x1000, 0x1000);
	must(b, array(OP_MAP_BULK, 0));
}

static void state_wide(struct bench *b)
{
	must(b, map(0x100000, 0x400fffff, 0x7000, 0));
	must(b, map(0x40200000, 0x40200fff, 0, 1));
	must(b, map(0x7fffffff0000, 0x80000000ffff, 0x1000, 0));
	must(b, map(MAX - 2, MAX, 0x123, 7));
}

static void state_scattered(struct bench *b)
{
	for (uint64_t i = 0; i < 40; i++)
		must(b, map((i + 1) << 28 | i * 3, (i + 1) << 28 | 0xfff, i,
			    i % 2));
}

static const struct {
	const char *name;
	void (*prepare)(struct bench *b);
} states[] = {
	{ "default", state_default },       { "empty", state_empty },
	{ "full-range", state_full_range }, { "crowded", state_crowded },
	{ "pages", state_pages },           { "wide", state_wide },
	{ "scattered", state_scattered },
};

enum { STATES = sizeof(states) / sizeof(*states) };

/* What an engine was created with decides which ways its updates take. */
enum variant {
	PLAIN,
	CALLBACK,
	LIMITED, /* a cap and a hook, too; nothing stands in the way */
	VARIANTS,
};

static const char *const variants[VARIANTS] = {
	"without callbacks",
	"with a retire callback",
	"with limits",
};

static void flushed(void *ctx, uint32_t asid, uint64_t start, uint64_t last)
{
	(void)ctx;
	(void)asid;
	check(last >= start);
}

static const struct riotlb_limits far_away = {
	.mappings = 100000,
	.table_bytes = 100 << 20,
};

static void attr_of(struct bench *b, enum variant variant,
		    struct riotlb_attr *attr)
{
	riotlb_attr_init(attr);
	attr->allocator = &b->hooks.allocator;
	attr->reclaim = RIOTLB_RECLAIM_MANUAL;
	attr->hook_ctx = &b->engine_retired;
	if (variant == CALLBACK)
		attr->retire = retired_add;
	if (variant == LIMITED) {
		attr->limits = &far_away;
		attr->sync = flushed;
		attr->backlog_cap = 100 << 20;
	}
}

static void begin(struct bench *b, size_t state, enum variant variant)
{
	struct riotlb_attr attr;

	memset(b, 0, sizeof(*b));
	b->state = states[state].name;
	b->what = variants[variant];
	hooks_init(&b->hooks);
	attr_of(b, variant, &attr);
	check_eq(model_init(&b->model, 1, 1, NULL, attr.limits), 0);
	if (attr.retire) {
		b->model.piece = retired_add;
		b->model.piece_ctx = &b->model_retired;
	}
	check_eq(riotlb_create(&attr, &b->engine), 0);
	riotlb_thread_register(b->engine);
	states[state].prepare(b);
	while (riotlb_reclaim(b->engine))
		;
}

static void end(struct bench *b)
{
	size_t calls = atomic_load(&b->hooks.calls);

	riotlb_thread_unregister(b->engine);
	/* taking it down needs no memory either */
	atomic_store(&b->hooks.refuse_all, true);
	riotlb_destroy(b->engine);
	check_eq(atomic_load(&b->hooks.calls), calls);
	model_fini(&b->model);
	retired_check_equal(&b->engine_retired, &b->model_retired);
	hooks_check_empty(&b->hooks);
}

/* ---- the sweep --------------------------------------------------------- */

static struct op op_map_byte(void)
{
	return map(0x100000, 0x100000, 0x99, 0);
}

static struct op op_map_odd(void)
{
	return map(0x200001, 0x90000ffe, 0x12345, 3);
}

static struct op op_map_far(void)
{
	return map(0x300000000000, 0x300000000fff, 0, 1);
}

static struct op op_map_all(void)
{
	return replace(0, MAX, 0);
}

static struct op op_replace(void)
{
	return replace(0x100802, 0x1fff01, 0x77);
}

static struct op op_unmap_cuts(void)
{
	return unmap(0x100804, 0x100804);
}

static struct op op_unmap_wide(void)
{
	return unmap(0x100005, 0x800000000005);
}

static struct op op_protect_cuts(void)
{
	return protect(0x100004, 0x100005);
}

static struct op op_protect_wide(void)
{
	return protect(0x100801, 0x13effe);
}

static struct op op_bulk_pages(void)
{
	pages_entries(0x600000000, 24, 0x1000, 0x1000);
	return array(OP_MAP_BULK, 0);
}

static struct op op_bulk_far(void)
{
	pages_entries(0x101001, 16, 0x50000011, 0x803);
	return array(OP_MAP_BULK, RIOTLB_MAP_REPLACE);
}

static struct op op_unmap_bulk(void)
{
	pages_entries(0x100802, 20, 0x2000, 0x3);
	return array(OP_UNMAP_BULK, 0);
}

/* The entries before the last leave nothing that it could cut. */
static struct op op_unmap_bulk_late(void)
{
	pages_entries(0x100000, 4, 0x1000, 0x1000);
	entry(RIOTLB_OP_MAP, 0, 0x100000005, 0x100000006);
	return array(OP_UNMAP_BULK, 0);
}

static struct op op_bulk_over(void)
{
	pages_entries(0x100000, 40, 0x2000, 0x1000);
	return array(OP_MAP_BULK, RIOTLB_MAP_REPLACE);
}

static struct op op_set_nothing(void)
{
	nmany = 0;
	return array(OP_SET_MAP, 0);
}

static struct op op_apply(void)
{
	nmany = 0;
	entry(RIOTLB_OP_MAP, RIOTLB_MAP_REPLACE, 0x101000, 0x104fff);
	entry(RIOTLB_OP_PROTECT, 0, 0x102345, 0x103456);
	many[1].mapping.perm = RIOTLB_READ;
	entry(RIOTLB_OP_UNMAP, 0, 0x103000, 0x10300f);
	entry(RIOTLB_OP_UNMAP, 0, 0x200000, MAX);
	many[3].policy = RIOTLB_UNMAP_WHOLE;
	entry(RIOTLB_OP_MAP, 0, 0x900000000007, 0x900000001007);
	return array(OP_APPLY, 0);
}

static struct op op_set_map(void)
{
	pages_entries(0x101001, 16, 0x50000011, 0x803);
	entry(RIOTLB_OP_MAP, 0, 0x1000, 0x100fff);
	entry(RIOTLB_OP_MAP, 0, MAX, MAX);
	return array(OP_SET_MAP, 0);
}

static const struct {
	const char *name;
	struct op (*make)(void);
} sweeps[] = {
	{ "map a byte", op_map_byte },
	{ "map odd ends", op_map_odd },
	{ "map far away", op_map_far },
	{ "replace all", op_map_all },
	{ "replace", op_replace },
	{ "unmap, cutting", op_unmap_cuts },
	{ "unmap much", op_unmap_wide },
	{ "protect, cutting", op_protect_cuts },
	{ "protect much", op_protect_wide },
	{ "map_bulk, pages", op_bulk_pages },
	{ "map_bulk, far apart", op_bulk_far },
	{ "map_bulk, over what is there", op_bulk_over },
	{ "unmap_bulk, cutting", op_unmap_bulk },
	{ "unmap_bulk, cutting at last", op_unmap_bulk_late },
	{ "apply", op_apply },
	{ "set_map", op_set_map },
	{ "set_map, nothing", op_set_nothing },
};

enum { SWEEPS = sizeof(sweeps) / sizeof(*sweeps) };

static uint64_t generation_of(struct bench *b)
{
	struct riotlb_stats stats;

	check_eq(riotlb_get_stats(b->engine, 0, &stats), 0);
	return stats.generation;
}

/* Of these tables a part, and another part with each allocation that fails. */
static void compare_some_edges(struct bench *b)
{
	compare_edges(b->engine, &b->model, 24, b->nth % 24);
}

static void check_refused(struct bench *b, int err,
			  const struct riotlb_report *report)
{
	static const struct riotlb_report nothing;
	struct riotlb_report r = *report;

	check_eq(err, -ENOMEM);
	/* of the index nothing is promised: memory is no entry's fault */
	r.index = 0;
	check(memcmp(&r, &nothing, sizeof(r)) == 0);
	compare_state(b->engine, &b->model, 9);
	compare_some_edges(b);
	while (riotlb_reclaim(b->engine))
		;
	retired_check_equal(&b->engine_retired, &b->model_retired);
}

/* Refuses the nth allocation of the op. Returns whether there was one. */
static bool refuse_one(struct bench *b, size_t state, size_t sweep,
		       enum variant variant, size_t nth)
{
	struct riotlb_report report;
	size_t refused, live;
	uint64_t generation;
	bool fired;
	int err;

	begin(b, state, variant);
	b->op = sweeps[sweep].make();
	b->nth = nth;
	live = atomic_load(&b->hooks.live_bytes);
	refused = atomic_load(&b->hooks.refused);
	generation = generation_of(b);
	hooks_refuse_nth(&b->hooks, nth);
	err = op_on_engine(b->engine, &b->op, &report);
	hooks_refuse_nth(&b->hooks, 0);
	fired = atomic_load(&b->hooks.refused) > refused;
	if (fired && err == -ENOMEM) {
		check_refused(b, err, &report);
		check_eq(atomic_load(&b->hooks.live_bytes), live);
		check_eq(generation_of(b), generation);
		err = op_on_engine(b->engine, &b->op, &report);
	}
	if (err != -ENOMEM || !fired) {
		struct riotlb_report want;
		int model_err = op_on_model(&b->model, &b->op, &want);

		op_check_same(&b->op, err, model_err, &report, &want);
	}
	compare_state(b->engine, &b->model, 100);
	compare_some_edges(b);
	end(b);
	return fired;
}

static void sweep_all(struct bench *b, enum variant variant)
{
	size_t most = 0, total = 0, without = 0;

	for (size_t state = 0; state < STATES; state++) {
		for (size_t sweep = 0; sweep < SWEEPS; sweep++) {
			size_t nth = 1;

			while (refuse_one(b, state, sweep, variant, nth))
				check(++nth < 2000);
			most = nth - 1 > most ? nth - 1 : most;
			total += nth - 1;
			without += nth == 1;
		}
	}
	printf("%s: %zu allocations refused one by one, at most %zu of a "
	       "call; %zu of %d calls made none\n",
	       b->what, total, most, without, STATES * SWEEPS);
	/* or the hooks were not looked at */
	check(total > STATES * SWEEPS / 2);
	check(most > 4);
}

/* ---- calls that may not fail ------------------------------------------- */

struct sure_call {
	const char *name;
	enum op_kind kind;
	enum riotlb_unmap_policy policy;
	uint64_t start;
	uint64_t last;
};

static const struct sure_call sure_calls[] = {
	{ "reset_map", OP_RESET, 0, 0, 0 },
	{ "unmap whole, one byte", OP_UNMAP, RIOTLB_UNMAP_WHOLE, 0x100804,
	  0x100804 },
	{ "unmap whole, much", OP_UNMAP, RIOTLB_UNMAP_WHOLE, 0x100004,
	  0x7fffffff0000 },
	{ "unmap whole, all", OP_UNMAP, RIOTLB_UNMAP_WHOLE, 0, MAX },
	{ "unmap all", OP_UNMAP, RIOTLB_UNMAP_EXACT, 0, MAX },
	{ "unmap what is not there", OP_UNMAP, RIOTLB_UNMAP_EXACT, 0x5000,
	  0x5fff },
	{ "no-bisect, all", OP_UNMAP, RIOTLB_UNMAP_NO_BISECT, 0, MAX },
	{ "unmap_bulk whole, some bytes", OP_UNMAP_BULK, RIOTLB_UNMAP_WHOLE,
	  0x100804, 0x100804 },
	{ "unmap_bulk whole, much", OP_UNMAP_BULK, RIOTLB_UNMAP_WHOLE, 0x100004,
	  0x7fffffff0000 },
	{ "unmap_bulk, all", OP_UNMAP_BULK, RIOTLB_UNMAP_EXACT, 0, MAX },
	{ "rebind", OP_BIND, 0, 0, 0 },
};

static struct op op_of(const struct sure_call *call)
{
	struct op op;

	if (call->kind == OP_UNMAP_BULK) {
		nmany = 0;
		/* twice: the second finds it gone */
		entry(RIOTLB_OP_MAP, 0, call->start, call->last);
		entry(RIOTLB_OP_MAP, 0, call->start, call->last);
		op = array(OP_UNMAP_BULK, 0);
	} else {
		op = single(call->kind, call->start, call->last);
	}
	op.policy = call->policy;
	return op;
}

static void call_surely(struct bench *b, const struct sure_call *call,
			size_t state, enum variant variant)
{
	struct riotlb_report report;
	size_t calls;

	begin(b, state, variant);
	b->op = op_of(call);
	calls = atomic_load(&b->hooks.calls);
	atomic_store(&b->hooks.refuse_all, true);
	/* what is not there would be cut out of the full range, if it is */
	if (strcmp(call->name, "unmap what is not there") ||
	    strcmp(b->state, "full-range"))
		op_on_both(b->engine, &b->model, &b->op, &report);
	while (riotlb_reclaim(b->engine))
		;
	retired_check_equal(&b->engine_retired, &b->model_retired);
	check_eq(atomic_load(&b->hooks.calls), calls);
	atomic_store(&b->hooks.refuse_all, false);
	compare_state(b->engine, &b->model, 100);
	compare_some_edges(b);
	end(b);
}

/* Each page on its own: a mapping that goes whole, among others that stay. */
static void unmap_one_by_one(struct bench *b, size_t state,
			     enum variant variant)
{
	struct riotlb_report report;
	size_t calls;

	begin(b, state, variant);
	calls = atomic_load(&b->hooks.calls);
	atomic_store(&b->hooks.refuse_all, true);
	while (b->model.as[0].live.n) {
		size_t at = b->model.as[0].live.n / 2;
		const struct riotlb_mapping *m = &b->model.as[0].live.maps[at];

		b->op = unmap(m->start, m->last);
		check_eq(op_on_both(b->engine, &b->model, &b->op, &report), 0);
		check_eq(report.removed, 1);
		compare_state(b->engine, &b->model, 100);
	}
	check_eq(atomic_load(&b->hooks.calls), calls);
	end(b);
}

static void sure_all(struct bench *b, enum variant variant)
{
	size_t n = sizeof(sure_calls) / sizeof(*sure_calls);

	for (size_t state = 0; state < STATES; state++) {
		for (size_t i = 0; i < n; i++)
			call_surely(b, &sure_calls[i], state, variant);
		unmap_one_by_one(b, state, variant);
	}
}

/* ---- upkeep ------------------------------------------------------------ */

/* Many, in an order that makes a deep table; then most of them go. */
static void grow_and_shrink(struct bench *b)
{
	enum { N = 1500 };

	for (uint64_t i = 0; i < N; i++) {
		uint64_t at = i * 7919 % N;

		must(b, map(at << 24 | at % 512, at << 24 | 0xfff, at, at % 2));
	}
	for (uint64_t i = 0; i < N - 3; i++)
		must(b, unmap(i << 24, i << 24 | 0xffffff));
}

/*
 * A table is kept in shape while memory is reclaimed. That is nobody's call,
 * and without memory it is left for another time.
 */
static void sweep_upkeep(struct bench *b)
{
	size_t nth = 1, refused;

	do {
		begin(b, 1, CALLBACK);
		grow_and_shrink(b);
		b->nth = nth;
		hooks_refuse_nth(&b->hooks, nth++);
		while (riotlb_reclaim(b->engine))
			;
		refused = atomic_load(&b->hooks.refused);
		hooks_refuse_nth(&b->hooks, 0);
		compare_state(b->engine, &b->model, 100);
		compare_edges(b->engine, &b->model, 1, 0);
		must(b, map(5, 6, 7, 8));
		end(b);
	} while (refused);
	printf("upkeep: %zu allocations refused one by one\n", nth - 2);
#ifndef RIOTLB_TINY /* whose tables are too small to be worth the trouble */
	check(nth - 2 > 2);
#endif
}

/* ---- creation ---------------------------------------------------------- */

/* Every AS in another default state; a failed creation leaves nothing. */
static void sweep_creation(struct hooks *hooks)
{
	struct riotlb_default defaults[4] = {
		{ .kind = RIOTLB_DEFAULT_IDENTITY },
		{ .kind = RIOTLB_DEFAULT_APERTURE, .start = 3, .last = MAX },
		{ .kind = RIOTLB_DEFAULT_EMPTY },
		{ .kind = RIOTLB_DEFAULT_LIST, .list = NULL },
	};
	struct riotlb_mapping list[20];
	struct riotlb_attr attr;
	struct riotlb *e = NULL;
	size_t nth = 1;
	int err;

	for (uint64_t i = 0; i < 20; i++)
		list[i] = mapping(i << 33, i << 33 | 0x1801, 5, i);
	defaults[3].list = list;
	defaults[3].n = 20;
	hooks_init(hooks);
	riotlb_attr_init(&attr);
	attr.nas = 4;
	attr.ngroups = 3;
	attr.defaults = defaults;
	attr.allocator = &hooks->allocator;
	do {
		attr.reclaim =
			nth % 2 ? RIOTLB_RECLAIM_THREAD : RIOTLB_RECLAIM_MANUAL;
		hooks_refuse_nth(hooks, nth++);
		err = riotlb_create(&attr, &e);
		check(err == 0 || err == -ENOMEM);
		if (err) {
			check(!e);
			hooks_check_empty(hooks);
		}
	} while (err);
	check(nth > 8);
	hooks_refuse_nth(hooks, 0);
	riotlb_destroy(e);
	hooks_check_empty(hooks);
	printf("creation: %zu allocations refused one by one\n", nth - 2);
}

int main(void)
{
	static struct bench b;
	static struct hooks hooks;

	sweep_creation(&hooks);
	check_set_context(tell, &b);
	for (int variant = 0; variant < VARIANTS; variant++) {
		sweep_all(&b, (enum variant)variant);
		sure_all(&b, (enum variant)variant);
	}
	sweep_upkeep(&b);
	return 0;
}
