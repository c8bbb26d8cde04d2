/* SPDX-License-Identifier: MIT */
/* The operations of a vDPA parent driver, one by one. */
#include <errno.h>
#include <string.h>

#include "front.h"

#define TOP (UINT64_MAX - 0xfff) /* the last page */

static bool says_nothing(const struct riotlb_report *r)
{
	struct riotlb_report none = { .index = r->index };

	return memcmp(r, &none, sizeof(none)) == 0;
}

/* ---- creation ---------------------------------------------------------- */

static void test_defaults(void **state)
{
	struct riotlb_range all = { 0, UINT64_MAX }, got;
	struct riotlb_vdpa *vdpa;
	uint32_t group;

	(void)state;
	assert_int_equal(riotlb_vdpa_create(NULL, &vdpa), 0);
	got = riotlb_vdpa_get_iova_range(vdpa);
	assert_memory_equal(&got, &all, sizeof(all));
	assert_int_equal(riotlb_vdpa_get_vq_group(vdpa, 0, &group), -EINVAL);
	assert_int_equal(
		riotlb_vdpa_dma_map(vdpa, 0, 0, 1, 5, RIOTLB_READ, NULL, NULL),
		0);
	assert_int_equal(
		riotlb_vdpa_dma_map(vdpa, 1, 0, 1, 5, RIOTLB_READ, NULL, NULL),
		-EINVAL);
	riotlb_vdpa_destroy(vdpa);
	riotlb_vdpa_destroy(NULL);
}

static void expect_no_front(struct front *f, int err)
{
	struct riotlb_vdpa *vdpa = NULL;
	size_t blocks = atomic_load(&f->hooks.live_blocks);

	assert_int_equal(riotlb_vdpa_create(&f->attr, &vdpa), err);
	assert_null(vdpa);
	assert_int_equal(atomic_load(&f->hooks.live_blocks), blocks);
}

static void test_create_errors(void **state)
{
	static const uint32_t groups[] = { 0, 2 };
	struct front *f = *state;
	struct riotlb_vdpa_attr good = f->attr;
	struct riotlb_attr good_engine = f->engine_attr;

	f->attr.size--;
	expect_no_front(f, -EINVAL);
	f->attr = good;
	f->attr.unmap_policy = (enum riotlb_unmap_policy)3;
	expect_no_front(f, -EINVAL);
	f->attr = good;
	f->attr.iova_range = (struct riotlb_range){ 1, 0 };
	expect_no_front(f, -EINVAL);
	f->attr = good;
	f->attr.nvqs = 2;
	f->attr.vq_groups = groups;
	expect_no_front(f, -EINVAL);
	f->attr.nvqs = 65537;
	f->attr.vq_groups = NULL;
	expect_no_front(f, -EINVAL);
	/* a queue has to be in some group */
	f->attr = good;
	f->attr.vq_groups = NULL;
	f->engine_attr.ngroups = 0;
	expect_no_front(f, -EINVAL);
	/* and what the engine does not like */
	f->attr = good;
	f->engine_attr = good_engine;
	f->engine_attr.size--;
	expect_no_front(f, -EINVAL);
	f->engine_attr = good_engine;
	f->engine_attr.nas = 0;
	expect_no_front(f, -EINVAL);
	f->engine_attr = good_engine;
}

static void test_create_without_memory(void **state)
{
	struct front *f = *state;
	struct riotlb_vdpa *vdpa;
	size_t nth = 0;
	int err;

	do {
		hooks_refuse_nth(&f->hooks, ++nth);
		err = riotlb_vdpa_create(&f->attr, &vdpa);
		hooks_refuse_nth(&f->hooks, 0);
		assert_true(err == 0 || err == -ENOMEM);
	} while (err);
	assert_true(nth > 2);
	riotlb_vdpa_destroy(vdpa);
}

