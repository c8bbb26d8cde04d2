/* SPDX-License-Identifier: MIT */
/* The front-end's eventfds: kicks, calls and errors. -1 is none. */
#ifndef RIOTLB_VHOST_USER_EVENT_H
#define RIOTLB_VHOST_USER_EVENT_H

#include <stdbool.h>

#include <sys/eventfd.h>

/*
 * Is it one? Of another kind reading and writing could wait, or mean something.
 * It does not wait from here on, whoever else uses it.
 */
bool event_is(int fd);

/* Closes what was there. */
void event_replace(int *to, int fd);

/* One that is full says it, too. */
static inline void event_signal(int fd)
{
	if (fd >= 0)
		(void)eventfd_write(fd, 1);
}

#endif
