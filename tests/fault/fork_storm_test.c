/* SPDX-License-Identifier: MIT */
/*
 * Forks in the middle of updates. Threads that know nothing of it map, cut,
 * apply, reset and rebind, and are stopped wherever they are; one thread forks.
 * Each child looks whether what it inherited is whole, and then makes every
 * kind of update at every place, where a lock that somebody was at would make
 * it hang. Every byte that was mapped is reported once, and by the parent.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "child.h"
#include "crew.h"
#include "hooks.h"
#include "retired.h"
#include "stall.h"

enum {
	AS = 3,
	CHURNED = 2, /* the one that is always being reset */
	PAGES = 64,
	REGIONS = 40, /* more than there are stripes */
	BULK = 64,
	CONTENTS_MAX = 8192,
	UPDATERS = 2,
	RESETTERS = 2,
	ROUNDS = 2000,
	FORKS = 400,
	BUSY = 42,
};

/* Two mappings that come and go together, and lead to the same place. */
static const uint64_t pair[2] = { (uint64_t)1 << 40, (uint64_t)3 << 39 };

static struct riotlb *engine;
static struct hooks hooks;
static struct retired reported, mapped;
static pid_t parent;
static atomic_uint_fast64_t generation;

/* Only in a child: what it has mapped itself. */
static struct retired own_reported, own_mapped;

static void retire(void *ctx, uint32_t asid, const struct riotlb_mapping *piece)
{
	(void)ctx;
	retired_add(getpid() == parent ? &reported : &own_reported, asid,
		    piece);
}

static uint64_t page_at(uint64_t page)
{
	return (page % REGIONS << 21) + (page / REGIONS << 12);
}

/* Host addresses tell the AS, and which call it was. */
static struct riotlb_mapping page_mapping(uint32_t asid, uint64_t start,
					  uint64_t gen)
{
	return (struct riotlb_mapping){
		.start = start,
		.last = start + 0xfff,
		.addr = ((uint64_t)(asid + 1) << 60) + (gen % 65536 << 44) +
			start,
		.opaque = gen,
		.perm = RIOTLB_RW,
	};
}

static void count_mapped(uint32_t asid, const struct riotlb_mapping *m)
{
	retired_add(getpid() == parent ? &mapped : &own_mapped, asid, m);
}

/* ---- updates ----------------------------------------------------------- */

static void map_page(uint32_t asid, uint64_t start)
{
	struct riotlb_mapping m =
		page_mapping(asid, start, atomic_fetch_add(&generation, 1));

	check_eq(riotlb_map(engine, asid, &m, RIOTLB_MAP_REPLACE, NULL), 0);
	count_mapped(asid, &m);
}

static void map_many(uint32_t asid, uint64_t first, bool set)
{
	uint64_t gen = atomic_fetch_add(&generation, 1);
	struct riotlb_mapping m[BULK + 2];

	for (uint64_t i = 0; i < BULK; i++)
		m[i] = page_mapping(asid, page_at(first + i), gen);
	for (int i = 0; i < 2; i++)
		m[BULK + i] = page_mapping(asid, pair[i], gen);
	if (set)
		check_eq(riotlb_set_map(engine, asid, m, BULK + 2, NULL), 0);
	else
		check_eq(riotlb_map_bulk(engine, asid, m, BULK + 2,
					 RIOTLB_MAP_REPLACE, NULL),
			 0);
	for (int i = 0; i < BULK + 2; i++)
		count_mapped(asid, &m[i]);
}

static void apply_pair(uint32_t asid)
{
	uint64_t gen = atomic_fetch_add(&generation, 1);
	struct riotlb_op ops[2];

	for (int i = 0; i < 2; i++)
		ops[i] = (struct riotlb_op){
			.kind = RIOTLB_OP_MAP,
			.flags = RIOTLB_MAP_REPLACE,
			.mapping = page_mapping(asid, pair[i], gen),
		};
	check_eq(riotlb_apply(engine, asid, ops, 2, NULL), 0);
	for (int i = 0; i < 2; i++)
		count_mapped(asid, &ops[i].mapping);
}

