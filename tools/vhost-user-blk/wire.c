/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <errno.h>
#include <string.h>

enum {
	VERSION = 1,
	VERSION_MASK = 3,
	REPLY = 1 << 2,
	NEED_REPLY = 1 << 3,
	KNOWN_FLAGS = VERSION_MASK | REPLY | NEED_REPLY,
};

/* Of the word of a vring's file. */
enum { INDEX_MASK = 0xff, NO_FD = 1 << 8 };

enum { TABLE_HEADER = 8, REGION_SIZE = 32 };

enum kind {
	UNKNOWN,
	NOTHING,
	U64,
	STATE,
	ADDR,
	RING_FILE,
	TABLE,
	CONFIG,
	IOTLB
};

static const struct {
	const char *name;
	enum kind kind;
	bool query;
	uint8_t nfds; /* TABLE and RING_FILE have as many as they say */
} requests[] = {
	[WIRE_GET_FEATURES] = { "GET_FEATURES", NOTHING, true, 0 },
	[WIRE_SET_FEATURES] = { "SET_FEATURES", U64, false, 0 },
	[WIRE_SET_OWNER] = { "SET_OWNER", NOTHING, false, 0 },
	[WIRE_RESET_OWNER] = { "RESET_OWNER", NOTHING, false, 0 },
	[WIRE_SET_MEM_TABLE] = { "SET_MEM_TABLE", TABLE, false, 0 },
	[WIRE_SET_VRING_NUM] = { "SET_VRING_NUM", STATE, false, 0 },
	[WIRE_SET_VRING_ADDR] = { "SET_VRING_ADDR", ADDR, false, 0 },
	[WIRE_SET_VRING_BASE] = { "SET_VRING_BASE", STATE, false, 0 },
	[WIRE_GET_VRING_BASE] = { "GET_VRING_BASE", STATE, true, 0 },
	[WIRE_SET_VRING_KICK] = { "SET_VRING_KICK", RING_FILE, false, 0 },
	[WIRE_SET_VRING_CALL] = { "SET_VRING_CALL", RING_FILE, false, 0 },
	[WIRE_SET_VRING_ERR] = { "SET_VRING_ERR", RING_FILE, false, 0 },
	[WIRE_GET_PROTOCOL_FEATURES] = { "GET_PROTOCOL_FEATURES", NOTHING, true,
					 0 },
	[WIRE_SET_PROTOCOL_FEATURES] = { "SET_PROTOCOL_FEATURES", U64, false,
					 0 },
	[WIRE_GET_QUEUE_NUM] = { "GET_QUEUE_NUM", NOTHING, true, 0 },
	[WIRE_SET_VRING_ENABLE] = { "SET_VRING_ENABLE", STATE, false, 0 },
	[WIRE_SET_BACKEND_REQ_FD] = { "SET_BACKEND_REQ_FD", NOTHING, false, 1 },
	[WIRE_IOTLB_MSG] = { "IOTLB_MSG", IOTLB, false, 0 },
	[WIRE_GET_CONFIG] = { "GET_CONFIG", CONFIG, true, 0 },
	[WIRE_SET_CONFIG] = { "SET_CONFIG", CONFIG, false, 0 },
};

static enum kind kind_of(uint32_t request)
{
	if (request >= sizeof(requests) / sizeof(requests[0]))
		return UNKNOWN;
	return requests[request].kind;
}

bool wire_is_query(uint32_t request)
{
	return kind_of(request) != UNKNOWN && requests[request].query;
}

const char *wire_name(uint32_t request)
{
	if (kind_of(request) == UNKNOWN)
		return "an unknown request";
	return requests[request].name;
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* ---- decoding -------------------------------------------------- */

int wire_decode_header(const void *bytes, struct wire_header *header)
{
	const uint8_t *at = bytes;
	uint32_t flags = get32(at + 4), size = get32(at + 8);

	if ((flags & VERSION_MASK) != VERSION || flags & ~(uint32_t)KNOWN_FLAGS)
		return -EPROTO;
	if (size > WIRE_MAX_PAYLOAD)
		return -EMSGSIZE;
	*header = (struct wire_header){
		.request = get32(at),
		.size = size,
		.reply = flags & REPLY,
		.need_reply = flags & NEED_REPLY,
	};
	return 0;
}

static void decode_addr(const uint8_t *at, struct wire_msg *msg)
{
	msg->addr = (struct wire_vring_addr){
		.index = get32(at),
		.flags = get32(at + 4),
		.desc = get64(at + 8),
		.used = get64(at + 16),
		.avail = get64(at + 24),
	};
}

static int decode_file(const uint8_t *at, unsigned nfds, struct wire_msg *msg)
{
	uint64_t word = get64(at);

	msg->file.index = (uint32_t)(word & INDEX_MASK);
	msg->file.none = word & NO_FD;
	if (nfds != (msg->file.none ? 0 : 1))
		return -EPROTO;
	return word & ~(uint64_t)(INDEX_MASK | NO_FD) ? -EINVAL : 0;
}

static int decode_table(const uint8_t *at, uint32_t size, unsigned nfds,
			struct wire_msg *msg)
{
	uint32_t n = size >= TABLE_HEADER ? get32(at) : 0;

	if (n > WIRE_MAX_REGIONS || size != TABLE_HEADER + REGION_SIZE * n ||
	    nfds != n)
		return -EPROTO;
	msg->table.n = n;
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *r = at + TABLE_HEADER + REGION_SIZE * i;

		msg->table.regions[i] = (struct wire_region){
			.guest = get64(r),
			.size = get64(r + 8),
			.user = get64(r + 16),
			.offset = get64(r + 24),
		};
	}
	return 0;
}

