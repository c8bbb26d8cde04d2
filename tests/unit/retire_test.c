/* SPDX-License-Identifier: MIT */
/* Retire callbacks, tokens, deferred calls: what comes when, and how often. */
#include <errno.h>
#include <stdlib.h>
#include <sched.h>
#include <string.h>

#include "fixture.h"
#include "retired.h"
#include "rng.h"

static struct retire_log log_;

static struct riotlb_mapping worded(uint64_t start, uint64_t last,
				    uint64_t addr, uint32_t perm,
				    uint64_t opaque)
{
	struct riotlb_mapping m = mapping(start, last, addr, perm);

	m.opaque = opaque;
	return m;
}

static struct riotlb *logged(struct fixture *f, enum riotlb_reclaim_mode mode)
{
	memset(&log_, 0, sizeof(log_));
	f->attr.retire = retire_log_add;
	f->attr.hook_ctx = &log_;
	f->attr.reclaim = mode;
	fixture_recreate(f);
	return f->engine;
}

static void add(struct riotlb *e, struct riotlb_mapping m)
{
	assert_int_equal(riotlb_map(e, 0, &m, 0, NULL), 0);
}

/* ---- what is reported -------------------------------------------------- */

static void test_not_before_reclaim(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);

	add(e, worded(0x1000, 0x1fff, 0x9000, RIOTLB_RW, 5));
	drain(e);
	assert_int_equal(atomic_load(&log_.n), 0);
	assert_int_equal(unmap(e, 0x1000, 0x1fff), 0);
	assert_int_equal(atomic_load(&log_.n), 0);
	drain(e);
	expect_retired(&log_, 0, worded(0x1000, 0x1fff, 0x9000, RIOTLB_RW, 5));
	drain(e);
	assert_int_equal(atomic_load(&log_.n), 0);
}

static void test_pieces(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);

	add(e, worded(0x1000, 0x3fff, 0x9000, RIOTLB_RW, 5));
	assert_int_equal(unmap(e, 0x1801, 0x1802), 0);
	drain(e);
	expect_retired(&log_, 0, worded(0x1801, 0x1802, 0x9801, RIOTLB_RW, 5));
	/* the permission at the time of the removal, not of the map */
	assert_int_equal(protect(e, 0x2000, 0x2fff, RIOTLB_READ), 0);
	drain(e);
	assert_int_equal(atomic_load(&log_.n), 0);
	assert_int_equal(
		riotlb_unmap(e, 0, 0x2800, 0x3800, RIOTLB_UNMAP_EXACT, NULL),
		0);
	drain(e);
	expect_retired(&log_, 0, worded(0x2800, 0x2fff, 0xa800, RIOTLB_READ, 5),
		       worded(0x3000, 0x3800, 0xb000, RIOTLB_RW, 5));
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	drain(e);
	expect_retired(&log_, 0, worded(0x1000, 0x1800, 0x9000, RIOTLB_RW, 5),
		       worded(0x1803, 0x1fff, 0x9803, RIOTLB_RW, 5),
		       worded(0x2000, 0x27ff, 0xa000, RIOTLB_READ, 5),
		       worded(0x3801, 0x3fff, 0xb801, RIOTLB_RW, 5));
}

static void test_displaced_by_replace(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);

	add(e, worded(0x1000, 0x1fff, 0x9000, RIOTLB_RW, 5));
	add(e, worded(0x2000, 0x2fff, 0xf000, RIOTLB_READ, 6));
	assert_int_equal(replace(e, 0x1ffe, 0x2fff, 0, RIOTLB_RW), 0);
	drain(e);
	expect_retired(&log_, 0, worded(0x1ffe, 0x1fff, 0x9ffe, RIOTLB_RW, 5),
		       worded(0x2000, 0x2fff, 0xf000, RIOTLB_READ, 6));
	/* by itself, too */
	assert_int_equal(replace(e, 0x1ffe, 0x2fff, 0, RIOTLB_RW), 0);
	drain(e);
	expect_retired(&log_, 0, mapping(0x1ffe, 0x2fff, 0, RIOTLB_RW));
}

