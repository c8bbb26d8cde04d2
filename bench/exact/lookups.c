/* SPDX-License-Identifier: MIT */
/* What readers call, each in a function of its own: nothing else is counted. */
#include <errno.h>

#include <riotlb/inline.h>
#include <riotlb/rcu.h>

#include "exact/run.h"

static void call_nothing(void *ctx, size_t i)
{
	(void)ctx;
	(void)i;
}

static void call_section(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	riotlb_read_enter(r->engine);
	riotlb_read_exit(r->engine);
}

static void call_lease(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	riotlb_lease_end(r->engine, riotlb_lease_begin(r->engine));
}

static void call_stamp(void *ctx, size_t i)
{
	struct run *r = ctx;
	const struct riotlb_mapping *m = run_mapping(r, i);

	r->result =
		riotlb_stamp(r->engine, RUN_ASID, m->start, m->last, &r->stamp);
}

/* ---- one segment -------------------------------------------------------- */

static void translate(struct run *r, uint64_t iova, uint32_t want)
{
	r->result = riotlb_translate(r->engine, RUN_ASID, iova, iova, want,
				     &r->seg);
}

static void group_translate(struct run *r, uint64_t iova, uint32_t want)
{
	r->result = riotlb_group_translate(r->engine, RUN_GROUP, iova, iova,
					   want, &r->seg);
}

static void call_lookup(void *ctx, size_t i)
{
	translate(ctx, run_mapping(ctx, i)->start, RIOTLB_READ);
}

static void call_hole(void *ctx, size_t i)
{
	translate(ctx, run_mapping(ctx, i)->last + 1, RIOTLB_READ);
}

static void call_denied(void *ctx, size_t i)
{
	translate(ctx, run_mapping(ctx, i)->start, RIOTLB_WRITE);
}

static void call_group(void *ctx, size_t i)
{
	group_translate(ctx, run_mapping(ctx, i)->start, RIOTLB_READ);
}

static void call_group_hole(void *ctx, size_t i)
{
	group_translate(ctx, run_mapping(ctx, i)->last + 1, RIOTLB_READ);
}

static void call_group_denied(void *ctx, size_t i)
{
	group_translate(ctx, run_mapping(ctx, i)->start, RIOTLB_WRITE);
}

static void call_inline(void *ctx, size_t i)
{
	struct run *r = ctx;
	uint64_t iova = run_mapping(r, i)->start;

	r->result = riotlb_inline_translate(r->engine, RUN_ASID, iova, iova,
					    RIOTLB_READ, &r->seg);
}

/* ---- several ------------------------------------------------------------ */

static void call_vector(void *ctx, size_t i)
{
	struct run *r = ctx;
	const struct riotlb_mapping *m = run_mapping(r, i);

	r->result = riotlb_translate_vec(
		r->engine, RUN_ASID, m->start, m[EXACT_VECTOR_LENGTH - 1].last,
		RIOTLB_READ, r->vector, EXACT_VECTOR_LENGTH, &r->done, NULL);
}

static void call_list(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	r->result = riotlb_translate_list(r->engine, RUN_ASID, r->iova,
					  EXACT_BURST_LENGTH, 0, RIOTLB_READ,
					  r->addr, &r->done);
}

static void call_burst(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	r->result = riotlb_translate_burst(r->engine, RUN_ASID, r->request,
					   EXACT_BURST_LENGTH, r->answer);
}

/* ---- what goes on around it --------------------------------------------- */

static bool enter(void *ctx, size_t i)
{
	(void)i;
	riotlb_read_enter(((struct run *)ctx)->engine);
	return true;
}

/* Keys: those of the calls from the i-th on. */
static bool fill(void *ctx, size_t i)
{
	struct run *r = ctx;

	for (size_t k = 0; k < EXACT_BURST_LENGTH; k++) {
		uint64_t iova = run_mapping(r, (i + k) % r->op->count)->start;

		r->iova[k] = iova;
		r->request[k] = (struct riotlb_request){
			.iova = iova,
			.last = iova,
			.want = RIOTLB_READ,
		};
	}
	return enter(ctx, i);
}

/* Was the answer what the kind of operation expects? */
static bool is_right(const struct run *r, size_t i)
{
	const struct riotlb_mapping *m;

	switch (r->op->kind) {
	case EXACT_HOLE:
	case EXACT_GROUP_HOLE:
		return r->result == -EFAULT;
	case EXACT_DENIED:
	case EXACT_GROUP_DENIED:
		return r->result == -EPERM;
	case EXACT_LOOKUP:
	case EXACT_GROUP:
	case EXACT_INLINE:
		return !r->result && r->seg.addr == run_mapping(r, i)->addr;
	case EXACT_VECTOR:
		m = run_mapping(r, i) + EXACT_VECTOR_LENGTH - 1;
		return !r->result && r->done == EXACT_VECTOR_LENGTH &&
		       r->vector[EXACT_VECTOR_LENGTH - 1].addr == m->addr;
	case EXACT_LIST:
		return !r->result && r->done == EXACT_BURST_LENGTH &&
		       r->addr[0] == run_mapping(r, i)->addr;
	case EXACT_BURST:
		return !r->result &&
		       r->answer[0].addr == run_mapping(r, i)->addr;
	default:
		return !r->result;
	}
}

static bool leave(void *ctx, size_t i)
{
	struct run *r = ctx;

	riotlb_read_exit(r->engine);
	return is_right(r, i);
}

bool lookup_calls(enum exact_kind kind, struct exact_calls *calls)
{
	static const struct exact_calls table[] = {
		[EXACT_NOTHING] = { .call = call_nothing },
		[EXACT_SECTION] = { .call = call_section },
		[EXACT_LEASE] = { .before = enter,
				  .call = call_lease,
				  .after = leave },
		[EXACT_STAMP] = { .before = enter,
				  .call = call_stamp,
				  .after = leave },
		[EXACT_LOOKUP] = { .before = enter,
				   .call = call_lookup,
				   .after = leave },
		[EXACT_HOLE] = { .before = enter,
				 .call = call_hole,
				 .after = leave },
		[EXACT_DENIED] = { .before = enter,
				   .call = call_denied,
				   .after = leave },
		[EXACT_GROUP] = { .before = enter,
				  .call = call_group,
				  .after = leave },
		[EXACT_GROUP_HOLE] = { .before = enter,
				       .call = call_group_hole,
				       .after = leave },
		[EXACT_GROUP_DENIED] = { .before = enter,
					 .call = call_group_denied,
					 .after = leave },
		[EXACT_INLINE] = { .before = enter,
				   .call = call_inline,
				   .after = leave },
		[EXACT_VECTOR] = { .before = enter,
				   .call = call_vector,
				   .after = leave },
		[EXACT_LIST] = { .before = fill,
				 .call = call_list,
				 .after = leave },
		[EXACT_BURST] = { .before = fill,
				  .call = call_burst,
				  .after = leave },
	};

	if ((size_t)kind >= sizeof(table) / sizeof(*table) || !table[kind].call)
		return false;
	*calls = table[kind];
	return true;
}
