/* SPDX-License-Identifier: MIT */
/* An AS that is a cache: what it holds, what goes, and what it refuses. */
#include <errno.h>
#include <stdlib.h>

#include <riotlb/cache.h>
#include <riotlb/vhost_msg.h>

#include "cache_verify.h"
#include "front.h"

#define PAGE UINT64_C(0x1000)

struct cached {
	struct front *f;
	struct riotlb_cache *c;
	struct riotlb_cache_attr attr;
};

static void create(struct cached *t)
{
	assert_int_equal(riotlb_cache_create(t->f->vdpa, 0, &t->attr, &t->c),
			 0);
}

/* On a front of its own. */
static void recreate(struct cached *t)
{
	riotlb_cache_destroy(t->c);
	front_recreate(t->f);
	create(t);
}

static void use_policy(struct cached *t, enum riotlb_cache_policy policy)
{
	t->attr.policy = policy;
	recreate(t);
}

static int setup(void **state)
{
	struct cached *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	front_setup((void **)&t->f);
	t->f->defaults[0].kind = RIOTLB_DEFAULT_EMPTY;
	front_recreate(t->f);
	riotlb_cache_attr_init(&t->attr);
	t->attr.mappings = 4;
	create(t);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct cached *t = *state;

	assert_true(cache_verify(t->c));
	riotlb_cache_destroy(t->c);
	front_teardown((void **)&t->f);
	free(t);
	return 0;
}

#define cache_test(function) \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

/* ---- pages by their number --------------------------------------------- */

static int fill(struct cached *t, uint64_t page)
{
	return dma_map(t->f, page * PAGE, PAGE, page * PAGE);
}

static void fill_all(struct cached *t, uint64_t first, uint64_t last)
{
	for (uint64_t page = first; page <= last; page++)
		assert_int_equal(fill(t, page), 0);
}

/* A lookup that counts. */
static bool find(struct cached *t, uint64_t page)
{
	struct riotlb_segment seg;
	int err;

	riotlb_read_enter(t->f->engine);
	err = riotlb_cache_translate(t->c, page * PAGE + 5, page * PAGE + 6,
				     RIOTLB_READ, &seg);
	riotlb_read_exit(t->f->engine);
	assert_true(err == 0 || err == -EFAULT);
	if (err == 0)
		assert_int_equal(seg.addr, page * PAGE + 5);
	return err == 0;
}

/* One that does not: which pages it holds, as bits. */
static uint64_t held(struct cached *t)
{
	struct riotlb_segment seg;
	uint64_t bits = 0;

	for (uint64_t page = 0; page < 64; page++) {
		if (translate(t->f->engine, 0, page * PAGE, page * PAGE,
			      RIOTLB_READ, &seg) == 0)
			bits |= UINT64_C(1) << page;
	}
	assert_true(cache_verify(t->c));
	return bits;
}

static struct riotlb_cache_stats stats(struct cached *t)
{
	struct riotlb_cache_stats s;

	riotlb_cache_get_stats(t->c, &s);
	return s;
}

/* ---- life -------------------------------------------------------------- */

