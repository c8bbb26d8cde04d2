/* SPDX-License-Identifier: MIT */
/*
 * vhost-user's messages, from bytes and to bytes. What comes from the front-end
 * is taken strictly: each message has one size, one number of file descriptors,
 * and no bit of its header that has no meaning. Numbers are in the byte order
 * of the machine.
 */
#ifndef RIOTLB_VHOST_USER_WIRE_H
#define RIOTLB_VHOST_USER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riotlb/vhost_msg.h>

/* Those of the front-end that there is an answer to. */
enum wire_request {
	WIRE_GET_FEATURES = 1,
	WIRE_SET_FEATURES = 2,
	WIRE_SET_OWNER = 3,
	WIRE_RESET_OWNER = 4,
	WIRE_SET_MEM_TABLE = 5,
	WIRE_SET_VRING_NUM = 8,
	WIRE_SET_VRING_ADDR = 9,
	WIRE_SET_VRING_BASE = 10,
	WIRE_GET_VRING_BASE = 11,
	WIRE_SET_VRING_KICK = 12,
	WIRE_SET_VRING_CALL = 13,
	WIRE_SET_VRING_ERR = 14,
	WIRE_GET_PROTOCOL_FEATURES = 15,
	WIRE_SET_PROTOCOL_FEATURES = 16,
	WIRE_GET_QUEUE_NUM = 17,
	WIRE_SET_VRING_ENABLE = 18,
	WIRE_SET_BACKEND_REQ_FD = 21,
	WIRE_IOTLB_MSG = 22,
	WIRE_GET_CONFIG = 24,
	WIRE_SET_CONFIG = 25,
};

/* The back-end's own request, on its own channel. */
enum { WIRE_BACKEND_IOTLB_MSG = 1 };

/* Feature bits. */
enum {
	WIRE_F_PROTOCOL_FEATURES = 30, /* of the device's */
	WIRE_PROTOCOL_F_MQ = 0,
	WIRE_PROTOCOL_F_REPLY_ACK = 3,
	WIRE_PROTOCOL_F_BACKEND_REQ = 5,
	WIRE_PROTOCOL_F_CONFIG = 9,
};

enum {
	WIRE_HEADER = 12,
	WIRE_MAX_CONFIG = 256,
	WIRE_CONFIG_HEADER = 12,
	WIRE_MAX_PAYLOAD = WIRE_CONFIG_HEADER + WIRE_MAX_CONFIG,
	WIRE_MAX_MESSAGE = WIRE_HEADER + WIRE_MAX_PAYLOAD,
	WIRE_MAX_FDS = 8,
	WIRE_MAX_REGIONS = 8, /* without CONFIGURE_MEM_SLOTS */
};

struct wire_header {
	uint32_t request;
	uint32_t size; /* of the payload */
	bool reply;
	bool need_reply;
};

struct wire_region {
	uint64_t guest; /* physical address */
	uint64_t size;
	uint64_t user;   /* address in the front-end */
	uint64_t offset; /* in its file */
};

struct wire_vring_addr {
	uint32_t index;
	uint32_t flags;
	uint64_t desc;
	uint64_t used;
	uint64_t avail;
};

/* A message; which field holds the payload is the request's. */
struct wire_msg {
	uint32_t request;
	bool need_reply;
	union {
		uint64_t u64; /* features */
		struct {
			uint32_t index;
			uint32_t num;
		} state; /* of a vring */
		struct {
			uint32_t index;
			bool none; /* there is no descriptor */
		} file;            /* of a vring: kick, call, err */
		struct wire_vring_addr addr;
		struct {
			uint32_t n;
			struct wire_region regions[WIRE_MAX_REGIONS];
		} table;
		struct {
			uint32_t offset;
			uint32_t size;
			uint32_t flags;
			uint8_t data[WIRE_MAX_CONFIG];
		} config;
		struct riotlb_iotlb_msg iotlb;
	};
};

/*
 * Of WIRE_HEADER bytes. Errors: -EPROTO (its version, a flag without meaning),
 * -EMSGSIZE (more payload than any message has).
 */
int wire_decode_header(const void *bytes, struct wire_header *header);

/*
 * A message of the front-end: its header, header->size bytes of payload, and so
 * many file descriptors. Errors: -EPROTO (size, descriptors, a reply),
 * -EOPNOTSUPP (no such request, or none that was on offer), -EINVAL and others
 * of riotlb_vhost_user_iotlb_decode (what it says; it has its size and
 * descriptors then, and the next message may be read).
 */
int wire_decode(const struct wire_header *header, const void *payload,
		unsigned nfds, struct wire_msg *msg);

/* Does the request have a reply of its own? */
bool wire_is_query(uint32_t request);
/* What it is called. */
const char *wire_name(uint32_t request);

/* Writes WIRE_HEADER bytes. */
void wire_encode_header(const struct wire_header *header, void *bytes);
/* Writes the message that answers *msg; returns its size. */
size_t wire_encode_u64(const struct wire_msg *msg, uint64_t value, void *bytes);
size_t wire_encode_state(const struct wire_msg *msg, void *bytes);
size_t wire_encode_config(const struct wire_msg *msg, void *bytes);
size_t wire_encode_nothing(const struct wire_msg *msg, void *bytes);
/* The back-end's own. Errors: those of riotlb_vhost_user_iotlb_encode. */
int wire_encode_miss(const struct riotlb_iotlb_msg *iotlb, bool need_reply,
		     void *bytes, size_t *size);

#endif
