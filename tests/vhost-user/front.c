/* SPDX-License-Identifier: MIT */
#include "front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "guard.h"

extern const struct rcu_flavor_struct urcu_qsbr_flavor;

#define BIT(n) (UINT64_C(1) << (n))

/* ---- the back-end ---------------------------------------------- */

static void stall(void *ctx, unsigned queue)
{
	struct front *f = ctx;

	(void)queue;
	f->stalled++;
	while (f->stall)
		poll(NULL, 0, 1);
	f->stalled--;
}

static bool on_stop(void *ctx)
{
	(void)ctx;
	return false;
}

static void take_result(struct front *f, struct device *device)
{
	struct front_result *r = &f->result;

	r->device = device->stats;
	memory_get_stats(device->memory, &r->memory);
	misses_get_stats(&device->queues.misses, &r->misses);
	r->descriptors = device_descriptors(device);
	r->broken = device->queues.broken;
	for (unsigned i = 0; i < device->queues.n; i++)
		r->leases += counter_read(
			&device->queues.of[i].worker.queue.stats.leases);
}

static void *run(void *arg)
{
	struct front *f = arg;
	struct device device;

	check_eq(device_create(&device, &f->blk,
			       f->kind & FRONT_QSBR ? &urcu_qsbr_flavor : NULL),
		 0);
	f->result.session =
		session_run(&device, f->theirs, f->stop, on_stop, NULL);
	take_result(f, &device);
	device_destroy(&device);
	return NULL;
}

static void open_disk(struct front *f)
{
	uint64_t bytes = (uint64_t)FRONT_SECTORS * DISK_SECTOR;
	char path[] = "/tmp/riotlb-disk-XXXXXX";
	int fd;

	if (!(f->kind & FRONT_FILE)) {
		check_eq(disk_open_ram(&f->disk, bytes), 0);
		return;
	}
	fd = mkstemp(path);
	check(fd >= 0);
	close(fd);
	check_eq(disk_open_file(&f->disk, path, bytes, false), 0);
	unlink(path);
}

struct front *front_create(unsigned kind)
{
	struct front *f = calloc(1, sizeof(*f));
	int pair[2];

	check(f);
	f->kind = kind;
	f->backend = -1;
	check_eq(guard_install(), 0);
	arena_create(&f->arena, FRONT_PAGES);
	open_disk(f);
	f->blk = (struct blk){
		.disk = &f->disk,
		.nqueues = FRONT_QUEUES,
		.packed = kind & FRONT_PACKED,
		.stall = kind & FRONT_FILE ? stall : NULL,
		.stall_ctx = f,
	};
	check_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	f->socket = pair[0];
	f->theirs = pair[1];
	f->stop = eventfd(0, EFD_CLOEXEC);
	for (unsigned i = 0; i < FRONT_QUEUES; i++) {
		f->queues[i].kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		f->queues[i].call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		f->queues[i].err = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	check_eq(pthread_create(&f->thread, NULL, run, f), 0);
	return f;
}

struct front_result front_join(struct front *f)
{
	struct front_result result;

	pthread_join(f->thread, NULL);
	result = f->result;
	for (unsigned i = 0; i < FRONT_QUEUES; i++) {
		close(f->queues[i].kick);
		close(f->queues[i].call);
		close(f->queues[i].err);
	}
	close(f->stop);
	if (f->socket >= 0)
		close(f->socket);
	if (f->backend >= 0)
		close(f->backend);
	disk_close(&f->disk);
	arena_destroy(&f->arena);
	free(f);
	return result;
}

struct front_result front_destroy(struct front *f)
{
	f->stall = false;
	check_eq(eventfd_write(f->stop, 1), 0);
	return front_join(f);
}

/* ---- messages -------------------------------------------------- */

static void send_all(int fd, const void *header, const void *payload,
		     size_t size, const int *fds, unsigned n)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec iov[] = {
		{ (void *)(uintptr_t)header, 12 },
		{ (void *)(uintptr_t)payload, size },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = size ? 2 : 1 };

