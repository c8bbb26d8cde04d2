/* SPDX-License-Identifier: MIT */
/*
 * A virtio-blk device: what it tells the driver of itself, and the serving of
 * one of its queues. How the driver's words get here, who kicks and who is
 * called, is up to the transport.
 */
#ifndef RIOTLB_VIRTIO_BLK_H
#define RIOTLB_VIRTIO_BLK_H

#include <linux/virtio_blk.h>

#include "disk.h"
#include "flight.h"
#include "virtq.h"

struct json_t;

struct blk {
	struct disk *disk;
	char id[VIRTIO_BLK_ID_BYTES]; /* ended by a NUL only if it is shorter */
	uint16_t nqueues;
	bool packed; /* offer packed rings */
	/*
	 * For tests, else NULL: called by the thread of a queue between
	 * translation and data, with a lease held, as if the disk took as long.
	 */
	void (*stall)(void *ctx, unsigned queue);
	void *stall_ctx;
};

/* The features on offer. */
uint64_t blk_features(const struct blk *blk);
/* The configuration space, little-endian as it is. */
void blk_config(const struct blk *blk, struct virtio_blk_config *config);

struct blk_stats {
	counter requests; /* completed, of any type and status */
	counter reads;
	counter writes;
	counter flushes;
	counter zeros; /* and discards */
	counter bytes_read;
	counter bytes_written;
	counter errors;      /* answered with IOERR */
	counter unsupported; /* answered with UNSUPP */
	counter faults;      /* errors because a buffer was not mapped */
	counter leases;
	counter redone; /* fenced, so done again */
};

/*
 * Where in the ring the device is, as one word that is right at any moment,
 * also at that of a SIGKILL if the word is in a file: the position of the next
 * push, and how many slots are just being pushed.
 */
typedef _Atomic uint64_t blk_journal;

struct blk_place {
	uint16_t used;
	bool used_wrap;
	uint16_t ndescs; /* 0: none is being pushed */
};

struct blk_place blk_place(const blk_journal *journal);
void blk_set_place(blk_journal *journal, const struct blk_place *place);

/* A request between its pop and its push. */
struct blk_request {
	uint32_t type;
	uint64_t sector;
	struct iovec *data; /* what goes to the disk, or comes from it */
	size_t ndata;
	uint64_t bytes;
	uint8_t *status;
	int error; /* of translation */
	uint16_t id;
	uint16_t ndescs;
	uint32_t written;
	bool write_through; /* a write is on the disk when it is done */
	bool ready;         /* to be pushed */
};

struct blk_queue {
	const struct blk *blk;
	unsigned index;
	struct virtq vq;
	struct flight flight;
	struct blk_request request;
	struct blk_stats stats;
	struct virtq_faults faults; /* of the request that is next */
	bool write_through;
	blk_journal own;
	blk_journal *journal; /* &own, or one that outlives the process */
	/* The driver wants to be told. Called outside of sections. */
	void (*call)(void *ctx);
	void *call_ctx;
};

/* Errors: -ENOMEM. */
int blk_queue_init(struct blk_queue *q, const struct blk *blk, unsigned index,
		   const struct virtio_mem *mem, const flight_epoch *epoch);
void blk_queue_fini(struct blk_queue *q);

/*
 * How a queue begins: as a position says, or where the ring says, or the
 * journal for a packed ring, that the one before stopped.
 */
enum blk_start { BLK_START_AT, BLK_START_RESUME };

/*
 * Begins to serve a ring. Outside of sections, by the queue's thread. Errors:
 * those of a queue. After -EAGAIN (*need) all of it may be called again.
 */
int blk_queue_start(struct blk_queue *q, const struct virtq_config *config,
		    const struct virtq_position *at, enum blk_start start,
		    bool write_through, struct virtio_need *need);

/*
 * Serves the queue for a while, in sections of its own: 1: there may be more;
 * 0: there is nothing, and the driver will kick. It returns after each request
 * that held a lease, since the ring may have been taken away meanwhile. Outside
 * of sections, by the queue's thread, which is registered and, under QSBR,
 * online.
 * Errors: those of a queue; after -EAGAIN (*need) it may be called again.
 */
int blk_queue_serve(struct blk_queue *q, struct virtio_need *need);

/*
 * What was missing cannot be had: the request that needs it is answered with an
 * error. False: that is known already, so it is the ring itself.
 */
bool blk_queue_take_fault(struct blk_queue *q, const struct virtio_need *need);

/* All that was counted. NULL: no memory. */
struct json_t *blk_queue_report(const struct blk_queue *q);

#endif
