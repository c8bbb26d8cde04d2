/* SPDX-License-Identifier: MIT */
/* Batches of the front: all at one instant, or nothing. */
#include <errno.h>
#include <string.h>

#include "front.h"

static struct riotlb_vdpa_batch *begin(struct front *f, uint32_t asid)
{
	struct riotlb_vdpa_batch *batch = NULL;

	assert_int_equal(riotlb_vdpa_batch_begin(f->vdpa, asid, &batch), 0);
	assert_non_null(batch);
	return batch;
}

static int add_map(struct riotlb_vdpa_batch *batch, uint64_t iova,
		   uint64_t size, uint64_t pa, uintptr_t opaque)
{
	return riotlb_vdpa_batch_dma_map(batch, iova, size, pa, RIOTLB_RW,
					 (void *)opaque);
}

static void test_shows_at_its_end(void **state)
{
	struct front *f = *state;
	struct riotlb_vdpa_batch *batch = begin(f, 1);
	struct riotlb_report report;

	assert_int_equal(add_map(batch, 0x1000, 0x1000, 0x8000, 1), 0);
	assert_int_equal(add_map(batch, 0x2000, 0x1000, 0x8000, 2), 0);
	assert_int_equal(riotlb_vdpa_batch_dma_unmap(batch, 0x1000, 1), 0);
	assert_int_equal(add_map(batch, 0x1000, 0x800, 0x9000, 3), 0);
	expect_identity(f->engine, 1);
	assert_int_equal(riotlb_vdpa_batch_end(batch, &report), 0);
	expect_contents(f->engine, 1, sized(0x1000, 0x800, 0x9000, 3),
			sized(0x2000, 0x1000, 0x8000, 2));
	expect_identity(f->engine, 0);
	/* what was mapped and unmapped within it comes back as well */
	assert_int_equal(riotlb_wait(f->engine, report.token), 0);
	expect_retired(&f->retired, 1, sized(0x1000, 0x1000, 0x8000, 1));
	assert_int_equal(atomic_load(&f->discarded.n), 0);
}

/* "Everything" is an update like others. */
static void test_replaces_everything(void **state)
{
	struct front *f = *state;
	struct riotlb_vdpa_batch *batch;

	assert_int_equal(dma_map(f, 0x1000, 0x3000, 0x8000), 0);
	assert_int_equal(dma_map(f, 0x9000, 0x1000, 0x8000), 0);
	batch = begin(f, 0);
	assert_int_equal(riotlb_vdpa_batch_dma_unmap(batch, 0, 0), 0);
	assert_int_equal(add_map(batch, 0x2000, 0x1000, 0xa000, 9), 0);
	assert_int_equal(riotlb_vdpa_batch_end(batch, NULL), 0);
	expect_contents(f->engine, 0, sized(0x2000, 0x1000, 0xa000, 9));
}

static void test_failure_changes_nothing_and_can_be_cured(void **state)
{
	struct front *f = *state;
	struct riotlb_vdpa_batch *batch;
	struct riotlb_report report;
	uint64_t generation;

	assert_int_equal(dma_map(f, 0x3000, 0x1000, 0x8000), 0);
	batch = begin(f, 0);
	assert_int_equal(add_map(batch, 0x1000, 0x1000, 0x8000, 1), 0);
	assert_int_equal(riotlb_vdpa_batch_dma_unmap(batch, 0x9000, 1), 0);
	assert_int_equal(add_map(batch, 0x3000, 0x1000, 0x9000, 2), 0);
	assert_int_equal(add_map(batch, 0x5000, 0x1000, 0x9000, 3), 0);
	generation = stats_of(f->engine, 0).generation;
	assert_int_equal(riotlb_vdpa_batch_end(batch, &report), -EEXIST);
	assert_int_equal(report.index, 2);
	assert_int_equal(report.removed, 0);
	assert_int_equal(stats_of(f->engine, 0).generation, generation);
	expect_contents(f->engine, 0, sized(0x3000, 0x1000, 0x8000, 0));
	/* the batch is as it was */
	assert_int_equal(dma_unmap(f, 0x3000, 1), 0);
	assert_int_equal(riotlb_vdpa_batch_end(batch, &report), 0);
	expect_contents(f->engine, 0, sized(0x1000, 0x1000, 0x8000, 1),
			sized(0x3000, 0x1000, 0x9000, 2),
			sized(0x5000, 0x1000, 0x9000, 3));
}

