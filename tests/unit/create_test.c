/* SPDX-License-Identifier: MIT */
/* riotlb_create, riotlb_destroy: what they accept, refuse and leave behind. */
#define _GNU_SOURCE /* pthread_setattr_default_np */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static void refused(struct fixture *f, int err)
{
	struct riotlb *e = NULL;

	assert_int_equal(riotlb_create(&f->attr, &e), err);
	assert_null(e);
}

static void test_attr_init(void **state)
{
	struct riotlb_attr attr;

	(void)state;
	memset(&attr, 0xff, sizeof(attr));
	riotlb_attr_init(&attr);
	assert_int_equal(attr.size, sizeof(attr));
	assert_int_equal(attr.nas, 1);
	assert_int_equal(attr.ngroups, 1);
	assert_null(attr.defaults);
	assert_null(attr.limits);
	assert_null(attr.allocator);
	assert_null(attr.flavor);
	assert_null(attr.sync);
	assert_null(attr.retire);
	assert_null(attr.hook_ctx);
	assert_int_equal(attr.reclaim, RIOTLB_RECLAIM_THREAD);
	assert_int_equal(attr.backlog_cap, 0);
	assert_false(attr.backlog_wait);
}

static void test_null_attr(void **state)
{
	struct riotlb *e;
	uint32_t asid = 7;

	(void)state;
	assert_int_equal(riotlb_create(NULL, &e), 0);
	riotlb_thread_register(e);
	expect_identity(e, 0);
	assert_int_equal(riotlb_get_group_asid(e, 0, &asid), 0);
	assert_int_equal(asid, 0);
	assert_int_equal(riotlb_get_group_asid(e, 1, &asid), -EINVAL);
	riotlb_thread_unregister(e);
	riotlb_destroy(e);
}

static void test_counts(void **state)
{
	struct fixture *f = *state;

	f->attr.defaults = NULL;
	f->attr.limits = NULL;
	f->attr.nas = 0;
	refused(f, -EINVAL);
	f->attr.nas = RIOTLB_MAX_AS + 1;
	refused(f, -EINVAL);
	f->attr.nas = UINT32_MAX;
	refused(f, -EINVAL);
	f->attr.nas = 1;
	f->attr.ngroups = RIOTLB_MAX_GROUPS + 1;
	refused(f, -EINVAL);
	f->attr.ngroups = 0;
	fixture_recreate(f);
	assert_int_equal(riotlb_set_group_asid(f->engine, 0, 0, NULL), -EINVAL);
}

static void test_largest_counts(void **state)
{
	struct fixture *f = *state;
	uint32_t last_as = RIOTLB_MAX_AS - 1;
	uint32_t last_group = RIOTLB_MAX_GROUPS - 1;
	struct riotlb_segment seg;

	f->attr.defaults = NULL;
	f->attr.limits = NULL;
	f->attr.nas = RIOTLB_MAX_AS;
	f->attr.ngroups = RIOTLB_MAX_GROUPS;
	fixture_recreate(f);
	expect_identity(f->engine, last_as);
	assert_int_equal(riotlb_unmap(f->engine, last_as, 0, MAX,
				      RIOTLB_UNMAP_EXACT, NULL),
			 0);
	expect_miss(f->engine, last_as, 0);
	expect_host(f->engine, last_as - 1, 0, 0);
	assert_int_equal(
		riotlb_set_group_asid(f->engine, last_group, last_as, NULL), 0);
	riotlb_read_enter(f->engine);
	assert_int_equal(riotlb_group_translate(f->engine, last_group, 0, 0,
						RIOTLB_READ, &seg),
			 -EFAULT);
	riotlb_read_exit(f->engine);
}

static void test_size_must_match(void **state)
{
	struct fixture *f = *state;

	f->attr.size = 0;
	refused(f, -EINVAL);
	f->attr.size = sizeof(f->attr) + 8;
	refused(f, -EINVAL);
}

static void test_reclaim_mode(void **state)
{
	struct fixture *f = *state;

	f->attr.reclaim = (enum riotlb_reclaim_mode)2;
	refused(f, -EINVAL);
}

static void test_bad_stripes(void **state)
{
	static const uint32_t bad[] = { 1,   2,   3,   5,         96,
					127, 129, 256, UINT32_MAX };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f->attr.stripes = bad[i];
		refused(f, -EINVAL);
	}
}

