/* SPDX-License-Identifier: MIT */
/*
 * Rebuilding a table that is deeper than it need be, while memory runs out or
 * others change the address space: either happens inside the allocator, which
 * the rebuilder calls without any lock.
 */

#include "fixture.h"

/* Before the allocation that takes `countdown` to 0, `change` is made. */
struct meddler {
	struct riotlb_allocator allocator;
	struct fixture *fixture;
	size_t countdown;
	void (*change)(struct riotlb *e);
	bool done;
};

static void *meddling_alloc(void *ctx, size_t size, size_t align)
{
	struct meddler *m = ctx;
	struct hooks *h = &m->fixture->hooks;

	if (m->countdown != 0 && --m->countdown == 0) {
		m->change(m->fixture->engine);
		m->done = true;
	}
	return h->allocator.alloc(h, size, align);
}

static void meddling_free(void *ctx, void *ptr, size_t size)
{
	struct meddler *m = ctx;
	struct hooks *h = &m->fixture->hooks;

	h->allocator.free(h, ptr, size);
}

/* ---- what is in the table -------------------------------------- */

static uint64_t at[4 * 60 + 1];
static size_t n_at;

/* Bytes near the powers of two, from the top down: deep. */
static void fill(struct riotlb *e)
{
	assert_int_equal(map(e, MAX, MAX, 7, RIOTLB_RW), 0);
	at[0] = MAX;
	n_at = 1;
	for (uint64_t i = 0; i < 4; i++)
		for (unsigned int bit = 63; bit >= 4; bit--) {
			uint64_t iova = (UINT64_C(1) << bit) + 2 * i;

			assert_int_equal(map(e, iova, iova, i, RIOTLB_RW), 0);
			at[n_at++] = iova;
		}
}

static uint64_t loads_of(struct riotlb *e)
{
	return shape_of(e, 0).max_loads;
}

/* All from `first` on are there, and nothing before them. */
static void expect_from(struct riotlb *e, size_t first)
{
	struct riotlb_segment seg;
	size_t i;

	for (i = 0; i < n_at; i++)
		assert_int_equal(
			translate(e, 0, at[i], at[i], RIOTLB_READ, &seg) == 0,
			i >= first);
	assert_int_equal(stats_of(e, 0).mappings, n_at - first);
}

/* ---- tests ----------------------------------------------------- */

static void test_rebuilt(void **state)
{
	struct fixture *f = *state;
	uint64_t loads;

	fill(f->engine);
	loads = loads_of(f->engine);
	riotlb_reclaim(f->engine);
	assert_true(loads_of(f->engine) < loads);
	expect_from(f->engine, 0);
}

/* Many mappings, most of them gone again: what is left takes little memory. */
static void test_wasteful(void **state)
{
	struct fixture *f = *state;
	struct riotlb_segment seg;
	uint64_t i, bytes;

	for (i = 0; i < 20000; i++)
		assert_int_equal(map(f->engine, i * 0x2000, i * 0x2000 + 99, i,
				     RIOTLB_RW),
				 0);
	for (i = 0; i < 20000; i++)
		if (i % 200 != 0)
			assert_int_equal(
				unmap(f->engine, i * 0x2000, i * 0x2000 + 99),
				0);
	bytes = stats_of(f->engine, 0).table_bytes;
	riotlb_reclaim(f->engine);
	assert_true(stats_of(f->engine, 0).table_bytes < bytes / 10);
	for (i = 0; i < 20000; i++)
		assert_int_equal(translate(f->engine, 0, i * 0x2000,
					   i * 0x2000 + 99, RIOTLB_READ,
					   &seg) == 0,
				 i % 200 == 0);
}

/* Clusters of as many as need a window, with words of their own: wide ones. */
static uint64_t in_cluster(uint64_t i)
{
	return 0x100001000 + i / 9 * 0x1000000000 + i % 9 * 0x24000;
}

static void map_clusters(struct riotlb *e, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		uint64_t start = in_cluster(i);
		struct riotlb_mapping m =
			mapping(start, start + 0xffff, i << 16, RIOTLB_RW);

		m.opaque = i;
		assert_int_equal(riotlb_map(e, 0, &m, 0, NULL), 0);
	}
}

