/* SPDX-License-Identifier: MIT */
/* vhost's messages from bytes and to bytes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/vhost_msg.h>

#include "fixture.h"

#define SIZE RIOTLB_VHOST_MSG_SIZE
#define USER_SIZE RIOTLB_VHOST_USER_IOTLB_SIZE

static void put(uint8_t *at, uint64_t value, size_t size)
{
	uint32_t word = (uint32_t)value;

	memcpy(at, size == 8 ? (void *)&value : (void *)&word, size);
}

/* By hand, at the offsets of the ABI. */
static void write_user(uint8_t *at, uint64_t iova, uint64_t size,
		       uint64_t uaddr, uint8_t perm, uint8_t type)
{
	put(at, iova, 8);
	put(at + 8, size, 8);
	put(at + 16, uaddr, 8);
	at[24] = perm;
	at[25] = type;
}

static void write_msg(uint8_t *at, uint32_t layout, uint32_t asid,
		      uint64_t iova, uint64_t size, uint64_t uaddr,
		      uint8_t perm, uint8_t type)
{
	memset(at, 0, SIZE);
	put(at, layout, 4);
	put(at + 4, asid, 4);
	write_user(at + 8, iova, size, uaddr, perm, type);
}

static void expect_msg(const struct riotlb_iotlb_msg *m, int layout, int type,
		       uint32_t asid, uint64_t iova, uint64_t size,
		       uint64_t uaddr, uint32_t perm)
{
	assert_int_equal(m->layout, layout);
	assert_int_equal(m->type, type);
	assert_int_equal(m->asid, asid);
	assert_int_equal(m->iova, iova);
	assert_int_equal(m->size, size);
	assert_int_equal(m->uaddr, uaddr);
	assert_int_equal(m->perm, perm);
}

static void test_each_type(void **state)
{
	/* which of iova, size, uaddr and perm a type has */
	static const bool has[7][4] = {
		[RIOTLB_IOTLB_MISS] = { 1, 0, 0, 1 },
		[RIOTLB_IOTLB_UPDATE] = { 1, 1, 1, 1 },
		[RIOTLB_IOTLB_INVALIDATE] = { 1, 1, 0, 0 },
		[RIOTLB_IOTLB_ACCESS_FAIL] = { 1, 0, 0, 1 },
	};
	struct riotlb_iotlb_msg m;
	uint8_t buf[SIZE], again[SIZE];

	(void)state;
	for (uint8_t type = 1; type <= 6; type++) {
		for (uint32_t layout = 1; layout <= 2; layout++) {
			write_msg(buf, layout, 0x12345678, 0x1122334455667788,
				  0x10, 0x99aabbccddeeff00, 2, type);
			assert_int_equal(riotlb_vhost_msg_decode(buf, SIZE, &m),
					 0);
			expect_msg(&m, (int)layout, type,
				   layout == 2 ? 0x12345678 : 0,
				   has[type][0] ? 0x1122334455667788 : 0,
				   has[type][1] ? 0x10 : 0,
				   has[type][2] ? 0x99aabbccddeeff00 : 0,
				   has[type][3] ? 2 : 0);
			memset(again, 0xff, sizeof(again));
			assert_int_equal(
				riotlb_vhost_msg_encode(&m, again, SIZE), 0);
			write_msg(buf, layout, m.asid, m.iova, m.size, m.uaddr,
				  (uint8_t)m.perm, type);
			assert_memory_equal(buf, again, SIZE);
		}
	}
}

