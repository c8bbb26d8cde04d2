/* SPDX-License-Identifier: MIT */
/* Tables of many thousands of mappings, of several shapes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "rng.h"

struct shape {
	uint64_t n;
	uint64_t start;
	uint64_t stride;
	uint64_t size;
	uint64_t delta;
};

/* 4 KiB dense and spread, buffers, large ones aligned and not, byte-odd ones */
static const struct shape shapes[] = {
	{ 1 << 17, 0x100000000, 0x1000, 0x1000, 0x7f0000000000 },
	{ 1 << 14, 0x100000000, 0x200000, 0x1000, 0x7f0000000000 },
	{ 1 << 14, 0, 0x10000, 0x10000, 0 },
	{ 1 << 14, 0x100000, 0x200000, 0x200000, 0x1000 },
	{ 1 << 14, 0x3000, 0x3000, 0x2000, 0x123000 },
	{ 1 << 14, 0x7001, 0x1003, 0xffd, 0x5 },
	{ 1 << 13, 0xffff000000000000, 0x80000000, 0x1000, 0x1000 },
};

enum { SHAPES = sizeof(shapes) / sizeof(*shapes) };

static struct riotlb_mapping nth(const struct shape *s, uint64_t i)
{
	uint64_t start = s->start + i * s->stride;

	return mapping(start, start + s->size - 1, start + s->delta, RIOTLB_RW);
}

static struct riotlb_mapping *list_of(const struct shape *s)
{
	struct riotlb_mapping *list = calloc(s->n, sizeof(*list));

	assert_non_null(list);
	for (uint64_t i = 0; i < s->n; i++)
		list[i] = nth(s, i);
	return list;
}

static void shuffle(struct riotlb_mapping *list, uint64_t n)
{
	struct rng rng = { .state = n };

	for (uint64_t i = n - 1; i; i--) {
		uint64_t j = rng_below(&rng, i + 1);
		struct riotlb_mapping swap = list[i];

		list[i] = list[j];
		list[j] = swap;
	}
}

/* Number i is there if keep(i); asked at both ends and around them. */
static void check_some(struct riotlb *e, const struct shape *s,
		       bool (*keep)(uint64_t i))
{
	struct rng rng = { .state = s->n + s->size };

	for (int round = 0; round < 3000; round++) {
		uint64_t i = rng_below(&rng, s->n);
		struct riotlb_mapping m = nth(s, i);

		if (keep(i)) {
			expect_host(e, 0, m.start, m.addr);
			expect_host(e, 0, m.last, m.addr + s->size - 1);
		} else {
			expect_miss(e, 0, m.start);
			expect_miss(e, 0, m.last);
		}
		if (s->stride > s->size) {
			expect_miss(e, 0, m.start - 1);
			expect_miss(e, 0, m.last + 1);
		}
	}
}

static bool all(uint64_t i)
{
	(void)i;
	return true;
}

static bool not_third(uint64_t i)
{
	return i % 3 != 0;
}

static void check_iteration(struct riotlb *e, const struct shape *s,
			    bool (*keep)(uint64_t i))
{
	static struct riotlb_mapping out[1000];
	uint64_t at = 0, i = 0;
	size_t n;
	int more;

	do {
		more = riotlb_iterate(e, 0, at, MAX, out, 1000, &n, &at, NULL);
		assert_in_range(more, 0, 1);
		for (size_t k = 0; k < n; k++, i++) {
			struct riotlb_mapping m;

			while (!keep(i))
				i++;
			m = nth(s, i);
			assert_int_equal(out[k].start, m.start);
			assert_int_equal(out[k].last, m.last);
			assert_int_equal(out[k].addr, m.addr);
		}
	} while (more);
	while (i < s->n && !keep(i))
		i++;
	assert_int_equal(i, s->n);
}

static void check_shape(struct fixture *f, const struct shape *s)
{
	uint64_t kept = s->n - (s->n + 2) / 3;
	struct riotlb *e = f->engine;

	assert_int_equal(stats_of(e, 0).mappings, s->n);
	assert_int_equal(stats_of(e, 0).bytes.lo, s->n * s->size);
	check_some(e, s, all);
	check_iteration(e, s, all);
	for (uint64_t i = 0; i < s->n; i += 3)
		assert_int_equal(unmap(e, nth(s, i).start, nth(s, i).last), 0);
	assert_int_equal(stats_of(e, 0).mappings, kept);
	assert_int_equal(stats_of(e, 0).bytes.lo, kept * s->size);
	check_some(e, s, not_third);
	check_iteration(e, s, not_third);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	expect_empty(e, 0);
	drain(e);
	assert_int_equal(stats_of(e, 0).retired_bytes, 0);
}

