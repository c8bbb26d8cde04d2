/* SPDX-License-Identifier: MIT */
/* Serving a front-end until it goes, or something else wants attention. */
#ifndef RIOTLB_VHOST_USER_SESSION_H
#define RIOTLB_VHOST_USER_SESSION_H

#include "device.h"

/*
 * Serves the front-end at the other end of `fd`, which is closed at the end;
 * when `other_fd` is readable, calls on_other(ctx), which says whether to go
 * on. Returns 0 (it ended so), -EPIPE (the front-end has gone), or another
 * error: it was sent away.
 */
int session_run(struct device *device, int fd, int other_fd,
		bool (*on_other)(void *ctx), void *ctx);

#endif
