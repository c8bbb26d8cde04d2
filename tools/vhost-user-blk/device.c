/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <errno.h>
#include <string.h>

#include <linux/virtio_config.h>
#include <sys/socket.h>
#include <unistd.h>

#include <riotlb/rcu.h>

#include "say.h"

#define BIT(n) (UINT64_C(1) << (n))

#define PROTOCOL_FEATURES                                           \
	(BIT(WIRE_PROTOCOL_F_MQ) | BIT(WIRE_PROTOCOL_F_REPLY_ACK) | \
	 BIT(WIRE_PROTOCOL_F_BACKEND_REQ) | BIT(WIRE_PROTOCOL_F_CONFIG))

static uint64_t offered(const struct device *device)
{
	return blk_features(device->blk) | BIT(WIRE_F_PROTOCOL_FEATURES);
}

static bool has_reply_ack(const struct device *device)
{
	return device->protocol & BIT(WIRE_PROTOCOL_F_REPLY_ACK);
}

/* ---- single messages ------------------------------------------- */

static int set_features(struct device *device, uint64_t features)
{
	if (features & ~offered(device))
		return -EINVAL;
	if (!(features & BIT(VIRTIO_F_VERSION_1)))
		return -EOPNOTSUPP;
	return queues_set_features(&device->queues, features,
				   !(features & BIT(WIRE_F_PROTOCOL_FEATURES)));
}

static int set_protocol(struct device *device, uint64_t features)
{
	if (features & ~(uint64_t)PROTOCOL_FEATURES)
		return -EINVAL;
	device->protocol = features;
	return 0;
}

static int set_table(struct device *device, const struct wire_msg *msg)
{
	int err = memory_set_table(device->memory, msg->table.regions,
				   device->front.fds, msg->table.n);

	device->stats.tables += !err;
	return err;
}

static void close_backend(struct device *device)
{
	channel_close(&device->backend);
	device->pending = 0;
}

static int set_backend(struct device *device)
{
	int type;
	socklen_t size = sizeof(type);

	if (!(device->protocol & BIT(WIRE_PROTOCOL_F_BACKEND_REQ)))
		return -EINVAL;
	if (getsockopt(device->front.fds[0], SOL_SOCKET, SO_TYPE, &type,
		       &size) ||
	    type != SOCK_STREAM)
		return -EINVAL;
	close_backend(device);
	channel_open(&device->backend, channel_take_fd(&device->front, 0));
	device->opened++;
	misses_open(&device->queues.misses);
	return 0;
}

static void invalidate(struct device *device,
		       const struct riotlb_iotlb_msg *msg)
{
	struct riotlb_token token;

	memory_invalidate(device->memory, msg, &token);
	device->stats.held += queues_in_flight(&device->queues);
	memory_wait(device->memory, token);
}

static int take_iotlb(struct device *device, const struct riotlb_iotlb_msg *msg)
{
	int err;

	if (!device->queues.iova)
		return -EINVAL;
	if (msg->type == RIOTLB_IOTLB_INVALIDATE) {
		invalidate(device, msg);
		return 0;
	}
	if (msg->type != RIOTLB_IOTLB_UPDATE)
		return -EINVAL; /* the other way */
	err = memory_update(device->memory, msg);
	if (!err)
		misses_mapped(&device->queues.misses, msg->iova,
			      msg->iova + (msg->size - 1));
	return err;
}

static int set_file(struct device *device, const struct wire_msg *msg)
{
	int fd = msg->file.none ? -1 : channel_take_fd(&device->front, 0);
	struct queues *queues = &device->queues;

	if (msg->request == WIRE_SET_VRING_KICK)
		return queues_set_kick(queues, msg->file.index, fd);
	if (msg->request == WIRE_SET_VRING_CALL)
		return queues_set_call(queues, msg->file.index, fd);
	return queues_set_err(queues, msg->file.index, fd);
}

static void disable_all(struct device *device)
{
	for (unsigned i = 0; i < device->queues.n; i++)
		(void)queues_enable(&device->queues, i, 0);
}

