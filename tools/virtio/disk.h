/* SPDX-License-Identifier: MIT */
/*
 * What a block device keeps its sectors in: memory of the process, or a file.
 * Calls may be made by any number of threads. Those that take segments may
 * change them, and have moved some of the data when they fail.
 */
#ifndef RIOTLB_VIRTIO_DISK_H
#define RIOTLB_VIRTIO_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iovec;

enum { DISK_SECTOR = 512 };

struct disk {
	int fd;       /* -1: memory */
	uint8_t *ram; /* NULL: a file */
	uint64_t bytes;
	bool read_only;
};

/* Errors: -EINVAL (bytes is 0 or no multiple of a sector), those of mmap. */
int disk_open_ram(struct disk *disk, uint64_t bytes);

/*
 * Opens a file, or makes it if `bytes` is not 0, which then is its size in any
 * case; a disk is as many whole sectors as there are. Errors: -EINVAL (no whole
 * sector, bytes is no multiple of one), -ENOTSUP (neither a regular file nor a
 * block device), those of open and ftruncate.
 */
int disk_open_file(struct disk *disk, const char *path, uint64_t bytes,
		   bool read_only);
void disk_close(struct disk *disk);

static inline bool disk_is_ram(const struct disk *disk)
{
	return disk->ram;
}

/* [offset, offset + the sum of the segments) lies in the disk. */
int disk_read(const struct disk *disk, uint64_t offset, struct iovec *segs,
	      size_t n);
int disk_write(const struct disk *disk, uint64_t offset, struct iovec *segs,
	       size_t n);
int disk_flush(const struct disk *disk);
/* Reads as zeros afterwards; with `unmap` it need take no space then. */
int disk_zero(const struct disk *disk, uint64_t offset, uint64_t bytes,
	      bool unmap);
/* What it reads as afterwards is not said. */
int disk_discard(const struct disk *disk, uint64_t offset, uint64_t bytes);

#endif
