/* SPDX-License-Identifier: MIT */
/*
 * Fork: what a child may do with an engine and what it finds there. Nobody is
 * at work in the parent while it forks; for that see fork_storm_test.c.
 */
#define _GNU_SOURCE /* pthread_setattr_default_np */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "child.h"
#include "compare.h"
#include "fixture.h"
#include "model.h"
#include "ops.h"
#include "retired.h"

/* The flavours' own headers redefine each other's names. */
extern const struct rcu_flavor_struct urcu_memb_flavor;
extern const struct rcu_flavor_struct urcu_mb_flavor;
extern const struct rcu_flavor_struct urcu_qsbr_flavor;
extern const struct rcu_flavor_struct urcu_bp_flavor;
void urcu_bp_before_fork(void);
void urcu_bp_after_fork_parent(void);
void urcu_bp_after_fork_child(void);

enum { PAGES = 40 };

struct world {
	struct fixture *f;
	struct riotlb *e;
	struct model model;
	struct retired engine_retired; /* of this process */
	struct retired model_retired;
	struct riotlb_token token; /* of the last change before the fork */
	struct riotlb_stamp stamp; /* of all of AS 0 then */
	struct riotlb_stamp group_stamp;
	riotlb_lease lease; /* held at the fork */
};

static struct world w;

struct job {
	struct riotlb_deferred deferred; /* first */
	int runs;
};

static struct job parents_job, childs_job;

static void must(struct op op)
{
	struct riotlb_report report;

	check_eq(op_on_both(w.e, &w.model, &op, &report), 0);
	w.token = report.token;
}

static struct op single(enum op_kind kind, uint32_t asid, uint64_t start,
			uint64_t last)
{
	struct op op = { .kind = kind, .asid = asid };

	op.one = mapping(start, last, start + 0x5000, RIOTLB_RW);
	op.one.opaque = start >> 12;
	return op;
}

/* ---- a world to fork --------------------------------------------------- */

static void populate(void)
{
	struct op top = single(OP_MAP, 1, MAX - 0xfff, MAX);

	for (uint64_t i = 0; i < PAGES; i++)
		must(single(OP_MAP, 0, i << 12, (i << 12) + 0xfff));
	must(single(OP_MAP, 0, 0x10000003, 0x5fffffff));
	must(single(OP_MAP, 1, 0, MAX >> 1));
	/* nothing comes after it */
	top.one.addr = 0x1000;
	must(top);
	/* some of it waits to be reported at the fork */
	must(single(OP_UNMAP, 0, 0x3000, 0x3fff));
	must(single(OP_UNMAP, 0, 0x20000001, 0x20000002));
	check_eq(riotlb_stamp(w.e, 0, 0, MAX, &w.stamp), 0);
	check_eq(riotlb_group_stamp(w.e, 0, 0, MAX, &w.group_stamp), 0);
}

static void begin_with(struct fixture *f,
		       const struct rcu_flavor_struct *flavor,
		       enum riotlb_reclaim_mode mode, riotlb_retire_fn *retire)
{
	fixture_destroy(f);
	memset(&w, 0, sizeof(w));
	memset(&parents_job, 0, sizeof(parents_job));
	memset(&childs_job, 0, sizeof(childs_job));
	f->attr.flavor = flavor;
	f->attr.reclaim = mode;
	f->attr.retire = retire;
	f->attr.hook_ctx = &w.engine_retired;
	fixture_create(f);
	w.f = f;
	w.e = f->engine;
	check_eq(model_init(&w.model, 2, 2, f->defaults, f->limits), 0);
	w.model.piece = retired_add;
	w.model.piece_ctx = &w.model_retired;
	populate();
}

static void begin(struct fixture *f, const struct rcu_flavor_struct *flavor,
		  enum riotlb_reclaim_mode mode)
{
	begin_with(f, flavor, mode, retired_add);
}

/* Everything was reported in this process, once. */
static void end(void)
{
	fixture_destroy(w.f);
	model_fini(&w.model);
	retired_check_equal(&w.engine_retired, &w.model_retired);
}

/* ---- forking ----------------------------------------------------------- */

static void before_fork(void)
{
	check_eq(riotlb_before_fork(w.e), 0);
	if (riotlb_flavor(w.e) == &urcu_bp_flavor)
		urcu_bp_before_fork();
}

