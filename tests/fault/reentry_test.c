/* SPDX-License-Identifier: MIT */
/*
 * Retire callbacks, deferred calls and sync hooks that call the library: every
 * call that is allowed there does its work, on the same AS and on another, and
 * those that would wait for themselves say so.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "check.h"
#include "fixture.h"

#define PLACE ((uint64_t)1 << 40)

static struct riotlb_mapping at(uint64_t i)
{
	return mapping(PLACE + (i << 12), PLACE + (i << 12) + 0xfff, i << 12,
		       RIOTLB_RW);
}

/* ---- every call -------------------------------------------------------- */

static void single_calls(struct riotlb *e, uint32_t asid)
{
	struct riotlb_mapping m = at(0);

	check_eq(riotlb_map(e, asid, &m, 0, NULL), 0);
	check_eq(riotlb_map(e, asid, &m, RIOTLB_MAP_REPLACE, NULL), 0);
	check_eq(riotlb_protect(e, asid, m.start + 1, m.last, 1, NULL), 0);
	check_eq(riotlb_unmap(e, asid, m.start + 5, m.start + 6,
			      RIOTLB_UNMAP_EXACT, NULL),
		 0);
	check_eq(riotlb_unmap(e, asid, m.start, m.last, RIOTLB_UNMAP_WHOLE,
			      NULL),
		 0);
}

static void array_calls(struct riotlb *e, uint32_t asid)
{
	struct riotlb_mapping m[] = { at(1), at(2), at(3) };
	struct riotlb_range r = range(m[0].start + 9, m[1].start);
	struct riotlb_op ops[] = {
		{ .kind = RIOTLB_OP_UNMAP, .mapping = m[2] },
		{ .kind = RIOTLB_OP_MAP, .mapping = m[2] },
	};

	check_eq(riotlb_map_bulk(e, asid, m, 3, 0, NULL), 0);
	check_eq(riotlb_unmap_bulk(e, asid, &r, 1, RIOTLB_UNMAP_EXACT, NULL),
		 0);
	check_eq(riotlb_apply(e, asid, ops, 2, NULL), 0);
}

static void look_around(struct riotlb *e, uint32_t asid)
{
	struct riotlb_mapping out[4];
	struct riotlb_segment seg;
	struct riotlb_stamp stamp;
	struct riotlb_stats stats;
	struct riotlb_shape shape;
	riotlb_lease lease;
	size_t filled;

	riotlb_read_enter(e);
	check_eq(riotlb_translate(e, asid, at(3).start, at(3).last, 1, &seg),
		 0);
	check_eq(seg.addr, at(3).addr);
	lease = riotlb_lease_begin(e);
	riotlb_read_exit(e);
	riotlb_lease_end(e, lease);
	check_eq(riotlb_iterate(e, asid, PLACE, MAX, out, 4, &filled, NULL,
				NULL),
		 0);
	check_eq(filled, 3);
	check_eq(riotlb_stamp(e, asid, 0, MAX, &stamp), 0);
	check_eq(riotlb_get_stats(e, asid, &stats), 0);
	check_eq(riotlb_get_shape(e, asid, &shape), 0);
}

/* Leaves the AS in its default state. */
static void use_everything(struct riotlb *e, uint32_t asid)
{
	struct riotlb_mapping m = at(7);
	struct riotlb_report report;
	uint32_t bound;

	single_calls(e, asid);
	array_calls(e, asid);
	look_around(e, asid);
	check_eq(riotlb_set_map(e, asid, &m, 1, NULL), 0);
	check_eq(riotlb_set_group_asid(e, 0, asid, NULL), 0);
	check_eq(riotlb_get_group_asid(e, 0, &bound), 0);
	check_eq(riotlb_reset_map(e, asid, &report), 0);
	/* what it has just removed may still be seen by somebody */
	check_eq(riotlb_poll(e, report.token), 0);
}

static void must_not_wait(struct riotlb *e)
{
	struct riotlb_report report;

	check_eq(riotlb_reset_map(e, 1, &report), 0);
	check_eq(riotlb_wait(e, report.token), -EDEADLK);
	check_eq(riotlb_reclaim(e), -EDEADLK);
	check_eq(riotlb_before_fork(e), -EDEADLK);
}

/* ---- callbacks --------------------------------------------------------- */

/* Counts down the callbacks that still do something. */
static atomic_int armed;
static struct riotlb *engine;

static void retire(void *ctx, uint32_t asid, const struct riotlb_mapping *piece)
{
	(void)piece;
	atomic_fetch_add((atomic_int *)ctx, 1);
	if (atomic_fetch_sub(&armed, 1) <= 0)
		return;
	use_everything(engine, asid);
	use_everything(engine, asid ^ 1);
	must_not_wait(engine);
}

static void create(struct fixture *f, enum riotlb_reclaim_mode mode)
{
	fixture_destroy(f);
	f->attr.reclaim = mode;
	fixture_create(f);
	engine = f->engine;
}

/*
 * What a callback maps and removes comes back to it: the last call of each
 * round retires what the next round's callback is called for.
 */