static void test_map_one_by_one(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < SHAPES; i++) {
		struct riotlb_mapping *list = list_of(&shapes[i]);

		shuffle(list, shapes[i].n);
		for (uint64_t k = 0; k < shapes[i].n; k++)
			assert_int_equal(
				riotlb_map(f->engine, 0, &list[k], 0, NULL), 0);
		/* reclaiming may also put the table into a better shape */
		drain(f->engine);
		check_shape(f, &shapes[i]);
		free(list);
	}
}

static void test_map_bulk(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < SHAPES; i++) {
		struct riotlb_mapping *list = list_of(&shapes[i]);

		if (i % 2)
			shuffle(list, shapes[i].n);
		assert_int_equal(riotlb_map_bulk(f->engine, 0, list,
						 shapes[i].n, 0, NULL),
				 0);
		check_shape(f, &shapes[i]);
		free(list);
	}
}

static void test_set_map(void **state)
{
	static struct retire_log log;
	struct fixture *f = *state;

	/* and with the records that a retire callback takes */
	memset(&log, 0, sizeof(log));
	f->attr.retire = retire_log_add;
	f->attr.hook_ctx = &log;
	fixture_recreate(f);
	for (size_t i = 0; i < SHAPES; i++) {
		struct riotlb_mapping *list = list_of(&shapes[i]);

		if (i % 2 == 0)
			shuffle(list, shapes[i].n);
		atomic_store(&log.n, 0);
		assert_int_equal(
			riotlb_set_map(f->engine, 0, list, shapes[i].n, NULL),
			0);
		check_shape(f, &shapes[i]);
		assert_int_equal(atomic_load(&log.n), shapes[i].n);
		free(list);
	}
}

/*
 * Ascending but for the last one, so that the ends of the array say nothing of
 * what is in it. Into an AS in its default state, and into one in use.
 */
static void test_map_bulk_misleads(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	enum { N = 4000 };
	struct riotlb_mapping *list = calloc(N, sizeof(*list));
	struct shape s = { N, 0x100000000, 0x1000, 0x1000, 0x7f0000000000 };

	assert_non_null(list);
	for (uint64_t i = 0; i < N; i++)
		list[i] = nth(&s, i == 0 ? 0 : i == N - 1 ? 1 : i + 1);
	for (int in_use = 0; in_use < 2; in_use++) {
		struct riotlb_stats before;

		if (in_use)
			assert_int_equal(map(e, 0x1000, 0x1fff, 0, RIOTLB_RW),
					 0);
		before = stats_of(e, 0);
		assert_int_equal(riotlb_map_bulk(e, 0, list, N, 0, NULL), 0);
		assert_int_equal(stats_of(e, 0).mappings, before.mappings + N);
		assert_in_range(stats_of(e, 0).table_bytes, N * 8, N * 20);
		check_some(e, &s, all);
		assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
		drain(e);
	}
	free(list);
}

static bool each_512th(uint64_t i)
{
	return i % 512 == 0;
}

/* What is left of a large table does not keep its memory. */
static void test_leftovers(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < SHAPES; i++) {
		const struct shape *s = &shapes[i];
		struct riotlb_mapping *list = list_of(s);
		uint64_t left = (s->n + 511) / 512;

		/* a word for each mapping beside its slots, too */
		for (uint64_t k = 0; k < s->n; k++)
			list[k].opaque = k + 1;
		assert_int_equal(riotlb_set_map(f->engine, 0, list, s->n, NULL),
				 0);
		drain(f->engine);
		for (uint64_t k = 0; k < s->n; k++)
			if (!each_512th(k))
				assert_int_equal(unmap(f->engine, list[k].start,
						       list[k].last),
						 0);
		drain(f->engine);
		assert_int_equal(stats_of(f->engine, 0).mappings, left);
		assert_in_range(stats_of(f->engine, 0).table_bytes, 1,
				16384 + 128 * left);
		check_some(f->engine, s, each_512th);
		check_iteration(f->engine, s, each_512th);
		assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
		drain(f->engine);
		free(list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_map_one_by_one),
		fixture_test(test_map_bulk),
		fixture_test(test_set_map),
		fixture_test(test_map_bulk_misleads),
		fixture_test(test_leftovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
