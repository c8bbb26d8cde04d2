/* SPDX-License-Identifier: MIT */
/* The threads of queues: leases, fences, misses, orders. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sched.h>
#include <urcu/urcu-qsbr.h>

#include "check.h"
#include "fixture.h"
#include "rig.h"
#include "rng.h"
#include "stage.h"
#include "traffic.h"

/* The next request that is done, waiting for a call. */
static struct request *await(struct stage *s, unsigned queue)
{
	struct request *r;

	while (!(r = request_get(&s->drivers[queue])))
		if (!driver_calls_on(&s->drivers[queue]))
			stage_wait(&s->called[queue]);
	return r;
}

static void add(struct stage *s, struct request *r, uint32_t type,
		uint64_t sector)
{
	assert_true(request_add(r, &s->drivers[0], type, sector, 512, 512));
	stage_kick(s, 0);
}

/* ---- a request in flight ------------------------------------------- */

static struct request *new_request(struct stage *s)
{
	struct request *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	request_init(r, &s->arena, 512);
	/* in a page of its own, so that no ring is in it */
	r->data = arena_alloc(&s->arena, ARENA_PAGE, ARENA_PAGE);
	return r;
}

/* A read of what the disk has, stalled with its data's page translated. */
static struct request *stalled_read(struct stage *s)
{
	struct request *r = new_request(s);

	memset(s->disk.ram, 0x77, 512);
	stage_start(s, 0, BLK_START_AT);
	add(s, r, VIRTIO_BLK_T_IN, 0);
	stage_wait(&s->stalled);
	return r;
}

static void expect_read(struct stage *s, struct request *r)
{
	assert_ptr_equal(await(s, 0), r);
	assert_int_equal(*r->status, VIRTIO_BLK_S_OK);
	assert_int_equal(r->written, 513);
	for (int i = 0; i < 512; i++)
		assert_int_equal(r->data[i], 0x77);
}

static void lease_kind(unsigned kind, const struct rcu_flavor_struct *flavor)
{
	struct stage *s = stage_create(kind, flavor, true);
	struct request *r = stalled_read(s);
	struct riotlb_token token;
	uint64_t epoch;

	/* its page goes, but not from under it */
	token = stage_unmap(s, r->data, &epoch);
	stage_settle();
	assert_int_equal(riotlb_poll(s->engine, token), 0);
	assert_int_equal(s->retired, 0);
	assert_true(flight_is_before(&s->workers[0].queue.flight, epoch));
	assert_int_equal(*r->status, 0xff);
	sem_post(&s->go_on);
	expect_read(s, r);
	assert_int_equal(riotlb_wait(s->engine, token), 0);
	assert_int_equal(s->retired, 1);
	assert_false(flight_is_before(&s->workers[0].queue.flight, epoch));
	assert_int_equal(counter_read(&s->workers[0].queue.stats.redone), 0);
	assert_int_equal(counter_read(&s->workers[0].queue.stats.leases), 1);
	stage_destroy(s);
	free(r);
}

static void test_lease(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		lease_kind(kind, NULL);
		lease_kind(kind, &urcu_qsbr_flavor);
	}
}

/* A request that began after the change is not in its way. */
static void test_newer(void **state)
{
	struct stage *s = stage_create(0, NULL, true);
	riotlb_lease lease;
	struct request *r;
	uint64_t epoch;

	(void)state;
	(void)stage_unmap(s, s->arena.driver, &epoch);
	r = stalled_read(s);
	assert_false(flight_is_before(&s->workers[0].queue.flight, epoch));
	assert_false(flight_fence(&s->workers[0].queue.flight, epoch, &lease));
	sem_post(&s->go_on);
	expect_read(s, r);
	stage_destroy(s);
	free(r);
}

