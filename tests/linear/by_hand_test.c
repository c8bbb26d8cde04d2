/* SPDX-License-Identifier: MIT */
/*
 * Is the checker right? On histories written by hand, of which it is known
 * whether they are linearizable.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oracle.h"
#include "search.h"

/* ---- histories by hand --------------------------------------------------- */

/* Units 0 and 1 of AS 0 hold mapping 1 and 2; AS 1 is empty, groups at AS 0. */
static void begin(struct history *h)
{
	memset(h, 0, sizeof(*h));
	h->world.board = &boards[1];
	for (unsigned int asid = 0; asid < SPACES; asid++)
		h->world.kind[asid] = RIOTLB_DEFAULT_EMPTY;
	for (unsigned int u = 0; u < UNITS; u++)
		h->probe[u] = board_start(h->world.board, u);
	h->setup[0] = (struct call){
		.kind = OP_SET_MAP,
		.n = 2,
		.entry = { { .id = 1, .perm = RIOTLB_RW },
			   { .first = 1,
			     .last = 1,
			     .id = 2,
			     .perm = RIOTLB_RW } },
	};
	h->setup[1] = (struct call){ .kind = OP_SET_MAP, .asid = 1 };
	h->nsetup = 2;
	history_start(h);
}

static struct event *add(struct history *h, unsigned int thread,
			 uint64_t invoked, uint64_t returned,
			 enum event_kind kind)
{
	struct event *e = &h->event[thread][h->n[thread]++];

	if (h->threads <= thread)
		h->threads = thread + 1;
	e->kind = kind;
	e->invoked = invoked;
	e->returned = returned;
	return e;
}

/* A call, with the result it would have had if it were alone: to be changed. */
static struct event *add_call(struct history *h, unsigned int thread,
			      uint64_t invoked, uint64_t returned,
			      const struct call *call)
{
	struct event *e = add(h, thread, invoked, returned, EVENT_CALL);

	e->call = *call;
	return e;
}

static struct call map_of(uint8_t unit, uint8_t id)
{
	return (struct call){ .kind = OP_MAP,
			      .n = 1,
			      .entry = { { .first = unit,
					   .last = unit,
					   .id = id,
					   .perm = RIOTLB_RW } } };
}

static struct call unmap_of(uint8_t first, uint8_t last)
{
	return (struct call){ .kind = OP_UNMAP,
			      .n = 1,
			      .entry = { { .kind = RIOTLB_OP_UNMAP,
					   .first = first,
					   .last = last } } };
}

static struct call protect_of(uint8_t first, uint8_t last, uint8_t perm)
{
	return (struct call){ .kind = OP_PROTECT,
			      .n = 1,
			      .entry = { { .kind = RIOTLB_OP_PROTECT,
					   .first = first,
					   .last = last,
					   .perm = perm } } };
}

/* Two mappings, id and id + 1, of units 0 and 1. */
static struct call pair_of(enum op_kind kind, uint8_t id)
{
	struct call c = { .kind = (uint8_t)kind, .n = 2 };

	for (uint8_t i = 0; i < 2; i++)
		c.entry[i] = (struct entry){ .first = i,
					     .last = i,
					     .id = (uint8_t)(id + i),
					     .perm = RIOTLB_RW };
	if (kind == OP_APPLY)
		c.entry[0].flags = c.entry[1].flags = RIOTLB_MAP_REPLACE;
	return c;
}

static const struct call reset = { .kind = OP_RESET };

static void add_map(struct history *h, unsigned int thread, uint64_t invoked,
		    uint64_t returned, uint8_t unit, uint8_t id, int err)
{
	struct call c = map_of(unit, id);

	add_call(h, thread, invoked, returned, &c)->result.err = err;
}

static void add_unmap(struct history *h, unsigned int thread, uint64_t invoked,
		      uint64_t returned, uint8_t first, uint8_t last,
		      unsigned int removed)
{
	struct call c = unmap_of(first, last);
	struct event *e = add_call(h, thread, invoked, returned, &c);

	e->result.removed = removed;
	/* all mappings by hand are of one unit, and those are pages */
	e->result.bytes = removed * UINT64_C(0x1000);
}

/* A pair that replaces both mappings there are. */
static void add_apply(struct history *h, unsigned int thread, uint64_t invoked,
		      uint64_t returned, uint8_t id)
{
	struct call c = pair_of(OP_APPLY, id);
	struct event *e = add_call(h, thread, invoked, returned, &c);

	e->result.removed = 2;
	e->result.bytes = 0x2000;
}

static void add_set(struct history *h, unsigned int thread, uint64_t invoked,
		    uint64_t returned, uint8_t id)
{
	struct call c = pair_of(OP_SET_MAP, id);

	add_call(h, thread, invoked, returned, &c);
}