/* Ranges of one to four regions, wherever they lie among the stripes. */
static void use_regions(struct riotlb *e, uint64_t regions)
{
	struct riotlb_stats stats;
	uint64_t size, at, n = 0;

	for (size = 1; size <= 4; size++) {
		for (at = 0; at + size <= regions; at += size, n++)
			assert_int_equal(map(e, at << 21,
					     ((at + size) << 21) - 1, 0,
					     RIOTLB_RW),
					 0);
		assert_int_equal(riotlb_get_stats(e, 0, &stats), 0);
		assert_int_equal(stats.mappings, n);
		for (at = 0; at + size <= regions; at += size, n--)
			assert_int_equal(
				unmap(e, at << 21, ((at + size) << 21) - 1), 0);
	}
}

static void test_stripes(void **state)
{
	struct fixture *f = *state;
	size_t bytes[2] = { 0 };

	for (uint32_t n = RIOTLB_MIN_STRIPES; n <= RIOTLB_MAX_STRIPES; n *= 2) {
		f->attr.stripes = n;
		fixture_recreate(f);
		bytes[0] = bytes[1];
		bytes[1] = atomic_load(&f->hooks.live_bytes);
		if (n != RIOTLB_MIN_STRIPES)
			assert_int_equal(bytes[1] - bytes[0],
					 f->attr.nas * (n / 2) * 64);
		use_regions(f->engine, 3 * RIOTLB_MAX_STRIPES);
	}
}

static void test_half_an_allocator(void **state)
{
	struct fixture *f = *state;
	struct riotlb_allocator half = f->hooks.allocator;

	f->attr.allocator = &half;
	half.free = NULL;
	refused(f, -EINVAL);
	half = f->hooks.allocator;
	half.alloc = NULL;
	refused(f, -EINVAL);
}

static void test_bad_default(void **state)
{
	struct fixture *f = *state;
	size_t before = atomic_load(&f->hooks.live_bytes);

	f->defaults[1].kind = (enum riotlb_default_kind)4;
	refused(f, -EINVAL);
	f->defaults[1].kind = RIOTLB_DEFAULT_APERTURE;
	f->defaults[1].start = 0x2000;
	f->defaults[1].last = 0x1fff;
	refused(f, -EINVAL);
	assert_int_equal(atomic_load(&f->hooks.live_bytes), before);
}

static void list_refused(struct fixture *f, const struct riotlb_mapping *list,
			 size_t n, int err)
{
	size_t before = atomic_load(&f->hooks.live_bytes);

	f->defaults[1].kind = RIOTLB_DEFAULT_LIST;
	f->defaults[1].list = list;
	f->defaults[1].n = n;
	refused(f, err);
	assert_int_equal(atomic_load(&f->hooks.live_bytes), before);
}

static void test_bad_default_list(void **state)
{
	struct riotlb_mapping list[] = {
		mapping(0x3000, 0x3fff, 0, RIOTLB_RW),
		mapping(0x1000, 0x1fff, 0, RIOTLB_RW),
		mapping(0x2000, 0x2fff, 0, RIOTLB_RW),
	};
	size_t n = sizeof(list) / sizeof(*list);
	const struct riotlb_mapping good = list[2];

	list[2].perm = 0;
	list_refused(*state, list, n, -EINVAL);
	list[2].perm = 4;
	list_refused(*state, list, n, -EINVAL);
	list[2] = good;
	list[2].last = list[2].start - 1;
	list_refused(*state, list, n, -EINVAL);
	list[2] = good;
	list[2].addr = MAX - 0xffe;
	list_refused(*state, list, n, -EOVERFLOW);
	list[2] = good;
	list[2].last++;
	list_refused(*state, list, n, -EEXIST);
	list[2] = list[0];
	list_refused(*state, list, n, -EEXIST);
	list_refused(*state, NULL, 1, -EINVAL);
}

static void test_out_of_memory(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e = NULL;
	size_t nth = 1;
	int err;

	fixture_destroy(f);
	f->defaults[0].kind = RIOTLB_DEFAULT_IDENTITY;
	f->defaults[1].kind = RIOTLB_DEFAULT_APERTURE;
	f->defaults[1].start = 5;
	f->defaults[1].last = 0x12345;
	do {
		hooks_refuse_nth(&f->hooks, nth++);
		err = riotlb_create(&f->attr, &e);
		if (err) {
			assert_int_equal(err, -ENOMEM);
			assert_null(e);
			hooks_check_empty(&f->hooks);
		}
	} while (err);
	hooks_refuse_nth(&f->hooks, 0);
	assert_true(nth > 2);
	riotlb_destroy(e);
	hooks_check_empty(&f->hooks);
}

/*
 * A stack that does not fit into the address space is the one way to make
 * pthread_create fail that works for root and under sanitizers.
 */
