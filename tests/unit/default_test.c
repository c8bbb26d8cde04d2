/* SPDX-License-Identifier: MIT */
/* Default states: what they hold, what leaves them, what brings them back. */
#include <errno.h>
#include <string.h>

#include "fixture.h"

static void with_default(struct fixture *f, enum riotlb_default_kind kind)
{
	f->defaults[0].kind = kind;
	fixture_recreate(f);
}

static void aperture(struct fixture *f, uint64_t start, uint64_t last)
{
	f->defaults[0].start = start;
	f->defaults[0].last = last;
	with_default(f, RIOTLB_DEFAULT_APERTURE);
}

static void list(struct fixture *f, const struct riotlb_mapping *m, size_t n)
{
	f->defaults[0].list = m;
	f->defaults[0].n = n;
	with_default(f, RIOTLB_DEFAULT_LIST);
}

static void test_identity(void **state)
{
	struct fixture *f = *state;
	struct riotlb_stats s;

	with_default(f, RIOTLB_DEFAULT_IDENTITY);
	expect_identity(f->engine, 0);
	s = stats_of(f->engine, 0);
	assert_true(s.is_default);
	assert_int_equal(s.bytes.hi, 1);
	assert_int_equal(s.bytes.lo, 0);
	expect_segment(f->engine, 0, MAX, 0, MAX);
	expect_error(f->engine, 0, MAX, RIOTLB_RW, 0);
}

static void test_aperture(void **state)
{
	static const uint64_t ends[][2] = {
		{ 0x1000, 0xffffff }, { 1, MAX - 1 },
		{ 0x12345, 0x789ab }, { 0, 0 },
		{ MAX, MAX },         { 0x1fffff, 0x200000 },
		{ 0xfff, 0x1000 },    { 0, MAX },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		uint64_t start = ends[i][0], last = ends[i][1];

		aperture(f, start, last);
		expect_contents(f->engine, 0,
				mapping(start, last, start, RIOTLB_RW));
		expect_host(f->engine, 0, start, start);
		expect_host(f->engine, 0, last, last);
		if (start)
			expect_miss(f->engine, 0, start - 1);
		if (last != MAX)
			expect_miss(f->engine, 0, last + 1);
		assert_int_equal(unmap(f->engine, start, start), 0);
		expect_empty(f->engine, 0);
		assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
		expect_segment(f->engine, start, MAX, start, last);
	}
}

static void test_list(void **state)
{
	struct riotlb_mapping m[] = {
		mapping(0x7001, 0x7003, 0x99, RIOTLB_READ),
		mapping(0x1000, 0x1fff, 0x200000, RIOTLB_RW),
		mapping(0x2000, 0x2fff, 0x201000, RIOTLB_RW),
		mapping(MAX - 1, MAX, 4, RIOTLB_WRITE),
	};
	struct fixture *f = *state;

	m[1].opaque = 0x1234;
	list(f, m, 4);
	memset(f->defaults, 0, sizeof(f->defaults));
	expect_contents(f->engine, 0, m[1], m[2], m[0], m[3]);
	expect_segment(f->engine, 0x1800, MAX, 0x200800, 0x2fff);
	expect_error(f->engine, 0, 0x7001, RIOTLB_WRITE, -EPERM);
	assert_int_equal(unmap(f->engine, 0x1000, 0x1fff), 0);
	expect_empty(f->engine, 0);
	assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
	expect_contents(f->engine, 0, m[1], m[2], m[0], m[3]);
}

static void test_empty_list_is_empty(void **state)
{
	struct fixture *f = *state;

	list(f, NULL, 0);
	expect_empty(f->engine, 0);
	assert_true(stats_of(f->engine, 0).is_default);
}

static void test_empty(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	expect_empty(e, 0);
	assert_true(stats_of(e, 0).is_default);
	assert_int_equal(map(e, 0, 5, 0, RIOTLB_RW), 0);
	assert_false(stats_of(e, 0).is_default);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	expect_empty(e, 0);
	assert_true(stats_of(e, 0).is_default);
	/* empty because of an unmap is not the default state */
	assert_int_equal(unmap(e, 0, 5), 0);
	assert_false(stats_of(e, 0).is_default);
}

static void test_defaults_differ_by_as(void **state)
{
	struct fixture *f = *state;

	f->attr.nas = 3;
	f->defaults[1].kind = RIOTLB_DEFAULT_IDENTITY;
	f->defaults[2].kind = RIOTLB_DEFAULT_APERTURE;
	f->defaults[2].start = 3;
	f->defaults[2].last = 4;
	fixture_recreate(f);
	expect_empty(f->engine, 0);
	expect_identity(f->engine, 1);
	expect_contents(f->engine, 2, mapping(3, 4, 3, RIOTLB_RW));
}

/* ---- leaving ----------------------------------------------------------- */