/* The lease is taken from it; it comes back, and is done again. */
static void fence_kind(unsigned kind, const struct rcu_flavor_struct *flavor)
{
	struct stage *s = stage_create(kind, flavor, true);
	struct request *r = stalled_read(s);
	struct flight *flight = &s->workers[0].queue.flight;
	uint8_t *memory = r->data;
	struct riotlb_token token;
	riotlb_lease lease;
	uint64_t epoch;

	token = stage_unmap(s, memory, &epoch);
	assert_true(flight_fence(flight, epoch, &lease));
	assert_false(flight_fence(flight, epoch, &lease));
	assert_true(flight_is_fenced(flight));
	assert_false(flight_is_before(flight, epoch));
	stage_settle();
	assert_int_equal(riotlb_poll(s->engine, token), 0);
	/*
	 * Whoever fences would make the memory harmless now. Here the request
	 * is made to leave it alone; then it may go.
	 */
	s->workers[0].queue.request.ndata = 0;
	riotlb_lease_end(s->engine, lease);
	assert_int_equal(riotlb_wait(s->engine, token), 0);
	assert_int_equal(s->retired, 1);
	assert_int_equal(*r->status, 0xff);
	assert_null(request_get(&s->drivers[0]));
	/* it comes back, and begins anew, which stalls, too */
	sem_post(&s->go_on);
	stage_wait(&s->stalled);
	assert_false(flight_is_fenced(flight));
	assert_int_equal(counter_read(&s->workers[0].queue.stats.redone), 1);
	assert_int_equal(*r->status, 0xff);
	sem_post(&s->go_on);
	expect_read(s, r);
	assert_null(request_get(&s->drivers[0]));
	assert_int_equal(counter_read(&s->workers[0].queue.stats.requests), 1);
	stage_destroy(s);
	free(r);
}

static void test_fence(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		fence_kind(kind, NULL);
		fence_kind(kind, &urcu_qsbr_flavor);
	}
}

/* ---- misses --------------------------------------------------------- */

/* The transport asks somebody, who answers later. */
static void test_later(void **state)
{
	struct stage *s = stage_create(RIG_EVENT_IDX, NULL, false);
	struct request *r = new_request(s);

	(void)state;
	s->miss = -EINPROGRESS;
	memset(s->disk.ram, 0x77, 512);
	stage_start(s, 0, BLK_START_AT);
	add(s, r, VIRTIO_BLK_T_IN, 0);
	while (!s->misses)
		sched_yield();
	stage_settle();
	assert_true(s->misses <= 3);
	/* awake for nothing */
	worker_wake(&s->workers[0]);
	stage_settle();
	assert_int_equal(*r->status, 0xff);
	s->miss = 0;
	worker_wake(&s->workers[0]);
	expect_read(s, r);
	stage_destroy(s);
	free(r);
}

/* What cannot be had fails the request, or breaks the queue if it is a ring. */
static void test_never(void **state)
{
	struct stage *s = stage_create(0, NULL, false);
	struct request *r = new_request(s);

	(void)state;
	stage_start(s, 0, BLK_START_AT);
	add(s, r, VIRTIO_BLK_T_IN, 0);
	assert_ptr_equal(await(s, 0), r);
	assert_int_equal(*r->status, VIRTIO_BLK_S_OK);
	r->data += UINT32_MAX; /* an address that there is not */
	add(s, r, VIRTIO_BLK_T_IN, 0);
	assert_ptr_equal(await(s, 0), r);
	assert_int_equal(*r->status, VIRTIO_BLK_S_IOERR);
	assert_int_equal(s->broken, 0);
	r->data -= UINT32_MAX;
	/* the ring */
	stage_stop(s, 0);
	riotlb_reset_map(s->engine, 0, NULL);
	s->miss = -EPERM;
	stage_start(s, 0, BLK_START_RESUME);
	while (!s->broken)
		sched_yield();
	assert_false(worker_is_running(&s->workers[0]));
	/* which is not for ever */
	s->miss = 0;
	stage_start(s, 0, BLK_START_RESUME);
	memset(s->disk.ram, 0x77, 512);
	add(s, r, VIRTIO_BLK_T_IN, 0);
	expect_read(s, r);
	assert_int_equal(s->broken, 1);
	stage_destroy(s);
	free(r);
}