static void test_vhost_user(void **state)
{
	struct riotlb_iotlb_msg m, was;
	uint8_t buf[USER_SIZE] = { 0 }, again[USER_SIZE];

	(void)state;
	write_user(buf, 0x1000, 0x2000, 0x7000, 3, RIOTLB_IOTLB_UPDATE);
	assert_int_equal(riotlb_vhost_user_iotlb_decode(buf, USER_SIZE, &m), 0);
	expect_msg(&m, RIOTLB_VHOST_USER, RIOTLB_IOTLB_UPDATE, 0, 0x1000,
		   0x2000, 0x7000, 3);
	memset(again, 0xff, sizeof(again));
	assert_int_equal(riotlb_vhost_user_iotlb_encode(&m, again, USER_SIZE),
			 0);
	assert_memory_equal(buf, again, USER_SIZE);
	/* there are no batches, and no AS */
	memset(&m, 0x55, sizeof(m));
	was = m;
	for (uint8_t type = 5; type <= 6; type++) {
		write_user(buf, 0, 0, 0, 0, type);
		assert_int_equal(
			riotlb_vhost_user_iotlb_decode(buf, USER_SIZE, &m),
			-EOPNOTSUPP);
	}
	assert_memory_equal(&m, &was, sizeof(m));
	m = (struct riotlb_iotlb_msg){ .type = RIOTLB_IOTLB_BATCH_END };
	assert_int_equal(riotlb_vhost_user_iotlb_encode(&m, again, USER_SIZE),
			 -EOPNOTSUPP);
	m = (struct riotlb_iotlb_msg){ .type = RIOTLB_IOTLB_INVALIDATE,
				       .asid = 1 };
	assert_int_equal(riotlb_vhost_user_iotlb_encode(&m, again, USER_SIZE),
			 -EINVAL);
	m.asid = 0;
	m.layout = RIOTLB_VHOST_V1;
	assert_int_equal(riotlb_vhost_user_iotlb_encode(&m, again, USER_SIZE),
			 -EOPNOTSUPP);
}

static const struct {
	uint64_t iova, size, uaddr;
	uint8_t perm, type;
	int err;
} fields[] = {
	/* UPDATE */
	{ 0, 1, 0, 1, 2, 0 },
	{ MAX, 1, MAX, 3, 2, 0 },
	{ 1, MAX, 1, 3, 2, 0 },
	{ 0, 0, 0, 3, 2, -EINVAL },
	{ 0x1000, 0, 0, 3, 2, -EINVAL },
	{ MAX, 2, 0, 3, 2, -EINVAL },
	{ 2, MAX, 0, 3, 2, -EINVAL },
	{ 0, 2, MAX, 3, 2, -EOVERFLOW },
	{ 0, MAX, 2, 3, 2, -EOVERFLOW },
	{ 0, 1, 0, 0, 2, -EINVAL },
	{ 0, 1, 0, 4, 2, -EINVAL },
	{ 0, 1, 0, 0xff, 2, -EINVAL },
	/* INVALIDATE: its uaddr and perm may be anything */
	{ 0, 0, MAX, 0xff, 3, 0 },
	{ 0x1000, 0x1000, MAX, 0, 3, 0 },
	{ 0, 0x1000, 0, 0, 3, 0 },
	{ 1, 0, 0, 0, 3, -EINVAL },
	{ MAX, 0, 0, 0, 3, -EINVAL },
	{ MAX, 2, 0, 0, 3, -EINVAL },
	/* MISS and ACCESS_FAIL: their size and uaddr may be anything */
	{ 0x1000, MAX, MAX, 1, 1, 0 },
	{ 0x1000, 0, 0, 0, 1, -EINVAL },
	{ 0x1000, MAX, MAX, 2, 4, 0 },
	{ 0x1000, 0, 0, 4, 4, -EINVAL },
	/* batch marks: all may be anything */
	{ MAX, MAX, MAX, 0xff, 5, 0 },
	{ 5, 0, 0, 0, 6, 0 },
	/* no type */
	{ 0, 1, 0, 3, 0, -EOPNOTSUPP },
	{ 0, 1, 0, 3, 7, -EOPNOTSUPP },
	{ 0, 1, 0, 3, 0xff, -EOPNOTSUPP },
};

static void test_fields(void **state)
{
	uint8_t buf[SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct riotlb_iotlb_msg m, was;
		bool mark = fields[i].type == 5 || fields[i].type == 6;

		memset(&m, 0x55, sizeof(m));
		was = m;
		write_msg(buf, 2, 0, fields[i].iova, fields[i].size,
			  fields[i].uaddr, fields[i].perm, fields[i].type);
		assert_int_equal(riotlb_vhost_msg_decode(buf, SIZE, &m),
				 fields[i].err);
		if (fields[i].err)
			assert_memory_equal(&m, &was, sizeof(m));
		m = was;
		assert_int_equal(
			riotlb_vhost_user_iotlb_decode(buf + 8, USER_SIZE, &m),
			mark ? -EOPNOTSUPP : fields[i].err);
		if (mark || fields[i].err)
			assert_memory_equal(&m, &was, sizeof(m));
	}
}