static void test_attributes(void **state)
{
	struct cached *t = *state;
	struct riotlb_cache_attr attr;
	struct riotlb_cache *c = NULL;

#define expect_refused(field, value)                                   \
	do {                                                           \
		riotlb_cache_attr_init(&attr);                         \
		attr.field = (value);                                  \
		assert_int_equal(                                      \
			riotlb_cache_create(t->f->vdpa, 1, &attr, &c), \
			-EINVAL);                                      \
	} while (0)
	expect_refused(size, 1);
	expect_refused(mappings, 0);
	expect_refused(mappings, RIOTLB_MAX_CACHED + 1);
	expect_refused(policy, (enum riotlb_cache_policy)3);
	expect_refused(page, 0);
	expect_refused(page, 0x1800);
#undef expect_refused
	assert_int_equal(riotlb_cache_create(t->f->vdpa, 2, NULL, &c), -EINVAL);
	assert_int_equal(riotlb_cache_create(t->f->vdpa, 0, NULL, &c), -EBUSY);
	/* 1:1 by default */
	assert_int_equal(riotlb_cache_create(t->f->vdpa, 1, NULL, &c), -EINVAL);
	t->f->defaults[1].kind = RIOTLB_DEFAULT_EMPTY;
	recreate(t);
	hooks_refuse_nth(&t->f->hooks, 1);
	assert_int_equal(riotlb_cache_create(t->f->vdpa, 1, NULL, &c), -ENOMEM);
	assert_null(c);
	assert_int_equal(riotlb_cache_create(t->f->vdpa, 1, NULL, &c), 0);
	/* of two the older one goes first */
	riotlb_cache_destroy(t->c);
	assert_int_equal(
		riotlb_vdpa_dma_map(t->f->vdpa, 1, 0, 1, 0, 1, NULL, NULL), 0);
	riotlb_cache_destroy(c);
	/* it was changed already */
	assert_int_equal(riotlb_cache_create(t->f->vdpa, 1, NULL, &c), -EBUSY);
	riotlb_cache_destroy(NULL);
	create(t);
}

/* What was a cache is an AS like others, with what it held. */
static void test_destroyed(void **state)
{
	struct cached *t = *state;

	fill_all(t, 1, 5);
	riotlb_cache_destroy(t->c);
	t->c = NULL;
	fill_all(t, 8, 15);
	assert_int_equal(fill(t, 8), -EEXIST);
	assert_int_equal(stats_of(t->f->engine, 0).mappings, 12);
	assert_int_equal(riotlb_vdpa_set_map(t->f->vdpa, 0, NULL, 0, NULL), 0);
	recreate(t);
}

static void test_what_a_cache_is_not(void **state)
{
	struct cached *t = *state;
	struct riotlb_mapping m = sized(PAGE, PAGE, 0, 0);
	struct riotlb_vdpa_batch *batch = NULL;
	struct riotlb_report report = { .removed = 9 };

	fill_all(t, 1, 2);
	assert_int_equal(riotlb_vdpa_set_map(t->f->vdpa, 0, &m, 1, &report),
			 -EOPNOTSUPP);
	assert_int_equal(report.removed, 0);
	assert_int_equal(riotlb_vdpa_batch_begin(t->f->vdpa, 0, &batch),
			 -EOPNOTSUPP);
	assert_null(batch);
	assert_int_equal(held(t), 0x6);
	/* the other AS is */
	assert_int_equal(riotlb_vdpa_set_map(t->f->vdpa, 1, &m, 1, NULL), 0);
	assert_int_equal(riotlb_vdpa_dma_map(t->f->vdpa, 1, PAGE, PAGE, 0, 1,
					     NULL, NULL),
			 -EEXIST);
}

static void test_arguments(void **state)
{
	struct cached *t = *state;

	fill_all(t, 1, 4);
	assert_int_equal(dma_map(t->f, PAGE, 0, 0), -EINVAL);
	assert_int_equal(dma_map(t->f, 0 - PAGE, 2 * PAGE, 0), -EINVAL);
	assert_int_equal(dma_map(t->f, PAGE, PAGE, UINT64_MAX), -EOVERFLOW);
	assert_int_equal(dma_unmap(t->f, PAGE, 0), -EINVAL);
	assert_int_equal(held(t), 0x1e);
	assert_int_equal(stats(t).fills, 4);
}

/* ---- policies ---------------------------------------------------------- */

