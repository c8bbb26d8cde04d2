/* SPDX-License-Identifier: MIT */
#include "kernel_side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <time.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "guard.h"
#include "rig.h"

/* ---- the port ----------------------------------------------------- */

static int get_region(void *ctx, uint64_t iova, struct port_region *region)
{
	struct side *side = ctx;
	int err = -EINVAL;

	side->fetched++;
	pthread_mutex_lock(&side->lock);
	for (unsigned i = 0; i < side->nregions && err; i++) {
		if (iova < side->regions[i].start ||
		    iova > side->regions[i].last)
			continue;
		*region = side->regions[i];
		region->fd = dup(side->arena.fd);
		check(region->fd >= 0);
		err = 0;
	}
	pthread_mutex_unlock(&side->lock);
	if (atomic_exchange(&side->is_meanwhile, false))
		side->meanwhile(side);
	return err;
}

static int get_features(void *ctx, uint64_t *features)
{
	*features = ((struct side *)ctx)->features;
	return 0;
}

static int get_vq(void *ctx, unsigned queue, bool packed, struct port_vq *vq)
{
	struct side *side = ctx;
	const struct virtq_config *c = &side->drivers[queue].config;

	check(queue < SIDE_QUEUES && packed == c->packed);
	*vq = (struct port_vq){
		.config = { .num = c->num,
			    .desc = c->desc,
			    .driver = c->driver,
			    .device = c->device },
		.at = side->at[queue],
		.ready = queue < side->nready,
	};
	return 0;
}

/*
 * What the worker waits for becomes what the driver kicks; a device in a child
 * could not hand over its own.
 */
static int set_kick(void *ctx, unsigned queue, int fd)
{
	const struct side *side = ctx;

	return dup2(side->kick_fds[queue], fd) == fd ? 0 : -errno;
}

static int call(void *ctx, unsigned queue)
{
	struct side *side = ctx;

	if (!side->driver_ok)
		return -EAGAIN;
	sem_post(&side->called[queue]);
	return 0;
}

static int call_config(void *ctx)
{
	return ((struct side *)ctx)->driver_ok ? 0 : -EAGAIN;
}

static uint64_t timeout(void *ctx)
{
	return ((struct side *)ctx)->timeout_ms;
}

/* ---- life --------------------------------------------------------- */

static void wait_for(sem_t *sem)
{
	struct timespec t;
	int err;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 120;
	do
		err = sem_timedwait(sem, &t);
	while (err && errno == EINTR);
	check(!err);
}

static void stall(void *ctx, unsigned queue)
{
	struct side *side = ctx;

	(void)queue;
	if (!side->stalls)
		return;
	sem_post(&side->stalled);
	wait_for(&side->go_on);
}

static void create_driver(struct side *side, unsigned kind, unsigned i)
{
	struct virtq_config config = {
		.num = 16,
		.packed = kind & RIG_PACKED,
		.indirect = kind & RIG_INDIRECT,
		.event_idx = kind & RIG_EVENT_IDX,
	};

	driver_init(&side->drivers[i], &side->arena, &config);
	sem_init(&side->called[i], 1, 0);
	side->kick_fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	check(side->kick_fds[i] >= 0);
	side->at[i].avail_wrap = side->at[i].used_wrap = config.packed;
}

static uint64_t features_of(const struct blk *blk, unsigned kind)
{
	uint64_t all = blk_features(blk);

	if (!(kind & RIG_PACKED))
		all &= ~(UINT64_C(1) << VIRTIO_F_RING_PACKED);
	if (!(kind & RIG_INDIRECT))
		all &= ~(UINT64_C(1) << VIRTIO_RING_F_INDIRECT_DESC);
	if (!(kind & RIG_EVENT_IDX))
		all &= ~(UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX);
	return all;
}

static int nonblocking(int fd)
{
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void create_port(struct side *side)
{
	int fds[2];

	check(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds));
	check(!nonblocking(fds[0]));
	side->fd = fds[1];
	side->port = (struct port){
		.fd = fds[0],
		.ctx = side,
		.get_region = get_region,
		.get_features = get_features,
		.get_vq = get_vq,
		.set_kick = set_kick,
		.call = call,
		.call_config = call_config,
		.timeout = timeout,
	};
}

