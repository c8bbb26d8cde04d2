/* SPDX-License-Identifier: MIT */
/*
 * Bytes as calls to an engine, each compared with the model's answer; after
 * each the contents, the totals and the structure itself are checked. An input
 * is run by a main thread alone, with manual reclamation.
 */
#include "fuzz.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "compare.h"
#include "hooks.h"
#include "ops_decode.h"
#include "retired.h"
#include "verify.h"

#define MAX_STEPS 64
#define PROBES 4

/* A translation that somebody has cached. */
struct probe {
	uint32_t asid;
	uint32_t group;
	uint64_t iova;
	int status;
	struct riotlb_segment seg;
	struct riotlb_stamp stamp;
	int group_status;
	struct riotlb_segment group_seg;
	struct riotlb_stamp group_stamp;
};

struct sync_log {
	size_t calls;
	bool wrong; /* a range or an AS that is none */
};

struct run {
	struct setup setup;
	struct model model;
	struct riotlb *engine;
	struct hooks hooks;
	struct retired engine_retired;
	struct retired model_retired;
	struct sync_log synced;
	size_t base_bytes; /* of the engine, without tables */
	struct probe probes[PROBES];
	bool leased;
	riotlb_lease lease;
	unsigned int at;
	struct step step;
};

static struct run run;

static void tell(FILE *out)
{
	fprintf(out, "step %u, kind %d, as%" PRIu32 ", refuse %zu: ", run.at,
		(int)run.step.kind, run.step.asid, run.step.refuse);
	if (run.step.kind == STEP_UPDATE)
		op_print(out, &run.step.op);
	fputc('\n', out);
	dump_model(&run.model);
}

/* ---- hooks of the engine ----------------------------------------------- */

static void on_retire(void *ctx, uint32_t asid,
		      const struct riotlb_mapping *piece)
{
	struct run *r = ctx;

	retired_add(&r->engine_retired, asid, piece);
}

static void on_sync(void *ctx, uint32_t asid, uint64_t start, uint64_t last)
{
	struct run *r = ctx;

	r->synced.calls++;
	r->synced.wrong |= asid >= FUZZ_AS || last < start;
}

/* ---- life -------------------------------------------------------------- */

static int create(void)
{
	const struct setup *s = &run.setup;
	struct riotlb_attr attr;

	hooks_init(&run.hooks);
	riotlb_attr_init(&attr);
	attr.nas = FUZZ_AS;
	attr.ngroups = FUZZ_GROUPS;
	attr.defaults = s->defaults;
	attr.limits = s->limits;
	attr.allocator = &run.hooks.allocator;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	attr.backlog_cap = s->backlog_cap;
	attr.hook_ctx = &run;
	if (s->retire)
		attr.retire = on_retire;
	if (s->sync)
		attr.sync = on_sync;
	return riotlb_create(&attr, &run.engine);
}

static bool begin(struct bytes *b)
{
	int err;

	memset(&run, 0, sizeof(run));
	decode_setup(b, &run.setup);
	err = model_init(&run.model, FUZZ_AS, FUZZ_GROUPS, run.setup.defaults,
			 run.setup.limits);
	check_eq(create(), err);
	if (err) {
		hooks_check_empty(&run.hooks);
		return false;
	}
	if (run.setup.retire) {
		run.model.piece = retired_add;
		run.model.piece_ctx = &run.model_retired;
	}
	riotlb_thread_register(run.engine);
	run.base_bytes =
		atomic_load(&run.hooks.live_bytes) - verify_bytes(run.engine);
	return true;
}

/* Everything that nobody holds is back, and reported. */
static void drain(void)
{
	int left;

	do {
		left = riotlb_reclaim(run.engine);
	} while (left && !run.leased);
	if (run.leased)
		return;
	if (run.setup.retire)
		retired_check_equal(&run.engine_retired, &run.model_retired);
	check_eq(atomic_load(&run.hooks.live_bytes),
		 run.base_bytes + verify_bytes(run.engine));
}