static void after_fork_parent(void)
{
	if (riotlb_flavor(w.e) == &urcu_bp_flavor)
		urcu_bp_after_fork_parent();
	riotlb_after_fork_parent(w.e);
}

static void after_fork_child(void)
{
	if (riotlb_flavor(w.e) == &urcu_bp_flavor)
		urcu_bp_after_fork_child();
	check_eq(riotlb_after_fork_child(w.e), 0);
}

/* fn in a child of a fork that was prepared; waits for its end. */
static void in_child(void (*fn)(void))
{
	int status;
	pid_t child;

	fflush(NULL);
	before_fork();
	child = fork();
	check(child >= 0);
	if (child == 0) {
		child_begin();
		fn();
		child_end(0);
	}
	after_fork_parent();
	status = child_wait(child);
	check(WIFEXITED(status));
	check_eq(WEXITSTATUS(status), 0);
}

/* ---- what the child checks --------------------------------------------- */

/* What the child has mapped, and unmapped again. */
static struct retired own;

/* Resets AS 1 and waits: with that, everything before it has been released. */
static void finish_cycles(void)
{
	must(single(OP_RESET, 1, 0, 0));
	check_eq(riotlb_wait(w.e, w.token), 0);
}

static void check_contents(void)
{
	compare_state(w.e, &w.model, 7);
	compare_edges(w.e, &w.model, 3, 0);
}

static void check_what_was_is_over(void)
{
	struct riotlb_stamp stamp;
	struct riotlb_stats stats;

	check_eq(riotlb_poll(w.e, w.token), 1);
	check_eq(riotlb_wait(w.e, w.token), 0);
	check_eq(riotlb_stamp(w.e, 0, 0, MAX, &stamp), 0);
	check(!riotlb_stamp_equal(&stamp, &w.stamp));
	check_eq(riotlb_group_stamp(w.e, 0, 0, MAX, &stamp), 0);
	check(!riotlb_stamp_equal(&stamp, &w.group_stamp));
	for (uint32_t asid = 0; asid < 2; asid++) {
		check_eq(riotlb_get_stats(w.e, asid, &stats), 0);
		check_eq(stats.retired_bytes, 0);
	}
}

/* Inherited mappings, whole or cut or swapped out, are not reported. */
static void check_inherited_are_silent(void)
{
	must(single(OP_UNMAP, 0, 0x5000, 0x5fff));
	must(single(OP_UNMAP, 0, 0x7800, 0x78ff));
	must(single(OP_UNMAP, 0, 0x30000000, 0x3000ffff));
	must(single(OP_PROTECT, 0, 0x8001, 0x8fff));
	must(single(OP_UNMAP, 0, 0x8000, 0x8fff));
	must(single(OP_UNMAP, 0, 0x7000, 0x77ff));
	finish_cycles();
	check_eq(w.engine_retired.pieces, 0);
	check_contents();
}

/* What the child maps is reported, also where it displaced the inherited. */
static void check_own_are_reported(void)
{
	struct op first = single(OP_MAP, 0, 0x3000, 0x3fff);
	struct op over = single(OP_MAP, 0, 0x9801, 0x9900);

	over.flags = RIOTLB_MAP_REPLACE;
	must(first);
	must(over);
	must(single(OP_UNMAP, 0, 0x3100, 0x31ff));
	must(single(OP_UNMAP, 0, 0x3000, 0x3fff));
	must(single(OP_UNMAP, 0, 0x9000, 0x9fff));
	finish_cycles();
	retired_add(&own, 0, &first.one);
	retired_add(&own, 0, &over.one);
	retired_check_equal(&w.engine_retired, &own);
	check_contents();
}

static void run_job(struct riotlb_deferred *self)
{
	((struct job *)(void *)self)->runs++;
}

static riotlb_lease begin_lease(void)
{
	riotlb_lease lease;

	riotlb_read_enter(w.e);
	lease = riotlb_lease_begin(w.e);
	riotlb_read_exit(w.e);
	return lease;
}

static void check_leases_and_jobs(void)
{
	riotlb_lease lease;

	/* one that the parent goes on to hold is nothing to the child */
	riotlb_lease_end(w.e, w.lease);
	lease = begin_lease();
	riotlb_defer(w.e, &childs_job.deferred, run_job);
	must(single(OP_RESET, 1, 0, 0));
	for (int i = 0; i < 5; i++)
		check_eq(riotlb_reclaim(w.e), 1);
	check_eq(riotlb_poll(w.e, w.token), 0);
	riotlb_lease_end(w.e, lease);
	check_eq(riotlb_wait(w.e, w.token), 0);
	check_eq(parents_job.runs, 0);
	check_eq(childs_job.runs, 1);
}