/* And the encoder writes nothing that the decoder would refuse. */
static void test_encoder_refuses_the_same(void **state)
{
	uint8_t buf[SIZE], blank[SIZE];

	(void)state;
	memset(blank, 0xaa, SIZE);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct riotlb_iotlb_msg m = {
			.layout = RIOTLB_VHOST_V2,
			.type = (enum riotlb_iotlb_type)fields[i].type,
			.asid = 3,
			.perm = fields[i].perm,
			.iova = fields[i].iova,
			.size = fields[i].size,
			.uaddr = fields[i].uaddr,
		};

		memset(buf, 0xaa, SIZE);
		assert_int_equal(riotlb_vhost_msg_encode(&m, buf, SIZE),
				 fields[i].err);
		if (fields[i].err)
			assert_memory_equal(buf, blank, SIZE);
		m.layout = RIOTLB_VHOST_V1;
		if (fields[i].err == 0)
			assert_int_equal(riotlb_vhost_msg_encode(&m, buf, SIZE),
					 -EINVAL);
	}
}

static void test_layouts(void **state)
{
	static const uint32_t layouts[] = { 0, 3, 0x100, 0x01000000,
					    UINT32_MAX };
	struct riotlb_iotlb_msg m = { .type = RIOTLB_IOTLB_INVALIDATE };
	uint8_t buf[SIZE];

	(void)state;
	for (int i = 0; i < 5; i++) {
		write_msg(buf, layouts[i], 0, 0, 0, 0, 0, 3);
		assert_int_equal(riotlb_vhost_msg_decode(buf, SIZE, &m),
				 -EOPNOTSUPP);
		m.layout = (enum riotlb_vhost_layout)layouts[i];
		assert_int_equal(riotlb_vhost_msg_encode(&m, buf, SIZE),
				 -EOPNOTSUPP);
	}
}

/* Every length but one is refused, before a byte is looked at. */
static void test_lengths(void **state)
{
	struct riotlb_iotlb_msg m, was;

	(void)state;
	memset(&m, 0x55, sizeof(m));
	was = m;
	for (size_t len = 0; len <= 2 * SIZE; len++) {
		/* its own size, for a sanitizer to see */
		uint8_t *buf = malloc(len ? len : 1);

		assert_non_null(buf);
		if (len != SIZE)
			assert_int_equal(riotlb_vhost_msg_decode(buf, len, &m),
					 -EINVAL);
		if (len != USER_SIZE)
			assert_int_equal(
				riotlb_vhost_user_iotlb_decode(buf, len, &m),
				-EINVAL);
		assert_memory_equal(&m, &was, sizeof(m));
		free(buf);
	}
	m = (struct riotlb_iotlb_msg){ .layout = RIOTLB_VHOST_V1,
				       .type = RIOTLB_IOTLB_BATCH_END };
	was = m;
	for (size_t len = 0; len < SIZE; len++) {
		uint8_t *buf = malloc(len ? len : 1);

		assert_non_null(buf);
		assert_int_equal(riotlb_vhost_msg_encode(&m, buf, len),
				 -ENOBUFS);
		if (len < USER_SIZE)
			assert_int_equal(
				riotlb_vhost_user_iotlb_encode(&m, buf, len),
				-ENOBUFS);
		free(buf);
	}
}

/* Padding is what the sender had on its stack, at any alignment. */
static void test_padding_and_alignment(void **state)
{
	struct riotlb_iotlb_msg want, m;
	uint8_t room[SIZE + 8];

	(void)state;
	for (size_t shift = 0; shift < 8; shift++) {
		uint8_t *buf = room + shift;

		write_msg(buf, 1, 0, 0x1000, 0x1000, 0x5000, 3, 2);
		assert_int_equal(riotlb_vhost_msg_decode(buf, SIZE, &want), 0);
		memset(buf + 4, 0xff, 4);
		memset(buf + 34, 0xff, SIZE - 34);
		assert_int_equal(riotlb_vhost_msg_decode(buf, SIZE, &m), 0);
		assert_memory_equal(&m, &want, sizeof(m));
		assert_int_equal(riotlb_vhost_msg_encode(&m, buf, SIZE), 0);
		for (size_t i = 34; i < SIZE; i++)
			assert_int_equal(buf[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_type),
		cmocka_unit_test(test_vhost_user),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_encoder_refuses_the_same),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_padding_and_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
