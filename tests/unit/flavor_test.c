/* SPDX-License-Identifier: MIT */
/* The same engine under every liburcu flavour that a caller may pass. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "check.h"
#include "fixture.h"

/* The flavours' own headers redefine each other's names. */
extern const struct rcu_flavor_struct urcu_memb_flavor;
extern const struct rcu_flavor_struct urcu_mb_flavor;
extern const struct rcu_flavor_struct urcu_qsbr_flavor;
extern const struct rcu_flavor_struct urcu_bp_flavor;

static struct retire_log log_;

static void with(struct fixture *f, const struct rcu_flavor_struct *flavor,
		 enum riotlb_reclaim_mode mode)
{
	/* whoever registered with the old flavour leaves it first */
	fixture_destroy(f);
	memset(&log_, 0, sizeof(log_));
	f->attr.flavor = flavor;
	f->attr.reclaim = mode;
	f->attr.retire = retire_log_add;
	f->attr.hook_ctx = &log_;
	fixture_create(f);
	assert_ptr_equal(riotlb_flavor(f->engine), flavor);
}

struct reader {
	struct riotlb *e;
	pthread_t thread;
	atomic_bool stop;
	atomic_long passes;
	bool leases;
};

/*
 * A poller: bursts of lookups, a quiescent point after each. The mapping it
 * looks up moves between two places and vanishes now and then.
 */
static void *poll_lookups(void *arg)
{
	struct reader *r = arg;

	riotlb_thread_register(r->e);
	while (!atomic_load(&r->stop)) {
		struct riotlb_segment seg;
		riotlb_lease lease = 0;

		riotlb_read_enter(r->e);
		if (r->leases)
			lease = riotlb_lease_begin(r->e);
		for (int i = 0; i < 64; i++) {
			int err = riotlb_translate(r->e, 0, 0x1000, 0x1fff,
						   RIOTLB_READ, &seg);

			check(err == 0 || err == -EFAULT);
			check(err || seg.addr == 0xa000 || seg.addr == 0xb000);
		}
		riotlb_read_exit(r->e);
		if (r->leases)
			riotlb_lease_end(r->e, lease);
		riotlb_quiescent(r->e);
		atomic_fetch_add(&r->passes, 1);
	}
	riotlb_thread_unregister(r->e);
	return NULL;
}

static void reader_start(struct reader *r, struct riotlb *e, bool leases)
{
	memset(r, 0, sizeof(*r));
	r->e = e;
	r->leases = leases;
	assert_int_equal(pthread_create(&r->thread, NULL, poll_lookups, r), 0);
	while (!atomic_load(&r->passes))
		sched_yield();
}

static void reader_stop(struct reader *r)
{
	atomic_store(&r->stop, true);
	/* under QSBR: a reader that joins must not hold up a grace period */
	riotlb_thread_offline(r->e);
	assert_int_equal(pthread_join(r->thread, NULL), 0);
	riotlb_thread_online(r->e);
}

/* The caller is a registered reader too; waits see to it that he is offline. */
static void move_about(struct riotlb *e)
{
	for (int i = 0; i < 15; i++) {
		struct riotlb_report r;

		assert_int_equal(map(e, 0x1000, 0x1fff, 0xa000, RIOTLB_RW), 0);
		expect_host(e, 0, 0x1005, 0xa005);
		assert_int_equal(replace(e, 0x1000, 0x1fff, 0xb000, RIOTLB_RW),
				 0);
		expect_host(e, 0, 0x1005, 0xb005);
		assert_int_equal(riotlb_reset_map(e, 0, &r), 0);
		expect_miss(e, 0, 0x1005);
		assert_int_equal(riotlb_wait(e, r.token), 0);
		assert_int_equal(riotlb_poll(e, r.token), 1);
		expect_retired(&log_, 0,
			       mapping(0x1000, 0x1fff, 0xa000, RIOTLB_RW),
			       mapping(0x1000, 0x1fff, 0xb000, RIOTLB_RW));
	}
}

static void run(struct fixture *f, const struct rcu_flavor_struct *flavor)
{
	struct reader r;

	for (int mode = 0; mode < 2; mode++) {
		with(f, flavor, (enum riotlb_reclaim_mode)mode);
		move_about(f->engine);
		for (int leases = 0; leases < 2; leases++) {
			reader_start(&r, f->engine, leases);
			move_about(f->engine);
			reader_stop(&r);
		}
	}
}

/* ---- grace periods ----------------------------------------------------- */

static struct {
	struct riotlb *e;
	struct riotlb_token token;
	atomic_bool inside;
	atomic_bool waiting;
	atomic_int retired;
} stay;

static void *stay_inside(void *arg)
{
	(void)arg;
	riotlb_thread_register(stay.e);
	riotlb_read_enter(stay.e);
	atomic_store(&stay.inside, true);
	while (!atomic_load(&stay.waiting))
		sched_yield();
	/* long enough for one who does not wait for this reader */
	for (int i = 0; i < 200; i++)
		sched_yield();
	atomic_store(&stay.inside, false);
	riotlb_read_exit(stay.e);
	riotlb_thread_unregister(stay.e);
	return NULL;
}

static void nobody_inside(void *ctx, uint32_t asid,
			  const struct riotlb_mapping *piece)
{
	(void)ctx;
	(void)asid;
	(void)piece;
	check(!atomic_load(&stay.inside));
	atomic_fetch_add(&stay.retired, 1);
}