static void test_every_array_call_reports(void **state)
{
	struct riotlb_mapping two[] = { worded(0, 0xfff, 0, RIOTLB_RW, 1),
					worded(0x5000, 0x5001, 0, 1, 2) };
	struct riotlb_op ops[] = {
		{ .kind = RIOTLB_OP_UNMAP,
		  .policy = RIOTLB_UNMAP_WHOLE,
		  .mapping = mapping(0x5001, 0x5001, 0, 0) },
		{ .kind = RIOTLB_OP_MAP,
		  .mapping = worded(0x7000, 0x7fff, 0, RIOTLB_RW, 7) },
		{ .kind = RIOTLB_OP_UNMAP,
		  .mapping = mapping(0x7800, 0x7fff, 0, 0) },
	};
	struct riotlb_range r = range(0, 0xff);
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);

	assert_int_equal(riotlb_set_map(e, 0, two, 2, NULL), 0);
	/* the same again: the old ones go all the same */
	assert_int_equal(riotlb_set_map(e, 0, two, 2, NULL), 0);
	drain(e);
	expect_retired(&log_, 0, two[0], two[1]);
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, &r, 1, RIOTLB_UNMAP_EXACT, NULL), 0);
	drain(e);
	expect_retired(&log_, 0, worded(0, 0xff, 0, RIOTLB_RW, 1));
	/* also what the same call has mapped */
	assert_int_equal(riotlb_apply(e, 0, ops, 3, NULL), 0);
	drain(e);
	expect_retired(&log_, 0, two[1],
		       worded(0x7800, 0x7fff, 0x800, RIOTLB_RW, 7));
	assert_int_equal(
		riotlb_map_bulk(e, 0, two, 1, RIOTLB_MAP_REPLACE, NULL), 0);
	drain(e);
	expect_retired(&log_, 0, worded(0x100, 0xfff, 0x100, RIOTLB_RW, 1));
}

/*
 * From the second on, a batch finds each of these where it left off: that must
 * not be shorter than the way there.
 */
static void test_neighbours_of_a_batch_report(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);
	struct riotlb_mapping m[64];
	struct riotlb_range r[4];

	for (uint64_t i = 0; i < 64; i++)
		m[i] = worded(i << 12, (i << 12) + 0xfff, (i ^ 1) << 12,
			      RIOTLB_RW, i + 1);
	for (size_t i = 0; i < 4; i++)
		r[i] = range(m[i + 7].start, m[i + 7].last);
	assert_int_equal(riotlb_set_map(e, 0, m, 64, NULL), 0);
	drain(e);
	memset(&log_, 0, sizeof(log_));
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, r, 4, RIOTLB_UNMAP_NO_BISECT, NULL), 0);
	drain(e);
	expect_retired(&log_, 0, m[7], m[8], m[9], m[10]);
}

static void test_failures_report_nothing(void **state)
{
	struct riotlb_mapping two[] = { mapping(0, 0xffff, 0, RIOTLB_RW),
					mapping(0, 0, 0, RIOTLB_RW) };
	struct riotlb_op ops[] = {
		{ .kind = RIOTLB_OP_UNMAP, .mapping = mapping(0, MAX, 0, 0) },
		{ .kind = RIOTLB_OP_PROTECT, .mapping = mapping(0, 5, 0, 1) },
	};
	struct riotlb_range r[] = { range(0, MAX), range(1, 0) };
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);

	add(e, mapping(0x1000, 0x1fff, 0, RIOTLB_RW));
	assert_int_equal(riotlb_apply(e, 0, ops, 2, NULL), -EFAULT);
	assert_int_equal(riotlb_set_map(e, 0, two, 2, NULL), -EEXIST);
	two[1].perm = 0;
	assert_int_equal(
		riotlb_map_bulk(e, 0, two, 2, RIOTLB_MAP_REPLACE, NULL),
		-EINVAL);
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, r, 2, RIOTLB_UNMAP_EXACT, NULL),
		-EINVAL);
	drain(e);
	assert_int_equal(atomic_load(&log_.n), 0);
}

static void test_defaults_are_not_reported(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e;

	f->defaults[0].kind = RIOTLB_DEFAULT_IDENTITY;
	e = logged(f, RIOTLB_RECLAIM_MANUAL);
	add(e, mapping(0x1000, 0x1fff, 0, RIOTLB_RW));
	drain(e);
	assert_int_equal(atomic_load(&log_.n), 0);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	assert_int_equal(unmap(e, 0, MAX), 0);
	drain(e);
	expect_retired(&log_, 0, mapping(0x1000, 0x1fff, 0, RIOTLB_RW));
}