static void add_bind(struct history *h, unsigned int thread, uint64_t invoked,
		     uint64_t returned, uint8_t asid)
{
	struct call c = { .kind = OP_BIND, .asid = asid };

	add_call(h, thread, invoked, returned, &c);
}

/* id 0: a hole. */
static void add_sight(struct event *e, uint8_t unit, uint8_t id)
{
	struct look *l = &e->look;

	l->want = RIOTLB_READ;
	l->unit[l->n++] = unit;
	l->seen[l->nseen++] = (struct sight){ .unit = unit,
					      .id = id,
					      .err = id ? 0 : -EFAULT,
					      .perm = id ? RIOTLB_RW : 0 };
}

static struct event *add_look(struct history *h, unsigned int thread,
			      uint64_t invoked, uint64_t returned, uint8_t unit,
			      uint8_t id)
{
	struct event *e = add(h, thread, invoked, returned, EVENT_LOOK);

	add_sight(e, unit, id);
	return e;
}

static void end_with(struct history *h, uint64_t line)
{
	h->has_final = true;
	h->final = h->start;
	h->final.live[0] = line;
	h->final.is_default = 0;
}

static uint64_t line_of_pair(uint8_t id)
{
	return line_map(line_map(0, 0, 0, id, RIOTLB_RW), 1, 1, id + 1u,
			RIOTLB_RW);
}

static enum verdict run(const struct history *h, unsigned int looks)
{
	struct search *s = search_new();
	enum verdict verdict = search_run(s, h, looks);

	if (verdict == LINEARIZABLE)
		oracle_check(h, s, looks);
	search_free(s);
	return verdict;
}

#define expect_fine(h, looks) assert_int_equal(run(h, looks), LINEARIZABLE)
#define expect_wrong(h, looks) assert_int_equal(run(h, looks), NOT_LINEARIZABLE)

/* ---- updates among themselves -------------------------------------------- */

static void test_lost_update(void **state)
{
	struct history h;

	(void)state;
	begin(&h);
	add_map(&h, 0, 1, 4, 2, 5, 0);
	add_map(&h, 1, 2, 3, 2, 6, -EEXIST);
	expect_fine(&h, LOOKS_NONE);
	/* both of the same place */
	h.event[1][0].result.err = 0;
	expect_wrong(&h, LOOKS_NONE);
}

static void test_an_error_without_a_reason(void **state)
{
	struct history h;

	(void)state;
	begin(&h);
	add_map(&h, 0, 1, 2, 2, 5, -EEXIST);
	add_unmap(&h, 1, 3, 4, 2, 2, 0);
	expect_wrong(&h, LOOKS_NONE);
	/* against a mapping that was there for a moment */
	add_map(&h, 2, 5, 12, 3, 6, -EEXIST);
	h.event[0][0].result.err = 0;
	h.event[1][0].result.removed = 1;
	h.event[1][0].result.bytes = 0x1000;
	expect_wrong(&h, LOOKS_NONE);
	add_map(&h, 0, 6, 7, 3, 7, 0);
	add_unmap(&h, 0, 8, 9, 3, 3, 1);
	expect_fine(&h, LOOKS_NONE);
}

static void test_counts_of_unmap(void **state)
{
	struct history h;

	(void)state;
	begin(&h);
	add_unmap(&h, 0, 1, 4, 0, 1, 2);
	add_unmap(&h, 1, 2, 3, 1, 1, 0);
	expect_fine(&h, LOOKS_NONE);
	/* one mapping, removed by both */
	h.event[1][0].result.removed = 1;
	h.event[1][0].result.bytes = 0x1000;
	expect_wrong(&h, LOOKS_NONE);
	h.event[0][0].result.removed = 1;
	h.event[0][0].result.bytes = 0x1000;
	expect_fine(&h, LOOKS_NONE);
	h.event[0][0].result.bytes--;
	expect_wrong(&h, LOOKS_NONE);
}

static void test_an_edit_of_a_swapped_table(void **state)
{
	struct history h;

	(void)state;
	begin(&h);
	/* the set_map comes last: the map happened, and is gone */
	add_map(&h, 0, 1, 4, 2, 5, 0);
	add_set(&h, 1, 2, 3, 10);
	end_with(&h, line_of_pair(10));
	expect_fine(&h, LOOKS_NONE);
	/* but not where it began after the set_map returned */
	h.event[0][0].invoked = 5;
	h.event[0][0].returned = 6;
	expect_wrong(&h, LOOKS_NONE);
}

