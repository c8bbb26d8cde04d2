/* SPDX-License-Identifier: MIT */
/* The device's side of VDUSE's messages, with a kernel of this process. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <sys/socket.h>
#include <unistd.h>
#include <urcu/urcu-qsbr.h>

#include "check.h"
#include "fixture.h"
#include "kernel_side.h"
#include "rig.h"
#include "stage.h"

#define READ VIRTIO_BLK_T_IN
#define WRITE VIRTIO_BLK_T_OUT

static struct side *begin(unsigned kind, const struct rcu_flavor_struct *flavor,
			  bool stalls)
{
	struct side *side = side_create(kind);

	if (stalls)
		side_stall(side);
	side_open_device(side, flavor, NULL);
	return side;
}

static struct request *new_request(struct side *side, uint32_t capacity)
{
	struct request *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	request_init(r, &side->arena, capacity);
	return r;
}

/* Reads a sector of 0x77 on a queue. */
static void ask_read(struct side *side, unsigned queue, struct request *r)
{
	memset(side->disk.ram, 0x77, 512);
	side_ask(side, queue, r, READ, 0, 512);
}

static void expect_done(const struct request *r)
{
	assert_int_equal(*r->status, VIRTIO_BLK_S_OK);
	for (int i = 0; i < 512; i++)
		assert_int_equal(r->data[i], 0x77);
}

static void expect_read(struct side *side, unsigned queue, struct request *r)
{
	assert_ptr_equal(side_await(side, queue), r);
	expect_done(r);
}

static int64_t count(struct side *side, const char *group, const char *name)
{
	json_t *report = device_report(side->device), *value;
	int64_t n;

	assert_non_null(report);
	value = group ? json_object_get(report, group) : report;
	value = json_object_get(value, name);
	assert_true(json_is_integer(value));
	n = json_integer_value(value);
	json_decref(report);
	return n;
}

/* Everything is given back by the answer. */
static void reset(struct side *side)
{
	assert_int_equal(side_set_status(side, 0), 0);
	assert_int_equal(count(side, "regions", "live"), 0);
	assert_int_equal(count(side, "regions", "mapped"),
			 count(side, "regions", "released"));
}

static void new_rings(struct side *side)
{
	for (unsigned i = 0; i < SIDE_QUEUES; i++)
		side_new_rings(side, i);
}

/* ---- life ----------------------------------------------------------- */

static void serve_kind(unsigned kind, const struct rcu_flavor_struct *flavor)
{
	struct side *side = begin(kind, flavor, false);
	struct request *r[SIDE_QUEUES];

	side_run(side);
	for (unsigned i = 0; i < SIDE_QUEUES; i++)
		r[i] = new_request(side, 4096);
	for (int bind = 0; bind < 3; bind++) {
		side_bind(side);
		for (unsigned i = 0; i < SIDE_QUEUES; i++) {
			ask_read(side, i, r[i]);
			expect_read(side, i, r[i]);
		}
		reset(side);
		new_rings(side);
	}
	side_destroy(side);
	for (unsigned i = 0; i < SIDE_QUEUES; i++)
		free(r[i]);
}

static void test_serve(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		serve_kind(kind, NULL);
		serve_kind(kind, &urcu_qsbr_flavor);
	}
}

static void test_features(void **state)
{
	struct side *side = begin(0, NULL, false);
	uint64_t all = side->features;

	(void)state;
	assert_int_equal(side_set_status(side, 0), 0);
	assert_int_equal(side_set_status(side, 3), 0);
	side->features = all | UINT64_C(1) << 40;
	assert_int_equal(side_set_status(side, 11), -EIO);
	side->features = all & ~(UINT64_C(1) << VIRTIO_F_VERSION_1);
	assert_int_equal(side_set_status(side, 11), -EIO);
	side->features = all & ~(UINT64_C(1) << VIRTIO_F_ACCESS_PLATFORM);
	assert_int_equal(side_set_status(side, 11), -EIO);
	side->features = all;
	assert_int_equal(side_set_status(side, 11), 0);
	assert_int_equal(count(side, NULL, "status"), 11);
	side_destroy(side);
}