struct side *side_create(unsigned kind)
{
	struct side *side = mmap(NULL, sizeof(*side), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	check(side != MAP_FAILED);
	check(!guard_install());
	create_port(side);
	arena_create(&side->arena, 256);
	sem_init(&side->stalled, 1, 0);
	sem_init(&side->go_on, 1, 0);
	for (unsigned i = 0; i < SIDE_QUEUES; i++)
		create_driver(side, kind, i);
	side->nready = SIDE_QUEUES;
	pthread_mutex_init(&side->talk, NULL);
	pthread_mutex_init(&side->lock, NULL);
	side_set_regions(side, 1);
	check(!disk_open_ram(&side->disk, SIDE_DISK));
	side->blk = (struct blk){
		.disk = &side->disk,
		.nqueues = SIDE_QUEUES,
		.packed = true,
	};
	side->timeout_ms = 60000;
	side->features = features_of(&side->blk, kind);
	return side;
}

void side_stall(struct side *side)
{
	side->blk.stall = stall;
	side->blk.stall_ctx = side;
	side->stalls = true;
}

void side_open_device(struct side *side, const struct rcu_flavor_struct *flavor,
		      blk_journal *journals)
{
	struct device_attr attr = {
		.port = &side->port,
		.blk = &side->blk,
		.flavor = flavor,
		.journals = journals,
	};

	/* a predecessor may have been killed while it held it */
	pthread_mutex_init(&side->lock, NULL);
	check_eq(device_create(&attr, &side->device), 0);
}

void side_close_device(struct side *side)
{
	if (side->threaded) {
		check(!eventfd_write(side->stop_fd, 1));
		pthread_join(side->thread, NULL);
		close(side->stop_fd);
		side->threaded = false;
	}
	if (side->device) {
		device_stop(side->device);
		device_destroy(side->device);
	}
	side->device = NULL;
}

void side_destroy(struct side *side)
{
	side_close_device(side);
	for (unsigned i = 0; i < SIDE_QUEUES; i++)
		close(side->kick_fds[i]);
	close(side->port.fd);
	close(side->fd);
	arena_destroy(&side->arena);
	disk_close(&side->disk);
	munmap(side, sizeof(*side));
}

static void *run(void *arg)
{
	struct side *side = arg;
	struct pollfd fds[] = {
		{ .fd = side->stop_fd, .events = POLLIN },
		{ .fd = side->port.fd, .events = POLLIN },
	};

	for (;;) {
		check(poll(fds, 2, -1) > 0);
		if (fds[0].revents)
			return NULL;
		check_eq(device_handle(side->device), 0);
	}
}

void side_run(struct side *side)
{
	side->stop_fd = eventfd(0, EFD_CLOEXEC);
	check(side->stop_fd >= 0);
	check(!pthread_create(&side->thread, NULL, run, side));
	side->threaded = true;
}

/* ---- messages ------------------------------------------------------ */

uint32_t side_send(struct side *side, struct riotlb_vduse_request request)
{
	uint8_t buf[RIOTLB_VDUSE_MSG_SIZE];

	request.id = ++side->next_id;
	check_eq(riotlb_vduse_request_encode(&request, buf, sizeof(buf)), 0);
	check(write(side->fd, buf, sizeof(buf)) == sizeof(buf));
	return request.id;
}

bool side_receive(struct side *side, int ms, uint32_t id,
		  struct riotlb_vduse_response *response)
{
	struct pollfd fd = { .fd = side->fd, .events = POLLIN };
	uint8_t buf[RIOTLB_VDUSE_MSG_SIZE];

	if (!side->threaded)
		check_eq(device_handle(side->device), 0);
	if (poll(&fd, 1, ms) == 0)
		return false;
	check(read(side->fd, buf, sizeof(buf)) == sizeof(buf));
	check_eq(riotlb_vduse_response_decode(buf, sizeof(buf), response), 0);
	check_eq(response->id, id);
	return true;
}

static int ask(struct side *side, const struct riotlb_vduse_request *request)
{
	struct riotlb_vduse_response response = { 0 };

	pthread_mutex_lock(&side->talk);
	check(side_receive(side, 60000, side_send(side, *request), &response));
	pthread_mutex_unlock(&side->talk);
	return response.failed ? -EIO : 0;
}

int side_set_status(struct side *side, uint8_t status)
{
	struct riotlb_vduse_request r = { .type = RIOTLB_VDUSE_SET_STATUS,
					  .status = status };
	int err = ask(side, &r);

	/* the kernel sees to its own state when it has the answer */
	if (!err || !status)
		side->driver_ok = status & VIRTIO_CONFIG_S_DRIVER_OK;
	return err;
}

int side_update(struct side *side, uint64_t start, uint64_t last)
{
	struct riotlb_vduse_request r = { .type = RIOTLB_VDUSE_UPDATE_IOTLB,
					  .iova = { start, last } };

	return ask(side, &r);
}

void side_bind(struct side *side)
{
	const uint8_t steps[] = { 0, 1, 3, 11, 15 };

	for (size_t i = 0; i < sizeof(steps); i++)
		check_eq(side_set_status(side, steps[i]), 0);
}

void side_new_rings(struct side *side, unsigned queue)
{
	struct virtq_config config = side->drivers[queue].config;

	driver_init(&side->drivers[queue], &side->arena, &config);
}

void side_set_regions(struct side *side, unsigned n)
{
	uint64_t bytes = side->arena.pages * ARENA_PAGE / n;

	pthread_mutex_lock(&side->lock);
	side->nregions = n;
	for (unsigned i = 0; i < n; i++)
		side->regions[i] = (struct port_region){
			.start = ARENA_IOVA + i * bytes,
			.last = ARENA_IOVA + (i + 1) * bytes - 1,
			.offset = i * bytes,
			.perm = RIOTLB_RW,
		};
	pthread_mutex_unlock(&side->lock);
}

/* ---- the driver ----------------------------------------------------- */

void side_kick(struct side *side, unsigned queue)
{
	if (driver_kick_due(&side->drivers[queue]))
		check(!eventfd_write(side->kick_fds[queue], 1));
}

void side_ask(struct side *side, unsigned queue, struct request *request,
	      uint32_t type, uint64_t sector, uint32_t len)
{
	check(request_add(request, &side->drivers[queue], type, sector, len,
			  4096));
	side_kick(side, queue);
}

struct request *side_await(struct side *side, unsigned queue)
{
	struct request *r;

	while (!(r = request_get(&side->drivers[queue])))
		if (!driver_calls_on(&side->drivers[queue]))
			wait_for(&side->called[queue]);
	return r;
}