static void test_device(void **state)
{
	struct front *f = *state;
	struct riotlb_range window = { 0x1000, 0xffff }, got;
	uint32_t group = 9;

	f->attr.iova_range = window;
	front_recreate(f);
	got = riotlb_vdpa_get_iova_range(f->vdpa);
	assert_memory_equal(&got, &window, sizeof(got));
	assert_int_equal(riotlb_vdpa_get_vq_group(f->vdpa, 1, &group), 0);
	assert_int_equal(group, 0);
	assert_int_equal(riotlb_vdpa_get_vq_group(f->vdpa, 2, &group), 0);
	assert_int_equal(group, 1);
	group = 9;
	assert_int_equal(riotlb_vdpa_get_vq_group(f->vdpa, 3, &group), -EINVAL);
	assert_int_equal(riotlb_vdpa_get_vq_group(f->vdpa, 65535, &group),
			 -EINVAL);
	assert_int_equal(group, 9);
	/* who does not say is in group 0 */
	f->attr.vq_groups = NULL;
	front_recreate(f);
	assert_int_equal(riotlb_vdpa_get_vq_group(f->vdpa, 2, &group), 0);
	assert_int_equal(group, 0);
}

/* ---- dma_map ----------------------------------------------------------- */

static void test_map(void **state)
{
	struct front *f = *state;
	struct riotlb_report report;
	int page;

	assert_int_equal(riotlb_vdpa_dma_map(f->vdpa, 1, 0x1000, 0x2000, 0xa000,
					     RIOTLB_RW, &page, &report),
			 0);
	expect_contents(f->engine, 1,
			sized(0x1000, 0x2000, 0xa000, (uintptr_t)&page));
	/* bytes, not pages; and a neighbour stays one of its own */
	assert_int_equal(riotlb_vdpa_dma_map(f->vdpa, 1, 0x3000, 1, 0xc000,
					     RIOTLB_RW, NULL, NULL),
			 0);
	expect_contents(f->engine, 1,
			sized(0x1000, 0x2000, 0xa000, (uintptr_t)&page),
			sized(0x3000, 1, 0xc000, 0));
	expect_identity(f->engine, 0);
}

static void test_map_to_the_top(void **state)
{
	struct front *f = *state;

	assert_int_equal(dma_map(f, TOP, 0x1000, 0), 0);
	assert_int_equal(dma_map(f, 1, UINT64_MAX - 0x1000, 0x1000), 0);
	expect_contents(f->engine, 0, sized(1, UINT64_MAX - 0x1000, 0x1000, 0),
			sized(TOP, 0x1000, 0, 0));
	assert_int_equal(dma_unmap(f, TOP, 0x1000), 0);
	expect_contents(f->engine, 0, sized(1, UINT64_MAX - 0x1000, 0x1000, 0));
	/* as far as a size goes */
	assert_int_equal(dma_unmap(f, 0, 0), 0);
	assert_int_equal(dma_map(f, 1, UINT64_MAX, 1), 0);
	expect_contents(f->engine, 0, mapping(1, MAX, 1, RIOTLB_RW));
}

static const struct {
	uint32_t asid;
	uint64_t iova, size, pa;
	uint32_t perm;
	int err;
} bad_maps[] = {
	{ 0, 0, 0, 0, RIOTLB_RW, -EINVAL },
	{ 0, 0x1000, 0, 0, RIOTLB_RW, -EINVAL },
	{ 0, UINT64_MAX, 0, 0, RIOTLB_RW, -EINVAL },
	{ 0, UINT64_MAX, 2, 0, RIOTLB_RW, -EINVAL },
	{ 0, TOP, 0x1001, 0, RIOTLB_RW, -EINVAL },
	{ 0, 0x1000, UINT64_MAX, 0, RIOTLB_RW, -EINVAL },
	{ 0, 2, UINT64_MAX, 0, RIOTLB_RW, -EINVAL },
	{ 0, 0x1000, 0x1000, 0, 0, -EINVAL },
	{ 0, 0x1000, 0x1000, 0, 4, -EINVAL },
	{ 0, 0x1000, 0x1000, 0, 7, -EINVAL },
	{ 0, 0x1000, 0x1000, 0, 0x100, -EINVAL },
	{ 0, 0x1000, 0x1000, TOP + 1, RIOTLB_RW, -EOVERFLOW },
	{ 0, 0x1000, 2, UINT64_MAX, RIOTLB_RW, -EOVERFLOW },
	{ FRONT_AS, 0x1000, 0x1000, 0, RIOTLB_RW, -EINVAL },
	{ UINT32_MAX, 0x1000, 0x1000, 0, RIOTLB_RW, -EINVAL },
};

