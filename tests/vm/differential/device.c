/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vduse.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include <riotlb/vduse_msg.h>

#include "check.h"

#define CONFIG_SIZE 64
#define QUEUE_SIZE 128

static char device_name[VDUSE_NAME_MAX];
static int device = -1;
static int stop = -1; /* an eventfd */
static pthread_t answering;
static _Atomic unsigned told;
static atomic_bool refusing;

/* ---- the kernel's requests --------------------------------------------- */

static void answer(void)
{
	uint8_t bytes[RIOTLB_VDUSE_MSG_SIZE];
	struct riotlb_vduse_request request;
	struct riotlb_vduse_response response = { .failed = false };
	ssize_t n = read(device, bytes, sizeof(bytes));

	check_eq(n, sizeof(bytes));
	check_eq(riotlb_vduse_request_decode(bytes, sizeof(bytes), &request),
		 0);
	response.id = request.id;
	if (request.type == RIOTLB_VDUSE_UPDATE_IOTLB) {
		/* VDUSE of today only says that it may be everything */
		check_eq(request.iova.start, 0);
		check_eq(request.iova.last, UINT64_MAX);
		response.failed = atomic_load(&refusing);
		atomic_fetch_add(&told, 1);
	}
	if (request.type == RIOTLB_VDUSE_GET_VQ_STATE) {
		response.has_vq = true;
		response.vq.index = request.vq;
	}
	check_eq(riotlb_vduse_response_encode(&response, bytes, sizeof(bytes)),
		 0);
	check_eq(write(device, bytes, sizeof(bytes)), sizeof(bytes));
}

static void *answer_all(void *arg)
{
	struct pollfd fds[] = {
		{ .fd = device, .events = POLLIN },
		{ .fd = stop, .events = POLLIN },
	};

	(void)arg;
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno == EINTR)
			continue;
		if (fds[0].revents & POLLERR)
			check_fail("the kernel gave up the device");
		if (fds[0].revents & POLLIN)
			answer();
		else if (fds[1].revents)
			return NULL;
	}
}

unsigned device_told(void)
{
	return atomic_load(&told);
}

void device_refuse(bool refuse)
{
	atomic_store(&refusing, refuse);
}

/* ---- its table --------------------------------------------------------- */

static void add_place(struct region *region)
{
	struct vduse_iotlb_entry entry = {
		.start = region->start,
		.last = region->last,
	};
	int fd = ioctl(device, VDUSE_IOTLB_GET_FD, &entry);

	check(fd >= 0);
	check_eq(entry.start, region->start);
	check_eq(entry.last, region->last);
	region->place = memory_of_file(fd, entry.offset);
	region->perm = entry.perm;
	close(fd);
}

void device_table(struct table *table, bool places)
{
	uint64_t next = 0;

	table->n = 0;
	for (;;) {
		struct vduse_iova_info info = {
			.start = next,
			.last = UINT64_MAX,
		};
		struct region region = { .start = 0 };

		if (ioctl(device, VDUSE_IOTLB_GET_INFO, &info) < 0) {
			check_eq(errno, EINVAL);
			return;
		}
		check_eq(info.capability, 0); /* nothing is bounced here */
		region.start = info.start;
		region.last = info.last;
		if (places)
			add_place(&region);
		table_add(table, region);
		if (info.last == UINT64_MAX)
			return;
		next = info.last + 1;
	}
}

/* ---- life -------------------------------------------------------------- */

static int open_control(void)
{
	uint64_t version = VDUSE_API_VERSION;
	int control = open("/dev/vduse/control", O_RDWR | O_CLOEXEC);

	if (control < 0)
		check_fail("/dev/vduse/control: %s", strerror(errno));
	check_eq(ioctl(control, VDUSE_SET_API_VERSION, &version), 0);
	return control;
}

/* vdpa WORDS...: iproute2's */
static void vdpa(const char *const words[])
{
	extern char **environ;
	pid_t child;
	int status;

	check_eq(posix_spawnp(&child, "vdpa", NULL, NULL,
			      (char *const *)(uintptr_t)words, environ),
		 0);
	check_eq(waitpid(child, &status, 0), child);
	if (status)
		check_fail("vdpa %s %s failed", words[1], words[2]);
}

static void create(int control, unsigned nvqs)
{
	struct vduse_dev_config *config =
		calloc(1, sizeof(*config) + CONFIG_SIZE);

	check(config);
	memcpy(config->name, device_name, sizeof(config->name));
	config->device_id = VIRTIO_ID_BLOCK;
	config->features = UINT64_C(1) << VIRTIO_F_VERSION_1 |
			   UINT64_C(1) << VIRTIO_F_ACCESS_PLATFORM;
	config->vq_num = nvqs;
	config->vq_align = (uint32_t)PAGE;
	config->config_size = CONFIG_SIZE;
	check_eq(ioctl(control, VDUSE_CREATE_DEV, config), 0);
	free(config);
}

static void open_device(unsigned nvqs)
{
	char path[sizeof("/dev/vduse/") + VDUSE_NAME_MAX];

	snprintf(path, sizeof(path), "/dev/vduse/%s", device_name);
	device = open(path, O_RDWR | O_CLOEXEC);
	if (device < 0)
		check_fail("%s: %s", path, strerror(errno));
	for (unsigned i = 0; i < nvqs; i++) {
		struct vduse_vq_config vq = { .index = i,
					      .max_size = QUEUE_SIZE };

		check_eq(ioctl(device, VDUSE_VQ_SETUP, &vq), 0);
	}
}

void device_create(const char *name, unsigned nvqs)
{
	int control = open_control();

	snprintf(device_name, sizeof(device_name), "%s", name);
	create(control, nvqs);
	close(control);
	open_device(nvqs);
	stop = eventfd(0, EFD_CLOEXEC);
	check(stop >= 0);
	check_eq(pthread_create(&answering, NULL, answer_all, NULL), 0);
	vdpa((const char *const[]){ "vdpa", "dev", "add", "name", device_name,
				    "mgmtdev", "vduse", NULL });
}

void device_destroy(void)
{
	int control = open_control();

	vdpa((const char *const[]){ "vdpa", "dev", "del", device_name, NULL });
	check_eq(eventfd_write(stop, 1), 0);
	check_eq(pthread_join(answering, NULL), 0);
	close(stop);
	close(device);
	check_eq(ioctl(control, VDUSE_DESTROY_DEV, device_name), 0);
	close(control);
}