/* A request of that type, with a body of that beginning, is refused. */
static void expect_refused(struct side *side, uint32_t type, uint32_t id,
			   uint64_t body)
{
	struct riotlb_vduse_response response = { 0 };
	uint8_t buf[RIOTLB_VDUSE_MSG_SIZE] = { 0 };

	memcpy(buf, &type, sizeof(type));
	memcpy(buf + 4, &id, sizeof(id));
	memcpy(buf + 24, &body, sizeof(body));
	assert_int_equal(write(side->fd, buf, sizeof(buf)), sizeof(buf));
	assert_true(side_receive(side, 1000, id, &response));
	assert_true(response.failed);
}

/* What nobody understands is answered, too. */
static void test_unknown(void **state)
{
	struct side *side = begin(0, NULL, false);
	uint8_t buf[RIOTLB_VDUSE_MSG_SIZE] = { 0 };

	(void)state;
	expect_refused(side, 9, 42, 0);
	/* from 1 to 0 */
	expect_refused(side, RIOTLB_VDUSE_UPDATE_IOTLB, 43, 1);
	/* half a message, and the end */
	assert_int_equal(write(side->fd, buf, 10), 10);
	assert_int_equal(device_handle(side->device), -EIO);
	assert_int_equal(device_handle(side->device), 0);
	assert_int_equal(shutdown(side->fd, SHUT_RDWR), 0);
	assert_int_equal(device_handle(side->device), -EIO);
	side_destroy(side);
}

/* ---- states ----------------------------------------------------------- */

static struct riotlb_vduse_response ask_state(struct side *side, unsigned queue)
{
	struct riotlb_vduse_request r = { .type = RIOTLB_VDUSE_GET_VQ_STATE,
					  .vq = queue };
	struct riotlb_vduse_response response = { .has_vq = true };

	response.vq.packed = side->drivers[queue].config.packed;
	assert_true(side_receive(side, 60000, side_send(side, r), &response));
	assert_false(response.failed);
	assert_int_equal(response.vq.index, queue);
	return response;
}

/* The state is noted right after the driver has a request back. */
static void await_state(struct side *side, uint16_t index)
{
	const struct virtq_config *c = &side->drivers[0].config;

	for (int i = 0; i < 1000; i++) {
		struct riotlb_vduse_response r = ask_state(side, 0);

		if (c->packed ? r.vq.ring.packed_ring.last_used_idx ==
					index % c->num
			      : r.vq.ring.split.avail_index == index)
			return;
		stage_settle();
	}
}

static void expect_state(struct side *side, unsigned queue, uint16_t index)
{
	struct riotlb_vduse_response response = ask_state(side, queue);
	const struct virtq_config *c = &side->drivers[queue].config;

	if (c->packed) {
		assert_int_equal(response.vq.ring.packed_ring.last_avail_idx,
				 index % c->num);
		assert_int_equal(response.vq.ring.packed_ring.last_used_idx,
				 index % c->num);
		assert_int_equal(response.vq.ring.packed_ring.last_used_counter,
				 index / c->num % 2 == 0);
	} else {
		assert_int_equal(response.vq.ring.split.avail_index, index);
	}
}

static void test_state(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		struct side *side = begin(kind, NULL, false);
		struct riotlb_vduse_response response = { 0 };
		struct request *r;
		uint16_t slots =
			kind & RIG_PACKED && !(kind & RIG_INDIRECT) ? 3 : 1;

		side_run(side);
		side_bind(side);
		r = new_request(side, 512);
		expect_state(side, 0, 0);
		for (uint16_t i = 1; i < 20; i++) {
			ask_read(side, 0, r);
			expect_read(side, 0, r);
			await_state(side, (uint16_t)(i * slots));
			expect_state(side, 0, (uint16_t)(i * slots));
			expect_state(side, 1, 0);
		}
		assert_true(side_receive(
			side, 60000,
			side_send(side,
				  (struct riotlb_vduse_request){
					  .type = RIOTLB_VDUSE_GET_VQ_STATE,
					  .vq = SIDE_QUEUES }),
			&response));
		assert_true(response.failed);
		side_destroy(side);
		free(r);
	}
}

