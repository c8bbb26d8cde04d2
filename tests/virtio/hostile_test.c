/* SPDX-License-Identifier: MIT */
/*
 * Drivers that break the rules. What they say is the end of the queue, with a
 * reason, and never of the device; nothing is read or written but what is
 * mapped, which is what AddressSanitizer and the holes of the arena watch.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include "check.h"
#include "rig.h"
#include "rng.h"

enum { NEXT = 1, WRITE = 2, INDIRECT = 4, AVAIL = 1 << 7, USED = 1 << 15 };

#define NUM 16u

static int percent = 100;

static struct rig *begin(unsigned kind)
{
	struct rig *r = rig_create(kind, NUM);

	arena_map(&r->arena, r->engine);
	rig_attach(r);
	return r;
}

/* A descriptor in slot i of the ring or of a table, of either kind. */
static void put(struct rig *r, void *table, uint32_t i, uint64_t addr,
		uint32_t len, unsigned flags, uint16_t next)
{
	bool packed = r->driver.config.packed;

	driver_put_desc(table, i, packed, addr, len, (uint16_t)flags,
			packed ? 0 : next);
}

/* Makes what begins in slot 0 available. */
static void offer(struct rig *r)
{
	uint8_t *flags = r->driver.desc + 14;

	if (r->driver.config.packed) {
		driver_put16(flags, driver_get16(flags) | AVAIL);
		return;
	}
	driver_put16(r->driver.driver + 4, 0);
	driver_put16(r->driver.driver + 2, 1);
}

static void expect_broken(struct rig *r, int error, const char *why)
{
	struct virtq_position was = r->vq.at;
	struct virtq_elem elem;

	assert_int_equal(rig_pop(r, false, &elem), error);
	assert_string_equal(virtq_why(&r->vq), why);
	assert_memory_equal(&was, &r->vq.at, sizeof(was));
	rig_destroy(r);
}

/* ---- chains -------------------------------------------------------- */

static void test_circle(void **state)
{
	struct rig *r = begin(0);
	uint64_t at = r->driver.config.desc;

	(void)state;
	put(r, r->driver.desc, 0, at, 1, NEXT, 1);
	put(r, r->driver.desc, 1, at, 1, NEXT, 0);
	offer(r);
	expect_broken(r, -EPROTO, "a chain in a circle");

	r = begin(RIG_PACKED);
	for (uint32_t i = 0; i < NUM; i++)
		put(r, r->driver.desc, i, at, 1, NEXT, 0);
	offer(r);
	expect_broken(r, -EPROTO, "a chain in a circle");
}

static void test_indices(void **state)
{
	struct rig *r = begin(0);
	uint64_t at = r->driver.config.desc;

	(void)state;
	put(r, r->driver.desc, 0, at, 1, NEXT, NUM);
	offer(r);
	expect_broken(r, -EPROTO, "an index past its end");

	r = begin(0);
	offer(r);
	driver_put16(r->driver.driver + 4, UINT16_MAX);
	expect_broken(r, -EPROTO, "an index past its end");

	r = begin(0);
	driver_put16(r->driver.driver + 2, NUM + 1);
	expect_broken(r, -EPROTO, "more made available than it holds");
}

static void test_order(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind <= RIG_PACKED; kind++) {
		struct rig *r = begin(kind);
		uint64_t at = r->driver.config.desc;

		put(r, r->driver.desc, 0, at, 1, WRITE | NEXT, 1);
		put(r, r->driver.desc, 1, at, 1, 0, 0);
		offer(r);
		expect_broken(r, -EPROTO,
			      "a buffer to read behind one to write");
	}
}