static void test_fifo(void **state)
{
	struct cached *t = *state;
	struct riotlb_report report;

	use_policy(t, RIOTLB_CACHE_FIFO);
	fill_all(t, 1, 4);
	assert_int_equal(held(t), 0x1e);
	for (int i = 0; i < 3; i++)
		assert_true(find(t, 1)); /* which does not help it */
	assert_int_equal(riotlb_vdpa_dma_map(t->f->vdpa, 0, 5 * PAGE, PAGE,
					     5 * PAGE, 3, NULL, &report),
			 0);
	assert_int_equal(report.removed, 1);
	assert_int_equal(report.bytes.lo, PAGE);
	assert_int_equal(held(t), 0x3c);
	fill_all(t, 6, 20);
	assert_int_equal(held(t), 0x1e0000);
	assert_int_equal(stats(t).evicted, 16);
	assert_int_equal(stats(t).peak, 4);
}

static void test_clock(void **state)
{
	struct cached *t = *state;

	use_policy(t, RIOTLB_CACHE_CLOCK);
	fill_all(t, 1, 4);
	assert_true(find(t, 1));
	assert_true(find(t, 3));
	/* 1 is taken for new, 2 goes */
	fill_all(t, 5, 5);
	assert_int_equal(held(t), 0x3a);
	/* 3 is taken for new, 4 goes; then 1, whose use is forgotten */
	fill_all(t, 6, 7);
	assert_int_equal(held(t), 0xe8);
	/* if all are used the oldest goes */
	for (uint64_t page = 1; page < 8; page++)
		find(t, page);
	fill_all(t, 8, 8);
	assert_int_equal(held(t), 0x1c8);
}

static void test_sieve(void **state)
{
	struct cached *t = *state;

	use_policy(t, RIOTLB_CACHE_SIEVE);
	fill_all(t, 1, 4);
	assert_true(find(t, 1));
	assert_true(find(t, 2));
	/* the search passes 1 and 2, and goes on from there */
	fill_all(t, 5, 5);
	assert_int_equal(held(t), 0x36);
	fill_all(t, 6, 6);
	assert_int_equal(held(t), 0x66);
	assert_true(find(t, 6));
	fill_all(t, 7, 7);
	assert_int_equal(held(t), 0xc6);
	assert_true(find(t, 7));
	/* at the end it begins again, with those that kept their age */
	fill_all(t, 8, 8);
	assert_int_equal(held(t), 0x1c4);
}

/* All are used: each is looked at once, and there is a choice. */
static void test_all_are_used(void **state)
{
	static const enum riotlb_cache_policy policies[] = {
		RIOTLB_CACHE_CLOCK,
		RIOTLB_CACHE_SIEVE,
	};
	struct cached *t = *state;

	for (int i = 0; i < 2; i++) {
		use_policy(t, policies[i]);
		fill_all(t, 1, 4);
		for (uint64_t page = 1; page < 5; page++)
			assert_true(find(t, page));
		fill_all(t, 5, 5);
		assert_int_equal(held(t), 0x3c);
		assert_true(stats(t).looked <= 5);
	}
}

/* Removing the mapping where the search stands leaves it a place to stand. */
static void test_sieve_loses_its_place(void **state)
{
	struct cached *t = *state;

	use_policy(t, RIOTLB_CACHE_SIEVE);
	for (uint64_t gone = 1; gone < 8; gone++) {
		fill_all(t, 1, 4);
		assert_true(find(t, 1));
		fill_all(t, 5, 5); /* instead of 2; the search is at 3 */
		assert_int_equal(dma_unmap(t->f, gone * PAGE, PAGE), 0);
		fill_all(t, 6, 9);
		assert_int_equal(stats(t).mappings, 4);
		assert_int_equal(dma_unmap(t->f, 0, 0), 0);
		assert_int_equal(held(t), 0);
	}
}

/* Hints of what was there before are not those of what comes. */
static void test_hints_are_not_inherited(void **state)
{
	struct cached *t = *state;

	fill_all(t, 1, 1);
	assert_true(find(t, 1));
	assert_int_equal(dma_unmap(t->f, PAGE, PAGE), 0);
	fill_all(t, 1, 4);
	fill_all(t, 5, 5);
	assert_int_equal(held(t), 0x3c);
}

