/* SPDX-License-Identifier: MIT */
/* What is said on standard error, a line at a time, by any thread. */
#ifndef RIOTLB_VHOST_USER_SAY_H
#define RIOTLB_VHOST_USER_SAY_H

/* Exit statuses. */
enum status {
	STATUS_OK = 0,
	STATUS_LOST = 1,  /* the front-end broke the protocol */
	STATUS_USAGE = 2, /* wrong usage */
	STATUS_SETUP = 3, /* something that it needs cannot be had */
};

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
