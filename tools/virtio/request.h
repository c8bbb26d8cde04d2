/* SPDX-License-Identifier: MIT */
/* One request of a block device, from its segments to its status. */
#ifndef RIOTLB_VIRTIO_REQUEST_H
#define RIOTLB_VIRTIO_REQUEST_H

#include "blk.h"

/* Most sectors of a discard or write-zeroes range, and ranges of a request. */
enum { REQUEST_MAX_ZEROS = 1 << 16, REQUEST_MAX_RANGES = 1 };

/*
 * Reads the header and finds data and status; the segments of the element are
 * the request's from here. Errors: -EPROTO (it has no header, or no room for a
 * status), -EFAULT (its status cannot be reached).
 */
int request_parse(struct blk_request *r, struct virtq_elem *elem);

/* Is it a matter of copying, and of not waiting for anything? */
bool request_is_short(const struct blk_request *r, const struct disk *disk);

/*
 * Does it, and sets r->written; returns the status, a VIRTIO_BLK_S value. The
 * data is where the request says, which is all that is used of driver memory.
 */
uint8_t request_do(struct blk_request *r, const struct blk *blk,
		   struct blk_stats *stats);

/* Tells the driver the status. Errors: -EFAULT. */
int request_answer(struct blk_request *r, uint8_t status,
		   struct blk_stats *stats);

#endif
