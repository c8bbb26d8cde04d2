/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out while several threads update: at any moment some allocation
 * is about to be refused, to whoever asks next. Each updater has a part of an
 * AS to itself, or an AS, and a model of it, to which only the calls that
 * succeeded are made. Readers look on; what is reported at the end is what the
 * models say. A call that may not fail must not, whoever else has no memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "crew.h"
#include "hooks.h"
#include "model.h"
#include "ops.h"
#include "retired.h"

enum {
	SHARERS = 3, /* of AS 0; each has a part of it */
	OWNERS = 1,  /* of AS 1 */
	UPDATERS = SHARERS + OWNERS,
	ROUNDS = 12000,
	PASSES = 20000,
	MANY = 24,
	PART_SHIFT = 24,
	OFFSET_BITS = 20, /* of a part, what is used */
	CHUNK = 64,
};

static struct riotlb *engine;
static struct hooks hooks;
static struct retired reported, expected;

struct part {
	struct model model;
	struct op op;
	struct riotlb_op many[MANY];
	uint32_t asid;
	uint64_t start;
	uint64_t last;
	uint64_t generation;
	uint64_t failed[OP_KINDS];
	uint64_t done[OP_KINDS];
	struct rng *rng;
};

static struct part parts[UPDATERS];

/* ---- operations -------------------------------------------------------- */

static uint64_t tag_of(const struct part *p)
{
	return (uint64_t)(p - parts + 1) << 56;
}

/* Host addresses lie as IOVAs do, but for whose they are and since when. */
static struct riotlb_mapping random_mapping(struct part *p)
{
	uint64_t offset = rng_below(p->rng, (uint64_t)1 << OFFSET_BITS);
	uint64_t length = rng_log(p->rng, 15);
	struct riotlb_mapping m = { .perm = RIOTLB_RW };

	if (rng_percent(p->rng, 60)) {
		offset &= ~(uint64_t)0xfff;
		length |= 0xfff;
	}
	m.start = p->start + offset;
	m.last = m.start + length;
	m.addr = tag_of(p) + (++p->generation % 4096 << 44) + m.start;
	m.opaque = rng_below(p->rng, 3);
	return m;
}

static enum riotlb_unmap_policy random_policy(struct part *p)
{
	return (enum riotlb_unmap_policy)rng_below(p->rng, 3);
}

static void random_many(struct part *p, bool mixed)
{
	p->op.n = 1 + rng_below(p->rng, MANY);
	p->op.many = p->many;
	for (size_t i = 0; i < p->op.n; i++) {
		struct riotlb_op *op = &p->many[i];

		*op = (struct riotlb_op){ .mapping = random_mapping(p) };
		if (mixed)
			op->kind = (enum riotlb_op_kind)rng_below(p->rng, 2);
		if (op->kind == RIOTLB_OP_MAP)
			op->flags = RIOTLB_MAP_REPLACE;
		else
			op->policy = RIOTLB_UNMAP_EXACT;
	}
}

/* set_map takes no overlaps: a page each. */
static void random_set(struct part *p)
{
	p->op.n = rng_below(p->rng, MANY);
	p->op.many = p->many;
	for (size_t i = 0; i < p->op.n; i++) {
		uint64_t start = i * 0x7000 + rng_below(p->rng, 0x3000);

		p->many[i] = (struct riotlb_op){
			.mapping = random_mapping(p),
		};
		p->many[i].mapping.addr -= p->many[i].mapping.start - start;
		p->many[i].mapping.start = start;
		p->many[i].mapping.last = start + rng_below(p->rng, 0x4000);
	}
}

static enum op_kind random_kind(struct part *p)
{
	static const enum op_kind kinds[] = {
		OP_MAP,     OP_MAP,      OP_MAP,        OP_UNMAP, OP_UNMAP,
		OP_PROTECT, OP_MAP_BULK, OP_UNMAP_BULK, OP_APPLY,
	};
	enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

	/* these are for who has the AS to himself */
	if (p >= parts + SHARERS && rng_percent(p->rng, 15))
		return rng_percent(p->rng, 70) ? OP_SET_MAP : OP_RESET;
	return kinds[rng_below(p->rng, KINDS)];
}

static void random_op(struct part *p)
{
	p->op = (struct op){ .kind = random_kind(p), .asid = p->asid };
	p->op.one = random_mapping(p);
	if (rng_percent(p->rng, 70))
		p->op.flags = RIOTLB_MAP_REPLACE;
	p->op.policy = random_policy(p);
	if (p->op.kind == OP_PROTECT)
		p->op.one.perm = 1 + (uint32_t)rng_below(p->rng, 3);
	else if (p->op.kind == OP_SET_MAP)
		random_set(p);
	else if (p->op.kind >= OP_MAP_BULK && p->op.kind <= OP_APPLY)
		random_many(p, p->op.kind == OP_APPLY);
}

/* ---- what comes of them ------------------------------------------------ */

static bool may_fail(const struct op *op)
{
	if (op->kind == OP_RESET)
		return false;
	if (op->kind == OP_UNMAP)
		return op->policy == RIOTLB_UNMAP_EXACT;
	/* of many, a range that NO_BISECT refuses is found in a private copy */
	return op->kind != OP_UNMAP_BULK || op->policy != RIOTLB_UNMAP_WHOLE;
}