static void refuse_bad_maps(struct front *f)
{
	for (size_t i = 0; i < sizeof(bad_maps) / sizeof(bad_maps[0]); i++) {
		struct riotlb_report report;

		memset(&report, 0xff, sizeof(report));
		assert_int_equal(
			riotlb_vdpa_dma_map(f->vdpa, bad_maps[i].asid,
					    bad_maps[i].iova, bad_maps[i].size,
					    bad_maps[i].pa, bad_maps[i].perm,
					    NULL, &report),
			bad_maps[i].err);
		assert_true(says_nothing(&report));
		assert_int_equal(report.index, 0);
	}
}

static void test_map_errors(void **state)
{
	struct front *f = *state;

	/* not even the default state ends */
	refuse_bad_maps(f);
	expect_identity(f->engine, 0);
	expect_identity(f->engine, 1);
	assert_true(stats_of(f->engine, 0).is_default);

	assert_int_equal(dma_map(f, 0x2000, 0x2000, 0x9000), 0);
	refuse_bad_maps(f);
	assert_int_equal(dma_map(f, 0x2000, 0x2000, 0x9000), -EEXIST);
	assert_int_equal(dma_map(f, 0x1000, 0x1001, 0), -EEXIST);
	assert_int_equal(dma_map(f, 0x3fff, 1, 0), -EEXIST);
	expect_contents(f->engine, 0, sized(0x2000, 0x2000, 0x9000, 0));
}

static void test_window(void **state)
{
	struct front *f = *state;

	f->attr.iova_range = (struct riotlb_range){ 0x1000, 0x4fff };
	front_recreate(f);
	assert_int_equal(dma_map(f, 0xfff, 1, 0), -EINVAL);
	assert_int_equal(dma_map(f, 0xfff, 2, 0), -EINVAL);
	assert_int_equal(dma_map(f, 0x4fff, 2, 0), -EINVAL);
	assert_int_equal(dma_map(f, 0x5000, 1, 0), -EINVAL);
	assert_int_equal(dma_map(f, 0, 0x10000, 0), -EINVAL);
	expect_identity(f->engine, 0);
	assert_int_equal(dma_map(f, 0x1000, 0x4000, 0), 0);
	/* one may unmap more */
	assert_int_equal(dma_unmap(f, 0, 0x10000), 0);
	expect_empty(f->engine, 0);
}

static void test_limit(void **state)
{
	struct front *f = *state;

	f->limits[0].mappings = 2;
	front_recreate(f);
	assert_int_equal(dma_map(f, 0x1000, 0x1000, 0), 0);
	assert_int_equal(dma_map(f, 0x2000, 0x1000, 0), 0);
	assert_int_equal(dma_map(f, 0x3000, 0x1000, 0), -ENOSPC);
	assert_int_equal(stats_of(f->engine, 0).mappings, 2);
}

/* ---- dma_unmap --------------------------------------------------------- */

static void map_two(struct front *f)
{
	assert_int_equal(dma_map(f, 0x2000, 0x2000, 0x9000), 0);
	assert_int_equal(dma_map(f, 0x4000, 0x2000, 0x5000), 0);
}

static void test_unmap_takes_mappings_whole(void **state)
{
	struct front *f = *state;
	struct riotlb_report report;

	map_two(f);
	assert_int_equal(riotlb_vdpa_dma_unmap(f->vdpa, 0, 0x3fff, 1, &report),
			 0);
	expect_report(&report, 1, 0, 0x2000);
	expect_contents(f->engine, 0, sized(0x4000, 0x2000, 0x5000, 0));
	/* nothing there is no error */
	assert_int_equal(riotlb_vdpa_dma_unmap(f->vdpa, 0, 0, 0x4000, &report),
			 0);
	expect_report(&report, 0, 0, 0);
}