/* One mapping in a thousand pieces: each byte comes once, with its word. */
static void test_every_byte_once(void **state)
{
	static struct retired got, want;
	struct riotlb_mapping m =
		worded(0x12345, 0x812345, 0xabc345, RIOTLB_RW, 99);
	struct rng rng = { .state = 7 };
	struct fixture *f = *state;
	struct riotlb *e;

	memset(&got, 0, sizeof(got));
	memset(&want, 0, sizeof(want));
	f->attr.retire = retired_add;
	f->attr.hook_ctx = &got;
	fixture_recreate(f);
	e = f->engine;
	add(e, m);
	retired_add(&want, 0, &m);
	for (int i = 0; i < 1000; i++) {
		uint64_t at = rng_below(&rng, 0x900000);

		assert_int_equal(unmap(e, at, at + rng_log(&rng, 16)), 0);
		if (i % 16 == 0)
			drain(e);
	}
	assert_true(atomic_load(&got.bytes) < 0x800001);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	drain(e);
	retired_check_equal(&got, &want);
}

/* ---- tokens ------------------------------------------------------------ */

static void test_tokens_by_hand(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);
	struct riotlb_report r[3];

	assert_int_equal(riotlb_poll(e, (struct riotlb_token){ 0 }), 1);
	assert_int_equal(riotlb_wait(e, (struct riotlb_token){ 0 }), 0);
	add(e, mapping(0, 0xfff, 0, RIOTLB_RW));
	assert_int_equal(riotlb_unmap(e, 0, 0, 0xff, RIOTLB_UNMAP_EXACT, &r[0]),
			 0);
	assert_int_equal(riotlb_protect(e, 0, 0x100, 0x1ff, 1, &r[1]), 0);
	assert_int_equal(riotlb_reset_map(e, 0, &r[2]), 0);
	assert_true(r[0].token.cycle <= r[1].token.cycle);
	assert_true(r[1].token.cycle <= r[2].token.cycle);
	for (int i = 0; i < 3; i++)
		assert_int_equal(riotlb_poll(e, r[i].token), 0);
	drain(e);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(riotlb_poll(e, r[i].token), 1);
		assert_int_equal(riotlb_wait(e, r[i].token), 0);
	}
}

/* Even with no callback and no memory to free, old readers may be about. */
static void test_every_change_has_a_token(void **state)
{
	struct riotlb_mapping m = mapping(0, 0xfff, 0, RIOTLB_RW);
	struct fixture *f = *state;
	struct riotlb_report r;
	struct riotlb *e;

	f->defaults[0].kind = RIOTLB_DEFAULT_IDENTITY;
	fixture_recreate(f);
	e = f->engine;
	/* leaving the default state takes translations away */
	assert_int_equal(riotlb_map(e, 0, &m, 0, &r), 0);
	assert_int_equal(riotlb_poll(e, r.token), 0);
	drain(e);
	assert_int_equal(riotlb_poll(e, r.token), 1);
	assert_int_equal(riotlb_protect(e, 0, 0, 0xfff, RIOTLB_READ, &r), 0);
	assert_int_equal(riotlb_poll(e, r.token), 0);
	drain(e);
	assert_int_equal(riotlb_poll(e, r.token), 1);
	assert_int_equal(riotlb_unmap(e, 0, 0, 0xfff, RIOTLB_UNMAP_EXACT, &r),
			 0);
	assert_int_equal(riotlb_poll(e, r.token), 0);
	drain(e);
	assert_int_equal(riotlb_poll(e, r.token), 1);
	assert_int_equal(riotlb_set_group_asid(e, 0, 1, &r), 0);
	assert_int_equal(riotlb_poll(e, r.token), 0);
	drain(e);
	assert_int_equal(riotlb_poll(e, r.token), 1);
}

static void test_wait_helps_itself(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);
	struct riotlb_report r;

	add(e, mapping(0, 0xfff, 0, RIOTLB_RW));
	assert_int_equal(riotlb_unmap(e, 0, 0, 0xfff, RIOTLB_UNMAP_EXACT, &r),
			 0);
	assert_int_equal(riotlb_wait(e, r.token), 0);
	assert_int_equal(riotlb_poll(e, r.token), 1);
	expect_retired(&log_, 0, mapping(0, 0xfff, 0, RIOTLB_RW));
}

static void test_wait_with_a_thread(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_THREAD);
	struct riotlb_report r;

	for (int i = 0; i < 20; i++) {
		add(e, mapping(0, 0xfff, 0, RIOTLB_RW));
		assert_int_equal(
			riotlb_unmap(e, 0, 0, 0xfff, RIOTLB_UNMAP_EXACT, &r),
			0);
		assert_int_equal(riotlb_wait(e, r.token), 0);
		assert_int_equal(riotlb_poll(e, r.token), 1);
		expect_retired(&log_, 0, mapping(0, 0xfff, 0, RIOTLB_RW));
	}
}

