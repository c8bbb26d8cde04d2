/* SPDX-License-Identifier: MIT */
/* The device-sync hook: for what, for which range, and when. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "check.h"
#include "fixture.h"

enum { CALLS_MAX = 32 };

struct calls {
	uint32_t asid[CALLS_MAX];
	uint64_t start[CALLS_MAX];
	uint64_t last[CALLS_MAX];
	size_t n;
};

static struct calls calls;

static void note(void *ctx, uint32_t asid, uint64_t start, uint64_t last)
{
	struct calls *c = ctx;

	check(c->n < CALLS_MAX);
	check(last >= start);
	c->asid[c->n] = asid;
	c->start[c->n] = start;
	c->last[c->n] = last;
	c->n++;
}

static struct riotlb *hooked(struct fixture *f)
{
	f->attr.sync = note;
	f->attr.hook_ctx = &calls;
	fixture_recreate(f);
	memset(&calls, 0, sizeof(calls));
	return f->engine;
}

/* The calls since the last time, all for `asid`, cover [start, last]. */
static void expect_covered(uint32_t asid, uint64_t start, uint64_t last)
{
	bool done = false;

	while (!done) {
		size_t i = 0;

		while (i < calls.n &&
		       (calls.asid[i] != asid || calls.start[i] > start ||
			calls.last[i] < start))
			i++;
		assert_true(i < calls.n);
		done = calls.last[i] >= last;
		start = calls.last[i] + 1;
	}
	for (size_t i = 0; i < calls.n; i++)
		assert_int_equal(calls.asid[i], asid);
	calls.n = 0;
}

static void test_single_calls(void **state)
{
	struct riotlb *e = hooked(*state);

	assert_int_equal(unmap(e, 0, 0), 0);
	calls.n = 0;
	assert_int_equal(map(e, 0x1000, 0x5fff, 0, RIOTLB_RW), 0);
	assert_int_equal(calls.n, 0);
	assert_int_equal(protect(e, 0x1000, 0x1fff, RIOTLB_READ), 0);
	expect_covered(0, 0x1000, 0x1fff);
	assert_int_equal(replace(e, 0x1800, 0x2003, 5, RIOTLB_RW), 0);
	expect_covered(0, 0x1800, 0x2003);
	assert_int_equal(unmap(e, 0x2001, 0x3000), 0);
	expect_covered(0, 0x2001, 0x3000);
	/* whole: more goes than was named */
	assert_int_equal(
		riotlb_unmap(e, 0, 0x4000, 0x4000, RIOTLB_UNMAP_WHOLE, NULL),
		0);
	expect_covered(0, 0x3001, 0x5fff);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	expect_covered(0, 0x1000, 0x2000);
}

static void test_array_calls(void **state)
{
	struct riotlb_mapping m = mapping(0x1000, 0x1fff, 0, RIOTLB_RW);
	struct riotlb_op ops[] = {
		{ .kind = RIOTLB_OP_PROTECT,
		  .mapping = mapping(0x1000, 0x10ff, 0, RIOTLB_READ) },
		{ .kind = RIOTLB_OP_UNMAP,
		  .mapping = mapping(0x1e00, 0x1fff, 0, 0) },
	};
	struct riotlb_range r = range(0x1200, 0x12ff);
	struct riotlb *e = hooked(*state);

	assert_int_equal(riotlb_map_bulk(e, 1, &m, 1, 0, NULL), 0);
	calls.n = 0;
	assert_int_equal(riotlb_apply(e, 1, ops, 2, NULL), 0);
	assert_true(calls.n >= 1);
	for (size_t i = 0; i < calls.n; i++) {
		assert_int_equal(calls.asid[i], 1);
		/* what apply touched lies within */
		assert_true(calls.start[i] <= 0x1e00);
	}
	calls.n = 0;
	assert_int_equal(
		riotlb_unmap_bulk(e, 1, &r, 1, RIOTLB_UNMAP_EXACT, NULL), 0);
	expect_covered(1, 0x1200, 0x12ff);
	assert_int_equal(riotlb_map_bulk(e, 1, &m, 1, RIOTLB_MAP_REPLACE, NULL),
			 0);
	expect_covered(1, 0x1000, 0x11ff);
	assert_int_equal(riotlb_set_map(e, 1, &m, 1, NULL), 0);
	expect_covered(1, 0x1000, 0x1fff);
}

static void test_leaving_the_default(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e;

	f->defaults[0].kind = RIOTLB_DEFAULT_IDENTITY;
	e = hooked(f);
	assert_int_equal(map(e, 0x1000, 0x1fff, 0x1000, RIOTLB_RW), 0);
	expect_covered(0, 0, MAX);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	expect_covered(0, 0x1000, 0x1fff);
	assert_int_equal(unmap(e, 0x1000, 0x1fff), 0);
	expect_covered(0, 0, MAX);
}

static void test_rebinding(void **state)
{
	struct riotlb *e = hooked(*state);

	/* the AS that the group leaves */
	assert_int_equal(riotlb_set_group_asid(e, 1, 1, NULL), 0);
	expect_covered(0, 0, MAX);
	assert_int_equal(riotlb_set_group_asid(e, 1, 0, NULL), 0);
	expect_covered(1, 0, MAX);
}