static void update(struct member *m, uint32_t asid)
{
	uint64_t start = page_at(rng_below(&m->rng, PAGES));
	uint64_t what = rng_below(&m->rng, 100);

	if (what < 40)
		map_page(asid, start);
	else if (what < 60)
		check_eq(riotlb_unmap(engine, asid, start, start + 0xfff,
				      RIOTLB_UNMAP_WHOLE, NULL),
			 0);
	else if (what < 75)
		check_eq(riotlb_unmap(engine, asid, start + 0x100,
				      start + 0x100 + what, RIOTLB_UNMAP_EXACT,
				      NULL),
			 0);
	else if (what < 85)
		apply_pair(asid);
	else if (what < 90)
		map_many(asid, rng_below(&m->rng, PAGES), false);
	else if (what < 94)
		map_many(asid, rng_below(&m->rng, PAGES), true);
	else if (what < 97)
		check_eq(riotlb_reset_map(engine, asid, NULL), 0);
	else
		check_eq(riotlb_set_group_asid(engine, 0, asid, NULL), 0);
}

static void keep_updating(struct member *m)
{
	for (uint64_t i = 0; crew_work(m, i); i++)
		update(m, (uint32_t)rng_below(&m->rng, CHURNED));
}

/* What has no lock is cut short by a fork now and then. */
static void keep_resetting(struct member *m)
{
	for (uint64_t i = 0; crew_work(m, i); i++) {
		map_page(CHURNED, page_at(i % PAGES));
		check_eq(riotlb_reset_map(engine, CHURNED, NULL), 0);
	}
}

/* ---- the child --------------------------------------------------------- */

static void check_lookup(uint32_t asid, const struct riotlb_mapping *m)
{
	struct riotlb_segment seg;

	riotlb_read_enter(engine);
	check_eq(riotlb_translate(engine, asid, m->start, m->last, RIOTLB_RW,
				  &seg),
		 0);
	riotlb_read_exit(engine);
	check_eq(seg.addr, m->addr);
	check_eq(seg.last, m->last);
	check_eq(m->addr >> 60, asid + 1);
}

static void check_pair(uint32_t asid)
{
	struct riotlb_segment seg[2];
	int err[2];

	riotlb_read_enter(engine);
	for (int i = 0; i < 2; i++)
		err[i] = riotlb_translate(engine, asid, pair[i], pair[i],
					  RIOTLB_RW, &seg[i]);
	riotlb_read_exit(engine);
	check(err[0] == 0 || err[0] == -EFAULT);
	check_eq(err[0], err[1]);
	if (!err[0])
		check_eq(seg[0].addr - pair[0], seg[1].addr - pair[1]);
}

static void check_whole(uint32_t asid)
{
	static struct riotlb_mapping out[CONTENTS_MAX];
	struct riotlb_stats stats;
	uint64_t bytes = 0;
	size_t n;

	check_eq(riotlb_iterate(engine, asid, 0, UINT64_MAX, out, CONTENTS_MAX,
				&n, NULL, NULL),
		 0);
	for (size_t i = 0; i < n; i++) {
		check_lookup(asid, &out[i]);
		bytes += out[i].last - out[i].start + 1;
	}
	check_pair(asid);
	check_eq(riotlb_get_stats(engine, asid, &stats), 0);
	check_eq(stats.mappings, n);
	check_eq(stats.bytes.lo, bytes);
}

static void update_everywhere(uint32_t asid)
{
	struct riotlb_report report;

	for (uint64_t region = 0; region < REGIONS; region++) {
		map_page(asid, page_at(region));
		check_eq(riotlb_unmap(engine, asid, page_at(region) + 1,
				      page_at(region) + 2, RIOTLB_UNMAP_EXACT,
				      NULL),
			 0);
	}
	apply_pair(asid);
	map_many(asid, 0, false);
	map_many(asid, 5, true);
	check_whole(asid);
	check_eq(riotlb_reset_map(engine, asid, &report), 0);
	check_eq(riotlb_wait(engine, report.token), 0);
}

static void child(void)
{
	child_begin();
	check_eq(riotlb_after_fork_child(engine), 0);
	riotlb_thread_register(engine);
	for (uint32_t asid = 0; asid < AS; asid++) {
		struct riotlb_stats stats;

		check_eq(riotlb_get_stats(engine, asid, &stats), 0);
		check_eq(stats.retired_bytes, 0);
		check_whole(asid);
	}
	check_eq(own_reported.pieces, 0);
	for (uint32_t asid = 0; asid < AS; asid++)
		update_everywhere(asid);
	retired_check_equal(&own_reported, &own_mapped);
	riotlb_thread_unregister(engine);
	riotlb_destroy(engine);
	retired_check_equal(&own_reported, &own_mapped);
	child_end(0);
}

