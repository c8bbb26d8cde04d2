/* SPDX-License-Identifier: MIT */
/*
 * A VDUSE device with virtio-blk's queues: what the kernel requests of it, and
 * the threads that serve its queues. All calls are the control thread's.
 *
 * When the kernel says that the driver's memory has changed (UPDATE_IOTLB), it
 * is answered once nothing here uses what was there before: no section, and no
 * request that holds a lease. The kernel gives up a device that does not answer
 * in time. So a request that is still at it after half of that time is fenced,
 * its queue stops, and its memory is revoked; then the answer is given. When
 * the request comes back it is done again, with the memory that there is by
 * then. If even that cannot be done in three quarters of the time, the kernel
 * is told that the update has failed.
 */
#ifndef RIOTLB_VDUSE_DEVICE_H
#define RIOTLB_VDUSE_DEVICE_H

#include "blk.h"
#include "port.h"

struct device;
struct json_t;
struct riotlb;
struct rcu_flavor_struct;

struct device_attr {
	const struct port *port;
	const struct blk *blk;
	const struct rcu_flavor_struct *flavor; /* of the queues' threads */
	/* One per queue, which outlive the process; NULL: none do. */
	blk_journal *journals;
};

/* What is pointed to outlives it. Errors: those of riotlb_create, worker_init.
 */
int device_create(const struct device_attr *attr, struct device **out);
/* Stops the queues, each after the request in hand, which is waited for. */
void device_stop(struct device *device);
void device_destroy(struct device *device);

/* The engine that it translates with. */
struct riotlb *device_engine(struct device *device);

/*
 * Of a device that was there before this process: is its driver at work, and
 * with packed rings? Errors: those of the port; -ENOTSUP (the driver uses
 * features that this device does not offer).
 */
int device_probe(struct device *device, bool *in_use, bool *packed);

/*
 * Goes on with the rings of a driver that is at work, with the first request of
 * each that is not done. That is all that was lost, since requests are done in
 * order: those before it are in the ring as used; it, and those behind it, the
 * driver still waits for, so it leaves their buffers alone, and whether some
 * were done in part makes no difference when they are done once more.
 * Packed rings need journals. Errors: those of the port.
 */
int device_resume(struct device *device);

/*
 * Reads one request, does what it says, and answers it. 0, also if there was
 * none; -EIO: the kernel has given up the device. Errors: those of read, write.
 */
int device_handle(struct device *device);

/*
 * To be called when there was no request for a while: gives back what fenced
 * requests left behind. Returns whether there may be more to do of that.
 */
bool device_tidy(struct device *device);

/* All that was counted. NULL: no memory. */
struct json_t *device_report(struct device *device);

#endif
