/* SPDX-License-Identifier: MIT */
/* Both kinds of queue, with a driver that keeps to the rules. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"
#include "rng.h"

/* Some size that is no power of two where the kind allows it. */
static uint32_t size_of(unsigned kind)
{
	return kind & RIG_PACKED ? 23 : 16;
}

static int percent = 100;

/* ---- data through the ring --------------------------------------- */

struct transfer {
	struct driver_buffer buffers[8];
	unsigned nout, nin;
	uint8_t *memory;
	uint32_t out, in;
	uint8_t seed;
	bool in_flight;
};

#define TRANSFER_BYTES (3 * ARENA_PAGE)

/* Cuts the memory into buffers at random, some of no bytes. */
static void shape(struct transfer *t, struct rng *rng)
{
	uint32_t at = 0;

	t->nout = (unsigned)rng_below(rng, 4);
	t->nin = (unsigned)rng_below(rng, 4) + !t->nout;
	t->out = t->in = 0;
	for (unsigned i = 0; i < t->nout + t->nin; i++) {
		uint32_t len = (uint32_t)rng_below(rng, TRANSFER_BYTES / 8);

		t->buffers[i].data = t->memory + at;
		t->buffers[i].len = len;
		at += len;
		*(i < t->nout ? &t->out : &t->in) += len;
	}
	t->seed = (uint8_t)rng_below(rng, 256);
	for (uint32_t i = 0; i < t->out; i++)
		t->memory[i] = (uint8_t)(t->seed + i);
	memset(t->memory + t->out, 0xee, t->in);
}

/* The device: checks what it reads, writes what the driver will check. */
static void serve(const struct virtq_elem *elem)
{
	uint32_t out = 0, in = 0;
	uint8_t seed = 0;

	for (size_t i = 0; i < elem->nout; i++) {
		const uint8_t *p = elem->segs[i].iov_base;

		if (i == 0)
			seed = *p;
		for (size_t j = 0; j < elem->segs[i].iov_len; j++, out++)
			assert_int_equal(p[j], (uint8_t)(seed + out));
	}
	for (size_t i = elem->nout; i < elem->nout + elem->nin; i++) {
		uint8_t *p = elem->segs[i].iov_base;

		for (size_t j = 0; j < elem->segs[i].iov_len; j++, in++)
			p[j] = (uint8_t)(0x55 + in);
	}
	assert_int_equal(out, elem->out_bytes);
	assert_int_equal(in, elem->in_bytes);
}

static void check_done(struct transfer *t, uint32_t written)
{
	assert_true(t->in_flight);
	assert_int_equal(written, t->in);
	for (uint32_t i = 0; i < t->in; i++)
		assert_int_equal(t->memory[t->out + i], (uint8_t)(0x55 + i));
	t->in_flight = false;
}

#define TRANSFERS 12

static void run_kind(unsigned kind)
{
	struct rig *r = rig_create(kind, size_of(kind));
	struct transfer transfers[TRANSFERS] = { 0 }, *t;
	struct rng rng = { kind + 1 };
	struct virtq_elem elem;
	uint32_t written;
	struct virtq_position start = rig_start(r);
	int total = 10000 * percent / 100;
	int added = 0, done = 0;

	arena_map(&r->arena, r->engine);
	if (!(kind & RIG_PACKED)) {
		/* so that 16-bit indices come round soon */
		start.avail = start.used = UINT16_MAX - 50;
		driver_begin_at(&r->driver, start.used);
	}
	assert_int_equal(virtq_attach(&r->vq, &r->driver.config, &start), 0);
	for (int i = 0; i < TRANSFERS; i++)
		transfers[i].memory =
			arena_alloc(&r->arena, TRANSFER_BYTES, ARENA_PAGE / 2);
	while (done < total) {
		t = &transfers[rng_below(&rng, TRANSFERS)];
		if (!t->in_flight && added < total) {
			shape(t, &rng);
			t->in_flight = driver_add(&r->driver, t->buffers,
						  t->nout, t->nin, t);
			added += t->in_flight;
		}
		if (rng_below(&rng, 3) == 0 && rig_pop(r, false, &elem) == 1) {
			serve(&elem);
			assert_int_equal(
				rig_push(r, &elem, (uint32_t)elem.in_bytes), 0);
		}
		t = driver_get(&r->driver, &written);
		if (t) {
			check_done(t, written);
			done++;
		}
	}
	assert_int_equal(rig_pop(r, false, &elem), 0);
	assert_int_equal(counter_read(&r->vq.stats.elements), total);
	assert_int_equal(counter_read(&r->vq.stats.misses), 0);
	assert_true(counter_read(&r->vq.stats.descriptors) > (unsigned)total);
	rig_destroy(r);
}

