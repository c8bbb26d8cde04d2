/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of a VDUSE device, in this process: messages go over a
 * socket in the kernel's format, and what else is asked of it is answered from
 * the state here. The driver's memory is an arena, one region of the device's.
 */
#ifndef TESTS_VDUSE_KERNEL_SIDE_H
#define TESTS_VDUSE_KERNEL_SIDE_H

#include <pthread.h>
#include <semaphore.h>

#include <riotlb/vduse_msg.h>

#include "device.h"
#include "disk.h"
#include "requests.h"

enum { SIDE_QUEUES = 2, SIDE_DISK = 1 << 20, SIDE_REGIONS = 4 };

struct side {
	struct port port;
	int fd; /* the kernel's end of the socket */
	struct arena arena;
	struct driver drivers[SIDE_QUEUES];
	struct virtq_position at[SIDE_QUEUES];
	unsigned nready;           /* queues that the driver sets up */
	int kick_fds[SIDE_QUEUES]; /* which the driver kicks */
	sem_t called[SIDE_QUEUES];
	_Atomic uint64_t features;
	_Atomic bool driver_ok;
	_Atomic uint64_t timeout_ms;
	uint32_t next_id;
	pthread_mutex_t talk; /* one request and its response at a time */

	/* what GET_FD finds */
	pthread_mutex_t lock;
	struct port_region regions[SIDE_REGIONS];
	unsigned nregions;
	_Atomic unsigned fetched;
	/* called in between asking and answering it, once */
	void (*meanwhile)(struct side *side);
	_Atomic bool is_meanwhile;

	struct disk disk;
	struct blk blk;
	struct device *device;
	pthread_t thread; /* which handles requests */
	int stop_fd;
	bool threaded;

	_Atomic bool stalls;
	sem_t stalled;
	sem_t go_on;
};

/*
 * Without a device, in memory that children of a fork share. Kinds are those of
 * the rig.
 */
struct side *side_create(unsigned kind);
void side_destroy(struct side *side);

/* The device comes, and goes in good order. It may be a child's. */
void side_open_device(struct side *side, const struct rcu_flavor_struct *flavor,
		      blk_journal *journals);
void side_close_device(struct side *side);
/* A thread that handles requests as they come, as main does. */
void side_run(struct side *side);

/* Kicks the device if it wants it. */
void side_kick(struct side *side, unsigned queue);

/* Requests stall before their data, until the test says. Before the device. */
void side_stall(struct side *side);

/* Sends a request, and returns its id. */
uint32_t side_send(struct side *side, struct riotlb_vduse_request request);
/*
 * Waits for the response to it, which says whether it was done; false: there is
 * none in so many milliseconds. `response` says what it is about on entry.
 */
bool side_receive(struct side *side, int ms, uint32_t id,
		  struct riotlb_vduse_response *response);
/* Both. Returns 0, or -EIO if it failed; as the kernel sees it. */
int side_set_status(struct side *side, uint8_t status);
int side_update(struct side *side, uint64_t start, uint64_t last);

/* From nothing to DRIVER_OK, as virtio_vdpa does it. */
void side_bind(struct side *side);

/* The driver has set up a queue anew, in other memory. */
void side_new_rings(struct side *side, unsigned queue);

/* The whole arena is one region, or two halves. */
void side_set_regions(struct side *side, unsigned n);

/* One request of the driver, and its answer. */
void side_ask(struct side *side, unsigned queue, struct request *request,
	      uint32_t type, uint64_t sector, uint32_t len);
struct request *side_await(struct side *side, unsigned queue);

#endif
