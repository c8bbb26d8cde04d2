/* SPDX-License-Identifier: MIT */
/*
 * A stream socket of vhost-user: messages, whole, with their file descriptors.
 * Nothing here waits.
 */
#ifndef RIOTLB_VHOST_USER_CHANNEL_H
#define RIOTLB_VHOST_USER_CHANNEL_H

#include "wire.h"

struct channel {
	int fd; /* -1: closed */
	size_t have;
	unsigned nfds;
	int fds[WIRE_MAX_FDS]; /* -1: taken */
	struct wire_header header;
	uint8_t bytes[WIRE_MAX_MESSAGE];
};

/* The descriptor is the channel's from here. */
void channel_open(struct channel *channel, int fd);
void channel_close(struct channel *channel);

static inline bool channel_is_open(const struct channel *channel)
{
	return channel->fd >= 0;
}

/*
 * Reads on: 1: a message is there, with its header and channel_payload, until
 * channel_next; 0: not yet. Errors: -EPIPE (the other side has closed it),
 * -EPROTO (in the middle of a message; more descriptors than any message has),
 * those of wire_decode_header and recvmsg. It is of no more use then.
 */
int channel_receive(struct channel *channel);

static inline const uint8_t *channel_payload(const struct channel *channel)
{
	return channel->bytes + WIRE_HEADER;
}

/* A descriptor of the message is the caller's from here. */
int channel_take_fd(struct channel *channel, unsigned i);

/* The message is done with; descriptors that were not taken are closed. */
void channel_next(struct channel *channel);

/*
 * Sends a whole message. Errors: -EAGAIN (there is no room, nothing was sent),
 * those of send. After others than -EAGAIN it is of no more use.
 */
int channel_send(struct channel *channel, const void *bytes, size_t size);

#endif
