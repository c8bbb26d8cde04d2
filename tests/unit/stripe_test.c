/* SPDX-License-Identifier: MIT */
/*
 * Who waits for a lock, and who does not: core/ORDERING.md, "Who can block
 * whom". A holder is made up by writing the word of the lock. Whoever waits for
 * it, and should not, waits for good, and the alarm ends the program.
 */
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

#include "stripe.h"

#define PAGE 0x1000ull
#define REGION (UINT64_C(1) << RIOTLB_REGION_SHIFT)

enum { HANGS_SECONDS = 30, A_WHILE_NS = 100000000 };

/* Odd is held; what is held here is held by nobody else. */
static void hold(uint64_t *word)
{
	assert_int_equal(*word & 1, 0);
	riotlb_store_release(word, *word + 1);
}

static void let_go(uint64_t *word)
{
	riotlb_store_release(word, *word + 1);
}

static int map_page(struct riotlb *e, uint32_t asid, uint64_t iova)
{
	struct riotlb_mapping m =
		mapping(iova, iova + PAGE - 1, iova + REGION, RIOTLB_RW);

	return riotlb_map(e, asid, &m, 0, NULL);
}

static int unmap_page(struct riotlb *e, uint32_t asid, uint64_t iova)
{
	return riotlb_unmap(e, asid, iova, iova + PAGE - 1, RIOTLB_UNMAP_EXACT,
			    NULL);
}

/* Pages in two regions of AS 0 and AS 1. */
static void fill(struct riotlb *e)
{
	for (uint32_t asid = 0; asid < 2; asid++)
		for (uint64_t i = 0; i < 2; i++) {
			assert_int_equal(map_page(e, asid, i * REGION), 0);
			assert_int_equal(map_page(e, asid, i * REGION + PAGE),
					 0);
		}
}

/* Updates in place, in one region. */
static void update_region(struct riotlb *e, uint32_t asid, uint64_t start)
{
	assert_int_equal(unmap_page(e, asid, start), 0);
	assert_int_equal(map_page(e, asid, start), 0);
	assert_int_equal(riotlb_protect(e, asid, start, start + PAGE - 1,
					RIOTLB_READ, NULL),
			 0);
	expect_host(e, asid, start, start + REGION);
}

/* Updates of every kind. */
static void update_all(struct riotlb *e, uint32_t asid)
{
	struct riotlb_mapping m =
		mapping(5 * REGION, 5 * REGION + 2, 0x7, RIOTLB_RW);
	struct riotlb_mapping out[2];
	struct riotlb_range r = range(5 * REGION, 5 * REGION + 2);
	size_t filled;

	update_region(e, asid, 0);
	update_region(e, asid, REGION);
	assert_int_equal(riotlb_map(e, asid, &m, RIOTLB_MAP_REPLACE, NULL), 0);
	assert_int_equal(
		riotlb_unmap_bulk(e, asid, &r, 1, RIOTLB_UNMAP_EXACT, NULL), 0);
	assert_int_equal(riotlb_map_bulk(e, asid, &m, 1, 0, NULL), 0);
	assert_int_equal(riotlb_iterate(e, asid, 0, MAX, out, 2, &filled,
					&(uint64_t){ 0 }, NULL),
			 1);
	assert_int_equal(
		riotlb_unmap(e, asid, 0, MAX, RIOTLB_UNMAP_EXACT, NULL), 0);
	expect_empty(e, asid);
}

/* Calls that wait for nobody, whatever of their AS is held. */
static void call_what_never_waits(struct riotlb *e)
{
	struct riotlb_mapping m = mapping(0, PAGE - 1, REGION, RIOTLB_RW);
	struct riotlb_report report;
	struct riotlb_stamp stamp;

	expect_host(e, 0, REGION, 2 * REGION);
	assert_int_equal(riotlb_stamp(e, 0, 0, MAX, &stamp), 0);
	assert_int_equal(riotlb_set_group_asid(e, 1, 1, NULL), 0);
	assert_int_equal(riotlb_set_group_asid(e, 1, 0, NULL), 0);
	assert_int_equal(riotlb_set_map(e, 0, &m, 1, NULL), 0);
	expect_host(e, 0, 0, REGION);
	assert_int_equal(riotlb_reset_map(e, 0, &report), 0);
	assert_int_equal(riotlb_poll(e, report.token), 0);
	riotlb_lease_end(e, riotlb_lease_begin(e));
}

