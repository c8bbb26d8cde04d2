/* SPDX-License-Identifier: MIT */
/* Are messages taken as the protocol has them, and in no other way? */
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "wire.h"

enum { V = 1, REPLY = 4, NEED_REPLY = 8 };

static struct wire_header header_of(uint32_t request, uint32_t size)
{
	return (struct wire_header){ .request = request, .size = size };
}

static int decode(uint32_t request, const void *payload, size_t size,
		  unsigned nfds, struct wire_msg *msg)
{
	struct wire_header header = header_of(request, (uint32_t)size);

	return wire_decode(&header, payload, nfds, msg);
}

static void test_header(void **state)
{
	uint32_t words[] = { WIRE_GET_CONFIG, V | NEED_REPLY, 100 };
	struct wire_header h;

	(void)state;
	assert_int_equal(wire_decode_header(words, &h), 0);
	assert_int_equal(h.request, WIRE_GET_CONFIG);
	assert_int_equal(h.size, 100);
	assert_true(h.need_reply);
	assert_false(h.reply);
	words[1] = V | REPLY;
	assert_int_equal(wire_decode_header(words, &h), 0);
	assert_true(h.reply);
	for (uint32_t bit = 0; bit < 32; bit++) {
		words[1] = V | UINT32_C(1) << bit;
		if (bit == 0 || bit == 2 || bit == 3)
			continue;
		assert_int_equal(wire_decode_header(words, &h), -EPROTO);
	}
	words[1] = 0;
	assert_int_equal(wire_decode_header(words, &h), -EPROTO);
	words[1] = V;
	words[2] = WIRE_MAX_PAYLOAD;
	assert_int_equal(wire_decode_header(words, &h), 0);
	words[2]++;
	assert_int_equal(wire_decode_header(words, &h), -EMSGSIZE);
}

/* What takes a payload of one size, and no descriptor or one. */
static const struct {
	uint32_t request;
	uint32_t size;
	unsigned nfds;
} fixed[] = {
	{ WIRE_GET_FEATURES, 0, 0 },
	{ WIRE_SET_FEATURES, 8, 0 },
	{ WIRE_SET_OWNER, 0, 0 },
	{ WIRE_RESET_OWNER, 0, 0 },
	{ WIRE_SET_VRING_NUM, 8, 0 },
	{ WIRE_SET_VRING_ADDR, 40, 0 },
	{ WIRE_SET_VRING_BASE, 8, 0 },
	{ WIRE_GET_VRING_BASE, 8, 0 },
	{ WIRE_SET_VRING_KICK, 8, 1 },
	{ WIRE_SET_VRING_CALL, 8, 1 },
	{ WIRE_SET_VRING_ERR, 8, 1 },
	{ WIRE_GET_PROTOCOL_FEATURES, 0, 0 },
	{ WIRE_SET_PROTOCOL_FEATURES, 8, 0 },
	{ WIRE_GET_QUEUE_NUM, 0, 0 },
	{ WIRE_SET_VRING_ENABLE, 8, 0 },
	{ WIRE_SET_BACKEND_REQ_FD, 0, 1 },
};

#define NFIXED (sizeof(fixed) / sizeof(fixed[0]))

static void test_sizes(void **state)
{
	uint8_t payload[WIRE_MAX_PAYLOAD] = { 0 };
	struct wire_header header;
	struct wire_msg msg;

	(void)state;
	for (size_t i = 0; i < NFIXED; i++) {
		for (uint32_t size = 0; size <= 48; size++)
			assert_int_equal(decode(fixed[i].request, payload, size,
						fixed[i].nfds, &msg),
					 size == fixed[i].size ? 0 : -EPROTO);
		for (unsigned nfds = 0; nfds <= WIRE_MAX_FDS; nfds++)
			assert_int_equal(decode(fixed[i].request, payload,
						fixed[i].size, nfds, &msg),
					 nfds == fixed[i].nfds ? 0 : -EPROTO);
		header = header_of(fixed[i].request, fixed[i].size);
		header.reply = true;
		assert_int_equal(
			wire_decode(&header, payload, fixed[i].nfds, &msg),
			-EPROTO);
	}
}