static void end_lease(void)
{
	if (run.leased)
		riotlb_lease_end(run.engine, run.lease);
	run.leased = false;
}

static void end(void)
{
	compare_edges(run.engine, &run.model, 7, 0);
	end_lease();
	drain();
	/* pruning and rebuilding come with reclamation */
	verify_engine(run.engine);
	compare_state(run.engine, &run.model, 100);
	riotlb_thread_unregister(run.engine);
	riotlb_destroy(run.engine);
	model_fini(&run.model);
	if (run.setup.retire)
		retired_check_equal(&run.engine_retired, &run.model_retired);
	hooks_check_empty(&run.hooks);
}

/* ---- stamps ------------------------------------------------------------ */

static void probe_take(struct probe *p, uint32_t asid, uint64_t iova)
{
	*p = (struct probe){
		.asid = asid % FUZZ_AS,
		.group = asid % FUZZ_GROUPS,
		.iova = iova,
	};
	check_eq(riotlb_stamp(run.engine, p->asid, iova, iova, &p->stamp), 0);
	check_eq(riotlb_group_stamp(run.engine, p->group, iova, iova,
				    &p->group_stamp),
		 0);
	p->status = model_translate(&run.model, p->asid, iova, iova,
				    RIOTLB_READ, &p->seg);
	p->group_status =
		model_translate(&run.model, run.model.group[p->group], iova,
				iova, RIOTLB_READ, &p->group_seg);
}

static bool same(int a, const struct riotlb_segment *seg_a, int b,
		 const struct riotlb_segment *seg_b)
{
	return a == b && (a || (seg_a->addr == seg_b->addr &&
				seg_a->perm == seg_b->perm));
}

/* What is cached and stale must not carry a stamp that still holds. */
static void probe_check(const struct probe *p)
{
	struct probe now;

	probe_take(&now, p->asid, p->iova);
	check(same(now.status, &now.seg, p->status, &p->seg) ||
	      !riotlb_stamp_equal(&now.stamp, &p->stamp));
	probe_take(&now, p->group, p->iova);
	check(same(now.group_status, &now.group_seg, p->group_status,
		   &p->group_seg) ||
	      !riotlb_stamp_equal(&now.group_stamp, &p->group_stamp));
}

static void probes_check(void)
{
	for (size_t i = 0; i < PROBES; i++)
		probe_check(&run.probes[i]);
}

/* ---- updates ----------------------------------------------------------- */

/* Calls that need no memory can neither be refused nor run into a limit. */
static bool must_not_fail(const struct op *op)
{
	return op->kind == OP_RESET || op->kind == OP_BIND ||
	       (op->kind == OP_UNMAP && op->policy != RIOTLB_UNMAP_EXACT);
}

static bool may_refuse(const struct step *step, int err)
{
	if (must_not_fail(&step->op))
		return false;
	return (err == -ENOMEM && step->refuse) ||
	       (err == -ENOSPC && run.setup.limits[0].table_bytes) ||
	       (err == -EAGAIN && run.setup.backlog_cap);
}

static void check_limits(void)
{
	for (uint32_t i = 0; i < FUZZ_AS; i++) {
		const struct riotlb_limits *l = &run.setup.limits[i];
		struct riotlb_stats stats;

		check_eq(riotlb_get_stats(run.engine, i, &stats), 0);
		check(stats.is_default || !l->mappings ||
		      stats.mappings <= l->mappings);
		check(stats.is_default || !l->table_bytes ||
		      stats.table_bytes <= l->table_bytes);
	}
}

/* Around the ends of what the call named. */
static void ask_around(const struct step *step)
{
	const struct riotlb_mapping *m = &step->op.one;
	uint32_t asid = step->asid % FUZZ_AS;
	uint64_t start, last;

	if (step->op.n)
		m = &step->op.many[step->op.n - 1].mapping;
	start = m->start - (m->start != 0);
	last = m->last + (m->last != UINT64_MAX);
	compare_lookup(run.engine, &run.model, asid, start, UINT64_MAX,
		       RIOTLB_READ, 4);
	compare_lookup(run.engine, &run.model, asid, m->start, m->last,
		       RIOTLB_WRITE, 2);
	compare_lookup(run.engine, &run.model, asid, last, last, RIOTLB_READ,
		       1);
}