static void test_resurrected_table(void **state)
{
	uint64_t old = line_of_pair(1);
	struct history h;

	(void)state;
	begin(&h);
	add_map(&h, 0, 1, 4, 2, 5, 0);
	add_call(&h, 1, 2, 3, &reset);
	h.world.kind[0] = RIOTLB_DEFAULT_IDENTITY;
	/* the map first, or last */
	end_with(&h, 0);
	h.final.is_default = 1;
	expect_fine(&h, LOOKS_NONE);
	end_with(&h, line_map(0, 2, 2, 5, RIOTLB_RW));
	expect_fine(&h, LOOKS_NONE);
	/* what was there before the reset is back */
	end_with(&h, line_map(old, 2, 2, 5, RIOTLB_RW));
	expect_wrong(&h, LOOKS_NONE);
}

static void test_limit(void **state)
{
	struct history h;

	(void)state;
	begin(&h);
	h.world.limit[0] = 3;
	add_map(&h, 0, 1, 4, 2, 5, 0);
	add_map(&h, 1, 2, 3, 3, 6, -ENOSPC);
	expect_fine(&h, LOOKS_NONE);
	h.event[1][0].result.err = 0;
	expect_wrong(&h, LOOKS_NONE);
}

static void test_no_memory(void **state)
{
	struct history h;

	(void)state;
	begin(&h);
	add_map(&h, 0, 1, 4, 2, 5, -ENOMEM);
	add_look(&h, 1, 2, 3, 2, 0);
	expect_fine(&h, 2);
	/* what failed was seen */
	h.event[1][0].look.seen[0] =
		(struct sight){ .unit = 2, .id = 5, .perm = RIOTLB_RW };
	expect_wrong(&h, 2);
	/* an unmap that cuts nothing needs no memory */
	begin(&h);
	add_unmap(&h, 0, 1, 2, 0, 1, 0);
	h.event[0][0].result.err = -ENOMEM;
	expect_wrong(&h, LOOKS_NONE);
	h.start.live[0] = line_map(0, 0, 2, 1, RIOTLB_RW);
	h.setup[0].n = 1;
	h.setup[0].entry[0].last = 2;
	expect_fine(&h, LOOKS_NONE);
	h.event[0][0].call = reset;
	expect_wrong(&h, LOOKS_NONE);
}

/* The second protect changes nothing if it comes first, as it does not. */
static void test_an_update_that_would_change_nothing(void **state)
{
	struct call read = protect_of(0, 1, RIOTLB_READ);
	struct call both = protect_of(0, 0, RIOTLB_RW);
	struct history h;

	(void)state;
	begin(&h);
	add_call(&h, 0, 1, 4, &read)->result.bytes = 0x2000;
	add_call(&h, 1, 2, 3, &both)->result.bytes = 0x1000;
	add_look(&h, 1, 5, 6, 0, 1);
	end_with(&h, line_map(line_map(0, 0, 0, 1, RIOTLB_RW), 1, 1, 2,
			      RIOTLB_READ));
	expect_fine(&h, 0);
}

static void test_iteration_is_one_instant(void **state)
{
	struct call bulk = pair_of(OP_MAP_BULK, 10);
	struct history h;
	struct event *e;

	(void)state;
	begin(&h);
	bulk.asid = 1;
	add_call(&h, 0, 1, 4, &bulk);
	e = add(&h, 1, 2, 3, EVENT_ITERATE);
	e->iterate.asid = 1;
	e->iterate.last = UNITS - 1;
	e->iterate.line = line_of_pair(10);
	expect_fine(&h, LOOKS_NONE);
	e->iterate.line = line_map(0, 0, 0, 10, RIOTLB_RW);
	expect_wrong(&h, LOOKS_NONE);
}

static void test_totals_are_one_instant(void **state)
{
	struct history h;
	struct event *e;

	(void)state;
	begin(&h);
	add_map(&h, 0, 1, 4, 2, 5, 0);
	e = add(&h, 1, 2, 3, EVENT_STATS);
	e->stats.mappings = 3;
	e->stats.bytes.lo = 0x3000;
	expect_fine(&h, LOOKS_NONE);
	e->stats.bytes.lo = 0x2000;
	expect_wrong(&h, LOOKS_NONE);
}

/* ---- lookups ------------------------------------------------------------- */

static void test_stale_after_return(void **state)
{
	struct history h;

	(void)state;
	begin(&h);
	add_map(&h, 0, 1, 3, 2, 5, 0);
	add_look(&h, 1, 2, 4, 2, 0);
	expect_fine(&h, 2);
	h.event[1][0].invoked = 4;
	h.event[1][0].returned = 5;
	expect_wrong(&h, 2);
}