static void no_callback(void *ctx, uint32_t asid,
			const struct riotlb_mapping *piece)
{
	(void)ctx;
	(void)asid;
	(void)piece;
}

static void with_callback(struct fixture *f)
{
	f->attr.retire = no_callback;
	fixture_recreate(f);
}

/* ---- tests --------------------------------------------------------------- */

static void another_region_goes_on(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		struct riotlb_space *space = &f->engine->spaces[0];

		fill(f->engine);
		hold(&space->stripes[0].seq);
		update_region(f->engine, 0, REGION);
		let_go(&space->stripes[0].seq);
		if (i == 0)
			with_callback(f);
	}
}

static void another_as_goes_on(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		struct riotlb_space *space = &f->engine->spaces[0];

		fill(f->engine);
		hold(&space->stripes[0].seq);
		hold(&space->gate);
		update_all(f->engine, 1);
		let_go(&space->gate);
		let_go(&space->stripes[0].seq);
		if (i == 0)
			with_callback(f);
	}
}

static void who_takes_no_lock_goes_on(void **state)
{
	struct fixture *f = *state;
	struct riotlb_space *space = &f->engine->spaces[0];

	fill(f->engine);
	hold(&space->stripes[0].seq);
	hold(&space->gate);
	call_what_never_waits(f->engine);
	let_go(&space->gate);
	let_go(&space->stripes[0].seq);
}

/* A thread that does something, and tells when it is done. */
struct waiter {
	struct riotlb *engine;
	void (*what)(struct riotlb *e, uint64_t iova);
	uint64_t iova;
	uint64_t done;
	pthread_t thread;
};

static void *do_and_tell(void *ctx)
{
	struct waiter *w = ctx;

	riotlb_thread_register(w->engine);
	w->what(w->engine, w->iova);
	riotlb_store_release(&w->done, 1);
	riotlb_thread_unregister(w->engine);
	return NULL;
}

static void begin(struct waiter *w)
{
	assert_int_equal(pthread_create(&w->thread, NULL, do_and_tell, w), 0);
}

static void expect_waits(struct waiter *w)
{
	struct timespec a_while = { .tv_nsec = A_WHILE_NS };

	nanosleep(&a_while, NULL);
	assert_int_equal(riotlb_load_acquire(&w->done), 0);
}

static void join(struct waiter *w)
{
	assert_int_equal(pthread_join(w->thread, NULL), 0);
}

static void unmap_it(struct riotlb *e, uint64_t iova)
{
	assert_int_equal(unmap_page(e, 0, iova), 0);
}

/* Needs memory, and so the AS. */
static void cut_it(struct riotlb *e, uint64_t iova)
{
	assert_int_equal(unmap(e, iova + 5, iova + 6), 0);
}

static void reclaim(struct riotlb *e, uint64_t unused)
{
	(void)unused;
	assert_int_equal(riotlb_reclaim(e), 0);
}

static void expect_waits_for(struct riotlb *e, uint64_t *word,
			     void (*what)(struct riotlb *e, uint64_t iova),
			     uint64_t iova)
{
	struct waiter w = { .engine = e, .what = what, .iova = iova };

	hold(word);
	begin(&w);
	expect_waits(&w);
	let_go(word);
	join(&w);
}