/* A use of any page of a mapping counts, and of one that is too large, too. */
static void test_large_mappings(void **state)
{
	struct cached *t = *state;

	t->attr.mappings = 2;
	recreate(t);
	assert_int_equal(dma_map(t->f, 0, 16 * PAGE, 0), 0);
	fill_all(t, 20, 20);
	riotlb_cache_touch(t->c, 15 * PAGE + 7);
	fill_all(t, 21, 21);
	assert_int_equal(held(t), 0x20ffff);
	assert_int_equal(dma_map(t->f, UINT64_C(1) << 40, UINT64_C(1) << 40, 0),
			 0);
	riotlb_cache_touch(t->c, (UINT64_C(2) << 40) - 1);
	fill_all(t, 22, 23);
	assert_int_equal(stats(t).mappings, 2);
}

static void test_one_mapping(void **state)
{
	static const enum riotlb_cache_policy policies[] = {
		RIOTLB_CACHE_FIFO,
		RIOTLB_CACHE_CLOCK,
		RIOTLB_CACHE_SIEVE,
	};
	struct cached *t = *state;

	t->attr.mappings = 1;
	for (int i = 0; i < 3; i++) {
		use_policy(t, policies[i]);
		for (uint64_t page = 1; page < 10; page++) {
			fill_all(t, page, page);
			assert_int_equal(held(t), UINT64_C(1) << page);
			assert_true(find(t, page));
		}
	}
}

/* ---- overlaps, removal, reset ------------------------------------------ */

static void test_the_newer_copy_is_right(void **state)
{
	struct cached *t = *state;
	struct riotlb_report report;

	fill_all(t, 1, 4);
	/* the same again, elsewhere; it is full, but nothing else goes */
	assert_int_equal(riotlb_vdpa_dma_map(t->f->vdpa, 0, PAGE, PAGE,
					     9 * PAGE, 3, NULL, &report),
			 0);
	assert_int_equal(report.removed, 1);
	assert_int_equal(held(t), 0x1e);
	expect_host(t->f->engine, 0, PAGE, 9 * PAGE);
	/* one over parts of two: both go whole */
	assert_int_equal(riotlb_vdpa_dma_map(t->f->vdpa, 0, 2 * PAGE + 1, PAGE,
					     0, 3, NULL, &report),
			 0);
	assert_int_equal(report.removed, 2);
	expect_contents(t->f->engine, 0, sized(PAGE, PAGE, 9 * PAGE, 0),
			sized(2 * PAGE + 1, PAGE, 0, 0),
			sized(4 * PAGE, PAGE, 4 * PAGE, 0));
	assert_int_equal(stats(t).replaced, 3);
	assert_int_equal(stats(t).evicted, 0);
	assert_int_equal(stats(t).mappings, 3);
	/* and one over everything */
	assert_int_equal(dma_map(t->f, 0, UINT64_MAX, 0), 0);
	assert_int_equal(stats(t).mappings, 1);
}

static void test_removal(void **state)
{
	struct cached *t = *state;
	struct riotlb_report report;

	/* whatever the policy of the front is */
	t->f->attr.unmap_policy = RIOTLB_UNMAP_EXACT;
	recreate(t);
	assert_int_equal(dma_map(t->f, PAGE, 4 * PAGE, PAGE), 0);
	fill_all(t, 6, 8);
	assert_int_equal(riotlb_vdpa_dma_unmap(t->f->vdpa, 0, 4 * PAGE,
					       3 * PAGE, &report),
			 0);
	assert_int_equal(report.removed, 2);
	assert_int_equal(held(t), 0x180);
	assert_int_equal(dma_unmap(t->f, 20 * PAGE, PAGE), 0);
	assert_int_equal(stats(t).removed, 2);
	/* room for two again */
	fill_all(t, 1, 2);
	assert_int_equal(held(t), 0x186);
	assert_int_equal(dma_unmap(t->f, 0, 0), 0);
	assert_int_equal(held(t), 0);
	assert_int_equal(stats(t).removed, 6);
}

