/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <errno.h>
#include <string.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct header {
	char magic[16];
	char device[256];
	uint64_t nqueues;
	blk_journal words[];
};

static const char magic[16] = "riotlb journal 1";

static int check(const struct header *header, const char *device,
		 unsigned nqueues)
{
	if (memcmp(header->magic, magic, sizeof(magic)) != 0 ||
	    strncmp(header->device, device, sizeof(header->device)) != 0 ||
	    header->nqueues != nqueues)
		return -EINVAL;
	return 0;
}

static void initialize(struct header *header, const char *device,
		       unsigned nqueues)
{
	header->nqueues = nqueues;
	strncpy(header->device, device, sizeof(header->device) - 1);
	memcpy(header->magic, magic, sizeof(magic));
}

static int map(struct journal *journal, int fd, const char *device,
	       unsigned nqueues)
{
	struct header *header;
	struct stat stat;
	int err = 0;

	/* of this process until it ends, however it does */
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	journal->size = sizeof(*header) + nqueues * sizeof(*header->words);
	if (fstat(fd, &stat))
		return -errno;
	journal->is_new = stat.st_size == 0;
	if (journal->is_new && ftruncate(fd, (off_t)journal->size))
		return -errno;
	if (!journal->is_new && (size_t)stat.st_size != journal->size)
		return -EINVAL;
	header = mmap(NULL, journal->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, 0);
	if (header == MAP_FAILED)
		return -errno;
	if (journal->is_new)
		initialize(header, device, nqueues);
	else
		err = check(header, device, nqueues);
	if (err) {
		munmap(header, journal->size);
		return err;
	}
	journal->file = header;
	journal->words = header->words;
	return 0;
}

int journal_open(struct journal *journal, const char *path, const char *device,
		 unsigned nqueues)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), err;

	*journal = (struct journal){ .fd = fd };
	if (fd < 0)
		return -errno;
	err = map(journal, fd, device, nqueues);
	if (err)
		close(fd);
	return err;
}

void journal_close(struct journal *journal)
{
	if (!journal->file)
		return;
	munmap(journal->file, journal->size);
	close(journal->fd);
	journal->file = NULL;
}
