/* SPDX-License-Identifier: MIT */
/* VDUSE's requests and responses from bytes and to bytes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/vduse_msg.h>

#include "fixture.h"

#define SIZE RIOTLB_VDUSE_MSG_SIZE
#define BODY 24

static void put_u32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put_u64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void write_request(uint8_t *buf, uint32_t type, uint32_t id)
{
	memset(buf, 0, SIZE);
	put_u32(buf, type);
	put_u32(buf + 4, id);
}

/* Decodes, encodes, and has the same bytes again. */
static void check_request(const uint8_t *buf, struct riotlb_vduse_request *r)
{
	uint8_t again[SIZE];

	memset(r, 0x55, sizeof(*r));
	assert_int_equal(riotlb_vduse_request_decode(buf, SIZE, r), 0);
	memset(again, 0xff, SIZE);
	assert_int_equal(riotlb_vduse_request_encode(r, again, SIZE), 0);
	assert_memory_equal(buf, again, SIZE);
}

static void test_requests(void **state)
{
	struct riotlb_vduse_request r;
	uint8_t buf[SIZE];

	(void)state;
	write_request(buf, RIOTLB_VDUSE_GET_VQ_STATE, 7);
	put_u32(buf + BODY, 0x11223344);
	check_request(buf, &r);
	assert_int_equal(r.type, RIOTLB_VDUSE_GET_VQ_STATE);
	assert_int_equal(r.id, 7);
	assert_int_equal(r.vq, 0x11223344);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.iova.last, 0);

	write_request(buf, RIOTLB_VDUSE_SET_STATUS, UINT32_MAX);
	buf[BODY] = 0x8f;
	check_request(buf, &r);
	assert_int_equal(r.type, RIOTLB_VDUSE_SET_STATUS);
	assert_int_equal(r.id, UINT32_MAX);
	assert_int_equal(r.status, 0x8f);
	assert_int_equal(r.vq, 0);

	write_request(buf, RIOTLB_VDUSE_UPDATE_IOTLB, 1);
	put_u64(buf + BODY, 0x1000);
	put_u64(buf + BODY + 8, MAX);
	check_request(buf, &r);
	assert_int_equal(r.iova.start, 0x1000);
	assert_int_equal(r.iova.last, MAX);
	assert_int_equal(r.vq, 0);
}

/* Type and id are told even so, since the kernel waits for an answer. */
static void expect_refused(const uint8_t *buf, uint32_t type, int err)
{
	struct riotlb_vduse_request r, was;

	memset(&r, 0x55, sizeof(r));
	was = r;
	assert_int_equal(riotlb_vduse_request_decode(buf, SIZE, &r), err);
	was.type = type;
	was.id = 42;
	assert_memory_equal(&r, &was, sizeof(r));
}

static void test_request_errors(void **state)
{
	/* behind what each type's body has */
	static const size_t behind[] = { BODY + 12, BODY + 1, BODY + 16 };
	uint8_t buf[SIZE];

	(void)state;
	for (uint32_t type = 3; type < 7; type++) {
		write_request(buf, type, 42);
		expect_refused(buf, type, -EOPNOTSUPP);
	}
	write_request(buf, UINT32_MAX, 42);
	expect_refused(buf, UINT32_MAX, -EOPNOTSUPP);
	for (uint32_t type = 0; type < 3; type++) {
		for (size_t at = 8; at < SIZE; at++) {
			if (at >= BODY && at < behind[type])
				continue;
			write_request(buf, type, 42);
			buf[at] = 1;
			expect_refused(buf, type, -EOPNOTSUPP);
		}
	}
	write_request(buf, RIOTLB_VDUSE_UPDATE_IOTLB, 42);
	put_u64(buf + BODY, 1);
	expect_refused(buf, RIOTLB_VDUSE_UPDATE_IOTLB, -EINVAL);
	/* what GET_VQ_STATE has behind the index is not looked at */
	write_request(buf, RIOTLB_VDUSE_GET_VQ_STATE, 42);
	memset(buf + BODY + 4, 0xff, 8);
	assert_int_equal(
		riotlb_vduse_request_decode(
			buf, SIZE, &(struct riotlb_vduse_request){ 0 }),
		0);
}