static void *look_up(void *arg)
{
	struct riotlb_segment seg;

	riotlb_thread_register(w.e);
	check_eq(translate(w.e, 0, 0xa000, 0xa000, RIOTLB_READ, &seg), 0);
	check_eq(seg.addr, 0xf000);
	riotlb_thread_unregister(w.e);
	return arg;
}

static void check_new_reader(void)
{
	pthread_t thread;
	void *result;

	check_eq(pthread_create(&thread, NULL, look_up, &w), 0);
	/* QSBR: while this thread waits for a reader it is none */
	riotlb_thread_offline(w.e);
	check_eq(pthread_join(thread, &result), 0);
	riotlb_thread_online(w.e);
	check(result == &w);
}

static void destroy_in_child(void)
{
	struct op last = single(OP_MAP, 0, 0x90000000, 0x900000ff);

	must(last);
	riotlb_thread_unregister(w.e);
	riotlb_destroy(w.e);
	hooks_check_empty(&w.f->hooks);
	retired_add(&own, 0, &last.one);
	retired_check_equal(&w.engine_retired, &own);
}

static void go_on(void)
{
	memset(&w.engine_retired, 0, sizeof(w.engine_retired));
	check_contents();
	check_what_was_is_over();
	finish_cycles();
	check_eq(w.engine_retired.pieces, 0);
	check_inherited_are_silent();
	check_own_are_reported();
	check_leases_and_jobs();
	check_new_reader();
	/* with a reclaiming thread, it gets there by itself */
	must(single(OP_RESET, 1, 0, 0));
	while (w.f->attr.reclaim == RIOTLB_RECLAIM_THREAD &&
	       !riotlb_poll(w.e, w.token))
		riotlb_quiescent(w.e);
}

static void use_everything(void)
{
	after_fork_child();
	go_on();
	destroy_in_child();
}

/* ---- every flavour, both ways to reclaim -------------------------------- */

static void fork_and_use(struct fixture *f,
			 const struct rcu_flavor_struct *flavor)
{
	for (int mode = 0; mode < 2; mode++) {
		begin(f, flavor, (enum riotlb_reclaim_mode)mode);
		w.lease = begin_lease();
		riotlb_defer(w.e, &parents_job.deferred, run_job);
		in_child(use_everything);
		/* the parent has noticed nothing */
		check_contents();
		must(single(OP_UNMAP, 0, 0, 0x2fff));
		check_eq(parents_job.runs, 0);
		riotlb_lease_end(w.e, w.lease);
		check_eq(riotlb_wait(w.e, w.token), 0);
		check_eq(parents_job.runs, 1);
		/* and once more, from an engine that has forked before */
		w.lease = begin_lease();
		parents_job.runs = 0;
		in_child(use_everything);
		riotlb_lease_end(w.e, w.lease);
		end();
	}
}

static void test_memb(void **state)
{
	fork_and_use(*state, &urcu_memb_flavor);
}

static void test_mb(void **state)
{
	fork_and_use(*state, &urcu_mb_flavor);
}

static void test_qsbr(void **state)
{
	fork_and_use(*state, &urcu_qsbr_flavor);
}

static void test_bp(void **state)
{
	fork_and_use(*state, &urcu_bp_flavor);
}

/* ---- other ways to fork ------------------------------------------------- */

static void just_end(void *ctx)
{
	(void)ctx;
}

static void exec_true(void *ctx)
{
	(void)ctx;
	execl("/bin/sh", "sh", "-c", "exit 5", (char *)NULL);
}

/* Without a word to the engine. */
static void test_exit_and_exec(void **state)
{
	int status;

	begin(*state, NULL, RIOTLB_RECLAIM_THREAD);
	status = child_status(just_end, NULL);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	status = child_status(exec_true, NULL);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	check_contents();
	end();
}

/* A child that prepared for nothing may also leave it at that. */
static void test_prepared_but_only_ends(void **state)
{
	begin(*state, NULL, RIOTLB_RECLAIM_THREAD);
	before_fork();
	check_eq(child_status(just_end, NULL), 0);
	after_fork_parent();
	check_contents();
	end();
}