/* The thread gets there without anybody waiting or asking it to. */
static void test_poll_with_a_thread(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_THREAD);
	struct riotlb_report r;

	add(e, mapping(0, 0xfff, 0, RIOTLB_RW));
	assert_int_equal(riotlb_reset_map(e, 0, &r), 0);
	while (riotlb_poll(e, r.token) == 0)
		sched_yield();
	expect_retired(&log_, 0, mapping(0, 0xfff, 0, RIOTLB_RW));
}

static void test_reclaim_says_when_done(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);

	assert_int_equal(riotlb_reclaim(e), 0);
	add(e, mapping(0, 0xfff, 0, RIOTLB_RW));
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	drain(e);
	assert_int_equal(riotlb_reclaim(e), 0);
	assert_int_equal(stats_of(e, 0).retired_bytes, 0);
}

/* ---- inside callbacks -------------------------------------------------- */

struct inside {
	struct riotlb *e;
	int runs;
	int rebind;
	int wait;
	int reclaim;
	int lookup;
	uint64_t host;
	int map;
	int unmap;
};

static void look_around(void *ctx, uint32_t asid,
			const struct riotlb_mapping *piece)
{
	struct riotlb_mapping m = *piece;
	struct inside *in = ctx;
	struct riotlb_segment seg = { 0 };
	struct riotlb_report r;

	/* what the callback itself unmaps comes here too */
	if (in->runs++)
		return;
	in->rebind = riotlb_set_group_asid(in->e, 0, 1, &r);
	in->wait = riotlb_wait(in->e, r.token);
	in->reclaim = riotlb_reclaim(in->e);
	m.addr = 0x77000;
	in->map = riotlb_map(in->e, asid, &m, 0, NULL);
	riotlb_read_enter(in->e);
	in->lookup = riotlb_translate(in->e, asid, m.start, m.last, RIOTLB_READ,
				      &seg);
	riotlb_read_exit(in->e);
	in->host = seg.addr;
	in->unmap = riotlb_unmap(in->e, 1, 0, MAX, RIOTLB_UNMAP_WHOLE, NULL);
}

static void check_inside(struct fixture *f, enum riotlb_reclaim_mode mode)
{
	struct riotlb_mapping other = mapping(0x8000, 0x8fff, 0, RIOTLB_RW);
	struct inside in = { 0 };
	struct riotlb_report r;
	struct riotlb *e;

	f->attr.retire = look_around;
	f->attr.hook_ctx = &in;
	f->attr.reclaim = mode;
	/* the callback wants this before it can run */
	fixture_destroy(f);
	assert_int_equal(riotlb_create(&f->attr, &f->engine), 0);
	in.e = e = f->engine;
	riotlb_thread_register(e);
	assert_int_equal(riotlb_map(e, 1, &other, 0, NULL), 0);
	add(e, mapping(0x1000, 0x1fff, 0x9000, RIOTLB_RW));
	assert_int_equal(
		riotlb_unmap(e, 0, 0x1000, 0x1fff, RIOTLB_UNMAP_EXACT, &r), 0);
	assert_int_equal(riotlb_wait(e, r.token), 0);
	assert_int_equal(in.runs, 1);
	assert_int_equal(in.rebind, 0);
	assert_int_equal(in.wait, -EDEADLK);
	assert_int_equal(in.reclaim, -EDEADLK);
	assert_int_equal(in.map, 0);
	assert_int_equal(in.lookup, 0);
	assert_int_equal(in.host, 0x77000);
	assert_int_equal(in.unmap, 0);
	expect_contents(e, 0, mapping(0x1000, 0x1fff, 0x77000, RIOTLB_RW));
	expect_empty(e, 1);
	drain(e);
	assert_int_equal(in.runs, 2);
	fixture_destroy(f);
	assert_int_equal(in.runs, 3);
}

static void test_callbacks_by_hand(void **state)
{
	check_inside(*state, RIOTLB_RECLAIM_MANUAL);
}

static void test_callbacks_on_the_thread(void **state)
{
	check_inside(*state, RIOTLB_RECLAIM_THREAD);
}

struct own_token {
	struct riotlb *e;
	struct riotlb_token token;
	int done_inside;
};

static void poll_own_token(void *ctx, uint32_t asid,
			   const struct riotlb_mapping *piece)
{
	struct own_token *own = ctx;

	(void)asid;
	(void)piece;
	own->done_inside = riotlb_poll(own->e, own->token);
}