/* What has no reply of its own. */
static int command(struct device *device, const struct wire_msg *msg)
{
	struct queues *queues = &device->queues;

	switch (msg->request) {
	case WIRE_SET_FEATURES:
		return set_features(device, msg->u64);
	case WIRE_SET_PROTOCOL_FEATURES:
		return set_protocol(device, msg->u64);
	case WIRE_SET_OWNER:
		return 0;
	case WIRE_RESET_OWNER:
		disable_all(device);
		return 0;
	case WIRE_SET_MEM_TABLE:
		return set_table(device, msg);
	case WIRE_SET_VRING_NUM:
		return queues_set_num(queues, msg->state.index, msg->state.num);
	case WIRE_SET_VRING_ADDR:
		return queues_set_addr(queues, &msg->addr);
	case WIRE_SET_VRING_BASE:
		return queues_set_base(queues, msg->state.index,
				       msg->state.num);
	case WIRE_SET_VRING_ENABLE:
		return queues_enable(queues, msg->state.index, msg->state.num);
	case WIRE_SET_VRING_KICK:
	case WIRE_SET_VRING_CALL:
	case WIRE_SET_VRING_ERR:
		return set_file(device, msg);
	case WIRE_SET_BACKEND_REQ_FD:
		return set_backend(device);
	case WIRE_IOTLB_MSG:
		return take_iotlb(device, &msg->iotlb);
	default:
		return -EOPNOTSUPP; /* the configuration has nothing to set */
	}
}

/* ---- queries --------------------------------------------------- */

static size_t get_config(struct device *device, struct wire_msg *msg,
			 void *reply)
{
	struct virtio_blk_config config;
	uint8_t all[WIRE_MAX_CONFIG] = { 0 };

	_Static_assert(sizeof(config) <= sizeof(all), "it fits");
	if (msg->config.offset > sizeof(all) ||
	    msg->config.size > sizeof(all) - msg->config.offset)
		return wire_encode_nothing(msg, reply);
	blk_config(device->blk, &config);
	memcpy(all, &config, sizeof(config));
	memcpy(msg->config.data, all + msg->config.offset, msg->config.size);
	return wire_encode_config(msg, reply);
}

/* The reply's size; 0 if there is none to give. */
static size_t query(struct device *device, struct wire_msg *msg, void *reply)
{
	switch (msg->request) {
	case WIRE_GET_FEATURES:
		return wire_encode_u64(msg, offered(device), reply);
	case WIRE_GET_PROTOCOL_FEATURES:
		return wire_encode_u64(msg, PROTOCOL_FEATURES, reply);
	case WIRE_GET_QUEUE_NUM:
		return wire_encode_u64(msg, device->queues.n, reply);
	case WIRE_GET_VRING_BASE:
		if (msg->state.index >= device->queues.n)
			return 0;
		msg->state.num =
			queues_get_base(&device->queues, msg->state.index);
		return wire_encode_state(msg, reply);
	default:
		return get_config(device, msg, reply);
	}
}

/* ---- the front-end --------------------------------------------- */

static int send_reply(struct device *device, const void *reply, size_t size)
{
	int err = channel_send(&device->front, reply, size);

	if (err == -EPIPE || err == -ECONNRESET)
		return -EPIPE;
	if (err)
		say("cannot answer the front-end: %s", strerror(-err));
	return err;
}

/* Answers a command that ended so; without an answer it has to be obeyed. */
static int answer(struct device *device, const struct wire_msg *msg, int result)
{
	uint8_t reply[WIRE_MAX_MESSAGE];

	if (result) {
		device->stats.refused++;
		say("%s is refused: %s", wire_name(msg->request),
		    strerror(-result));
	}
	if (!msg->need_reply || !has_reply_ack(device))
		return result;
	return send_reply(device, reply,
			  wire_encode_u64(msg, (uint64_t)-result, reply));
}

static int handle(struct device *device)
{
	struct channel *front = &device->front;
	uint8_t reply[WIRE_MAX_MESSAGE];
	struct wire_msg msg;
	size_t size;
	int err = wire_decode(&front->header, channel_payload(front),
			      front->nfds, &msg);

	device->stats.messages++;
	if (err == -EPROTO) {
		say("%s of the front-end is malformed",
		    wire_name(front->header.request));
		return err;
	}
	if (err || !wire_is_query(msg.request))
		return answer(device, &msg, err ? err : command(device, &msg));
	size = query(device, &msg, reply);
	if (size == 0)
		return answer(device, &msg, -EINVAL);
	return send_reply(device, reply, size);
}