/*
 * Not so many go that any table would be looked at again, but from one that is
 * so fat a few are enough.
 */
static void test_fat(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_segment seg;
	uint64_t i, bytes;

	map_clusters(e, 900);
	riotlb_reclaim(e);
	for (i = 0; i < 900; i++)
		if (i % 9 < 6)
			assert_int_equal(
				unmap(e, in_cluster(i), in_cluster(i) + 0xffff),
				0);
	bytes = stats_of(e, 0).table_bytes;
	riotlb_reclaim(e);
	assert_true(stats_of(e, 0).table_bytes < bytes / 2);
	for (i = 0; i < 900; i++)
		assert_int_equal(translate(e, 0, in_cluster(i),
					   in_cluster(i) + 0xffff, RIOTLB_READ,
					   &seg) == 0,
				 i % 9 >= 6);
}

/* The same with nothing left. */
static void test_all_gone(void **state)
{
	struct fixture *f = *state;
	uint64_t i, bytes;

	for (i = 0; i < 20000; i++)
		assert_int_equal(map(f->engine, i * 0x2000, i * 0x2000 + 99, i,
				     RIOTLB_RW),
				 0);
	for (i = 0; i < 20000; i++)
		assert_int_equal(unmap(f->engine, i * 0x2000, i * 0x2000 + 99),
				 0);
	bytes = stats_of(f->engine, 0).table_bytes;
	riotlb_reclaim(f->engine);
	assert_true(stats_of(f->engine, 0).table_bytes < bytes / 10);
	fill(f->engine);
	expect_from(f->engine, 0);
}

/* A copy that would take much of the cap on retired memory is not made. */
static void test_backlog(void **state)
{
	struct fixture *f = *state;
	uint64_t loads;

	f->attr.backlog_cap = 32768;
	fixture_recreate(f);
	fill(f->engine);
	assert_true(stats_of(f->engine, 0).table_bytes >
		    f->attr.backlog_cap / 4);
	loads = loads_of(f->engine);
	riotlb_reclaim(f->engine);
	assert_int_equal(loads_of(f->engine), loads);
	expect_from(f->engine, 0);
}

static void test_no_memory(void **state)
{
	struct fixture *f = *state;
	size_t n = 0, before;
	uint64_t loads;

	do {
		fixture_recreate(f);
		fill(f->engine);
		loads = loads_of(f->engine);
		before = f->hooks.refused;
		hooks_refuse_nth(&f->hooks, ++n);
		riotlb_reclaim(f->engine);
		hooks_refuse_nth(&f->hooks, 0);
		expect_from(f->engine, 0);
		if (f->hooks.refused != before)
			assert_int_equal(loads_of(f->engine), loads);
	} while (f->hooks.refused != before);
	assert_true(n > 10);
}

static void unmap_first(struct riotlb *e)
{
	assert_int_equal(unmap(e, at[0], at[0]), 0);
}

static void reset(struct riotlb *e)
{
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
}

/* Whenever somebody changes the AS, his change is not lost. */
static void meddle(struct fixture *f, void (*change)(struct riotlb *e),
		   size_t left_out)
{
	struct meddler m = {
		.allocator = { meddling_alloc, meddling_free, &m },
		.fixture = f,
		.change = change,
	};
	size_t n = 0;

	fixture_destroy(f);
	f->attr.allocator = &m.allocator;
	do {
		fixture_create(f);
		fill(f->engine);
		m.done = false;
		m.countdown = ++n;
		riotlb_reclaim(f->engine);
		m.countdown = 0;
		expect_from(f->engine, m.done ? left_out : 0);
		fixture_destroy(f);
	} while (m.done);
	f->attr.allocator = &f->hooks.allocator;
	fixture_create(f);
	assert_true(n > 10);
}

static void test_unmap_meanwhile(void **state)
{
	meddle(*state, unmap_first, 1);
}

static void test_reset_meanwhile(void **state)
{
	meddle(*state, reset, sizeof(at) / sizeof(*at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_rebuilt),
		fixture_test(test_wasteful),
		fixture_test(test_fat),
		fixture_test(test_all_gone),
		fixture_test(test_backlog),
		fixture_test(test_no_memory),
		fixture_test(test_unmap_meanwhile),
		fixture_test(test_reset_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