static void test_map_leaves(void **state)
{
	struct riotlb_mapping m = mapping(0x1000, 0x1fff, 0x9000, RIOTLB_RW);
	struct fixture *f = *state;
	struct riotlb_report r;

	with_default(f, RIOTLB_DEFAULT_IDENTITY);
	for (uint32_t flags = 0; flags <= RIOTLB_MAP_REPLACE; flags++) {
		assert_int_equal(riotlb_map(f->engine, 0, &m, flags, &r), 0);
		expect_report(&r, 0, 0, 0);
		expect_contents(f->engine, 0, m);
		expect_miss(f->engine, 0, 0);
		assert_int_equal(riotlb_reset_map(f->engine, 0, &r), 0);
		expect_report(&r, 0, 0, 0);
		expect_identity(f->engine, 0);
	}
}

static void test_unmap_leaves(void **state)
{
	struct fixture *f = *state;
	struct riotlb_report r;

	with_default(f, RIOTLB_DEFAULT_IDENTITY);
	for (int policy = RIOTLB_UNMAP_EXACT; policy <= RIOTLB_UNMAP_WHOLE;
	     policy++) {
		assert_int_equal(riotlb_unmap(f->engine, 0, 0x1000, 0x1fff,
					      (enum riotlb_unmap_policy)policy,
					      &r),
				 0);
		expect_report(&r, 0, 0, 0);
		expect_empty(f->engine, 0);
		assert_false(stats_of(f->engine, 0).is_default);
		assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
	}
	/* also where it hits nothing: the aperture ends below it */
	aperture(f, 0, 0xffff);
	assert_int_equal(unmap(f->engine, 0x10000, 0x1ffff), 0);
	expect_empty(f->engine, 0);
}

static void test_array_calls_leave(void **state)
{
	struct riotlb_mapping m = mapping(0x1000, 0x1fff, 0x9000, RIOTLB_RW);
	struct riotlb_range r = range(5, 6);
	struct riotlb_op op = { .kind = RIOTLB_OP_MAP, .mapping = m };
	struct fixture *f = *state;
	struct riotlb *e;

	with_default(f, RIOTLB_DEFAULT_IDENTITY);
	e = f->engine;
	assert_int_equal(riotlb_map_bulk(e, 0, &m, 1, 0, NULL), 0);
	expect_contents(e, 0, m);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, &r, 1, RIOTLB_UNMAP_EXACT, NULL), 0);
	expect_empty(e, 0);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	assert_int_equal(riotlb_apply(e, 0, &op, 1, NULL), 0);
	expect_contents(e, 0, m);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	assert_int_equal(riotlb_set_map(e, 0, &m, 1, NULL), 0);
	expect_contents(e, 0, m);
}

static void test_empty_arrays_leave(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e;

	with_default(f, RIOTLB_DEFAULT_IDENTITY);
	e = f->engine;
	assert_int_equal(riotlb_map_bulk(e, 0, NULL, 0, 0, NULL), 0);
	expect_empty(e, 0);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	assert_int_equal(
		riotlb_unmap_bulk(e, 0, NULL, 0, RIOTLB_UNMAP_EXACT, NULL), 0);
	expect_empty(e, 0);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	assert_int_equal(riotlb_apply(e, 0, NULL, 0, NULL), 0);
	expect_empty(e, 0);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	assert_int_equal(riotlb_set_map(e, 0, NULL, 0, NULL), 0);
	expect_empty(e, 0);
	assert_false(stats_of(e, 0).is_default);
}

static void test_first_op_leaves_for_the_rest(void **state)
{
	struct riotlb_mapping m = mapping(0x1000, 0x1fff, 0x9000, RIOTLB_RW);
	struct riotlb_op ops[] = {
		{ .kind = RIOTLB_OP_MAP, .mapping = m },
		{ .kind = RIOTLB_OP_PROTECT,
		  .mapping = mapping(0x1000, 0x1fff, 0, RIOTLB_READ) },
		{ .kind = RIOTLB_OP_UNMAP,
		  .policy = RIOTLB_UNMAP_NO_BISECT,
		  .mapping = mapping(0x8000, 0x8fff, 0, 0) },
	};
	struct fixture *f = *state;

	with_default(f, RIOTLB_DEFAULT_IDENTITY);
	assert_int_equal(riotlb_apply(f->engine, 0, ops, 3, NULL), 0);
	expect_contents(f->engine, 0,
			mapping(0x1000, 0x1fff, 0x9000, RIOTLB_READ));
}