/* A call that the kernel refuses, since its status comes later, is not lost. */
static void test_early_call(void **state)
{
	struct side *side = begin(0, NULL, false);
	struct request *r = new_request(side, 512);

	(void)state;
	side_run(side);
	side_bind(side);
	side->driver_ok = false;
	ask_read(side, 0, r);
	stage_settle();
	assert_int_equal(sem_trywait(&side->called[0]), -1);
	side->driver_ok = true;
	expect_read(side, 0, r);
	side_destroy(side);
	free(r);
}

/* ---- memory that changes ------------------------------------------------ */

/*
 * So many were dropped, all of it has been given back, and there is what was
 * fetched since. That may be more than a request needed: a queue looks at its
 * ring once more when the driver has its request back already.
 */
static void expect_dropped(struct side *side, int64_t n)
{
	/* one after the other, as it may be fetched just now */
	int64_t before = count(side, "regions", "mapped");
	int64_t live = count(side, "regions", "live");
	int64_t after = count(side, "regions", "mapped");

	assert_int_equal(count(side, "regions", "dropped"), n);
	assert_int_equal(count(side, "regions", "released"), n);
	assert_in_range(live, before - n, after - n);
}

static void test_update(void **state)
{
	struct side *side = begin(0, NULL, false);
	struct request *r = new_request(side, 512);

	(void)state;
	side->nready = 1;
	side_run(side);
	side_bind(side);
	ask_read(side, 0, r);
	expect_read(side, 0, r);
	assert_int_equal(count(side, "regions", "mapped"), 1);
	assert_int_equal(count(side, "regions", "live"), 1);
	/* a part of it is all of it */
	assert_int_equal(side_update(side, ARENA_IOVA + 5, ARENA_IOVA + 5), 0);
	expect_dropped(side, 1);
	/* next to it is nothing of it */
	ask_read(side, 0, r);
	expect_read(side, 0, r);
	assert_int_equal(side_update(side, 0, ARENA_IOVA - 1), 0);
	expect_dropped(side, 1);
	assert_int_equal(count(side, "regions", "live"), 1);
	assert_int_equal(side_update(side, 0, MAX), 0);
	expect_dropped(side, 2);
	assert_int_equal(count(side, NULL, "updates"), 3);
	/* cut in two, it is two, unless the one is there again */
	side_set_regions(side, 2);
	ask_read(side, 0, r);
	expect_read(side, 0, r);
	assert_in_range(count(side, "regions", "live"), 1, 2);
	assert_int_equal(count(side, NULL, "lease_waits"), 0);
	side_destroy(side);
	free(r);
}

/*
 * The kernel takes memory back and gives it out anew without a word; then what
 * it says of now takes the place of what was there.
 */
static void test_replaced(void **state)
{
	struct side *side = begin(0, NULL, false);
	struct request *r = new_request(side, 512), *far;

	(void)state;
	side->nready = 1;
	side_run(side);
	side_set_regions(side, 2);
	side_bind(side);
	ask_read(side, 0, r);
	expect_read(side, 0, r);
	assert_int_equal(count(side, "regions", "live"), 1);
	/* now the first half is gone, and a request is for the second */
	side_set_regions(side, 1);
	side->arena.used = side->arena.pages / 2 * ARENA_PAGE;
	far = new_request(side, 512);
	ask_read(side, 0, far);
	expect_read(side, 0, far);
	assert_int_equal(count(side, "regions", "mapped"), 2);
	assert_int_equal(count(side, "regions", "live"), 1);
	assert_int_equal(count(side, "regions", "dropped"), 1);
	side_destroy(side);
	free(r);
	free(far);
}

/* The answer of the kernel is of before the update, and comes after it. */
static void update_meanwhile(struct side *side)
{
	check_eq(side_update(side, 0, MAX), 0);
}