/* And there may be no child at all. */
static void test_fork_that_failed(void **state)
{
	for (int mode = 0; mode < 2; mode++) {
		begin(*state, NULL, (enum riotlb_reclaim_mode)mode);
		for (int i = 0; i < 20; i++) {
			before_fork();
			after_fork_parent();
			must(single(OP_RESET, 1, 0, 0));
			check_eq(riotlb_wait(w.e, w.token), 0);
		}
		check_contents();
		end();
	}
}

static void use_everything_alone(void *ctx)
{
	(void)ctx;
	check_eq(riotlb_after_fork_child(w.e), 0);
	go_on();
	destroy_in_child();
}

/* No thread but this knows the engine: the child's call is enough. */
static void test_child_alone(void **state)
{
	begin(*state, NULL, RIOTLB_RECLAIM_MANUAL);
	w.lease = begin_lease();
	check_eq(child_status(use_everything_alone, NULL), 0);
	riotlb_lease_end(w.e, w.lease);
	check_contents();
	end();
}

static void fork_again(void)
{
	struct op op = single(OP_MAP, 0, 0x80000000, 0x80000fff);

	after_fork_child();
	memset(&w.engine_retired, 0, sizeof(w.engine_retired));
	must(op);
	must(single(OP_UNMAP, 0, 0x80000100, 0x800001ff));
	w.lease = begin_lease();
	in_child(use_everything);
	riotlb_lease_end(w.e, w.lease);
	riotlb_thread_unregister(w.e);
	riotlb_destroy(w.e);
	hooks_check_empty(&w.f->hooks);
	/* what this child mapped was its own child's inheritance */
	retired_add(&own, 0, &op.one);
	retired_check_equal(&w.engine_retired, &own);
}

static void test_grandchild(void **state)
{
	begin(*state, NULL, RIOTLB_RECLAIM_THREAD);
	w.lease = begin_lease();
	in_child(fork_again);
	riotlb_lease_end(w.e, w.lease);
	end();
}

/* An engine that reports nothing has nothing to keep silent about. */
static void use_without_callback(void)
{
	after_fork_child();
	check_contents();
	check_what_was_is_over();
	check_inherited_are_silent();
	must(single(OP_MAP, 0, 0x3000, 0x3fff));
	finish_cycles();
	check_contents();
	riotlb_thread_unregister(w.e);
	riotlb_destroy(w.e);
	hooks_check_empty(&w.f->hooks);
}

static void test_without_callback(void **state)
{
	for (int mode = 0; mode < 2; mode++) {
		begin_with(*state, NULL, (enum riotlb_reclaim_mode)mode, NULL);
		in_child(use_without_callback);
		check_contents();
		fixture_destroy(w.f);
		model_fini(&w.model);
		check_eq(w.engine_retired.pieces, 0);
	}
}

/* ---- what waits for a reader or a lease in the parent ------------------- */

static void has_no_backlog(void)
{
	memset(&w.engine_retired, 0, sizeof(w.engine_retired));
	after_fork_child();
	must(single(OP_MAP, 0, 0x70000000, 0x70000fff));
	check_contents();
}

/* Past the cap in the parent, the child starts with nothing that waits. */
static void test_backlog_is_the_parents(void **state)
{
	struct fixture *f = *state;
	struct op op = single(OP_MAP, 0, 0x70000000, 0x70000fff);
	struct riotlb_report report;

	f->attr.backlog_cap = 1 << 14;
	begin(f, NULL, RIOTLB_RECLAIM_MANUAL);
	w.lease = begin_lease();
	for (int i = 0; op_on_engine(w.e, &op, &report) != -EAGAIN; i++) {
		check_eq(unmap(w.e, 0x70000000, 0x70000fff), 0);
		retired_add(&w.model_retired, 0, &op.one);
		check(i < 100000);
	}
	in_child(has_no_backlog);
	check_eq(op_on_engine(w.e, &op, &report), -EAGAIN);
	riotlb_lease_end(w.e, w.lease);
	end();
}

/* ---- refusals ----------------------------------------------------------- */

