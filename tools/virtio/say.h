/* SPDX-License-Identifier: MIT */
/*
 * What a program that serves a device says on standard error, with its name in
 * front: a line at a time, by any thread.
 */
#ifndef RIOTLB_VIRTIO_SAY_H
#define RIOTLB_VIRTIO_SAY_H

/* Exit statuses. */
enum status {
	STATUS_OK = 0,
	STATUS_LOST = 1,  /* whoever was served has given up */
	STATUS_USAGE = 2, /* wrong usage */
	STATUS_SETUP = 3, /* something that it needs cannot be had */
};

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
