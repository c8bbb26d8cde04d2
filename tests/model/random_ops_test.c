/* SPDX-License-Identifier: MIT */
/*
 * Random updates on three AS and two groups, every result, report and a sample
 * of lookups compared with the model's; now and then everything is compared.
 * A failure prints the command line that replays it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "compare.h"
#include "gen.h"
#include "hooks.h"
#include "retired.h"

enum mode {
	MODE_PLAIN,  /* no retire callback, the library's reclaim thread */
	MODE_RETIRE, /* every retired byte is accounted for */
	MODE_NOMEM,  /* the same, and an allocation is refused now and then */
	MODES,
};

static const char *const mode_names[MODES] = { "plain", "retire", "nomem" };

struct run {
	const struct profile *profile;
	enum mode mode;
	uint64_t seed;
	uint64_t ops;

	struct model model;
	struct riotlb *engine;
	struct hooks hooks;
	struct retired engine_retired;
	struct retired model_retired;
	struct gen gen;
	struct riotlb_mapping list[GEN_ENTRIES];

	uint64_t at; /* number of the current op */
	struct op op;
	uint64_t changed; /* successful ops */
	uint64_t
		refused; /* ops that ended in -ENOMEM or a table that is full */
};

static void tell(void *ctx)
{
	struct run *run = ctx;

	fprintf(stderr, "op %" PRIu64 ": ", run->at);
	op_print(stderr, &run->op);
	dump_model(&run->model);
	fprintf(stderr,
		"replay: --profile %s --mode %s --seed %" PRIu64
		" --ops %" PRIu64 "\n",
		run->profile->name, mode_names[run->mode], run->seed,
		run->at + 1);
}

/* ---- set-up ------------------------------------------------------------ */

static void run_begin(struct run *run)
{
	struct riotlb_limits limits[GEN_AS];
	struct riotlb_default defaults[GEN_AS];
	struct riotlb_attr attr;

	/* the modes of one seed see different runs */
	gen_init(&run->gen, run->profile, &run->model,
		 run->seed * MODES + run->mode);
	for (uint32_t i = 0; i < GEN_AS; i++) {
		defaults[i] = gen_default(&run->gen, i, run->list);
		limits[i].mappings = run->profile->max_mappings;
		limits[i].table_bytes = run->profile->max_bytes;
	}
	check_eq(model_init(&run->model, GEN_AS, GEN_GROUPS, defaults, limits),
		 0);
	hooks_init(&run->hooks);
	riotlb_attr_init(&attr);
	attr.nas = GEN_AS;
	attr.ngroups = GEN_GROUPS;
	attr.defaults = defaults;
	attr.limits = limits;
	attr.allocator = &run->hooks.allocator;
	if (run->mode != MODE_PLAIN) {
		attr.reclaim = RIOTLB_RECLAIM_MANUAL;
		attr.retire = retired_add;
		attr.hook_ctx = &run->engine_retired;
		run->model.piece = retired_add;
		run->model.piece_ctx = &run->model_retired;
	}
	check_eq(riotlb_create(&attr, &run->engine), 0);
	riotlb_thread_register(run->engine);
}

static void drain(struct run *run)
{
	while (riotlb_reclaim(run->engine))
		;
	retired_check_equal(&run->engine_retired, &run->model_retired);
}

static void run_end(struct run *run)
{
	compare_state(run->engine, &run->model, 100);
	if (run->mode != MODE_PLAIN)
		drain(run);
	riotlb_thread_unregister(run->engine);
	riotlb_destroy(run->engine);
	model_fini(&run->model);
	retired_check_equal(&run->engine_retired, &run->model_retired);
	hooks_check_empty(&run->hooks);
	/* a run in which nothing works would pass all of the above */
	check(run->changed * 4 > run->at);
	if (run->mode == MODE_NOMEM)
		check(run->refused > 0);
}

/* ---- one op ------------------------------------------------------------ */

/*
 * May the engine say so where the model, which knows no memory, says yes? Never
 * for calls that must not fail.
 */
static bool may_refuse(const struct run *run, int err)
{
	const struct op *op = &run->op;

	if (op->kind == OP_RESET || op->kind == OP_BIND ||
	    (op->kind == OP_UNMAP && op->policy != RIOTLB_UNMAP_EXACT))
		return false;
	return (err == -ENOMEM && run->mode == MODE_NOMEM) ||
	       (err == -ENOSPC && run->profile->max_bytes);
}