static void test_failures_do_not_leave(void **state)
{
	struct riotlb_mapping two[] = {
		mapping(0, 0xfff, 0, RIOTLB_RW),
		mapping(0xfff, 0xfff, 0, RIOTLB_RW),
	};
	struct riotlb_op op = { .kind = RIOTLB_OP_PROTECT,
				.mapping = mapping(0, MAX, 0, RIOTLB_READ) };
	struct fixture *f = *state;
	struct riotlb_report r;
	struct riotlb *e;

	with_default(f, RIOTLB_DEFAULT_IDENTITY);
	e = f->engine;
	assert_int_equal(protect(e, 0, MAX, RIOTLB_READ), -EINVAL);
	assert_int_equal(protect(e, 0x1000, 0x1fff, RIOTLB_READ), -EINVAL);
	assert_int_equal(
		riotlb_unmap(e, 0, 0, MAX, RIOTLB_UNMAP_NO_BISECT, NULL),
		-EINVAL);
	assert_int_equal(map(e, 0, 5, 0, 0), -EINVAL);
	assert_int_equal(unmap(e, 5, 4), -EINVAL);
	assert_int_equal(riotlb_map_bulk(e, 0, two, 2, 0, NULL), -EEXIST);
	assert_int_equal(riotlb_set_map(e, 0, two, 2, NULL), -EEXIST);
	assert_int_equal(riotlb_apply(e, 0, &op, 1, &r), -EINVAL);
	op.kind = RIOTLB_OP_UNMAP;
	op.policy = RIOTLB_UNMAP_NO_BISECT;
	assert_int_equal(riotlb_apply(e, 0, &op, 1, &r), -EINVAL);
	assert_int_equal(riotlb_unmap_bulk(e, 0, &(struct riotlb_range){ 0, 5 },
					   1, RIOTLB_UNMAP_NO_BISECT, &r),
			 -EINVAL);
	expect_identity(e, 0);
	assert_true(stats_of(e, 0).is_default);
}

static void test_protect_in_empty_default(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;

	/* the default state says no, whatever it holds */
	assert_int_equal(protect(e, 0, 5, RIOTLB_READ), -EINVAL);
	assert_int_equal(unmap(e, 0, 5), 0);
	assert_int_equal(protect(e, 0, 5, RIOTLB_READ), -EFAULT);
}

/* ---- reset_map --------------------------------------------------------- */

static void test_reset_arguments(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	struct riotlb_report r;

	memset(&r, 0xff, sizeof(r));
	assert_int_equal(riotlb_reset_map(e, 2, &r), -EINVAL);
	expect_report(&r, 0, 0, 0);
	assert_int_equal(riotlb_reset_map(e, UINT32_MAX, NULL), -EINVAL);
}

static void test_reset_is_idempotent(void **state)
{
	struct fixture *f = *state;

	with_default(f, RIOTLB_DEFAULT_IDENTITY);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
		expect_identity(f->engine, 0);
	}
	assert_int_equal(stats_of(f->engine, 0).resets, 3);
	assert_int_equal(stats_of(f->engine, 1).resets, 0);
}

static void test_reset_keeps_bindings(void **state)
{
	struct riotlb *e = ((struct fixture *)*state)->engine;
	uint32_t asid = 9;

	assert_int_equal(riotlb_set_group_asid(e, 1, 1, NULL), 0);
	assert_int_equal(riotlb_reset_map(e, 0, NULL), 0);
	assert_int_equal(riotlb_reset_map(e, 1, NULL), 0);
	assert_int_equal(riotlb_get_group_asid(e, 1, &asid), 0);
	assert_int_equal(asid, 1);
}

static void test_reset_allocates_nothing(void **state)
{
	struct fixture *f = *state;

	with_default(f, RIOTLB_DEFAULT_IDENTITY);
	for (uint64_t n = 1; n <= 1000; n *= 10) {
		size_t calls;

		for (uint64_t i = 0; i < n; i++)
			assert_int_equal(map(f->engine, i << 21,
					     (i << 21) + 0xffe, 0, RIOTLB_RW),
					 0);
		calls = atomic_load(&f->hooks.calls);
		atomic_store(&f->hooks.refuse_all, true);
		assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
		atomic_store(&f->hooks.refuse_all, false);
		assert_int_equal(atomic_load(&f->hooks.calls), calls);
		expect_identity(f->engine, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(test_identity),
		fixture_test(test_aperture),
		fixture_test(test_list),
		fixture_test(test_empty_list_is_empty),
		fixture_test(test_empty),
		fixture_test(test_defaults_differ_by_as),
		fixture_test(test_map_leaves),
		fixture_test(test_unmap_leaves),
		fixture_test(test_array_calls_leave),
		fixture_test(test_empty_arrays_leave),
		fixture_test(test_first_op_leaves_for_the_rest),
		fixture_test(test_failures_do_not_leave),
		fixture_test(test_protect_in_empty_default),
		fixture_test(test_reset_arguments),
		fixture_test(test_reset_is_idempotent),
		fixture_test(test_reset_keeps_bindings),
		fixture_test(test_reset_allocates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