static void test_sizes(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind <= RIG_PACKED; kind++) {
		struct rig *r = begin(kind);
		uint64_t at = r->driver.config.desc;
		struct virtq_elem elem;

		put(r, r->driver.desc, 0, at, VIRTQ_MAX_BYTES, NEXT, 1);
		put(r, r->driver.desc, 1, at, 1, 0, 0);
		offer(r);
		/* the first is not all mapped */
		assert_int_equal(rig_pop(r, false, &elem), -EAGAIN);
		assert_int_equal(rig_pop(r, true, &elem), -EPROTO);
		assert_string_equal(virtq_why(&r->vq),
				    "an element of too many bytes");
		rig_destroy(r);

		r = begin(kind);
		put(r, r->driver.desc, 0, at, UINT32_MAX, 0, 0);
		offer(r);
		expect_broken(r, -EPROTO, "an element of too many bytes");

		r = begin(kind);
		put(r, r->driver.desc, 0, UINT64_MAX, 2, 0, 0);
		offer(r);
		expect_broken(r, -EPROTO, "a buffer that passes 2^64");

		/* no bytes at all are no harm, wherever they are */
		r = begin(kind);
		put(r, r->driver.desc, 0, UINT64_MAX, 0, 0, 0);
		offer(r);
		assert_int_equal(rig_pop(r, false, &elem), 1);
		assert_int_equal(elem.nout + elem.nin, 0);
		assert_int_equal(elem.descs, 1);
		rig_destroy(r);
	}
}

/* One descriptor of pages that are each a mapping of their own. */
static void test_parts(void **state)
{
	struct rig *r = begin(0);
	struct riotlb_mapping m;

	(void)state;
	for (uint32_t i = 0; i <= VIRTQ_MAX_SEGS; i++) {
		m = arena_mapping(&r->arena, i % 2, RIOTLB_RW);
		m.start = UINT64_C(1) << 40 | i * 64;
		m.last = m.start + 63;
		assert_int_equal(riotlb_map(r->engine, 0, &m, 0, NULL), 0);
	}
	put(r, r->driver.desc, 0, UINT64_C(1) << 40, VIRTQ_MAX_SEGS * 64, NEXT,
	    1);
	put(r, r->driver.desc, 1, UINT64_C(1) << 40, 1, 0, 0);
	offer(r);
	expect_broken(r, -EPROTO, "an element in too many parts");
}

/* ---- indirect tables ------------------------------------------------ */

static void indirect(unsigned kind, uint64_t table, uint32_t len,
		     unsigned flags, int error, const char *why)
{
	struct rig *r = begin(kind);

	if (table == 0)
		table = r->driver.config.desc;
	put(r, r->driver.desc, 0, table, len, INDIRECT | flags, 1);
	offer(r);
	expect_broken(r, error, why);
}

static void test_tables(void **state)
{
	static const char size[] = "an indirect table of a wrong size";

	(void)state;
	for (unsigned kind = 0; kind <= RIG_PACKED; kind++) {
		unsigned on = kind | RIG_INDIRECT;

		indirect(kind, 0, 16, 0, -EPROTO,
			 "an indirect table, not negotiated");
		indirect(on, 0, 16, NEXT, -EPROTO,
			 "an indirect table and a next descriptor");
		indirect(on, 0, 0, 0, -EPROTO, size);
		indirect(on, 0, 15, 0, -EPROTO, size);
		indirect(on, 0, 17, 0, -EPROTO, size);
		indirect(on, 0, (NUM + 1) * 16, 0, -EPROTO, size);
		indirect(on, UINT64_MAX - 14, 16, 0, -EPROTO,
			 "an indirect table that passes 2^64");
		indirect(on, 0x40000004, 16, 0, -EINVAL,
			 "a word that is not in one piece");
	}
}

static void in_table(unsigned kind, unsigned flags, uint16_t next,
		     const char *why)
{
	struct rig *r = begin(kind);
	uint8_t *table = arena_alloc(&r->arena, 4 * 16, 16);
	uint64_t at = arena_iova(&r->arena, table);

	put(r, table, 0, at, 1, NEXT, 1);
	put(r, table, 1, at, 16, flags, next);
	put(r, r->driver.desc, 0, at, 2 * 16, INDIRECT, 0);
	offer(r);
	expect_broken(r, -EPROTO, why);
}

static void test_in_tables(void **state)
{
	(void)state;
	in_table(RIG_INDIRECT, NEXT, 0, "a chain in a circle");
	in_table(RIG_INDIRECT, NEXT, 2, "an index past its table");
	in_table(RIG_INDIRECT, INDIRECT, 0, "an indirect table in another");
	in_table(RIG_INDIRECT | RIG_PACKED, INDIRECT, 0,
		 "an indirect table in another");
}

