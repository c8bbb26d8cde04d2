/* SPDX-License-Identifier: MIT */
/* What updaters call, each in a function of its own. */
#include <errno.h>

#include "exact/run.h"

static void call_poll(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	r->result = riotlb_poll(r->engine, r->token);
}

static void call_bind(void *ctx, size_t i)
{
	struct run *r = ctx;
	uint32_t asid = i % 2 ? RUN_OTHER_ASID : RUN_ASID;

	r->result = riotlb_set_group_asid(r->engine, RUN_GROUP, asid, NULL);
}

/* ---- one mapping -------------------------------------------------------- */

static void call_map(void *ctx, size_t i)
{
	struct run *r = ctx;

	r->result = riotlb_map(r->engine, RUN_ASID, run_mapping(r, i), 0, NULL);
}

static void call_replace(void *ctx, size_t i)
{
	struct run *r = ctx;

	r->result = riotlb_map(r->engine, RUN_ASID, run_mapping(r, i),
			       RIOTLB_MAP_REPLACE, NULL);
}

/* The middle half is another's; a quarter on each side stays. */
static void call_replace_cut(void *ctx, size_t i)
{
	struct run *r = ctx;
	struct riotlb_mapping middle = *run_mapping(r, i);
	uint64_t quarter = (middle.last - middle.start + 1) / 4;

	middle.start += quarter;
	middle.last -= quarter;
	r->result = riotlb_map(r->engine, RUN_ASID, &middle, RIOTLB_MAP_REPLACE,
			       NULL);
}

static void unmap(struct run *r, uint64_t start, uint64_t last,
		  enum riotlb_unmap_policy policy)
{
	r->result =
		riotlb_unmap(r->engine, RUN_ASID, start, last, policy, NULL);
}

static void call_unmap(void *ctx, size_t i)
{
	const struct riotlb_mapping *m = run_mapping(ctx, i);

	unmap(ctx, m->start, m->last, RIOTLB_UNMAP_EXACT);
}

static void call_unmap_whole(void *ctx, size_t i)
{
	uint64_t byte = run_mapping(ctx, i)->start + 100;

	unmap(ctx, byte, byte, RIOTLB_UNMAP_WHOLE);
}

/* The middle half goes; a quarter on each side stays. */
static void call_unmap_cut(void *ctx, size_t i)
{
	const struct riotlb_mapping *m = run_mapping(ctx, i);
	uint64_t quarter = (m->last - m->start + 1) / 4;

	unmap(ctx, m->start + quarter, m->last - quarter, RIOTLB_UNMAP_EXACT);
}

static void call_protect(void *ctx, size_t i)
{
	struct run *r = ctx;
	const struct riotlb_mapping *m = run_mapping(r, i);

	r->result = riotlb_protect(r->engine, RUN_ASID, m->start, m->last,
				   RIOTLB_READ, NULL);
}

/* ---- several ------------------------------------------------------------ */

static void call_apply(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	r->result = riotlb_apply(r->engine, RUN_ASID, r->ops, 2, NULL);
}

static void call_map_bulk(void *ctx, size_t i)
{
	struct run *r = ctx;

	r->result = riotlb_map_bulk(r->engine, RUN_ASID, run_mapping(r, i),
				    EXACT_BULK_LENGTH, 0, NULL);
}

static void call_unmap_bulk(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	r->result =
		riotlb_unmap_bulk(r->engine, RUN_ASID, r->ranges,
				  EXACT_BULK_LENGTH, RIOTLB_UNMAP_EXACT, NULL);
}

static void call_set_map(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	r->result =
		riotlb_set_map(r->engine, RUN_ASID, r->m, r->op->table.n, NULL);
}

static void call_reset(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	r->result = riotlb_reset_map(r->engine, RUN_ASID, NULL);
}

/* ---- what goes on around it --------------------------------------------- */

static bool was_done(void *ctx, size_t i)
{
	(void)i;
	return ((struct run *)ctx)->result == 0;
}

static bool is_done(void *ctx, size_t i)
{
	(void)i;
	return ((struct run *)ctx)->result == 1;
}