static void test_data(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++)
		run_kind(kind);
}

/* ---- what is missing ----------------------------------------------- */

/* Maps what is asked for, a page at a time, until it goes on. */
static int pop_by_need(struct rig *r, struct virtq_elem *elem, unsigned *needs)
{
	struct virtq_position was = r->vq.at;
	int got;

	while ((got = rig_pop(r, false, elem)) == -EAGAIN) {
		assert_int_equal(r->need.error, -EFAULT);
		assert_memory_equal(&was, &r->vq.at, sizeof(was));
		arena_map_page(&r->arena, r->engine, r->need.iova, RIOTLB_RW);
		++*needs;
	}
	return got;
}

static void need_kind(unsigned kind)
{
	struct rig *r = rig_create(kind, size_of(kind));
	struct transfer t = { .nout = 1, .nin = 2 };
	struct virtq_elem elem;
	uint32_t written;
	unsigned needs = 0;

	t.memory = arena_alloc(&r->arena, TRANSFER_BYTES, ARENA_PAGE);
	t.out = t.in = ARENA_PAGE + 8;
	for (uint32_t i = 0; i < t.out; i++)
		t.memory[i] = (uint8_t)i;
	t.buffers[0] = (struct driver_buffer){ t.memory, t.out };
	t.buffers[1] = (struct driver_buffer){ t.memory + t.out, 8 };
	t.buffers[2] = (struct driver_buffer){ t.memory + t.out + 8, t.in - 8 };
	t.in_flight = driver_add(&r->driver, t.buffers, 1, 2, &t);
	rig_attach(r);
	assert_int_equal(pop_by_need(r, &elem, &needs), 1);
	/* the ring in one or two, the buffers in three pages */
	assert_true(needs >= 4);
	assert_int_equal(counter_read(&r->vq.stats.misses), needs);
	serve(&elem);
	while (rig_push(r, &elem, t.in) == -EAGAIN)
		arena_map_page(&r->arena, r->engine, r->need.iova, RIOTLB_RW);
	assert_ptr_equal(driver_get(&r->driver, &written), &t);
	check_done(&t, written);
	rig_destroy(r);
}

static void test_needs(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++)
		need_kind(kind);
}

static void test_permission(void **state)
{
	struct rig *r = rig_create(0, 16);
	uint8_t *memory = arena_alloc(&r->arena, 2 * ARENA_PAGE, ARENA_PAGE);
	uint64_t iova = arena_iova(&r->arena, memory);
	struct driver_buffer b[] = { { memory, 16 }, { memory + 16, 16 } };
	struct virtq_elem elem;

	(void)state;
	arena_map(&r->arena, r->engine);
	arena_map_page(&r->arena, r->engine, iova, RIOTLB_READ);
	rig_attach(r);
	assert_true(driver_add(&r->driver, b, 1, 1, b));
	assert_int_equal(rig_pop(r, false, &elem), -EAGAIN);
	expect_need(r, iova + 16, RIOTLB_WRITE, -EPERM);
	assert_int_equal(r->need.last, iova + 31);
	assert_int_equal(counter_read(&r->vq.stats.denied), 1);
	/* taken as it is */
	assert_int_equal(rig_pop(r, true, &elem), 1);
	assert_int_equal(elem.error, -EPERM);
	assert_int_equal(elem.nout, 1);
	assert_int_equal(elem.nin, 1);
	assert_null(elem.segs[1].iov_base);
	assert_int_equal(elem.segs[1].iov_len, 16);
	/* a ring that may not be written */
	arena_map_page(&r->arena, r->engine, r->driver.config.device,
		       RIOTLB_READ);
	assert_int_equal(rig_push(r, &elem, 0), -EAGAIN);
	assert_int_equal(r->need.error, -EPERM);
	assert_int_equal(r->need.perm, RIOTLB_WRITE);
	/* one that may only be written is enough, but for taking over */
	arena_map_page(&r->arena, r->engine, r->driver.config.device,
		       RIOTLB_WRITE);
	assert_int_equal(rig_push(r, &elem, 0), 0);
	riotlb_read_enter(r->engine);
	assert_int_equal(virtq_resume_split(&r->vq, &r->need), -EAGAIN);
	riotlb_read_exit(r->engine);
	expect_need(r, r->driver.config.device + 2, RIOTLB_READ, -EPERM);
	rig_destroy(r);
}