static void test_abort(void **state)
{
	struct front *f = *state;
	struct riotlb_vdpa_batch *batch = begin(f, 1);

	assert_int_equal(add_map(batch, 0x1000, 0x1000, 0x8000, 1), 0);
	assert_int_equal(riotlb_vdpa_batch_dma_unmap(batch, 0, 0), 0);
	assert_int_equal(add_map(batch, 0x3000, 0x1000, 0x8000, 2), 0);
	riotlb_vdpa_batch_abort(batch);
	expect_identity(f->engine, 1);
	/* the maps come back, for whoever holds their pages */
	expect_retired(&f->discarded, 1, sized(0x1000, 0x1000, 0x8000, 1),
		       sized(0x3000, 0x1000, 0x8000, 2));
	drain(f->engine);
	assert_int_equal(atomic_load(&f->retired.n), 0);
	riotlb_vdpa_batch_abort(NULL);
	/* and without a callback nothing does */
	f->attr.discard = NULL;
	front_recreate(f);
	batch = begin(f, 0);
	assert_int_equal(add_map(batch, 0x1000, 0x1000, 0x8000, 1), 0);
	riotlb_vdpa_batch_abort(batch);
	assert_int_equal(atomic_load(&f->discarded.n), 0);
}

static void test_refused_updates_are_not_in_it(void **state)
{
	struct front *f = *state;
	struct riotlb_vdpa_batch *batch;

	f->attr.iova_range.last = 0xffff;
	front_recreate(f);
	batch = begin(f, 0);
	assert_int_equal(add_map(batch, 0x1000, 0, 0, 1), -EINVAL);
	assert_int_equal(add_map(batch, MAX, 2, 0, 1), -EINVAL);
	assert_int_equal(add_map(batch, 0xffff, 2, 0, 1), -EINVAL);
	assert_int_equal(add_map(batch, 0x1000, 2, MAX, 1), -EOVERFLOW);
	assert_int_equal(
		riotlb_vdpa_batch_dma_map(batch, 0x1000, 1, 0, 0, NULL),
		-EINVAL);
	assert_int_equal(riotlb_vdpa_batch_dma_unmap(batch, 0x1000, 0),
			 -EINVAL);
	assert_int_equal(riotlb_vdpa_batch_dma_unmap(batch, MAX, 2), -EINVAL);
	assert_int_equal(add_map(batch, 0x1000, 0x1000, 0x8000, 1), 0);
	assert_int_equal(riotlb_vdpa_batch_end(batch, NULL), 0);
	expect_contents(f->engine, 0, sized(0x1000, 0x1000, 0x8000, 1));
}

static void test_as_that_is_none(void **state)
{
	struct front *f = *state;
	struct riotlb_vdpa_batch *batch = NULL;

	assert_int_equal(riotlb_vdpa_batch_begin(f->vdpa, FRONT_AS, &batch),
			 -EINVAL);
	assert_int_equal(riotlb_vdpa_batch_begin(f->vdpa, UINT32_MAX, &batch),
			 -EINVAL);
	assert_null(batch);
}

static void test_empty_batch_ends_the_default(void **state)
{
	struct front *f = *state;

	assert_int_equal(riotlb_vdpa_batch_end(begin(f, 0), NULL), 0);
	expect_empty(f->engine, 0);
}

static void test_length_is_limited(void **state)
{
	static const uint32_t limits[] = { 1, 16, 17, 40 };
	struct front *f = *state;

	for (int i = 0; i < 4; i++) {
		struct riotlb_vdpa_batch *batch;

		f->attr.max_batch = limits[i];
		front_recreate(f);
		batch = begin(f, 0);
		for (uint32_t n = 0; n < limits[i]; n++)
			assert_int_equal(add_map(batch, n, 1, n, 0), 0);
		assert_int_equal(add_map(batch, 1000, 1, 0, 0), -ENOSPC);
		assert_int_equal(riotlb_vdpa_batch_dma_unmap(batch, 0, 0),
				 -ENOSPC);
		assert_int_equal(riotlb_vdpa_batch_end(batch, NULL), 0);
		assert_int_equal(stats_of(f->engine, 0).mappings, limits[i]);
	}
}