static void test_seen_before_the_call(void **state)
{
	struct history h;

	(void)state;
	begin(&h);
	add_look(&h, 1, 1, 2, 2, 5);
	add_map(&h, 0, 3, 4, 2, 5, 0);
	expect_wrong(&h, 2);
}

static void test_real_time_inversion(void **state)
{
	struct history h;

	(void)state;
	begin(&h);
	add_map(&h, 0, 1, 8, 2, 5, 0);
	add_look(&h, 1, 2, 3, 2, 5);
	add_look(&h, 2, 4, 5, 2, 0);
	/* new, then old, both while the map is under way */
	expect_wrong(&h, 2);
	expect_wrong(&h, LOOKS_AT_ONE);
	h.event[2][0].invoked = 1;
	expect_fine(&h, 2);
}

static void test_torn_apply(void **state)
{
	struct history h;

	(void)state;
	begin(&h);
	add_apply(&h, 0, 1, 8, 10);
	add_look(&h, 1, 2, 3, 1, 11);
	add_look(&h, 1, 4, 5, 0, 1);
	/* each byte by itself is fine */
	expect_fine(&h, 0);
	expect_fine(&h, 1);
	expect_wrong(&h, LOOKS_AT_ONE);
	h.event[1][1].look.seen[0].id = 10;
	expect_fine(&h, LOOKS_AT_ONE);
}

static void test_mixture_of_set_map(void **state)
{
	struct history h;
	struct event *e;

	(void)state;
	begin(&h);
	add_set(&h, 0, 1, 4, 10);
	e = add_look(&h, 1, 2, 3, 0, 10);
	add_sight(e, 1, 2);
	expect_fine(&h, 0);
	expect_fine(&h, 1);
	expect_wrong(&h, LOOKS_AT_ALL);
	e->look.seen[1].id = 11;
	expect_fine(&h, LOOKS_AT_ALL);
}

static void test_wrong_permission(void **state)
{
	struct history h;
	struct event *e;

	(void)state;
	begin(&h);
	e = add_look(&h, 0, 1, 2, 0, 1);
	expect_fine(&h, 0);
	e->look.seen[0].perm = RIOTLB_READ;
	expect_wrong(&h, 0);
	e->look.seen[0] = (struct sight){ .err = -EPERM };
	expect_wrong(&h, 0);
}

static void test_what_nobody_mapped(void **state)
{
	struct history h;

	(void)state;
	begin(&h);
	add_look(&h, 0, 1, 2, 0, 1)->broken = "an address";
	expect_wrong(&h, 0);
}

/* ---- groups -------------------------------------------------------------- */

static void test_rebinding(void **state)
{
	struct history h;
	struct event *e;

	(void)state;
	begin(&h);
	add_bind(&h, 0, 1, 3, 1);
	e = add_look(&h, 1, 2, 4, 0, 1);
	e->look.by_group = true;
	expect_fine(&h, 0);
	e->invoked = 4;
	e->returned = 5;
	expect_wrong(&h, 0);
	e->look.seen[0].err = -EFAULT;
	expect_fine(&h, 0);
}

/* Which AS, and what is there, are two instants; not the other way round. */
static void test_a_group_is_two_steps(void **state)
{
	struct history h;
	struct event *e;

	(void)state;
	begin(&h);
	add_bind(&h, 0, 2, 3, 1);
	add_set(&h, 0, 4, 5, 10);
	e = add_look(&h, 1, 1, 6, 0, 10);
	e->look.by_group = true;
	expect_fine(&h, 0);
	/* asked for by number, the AS is out of the question */
	e->look.by_group = false;
	e->look.which = 1;
	expect_wrong(&h, 0);
	/* under way for the second step only */
	e->look.by_group = true;
	e->look.which = 0;
	e->invoked = 4;
	expect_wrong(&h, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost_update),
		cmocka_unit_test(test_an_error_without_a_reason),
		cmocka_unit_test(test_counts_of_unmap),
		cmocka_unit_test(test_an_edit_of_a_swapped_table),
		cmocka_unit_test(test_resurrected_table),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_an_update_that_would_change_nothing),
		cmocka_unit_test(test_iteration_is_one_instant),
		cmocka_unit_test(test_totals_are_one_instant),
		cmocka_unit_test(test_stale_after_return),
		cmocka_unit_test(test_seen_before_the_call),
		cmocka_unit_test(test_real_time_inversion),
		cmocka_unit_test(test_torn_apply),
		cmocka_unit_test(test_mixture_of_set_map),
		cmocka_unit_test(test_wrong_permission),
		cmocka_unit_test(test_what_nobody_mapped),
		cmocka_unit_test(test_rebinding),
		cmocka_unit_test(test_a_group_is_two_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
