/* SPDX-License-Identifier: MIT */
/* What a device cannot be brought to do by messages alone. */
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "kernel_side.h"
#include "queues.h"
#include "stage.h"

static struct regions_stats stats_of_regions(struct regions *regions)
{
	struct regions_stats s;

	regions_get_stats(regions, &s);
	return s;
}

/*
 * Queue 0 has a request that stalls, and queue 1 a section that does not end:
 * the first is fenced, but nothing is revoked while the second may still use
 * it, and it is too late for the answer. Later it is done after all.
 */
static void test_too_late(void **state)
{
	const struct queues_kind kind = { .packed = false };
	struct side *side = side_create(0);
	struct request request;
	struct regions *regions;
	struct queues queues;
	struct riotlb_token token;
	struct flight *other;
	uint64_t epoch;

	(void)state;
	side_stall(side);
	side->nready = 1;
	side->driver_ok = true;
	side->timeout_ms = 200;
	request_init(&request, &side->arena, 512);
	assert_int_equal(regions_create(&side->port, NULL, &regions), 0);
	assert_int_equal(
		queues_create(&queues, &side->port, regions, &side->blk, NULL),
		0);
	assert_int_equal(queues_start(&queues, &kind, BLK_START_AT), 0);
	side_ask(side, 0, &request, VIRTIO_BLK_T_IN, 0, 512);
	stage_wait(&side->stalled);
	other = &queues.workers[1].queue.flight;
	flight_enter(other);

	regions_drop(regions, 0, MAX, &token, &epoch);
	assert_int_equal(
		queues_await(&queues, token, epoch, false, queues_now()),
		-ETIMEDOUT);
	assert_int_equal(queues.fenced, 1);
	assert_int_equal(stats_of_regions(regions).revoked, 0);
	assert_true(queues_tidy(&queues));
	assert_int_equal(stats_of_regions(regions).revoked, 0);
	assert_int_equal(riotlb_poll(regions_engine(regions), token), 0);

	flight_leave(other);
	assert_true(queues_tidy(&queues));
	assert_int_equal(stats_of_regions(regions).revoked, 1);
	assert_int_equal(riotlb_wait(regions_engine(regions), token), 0);
	assert_int_equal(stats_of_regions(regions).released, 0);

	/* the request comes back, and is done again */
	memset(side->disk.ram, 0x77, 512);
	side->stalls = false;
	sem_post(&side->go_on);
	assert_ptr_equal(side_await(side, 0), &request);
	assert_int_equal(*request.status, VIRTIO_BLK_S_OK);
	assert_int_equal(request.data[511], 0x77);
	assert_false(queues_tidy(&queues));
	assert_int_equal(queues.workers[0].queue.stats.redone, 1);
	queues_destroy(&queues);
	regions_destroy(regions);
	side_destroy(side);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