static void test_table_in_chain(void **state)
{
	struct rig *r = begin(RIG_INDIRECT | RIG_PACKED);
	uint64_t at = r->driver.config.desc;

	(void)state;
	put(r, r->driver.desc, 0, at, 1, NEXT, 1);
	put(r, r->driver.desc, 1, at, 16, INDIRECT, 0);
	offer(r);
	expect_broken(r, -EPROTO, "an indirect table in a chain");
}

/* ---- rings ---------------------------------------------------------- */

static void expect_refused(struct rig *r, const struct virtq_config *config,
			   const struct virtq_position *at, const char *why)
{
	assert_int_equal(virtq_attach(&r->vq, config, at), -EINVAL);
	assert_string_equal(virtq_why(&r->vq), why);
}

static void test_attach(void **state)
{
	static const char aligned[] = "a part is not aligned";

	(void)state;
	for (unsigned kind = 0; kind <= RIG_PACKED; kind++) {
		struct rig *r = begin(kind);
		struct virtq_position at = rig_start(r);
		struct virtq_config c = r->driver.config;

		c.num = 0;
		expect_refused(r, &c, &at, "its size");
		c.num = VIRTQ_MAX_NUM + 1;
		expect_refused(r, &c, &at, "its size");
		if (!c.packed) {
			c.num = 12;
			expect_refused(r, &c, &at,
				       "its size is no power of two");
		}
		c = r->driver.config;
		c.desc += 8;
		expect_refused(r, &c, &at, aligned);
		c = r->driver.config;
		c.driver += 1;
		expect_refused(r, &c, &at, aligned);
		c = r->driver.config;
		c.device += 2;
		expect_refused(r, &c, &at, aligned);
		c = r->driver.config;
		c.desc = UINT64_MAX - 15;
		expect_refused(r, &c, &at, "a part passes 2^64");
		if (c.packed) {
			at.avail = NUM;
			expect_refused(r, &r->driver.config, &at,
				       "a position past its end");
		}
		rig_destroy(r);
	}
}

/* A word of the ring that lies across two mappings, at an odd address. */
static void test_seam(void **state)
{
	struct rig *r = begin(0);
	uint64_t idx = r->driver.config.driver + 2;
	struct riotlb_mapping m = arena_mapping(&r->arena, 100, RIOTLB_RW);
	struct virtq_elem elem;

	(void)state;
	m.start = idx + 1;
	m.last = idx + 1;
	assert_int_equal(riotlb_map(r->engine, 0, &m, RIOTLB_MAP_REPLACE, NULL),
			 0);
	assert_int_equal(rig_pop(r, false, &elem), -EINVAL);
	assert_string_equal(virtq_why(&r->vq),
			    "a word that is not in one piece");
	/* the second half of it in a hole can be seen to */
	riotlb_unmap(r->engine, 0, idx + 1, idx + 1, RIOTLB_UNMAP_EXACT, NULL);
	assert_int_equal(rig_pop(r, false, &elem), -EAGAIN);
	expect_need(r, idx + 1, RIOTLB_READ, -EFAULT);
	rig_destroy(r);
}

/* The memory behind a mapping goes: an error, and not the end of the process.
 */
static void test_gone(void **state)
{
	(void)state;
#ifdef RIOTLB_TSAN
	/* its own locks are left locked by what is left in the middle */
	print_message("SKIPPED: not under ThreadSanitizer\n");
	skip();
#endif
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		struct rig *r = begin(kind);
		struct virtq_elem elem = { .ndescs = 1 };

		arena_cut(&r->arena);
		assert_int_equal(rig_pop(r, false, &elem), -EFAULT);
		assert_string_equal(virtq_why(&r->vq),
				    "the memory of a mapping is gone");
		elem.ndescs = 1;
		assert_int_equal(rig_push(r, &elem, 1), -EFAULT);
		r->vq.unsignalled = 1;
		assert_int_equal(rig_call_due(r), -EFAULT);
		rig_destroy(r);
	}
}

/* ---- at random ------------------------------------------------------ */