static void test_failures_are_silent(void **state)
{
	struct riotlb *e = hooked(*state);

	assert_int_equal(map(e, 0, 5, 0, RIOTLB_RW), 0);
	calls.n = 0;
	assert_int_equal(map(e, 0, 5, 0, RIOTLB_RW), -EEXIST);
	assert_int_equal(protect(e, 0, 6, RIOTLB_READ), -EFAULT);
	assert_int_equal(riotlb_unmap(e, 0, 1, 5, RIOTLB_UNMAP_NO_BISECT, NULL),
			 -EINVAL);
	assert_int_equal(riotlb_reset_map(e, 2, NULL), -EINVAL);
	assert_int_equal(riotlb_set_group_asid(e, 0, 2, NULL), -EINVAL);
	assert_int_equal(calls.n, 0);
}

/* ---- order ------------------------------------------------------------- */

static struct {
	struct riotlb *e;
	int unmapped_inside; /* what a lookup of byte 0 says in the hook */
	int update_inside;   /* no lock is held, so an update is fine */
	bool busy;
} inside;

static void look(void *ctx, uint32_t asid, uint64_t start, uint64_t last)
{
	struct riotlb_mapping m = mapping(start, last, 0x9000, RIOTLB_RW);
	struct riotlb_segment seg;

	(void)ctx;
	if (asid != 0 || inside.busy)
		return;
	inside.busy = true;
	inside.unmapped_inside =
		translate(inside.e, 0, start, start, RIOTLB_READ, &seg);
	inside.update_inside = riotlb_map(inside.e, 0, &m, 0, NULL);
	inside.busy = false;
}

static void test_after_the_swap_without_locks(void **state)
{
	struct fixture *f = *state;

	fixture_destroy(f);
	f->attr.sync = look;
	inside.busy = true;
	fixture_create(f);
	inside.e = f->engine;
	assert_int_equal(map(f->engine, 0, 0xfff, 0, RIOTLB_RW), 0);
	inside.busy = false;
	inside.unmapped_inside = inside.update_inside = 7;
	assert_int_equal(unmap(f->engine, 0, 0xfff), 0);
	assert_int_equal(inside.unmapped_inside, -EFAULT);
	assert_int_equal(inside.update_inside, 0);
	expect_host(f->engine, 0, 5, 0x9005);
}

struct slow_hook {
	struct riotlb *e;
	atomic_bool armed;
	atomic_bool inside;
	atomic_bool leave;
	atomic_int retired;
};

static void stay(void *ctx, uint32_t asid, uint64_t start, uint64_t last)
{
	struct slow_hook *h = ctx;

	(void)asid;
	(void)start;
	(void)last;
	if (!atomic_load(&h->armed))
		return;
	atomic_store(&h->inside, true);
	while (!atomic_load(&h->leave))
		sched_yield();
}

static void count_retired(void *ctx, uint32_t asid,
			  const struct riotlb_mapping *piece)
{
	struct slow_hook *h = ctx;

	(void)asid;
	(void)piece;
	atomic_fetch_add(&h->retired, 1);
}

struct slow_call {
	struct riotlb *e;
	int kind;
};

static void *remove_it(void *arg)
{
	struct slow_call *c = arg;
	struct riotlb_op op = { .kind = RIOTLB_OP_UNMAP,
				.mapping = mapping(0, 0xfff, 0, 0) };

	if (c->kind == 0)
		check_eq(unmap(c->e, 0, 0xfff), 0);
	else if (c->kind == 1)
		check_eq(riotlb_reset_map(c->e, 0, NULL), 0);
	else if (c->kind == 2)
		check_eq(riotlb_set_map(c->e, 0, NULL, 0, NULL), 0);
	else
		check_eq(riotlb_apply(c->e, 0, &op, 1, NULL), 0);
	return NULL;
}

/*
 * The device still uses the mapping until the hook has flushed it: memory must
 * not be given back before, whoever reclaims.
 */
static void test_callbacks_wait_for_the_hook(void **state)
{
	static struct slow_hook h;
	struct fixture *f = *state;

	for (int kind = 0; kind < 4; kind++) {
		struct slow_call call = { .kind = kind };
		pthread_t thread;

		memset(&h, 0, sizeof(h));
		f->attr.sync = stay;
		f->attr.retire = count_retired;
		f->attr.hook_ctx = &h;
		fixture_recreate(f);
		call.e = h.e = f->engine;
		assert_int_equal(map(f->engine, 0, 0xfff, 0, RIOTLB_RW), 0);
		atomic_store(&h.armed, true);
		assert_int_equal(
			pthread_create(&thread, NULL, remove_it, &call), 0);
		while (!atomic_load(&h.inside))
			sched_yield();
		for (int i = 0; i < 8; i++)
			riotlb_reclaim(f->engine);
		assert_int_equal(atomic_load(&h.retired), 0);
		atomic_store(&h.leave, true);
		assert_int_equal(pthread_join(thread, NULL), 0);
		drain(f->engine);
		assert_int_equal(atomic_load(&h.retired), 1);
		atomic_store(&h.armed, false);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_single_calls),
		fixture_test(test_array_calls),
		fixture_test(test_leaving_the_default),
		fixture_test(test_rebinding),
		fixture_test(test_failures_are_silent),
		fixture_test(test_after_the_swap_without_locks),
		fixture_test(test_callbacks_wait_for_the_hook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
