/* SPDX-License-Identifier: MIT */
/* What a device cannot be brought to do by messages alone. */
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "kernel_side.h"
#include "queues.h"
#include "stage.h"

/* What is not there, of the arena. */
static const struct virtio_need need = { .iova = ARENA_IOVA, .error = -EFAULT };

static struct regions_stats stats_of_regions(struct regions *regions)
{
	struct regions_stats s;

	regions_get_stats(regions, &s);
	return s;
}

/* A device without messages, of which queue 0 has a request that stalls. */
struct stuck {
	struct side *side;
	struct regions *regions;
	struct queues queues;
	struct request request;
};

static void stuck_create(struct stuck *s)
{
	const struct queues_kind kind = { .packed = false };

	s->side = side_create(0);
	side_stall(s->side);
	s->side->nready = 1;
	s->side->driver_ok = true;
	s->side->timeout_ms = 200;
	memset(s->side->disk.ram, 0x77, 512);
	request_init(&s->request, &s->side->arena, 512);
	assert_int_equal(regions_create(&s->side->port, NULL, &s->regions), 0);
	assert_int_equal(queues_create(&s->queues, &s->side->port, s->regions,
				       &s->side->blk, NULL),
			 0);
	assert_int_equal(queues_start(&s->queues, &kind, BLK_START_AT), 0);
}

static void stuck_ask(struct stuck *s)
{
	side_ask(s->side, 0, &s->request, VIRTIO_BLK_T_IN, 0, 512);
	stage_wait(&s->side->stalled);
}

/* It comes back, is done, again if it was fenced, and stalls no more. */
static void stuck_finish(struct stuck *s)
{
	s->side->stalls = false;
	sem_post(&s->side->go_on);
	assert_ptr_equal(side_await(s->side, 0), &s->request);
	assert_int_equal(*s->request.status, VIRTIO_BLK_S_OK);
}

static void stuck_destroy(struct stuck *s)
{
	queues_destroy(&s->queues);
	regions_destroy(s->regions);
	side_destroy(s->side);
}

/*
 * Another queue has a section that does not end: the first is fenced, but
 * nothing is revoked while the second may still use it, and it is too late for
 * the answer. Later it is done after all.
 */
static void test_too_late(void **state)
{
	struct riotlb_token token;
	struct flight *other;
	struct stuck s;
	uint64_t epoch;

	(void)state;
	stuck_create(&s);
	stuck_ask(&s);
	other = &s.queues.workers[1].queue.flight;
	flight_enter(other);
	regions_drop(s.regions, 0, MAX, &token, &epoch);
	assert_int_equal(
		queues_await(&s.queues, token, epoch, false, queues_now()),
		-ETIMEDOUT);
	assert_int_equal(s.queues.fenced, 1);
	assert_int_equal(stats_of_regions(s.regions).revoked, 0);
	assert_true(queues_tidy(&s.queues));
	assert_int_equal(stats_of_regions(s.regions).revoked, 0);
	assert_int_equal(riotlb_poll(regions_engine(s.regions), token), 0);

	flight_leave(other);
	assert_true(queues_tidy(&s.queues));
	assert_int_equal(stats_of_regions(s.regions).revoked, 1);
	assert_int_equal(riotlb_wait(regions_engine(s.regions), token), 0);
	assert_int_equal(stats_of_regions(s.regions).released, 0);

	stuck_finish(&s);
	assert_int_equal(s.request.data[511], 0x77);
	assert_false(queues_tidy(&s.queues));
	assert_int_equal(s.queues.workers[0].queue.stats.redone, 1);
	stuck_destroy(&s);
}

/* What is closed fetches nothing for a queue that has not stopped yet. */
static void test_closed(void **state)
{
	struct side *side = side_create(0);
	struct regions *regions;
	struct riotlb_token token;
	uint64_t epoch;

	(void)state;
	assert_int_equal(regions_create(&side->port, NULL, &regions), 0);
	assert_int_equal(regions_resolve(regions, &need), 0);
	assert_int_equal(stats_of_regions(regions).live, 1);
	regions_close(regions);
	regions_drop(regions, 0, MAX, &token, &epoch);
	assert_int_equal(stats_of_regions(regions).live, 0);
	assert_int_equal(regions_resolve(regions, &need), 0);
	assert_int_equal(stats_of_regions(regions).live, 0);
	assert_int_equal(side->fetched, 1);
	/* an update opens nothing */
	regions_drop(regions, 0, MAX, &token, &epoch);
	assert_int_equal(regions_resolve(regions, &need), 0);
	assert_int_equal(side->fetched, 1);
	regions_open(regions);
	assert_int_equal(regions_resolve(regions, &need), 0);
	assert_int_equal(stats_of_regions(regions).live, 1);
	assert_int_equal(side->fetched, 2);
	regions_destroy(regions);
	side_destroy(side);
}

