/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <linux/vduse.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int control(int fd, unsigned long request, void *arg)
{
	int result;

	do
		result = ioctl(fd, request, arg);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : result;
}

static int fd_of(void *ctx)
{
	return ((const struct kernel *)ctx)->port.fd;
}

/* ---- the port -------------------------------------------------- */

static int get_region(void *ctx, uint64_t iova, struct port_region *region)
{
	struct vduse_iotlb_entry entry = { .start = iova, .last = iova };
	int fd = control(fd_of(ctx), VDUSE_IOTLB_GET_FD, &entry);

	if (fd < 0)
		return fd;
	*region = (struct port_region){
		.start = entry.start,
		.last = entry.last,
		.offset = entry.offset,
		.perm = entry.perm,
		.fd = fd,
	};
	return 0;
}

static int get_features(void *ctx, uint64_t *features)
{
	return control(fd_of(ctx), VDUSE_DEV_GET_FEATURES, features);
}

static int get_vq(void *ctx, unsigned queue, bool packed, struct port_vq *vq)
{
	struct vduse_vq_info info = { .index = queue };
	int err = control(fd_of(ctx), VDUSE_VQ_GET_INFO, &info);

	if (err)
		return err;
	*vq = (struct port_vq){
		.config = {
			.num = info.num,
			.desc = info.desc_addr,
			.driver = info.driver_addr,
			.device = info.device_addr,
			.packed = packed,
		},
		.ready = info.ready,
	};
	if (packed) {
		vq->at.avail = info.packed.last_avail_idx;
		vq->at.avail_wrap = info.packed.last_avail_counter & 1;
		vq->at.used = info.packed.last_used_idx;
		vq->at.used_wrap = info.packed.last_used_counter & 1;
	} else {
		vq->at.avail = info.split.avail_index;
		vq->at.used = info.split.avail_index;
	}
	return 0;
}

static int set_kick(void *ctx, unsigned queue, int fd)
{
	struct vduse_vq_eventfd kick = { .index = queue, .fd = fd };

	return control(fd_of(ctx), VDUSE_VQ_SETUP_KICKFD, &kick);
}

/* Of a queue that there is, the kernel refuses a call for one reason only. */
static int call(void *ctx, unsigned queue)
{
	uint32_t index = queue;
	int err = control(fd_of(ctx), VDUSE_VQ_INJECT_IRQ, &index);

	return err == -EINVAL ? -EAGAIN : err;
}

static int call_config(void *ctx)
{
	int err = control(fd_of(ctx), VDUSE_DEV_INJECT_CONFIG_IRQ, NULL);

	return err == -EINVAL ? -EAGAIN : err;
}

/* VDUSE's own default, where it does not say. */
#define DEFAULT_TIMEOUT_S 30u

static uint64_t timeout(void *ctx)
{
	unsigned seconds = DEFAULT_TIMEOUT_S;
	const struct kernel *kernel = ctx;
	FILE *file = fopen(kernel->timeout_path, "re");

	if (file) {
		if (fscanf(file, "%u", &seconds) != 1)
			seconds = DEFAULT_TIMEOUT_S;
		fclose(file);
	}
	return (uint64_t)seconds * 1000;
}

/* ---- opening --------------------------------------------------- */

static int create(int fd, const struct kernel_device *device)
{
	struct vduse_dev_config *config;
	int err;

	config = calloc(1, sizeof(*config) + device->config_size);
	if (!config)
		return -ENOMEM;
	strcpy(config->name, device->name);
	config->vendor_id = device->vendor;
	config->device_id = device->device;
	config->features = device->features;
	config->vq_num = device->nqueues;
	config->vq_align = 4096;
	config->config_size = device->config_size;
	memcpy(config->config, device->config, device->config_size);
	err = control(fd, VDUSE_CREATE_DEV, config);
	free(config);
	return err;
}

static int open_control(const char **what)
{
	uint64_t version = VDUSE_API_VERSION;
	int fd, err;

	*what = "open /dev/vduse/control";
	fd = open("/dev/vduse/control", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*what = "agree with the kernel on version 0 of VDUSE";
	err = control(fd, VDUSE_SET_API_VERSION, &version);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static int create_unless_there(const struct kernel_device *device,
			       bool *existed, const char **what)
{
	int fd = open_control(what), err;

	if (fd < 0)
		return fd;
	*what = "create the device";
	err = create(fd, device);
	close(fd);
	*existed = err == -EEXIST;
	return *existed ? 0 : err;
}

/* One that was created by somebody else may have other queues. */
static int set_up_queues(int fd, const struct kernel_device *device,
			 const char **what)
{
	struct vduse_vq_info behind = { .index = device->nqueues };
	int err;

	for (uint32_t i = 0; i < device->nqueues; i++) {
		struct vduse_vq_config config = {
			.index = i,
			.max_size = device->queue_size,
		};

		*what = "set up a queue";
		err = control(fd, VDUSE_VQ_SETUP, &config);
		if (err)
			return err;
	}
	*what = "take over a device with more queues than --queues says";
	return control(fd, VDUSE_VQ_GET_INFO, &behind) == -EINVAL ? 0 : -EINVAL;
}

int kernel_open(struct kernel *kernel, const struct kernel_device *device,
		bool *existed, const char **what)
{
	char path[sizeof("/dev/vduse/") + VDUSE_NAME_MAX];
	int err, fd;

	*kernel = (struct kernel){
		.port = {
			.fd = -1,
			.ctx = kernel,
			.get_region = get_region,
			.get_features = get_features,
			.get_vq = get_vq,
			.set_kick = set_kick,
			.call = call,
			.call_config = call_config,
			.timeout = timeout,
		},
	};
	*what = "use such a name";
	if (!*device->name || strlen(device->name) >= VDUSE_NAME_MAX ||
	    strchr(device->name, '/'))
		return -EINVAL;
	snprintf(kernel->timeout_path, sizeof(kernel->timeout_path),
		 "/sys/class/vduse/%s/msg_timeout", device->name);
	err = create_unless_there(device, existed, what);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/dev/vduse/%s", device->name);
	*what = "open the device";
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	err = set_up_queues(fd, device, what);
	if (err)
		close(fd);
	else
		kernel->port.fd = fd;
	return err;
}

void kernel_close(struct kernel *kernel)
{
	close(kernel->port.fd);
	kernel->port.fd = -1;
}

int kernel_destroy(const char *name)
{
	char buf[VDUSE_NAME_MAX] = "";
	const char *what;
	int fd = open_control(&what), err;

	if (fd < 0)
		return fd;
	strncpy(buf, name, sizeof(buf) - 1);
	err = control(fd, VDUSE_DESTROY_DEV, buf);
	close(fd);
	return err;
}