static void test_reset(void **state)
{
	struct cached *t = *state;

	fill_all(t, 1, 6);
	assert_int_equal(riotlb_vdpa_reset_map(t->f->vdpa, 0, NULL), 0);
	assert_int_equal(held(t), 0);
	assert_int_equal(stats_of(t->f->engine, 0).is_default, 1);
	fill_all(t, 1, 6);
	assert_int_equal(held(t), 0x78);
	assert_int_equal(riotlb_vdpa_reset(t->f->vdpa, NULL), 0);
	assert_int_equal(held(t), 0x78);
	assert_int_equal(riotlb_vdpa_compat_reset(t->f->vdpa, 1, NULL), 0);
	assert_int_equal(held(t), 0);
	fill_all(t, 1, 4);
	assert_int_equal(held(t), 0x1e);
	assert_int_equal(stats(t).evicted, 4);
}

static void test_messages(void **state)
{
	struct cached *t = *state;
	struct riotlb_iotlb_msg msg = {
		.layout = RIOTLB_VHOST_USER,
		.type = RIOTLB_IOTLB_UPDATE,
		.perm = RIOTLB_RW,
		.size = PAGE,
	};
	struct riotlb_vhost *v;

	assert_int_equal(riotlb_vhost_open(t->f->vdpa, &v), 0);
	for (int i = 0; i < 10; i++) {
		msg.iova = msg.uaddr = (uint64_t)i * PAGE;
		assert_int_equal(riotlb_vhost_iotlb(v, &msg, NULL, NULL), 0);
		assert_int_equal(riotlb_vhost_iotlb(v, &msg, NULL, NULL), 0);
	}
	assert_int_equal(held(t), 0x3c0);
	msg.type = RIOTLB_IOTLB_INVALIDATE;
	assert_int_equal(riotlb_vhost_iotlb(v, &msg, NULL, NULL), 0);
	assert_int_equal(held(t), 0x1c0);
	riotlb_vhost_close(v);
	assert_int_equal(held(t), 0);
}

/* ---- retirement and errors --------------------------------------------- */

/* What is evicted is reported when no lease can hold it, and not before. */
static void test_leases(void **state)
{
	struct cached *t = *state;
	struct riotlb_segment seg;
	struct riotlb_report report;
	riotlb_lease lease;

	use_policy(t, RIOTLB_CACHE_FIFO);
	t->f->retired.n = 0;
	fill_all(t, 1, 4);
	riotlb_read_enter(t->f->engine);
	assert_int_equal(riotlb_cache_translate(t->c, PAGE, PAGE, 1, &seg), 0);
	lease = riotlb_lease_begin(t->f->engine);
	riotlb_read_exit(t->f->engine);
	assert_int_equal(riotlb_vdpa_dma_map(t->f->vdpa, 0, 5 * PAGE, PAGE, 0,
					     3, NULL, &report),
			 0);
	assert_int_equal(held(t), 0x3c);
	for (int i = 0; i < 3; i++)
		riotlb_reclaim(t->f->engine);
	assert_int_equal(t->f->retired.n, 0);
	assert_int_equal(riotlb_poll(t->f->engine, report.token), 0);
	riotlb_lease_end(t->f->engine, lease);
	assert_int_equal(riotlb_wait(t->f->engine, report.token), 0);
	assert_int_equal(t->f->retired.n, 1);
	assert_int_equal(t->f->retired.piece[0].start, PAGE);
}

/*
 * Each allocation of a fill in turn is refused. What had to go for it is gone,
 * what else was there is there, and the next one finds room.
 */
