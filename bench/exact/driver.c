/* SPDX-License-Identifier: MIT */
/*
 * riotlb-bench-exact: calls riotlb so that callgrind can count what one call
 * takes. Started by riotlb-bench; by itself it only calls.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "exact/count.h"
#include "exact/list.h"

#define ASID 0u
#define BASE (UINT64_C(1) << 32)
#define TARGET (UINT64_C(1) << 40)

struct run {
	const struct exact_op *op;
	struct riotlb *engine;
	struct riotlb_mapping *m;
	/* which mapping the i-th call is about */
	uint32_t *index;
	int result;
	struct riotlb_segment seg;
	struct riotlb_request request[EXACT_BURST_LENGTH];
	struct riotlb_answer answer[EXACT_BURST_LENGTH];
};

static const struct riotlb_mapping *mapping_of(const struct run *r, size_t i)
{
	return &r->m[r->index[i]];
}

/* ---- what is counted: one call each, in a function of its own ----------- */

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

static void translate(struct run *r, uint64_t iova, uint32_t want)
{
	r->result =
		riotlb_translate(r->engine, ASID, iova, iova, want, &r->seg);
}

static void call_lookup(void *ctx, size_t i)
{
	struct run *r = ctx;

	translate(r, mapping_of(r, i)->start, RIOTLB_READ);
}

static void call_hole(void *ctx, size_t i)
{
	struct run *r = ctx;

	translate(r, mapping_of(r, i)->last + 1, RIOTLB_READ);
}

static void call_denied(void *ctx, size_t i)
{
	struct run *r = ctx;

	translate(r, mapping_of(r, i)->start, RIOTLB_WRITE);
}

static void call_burst(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	r->result = riotlb_translate_burst(r->engine, ASID, r->request,
					   EXACT_BURST_LENGTH, r->answer);
}

static void call_map(void *ctx, size_t i)
{
	struct run *r = ctx;

	r->result = riotlb_map(r->engine, ASID, mapping_of(r, i), 0, NULL);
}

static void call_unmap(void *ctx, size_t i)
{
	struct run *r = ctx;
	const struct riotlb_mapping *m = mapping_of(r, i);

	r->result = riotlb_unmap(r->engine, ASID, m->start, m->last,
				 RIOTLB_UNMAP_EXACT, NULL);
}

static void call_protect(void *ctx, size_t i)
{
	struct run *r = ctx;
	const struct riotlb_mapping *m = mapping_of(r, i);

	r->result = riotlb_protect(r->engine, ASID, m->start, m->last,
				   RIOTLB_READ, NULL);
}

static void call_reset(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	r->result = riotlb_reset_map(r->engine, ASID, NULL);
}

/* ---- what goes on around it --------------------------------------------- */

static bool enter(void *ctx, size_t i)
{
	(void)i;
	riotlb_read_enter(((struct run *)ctx)->engine);
	return true;
}

/* The section ends, and the answer was what the kind of operation expects. */
static bool leave(void *ctx, size_t i)
{
	struct run *r = ctx;

	riotlb_read_exit(r->engine);
	switch (r->op->kind) {
	case EXACT_HOLE:
		return r->result == -EFAULT;
	case EXACT_DENIED:
		return r->result == -EPERM;
	case EXACT_LOOKUP:
		return r->result == 0 && r->seg.addr == mapping_of(r, i)->addr;
	default:
		return r->result == 0;
	}
}

/* Keys for a burst: those of the calls from the i-th on. */
static bool fill_burst(void *ctx, size_t i)
{
	struct run *r = ctx;

	for (size_t k = 0; k < EXACT_BURST_LENGTH; k++) {
		size_t at = (i + k) % r->op->count;

		r->request[k] = (struct riotlb_request){
			.iova = mapping_of(r, at)->start,
			.last = mapping_of(r, at)->start,
			.want = RIOTLB_READ,
		};
	}
	return enter(ctx, i);
}

static bool map_again(void *ctx, size_t i)
{
	struct run *r = ctx;
	bool ok = r->result == 0;

	call_map(ctx, i);
	return ok && r->result == 0;
}