	check(n <= 16);
	if (n > 0) {
		struct cmsghdr *c;

		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	/* if nobody is there any more, that is seen where it matters */
	(void)!sendmsg(fd, &msg, MSG_NOSIGNAL);
}

void front_send(struct front *f, uint32_t request, uint32_t flags,
		const void *payload, size_t size, const int *fds, unsigned n)
{
	uint32_t header[] = { request, flags, (uint32_t)size };

	send_all(f->socket, header, payload, size, fds, n);
}

bool front_is_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

/* False: it was closed before a byte of it came. */
static bool read_all(int fd, void *bytes, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n;

		check(front_is_readable(fd, FRONT_LONG_MS));
		n = read(fd, (uint8_t *)bytes + have, size - have);
		if (n < 0 && errno == ECONNRESET)
			n = 0;
		if (n == 0 && have == 0)
			return false;
		check(n > 0);
		have += (size_t)n;
	}
	return true;
}

long front_receive(struct front *f, uint32_t request, void *payload, size_t cap)
{
	uint32_t header[3];

	if (!read_all(f->socket, header, sizeof(header)))
		return -1;
	check_eq(header[0], request);
	check_eq(header[1], VERSION | REPLY);
	check(header[2] <= cap);
	if (header[2] > 0)
		check(read_all(f->socket, payload, header[2]));
	return header[2];
}

uint64_t front_command(struct front *f, uint32_t request, const void *payload,
		       size_t size, const int *fds, unsigned n)
{
	uint64_t word;

	front_send(f, request, VERSION | NEED_REPLY, payload, size, fds, n);
	check_eq(front_receive(f, request, &word, sizeof(word)), sizeof(word));
	return word;
}

uint64_t front_u64(struct front *f, uint32_t request, uint64_t value)
{
	return front_command(f, request, &value, sizeof(value), NULL, 0);
}

uint64_t front_state(struct front *f, uint32_t request, uint32_t index,
		     uint32_t num)
{
	uint32_t payload[] = { index, num };

	return front_command(f, request, payload, sizeof(payload), NULL, 0);
}

uint64_t front_fd(struct front *f, uint32_t request, uint32_t index, int fd)
{
	uint64_t word = index | (fd < 0 ? 1 << 8 : 0);

	return front_command(f, request, &word, sizeof(word), &fd, fd >= 0);
}

uint64_t front_get(struct front *f, uint32_t request)
{
	uint64_t word;

	front_send(f, request, VERSION, NULL, 0, NULL, 0);
	check_eq(front_receive(f, request, &word, sizeof(word)), sizeof(word));
	return word;
}

uint32_t front_get_base(struct front *f, uint32_t index)
{
	uint32_t payload[] = { index, 0 };

	front_send(f, GET_VRING_BASE, VERSION, payload, sizeof(payload), NULL,
		   0);
	check_eq(front_receive(f, GET_VRING_BASE, payload, sizeof(payload)), 8);
	check_eq(payload[0], index);
	return payload[1];
}

/* As in the kernel's header; what is behind it is padding. */
struct iotlb {
	uint64_t iova;
	uint64_t size;
	uint64_t uaddr;
	uint8_t perm;
	uint8_t type;
	uint8_t padding[6];
};

uint64_t front_iotlb(struct front *f, unsigned type, uint64_t iova,
		     uint64_t size, uint64_t uaddr, unsigned perm)
{
	struct iotlb payload = {
		.iova = iova,
		.size = size,
		.uaddr = uaddr,
		.perm = (uint8_t)perm,
		.type = (uint8_t)type,
	};

	return front_command(f, IOTLB_MSG, &payload, sizeof(payload), NULL, 0);
}

/* ---- setting up ------------------------------------------------ */

uint64_t front_features(const struct front *f)
{
	return BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_RING_F_EVENT_IDX) |
	       BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(30) |
	       (f->kind & FRONT_IOMMU ? BIT(VIRTIO_F_ACCESS_PLATFORM) : 0) |
	       (f->kind & FRONT_PACKED ? BIT(VIRTIO_F_RING_PACKED) : 0);
}

void front_negotiate(struct front *f)
{
	uint64_t features = front_get(f, GET_FEATURES), protocol;
	int pair[2];

	check_eq(features & front_features(f), front_features(f));
	protocol = front_get(f, GET_PROTOCOL_FEATURES);
	front_send(f, SET_PROTOCOL_FEATURES, VERSION, &protocol,
		   sizeof(protocol), NULL, 0);
	front_send(f, SET_OWNER, VERSION, NULL, 0, NULL, 0);
	check_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	check_eq(front_command(f, SET_BACKEND_REQ_FD, NULL, 0, &pair[1], 1), 0);
	close(pair[1]);
	if (f->backend >= 0)
		close(f->backend);
	f->backend = pair[0];
	check_eq(front_u64(f, SET_FEATURES, front_features(f)), 0);
}

