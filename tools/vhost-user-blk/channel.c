/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <errno.h>
#include <string.h>

#include <sys/socket.h>
#include <unistd.h>

void channel_open(struct channel *channel, int fd)
{
	*channel = (struct channel){ .fd = fd };
}

void channel_next(struct channel *channel)
{
	for (unsigned i = 0; i < channel->nfds; i++)
		if (channel->fds[i] >= 0)
			close(channel->fds[i]);
	channel->nfds = 0;
	channel->have = 0;
}

void channel_close(struct channel *channel)
{
	if (!channel_is_open(channel))
		return;
	channel_next(channel);
	close(channel->fd);
	channel->fd = -1;
}

int channel_take_fd(struct channel *channel, unsigned i)
{
	int fd = channel->fds[i];

	channel->fds[i] = -1;
	return fd;
}

/* ---- receiving ------------------------------------------------- */

/*
 * What the kernel puts into one message at most (SCM_MAX_FD). With room for all
 * of them none depends on whoever has to cut the list short: an emulator of
 * system calls loses the rest, open.
 */
#define SENT_FDS 253

/* Keeps the descriptors that came; false: there were too many. */
static bool keep_fds(struct channel *channel, struct msghdr *msg)
{
	bool fit = !(msg->msg_flags & MSG_CTRUNC);

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR(msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (channel->nfds < WIRE_MAX_FDS) {
				channel->fds[channel->nfds++] = fd;
			} else {
				close(fd);
				fit = false;
			}
		}
	}
	return fit;
}

/* Reads up to `size` bytes of the message: how many, 0 for none now. */
static ssize_t read_some(struct channel *channel, size_t size)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(SENT_FDS * sizeof(int))];
	} control;
	struct iovec iov = { channel->bytes + channel->have, size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n;

	do
		n = recvmsg(channel->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	if (n == 0)
		return channel->have ? -EPROTO : -EPIPE;
	if (!keep_fds(channel, &msg))
		return -EPROTO;
	channel->have += (size_t)n;
	return n;
}

/* Reads until `size` bytes of the message are there: 1; or 0 or an error. */
static int read_until(struct channel *channel, size_t size)
{
	while (channel->have < size) {
		ssize_t n = read_some(channel, size - channel->have);

		if (n <= 0)
			return (int)n;
	}
	return 1;
}

int channel_receive(struct channel *channel)
{
	int got = read_until(channel, WIRE_HEADER), err;

	if (got <= 0)
		return got;
	err = wire_decode_header(channel->bytes, &channel->header);
	if (err)
		return err;
	return read_until(channel, WIRE_HEADER + channel->header.size);
}

/* ---- sending --------------------------------------------------- */

int channel_send(struct channel *channel, const void *bytes, size_t size)
{
	ssize_t n;

	do
		n = send(channel->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return (size_t)n == size ? 0 : -EIO;
}
