/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

bool event_is(int fd)
{
	static const char want[] = "anon_inode:[eventfd]";
	char path[32], is[sizeof(want)];
	int flags = fcntl(fd, F_GETFL);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, is, sizeof(is)) == sizeof(want) - 1 &&
	       memcmp(is, want, sizeof(want) - 1) == 0 &&
	       fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

void event_replace(int *to, int fd)
{
	if (*to >= 0)
		close(*to);
	*to = fd;
}