/* ---- calls ---------------------------------------------------------- */

static void test_call_again(void **state)
{
	struct stage *s = stage_create(0, NULL, false);
	struct request *r = new_request(s);

	(void)state;
	s->call_error = -EAGAIN;
	memset(s->disk.ram, 0x77, 512);
	stage_start(s, 0, BLK_START_AT);
	add(s, r, VIRTIO_BLK_T_IN, 0);
	stage_settle();
	assert_int_equal(sem_trywait(&s->called[0]), -1);
	s->call_error = 0;
	stage_wait(&s->called[0]);
	expect_read(s, r);
	stage_destroy(s);
	free(r);
}

static unsigned percent = 100;

/* ---- a storm -------------------------------------------------------- */

struct storm {
	struct stage *s;
	struct traffic traffic;
	unsigned total;
	const _Atomic bool *enough; /* has happened meanwhile */
	_Atomic bool done;
};

static void *storm_drive(void *arg)
{
	struct storm *storm = arg;
	struct traffic *t = &storm->traffic;

	while (t->done < storm->total || !*storm->enough) {
		traffic_send(t);
		stage_kick(storm->s, t->queue);
		traffic_take(t);
		if (!driver_calls_on(t->driver))
			stage_wait(&storm->s->called[t->queue]);
	}
	storm->done = true;
	return NULL;
}

/*
 * While requests run: pages go at random, queues are stopped and taken over.
 * Says when it was enough of that for the run to have shown anything.
 */
static void storm_disturb(struct stage *s, const struct storm *storms,
			  _Atomic bool *enough)
{
	const struct timespec nap = { .tv_nsec = 100000 };
	struct rng rng = { 99 };
	unsigned n = 0;

	while (!storms[0].done || !storms[1].done) {
		unsigned queue = (unsigned)rng_below(&rng, STAGE_QUEUES);
		uint64_t epoch;
		struct riotlb_token token = stage_unmap(
			s,
			s->arena.driver +
				rng_below(&rng, s->arena.used / ARENA_PAGE) *
					ARENA_PAGE,
			&epoch);

		if (rng_percent(&rng, 20))
			check_eq(riotlb_wait(s->engine, token), 0);
		if (rng_percent(&rng, 5)) {
			stage_stop(s, queue);
			stage_start(s, queue, BLK_START_RESUME);
			n++;
		}
		*enough = n > 0 && s->misses > 100 && s->retired > 100;
		/* the pages of a request have to be there all at once */
		nanosleep(&nap, NULL);
	}
}

static void storm_kind(unsigned kind, const struct rcu_flavor_struct *flavor,
		       unsigned total)
{
	struct stage *s = stage_create(kind, flavor, false);
	struct storm storms[STAGE_QUEUES] = { 0 };
	pthread_t threads[STAGE_QUEUES];
	_Atomic bool enough = false;

	for (unsigned i = 0; i < STAGE_QUEUES; i++) {
		storms[i].s = s;
		storms[i].total = total;
		storms[i].enough = &enough;
		traffic_init(&storms[i].traffic, &s->drivers[i], i);
		stage_start(s, i, BLK_START_AT);
		check(!pthread_create(&threads[i], NULL, storm_drive,
				      &storms[i]));
	}
	storm_disturb(s, storms, &enough);
	for (unsigned i = 0; i < STAGE_QUEUES; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(s->broken, 0);
	stage_destroy(s);
}

static void test_storm(void **state)
{
	unsigned total = 200 + 8 * percent;

	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		storm_kind(kind, NULL, total);
		storm_kind(kind, &urcu_qsbr_flavor, total);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lease), cmocka_unit_test(test_newer),
		cmocka_unit_test(test_fence), cmocka_unit_test(test_later),
		cmocka_unit_test(test_never), cmocka_unit_test(test_call_again),
		cmocka_unit_test(test_storm),
	};

	if (argc > 1)
		percent = (unsigned)atoi(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