static void test_unmap_policies(void **state)
{
	struct front *f = *state;

	f->attr.unmap_policy = RIOTLB_UNMAP_EXACT;
	front_recreate(f);
	map_two(f);
	assert_int_equal(dma_unmap(f, 0x3000, 0x2000), 0);
	expect_contents(f->engine, 0, sized(0x2000, 0x1000, 0x9000, 0),
			sized(0x5000, 0x1000, 0x6000, 0));
	f->attr.unmap_policy = RIOTLB_UNMAP_NO_BISECT;
	front_recreate(f);
	map_two(f);
	assert_int_equal(dma_unmap(f, 0x3000, 0x3000), -EINVAL);
	assert_int_equal(stats_of(f->engine, 0).mappings, 2);
	assert_int_equal(dma_unmap(f, 0x2000, 0x2000), 0);
	expect_contents(f->engine, 0, sized(0x4000, 0x2000, 0x5000, 0));
}

/* Linux relies on iova 0 and size 0 for this. */
static void test_unmap_everything(void **state)
{
	struct front *f = *state;

	for (int p = 0; p <= RIOTLB_UNMAP_NO_BISECT; p++) {
		f->attr.unmap_policy = (enum riotlb_unmap_policy)p;
		front_recreate(f);
		/* also the 1:1 of the default state, which this ends */
		atomic_store(&f->hooks.refuse_all, true);
		assert_int_equal(dma_unmap(f, 0, 0), 0);
		atomic_store(&f->hooks.refuse_all, false);
		expect_empty(f->engine, 0);
		map_two(f);
		assert_int_equal(dma_map(f, UINT64_MAX, 1, 7), 0);
		atomic_store(&f->hooks.refuse_all, true);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(dma_unmap(f, 0, 0), 0);
			expect_empty(f->engine, 0);
		}
		atomic_store(&f->hooks.refuse_all, false);
		expect_identity(f->engine, 1);
	}
}

static void test_unmap_errors(void **state)
{
	static const struct riotlb_range bad[] = {
		/* iova and size */
		{ 0x3000, 0 },   { 1, 0 },          { UINT64_MAX, 0 },
		{ TOP, 0x1001 }, { UINT64_MAX, 2 }, { 2, UINT64_MAX },
	};
	struct front *f = *state;
	struct riotlb_report report;

	map_two(f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&report, 0xff, sizeof(report));
		assert_int_equal(riotlb_vdpa_dma_unmap(f->vdpa, 0, bad[i].start,
						       bad[i].last, &report),
				 -EINVAL);
		assert_true(says_nothing(&report));
		assert_int_equal(report.index, 0);
	}
	assert_int_equal(riotlb_vdpa_dma_unmap(f->vdpa, FRONT_AS, 0, 0, NULL),
			 -EINVAL);
	assert_int_equal(stats_of(f->engine, 0).mappings, 2);
	expect_identity(f->engine, 1);
}

/* ---- set_map ----------------------------------------------------------- */

static int set_map(struct front *f, const struct riotlb_mapping *list, size_t n,
		   struct riotlb_report *report)
{
	return riotlb_vdpa_set_map(f->vdpa, 0, list, n, report);
}

static void test_set_map(void **state)
{
	struct front *f = *state;
	struct riotlb_mapping list[] = {
		sized(0x9000, 0x1000, 0x1000, 3),
		mapping(0x1000, 0x1fff, 0x5000, RIOTLB_READ),
	};

	map_two(f);
	assert_int_equal(set_map(f, list, 2, NULL), 0);
	expect_contents(f->engine, 0, list[1], list[0]);
	/* nothing mapped is not the default */
	assert_int_equal(set_map(f, NULL, 0, NULL), 0);
	expect_empty(f->engine, 0);
	assert_int_equal(riotlb_vdpa_set_map(f->vdpa, FRONT_AS, list, 2, NULL),
			 -EINVAL);
}