static void test_not_inside(void **state)
{
	begin(*state, NULL, RIOTLB_RECLAIM_THREAD);
	riotlb_read_enter(w.e);
	check_eq(riotlb_before_fork(w.e), -EDEADLK);
	check_eq(riotlb_after_fork_child(w.e), -EDEADLK);
	riotlb_read_exit(w.e);
	in_child(use_everything);
	end();
}

static struct {
	struct riotlb_deferred deferred;
	int before;
	int child;
} callback;

static void fork_inside(struct riotlb_deferred *self)
{
	(void)self;
	callback.before = riotlb_before_fork(w.e);
	callback.child = riotlb_after_fork_child(w.e);
}

static void test_not_in_a_callback(void **state)
{
	for (int mode = 0; mode < 2; mode++) {
		begin(*state, NULL, (enum riotlb_reclaim_mode)mode);
		callback.before = callback.child = 7;
		riotlb_defer(w.e, &callback.deferred, fork_inside);
		must(single(OP_RESET, 1, 0, 0));
		check_eq(riotlb_wait(w.e, w.token), 0);
		check_eq(callback.before, -EDEADLK);
		check_eq(callback.child, -EDEADLK);
		end();
	}
}

static void adopt_busy(void *ctx)
{
	(void)ctx;
	check_eq(riotlb_after_fork_child(w.e), -EBUSY);
}

/* Without preparation the reclaiming thread is lost to the child. */
static void test_unprepared_with_a_thread(void **state)
{
	begin(*state, NULL, RIOTLB_RECLAIM_THREAD);
	check_eq(child_status(adopt_busy, NULL), 0);
	end();
}

static struct {
	struct riotlb_deferred deferred;
	atomic_bool inside;
	atomic_bool leave;
} stay;

static void stay_inside(struct riotlb_deferred *self)
{
	(void)self;
	atomic_store(&stay.inside, true);
	while (!atomic_load(&stay.leave))
		sched_yield();
}

static void *reclaim(void *arg)
{
	check(riotlb_reclaim(w.e) >= 0);
	return arg;
}

/* Nor is a cycle that another thread was in the middle of ever finished. */
static void test_unprepared_in_a_cycle(void **state)
{
	pthread_t thread;

	begin(*state, NULL, RIOTLB_RECLAIM_MANUAL);
	memset(&stay, 0, sizeof(stay));
	riotlb_defer(w.e, &stay.deferred, stay_inside);
	check_eq(pthread_create(&thread, NULL, reclaim, NULL), 0);
	while (!atomic_load(&stay.inside))
		sched_yield();
	check_eq(child_status(adopt_busy, NULL), 0);
	atomic_store(&stay.leave, true);
	check_eq(pthread_join(thread, NULL), 0);
	end();
}

/* ---- no thread to be had ------------------------------------------------ */

static void adopt_without_thread(void)
{
	pthread_attr_t standard, huge;

	check_eq(pthread_getattr_default_np(&standard), 0);
	check_eq(pthread_attr_init(&huge), 0);
	check_eq(pthread_attr_setstacksize(&huge, (size_t)1 << 47), 0);
	check_eq(pthread_setattr_default_np(&huge), 0);
	check_eq(riotlb_after_fork_child(w.e), -EAGAIN);
	check_eq(riotlb_after_fork_child(w.e), -EAGAIN);
	check_eq(pthread_setattr_default_np(&standard), 0);
	use_everything();
}

static void test_no_thread_to_be_had(void **state)
{
	begin(*state, NULL, RIOTLB_RECLAIM_THREAD);
	w.lease = begin_lease();
	in_child(adopt_without_thread);
	riotlb_lease_end(w.e, w.lease);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_memb),
		fixture_test(test_mb),
		fixture_test(test_qsbr),
		fixture_test(test_bp),
		fixture_test(test_exit_and_exec),
		fixture_test(test_prepared_but_only_ends),
		fixture_test(test_fork_that_failed),
		fixture_test(test_child_alone),
		fixture_test(test_grandchild),
		fixture_test(test_without_callback),
		fixture_test(test_backlog_is_the_parents),
		fixture_test(test_not_inside),
		fixture_test(test_not_in_a_callback),
		fixture_test(test_unprepared_with_a_thread),
		fixture_test(test_unprepared_in_a_cycle),
		fixture_test(test_no_thread_to_be_had),
	};

#ifdef RIOTLB_TSAN
	puts("SKIPPED: ThreadSanitizer does not support threads after a fork");
	return 77;
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