static void test_no_thread_to_be_had(void **state)
{
	struct fixture *f = *state;
	struct riotlb *e = NULL;
	pthread_attr_t standard, huge;

	fixture_destroy(f);
	f->attr.reclaim = RIOTLB_RECLAIM_THREAD;
	assert_int_equal(pthread_getattr_default_np(&standard), 0);
	assert_int_equal(pthread_attr_init(&huge), 0);
	assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 47), 0);
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	assert_int_equal(riotlb_create(&f->attr, &e), -EAGAIN);
	assert_null(e);
	assert_int_equal(pthread_setattr_default_np(&standard), 0);
	pthread_attr_destroy(&huge);
	pthread_attr_destroy(&standard);
	hooks_check_empty(&f->hooks);
	fixture_create(f);
}

static void test_destroy_null(void **state)
{
	(void)state;
	riotlb_destroy(NULL);
}

static void test_destroy_reports_what_is_mapped(void **state)
{
	static struct retire_log log;
	struct fixture *f = *state;

	memset(&log, 0, sizeof(log));
	f->attr.retire = retire_log_add;
	f->attr.hook_ctx = &log;
	f->defaults[1].kind = RIOTLB_DEFAULT_IDENTITY;
	fixture_recreate(f);
	/* of AS 1 nothing is told: it is in its default state */
	assert_int_equal(map(f->engine, 0x1000, 0x1fff, 0x9000, RIOTLB_READ),
			 0);
	assert_int_equal(map(f->engine, 0x3001, 0x3001, 0x77, RIOTLB_RW), 0);
	fixture_destroy(f);
	expect_retired(&log, 0, mapping(0x1000, 0x1fff, 0x9000, RIOTLB_READ),
		       mapping(0x3001, 0x3001, 0x77, RIOTLB_RW));
}

static void test_destroy_with_reclaim_pending(void **state)
{
	static struct retire_log log;
	struct fixture *f = *state;

	memset(&log, 0, sizeof(log));
	f->attr.retire = retire_log_add;
	f->attr.hook_ctx = &log;
	fixture_recreate(f);
	assert_int_equal(map(f->engine, 0, 0xff, 0, RIOTLB_RW), 0);
	assert_int_equal(riotlb_reset_map(f->engine, 0, NULL), 0);
	assert_int_equal(map(f->engine, 0, 0xff, 0x1000, RIOTLB_RW), 0);
	assert_int_equal(unmap(f->engine, 0, 0xff), 0);
	assert_int_equal(atomic_load(&log.n), 0);
	fixture_destroy(f);
	expect_retired(&log, 0, mapping(0, 0xff, 0, RIOTLB_RW),
		       mapping(0, 0xff, 0x1000, RIOTLB_RW));
}

static void test_with_libc_allocator(void **state)
{
	struct fixture *f = *state;

	f->attr.allocator = NULL;
	fixture_recreate(f);
	assert_int_equal(map(f->engine, 1, 0x123456, 0, RIOTLB_RW), 0);
	assert_int_equal(unmap(f->engine, 0x100, 0x200), 0);
	expect_contents(f->engine, 0, mapping(1, 0xff, 0, RIOTLB_RW),
			mapping(0x201, 0x123456, 0x200, RIOTLB_RW));
}

static void test_engines_are_separate(void **state)
{
	struct fixture *f = *state;
	struct riotlb *other;

	assert_int_equal(riotlb_create(&f->attr, &other), 0);
	assert_int_equal(map(f->engine, 0, 0xfff, 0x5000, RIOTLB_RW), 0);
	expect_host(f->engine, 0, 0, 0x5000);
	expect_miss(other, 0, 0);
	assert_ptr_equal(riotlb_flavor(other), riotlb_flavor(f->engine));
	riotlb_destroy(other);
	expect_host(f->engine, 0, 0, 0x5000);
}

static void test_version(void **state)
{
	(void)state;
	assert_string_equal(riotlb_version(), RIOTLB_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attr_init),
		cmocka_unit_test(test_null_attr),
		fixture_test(test_counts),
		fixture_test(test_largest_counts),
		fixture_test(test_size_must_match),
		fixture_test(test_reclaim_mode),
		fixture_test(test_bad_stripes),
		fixture_test(test_stripes),
		fixture_test(test_half_an_allocator),
		fixture_test(test_bad_default),
		fixture_test(test_bad_default_list),
		fixture_test(test_out_of_memory),
		fixture_test(test_no_thread_to_be_had),
		cmocka_unit_test(test_destroy_null),
		fixture_test(test_destroy_reports_what_is_mapped),
		fixture_test(test_destroy_with_reclaim_pending),
		fixture_test(test_with_libc_allocator),
		fixture_test(test_engines_are_separate),
		cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