/* ---- forking ----------------------------------------------------------- */

static void must_end(pid_t pid)
{
	int status = child_wait(pid);

	check(WIFEXITED(status));
	check_eq(WEXITSTATUS(status), 0);
}

static void fork_prepared(void)
{
	pid_t pid;

	fflush(NULL);
	check_eq(riotlb_before_fork(engine), 0);
	pid = fork();
	check(pid >= 0);
	if (pid == 0)
		child();
	riotlb_after_fork_parent(engine);
	must_end(pid);
}

static void just_end(void *ctx)
{
	(void)ctx;
}

/* Each fork is a pass that the updaters go on for. */
static void keep_forking(struct member *m)
{
	while (atomic_load(&m->crew->passes) < m->crew->enough) {
		fork_prepared();
		check_eq(child_status(just_end, NULL), 0);
		atomic_fetch_add(&m->crew->passes, 1);
	}
}

static void create(const struct rcu_flavor_struct *flavor,
		   enum riotlb_reclaim_mode mode)
{
	static struct riotlb_default empty[AS];
	struct riotlb_attr attr;

	for (int i = 0; i < AS; i++)
		empty[i].kind = RIOTLB_DEFAULT_EMPTY;
	hooks_init(&hooks);
	riotlb_attr_init(&attr);
	attr.nas = AS;
	attr.defaults = empty;
	attr.allocator = &hooks.allocator;
	attr.flavor = flavor;
	attr.retire = retire;
	attr.reclaim = mode;
	check_eq(riotlb_create(&attr, &engine), 0);
}

static void destroy(void)
{
	riotlb_destroy(engine);
	hooks_check_empty(&hooks);
	retired_check_equal(&reported, &mapped);
	check(mapped.pieces > 0);
}

static void run_storm(const struct crew_options *options)
{
	struct crew crew;

	create(options->flavor, RIOTLB_RECLAIM_THREAD);
	crew_init(&crew, engine, options, ROUNDS, FORKS);
	for (int i = 0; i < UPDATERS; i++)
		crew_add_worker(&crew, keep_updating, NULL);
	for (int i = 0; i < RESETTERS; i++)
		crew_add_worker(&crew, keep_resetting, NULL);
	crew_add_worker(&crew, keep_forking, NULL);
	crew_run(&crew);
	destroy();
}

/* ---- not prepared ------------------------------------------------------ */

static atomic_bool stop;

static void *update_at_length(void *arg)
{
	while (!atomic_load(&stop))
		map_many(0, 0, false);
	return arg;
}

static void try_to_adopt(void *ctx)
{
	int err = riotlb_after_fork_child(engine);

	(void)ctx;
	check(err == 0 || err == -EBUSY);
	child_end(err ? BUSY : 0);
}

/* Sooner or later a fork hits an update, and the child is told. */
static void run_unprepared(const struct crew_options *options)
{
	pthread_t thread;
	struct staller staller;
	int forks = 0, status;

	create(options->flavor, RIOTLB_RECLAIM_MANUAL);
	check_eq(pthread_create(&thread, NULL, update_at_length, NULL), 0);
	stall_begin(&staller, &thread, 1, 7);
	do {
		/* there is always more of it: the updater does not wait */
		check(riotlb_reclaim(engine) >= 0);
		status = child_status(try_to_adopt, NULL);
		check(WIFEXITED(status));
		check(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == BUSY);
		check(++forks < 100000);
	} while (WEXITSTATUS(status) != BUSY);
	stall_end(&staller);
	atomic_store(&stop, true);
	check_eq(pthread_join(thread, NULL), 0);
	destroy();
	printf("%d forks until one hit an update\n", forks);
}

int main(int argc, char **argv)
{
	struct crew_options options = crew_options(argc, argv);

#ifdef RIOTLB_TSAN
	puts("SKIPPED: ThreadSanitizer does not support threads after a fork");
	return 77;
#endif
	parent = getpid();
	run_storm(&options);
	run_unprepared(&options);
	return 0;
}