/* A token is done after the callbacks of its call, not while they run. */
static void test_callback_before_token(void **state)
{
	struct own_token own = { .done_inside = 7 };
	struct fixture *f = *state;
	struct riotlb_report r;

	f->attr.retire = poll_own_token;
	f->attr.hook_ctx = &own;
	fixture_recreate(f);
	own.e = f->engine;
	add(f->engine, mapping(0, 5, 0, RIOTLB_RW));
	assert_int_equal(riotlb_reset_map(f->engine, 0, &r), 0);
	own.token = r.token;
	drain(f->engine);
	assert_int_equal(own.done_inside, 0);
	assert_int_equal(riotlb_poll(f->engine, r.token), 1);
}

/* ---- deferred calls ---------------------------------------------------- */

struct job {
	struct riotlb_deferred deferred; /* first: the callback gets this */
	struct riotlb *e;
	int runs;
	int reclaim;
	struct job *then;
};

static void run_job(struct riotlb_deferred *self)
{
	struct job *job = (struct job *)self;

	job->runs++;
	job->reclaim = riotlb_reclaim(job->e);
	if (job->then)
		riotlb_defer(job->e, &job->then->deferred, run_job);
}

static void test_defer(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct job jobs[100] = { 0 };

	for (int i = 0; i < 100; i++) {
		jobs[i].e = e;
		riotlb_defer(e, &jobs[i].deferred, run_job);
	}
	for (int i = 0; i < 100; i++)
		assert_int_equal(jobs[i].runs, 0);
	drain(e);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(jobs[i].runs, 1);
		assert_int_equal(jobs[i].reclaim, -EDEADLK);
	}
}

static void test_defer_from_a_callback(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct job second = { .e = e };
	struct job first = { .e = e, .then = &second };

	riotlb_defer(e, &first.deferred, run_job);
	drain(e);
	assert_int_equal(first.runs, 1);
	assert_int_equal(second.runs, 1);
}

static void free_job(struct riotlb_deferred *self)
{
	free(self);
}

static void test_defer_owns_its_memory(void **state)
{
	struct fixture *f = *state;

	/* and those that destroy finds still waiting run as well */
	for (int i = 0; i < 50; i++) {
		struct riotlb_deferred *d = malloc(sizeof(*d));

		assert_non_null(d);
		riotlb_defer(f->engine, d, free_job);
		if (i == 25)
			drain(f->engine);
	}
	f->attr.reclaim = RIOTLB_RECLAIM_THREAD;
	fixture_recreate(f);
	for (int i = 0; i < 50; i++) {
		struct riotlb_deferred *d = malloc(sizeof(*d));

		assert_non_null(d);
		riotlb_defer(f->engine, d, free_job);
	}
}

static void test_unregistered_caller(void **state)
{
	struct riotlb *e = logged(*state, RIOTLB_RECLAIM_MANUAL);
	struct riotlb_report r;

	/* updates and waits are not for readers only */
	riotlb_thread_unregister(e);
	add(e, mapping(0, 0xfff, 0, RIOTLB_RW));
	assert_int_equal(unmap(e, 5, 6), 0);
	assert_int_equal(riotlb_reset_map(e, 0, &r), 0);
	assert_int_equal(riotlb_wait(e, r.token), 0);
	drain(e);
	expect_retired(&log_, 0, mapping(0, 0xfff, 0, RIOTLB_RW));
	riotlb_thread_register(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_not_before_reclaim),
		fixture_test(test_pieces),
		fixture_test(test_displaced_by_replace),
		fixture_test(test_every_array_call_reports),
		fixture_test(test_neighbours_of_a_batch_report),
		fixture_test(test_failures_report_nothing),
		fixture_test(test_defaults_are_not_reported),
		fixture_test(test_every_byte_once),
		fixture_test(test_tokens_by_hand),
		fixture_test(test_every_change_has_a_token),
		fixture_test(test_wait_helps_itself),
		fixture_test(test_wait_with_a_thread),
		fixture_test(test_poll_with_a_thread),
		fixture_test(test_reclaim_says_when_done),
		fixture_test(test_callbacks_by_hand),
		fixture_test(test_callbacks_on_the_thread),
		fixture_test(test_callback_before_token),
		fixture_test(test_defer),
		fixture_test(test_defer_from_a_callback),
		fixture_test(test_defer_owns_its_memory),
		fixture_test(test_unregistered_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