/* All of what the driver may write to, with numbers that are likely to hurt. */
static void scribble(struct rig *r, struct rng *rng, uint8_t *table)
{
	uint8_t *areas[] = { r->driver.desc, r->driver.driver, r->driver.device,
			     table };
	size_t words[] = { 16 * NUM / 2, r->driver.config.packed ? 2 : 3 + NUM,
			   r->driver.config.packed ? 2 : 3 + 4 * NUM,
			   16 * NUM / 2 };
	size_t area = rng_below(rng, 4), at = rng_below(rng, words[area]);
	uint16_t value = (uint16_t)rng_log(rng, 16);

	if (rng_percent(rng, 20)) { /* a descriptor that makes some sense */
		uint64_t iova = arena_iova(&r->arena, table) +
				rng_below(rng, 2) * rng_below(rng, 9999);

		put(r, areas[rng_below(rng, 2) * 3],
		    (uint32_t)rng_below(rng, NUM), iova,
		    (uint32_t)rng_log(rng, 14),
		    (unsigned)rng_below(rng, 8) |
			    (unsigned)rng_below(rng, 4) * (AVAIL | 0),
		    (uint16_t)rng_below(rng, NUM + 1));
		return;
	}
	if (area == 1 && at == 1 && !r->driver.config.packed)
		value = (uint16_t)(r->vq.at.avail + rng_below(rng, 4));
	driver_put16(areas[area] + 2 * at, value);
}

static void serve_hostile(struct rig *r, uint64_t *elements, uint64_t *broken)
{
	struct virtq_elem elem;
	int got = rig_pop(r, true, &elem);
	uint64_t out = 0, in = 0;

	if (got == 1) {
		++*elements;
		for (size_t i = 0; i < elem.nout + elem.nin; i++)
			*(i < elem.nout ? &out : &in) += elem.segs[i].iov_len;
		assert_int_equal(out, elem.out_bytes);
		assert_int_equal(in, elem.in_bytes);
		got = rig_push(r, &elem, (uint32_t)elem.in_bytes);
	}
	if (got >= 0) {
		(void)rig_call_due(r);
		(void)rig_kicks_on(r);
		return;
	}
	++*broken;
	rig_attach(r);
}

static void random_kind(unsigned kind)
{
	struct rig *r = begin(kind);
	uint8_t *table = arena_alloc(&r->arena, 16 * NUM, 16);
	uint64_t elements = 0, broken = 0;
	struct rng rng = { 17 + kind };

	for (int i = 0; i < 1000 * percent; i++) {
		scribble(r, &rng, table);
		serve_hostile(r, &elements, &broken);
	}
	assert_true(elements > (uint64_t)percent / 8);
	assert_true(broken > (uint64_t)percent);
	rig_destroy(r);
}

static void test_random(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++)
		random_kind(kind);
}

/* The same, while the device reads. */
struct scribbler {
	struct rig *r;
	uint8_t *table;
	_Atomic bool stop;
};

static void *scribble_on(void *arg)
{
	struct scribbler *s = arg;
	struct rng rng = { 4711 };
	struct rig *r = s->r;

	while (!s->stop) {
		size_t i = rng_below(&rng, NUM);
		uint8_t *at =
			(rng_percent(&rng, 50) ? r->driver.desc : s->table) +
			16 * i;

		driver_put64(at, arena_iova(&r->arena, s->table));
		driver_put64(at + 8, rng_next(&rng) & ~UINT64_C(0xffffe000));
		if (!r->driver.config.packed)
			driver_put16(r->driver.driver + 2,
				     (uint16_t)rng_next(&rng));
	}
	return NULL;
}

static void test_concurrent(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < RIG_KINDS; kind++) {
		struct rig *r = begin(kind);
		struct scribbler s = { .r = r };
		uint64_t elements = 0, broken = 0;
		pthread_t thread;

		s.table = arena_alloc(&r->arena, 16 * NUM, 16);
		check(!pthread_create(&thread, NULL, scribble_on, &s));
		for (int i = 0; i < 300 * percent || !broken; i++)
			serve_hostile(r, &elements, &broken);
		s.stop = true;
		pthread_join(thread, NULL);
		rig_destroy(r);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_indices),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_in_tables),
		cmocka_unit_test(test_table_in_chain),
		cmocka_unit_test(test_attach),
		cmocka_unit_test(test_seam),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_concurrent),
	};

	if (argc > 1)
		percent = atoi(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