static void test_set_map_errors(void **state)
{
	struct front *f = *state;
	struct riotlb_mapping good[] = {
		sized(0x1000, 0x1000, 0, 0),
		sized(0x3000, 0x1000, 0, 0),
		sized(0x5000, 0x1000, 0, 0),
	};
	const struct {
		struct riotlb_mapping m;
		int err;
	} bad[] = {
		{ mapping(0x3000, 0x2fff, 0, RIOTLB_RW), -EINVAL },
		{ mapping(0x3000, 0x3fff, 0, 0), -EINVAL },
		{ mapping(0x3000, 0x3fff, MAX, RIOTLB_RW), -EOVERFLOW },
		{ mapping(0x1800, 0x3fff, 0, RIOTLB_RW), -EEXIST },
		{ mapping(0xfff, 0xfff, 0, RIOTLB_RW), -EINVAL },
		{ mapping(0x3000, 0x10000, 0, RIOTLB_RW), -EINVAL },
	};

	f->attr.iova_range = (struct riotlb_range){ 0x1000, 0xffff };
	front_recreate(f);
	map_two(f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct riotlb_mapping list[3] = { good[0], bad[i].m, good[2] };
		struct riotlb_report report;

		memset(&report, 0xff, sizeof(report));
		assert_int_equal(set_map(f, list, 3, &report), bad[i].err);
		assert_true(says_nothing(&report));
		assert_int_equal(report.index, 1);
		expect_contents(f->engine, 0, sized(0x2000, 0x2000, 0x9000, 0),
				sized(0x4000, 0x2000, 0x5000, 0));
	}
}

/* ---- reset_map and groups ---------------------------------------------- */

static void test_reset_map(void **state)
{
	struct front *f = *state;

	map_two(f);
	assert_int_equal(riotlb_vdpa_set_group_asid(f->vdpa, 1, 1, NULL), 0);
	atomic_store(&f->hooks.refuse_all, true);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(riotlb_vdpa_reset_map(f->vdpa, 0, NULL), 0);
		expect_identity(f->engine, 0);
	}
	atomic_store(&f->hooks.refuse_all, false);
	assert_int_equal(riotlb_vdpa_reset_map(f->vdpa, FRONT_AS, NULL),
			 -EINVAL);
	assert_int_equal(riotlb_vdpa_reset_map(f->vdpa, UINT32_MAX, NULL),
			 -EINVAL);
	/* groups stay bound */
	assert_int_equal(dma_map(f, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(riotlb_vdpa_reset_map(f->vdpa, 1, NULL), 0);
	for (uint32_t g = 0; g < FRONT_GROUPS; g++) {
		uint64_t addr;

		assert_int_equal(group_look(f, g, 0x1000, &addr), 0);
		assert_int_equal(addr, g ? 0x1000 : 0x8000);
	}
}

static void test_group(void **state)
{
	struct front *f = *state;
	uint32_t bad[] = { FRONT_AS, UINT32_MAX }, asid;
	uint64_t addr;

	assert_int_equal(dma_map(f, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(group_look(f, 1, 0x1000, &addr), 0);
	assert_int_equal(addr, 0x8000);
	assert_int_equal(riotlb_vdpa_set_group_asid(f->vdpa, 1, 1, NULL), 0);
	assert_int_equal(group_look(f, 1, 0x1000, &addr), 0);
	assert_int_equal(addr, 0x1000);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			riotlb_vdpa_set_group_asid(f->vdpa, 1, bad[i], NULL),
			-EINVAL);
		assert_int_equal(
			riotlb_vdpa_set_group_asid(f->vdpa, bad[i], 0, NULL),
			-EINVAL);
	}
	assert_int_equal(riotlb_get_group_asid(f->engine, 1, &asid), 0);
	assert_int_equal(asid, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		front_test(test_defaults),
		front_test(test_create_errors),
		front_test(test_create_without_memory),
		front_test(test_device),
		front_test(test_map),
		front_test(test_map_to_the_top),
		front_test(test_map_errors),
		front_test(test_window),
		front_test(test_limit),
		front_test(test_unmap_takes_mappings_whole),
		front_test(test_unmap_policies),
		front_test(test_unmap_everything),
		front_test(test_unmap_errors),
		front_test(test_set_map),
		front_test(test_set_map_errors),
		front_test(test_reset_map),
		front_test(test_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