static void check_part(const struct part *p)
{
	struct riotlb_mapping got[CHUNK], want[CHUNK];
	uint64_t at = p->start, resume = 0, model_resume = 0;
	size_t n, model_n;
	int more;

	do {
		more = riotlb_iterate(engine, p->asid, at, p->last, got, CHUNK,
				      &n, &resume, NULL);
		check_eq(more,
			 model_iterate(&p->model, p->asid, at, p->last, want,
				       CHUNK, &model_n, &model_resume));
		check_eq(n, model_n);
		check(memcmp(got, want, n * sizeof(*got)) == 0);
		at = resume;
	} while (more == 1);
	check_eq(more, 0);
}

static void run_op(struct part *p)
{
	struct riotlb_report report, model_report;
	int err = op_on_engine(engine, &p->op, &report);

	if (err == -ENOMEM) {
		p->failed[p->op.kind]++;
		if (!may_fail(&p->op)) {
			op_print(stderr, &p->op);
			check_fail("no memory for a call that takes none");
		}
		check_eq(report.removed, 0);
		check_eq(report.cut, 0);
		check_eq(report.bytes.lo, 0);
		return;
	}
	p->done[p->op.kind]++;
	op_check_same(&p->op, err,
		      op_on_model(&p->model, &p->op, &model_report), &report,
		      &model_report);
}

static void updater(struct member *m)
{
	struct part *p = m->ctx;

	p->rng = &m->rng;
	for (uint64_t i = 0; crew_work(m, i); i++) {
		if (rng_percent(&m->rng, 50))
			hooks_refuse_nth(&hooks, 1 + rng_below(&m->rng, 8));
		random_op(p);
		run_op(p);
		if (i % 16 == 0)
			check_part(p);
	}
	check_part(p);
}

/* ---- readers ----------------------------------------------------------- */

static void reader(struct member *m)
{
	do {
		const struct part *p = &parts[rng_below(&m->rng, UPDATERS)];
		uint64_t iova = p->start +
				rng_below(&m->rng, (uint64_t)1 << OFFSET_BITS);
		struct riotlb_segment seg;
		int err;

		riotlb_read_enter(engine);
		err = riotlb_translate(engine, p->asid, iova, iova + 0x1fff,
				       RIOTLB_READ, &seg);
		riotlb_read_exit(engine);
		check(err == 0 || err == -EFAULT || err == -EPERM);
		if (err)
			continue;
		check_eq((seg.addr - iova) % ((uint64_t)1 << 44), 0);
		check_eq(seg.addr >> 56, tag_of(p) >> 56);
	} while (crew_watch(m));
}

/* ---- the run ----------------------------------------------------------- */

static void part_init(struct part *p, uint32_t asid, uint64_t start,
		      uint64_t last, const struct riotlb_default *defaults)
{
	struct riotlb_report report;

	p->asid = asid;
	p->start = start;
	p->last = last;
	check_eq(model_init(&p->model, 2, 1, defaults, NULL), 0);
	p->model.piece = retired_add;
	p->model.piece_ctx = &expected;
	/* nobody is to find an AS in its default state that another has left */
	p->op = (struct op){ .kind = OP_UNMAP, .asid = asid };
	check_eq(op_on_engine(engine, &p->op, &report), 0);
	check_eq(op_on_model(&p->model, &p->op, &report), 0);
}

static void parts_init(const struct riotlb_default *defaults)
{
	for (unsigned int i = 0; i < SHARERS; i++)
		part_init(&parts[i], 0, (uint64_t)i << PART_SHIFT,
			  ((uint64_t)(i + 1) << PART_SHIFT) - 1, defaults);
	part_init(&parts[SHARERS], 1, 0, UINT64_MAX, defaults);
}

static void check_enough(void)
{
	uint64_t failed[OP_KINDS] = { 0 }, done[OP_KINDS] = { 0 };

	for (int i = 0; i < UPDATERS; i++) {
		for (int k = 0; k < OP_KINDS; k++) {
			failed[k] += parts[i].failed[k];
			done[k] += parts[i].done[k];
		}
	}
	for (int k = 0; k < OP_RESET; k++) {
		printf("operation %d: %" PRIu64 " went through, %" PRIu64
		       " got no memory\n",
		       k, done[k], failed[k]);
		/* what cuts or adds met a refusal; nothing did so always */
		check(failed[k] > 0);
		check(done[k] > failed[k] / 8);
	}
	check(done[OP_RESET] > 0);
}

static void run(const struct crew_options *options, bool records)
{
	struct riotlb_default empty[2] = { { .kind = RIOTLB_DEFAULT_EMPTY },
					   { .kind = RIOTLB_DEFAULT_EMPTY } };
	struct riotlb_attr attr;
	struct crew crew;

	memset(parts, 0, sizeof(parts));
	crew_attr(&attr, options, &hooks);
	attr.nas = 2;
	attr.defaults = empty;
	if (records)
		attr.retire = retired_add;
	attr.hook_ctx = &reported;
	check_eq(riotlb_create(&attr, &engine), 0);
	parts_init(empty);
	crew_init(&crew, engine, options, ROUNDS, PASSES);
	for (unsigned int i = 0; i < UPDATERS; i++)
		crew_add_worker(&crew, updater, &parts[i]);
	for (int i = 0; i < 2; i++)
		crew_add_watcher(&crew, reader, NULL);
	crew_run(&crew);
	hooks_refuse_nth(&hooks, 0);
	check_enough();
	riotlb_destroy(engine);
	hooks_check_empty(&hooks);
	for (unsigned int i = 0; i < UPDATERS; i++)
		model_fini(&parts[i].model);
	if (records)
		retired_check_equal(&reported, &expected);
	memset(&expected, 0, sizeof(expected));
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);

	run(&options, false);
	run(&options, true);
	return 0;
}
