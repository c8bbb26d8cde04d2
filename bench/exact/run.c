/* SPDX-License-Identifier: MIT */
#include "exact/run.h"

#include <stdlib.h>

#include <riotlb/rcu.h>

#include "exact/arena.h"

#define BASE (UINT64_C(1) << 32)
#define TARGET (UINT64_C(1) << 40)

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) +
		 UINT64_C(1442695040888963407);
	return *state >> 33;
}

/* How many neighbours one call is about. */
static size_t span_of(enum exact_kind kind)
{
	switch (kind) {
	case EXACT_VECTOR:
		return EXACT_VECTOR_LENGTH;
	case EXACT_MAP_BULK:
	case EXACT_UNMAP_BULK:
		return EXACT_BULK_LENGTH;
	default:
		return 1;
	}
}

static uint32_t perm_of(enum exact_kind kind)
{
	return kind == EXACT_DENIED || kind == EXACT_GROUP_DENIED ? RIOTLB_READ
								  : RIOTLB_RW;
}

static bool make_table(struct run *r)
{
	const struct exact_table *t = &r->op->table;
	size_t span = span_of(r->op->kind);
	size_t n = t->n > span ? t->n : span;
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
		r->m[i].perm = perm_of(r->op->kind);
	}
	for (size_t i = 0; i < r->op->count; i++)
		r->index[i] = (uint32_t)(next_random(&state) % (n - span + 1));
	return true;
}

/* Reclaims by hand: nothing then runs beside what is counted. */
static bool make_engine(struct run *r)
{
	struct riotlb_report report;
	struct riotlb_attr attr;

	riotlb_attr_init(&attr);
	attr.nas = 2;
	attr.allocator = &arena_hooks;
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	if (riotlb_create(&attr, &r->engine))
		return false;
	riotlb_thread_register(r->engine);
	if (riotlb_set_map(r->engine, RUN_ASID, r->m, r->op->table.n, &report))
		return false;
	r->token = report.token;
	return !riotlb_reclaim(r->engine) &&
	       riotlb_poll(r->engine, r->token) == 1;
}

bool run_begin(struct run *r, const struct exact_op *op)
{
	*r = (struct run){ .op = op };
	return arena_reset() && make_table(r) && make_engine(r);
}

void run_end(struct run *r)
{
	if (r->engine)
		riotlb_thread_unregister(r->engine);
	riotlb_destroy(r->engine);
	free(r->m);
	free(r->index);
}

struct exact_calls run_calls(struct run *r)
{
	struct exact_calls calls;

	if (!lookup_calls(r->op->kind, &calls) &&
	    !update_calls(r->op->kind, &calls))
		abort();
	calls.meter = &arena_asked;
	calls.ctx = r;
	return calls;
}