static bool unmap_before(void *ctx, size_t i)
{
	call_unmap(ctx, i);
	return ((struct run *)ctx)->result == 0;
}

static bool was_done(void *ctx, size_t i)
{
	(void)i;
	return ((struct run *)ctx)->result == 0;
}

static bool unprotect(void *ctx, size_t i)
{
	struct run *r = ctx;
	const struct riotlb_mapping *m = mapping_of(r, i);
	bool ok = r->result == 0;

	return ok && !riotlb_protect(r->engine, ASID, m->start, m->last,
				     RIOTLB_RW, NULL);
}

static bool set_map(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	return !riotlb_set_map(r->engine, ASID, r->m, r->op->table.n, NULL);
}

static bool reclaim(void *ctx, size_t i)
{
	struct run *r = ctx;

	(void)i;
	return r->result == 0 && riotlb_reclaim(r->engine) == 0;
}

static struct exact_calls calls_of(struct run *r)
{
	static const struct exact_calls calls[] = {
		[EXACT_NOTHING] = { NULL, call_nothing, NULL, false, NULL },
		[EXACT_SECTION] = { NULL, call_section, NULL, false, NULL },
		[EXACT_LOOKUP] = { enter, call_lookup, leave, false, NULL },
		[EXACT_HOLE] = { enter, call_hole, leave, false, NULL },
		[EXACT_DENIED] = { enter, call_denied, leave, false, NULL },
		[EXACT_BURST] = { fill_burst, call_burst, leave, false, NULL },
		[EXACT_MAP] = { unmap_before, call_map, was_done, false, NULL },
		[EXACT_UNMAP] = { NULL, call_unmap, map_again, false, NULL },
		[EXACT_PROTECT] = { NULL, call_protect, unprotect, false,
				    NULL },
		[EXACT_RESET] = { set_map, call_reset, reclaim, true, NULL },
	};
	struct exact_calls c = calls[r->op->kind];

	c.ctx = r;
	return c;
}

/* ---- set-up ------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) +
		 UINT64_C(1442695040888963407);
	return *state >> 33;
}

static bool make_table(struct run *r)
{
	const struct exact_table *t = &r->op->table;
	size_t n = t->n ? t->n : 1;
	uint64_t state = 1;

	r->m = calloc(n, sizeof(*r->m));
	r->index = calloc(r->op->count, sizeof(*r->index));
	if (!r->m || !r->index)
		return false;
	for (size_t i = 0; i < t->n; i++) {
		r->m[i].start = BASE + i * t->stride;
		r->m[i].last = r->m[i].start + t->size - 1;
		/* every second frame, so that neighbours do not continue */
		r->m[i].addr = TARGET + 2 * i * t->size;
		r->m[i].perm =
			r->op->kind == EXACT_DENIED ? RIOTLB_READ : RIOTLB_RW;
	}
	for (size_t i = 0; i < r->op->count; i++)
		r->index[i] = (uint32_t)(next_random(&state) % n);
	return true;
}

/* Reclaims by hand: nothing then runs beside what is counted. */
static bool count_op(const struct exact_op *op)
{
	struct run r = { .op = op };
	struct exact_calls calls = calls_of(&r);
	struct riotlb_attr attr;
	bool ok;

	riotlb_attr_init(&attr);
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	ok = make_table(&r) && !riotlb_create(&attr, &r.engine);
	if (ok) {
		riotlb_thread_register(r.engine);
		ok = !riotlb_set_map(r.engine, ASID, r.m, op->table.n, NULL) &&
		     exact_count(op->name, &calls, op->count);
		riotlb_thread_unregister(r.engine);
	}
	riotlb_destroy(r.engine);
	free(r.m);
	free(r.index);
	return ok;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < exact_op_count; i++) {
		if (argc > 1 && strcmp(argv[1], exact_ops[i].name) != 0)
			continue;
		if (count_op(&exact_ops[i]))
			continue;
		fprintf(stderr, "riotlb-bench-exact: %s: a call went wrong\n",
			exact_ops[i].name);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