/* Where the second region begins. */
#define HALF ((uint64_t)FRONT_PAGES / 2 * ARENA_PAGE)

uint64_t front_share(struct front *f)
{
	uint64_t user = (uintptr_t)f->arena.driver;
	struct {
		uint32_t n, padding;
		uint64_t region[2][4];
	} table = {
		.n = 2,
		.region = {
			{ ARENA_IOVA, HALF, user, 0 },
			{ ARENA_IOVA + HALF, HALF, user + HALF, HALF },
		},
	};
	int fds[] = { f->arena.fd, f->arena.fd };

	return front_command(f, SET_MEM_TABLE, &table, sizeof(table), fds, 2);
}

/* The device's side of an address of the driver's: its own, or an IOVA. */
static uint64_t ring_address(const struct front *f, uint64_t iova)
{
	if (f->kind & FRONT_IOMMU)
		return iova;
	return (uintptr_t)f->arena.driver + (iova - ARENA_IOVA);
}

void front_start_queue(struct front *f, unsigned i)
{
	bool packed = f->kind & FRONT_PACKED;
	struct virtq_config kind = {
		.num = FRONT_NUM,
		.packed = packed,
		.indirect = true,
		.event_idx = true,
	};
	struct front_queue *q = &f->queues[i];
	struct {
		uint32_t index, flags;
		uint64_t desc, used, avail, log;
	} addr = { .index = i };

	driver_init(&q->driver, &f->arena, &kind);
	driver_calls_on(&q->driver);
	addr.desc = ring_address(f, q->driver.config.desc);
	addr.used = ring_address(f, q->driver.config.device);
	addr.avail = ring_address(f, q->driver.config.driver);
	check_eq(front_state(f, SET_VRING_NUM, i, FRONT_NUM), 0);
	check_eq(front_state(f, SET_VRING_BASE, i, packed ? 0x80008000 : 0), 0);
	check_eq(front_command(f, SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0),
		 0);
	check_eq(front_fd(f, SET_VRING_CALL, i, q->call), 0);
	check_eq(front_fd(f, SET_VRING_ERR, i, q->err), 0);
	check_eq(front_fd(f, SET_VRING_KICK, i, q->kick), 0);
	check_eq(front_state(f, SET_VRING_ENABLE, i, 1), 0);
}

struct front *front_ready(unsigned kind)
{
	struct front *f = front_create(kind);

	front_negotiate(f);
	check_eq(front_share(f), 0);
	for (unsigned i = 0; i < FRONT_QUEUES; i++)
		front_start_queue(f, i);
	return f;
}

/* ---- misses ---------------------------------------------------- */

bool front_miss(struct front *f, struct front_miss *miss, int ms)
{
	uint32_t header[3];
	struct iotlb payload;

	if (!front_is_readable(f->backend, ms))
		return false;
	check(read_all(f->backend, header, sizeof(header)));
	check_eq(header[0], 1);
	check_eq(header[1], VERSION | NEED_REPLY);
	check_eq(header[2], sizeof(payload));
	check(read_all(f->backend, &payload, sizeof(payload)));
	check_eq(payload.type, MISS);
	*miss = (struct front_miss){ payload.iova, payload.perm };
	return true;
}

void front_reply(struct front *f, uint64_t result)
{
	uint32_t header[] = { 1, VERSION | REPLY, sizeof(result) };

	send_all(f->backend, header, &result, sizeof(result), NULL, 0);
}

static uint64_t page_of(uint64_t iova)
{
	return iova - iova % ARENA_PAGE;
}

void front_map(struct front *f, uint64_t iova, unsigned perm)
{
	uint64_t page = page_of(iova);

	check_eq(front_iotlb(f, UPDATE, page, ARENA_PAGE,
			     (uintptr_t)f->arena.driver + (page - ARENA_IOVA),
			     perm),
		 0);
}

void front_unmap(struct front *f, uint64_t iova)
{
	check_eq(front_iotlb(f, INVALIDATE, page_of(iova), ARENA_PAGE, 0, 0),
		 0);
}

void front_answer(struct front *f, const struct front_miss *miss)
{
	front_map(f, miss->iova, RIOTLB_RW);
	front_reply(f, 0);
}