static void test_unknown(void **state)
{
	uint8_t payload[WIRE_MAX_PAYLOAD] = { 0 };
	struct wire_msg msg;

	(void)state;
	for (uint32_t request = 0; request < 300; request++) {
		bool known = strcmp(wire_name(request), "an unknown request");

		/* so long is none but a configuration */
		if (known)
			assert_int_equal(decode(request, payload, 267, 0, &msg),
					 -EPROTO);
		else
			assert_int_equal(decode(request, payload, 267, 3, &msg),
					 -EOPNOTSUPP);
	}
	assert_int_equal(decode(UINT32_MAX, payload, 0, 0, &msg), -EOPNOTSUPP);
	/* those that other features have */
	for (uint32_t request = 26; request < 44; request++)
		assert_int_equal(decode(request, payload, 0, 0, &msg),
				 -EOPNOTSUPP);
	assert_int_equal(decode(6, payload, 16, 1, &msg), -EOPNOTSUPP);
	assert_int_equal(decode(7, payload, 0, 1, &msg), -EOPNOTSUPP);
}

static void test_fields(void **state)
{
	uint64_t u64 = 0x8877665544332211, file;
	uint32_t pair[] = { 3, 0x80008000 };
	struct {
		uint32_t index, flags;
		uint64_t desc, used, avail, log;
	} addr = { 1, 2, 3, 4, 5, 6 };
	struct wire_msg msg;

	(void)state;
	assert_int_equal(decode(WIRE_SET_FEATURES, &u64, 8, 0, &msg), 0);
	assert_int_equal(msg.u64, u64);
	assert_int_equal(decode(WIRE_SET_VRING_BASE, pair, 8, 0, &msg), 0);
	assert_int_equal(msg.state.index, 3);
	assert_int_equal(msg.state.num, 0x80008000);
	assert_int_equal(decode(WIRE_SET_VRING_ADDR, &addr, 40, 0, &msg), 0);
	assert_int_equal(msg.addr.index, 1);
	assert_int_equal(msg.addr.flags, 2);
	assert_int_equal(msg.addr.desc, 3);
	assert_int_equal(msg.addr.used, 4);
	assert_int_equal(msg.addr.avail, 5);
	file = 0xff;
	assert_int_equal(decode(WIRE_SET_VRING_KICK, &file, 8, 1, &msg), 0);
	assert_int_equal(msg.file.index, 0xff);
	assert_false(msg.file.none);
	file = 0x102;
	assert_int_equal(decode(WIRE_SET_VRING_KICK, &file, 8, 1, &msg),
			 -EPROTO);
	assert_int_equal(decode(WIRE_SET_VRING_KICK, &file, 8, 0, &msg), 0);
	assert_int_equal(msg.file.index, 2);
	assert_true(msg.file.none);
	for (unsigned bit = 9; bit < 64; bit++) {
		file = UINT64_C(1) << bit;
		assert_int_equal(decode(WIRE_SET_VRING_CALL, &file, 8, 1, &msg),
				 -EINVAL);
	}
}

static void test_table(void **state)
{
	struct {
		uint32_t n, padding;
		uint64_t region[9][4];
	} table = { .region = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } } };
	struct wire_msg msg;

	(void)state;
	for (uint32_t n = 0; n <= 9; n++) {
		table.n = n;
		for (unsigned nfds = 0; nfds <= WIRE_MAX_FDS; nfds++)
			assert_int_equal(decode(WIRE_SET_MEM_TABLE, &table,
						8 + 32 * n, nfds, &msg),
					 n <= 8 && nfds == n ? 0 : -EPROTO);
		if (n > 0)
			assert_int_equal(decode(WIRE_SET_MEM_TABLE, &table,
						8 + 32 * (n - 1), n, &msg),
					 -EPROTO);
	}
	table.n = 2;
	assert_int_equal(decode(WIRE_SET_MEM_TABLE, &table, 72, 2, &msg), 0);
	assert_int_equal(msg.table.n, 2);
	assert_int_equal(msg.table.regions[1].guest, 5);
	assert_int_equal(msg.table.regions[1].size, 6);
	assert_int_equal(msg.table.regions[1].user, 7);
	assert_int_equal(msg.table.regions[1].offset, 8);
	/* so large that a product of 32 bits is right again */
	table.n = UINT32_C(1) << 27;
	assert_int_equal(decode(WIRE_SET_MEM_TABLE, &table, 8, 0, &msg),
			 -EPROTO);
	for (uint32_t size = 0; size < 8; size++)
		assert_int_equal(
			decode(WIRE_SET_MEM_TABLE, &table, size, 0, &msg),
			-EPROTO);
}