static int decode_config(const uint8_t *at, uint32_t size, struct wire_msg *msg)
{
	if (size < WIRE_CONFIG_HEADER ||
	    get32(at + 4) != size - WIRE_CONFIG_HEADER)
		return -EPROTO;
	msg->config.offset = get32(at);
	msg->config.size = get32(at + 4);
	msg->config.flags = get32(at + 8);
	memcpy(msg->config.data, at + WIRE_CONFIG_HEADER, msg->config.size);
	return 0;
}

/* The size of a payload that always has the same one. */
static bool has_its_size(enum kind kind, uint32_t size)
{
	switch (kind) {
	case NOTHING:
		return size == 0;
	case U64:
	case STATE:
	case RING_FILE:
		return size == 8;
	case ADDR:
		return size == 40;
	case IOTLB:
		return size == RIOTLB_VHOST_USER_IOTLB_SIZE;
	default:
		return true;
	}
}

int wire_decode(const struct wire_header *header, const void *payload,
		unsigned nfds, struct wire_msg *msg)
{
	enum kind kind = kind_of(header->request);
	const uint8_t *at = payload;

	msg->request = header->request;
	msg->need_reply = header->need_reply;
	if (header->reply)
		return -EPROTO;
	if (kind == UNKNOWN)
		return -EOPNOTSUPP;
	if (!has_its_size(kind, header->size))
		return -EPROTO;
	if (kind == TABLE)
		return decode_table(at, header->size, nfds, msg);
	if (kind == RING_FILE)
		return decode_file(at, nfds, msg);
	if (nfds != requests[header->request].nfds)
		return -EPROTO;
	if (kind == CONFIG)
		return decode_config(at, header->size, msg);
	if (kind == IOTLB)
		return riotlb_vhost_user_iotlb_decode(at, header->size,
						      &msg->iotlb);
	if (kind == ADDR)
		decode_addr(at, msg);
	if (kind == U64)
		msg->u64 = get64(at);
	if (kind == STATE) {
		msg->state.index = get32(at);
		msg->state.num = get32(at + 4);
	}
	return 0;
}

/* ---- encoding -------------------------------------------------- */

void wire_encode_header(const struct wire_header *header, void *bytes)
{
	uint8_t *at = bytes;

	put32(at, header->request);
	put32(at + 4, VERSION | (header->reply ? REPLY : 0) |
			      (header->need_reply ? NEED_REPLY : 0));
	put32(at + 8, header->size);
}

/* The header of an answer; returns where its payload goes. */
static uint8_t *begin_reply(const struct wire_msg *msg, size_t size,
			    void *bytes)
{
	struct wire_header header = {
		.request = msg->request,
		.size = (uint32_t)size,
		.reply = true,
	};

	wire_encode_header(&header, bytes);
	return (uint8_t *)bytes + WIRE_HEADER;
}

size_t wire_encode_u64(const struct wire_msg *msg, uint64_t value, void *bytes)
{
	memcpy(begin_reply(msg, sizeof(value), bytes), &value, sizeof(value));
	return WIRE_HEADER + sizeof(value);
}

size_t wire_encode_state(const struct wire_msg *msg, void *bytes)
{
	uint8_t *at = begin_reply(msg, 8, bytes);

	put32(at, msg->state.index);
	put32(at + 4, msg->state.num);
	return WIRE_HEADER + 8;
}

size_t wire_encode_config(const struct wire_msg *msg, void *bytes)
{
	size_t size = WIRE_CONFIG_HEADER + msg->config.size;
	uint8_t *at = begin_reply(msg, size, bytes);

	put32(at, msg->config.offset);
	put32(at + 4, msg->config.size);
	put32(at + 8, msg->config.flags);
	memcpy(at + WIRE_CONFIG_HEADER, msg->config.data, msg->config.size);
	return WIRE_HEADER + size;
}

size_t wire_encode_nothing(const struct wire_msg *msg, void *bytes)
{
	begin_reply(msg, 0, bytes);
	return WIRE_HEADER;
}

int wire_encode_miss(const struct riotlb_iotlb_msg *iotlb, bool need_reply,
		     void *bytes, size_t *size)
{
	struct wire_header header = {
		.request = WIRE_BACKEND_IOTLB_MSG,
		.size = RIOTLB_VHOST_USER_IOTLB_SIZE,
		.need_reply = need_reply,
	};
	int err = riotlb_vhost_user_iotlb_encode(iotlb,
						 (uint8_t *)bytes + WIRE_HEADER,
						 RIOTLB_VHOST_USER_IOTLB_SIZE);

	if (err)
		return err;
	wire_encode_header(&header, bytes);
	*size = WIRE_HEADER + RIOTLB_VHOST_USER_IOTLB_SIZE;
	return 0;
}