/* A reader that was there before the unmap is gone before the callback. */
static void wait_for_reader(struct fixture *f,
			    const struct rcu_flavor_struct *flavor, int mode)
{
	struct riotlb_report r;
	pthread_t thread;

	with(f, flavor, (enum riotlb_reclaim_mode)mode);
	f->attr.retire = nobody_inside;
	fixture_recreate(f);
	memset(&stay, 0, sizeof(stay));
	stay.e = f->engine;
	assert_int_equal(map(stay.e, 0, 0xfff, 0, RIOTLB_RW), 0);
	assert_int_equal(pthread_create(&thread, NULL, stay_inside, NULL), 0);
	while (!atomic_load(&stay.inside))
		sched_yield();
	assert_int_equal(riotlb_unmap(stay.e, 0, 0, 5, RIOTLB_UNMAP_EXACT, &r),
			 0);
	assert_int_equal(riotlb_poll(stay.e, r.token), 0);
	atomic_store(&stay.waiting, true);
	assert_int_equal(riotlb_wait(stay.e, r.token), 0);
	assert_false(atomic_load(&stay.inside));
	assert_int_equal(atomic_load(&stay.retired), 1);
	riotlb_thread_offline(stay.e);
	assert_int_equal(pthread_join(thread, NULL), 0);
	riotlb_thread_online(stay.e);
}

static void test_waits_for_readers(void **state)
{
	static const struct rcu_flavor_struct *const flavors[] = {
		&urcu_memb_flavor,
		&urcu_mb_flavor,
		&urcu_qsbr_flavor,
		&urcu_bp_flavor,
	};

	for (int mode = 0; mode < 2; mode++)
		for (size_t i = 0; i < 4; i++)
			wait_for_reader(*state, flavors[i], mode);
}

/* ---- the same under each ------------------------------------------------ */

static void test_memb(void **state)
{
	run(*state, &urcu_memb_flavor);
}

static void test_mb(void **state)
{
	run(*state, &urcu_mb_flavor);
}

static void test_qsbr(void **state)
{
	run(*state, &urcu_qsbr_flavor);
}

static void test_bp(void **state)
{
	run(*state, &urcu_bp_flavor);
}

/* QSBR: a caller of updates only, who never registers, may wait as well. */
static void test_qsbr_unregistered(void **state)
{
	struct fixture *f = *state;

	with(f, &urcu_qsbr_flavor, RIOTLB_RECLAIM_MANUAL);
	riotlb_thread_unregister(f->engine);
	for (int i = 0; i < 20; i++) {
		struct riotlb_report r;

		assert_int_equal(map(f->engine, 0, 5, 0, RIOTLB_RW), 0);
		assert_int_equal(riotlb_reset_map(f->engine, 0, &r), 0);
		assert_int_equal(riotlb_wait(f->engine, r.token), 0);
		drain(f->engine);
	}
	riotlb_thread_register(f->engine);
}

/* QSBR: who is offline already stays offline. */
static void test_qsbr_offline(void **state)
{
	struct fixture *f = *state;
	struct riotlb_report r;

	with(f, &urcu_qsbr_flavor, RIOTLB_RECLAIM_MANUAL);
	riotlb_thread_offline(f->engine);
	assert_int_equal(map(f->engine, 0, 5, 0, RIOTLB_RW), 0);
	assert_int_equal(riotlb_reset_map(f->engine, 0, &r), 0);
	assert_int_equal(riotlb_wait(f->engine, r.token), 0);
	drain(f->engine);
	assert_false(riotlb_flavor(f->engine)->read_ongoing());
	riotlb_thread_online(f->engine);
	assert_true(riotlb_flavor(f->engine)->read_ongoing());
	assert_int_equal(map(f->engine, 0, 5, 0, RIOTLB_RW), 0);
	assert_int_equal(riotlb_reset_map(f->engine, 0, &r), 0);
	assert_int_equal(riotlb_wait(f->engine, r.token), 0);
	assert_true(riotlb_flavor(f->engine)->read_ongoing());
}

static void look_up_inside(void *ctx, uint32_t asid,
			   const struct riotlb_mapping *piece)
{
	struct fixture *f = ctx;
	struct riotlb_segment seg;

	/* must be online here, whichever thread this is */
	check(riotlb_flavor(f->engine)->read_ongoing());
	check_eq(riotlb_translate(f->engine, asid, piece->start, piece->last,
				  RIOTLB_READ, &seg),
		 -EFAULT);
}

/* QSBR: the callback's own lookups need an online thread. */
static void test_qsbr_callbacks_look_up(void **state)
{
	struct fixture *f = *state;

	for (int mode = 0; mode < 2; mode++) {
		struct riotlb_report r;

		fixture_destroy(f);
		f->attr.flavor = &urcu_qsbr_flavor;
		f->attr.reclaim = (enum riotlb_reclaim_mode)mode;
		f->attr.retire = look_up_inside;
		f->attr.hook_ctx = f;
		fixture_create(f);
		assert_int_equal(map(f->engine, 0, 5, 0, RIOTLB_RW), 0);
		assert_int_equal(riotlb_reset_map(f->engine, 0, &r), 0);
		assert_int_equal(riotlb_wait(f->engine, r.token), 0);
		drain(f->engine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_waits_for_readers),
		fixture_test(test_memb),
		fixture_test(test_mb),
		fixture_test(test_qsbr),
		fixture_test(test_bp),
		fixture_test(test_qsbr_unregistered),
		fixture_test(test_qsbr_offline),
		fixture_test(test_qsbr_callbacks_look_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