static void test_config(void **state)
{
	uint32_t payload[WIRE_MAX_PAYLOAD / 4] = { 4, 8, 1 };
	uint8_t reply[WIRE_MAX_MESSAGE];
	struct wire_msg msg;

	(void)state;
	memcpy(&payload[3], (uint8_t[]){ 1, 2, 3, 4 }, 4);
	assert_int_equal(decode(WIRE_GET_CONFIG, payload, 20, 0, &msg), 0);
	assert_int_equal(msg.config.offset, 4);
	assert_int_equal(msg.config.size, 8);
	assert_int_equal(msg.config.flags, 1);
	assert_int_equal(msg.config.data[2], 3);
	assert_int_equal(wire_encode_config(&msg, reply), 32);
	assert_memory_equal(reply + 12, payload, 20);
	for (uint32_t size = 0; size <= WIRE_MAX_PAYLOAD; size++) {
		if (size == 20)
			continue;
		assert_int_equal(
			decode(WIRE_SET_CONFIG, payload, size, 0, &msg),
			-EPROTO);
	}
	payload[1] = UINT32_MAX - 11;
	assert_int_equal(decode(WIRE_GET_CONFIG, payload, 0, 0, &msg), -EPROTO);
	payload[1] = WIRE_MAX_CONFIG;
	assert_int_equal(
		decode(WIRE_GET_CONFIG, payload, WIRE_MAX_PAYLOAD, 0, &msg), 0);
	assert_int_equal(
		decode(WIRE_GET_CONFIG, payload, WIRE_MAX_PAYLOAD, 1, &msg),
		-EPROTO);
}

static void test_iotlb(void **state)
{
	struct {
		uint64_t iova, size, uaddr;
		uint8_t perm, type, padding[6];
	} payload = { 0x1000, 0x2000, 0x3000, 3, 2, { 0xff, 0xff } };
	uint8_t bytes[WIRE_MAX_MESSAGE];
	struct wire_header header;
	struct wire_msg msg;
	size_t size;

	(void)state;
	assert_int_equal(decode(WIRE_IOTLB_MSG, &payload, 32, 0, &msg), 0);
	assert_int_equal(msg.iotlb.type, RIOTLB_IOTLB_UPDATE);
	assert_int_equal(msg.iotlb.uaddr, 0x3000);
	assert_int_equal(decode(WIRE_IOTLB_MSG, &payload, 31, 0, &msg),
			 -EPROTO);
	assert_int_equal(decode(WIRE_IOTLB_MSG, &payload, 32, 1, &msg),
			 -EPROTO);
	payload.size = 0;
	assert_int_equal(decode(WIRE_IOTLB_MSG, &payload, 32, 0, &msg),
			 -EINVAL);
	msg.iotlb = (struct riotlb_iotlb_msg){
		.type = RIOTLB_IOTLB_MISS,
		.iova = 0x5000,
		.perm = RIOTLB_WRITE,
	};
	assert_int_equal(wire_encode_miss(&msg.iotlb, true, bytes, &size), 0);
	assert_int_equal(size, 44);
	assert_int_equal(wire_decode_header(bytes, &header), 0);
	assert_int_equal(header.request, WIRE_BACKEND_IOTLB_MSG);
	assert_int_equal(header.size, 32);
	assert_true(header.need_reply);
	assert_false(header.reply);
	memcpy(&payload, bytes + 12, sizeof(payload));
	assert_int_equal(payload.iova, 0x5000);
	assert_int_equal(payload.perm, 2);
	assert_int_equal(payload.type, 1);
}

static void test_replies(void **state)
{
	struct wire_msg msg = { .request = WIRE_GET_VRING_BASE,
				.state = { 3, 7 } };
	uint32_t words[5];
	uint64_t number;

	(void)state;
	assert_int_equal(wire_encode_state(&msg, words), 20);
	assert_int_equal(words[0], WIRE_GET_VRING_BASE);
	assert_int_equal(words[1], V | REPLY);
	assert_int_equal(words[2], 8);
	assert_int_equal(words[3], 3);
	assert_int_equal(words[4], 7);
	assert_int_equal(wire_encode_u64(&msg, 0x100000002, words), 20);
	memcpy(&number, &words[3], sizeof(number));
	assert_int_equal(number, 0x100000002);
	assert_int_equal(wire_encode_nothing(&msg, words), 12);
	assert_int_equal(words[2], 0);
	assert_true(wire_is_query(WIRE_GET_CONFIG));
	assert_false(wire_is_query(WIRE_SET_CONFIG));
	assert_false(wire_is_query(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),  cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_fields),
		cmocka_unit_test(test_table),   cmocka_unit_test(test_config),
		cmocka_unit_test(test_iotlb),   cmocka_unit_test(test_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
