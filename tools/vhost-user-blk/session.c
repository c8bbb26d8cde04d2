/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>

#include <poll.h>
#include <sys/eventfd.h>

enum { FRONT, BACKEND, KICK, OTHER, NFDS };

static void watch(const struct device *device, int other_fd,
		  struct pollfd fds[NFDS])
{
	fds[FRONT] =
		(struct pollfd){ .fd = device->front.fd, .events = POLLIN };
	fds[BACKEND] = (struct pollfd){
		.fd = device->backend.fd,
		.events = device->pending > 0 ? POLLIN | POLLOUT : POLLIN,
	};
	fds[KICK] = (struct pollfd){ .fd = device->queues.misses.kick_fd,
				     .events = POLLIN };
	fds[OTHER] = (struct pollfd){ .fd = other_fd, .events = POLLIN };
}

/* What came, in the order that take_reply wants: questions last. */
static int serve(struct device *device, const struct pollfd fds[NFDS])
{
	eventfd_t n;
	int err = 0;

	if (fds[KICK].revents)
		(void)eventfd_read(fds[KICK].fd, &n);
	if (fds[FRONT].revents)
		err = device_receive(device);
	if (!err && fds[BACKEND].revents & ~POLLOUT)
		err = device_receive_replies(device);
	if (!err)
		err = device_send_misses(device);
	return err;
}

int session_run(struct device *device, int fd, int other_fd,
		bool (*on_other)(void *ctx), void *ctx)
{
	struct pollfd fds[NFDS];
	int err = 0;

	device_begin(device, fd);
	while (!err) {
		watch(device, other_fd, fds);
		if (poll(fds, NFDS, -1) < 0) {
			err = errno == EINTR ? 0 : -errno;
			continue;
		}
		if (fds[OTHER].revents && !on_other(ctx))
			break;
		err = serve(device, fds);
	}
	device_end(device);
	return err;
}
