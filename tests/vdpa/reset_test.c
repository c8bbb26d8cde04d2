/* SPDX-License-Identifier: MIT */
/* Device reset: mappings persist or are cleaned, groups always go home. */
#include <errno.h>

#include "front.h"

/* Guest memory in AS 0; the control queue's group in AS 1. */
static void bring_up(struct front *f)
{
	assert_int_equal(dma_map(f, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(riotlb_vdpa_dma_map(f->vdpa, 1, 0x1000, 0x1000, 0xc000,
					     RIOTLB_RW, (void *)5, NULL),
			 0);
	assert_int_equal(riotlb_vdpa_set_group_asid(f->vdpa, 1, 1, NULL), 0);
}

static void expect_group(struct front *f, uint32_t group, uint32_t want,
			 uint64_t host)
{
	uint64_t addr;
	uint32_t asid;

	assert_int_equal(riotlb_get_group_asid(f->engine, group, &asid), 0);
	assert_int_equal(asid, want);
	assert_int_equal(group_look(f, group, 0x1000, &addr), 0);
	assert_int_equal(addr, host);
}

static void test_mappings_persist(void **state)
{
	struct front *f = *state;

	for (int how = 0; how < 2; how++) {
		riotlb_vdpa_compat_reset(f->vdpa, RIOTLB_VDPA_RESET_F_CLEAN_MAP,
					 NULL);
		bring_up(f);
		expect_group(f, 1, 1, 0xc000);
		assert_int_equal(
			how ? riotlb_vdpa_compat_reset(f->vdpa, 0, NULL)
			    : riotlb_vdpa_reset(f->vdpa, NULL),
			0);
		expect_group(f, 0, 0, 0x8000);
		expect_group(f, 1, 0, 0x8000);
		expect_contents(f->engine, 0, sized(0x1000, 0x1000, 0x8000, 0));
		expect_contents(f->engine, 1, sized(0x1000, 0x1000, 0xc000, 5));
	}
}

static void test_mappings_are_cleaned(void **state)
{
	struct front *f = *state;

	bring_up(f);
	assert_int_equal(riotlb_vdpa_compat_reset(
				 f->vdpa, RIOTLB_VDPA_RESET_F_CLEAN_MAP, NULL),
			 0);
	for (uint32_t i = 0; i < 2; i++) {
		expect_group(f, i, 0, 0x1000);
		expect_identity(f->engine, i);
		assert_true(stats_of(f->engine, i).is_default);
	}
}

static void test_unknown_flags_change_nothing(void **state)
{
	static const uint32_t flags[] = { 2, 3, 0x80000000, UINT32_MAX };
	struct front *f = *state;
	struct riotlb_report report = { .index = 7 };

	bring_up(f);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			riotlb_vdpa_compat_reset(f->vdpa, flags[i], &report),
			-EINVAL);
	assert_int_equal(report.index, 0);
	expect_group(f, 0, 0, 0x8000);
	expect_group(f, 1, 1, 0xc000);
}

static void test_needs_no_memory(void **state)
{
	struct front *f = *state;
	size_t calls;

	bring_up(f);
	calls = atomic_load(&f->hooks.calls);
	atomic_store(&f->hooks.refuse_all, true);
	assert_int_equal(riotlb_vdpa_reset(f->vdpa, NULL), 0);
	assert_int_equal(riotlb_vdpa_compat_reset(
				 f->vdpa, RIOTLB_VDPA_RESET_F_CLEAN_MAP, NULL),
			 0);
	assert_int_equal(atomic_load(&f->hooks.calls), calls);
	atomic_store(&f->hooks.refuse_all, false);
}

/* Of all AS and groups there is one token, and it is done after the last. */
static void test_token_covers_everything(void **state)
{
	struct front *f = *state;
	struct riotlb_report report;

	bring_up(f);
	assert_int_equal(riotlb_vdpa_compat_reset(f->vdpa,
						  RIOTLB_VDPA_RESET_F_CLEAN_MAP,
						  &report),
			 0);
	assert_int_equal(report.removed, 0);
	assert_int_equal(riotlb_poll(f->engine, report.token), 0);
	assert_int_equal(atomic_load(&f->retired.n), 0);
	assert_int_equal(riotlb_wait(f->engine, report.token), 0);
	assert_int_equal(atomic_load(&f->retired.n), 2);
	/* rebinding alone has one too */
	assert_int_equal(riotlb_vdpa_set_group_asid(f->vdpa, 1, 1, NULL), 0);
	assert_int_equal(riotlb_vdpa_reset(f->vdpa, &report), 0);
	assert_int_equal(riotlb_poll(f->engine, report.token), 0);
	assert_int_equal(riotlb_wait(f->engine, report.token), 0);
}

struct watch {
	struct front *f;
	unsigned int calls;
};

/*
 * In the middle of a reset: the engine's hook runs after each of its changes.
 * Group 1 must find what AS 1 held, a default, or the end, and never the guest
 * memory of AS 0.
 */
static void watch_group(void *ctx, uint32_t asid, uint64_t start, uint64_t last)
{
	struct watch *w = ctx;
	uint64_t addr;

	(void)asid;
	(void)start;
	(void)last;
	if (!w->f)
		return;
	w->calls++;
	assert_int_equal(group_look(w->f, 1, 0x1000, &addr), 0);
	assert_true(addr == 0xc000 || addr == 0x1000);
}

static void test_groups_never_meet_the_memory_of_another(void **state)
{
	struct front *f = *state;
	struct watch watch = { 0 };

	f->engine_attr.sync = watch_group;
	f->engine_attr.hook_ctx = &watch;
	f->engine_attr.retire = NULL;
	front_recreate(f);
	bring_up(f);
	watch.f = f;
	assert_int_equal(riotlb_vdpa_compat_reset(
				 f->vdpa, RIOTLB_VDPA_RESET_F_CLEAN_MAP, NULL),
			 0);
	assert_true(watch.calls >= 3);
	watch.f = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		front_test(test_mappings_persist),
		front_test(test_mappings_are_cleaned),
		front_test(test_unknown_flags_change_nothing),
		front_test(test_needs_no_memory),
		front_test(test_token_covers_everything),
		front_test(test_groups_never_meet_the_memory_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