static void test_memory_runs_out(void **state)
{
	struct cached *t = *state;

	for (int full = 0; full < 3; full++) {
		uint64_t before, gone = 0, page = 1000;
		struct riotlb_report report;
		size_t nth = 1;
		int err;

		use_policy(t, RIOTLB_CACHE_FIFO);
		/* not full; full; full, with an overlap */
		fill_all(t, 1, full ? 4 : 3);
		before = held(t);
		if (full)
			gone = full == 1 ? 0x2 : 0x4;
		if (full == 2)
			page = 2;
		do {
			hooks_refuse_nth(&t->f->hooks, nth++);
			err = riotlb_vdpa_dma_map(t->f->vdpa, 0, page * PAGE,
						  900 * PAGE, 0, 3, NULL,
						  &report);
			hooks_refuse_nth(&t->f->hooks, 0);
			if (err) {
				assert_int_equal(err, -ENOMEM);
				assert_int_equal(report.removed,
						 nth == 2 && full
							 ? full == 1 ? 1 : 3
							 : 0);
				assert_int_equal(held(t),
						 full == 2 ? 0x2
							   : before & ~gone);
			}
		} while (err);
		assert_true(nth > 2);
		assert_int_equal(stats(t).peak, full ? 4 : 4);
		expect_host(t->f->engine, 0, page * PAGE, 0);
		/* what need not fail does not even ask */
		t->f->hooks.refuse_all = true;
		assert_int_equal(dma_unmap(t->f, page * PAGE, PAGE), 0);
		assert_int_equal(riotlb_vdpa_reset_map(t->f->vdpa, 0, NULL), 0);
		t->f->hooks.refuse_all = false;
		assert_int_equal(held(t), 0);
	}
}

/* The engine's own limit stands beside the cache's. */
static void test_limit_of_the_engine(void **state)
{
	struct cached *t = *state;

	t->f->limits[0].mappings = 3;
	recreate(t);
	fill_all(t, 1, 3);
	assert_int_equal(fill(t, 4), -ENOSPC);
	assert_int_equal(held(t), 0xe);
	/* the cache need not make room for the same page */
	assert_int_equal(fill(t, 3), 0);
	t->f->limits[0].mappings = 4;
	recreate(t);
	fill_all(t, 1, 9);
	assert_int_equal(held(t), 0x3c0);
}

static bool armed;
static int hook_said;

static void hook(void *ctx, uint32_t asid, uint64_t start, uint64_t last)
{
	struct cached *t = ctx;
	struct riotlb_cache_stats s;

	(void)start;
	(void)last;
	if (asid != 0 || !armed)
		return;
	hook_said = dma_unmap(t->f, 0, 0);
	riotlb_cache_get_stats(t->c, &s); /* but one may look */
}

static void test_sync_hook_may_not_update_it(void **state)
{
	struct cached *t = *state;

	t->f->engine_attr.sync = hook;
	t->f->engine_attr.retire = NULL;
	t->f->engine_attr.hook_ctx = t;
	recreate(t);
	fill_all(t, 1, 4);
	armed = true;
	hook_said = 0;
	fill_all(t, 5, 5);
	assert_int_equal(hook_said, -EDEADLK);
	assert_int_equal(held(t), 0x3c);
	hook_said = 0;
	assert_int_equal(dma_unmap(t->f, 2 * PAGE, PAGE), 0);
	assert_int_equal(hook_said, -EDEADLK);
	assert_int_equal(held(t), 0x38);
	armed = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cache_test(test_attributes),
		cache_test(test_destroyed),
		cache_test(test_what_a_cache_is_not),
		cache_test(test_arguments),
		cache_test(test_fifo),
		cache_test(test_clock),
		cache_test(test_sieve),
		cache_test(test_all_are_used),
		cache_test(test_sieve_loses_its_place),
		cache_test(test_hints_are_not_inherited),
		cache_test(test_large_mappings),
		cache_test(test_one_mapping),
		cache_test(test_the_newer_copy_is_right),
		cache_test(test_removal),
		cache_test(test_reset),
		cache_test(test_messages),
		cache_test(test_leases),
		cache_test(test_memory_runs_out),
		cache_test(test_limit_of_the_engine),
		cache_test(test_sync_hook_may_not_update_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