static void test_stale(void **state)
{
	struct side *side = begin(0, NULL, false);
	struct request *r = new_request(side, 512);

	(void)state;
	side->nready = 1;
	side_run(side);
	side_bind(side);
	ask_read(side, 0, r);
	expect_read(side, 0, r);
	side->meanwhile = update_meanwhile;
	side->is_meanwhile = true;
	do {
		assert_int_equal(side_update(side, 0, MAX), 0);
		ask_read(side, 0, r);
		expect_read(side, 0, r);
	} while (side->is_meanwhile);
	assert_int_equal(count(side, "regions", "stale"), 1);
	assert_int_equal(count(side, "regions", "mapped") + 1, side->fetched);
	side_destroy(side);
	free(r);
}

/* Nothing there: an error of the request, and the queue goes on. */
static void test_unmapped(void **state)
{
	struct side *side = begin(0, NULL, false);
	struct request *r = new_request(side, 512);

	(void)state;
	side->nready = 1;
	side_run(side);
	side_bind(side);
	r->data += UINT32_MAX;
	ask_read(side, 0, r);
	assert_ptr_equal(side_await(side, 0), r);
	assert_int_equal(*r->status, VIRTIO_BLK_S_IOERR);
	r->data -= UINT32_MAX;
	ask_read(side, 0, r);
	expect_read(side, 0, r);
	assert_int_equal(count(side, "regions", "unknown"), 1);
	side_destroy(side);
	free(r);
}

/*
 * A reset comes while queues are at work. What they still look for, before they
 * see that they are to stop, is not fetched again to outlive the answer.
 */
static void reset_at_work(struct side *side)
{
	struct request *r[3];

	memset(side->arena.driver, 0, side->arena.used);
	side->arena.used = 0;
	new_rings(side);
	for (unsigned i = 0; i < 3; i++)
		r[i] = new_request(side, 16384);
	side_bind(side);
	for (unsigned i = 0; i < 3; i++)
		side_ask(side, i % SIDE_QUEUES, r[i], READ, 0, 16384);
	reset(side);
	for (unsigned i = 0; i < 3; i++)
		free(r[i]);
}

static void test_reset_at_work(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		struct side *side = begin(kind, NULL, false);

		side_run(side);
		for (int round = 0; round < 60; round++)
			reset_at_work(side);
		side_destroy(side);
	}
}

/* ---- requests that take their time --------------------------------------- */

static struct request *stalled_read(struct side *side)
{
	struct request *r = new_request(side, 512);

	side_run(side);
	side_bind(side);
	ask_read(side, 0, r);
	stage_wait(&side->stalled);
	return r;
}

/* The answer comes when the request is done, and not before. */
static void wait_kind(unsigned kind, const struct rcu_flavor_struct *flavor,
		      struct riotlb_vduse_request message)
{
	struct side *side = begin(kind, flavor, true);
	struct request *r = stalled_read(side);
	struct riotlb_vduse_response response = { 0 };
	uint32_t id = side_send(side, message);

	assert_false(side_receive(side, 100, id, &response));
	assert_int_equal(*r->status, 0xff);
	sem_post(&side->go_on);
	assert_true(side_receive(side, 60000, id, &response));
	assert_false(response.failed);
	/* after a reset the ring is the device's no more */
	expect_done(r);
	if (message.type == RIOTLB_VDUSE_UPDATE_IOTLB)
		expect_read(side, 0, r);
	assert_int_equal(count(side, NULL, "fenced"), 0);
	assert_int_equal(count(side, NULL, "lease_waits"), 1);
	assert_true(count(side, "regions", "released") >= 1);
	side->stalls = false;
	side_destroy(side);
	free(r);
}

static const struct riotlb_vduse_request messages[] = {
	{ .type = RIOTLB_VDUSE_UPDATE_IOTLB, .iova = { 0, MAX } },
	{ .type = RIOTLB_VDUSE_SET_STATUS, .status = 0 },
};

static void test_wait(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		for (int i = 0; i < 2; i++) {
			wait_kind(kind, NULL, messages[i]);
			wait_kind(kind, &urcu_qsbr_flavor, messages[i]);
		}
	}
}

/*
 * Past half of the time the queue stops, the answer is given, and what the
 * request still does it does to memory of nobody. When it comes back it is done
 * again.
 */
