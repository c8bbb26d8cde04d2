/* SPDX-License-Identifier: MIT */
/*
 * Where each queue of a device is, in a file that is mapped, so that it is
 * right at the moment at which the process is killed. It is not synced: if the
 * machine goes, so does the driver. Packed rings need it, split ones say it
 * themselves.
 */
#ifndef RIOTLB_VDUSE_JOURNAL_H
#define RIOTLB_VDUSE_JOURNAL_H

#include <stdbool.h>

#include "blk.h"

struct journal {
	int fd; /* which holds the lock */
	void *file;
	size_t size;
	blk_journal *words; /* one per queue */
	bool is_new;        /* it was not there, or empty */
};

/*
 * Opens or makes it. Errors: -EINVAL (it is not the journal of that device with
 * so many queues), -EBUSY (another process has it), those of open and mmap.
 */
int journal_open(struct journal *journal, const char *path, const char *device,
		 unsigned nqueues);
void journal_close(struct journal *journal);

#endif