int device_receive(struct device *device)
{
	int got;

	while ((got = channel_receive(&device->front)) > 0) {
		int err = handle(device);

		channel_next(&device->front);
		if (err)
			return err;
	}
	if (got < 0 && got != -EPIPE && got != -ECONNRESET)
		say("what comes from the front-end is no message: %s",
		    strerror(-got));
	return got == -ECONNRESET ? -EPIPE : got;
}

/* ---- the back-end's channel ------------------------------------ */

static bool is_reply(const struct channel *backend)
{
	return backend->header.request == WIRE_BACKEND_IOTLB_MSG &&
	       backend->header.reply &&
	       backend->header.size == sizeof(uint64_t) && backend->nfds == 0;
}

/*
 * What the front-end sent before its reply came on the other socket, and is
 * done first: then an answer to the question has been seen, if there is one.
 */
static int take_reply(struct device *device)
{
	uint64_t opened = device->opened;
	int err;

	if (!is_reply(&device->backend)) {
		say("what comes on the back-end's channel is no reply");
		return -EPROTO;
	}
	channel_next(&device->backend);
	err = device_receive(device);
	if (err || device->opened != opened)
		return err; /* a reply of another channel is of no interest */
	err = misses_replied(&device->queues.misses);
	if (err)
		say("there is a reply to a question that was not asked");
	return err;
}

int device_receive_replies(struct device *device)
{
	int got, err = 0;

	while (channel_is_open(&device->backend) && !err) {
		got = channel_receive(&device->backend);
		if (got == 0)
			break;
		if (got > 0) {
			err = take_reply(device);
		} else {
			/* requests that miss wait for another one */
			say("the back-end's channel has ended: %s",
			    strerror(-got));
			close_backend(device);
		}
	}
	return err;
}

/* The next question, if there is one, as bytes. */
static bool prepare_miss(struct device *device)
{
	struct riotlb_iotlb_msg msg;

	if (device->pending > 0)
		return true;
	if (!misses_take(&device->queues.misses, &msg))
		return false;
	/* cannot fail: it is a MISS, with a permission */
	return !wire_encode_miss(&msg, has_reply_ack(device), device->miss,
				 &device->pending);
}

int device_send_misses(struct device *device)
{
	while (channel_is_open(&device->backend) && prepare_miss(device)) {
		int err = channel_send(&device->backend, device->miss,
				       device->pending);

		if (err == -EAGAIN)
			return 0;
		if (err) {
			say("cannot ask the front-end: %s", strerror(-err));
			close_backend(device);
			return 0;
		}
		device->pending = 0;
	}
	return 0;
}

/* ---- life ------------------------------------------------------ */

int device_create(struct device *device, const struct blk *blk,
		  const struct rcu_flavor_struct *flavor)
{
	int err;

	*device = (struct device){
		.blk = blk,
		.front = { .fd = -1 },
		.backend = { .fd = -1 },
	};
	err = memory_create(flavor, &device->memory);
	if (err)
		return err;
	err = queues_init(&device->queues, blk, device->memory);
	if (err) {
		memory_destroy(device->memory);
		return err;
	}
	riotlb_thread_register(memory_engine(device->memory));
	riotlb_thread_offline(memory_engine(device->memory));
	return 0;
}

void device_destroy(struct device *device)
{
	device_end(device);
	queues_fini(&device->queues);
	riotlb_thread_unregister(memory_engine(device->memory));
	memory_destroy(device->memory);
}

void device_begin(struct device *device, int fd)
{
	channel_open(&device->front, fd);
	device->stats.sessions++;
}

void device_end(struct device *device)
{
	queues_reset(&device->queues);
	misses_close(&device->queues.misses);
	close_backend(device);
	channel_close(&device->front);
	/* cannot fail: nothing is mapped */
	(void)memory_set_table(device->memory, NULL, NULL, 0);
	device->protocol = 0;
}