/* Once readers are gone, nothing stands in the way. */
static int try_again(const struct op *op, struct riotlb_report *report)
{
	int err;

	end_lease();
	drain();
	err = op_on_engine(run.engine, op, report);
	check(err != -EAGAIN);
	return err;
}

static int update_engine(const struct step *step, struct riotlb_report *report)
{
	int err;

	run.synced = (struct sync_log){ 0 };
	hooks_refuse_nth(&run.hooks, step->refuse);
	err = op_on_engine(run.engine, &step->op, report);
	hooks_refuse_nth(&run.hooks, 0);
	if (err == -EAGAIN && may_refuse(step, err)) {
		compare_state(run.engine, &run.model, 16);
		err = try_again(&step->op, report);
	}
	return err;
}

static void update(const struct step *step)
{
	struct riotlb_report got, want;
	int err = update_engine(step, &got);

	if (may_refuse(step, err)) {
		check_eq(run.synced.calls, 0);
		return;
	}
	op_check_same(&step->op, err, op_on_model(&run.model, &step->op, &want),
		      &got, &want);
	check(!run.synced.wrong);
	/* a driver that is not told keeps what went */
	check(!run.setup.sync || err || run.synced.calls ||
	      (got.removed == 0 && got.cut == 0));
	probes_check();
	ask_around(step);
}

/* ---- questions --------------------------------------------------------- */

static void iterate(const struct step *step)
{
	struct riotlb_mapping got[FUZZ_ENTRIES], want[FUZZ_ENTRIES];
	uint64_t resume = 0, want_resume = 0;
	size_t n = SIZE_MAX, want_n;
	int more;

	more = riotlb_iterate(run.engine, step->asid, step->range.start,
			      step->range.last, got, step->room, &n, &resume,
			      NULL);
	check_eq(more, model_iterate(&run.model, step->asid, step->range.start,
				     step->range.last, want, step->room,
				     &want_n, &want_resume));
	check_eq(n, want_n);
	for (size_t i = 0; i < n; i++)
		check(memcmp(&got[i], &want[i], sizeof(got[i])) == 0);
	/* between what was told and what was not */
	if (more == 1)
		check(resume > got[n - 1].last && resume <= want_resume);
}

static void lease(void)
{
	if (run.leased) {
		end_lease();
		return;
	}
	riotlb_read_enter(run.engine);
	run.lease = riotlb_lease_begin(run.engine);
	riotlb_read_exit(run.engine);
	run.leased = true;
}

static void do_step(const struct step *step)
{
	const struct riotlb_range *r = &step->range;

	switch (step->kind) {
	case STEP_UPDATE:
		update(step);
		break;
	case STEP_LOOKUP:
		compare_lookup(run.engine, &run.model, step->asid, r->start,
			       r->last, step->want, step->room);
		probe_take(&run.probes[run.at % PROBES], step->asid, r->start);
		return;
	case STEP_MANY:
		compare_many(run.engine, &run.model, step->asid, step->ranges,
			     step->n, step->want);
		return;
	case STEP_ITERATE:
		iterate(step);
		return;
	case STEP_RECLAIM:
		drain();
		break;
	case STEP_LEASE:
		lease();
		return;
	}
	verify_engine(run.engine);
	check_limits();
	compare_state(run.engine, &run.model, 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };

	fuzz_set_tell(tell);
	if (!begin(&b))
		return 0;
	for (size_t i = 0; i < PROBES; i++)
		probe_take(&run.probes[i], 0, run.setup.base);
	for (run.at = 0; run.at < MAX_STEPS && b.left; run.at++) {
		decode_step(&b, &run.setup, &run.model, &run.step);
		do_step(&run.step);
	}
	end();
	return 0;
}
