/* SPDX-License-Identifier: MIT */
#include "owner.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vhost.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include <riotlb/vhost_msg.h>

#include "check.h"

#define BIT(n) (UINT64_C(1) << (n))

/* Where a packed ring starts: at 0, on the first lap, both sides. */
#define PACKED_BASE 0x80008000u

static int device = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void must(const char *what, unsigned long request, void *argument)
{
	if (ioctl(device, request, argument) < 0)
		check_fail("%s: %s", what, strerror(errno));
}

/* ---- memory ------------------------------------------------------------ */

static void send(enum riotlb_iotlb_type type, uint64_t iova, uint64_t size,
		 const void *memory)
{
	const struct riotlb_iotlb_msg message = {
		.layout = RIOTLB_VHOST_V2,
		.type = type,
		.perm = RIOTLB_RW,
		.iova = iova,
		.size = size,
		.uaddr = (uint64_t)(uintptr_t)memory,
	};
	uint8_t bytes[RIOTLB_VHOST_MSG_SIZE];

	check_eq(riotlb_vhost_msg_encode(&message, bytes, sizeof(bytes)), 0);
	if (write(device, bytes, sizeof(bytes)) != sizeof(bytes))
		check_fail("message %d: %s", (int)type, strerror(errno));
}

void owner_map(uint64_t iova, uint64_t size, const void *memory)
{
	pthread_mutex_lock(&lock);
	send(RIOTLB_IOTLB_UPDATE, iova, size, memory);
	pthread_mutex_unlock(&lock);
}

void owner_unmap(uint64_t iova, uint64_t size)
{
	pthread_mutex_lock(&lock);
	send(RIOTLB_IOTLB_INVALIDATE, iova, size, NULL);
	pthread_mutex_unlock(&lock);
}

void owner_remap(uint64_t iova, uint64_t size, const void *memory)
{
	pthread_mutex_lock(&lock);
	send(RIOTLB_IOTLB_BATCH_BEGIN, 0, 0, NULL);
	send(RIOTLB_IOTLB_INVALIDATE, iova, size, NULL);
	send(RIOTLB_IOTLB_UPDATE, iova, size, memory);
	send(RIOTLB_IOTLB_BATCH_END, 0, 0, NULL);
	pthread_mutex_unlock(&lock);
}

/* ---- life -------------------------------------------------------------- */

static void add_status(uint8_t bit)
{
	uint8_t status, now;

	must("get status", VHOST_VDPA_GET_STATUS, &status);
	status |= bit;
	must("set status", VHOST_VDPA_SET_STATUS, &status);
	must("get status", VHOST_VDPA_GET_STATUS, &now);
	check_eq(now, status);
}

static void negotiate(struct virtq_config *kind)
{
	uint64_t features, backend = RIOTLB_VHOST_F_IOTLB_MSG_V2 |
				     RIOTLB_VHOST_F_IOTLB_BATCH;

	must("set owner", VHOST_SET_OWNER, NULL);
	must("set backend features", VHOST_SET_BACKEND_FEATURES, &backend);
	add_status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	must("get features", VHOST_GET_FEATURES, &features);
	features &= BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_ACCESS_PLATFORM) |
		    BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_BLK_F_MQ) |
		    BIT(VIRTIO_RING_F_INDIRECT_DESC) |
		    BIT(VIRTIO_RING_F_EVENT_IDX);
	must("set features", VHOST_SET_FEATURES, &features);
	add_status(VIRTIO_CONFIG_S_FEATURES_OK);
	kind->packed = features & BIT(VIRTIO_F_RING_PACKED);
	kind->indirect = features & BIT(VIRTIO_RING_F_INDIRECT_DESC);
	kind->event_idx = features & BIT(VIRTIO_RING_F_EVENT_IDX);
}

void owner_open(struct virtq_config *kind)
{
	glob_t found;

	check_eq(glob("/dev/vhost-vdpa-*", 0, NULL, &found), 0);
	check_eq(found.gl_pathc, 1);
	device = open(found.gl_pathv[0], O_RDWR | O_CLOEXEC);
	if (device < 0)
		check_fail("%s: %s", found.gl_pathv[0], strerror(errno));
	globfree(&found);
	negotiate(kind);
}

static int new_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	check(fd >= 0);
	return fd;
}

void owner_add(unsigned index, struct owner_queue *queue)
{
	const struct virtq_config *c = &queue->config;
	struct vhost_vring_state state = { index, c->num };
	struct vhost_vring_addr where = {
		.index = index,
		.desc_user_addr = c->desc,
		.avail_user_addr = c->driver,
		.used_user_addr = c->device,
	};
	struct vhost_vring_file file = { .index = index };

	must("set num", VHOST_SET_VRING_NUM, &state);
	state.num = c->packed ? PACKED_BASE : 0;
	must("set base", VHOST_SET_VRING_BASE, &state);
	must("set addresses", VHOST_SET_VRING_ADDR, &where);
	file.fd = queue->kick = new_eventfd();
	must("set kick", VHOST_SET_VRING_KICK, &file);
	file.fd = queue->call = new_eventfd();
	must("set call", VHOST_SET_VRING_CALL, &file);
	state.num = 1;
	must("enable", VHOST_VDPA_SET_VRING_ENABLE, &state);
}

void owner_start(void)
{
	add_status(VIRTIO_CONFIG_S_DRIVER_OK);
}

void owner_close(void)
{
	check_eq(close(device), 0);
	device = -1;
}