static struct regions *dropped;

static void drop_meanwhile(struct side *side)
{
	struct riotlb_token token;
	uint64_t epoch;

	side_set_regions(side, 1);
	regions_drop(dropped, 0, MAX, &token, &epoch);
}

/*
 * What the kernel said before a drop may not be to be had any more; that is no
 * error then.
 */
static void test_stale_error(void **state)
{
	struct side *side = side_create(0);
	struct regions *regions;

	(void)state;
	assert_int_equal(regions_create(&side->port, NULL, &regions), 0);
	side->regions[0].perm = 0;
	assert_int_equal(regions_resolve(regions, &need), -EINVAL);
	dropped = regions;
	side->meanwhile = drop_meanwhile;
	side->is_meanwhile = true;
	assert_int_equal(regions_resolve(regions, &need), 0);
	assert_int_equal(stats_of_regions(regions).live, 0);
	assert_int_equal(regions_resolve(regions, &need), 0);
	assert_int_equal(stats_of_regions(regions).live, 1);
	assert_int_equal(stats_of_regions(regions).unknown, 0);
	regions_destroy(regions);
	side_destroy(side);
}

/* A request in flight is in the way of a reset until it is fenced. */
static void test_stop(void **state)
{
	struct riotlb_token token;
	struct stuck s;
	uint64_t epoch;

	(void)state;
	stuck_create(&s);
	stuck_ask(&s);
	queues_stop(&s.queues);
	regions_drop(s.regions, 0, MAX, &token, &epoch);
	assert_int_equal(regions_resolve(s.regions, &need), 0);
	assert_int_equal(
		queues_await(&s.queues, token, epoch, true, queues_now()), 0);
	assert_int_equal(s.queues.fenced, 1);
	assert_int_equal(stats_of_regions(s.regions).revoked, 1);
	assert_int_equal(s.side->fetched, 1);
	assert_int_equal(stats_of_regions(s.regions).live, 0);
	s.side->stalls = false;
	sem_post(&s.side->go_on);
	queues_join(&s.queues);
	assert_int_equal(*s.request.status, 0xff);
	stuck_destroy(&s);
}

/* So it is when nobody looked until all of the time was over. */
static void test_delayed(void **state)
{
	struct riotlb_token token;
	struct stuck s;
	uint64_t epoch;

	(void)state;
	stuck_create(&s);
	stuck_ask(&s);
	regions_drop(s.regions, 0, MAX, &token, &epoch);
	assert_int_equal(queues_await(&s.queues, token, epoch, false,
				      queues_now() - s.side->timeout_ms),
			 0);
	assert_int_equal(s.queues.fenced, 1);
	stuck_finish(&s);
	stuck_destroy(&s);
}

/*
 * One that began after an update is in its way, too, if its lease is of the
 * same time for riotlb: of before the grace period was over.
 */
static void test_overtaken(void **state)
{
	struct riotlb_token token;
	struct riotlb *engine;
	struct stuck s;
	uint64_t epoch;

	(void)state;
	stuck_create(&s);
	engine = regions_engine(s.regions);
	riotlb_thread_register(engine);
	riotlb_read_enter(engine);
	regions_drop(s.regions, 0, MAX, &token, &epoch);
	stuck_ask(&s);
	riotlb_read_exit(engine);
	riotlb_thread_unregister(engine);
	assert_int_equal(
		queues_await(&s.queues, token, epoch, false, queues_now()), 0);
	assert_int_equal(s.queues.fenced, 1);
	/* what it uses is not of before the update, and stays */
	assert_true(stats_of_regions(s.regions).live >= 1);
	/* until it goes as well, before the request has come back */
	regions_drop(s.regions, 0, MAX, &token, &epoch);
	assert_int_equal(
		queues_await(&s.queues, token, epoch, false, queues_now()), 0);
	assert_int_equal(stats_of_regions(s.regions).live, 0);
	assert_true(queues_tidy(&s.queues));
	memset(s.request.data, 0x5a, 512);
	sem_post(&s.side->go_on);
	stage_wait(&s.side->stalled);
	for (int i = 0; i < 512; i++)
		assert_int_equal(s.request.data[i], 0x5a);
	assert_false(queues_tidy(&s.queues));
	stuck_finish(&s);
	stuck_destroy(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_late),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_stale_error),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_delayed),
		cmocka_unit_test(test_overtaken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
