/* SPDX-License-Identifier: MIT */
/* /dev/vduse, by its ioctls: API version 0. */
#ifndef RIOTLB_VDUSE_KERNEL_H
#define RIOTLB_VDUSE_KERNEL_H

#include <stddef.h>

#include "port.h"

struct kernel_device {
	const char *name;
	uint32_t vendor;
	uint32_t device; /* a VIRTIO_ID */
	uint64_t features;
	uint16_t nqueues;
	uint16_t queue_size; /* at most */
	const void *config;
	uint32_t config_size;
};

struct kernel {
	struct port port;
	char timeout_path[320];
};

/*
 * Opens the device of that name, which is created if there is none. *existed
 * says if there was one. *what is what could not be done, for a person to read.
 * Errors: those of open and of the ioctls; -EBUSY: another process has it.
 */
int kernel_open(struct kernel *kernel, const struct kernel_device *device,
		bool *existed, const char **what);
void kernel_close(struct kernel *kernel);

/*
 * Destroys a device that nobody has open. Errors: -EBUSY (somebody has, or it
 * is on the vDPA bus), -EINVAL (there is none).
 */
int kernel_destroy(const char *name);

#endif