/* Else the holders above would not be any. */
static void the_same_region_waits(void **state)
{
	struct fixture *f = *state;
	struct riotlb_space *space = &f->engine->spaces[0];

	fill(f->engine);
	expect_waits_for(f->engine, &space->stripes[0].seq, unmap_it, 0);
	expect_waits_for(f->engine, &space->stripes[1].seq, unmap_it, REGION);
	expect_waits_for(f->engine, &space->gate, unmap_it, PAGE);
	expect_miss(f->engine, 0, 0);
	expect_miss(f->engine, 0, REGION);
}

/* Also with a callback, where no update takes the short way of quick.c. */
static void all_wait_for_the_whole_as(void **state)
{
	struct fixture *f = *state;

	with_callback(f);
	fill(f->engine);
	expect_waits_for(f->engine, &f->engine->spaces[0].gate, unmap_it, 0);
}

static void the_whole_as_waits_for_all(void **state)
{
	struct fixture *f = *state;
	struct riotlb_space *space = &f->engine->spaces[0];

	fill(f->engine);
	expect_waits_for(f->engine, &space->stripes[0].seq, cut_it, REGION);
	expect_waits_for(f->engine, &space->gate, cut_it, 0);
	expect_miss(f->engine, 0, REGION + 5);
}

/* A change that is not finished yet may have its token already [P8]. */
static void a_cycle_waits_for_holders(void **state)
{
	struct fixture *f = *state;
	struct riotlb_space *space = &f->engine->spaces[0];

	fill(f->engine);
	expect_waits_for(f->engine, &space->stripes[0].seq, reclaim, 0);
	expect_waits_for(f->engine, &space->gate, reclaim, 0);
}

/*
 * The reclaimer has looked at the holders of AS 0 and is at those of AS 1.
 * Somebody begins to edit the table of AS 0, and it is swapped out. It must
 * stay until he is done, although he came after that look [P9].
 */
static void a_table_waits_for_its_editor(void **state)
{
	struct fixture *f = *state;
	struct riotlb_space *spaces = f->engine->spaces;
	struct waiter w = { .engine = f->engine, .what = reclaim };
	size_t live;

	fill(f->engine);
	hold(&spaces[1].stripes[0].seq);
	begin(&w);
	expect_waits(&w);
	hold(&spaces[0].stripes[0].seq);
	live = f->hooks.live_blocks;
	assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
	let_go(&spaces[1].stripes[0].seq);
	expect_waits(&w);
	assert_int_equal(f->hooks.live_blocks, live);
	let_go(&spaces[0].stripes[0].seq);
	join(&w);
	assert_true(f->hooks.live_blocks < live);
}

/* Lines that updaters of different AS write have nothing in common. */
static void lines_are_apart(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e = f->engine;

	assert_int_equal(sizeof(struct riotlb_stripe) % RIOTLB_CACHE_LINE, 0);
	assert_int_equal(sizeof(struct riotlb_space) % RIOTLB_CACHE_LINE, 0);
	assert_int_equal(sizeof(struct riotlb_head) % RIOTLB_CACHE_LINE, 0);
	assert_int_equal((uintptr_t)e->stripes % RIOTLB_CACHE_LINE, 0);
	assert_int_equal((uintptr_t)e->spaces % RIOTLB_CACHE_LINE, 0);
	assert_int_equal((uintptr_t)e->front.heads % RIOTLB_CACHE_LINE, 0);
	for (uint32_t asid = 1; asid < e->front.nas; asid++)
		assert_true(e->spaces[asid].stripes >
			    e->spaces[asid - 1].stripes +
				    e->spaces[asid - 1].stripe_mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(another_region_goes_on),
		fixture_test(another_as_goes_on),
		fixture_test(who_takes_no_lock_goes_on),
		fixture_test(the_same_region_waits),
		fixture_test(all_wait_for_the_whole_as),
		fixture_test(the_whole_as_waits_for_all),
		fixture_test(a_cycle_waits_for_holders),
		fixture_test(a_table_waits_for_its_editor),
		fixture_test(lines_are_apart),
	};

	alarm(HANGS_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