/* A byte whose answer is watched across an op, with its stamps. */
struct probe {
	uint32_t asid;
	uint64_t iova;
	struct riotlb_segment seg;
	int status;
	struct riotlb_stamp stamp;
	struct riotlb_segment group_seg;
	int group_status;
	struct riotlb_stamp group_stamp;
};

static int probe_model(const struct run *run, uint32_t asid, uint64_t iova,
		       struct riotlb_segment *seg)
{
	memset(seg, 0, sizeof(*seg));
	return model_translate(&run->model, asid, iova, iova, RIOTLB_READ, seg);
}

static struct probe probe_before(struct run *run)
{
	struct riotlb_range r = { run->op.one.start, run->op.one.last };
	struct probe p = { .asid = run->op.asid % GEN_AS };
	uint32_t group = run->op.group;

	if (run->op.n)
		r.start = run->op.many[rng_below(&run->gen.rng, run->op.n)]
				  .mapping.start;
	p.iova = r.start;
	p.status = probe_model(run, p.asid, p.iova, &p.seg);
	p.group_status =
		probe_model(run, run->model.group[group], p.iova, &p.group_seg);
	check_eq(riotlb_stamp(run->engine, p.asid, p.iova, p.iova, &p.stamp),
		 0);
	check_eq(riotlb_group_stamp(run->engine, group, p.iova, p.iova,
				    &p.group_stamp),
		 0);
	return p;
}

static bool same_answer(int a, const struct riotlb_segment *seg_a, int b,
			const struct riotlb_segment *seg_b)
{
	return a == b && (a || (seg_a->addr == seg_b->addr &&
				seg_a->perm == seg_b->perm));
}

/* A cached answer that went stale must not carry a stamp that still holds. */
static void probe_after(struct run *run, const struct probe *p)
{
	uint32_t group = run->op.group;
	struct riotlb_segment seg;
	struct riotlb_stamp stamp;
	int status = probe_model(run, p->asid, p->iova, &seg);

	check_eq(riotlb_stamp(run->engine, p->asid, p->iova, p->iova, &stamp),
		 0);
	check(same_answer(status, &seg, p->status, &p->seg) ||
	      !riotlb_stamp_equal(&stamp, &p->stamp));
	status = probe_model(run, run->model.group[group], p->iova, &seg);
	check_eq(riotlb_group_stamp(run->engine, group, p->iova, p->iova,
				    &stamp),
		 0);
	check(same_answer(status, &seg, p->group_status, &p->group_seg) ||
	      !riotlb_stamp_equal(&stamp, &p->group_stamp));
}

static void do_op(struct run *run)
{
	struct riotlb_report got, want;
	struct probe probe = probe_before(run);
	int err;

	if (run->mode == MODE_NOMEM && rng_percent(&run->gen.rng, 25))
		hooks_refuse_nth(&run->hooks, 1 + rng_log(&run->gen.rng, 4));
	err = op_on_engine(run->engine, &run->op, &got);
	hooks_refuse_nth(&run->hooks, 0);
	if (may_refuse(run, err)) {
		run->refused++;
		compare_state(run->engine, &run->model, 7);
		return;
	}
	op_check_same(&run->op, err, op_on_model(&run->model, &run->op, &want),
		      &got, &want);
	probe_after(run, &probe);
	run->changed += !err;
}

static void ask(struct run *run)
{
	struct rng *rng = &run->gen.rng;
	uint32_t asid = (uint32_t)rng_below(rng, GEN_AS);
	struct riotlb_range r = gen_range(&run->gen, asid);
	uint32_t want = 1 + (uint32_t)rng_below(rng, 3);

	if (rng_below(rng, 200) == 0) {
		want = (uint32_t)rng_below(rng, 2) * 4;
		asid = GEN_AS - (uint32_t)rng_below(rng, 2);
	}
	if (rng_percent(rng, 30))
		r.last = r.start;
	if (rng_percent(rng, 10))
		r.last = UINT64_MAX;
	compare_lookup(run->engine, &run->model, asid, r.start, r.last, want,
		       1 + rng_log(rng, 5));
}