static void test_retire_callbacks(void **state)
{
	static atomic_int calls;
	struct fixture *f = *state;

	f->attr.nas = 3;
	f->attr.retire = retire;
	f->attr.hook_ctx = &calls;
	for (int mode = 0; mode < 2; mode++) {
		struct riotlb_mapping m = at(100);
		struct riotlb_report r;

		atomic_store(&armed, 0);
		create(f, (enum riotlb_reclaim_mode)mode);
		atomic_store(&calls, 0);
		assert_int_equal(riotlb_map(engine, 0, &m, 0, NULL), 0);
		atomic_store(&armed, 20);
		assert_int_equal(riotlb_reset_map(engine, 0, &r), 0);
		/* of an AS that callbacks leave alone: they look at theirs */
		while (atomic_load(&armed) > 0) {
			assert_int_equal(riotlb_reset_map(engine, 2, &r), 0);
			assert_int_equal(riotlb_wait(engine, r.token), 0);
		}
		drain(engine);
		/* each of the 20 mapped and removed ten, in both AS */
		assert_true(atomic_load(&calls) > 20 * 10);
		expect_empty(engine, 0);
		expect_empty(engine, 1);
	}
}

static struct {
	struct riotlb_deferred deferred; /* first */
	int left;
} chain;

static void run_chain(struct riotlb_deferred *self)
{
	use_everything(engine, 0);
	must_not_wait(engine);
	/* its memory is its own again, and may be handed over anew */
	if (chain.left-- > 0)
		riotlb_defer(engine, self, run_chain);
}

static void test_deferred_calls(void **state)
{
	struct fixture *f = *state;

	for (int mode = 0; mode < 2; mode++) {
		create(f, (enum riotlb_reclaim_mode)mode);
		chain.left = 50;
		riotlb_defer(engine, &chain.deferred, run_chain);
		/* destruction waits for all of the chain */
		fixture_destroy(f);
		assert_int_equal(chain.left, -1);
		fixture_create(f);
	}
}

/* ---- hooks ------------------------------------------------------------- */

static struct {
	bool busy;
	bool in_section;
	bool in_callback;
	struct riotlb_token old;
	int calls;
	int nested;
} hook;

static void sync_hook(void *ctx, uint32_t asid, uint64_t start, uint64_t last)
{
	bool may_wait = !hook.in_section && !hook.in_callback;

	(void)ctx;
	(void)start;
	(void)last;
	hook.nested += hook.busy;
	if (hook.busy || !engine)
		return;
	hook.busy = true;
	hook.calls++;
	use_everything(engine, asid ^ 1);
	if (asid == 1)
		use_everything(engine, 1);
	if (may_wait) {
		check_eq(riotlb_wait(engine, hook.old), 0);
		check(riotlb_reclaim(engine) >= 0);
	} else {
		must_not_wait(engine);
	}
	hook.busy = false;
}

/* Each update of AS 0 that calls the hook; returns how many. */
static int update_all(struct riotlb *e)
{
	struct riotlb_mapping m[] = { at(20), at(21), at(22) };
	struct riotlb_range r = range(m[1].start + 3, m[1].start + 4);
	struct riotlb_op op = { .kind = RIOTLB_OP_UNMAP, .mapping = m[2] };
	int calls = hook.calls;

	check_eq(riotlb_map_bulk(e, 0, m, 3, 0, &(struct riotlb_report){ 0 }),
		 0);
	hook.calls = calls;
	check_eq(riotlb_map(e, 0, m, RIOTLB_MAP_REPLACE, NULL), 0);
	check_eq(riotlb_protect(e, 0, m[0].start, m[0].last, 1, NULL), 0);
	check_eq(riotlb_unmap(e, 0, m[0].start, m[0].last, RIOTLB_UNMAP_EXACT,
			      NULL),
		 0);
	check_eq(riotlb_unmap_bulk(e, 0, &r, 1, RIOTLB_UNMAP_EXACT, NULL), 0);
	check_eq(riotlb_apply(e, 0, &op, 1, NULL), 0);
	check_eq(riotlb_set_map(e, 0, m, 3, NULL), 0);
	check_eq(riotlb_reset_map(e, 0, NULL), 0);
	check_eq(riotlb_set_group_asid(e, 1, 1, NULL), 0);
	check_eq(riotlb_set_group_asid(e, 1, 0, NULL), 0);
	return hook.calls - calls;
}

static void with_hook(struct fixture *f, enum riotlb_reclaim_mode mode)
{
	struct riotlb_report r;

	engine = NULL;
	f->attr.sync = sync_hook;
	create(f, mode);
	memset(&hook, 0, sizeof(hook));
	hook.busy = true;
	check_eq(riotlb_reset_map(engine, 0, &r), 0);
	hook.old = r.token;
	memset(&hook, 0, sizeof(hook));
	hook.old = r.token;
}

static void test_hooks(void **state)
{
	for (int mode = 0; mode < 2; mode++) {
		with_hook(*state, (enum riotlb_reclaim_mode)mode);
		assert_int_equal(update_all(engine), 9);
		assert_true(hook.nested > 9 * 5);
		engine = NULL;
	}
}

/* Updates in a section, whose hook is in the section as well. */
static void test_hooks_in_a_section(void **state)
{
	with_hook(*state, RIOTLB_RECLAIM_MANUAL);
	hook.in_section = true;
	riotlb_read_enter(engine);
	assert_int_equal(update_all(engine), 9);
	riotlb_read_exit(engine);
	engine = NULL;
}

static void update_in_callback(struct riotlb_deferred *self)
{
	(void)self;
	hook.in_callback = true;
	check_eq(update_all(engine), 9);
	hook.in_callback = false;
	chain.left--;
}

static void test_hooks_in_a_callback(void **state)
{
	with_hook(*state, RIOTLB_RECLAIM_MANUAL);
	chain.left = 1;
	riotlb_defer(engine, &chain.deferred, update_in_callback);
	drain(engine);
	assert_int_equal(chain.left, 0);
	engine = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_retire_callbacks),
		fixture_test(test_deferred_calls),
		fixture_test(test_hooks),
		fixture_test(test_hooks_in_a_section),
		fixture_test(test_hooks_in_a_callback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