static void test_without_limit(void **state)
{
	struct front *f = *state;
	struct riotlb_vdpa_batch *batch;

	f->attr.max_batch = 0;
	front_recreate(f);
	batch = begin(f, 0);
	for (uint32_t n = 0; n < 70000; n++)
		assert_int_equal(add_map(batch, n * 0x1000ull, 0x1000, n, 0),
				 0);
	assert_int_equal(riotlb_vdpa_batch_end(batch, NULL), 0);
	assert_int_equal(stats_of(f->engine, 0).mappings, 70000);
}

/* With each allocation refused in turn; the batch survives all of it. */
static void test_without_memory(void **state)
{
	struct front *f = *state;
	struct riotlb_vdpa_batch *batch;
	size_t nth = 1;
	int err;

	hooks_refuse_nth(&f->hooks, 1);
	assert_int_equal(riotlb_vdpa_batch_begin(f->vdpa, 0, &batch), -ENOMEM);
	batch = begin(f, 0);
	hooks_refuse_nth(&f->hooks, 1);
	assert_int_equal(add_map(batch, 0, 1, 0, 0), -ENOMEM);
	for (uint32_t n = 0; n < 16; n++)
		assert_int_equal(add_map(batch, n, 1, 2 * n, n), 0);
	hooks_refuse_nth(&f->hooks, 1);
	assert_int_equal(add_map(batch, 16, 1, 0, 0), -ENOMEM);
	assert_int_equal(add_map(batch, 16, 1, 32, 16), 0);
	do {
		expect_identity(f->engine, 0);
		hooks_refuse_nth(&f->hooks, nth++);
		err = riotlb_vdpa_batch_end(batch, NULL);
		hooks_refuse_nth(&f->hooks, 0);
		assert_true(err == 0 || err == -ENOMEM);
	} while (err);
	assert_true(nth > 2);
	assert_int_equal(stats_of(f->engine, 0).mappings, 17);
	expect_host(f->engine, 0, 16, 32);
}

static void test_limit_of_the_as(void **state)
{
	struct front *f = *state;
	struct riotlb_vdpa_batch *batch;
	struct riotlb_report report;

	f->limits[0].mappings = 2;
	front_recreate(f);
	batch = begin(f, 0);
	for (uint32_t n = 0; n < 3; n++)
		assert_int_equal(add_map(batch, n, 1, 0, n), 0);
	assert_int_equal(riotlb_vdpa_batch_end(batch, &report), -ENOSPC);
	assert_int_equal(report.index, 2);
	expect_identity(f->engine, 0);
	riotlb_vdpa_batch_abort(batch);
	assert_int_equal(atomic_load(&f->discarded.n), 3);
}

/* Batches are private until they end, and then ordered by their ends. */
static void test_two_on_one_as(void **state)
{
	struct front *f = *state;
	struct riotlb_vdpa_batch *a = begin(f, 0), *b = begin(f, 0);
	struct riotlb_report report;

	assert_int_equal(add_map(a, 0x1000, 0x1000, 0xa000, 1), 0);
	assert_int_equal(add_map(b, 0x3000, 0x1000, 0xb000, 2), 0);
	assert_int_equal(add_map(b, 0x1000, 0x1000, 0xb000, 3), 0);
	assert_int_equal(riotlb_vdpa_batch_end(a, NULL), 0);
	assert_int_equal(riotlb_vdpa_batch_end(b, &report), -EEXIST);
	assert_int_equal(report.index, 1);
	/* a reset is no end of a batch, which then finds the default state */
	assert_int_equal(riotlb_vdpa_reset_map(f->vdpa, 0, NULL), 0);
	assert_int_equal(riotlb_vdpa_batch_end(b, NULL), 0);
	expect_contents(f->engine, 0, sized(0x1000, 0x1000, 0xb000, 3),
			sized(0x3000, 0x1000, 0xb000, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		front_test(test_shows_at_its_end),
		front_test(test_replaces_everything),
		front_test(test_failure_changes_nothing_and_can_be_cured),
		front_test(test_abort),
		front_test(test_refused_updates_are_not_in_it),
		front_test(test_as_that_is_none),
		front_test(test_empty_batch_ends_the_default),
		front_test(test_length_is_limited),
		front_test(test_without_limit),
		front_test(test_without_memory),
		front_test(test_limit_of_the_as),
		front_test(test_two_on_one_as),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