/* ---- kicks and calls ----------------------------------------------- */

static void one_by_one(struct rig *r, unsigned n, unsigned *kicks,
		       unsigned *calls, bool calls_on)
{
	uint8_t *memory = arena_alloc(&r->arena, 16, 16);
	struct driver_buffer b = { memory, 16 };
	struct virtq_elem elem;
	uint32_t written;

	for (unsigned i = 0; i < n; i++) {
		assert_true(driver_add(&r->driver, &b, 1, 0, memory));
		*kicks += driver_kick_due(&r->driver);
		assert_int_equal(rig_pop(r, false, &elem), 1);
		assert_int_equal(rig_push(r, &elem, 0), 0);
		*calls += (unsigned)rig_call_due(r);
		assert_ptr_equal(driver_get(&r->driver, &written), memory);
		if (calls_on)
			assert_false(driver_calls_on(&r->driver));
	}
}

static void events_kind(unsigned kind)
{
	struct rig *r = rig_create(kind, size_of(kind));
	unsigned kicks = 0, calls = 0, n = 3 * size_of(kind) + 1;

	arena_map(&r->arena, r->engine);
	rig_attach(r);
	/* neither wants to hear anything */
	assert_int_equal(rig_kicks_on(r), 0);
	assert_int_equal(rig_kicks_off(r), 0);
	driver_calls_off(&r->driver);
	one_by_one(r, n, &kicks, &calls, false);
	/* with an event index what was once asked for comes once a lap */
	assert_true(kicks <= (kind & RIG_EVENT_IDX ? 4u : 0u));
	assert_true(calls <= (kind & RIG_EVENT_IDX ? 4u : 0u));
	/* both want to hear of each */
	kicks = calls = 0;
	driver_calls_on(&r->driver);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(rig_kicks_on(r), 0);
		one_by_one(r, 1, &kicks, &calls, true);
	}
	assert_int_equal(kicks, n);
	assert_int_equal(calls, n);
	assert_int_equal(rig_call_due(r), 0);
	rig_destroy(r);
}

static void test_events(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++)
		events_kind(kind);
}

/* Of several at once the driver is told if the one that it waits for is there.
 */
static void test_batches(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		struct rig *r = rig_create(kind, size_of(kind));
		uint8_t *memory = arena_alloc(&r->arena, 16, 16);
		struct driver_buffer b = { memory, 16 };
		struct virtq_elem elem;
		uint32_t written;

		arena_map(&r->arena, r->engine);
		rig_attach(r);
		for (unsigned lap = 0; lap < 50; lap++) {
			assert_int_equal(rig_kicks_on(r), 0);
			assert_false(driver_calls_on(&r->driver));
			for (int i = 0; i < 5; i++)
				assert_true(driver_add(&r->driver, &b, 1, 0,
						       memory));
			assert_true(driver_kick_due(&r->driver));
			/* it looks again before it sleeps */
			assert_int_equal(rig_kicks_on(r), 1);
			for (int i = 0; i < 5; i++) {
				assert_int_equal(rig_pop(r, false, &elem), 1);
				assert_int_equal(rig_push(r, &elem, 0), 0);
			}
			assert_int_equal(rig_call_due(r), 1);
			assert_int_equal(rig_call_due(r), 0);
			assert_true(driver_calls_on(&r->driver));
			for (int i = 0; i < 5; i++)
				assert_non_null(
					driver_get(&r->driver, &written));
		}
		rig_destroy(r);
	}
}

/* ---- taking over --------------------------------------------------- */