/* Around the ends of what the op named: where it should and should not show. */
static void ask_around(struct run *run)
{
	uint64_t start = run->op.one.start, last = run->op.one.last;
	uint32_t asid = run->op.asid % GEN_AS;

	if (run->op.n) {
		start = run->op.many[run->op.n - 1].mapping.start;
		last = run->op.many[run->op.n - 1].mapping.last;
	}
	start -= start != 0;
	last += last != UINT64_MAX;
	if (start <= last)
		compare_lookup(run->engine, &run->model, asid, start, last,
			       RIOTLB_READ, 5);
	compare_lookup(run->engine, &run->model, asid, start, UINT64_MAX,
		       RIOTLB_WRITE, 3);
	compare_lookup(run->engine, &run->model, asid, last, last, RIOTLB_READ,
		       1);
}

static void run_all(struct run *run)
{
	run_begin(run);
	check_set_context(tell, run);
	for (run->at = 0; run->at < run->ops; run->at++) {
		run->op = gen_op(&run->gen);
		do_op(run);
		ask_around(run);
		for (int i = 0; i < 4; i++)
			ask(run);
		if (run->at % 64 == 0)
			compare_state(run->engine, &run->model,
				      1 + rng_below(&run->gen.rng, 40));
		if (run->at % 512 == 0)
			compare_edges(run->engine, &run->model, 1, 0);
		if (run->at % 128 == 0 && run->mode != MODE_PLAIN)
			drain(run);
	}
	run_end(run);
	check_set_context(NULL, NULL);
	printf("%s/%s: seed %" PRIu64 ", %" PRIu64 " ops, %" PRIu64
	       " succeeded, %" PRIu64 " refused\n",
	       run->profile->name, mode_names[run->mode], run->seed, run->at,
	       run->changed, run->refused);
}

/* ---- command line ------------------------------------------------------ */

struct options {
	const struct profile *profile; /* NULL: all */
	enum mode mode;                /* MODES: all */
	uint64_t seed;
	uint64_t ops; /* 0: the profile's */
	unsigned int percent;
};

static void usage(void)
{
	fprintf(stderr, "usage: [--profile NAME] [--mode plain|retire|nomem] "
			"[--seed N] [--ops N | --percent N]\nprofiles:\n");
	for (size_t i = 0; i < nprofiles; i++)
		fprintf(stderr, "  %-12s %s\n", profiles[i].name,
			profiles[i].what);
	exit(2);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || *end || end == text)
		usage();
	return n;
}

static enum mode mode_find(const char *name)
{
	for (int i = 0; i < MODES; i++)
		if (!strcmp(mode_names[i], name))
			return (enum mode)i;
	usage();
	return MODES;
}

static struct options parse(int argc, char **argv)
{
	struct options o = { .mode = MODES, .seed = 1, .percent = 100 };

	for (int i = 1; i < argc; i += 2) {
		const char *value = argv[i + 1];

		if (i + 1 == argc)
			usage();
		if (!strcmp(argv[i], "--profile"))
			o.profile = profile_find(value);
		else if (!strcmp(argv[i], "--mode"))
			o.mode = mode_find(value);
		else if (!strcmp(argv[i], "--seed"))
			o.seed = number(value);
		else if (!strcmp(argv[i], "--ops"))
			o.ops = number(value);
		else if (!strcmp(argv[i], "--percent"))
			o.percent = (unsigned int)number(value);
		else
			usage();
		if (!strcmp(argv[i], "--profile") && !o.profile)
			usage();
	}
	return o;
}

int main(int argc, char **argv)
{
	static struct run run;
	struct options o = parse(argc, argv);

	for (size_t i = 0; i < nprofiles; i++) {
		if (o.profile && o.profile != &profiles[i])
			continue;
		for (int mode = 0; mode < MODES; mode++) {
			if (o.mode != MODES && (int)o.mode != mode)
				continue;
			memset(&run, 0, sizeof(run));
			run.profile = &profiles[i];
			run.mode = (enum mode)mode;
			run.seed = o.seed;
			run.ops = o.ops ? o.ops
					: profiles[i].ops * o.percent / 100;
			run_all(&run);
		}
	}
	return 0;
}