static void test_encode_request_errors(void **state)
{
	struct riotlb_vduse_request r = { .type = 3 };
	uint8_t buf[SIZE], blank[SIZE];

	(void)state;
	memset(buf, 0xaa, SIZE);
	memcpy(blank, buf, SIZE);
	assert_int_equal(riotlb_vduse_request_encode(&r, buf, SIZE),
			 -EOPNOTSUPP);
	r.type = RIOTLB_VDUSE_UPDATE_IOTLB;
	r.iova = (struct riotlb_range){ 1, 0 };
	assert_int_equal(riotlb_vduse_request_encode(&r, buf, SIZE), -EINVAL);
	r.iova.last = 1;
	assert_int_equal(riotlb_vduse_request_encode(&r, buf, SIZE - 1),
			 -ENOBUFS);
	assert_memory_equal(buf, blank, SIZE);
}

static void test_lengths(void **state)
{
	struct riotlb_vduse_request r, was;
	struct riotlb_vduse_response response = { .id = 5 };

	(void)state;
	memset(&r, 0x55, sizeof(r));
	was = r;
	for (size_t len = 0; len <= 2 * SIZE; len++) {
		uint8_t *buf = calloc(1, len ? len : 1);

		assert_non_null(buf);
		if (len != SIZE) {
			assert_int_equal(
				riotlb_vduse_request_decode(buf, len, &r),
				-EINVAL);
			assert_int_equal(riotlb_vduse_response_decode(
						 buf, len, &response),
					 -EINVAL);
		}
		if (len < SIZE)
			assert_int_equal(riotlb_vduse_response_encode(&response,
								      buf, len),
					 -ENOBUFS);
		free(buf);
	}
	assert_memory_equal(&r, &was, sizeof(r));
	assert_int_equal(response.id, 5);
}

/* ---- responses --------------------------------------------------------- */

static const struct riotlb_vduse_response responses[] = {
	{ .id = 1 },
	{ .id = UINT32_MAX, .failed = true },
	{ .id = 2, .has_vq = true, .vq = { .index = 3 } },
	{
		.id = 3,
		.has_vq = true,
		.vq = {
			.index = 0x01020304,
			.ring.split.avail_index = 0x1234,
		},
	},
	{
		.id = 4,
		.has_vq = true,
		.vq = {
			.index = 5,
			.packed = true,
			.ring.packed_ring = { 1, 0x2345, 0, 0x3456 },
		},
	},
};

static void test_responses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		const struct riotlb_vduse_response *r = &responses[i];
		struct riotlb_vduse_response got = {
			.has_vq = r->has_vq,
			.vq.packed = r->vq.packed,
		};
		uint8_t buf[SIZE], want[SIZE] = { 0 };

		memset(buf, 0xff, SIZE);
		assert_int_equal(riotlb_vduse_response_encode(r, buf, SIZE), 0);
		put_u32(want, r->id);
		put_u32(want + 4, r->failed);
		if (r->has_vq) {
			put_u32(want + BODY, r->vq.index);
			memcpy(want + BODY + 4, &r->vq.ring,
			       r->vq.packed ? 8 : 2);
		}
		assert_memory_equal(buf, want, SIZE);
		assert_int_equal(riotlb_vduse_response_decode(buf, SIZE, &got),
				 0);
		assert_int_equal(got.id, r->id);
		assert_int_equal(got.failed, r->failed);
		assert_int_equal(got.has_vq, r->has_vq);
		assert_int_equal(got.vq.index, r->vq.index);
		assert_memory_equal(&got.vq.ring, &r->vq.ring,
				    sizeof(got.vq.ring));
	}
}

static void test_response_errors(void **state)
{
	struct riotlb_vduse_response r = { .id = 9, .has_vq = true }, was = r;
	uint8_t buf[SIZE] = { 0 };

	(void)state;
	put_u32(buf + 4, 2);
	assert_int_equal(riotlb_vduse_response_decode(buf, SIZE, &r), -EINVAL);
	for (size_t at = 8; at < BODY; at++) {
		memset(buf, 0, SIZE);
		buf[at] = 1;
		assert_int_equal(riotlb_vduse_response_decode(buf, SIZE, &r),
				 -EINVAL);
	}
	assert_memory_equal(&r, &was, sizeof(r));
	/* a failure has no state, whatever stands there */
	memset(buf, 0xff, SIZE);
	put_u32(buf + 4, 1);
	memset(buf + 8, 0, BODY - 8);
	assert_int_equal(riotlb_vduse_response_decode(buf, SIZE, &r), 0);
	assert_true(r.failed && !r.has_vq);
	assert_int_equal(r.vq.index, 0);
	r.has_vq = true;
	assert_int_equal(riotlb_vduse_response_encode(&r, buf, SIZE), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_request_errors),
		cmocka_unit_test(test_encode_request_errors),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_response_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