static bool unmap_before(void *ctx, size_t i)
{
	call_unmap(ctx, i);
	return was_done(ctx, i);
}

static bool map_again(void *ctx, size_t i)
{
	if (!was_done(ctx, i))
		return false;
	call_map(ctx, i);
	return was_done(ctx, i);
}

/* What is left of a cut mapping goes first. */
static bool mend(void *ctx, size_t i)
{
	return was_done(ctx, i) && unmap_before(ctx, i) && map_again(ctx, i);
}

static bool unprotect(void *ctx, size_t i)
{
	struct run *r = ctx;
	const struct riotlb_mapping *m = run_mapping(r, i);

	return was_done(ctx, i) &&
	       !riotlb_protect(r->engine, RUN_ASID, m->start, m->last,
			       RIOTLB_RW, NULL);
}

static bool fill_ops(void *ctx, size_t i)
{
	struct run *r = ctx;

	r->ops[0] = (struct riotlb_op){
		.kind = RIOTLB_OP_UNMAP,
		.policy = RIOTLB_UNMAP_EXACT,
		.mapping = *run_mapping(r, i),
	};
	r->ops[1] = (struct riotlb_op){
		.kind = RIOTLB_OP_MAP,
		.mapping = *run_mapping(r, i),
	};
	return true;
}

static bool fill_ranges(void *ctx, size_t i)
{
	struct run *r = ctx;
	const struct riotlb_mapping *m = run_mapping(r, i);

	for (size_t k = 0; k < EXACT_BULK_LENGTH; k++)
		r->ranges[k] = (struct riotlb_range){ m[k].start, m[k].last };
	return true;
}

static bool unmap_bulk_before(void *ctx, size_t i)
{
	fill_ranges(ctx, i);
	call_unmap_bulk(ctx, i);
	return was_done(ctx, i);
}

static bool map_bulk_again(void *ctx, size_t i)
{
	if (!was_done(ctx, i))
		return false;
	call_map_bulk(ctx, i);
	return was_done(ctx, i);
}

static bool set_map(void *ctx, size_t i)
{
	call_set_map(ctx, i);
	return was_done(ctx, i);
}

static bool reclaim(void *ctx, size_t i)
{
	return was_done(ctx, i) &&
	       riotlb_reclaim(((struct run *)ctx)->engine) == 0;
}

bool update_calls(enum exact_kind kind, struct exact_calls *calls)
{
	static const struct exact_calls table[] = {
		[EXACT_POLL] = { .call = call_poll, .after = is_done },
		[EXACT_BIND] = { .call = call_bind, .after = was_done },
		[EXACT_MAP] = { .before = unmap_before,
				.call = call_map,
				.after = was_done },
		[EXACT_REPLACE] = { .call = call_replace, .after = was_done },
		[EXACT_REPLACE_CUT] = { .call = call_replace_cut,
					.after = mend },
		[EXACT_UNMAP] = { .call = call_unmap, .after = map_again },
		[EXACT_UNMAP_WHOLE] = { .call = call_unmap_whole,
					.after = map_again },
		[EXACT_UNMAP_CUT] = { .call = call_unmap_cut, .after = mend },
		[EXACT_PROTECT] = { .call = call_protect, .after = unprotect },
		[EXACT_MAP_BULK] = { .before = unmap_bulk_before,
				     .call = call_map_bulk,
				     .after = was_done },
		[EXACT_UNMAP_BULK] = { .before = fill_ranges,
				       .call = call_unmap_bulk,
				       .after = map_bulk_again },
		[EXACT_APPLY] = { .before = fill_ops,
				  .call = call_apply,
				  .after = was_done },
		[EXACT_SET_MAP] = { .call = call_set_map,
				    .after = reclaim,
				    .long_between = true },
		[EXACT_RESET] = { .before = set_map,
				  .call = call_reset,
				  .after = reclaim,
				  .long_between = true },
	};

	if ((size_t)kind >= sizeof(table) / sizeof(*table) || !table[kind].call)
		return false;
	*calls = table[kind];
	return true;
}
