/* SPDX-License-Identifier: MIT */
#include "disk.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <riotlb/rcu.h>

#include "guard.h"

int disk_open_ram(struct disk *disk, uint64_t bytes)
{
	void *ram;

	if (bytes == 0 || bytes % DISK_SECTOR || bytes > PTRDIFF_MAX)
		return -EINVAL;
	ram = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ram == MAP_FAILED)
		return -errno;
	*disk = (struct disk){ .fd = -1, .ram = ram, .bytes = bytes };
	return 0;
}

static int size_of(int fd, uint64_t *bytes)
{
	struct stat stat;

	if (fstat(fd, &stat))
		return -errno;
	if (S_ISBLK(stat.st_mode))
		return ioctl(fd, BLKGETSIZE64, bytes) ? -errno : 0;
	if (!S_ISREG(stat.st_mode))
		return -ENOTSUP;
	*bytes = (uint64_t)stat.st_size;
	return 0;
}

static int measure(struct disk *disk, uint64_t want)
{
	int err = size_of(disk->fd, &disk->bytes);

	if (!err && want && disk->bytes != want) {
		if (want > INT64_MAX || ftruncate(disk->fd, (off_t)want))
			return want > INT64_MAX ? -EFBIG : -errno;
		disk->bytes = want;
	}
	disk->bytes -= disk->bytes % DISK_SECTOR;
	if (!err && !disk->bytes)
		err = -EINVAL;
	return err;
}

int disk_open_file(struct disk *disk, const char *path, uint64_t bytes,
		   bool read_only)
{
	int flags = read_only ? O_RDONLY : O_RDWR;
	int err;

	if (bytes % DISK_SECTOR || (read_only && bytes))
		return -EINVAL;
	if (bytes)
		flags |= O_CREAT;
	*disk = (struct disk){ .read_only = read_only };
	disk->fd = open(path, flags | O_CLOEXEC, 0600);
	if (disk->fd < 0)
		return -errno;
	err = measure(disk, bytes);
	if (err)
		close(disk->fd);
	return err;
}

void disk_close(struct disk *disk)
{
	if (disk->ram)
		munmap(disk->ram, (size_t)disk->bytes);
	else
		close(disk->fd);
	disk->ram = NULL;
	disk->fd = -1;
}

/* ---- reading and writing --------------------------------------- */

typedef ssize_t transfer_fn(int fd, const struct iovec *segs, int n,
			    off_t offset);

/* Drops the first `bytes` of the segments; returns how many are done. */
static size_t consume(struct iovec *segs, size_t n, size_t bytes)
{
	size_t i = 0;

	while (i < n && bytes >= segs[i].iov_len)
		bytes -= segs[i++].iov_len;
	if (i < n) {
		segs[i].iov_base = (uint8_t *)segs[i].iov_base + bytes;
		segs[i].iov_len -= bytes;
	}
	return i;
}

static int transfer(transfer_fn *fn, int fd, uint64_t offset,
		    struct iovec *segs, size_t n)
{
	while (n > 0) {
		ssize_t moved = fn(fd, segs, (int)(n < IOV_MAX ? n : IOV_MAX),
				   (off_t)offset);
		size_t whole;

		if (moved < 0 && errno == EINTR)
			continue;
		if (moved <= 0) /* 0: the file was cut short */
			return moved ? -errno : -EIO;
		offset += (uint64_t)moved;
		whole = consume(segs, n, (size_t)moved);
		segs += whole;
		n -= whole;
	}
	return 0;
}

/*
 * Whoever has seen one request done and sends another has ordered the two, but
 * through rings that he has mapped elsewhere: ThreadSanitizer, which goes by
 * addresses, does not see that, and is told.
 */
static void after_others(const struct disk *disk)
{
#ifdef RIOTLB_TSAN
	__tsan_acquire(disk->ram);
#endif
	(void)disk;
}

static void before_others(const struct disk *disk)
{
#ifdef RIOTLB_TSAN
	__tsan_release(disk->ram);
#endif
	(void)disk;
}

static int read_ram(const struct disk *disk, uint64_t offset,
		    const struct iovec *segs, size_t n)
{
	const uint8_t *at = disk->ram + offset;
	int err = 0;

	after_others(disk);
	for (size_t i = 0; i < n && !err; i++) {
		err = guard_copy(segs[i].iov_base, at, segs[i].iov_len);
		at += segs[i].iov_len;
	}
	before_others(disk);
	return err;
}

static int write_ram(const struct disk *disk, uint64_t offset,
		     const struct iovec *segs, size_t n)
{
	uint8_t *at = disk->ram + offset;
	int err = 0;

	after_others(disk);
	for (size_t i = 0; i < n && !err; i++) {
		err = guard_copy(at, segs[i].iov_base, segs[i].iov_len);
		at += segs[i].iov_len;
	}
	before_others(disk);
	return err;
}

int disk_read(const struct disk *disk, uint64_t offset, struct iovec *segs,
	      size_t n)
{
	return disk->ram ? read_ram(disk, offset, segs, n)
			 : transfer(preadv, disk->fd, offset, segs, n);
}

int disk_write(const struct disk *disk, uint64_t offset, struct iovec *segs,
	       size_t n)
{
	return disk->ram ? write_ram(disk, offset, segs, n)
			 : transfer(pwritev, disk->fd, offset, segs, n);
}

int disk_flush(const struct disk *disk)
{
	return disk->ram || fdatasync(disk->fd) == 0 ? 0 : -errno;
}

/* ---- zeros ----------------------------------------------------- */

static int allocate(const struct disk *disk, int mode, uint64_t offset,
		    uint64_t bytes)
{
	int err;

	do
		err = fallocate(disk->fd, mode | FALLOC_FL_KEEP_SIZE,
				(off_t)offset, (off_t)bytes);
	while (err && errno == EINTR);
	return err ? -errno : 0;
}

static int write_zeros(const struct disk *disk, uint64_t offset, uint64_t bytes)
{
	static const uint8_t zeros[64 << 10];
	int err = 0;

	while (bytes > 0 && !err) {
		struct iovec seg = { (void *)(uintptr_t)zeros, sizeof(zeros) };

		if (seg.iov_len > bytes)
			seg.iov_len = (size_t)bytes;
		bytes -= seg.iov_len;
		offset += seg.iov_len;
		err = transfer(pwritev, disk->fd, offset - seg.iov_len, &seg,
			       1);
	}
	return err;
}

int disk_zero(const struct disk *disk, uint64_t offset, uint64_t bytes,
	      bool unmap)
{
	int err;

	if (disk->ram) {
		memset(disk->ram + offset, 0, (size_t)bytes);
		return 0;
	}
	err = allocate(disk,
		       unmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE,
		       offset, bytes);
	return err == -EOPNOTSUPP ? write_zeros(disk, offset, bytes) : err;
}

int disk_discard(const struct disk *disk, uint64_t offset, uint64_t bytes)
{
	int err = 0;

	if (!disk->ram)
		err = allocate(disk, FALLOC_FL_PUNCH_HOLE, offset, bytes);
	return err == -EOPNOTSUPP ? 0 : err; /* a hint */
}