static void add_numbered(struct rig *r, uint8_t *memory, int n)
{
	for (int i = 0; i < n; i++) {
		struct driver_buffer b[] = { { memory + i, 1 },
					     { memory + 32, 1 } };

		memory[i] = (uint8_t)i;
		assert_true(driver_add(&r->driver, b, 1, 1, memory + i));
	}
}

static int pop_number(struct rig *r, struct virtq_elem *elem)
{
	assert_int_equal(rig_pop(r, false, elem), 1);
	return *(uint8_t *)elem->segs[0].iov_base;
}

/*
 * Three of five are pushed, one more is popped: what comes next is the fourth.
 * `pushing`: the third was being pushed when the device went, and was
 * (`pushed`) or was not.
 */
static void take_over(unsigned kind, unsigned lap, bool pushing, bool pushed)
{
	struct rig *r = rig_create(kind, size_of(kind));
	uint8_t *memory = arena_alloc(&r->arena, 64, 64);
	struct virtq_position at;
	struct virtq_elem elem;
	uint32_t written;
	int n = pushed ? 3 : 2;

	arena_map(&r->arena, r->engine);
	rig_attach(r);
	for (unsigned i = 0; i < lap; i++) {
		add_numbered(r, memory, 1);
		assert_int_equal(pop_number(r, &elem), 0);
		assert_int_equal(rig_push(r, &elem, 1), 0);
		assert_non_null(driver_get(&r->driver, &written));
	}
	add_numbered(r, memory, 5);
	at = r->vq.at;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pop_number(r, &elem), i);
		if (i == 2 && pushing)
			at = r->vq.at;
		if (i == 2 && !pushed)
			break;
		assert_int_equal(rig_push(r, &elem, 1), 0);
		if (!(i == 2 && pushing))
			at = r->vq.at;
	}
	/* a new device, which knows only what the rings and the journal say */
	virtq_fini(&r->vq);
	assert_int_equal(virtq_init(&r->vq, &r->mem), 0);
	assert_int_equal(virtq_attach(&r->vq, &r->driver.config, &at), 0);
	riotlb_read_enter(r->engine);
	virtq_enter(&r->vq);
	if (kind & RIG_PACKED)
		assert_int_equal(virtq_resume_packed(&r->vq,
						     pushing ? elem.ndescs : 0,
						     &r->need),
				 0);
	else
		assert_int_equal(virtq_resume_split(&r->vq, &r->need), 0);
	riotlb_read_exit(r->engine);
	for (int i = n; i < 5; i++) {
		assert_int_equal(pop_number(r, &elem), i);
		assert_int_equal(rig_push(r, &elem, 1), 0);
	}
	for (int i = 0; i < 5; i++)
		assert_ptr_equal(driver_get(&r->driver, &written), memory + i);
	assert_null(driver_get(&r->driver, &written));
	rig_destroy(r);
}

static void test_take_over(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		for (unsigned lap = 0; lap < 30; lap += 3) {
			take_over(kind, lap, false, true);
			take_over(kind, lap, true, true);
			take_over(kind, lap, true, false);
		}
	}
}

static void test_rewind(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		struct rig *r = rig_create(kind, size_of(kind));
		uint8_t *memory = arena_alloc(&r->arena, 64, 64);
		struct virtq_elem elem;

		arena_map(&r->arena, r->engine);
		rig_attach(r);
		for (unsigned lap = 0; lap < 40; lap++) {
			uint32_t written;

			add_numbered(r, memory, 3);
			assert_int_equal(pop_number(r, &elem), 0);
			assert_int_equal(rig_push(r, &elem, 1), 0);
			assert_int_equal(pop_number(r, &elem), 1);
			assert_int_equal(pop_number(r, &elem), 2);
			virtq_rewind(&r->vq);
			for (int i = 1; i < 3; i++) {
				assert_int_equal(pop_number(r, &elem), i);
				assert_int_equal(rig_push(r, &elem, 1), 0);
			}
			for (int i = 0; i < 3; i++)
				assert_ptr_equal(
					driver_get(&r->driver, &written),
					memory + i);
		}
		rig_destroy(r);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_permission),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_take_over),
		cmocka_unit_test(test_rewind),
	};

	if (argc > 1)
		percent = atoi(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
