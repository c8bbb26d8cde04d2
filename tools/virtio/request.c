/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <errno.h>
#include <string.h>

#include <endian.h>

#include "guard.h"

/*
 * Copies from the first `bytes` of the segments, which are then shorter by
 * them. *first is the first that is left. Errors: -EFAULT (one is not mapped).
 */
static int take_front(struct iovec *segs, size_t n, size_t *first, void *to,
		      size_t bytes)
{
	uint8_t *at = to;
	size_t i = *first;
	int err = 0;

	while (bytes > 0 && i < n && !err) {
		size_t len = segs[i].iov_len < bytes ? segs[i].iov_len : bytes;

		if (!segs[i].iov_base)
			return -EFAULT;
		err = guard_copy(at, segs[i].iov_base, len);
		at += len;
		bytes -= len;
		segs[i].iov_base = (uint8_t *)segs[i].iov_base + len;
		segs[i].iov_len -= len;
		if (segs[i].iov_len == 0)
			i++;
	}
	*first = i;
	return err ? err : bytes ? -EPROTO : 0;
}

/* Takes the last byte off the segments. */
static uint8_t *take_last(struct iovec *segs, size_t *n)
{
	struct iovec *seg = &segs[*n - 1];
	uint8_t *byte = seg->iov_base;

	if (byte)
		byte += seg->iov_len - 1;
	if (--seg->iov_len == 0)
		--*n;
	return byte;
}

int request_parse(struct blk_request *r, struct virtq_elem *elem)
{
	struct virtio_blk_outhdr header;
	struct iovec *in = elem->segs + elem->nout;
	size_t first = 0;
	int err;

	*r = (struct blk_request){
		.error = elem->error,
		.id = elem->id,
		.ndescs = elem->ndescs,
	};
	if (elem->out_bytes < sizeof(header) || elem->in_bytes == 0)
		return -EPROTO;
	r->status = take_last(in, &elem->nin);
	if (!r->status)
		return -EFAULT;
	err = take_front(elem->segs, elem->nout, &first, &header,
			 sizeof(header));
	if (err) {
		r->error = err;
		return 0; /* there is a status to say so with */
	}
	r->type = le32toh(header.type);
	r->sector = le64toh(header.sector);
	if (r->type == VIRTIO_BLK_T_IN || r->type == VIRTIO_BLK_T_GET_ID) {
		r->data = in;
		r->ndata = elem->nin;
		r->bytes = elem->in_bytes - 1;
	} else {
		r->data = elem->segs + first;
		r->ndata = elem->nout - first;
		r->bytes = elem->out_bytes - sizeof(header);
	}
	return 0;
}

bool request_is_short(const struct blk_request *r, const struct disk *disk)
{
	switch (r->type) {
	case VIRTIO_BLK_T_IN:
	case VIRTIO_BLK_T_OUT:
		return r->error || disk_is_ram(disk);
	case VIRTIO_BLK_T_FLUSH:
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return false;
	default:
		return true;
	}
}

/* Do `bytes` from a sector on lie in the disk? */
static bool in_disk(const struct disk *disk, uint64_t sector, uint64_t bytes)
{
	return bytes % DISK_SECTOR == 0 && bytes <= disk->bytes &&
	       sector <= (disk->bytes - bytes) / DISK_SECTOR;
}

static uint8_t status_of(int err)
{
	return err ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static uint8_t do_data(struct blk_request *r, const struct disk *disk,
		       struct blk_stats *stats)
{
	bool read = r->type == VIRTIO_BLK_T_IN;
	int err;

	if (!in_disk(disk, r->sector, r->bytes) || (!read && disk->read_only))
		return VIRTIO_BLK_S_IOERR;
	err = (read ? disk_read : disk_write)(disk, r->sector * DISK_SECTOR,
					      r->data, r->ndata);
	if (!err && !read && r->write_through)
		err = disk_flush(disk);
	if (err)
		return VIRTIO_BLK_S_IOERR;
	counter_add(read ? &stats->reads : &stats->writes, 1);
	counter_add(read ? &stats->bytes_read : &stats->bytes_written,
		    r->bytes);
	if (read)
		r->written += (uint32_t)r->bytes;
	return VIRTIO_BLK_S_OK;
}

static uint8_t do_get_id(struct blk_request *r, const struct blk *blk)
{
	const char *from = blk->id;
	size_t left = sizeof(blk->id);
	int err = 0;

	for (size_t i = 0; i < r->ndata && left > 0 && !err; i++) {
		size_t len =
			r->data[i].iov_len < left ? r->data[i].iov_len : left;

		err = guard_copy(r->data[i].iov_base, from, len);
		from += len;
		left -= len;
	}
	if (!err)
		r->written += (uint32_t)(sizeof(blk->id) - left);
	return status_of(err);
}

static uint8_t do_zeros(struct blk_request *r, const struct disk *disk,
			struct blk_stats *stats)
{
	struct virtio_blk_discard_write_zeroes range;
	bool discard = r->type == VIRTIO_BLK_T_DISCARD, unmap;
	uint64_t sector, bytes;
	size_t first = 0;
	uint32_t flags;
	int err;

	if (r->bytes != sizeof(range) || disk->read_only)
		return VIRTIO_BLK_S_IOERR;
	err = take_front(r->data, r->ndata, &first, &range, sizeof(range));
	if (err)
		return VIRTIO_BLK_S_IOERR;
	flags = le32toh(range.flags);
	unmap = flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	if (flags & ~(uint32_t)VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP ||
	    (discard && unmap))
		return VIRTIO_BLK_S_UNSUPP;
	sector = le64toh(range.sector);
	bytes = (uint64_t)le32toh(range.num_sectors) * DISK_SECTOR;
	if (bytes > (uint64_t)REQUEST_MAX_ZEROS * DISK_SECTOR ||
	    !in_disk(disk, sector, bytes))
		return VIRTIO_BLK_S_IOERR;
	if (bytes == 0)
		return VIRTIO_BLK_S_OK;
	sector *= DISK_SECTOR;
	err = discard ? disk_discard(disk, sector, bytes)
		      : disk_zero(disk, sector, bytes, unmap);
	counter_add(&stats->zeros, 1);
	return status_of(err);
}

uint8_t request_do(struct blk_request *r, const struct blk *blk,
		   struct blk_stats *stats)
{
	if (r->error)
		return VIRTIO_BLK_S_IOERR;
	switch (r->type) {
	case VIRTIO_BLK_T_IN:
	case VIRTIO_BLK_T_OUT:
		return do_data(r, blk->disk, stats);
	case VIRTIO_BLK_T_FLUSH:
		counter_add(&stats->flushes, 1);
		return status_of(disk_flush(blk->disk));
	case VIRTIO_BLK_T_GET_ID:
		return do_get_id(r, blk);
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return do_zeros(r, blk->disk, stats);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

int request_answer(struct blk_request *r, uint8_t status,
		   struct blk_stats *stats)
{
	counter_add(&stats->requests, 1);
	if (status == VIRTIO_BLK_S_IOERR)
		counter_add(&stats->errors, 1);
	if (status == VIRTIO_BLK_S_UNSUPP)
		counter_add(&stats->unsupported, 1);
	if (r->error)
		counter_add(&stats->faults, 1);
	r->written++;
	return guard_copy(r->status, &status, 1);
}