static void fence_kind(unsigned kind, const struct rcu_flavor_struct *flavor)
{
	struct side *side = begin(kind, flavor, true);
	struct request *r = stalled_read(side);
	struct riotlb_vduse_response response = { 0 };
	uint32_t id;

	side->timeout_ms = 400;
	id = side_send(side, messages[0]);
	assert_false(side_receive(side, 100, id, &response));
	assert_true(side_receive(side, 60000, id, &response));
	assert_false(response.failed);
	assert_int_equal(count(side, NULL, "fenced"), 1);
	assert_int_equal(count(side, "regions", "revoked"), 1);
	assert_int_equal(count(side, "regions", "released"), 0);
	/* this is the driver's now, and stays as it is */
	memset(r->data, 0x5a, 512);
	memset(side->disk.ram, 0x33, 512);
	/* other queues go on meanwhile, and updates do not wait for this one */
	side->timeout_ms = 60000;
	assert_int_equal(side_update(side, 0, MAX), 0);
	/* it comes back; it is done again from the start, which stalls, too */
	sem_post(&side->go_on);
	stage_wait(&side->stalled);
	for (int i = 0; i < 512; i++)
		assert_int_equal(r->data[i], 0x5a);
	assert_int_equal(*r->status, 0xff);
	/* with the next message its memory goes */
	memset(side->disk.ram, 0x77, 512);
	sem_post(&side->go_on);
	expect_read(side, 0, r);
	assert_int_equal(side_set_status(side, 15), 0);
	assert_false(device_tidy(side->device));
	side->stalls = false;
	side_destroy(side);
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

/* A reset does not wait for it either; its queue starts again after it. */
static void test_fence_reset(void **state)
{
	struct side *side = begin(0, NULL, true);
	struct request *r = stalled_read(side), *next, *other;

	(void)state;
	side->timeout_ms = 400;
	assert_int_equal(side_set_status(side, 0), 0);
	assert_int_equal(count(side, NULL, "fenced"), 1);
	side->timeout_ms = 60000;
	/* the driver begins anew, elsewhere */
	new_rings(side);
	side->stalls = false;
	side_bind(side);
	/* not one for both: ThreadSanitizer takes no word of a ring for it */
	other = new_request(side, 512);
	ask_read(side, 1, other);
	expect_read(side, 1, other);
	next = new_request(side, 512);
	ask_read(side, 0, next);
	stage_settle();
	assert_int_equal(*next->status, 0xff); /* the thread is not back yet */
	sem_post(&side->go_on);
	expect_read(side, 0, next);
	assert_int_equal(*r->status, 0xff);
	side_destroy(side);
	free(r);
	free(next);
	free(other);
}

/* Where no limit is set there is none. */
static void test_no_limit(void **state)
{
	struct side *side = begin(0, NULL, true);
	struct request *r = stalled_read(side);
	struct riotlb_vduse_response response = { 0 };
	uint32_t id;

	(void)state;
	side->timeout_ms = 0;
	id = side_send(side, messages[0]);
	assert_false(side_receive(side, 300, id, &response));
	sem_post(&side->go_on);
	assert_true(side_receive(side, 60000, id, &response));
	expect_read(side, 0, r);
	assert_int_equal(count(side, NULL, "fenced"), 0);
	side->stalls = false;
	side_destroy(side);
	free(r);
}

/* What cannot be fenced: a section that does not end. The update fails. */
static void test_cannot(void **state)
{
	struct side *side = begin(0, NULL, false);
	struct riotlb *engine = device_engine(side->device);

	(void)state;
	side_run(side);
	side_bind(side);
	riotlb_thread_register(engine);
	side->timeout_ms = 400;
	riotlb_read_enter(engine);
	assert_int_equal(side_update(side, 0, MAX), -EIO);
	riotlb_read_exit(engine);
	assert_int_equal(count(side, NULL, "updates_failed"), 1);
	assert_int_equal(side_update(side, 0, MAX), 0);
	riotlb_thread_unregister(engine);
	side_destroy(side);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_serve),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_early_call),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_unmapped),
		cmocka_unit_test(test_reset_at_work),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_fence),
		cmocka_unit_test(test_fence_reset),
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
