/* SPDX-License-Identifier: MIT */
/*
 * The device's side of a virtqueue, split or packed, of virtio 1.x.
 *
 * Elements are pushed in the order in which they were popped. So at any time
 * the ring itself tells which requests are done, and whoever takes the queue
 * over goes on with the first that is not.
 *
 * The driver's side may be hostile, and may write to its memory at any time:
 * every word of it is read once, chains and indirect tables are bounded, and
 * what it says is either done or is the end of the queue. All of it is reached
 * through riotlb; a translation that is missing is reported, and the call may
 * be made again, since nothing was consumed.
 *
 * Calls on one queue take turns. "Context: section" means inside a read-side
 * section of the engine that began after virtq_enter was called, or with it.
 *
 * Errors of all of them: -EAGAIN (*need); and those after which the queue is of
 * no more use, with virtq_why to say what was wrong: -EINVAL, -EPROTO (the
 * driver's fault), -EFAULT (the memory behind a mapping is gone).
 */
#ifndef RIOTLB_VIRTIO_VIRTQ_H
#define RIOTLB_VIRTIO_VIRTQ_H

#include <stdbool.h>

#include <sys/uio.h>

#include "counter.h"
#include "mem.h"

enum {
	VIRTQ_MAX_NUM = 32768,
	/* Stretches of host memory of one element. */
	VIRTQ_MAX_SEGS = 4096,
	/* Bytes of one element. */
	VIRTQ_MAX_BYTES = 16 << 20,
	VIRTQ_MAX_FAULTS = 4,
};

/* What the driver told of a queue, and what was negotiated. */
struct virtq_config {
	uint32_t num;
	uint64_t desc;
	uint64_t driver; /* split: available ring; packed: driver events */
	uint64_t device; /* split: used ring; packed: device events */
	bool packed;
	bool indirect;
	bool event_idx;
};

/* Where in the ring the device is. The wraps are of a packed ring only. */
struct virtq_position {
	uint16_t avail;
	uint16_t used;
	bool avail_wrap;
	bool used_wrap;
};

struct virtq_stats {
	counter elements;    /* pushed */
	counter descriptors; /* translated, of elements that were popped */
	counter segments;    /* that those came to */
	counter misses;      /* calls that ended in -EAGAIN, not mapped */
	counter denied;      /* the same, not permitted */
	counter calls;       /* that the driver is to be told of */
};

struct virtq {
	struct virtio_mem mem;
	struct virtq_config config;
	struct virtq_position at;
	struct virtio_window desc;
	struct virtio_window driver;
	struct virtio_window device;
	uint32_t unsignalled; /* split: elements, packed: descriptors */
	struct iovec *segs;   /* of the element that was popped last */
	const char *why;
	struct virtq_stats stats;
};

/*
 * What the driver made available: what the device reads, then what it writes.
 */
struct virtq_elem {
	struct iovec *segs;
	size_t nout;
	size_t nin;
	uint64_t out_bytes;
	uint64_t in_bytes;
	uint16_t id;
	uint16_t ndescs; /* slots of a packed ring that it takes */
	uint16_t descs;  /* descriptors of buffers */
	/*
	 * 0; or, if the caller took what could not be translated, the error of
	 * the first such segment, whose iov_base is NULL.
	 */
	int error;
};

/*
 * What is known not to be had: buffers, each by the first address in it that
 * failed. With more than there is room for, all that fail.
 */
struct virtq_faults {
	unsigned n;
	uint64_t iova[VIRTQ_MAX_FAULTS];
};

/* Errors: -ENOMEM. */
int virtq_init(struct virtq *q, const struct virtio_mem *mem);
void virtq_fini(struct virtq *q);

/*
 * Begins to serve a ring that the driver set up, at *at. Errors: -EINVAL
 * (sizes, alignment, addresses that wrap, a position that is none).
 */
int virtq_attach(struct virtq *q, const struct virtq_config *config,
		 const struct virtq_position *at);

/*
 * A split ring that was served before: goes on behind the last element that was
 * pushed, which the ring says. What was popped and not pushed is popped again.
 * Context: section.
 */
int virtq_resume_split(struct virtq *q, struct virtio_need *need);

/*
 * A packed ring that was served before. It does not say by itself where its
 * device is, so the caller has kept it: *at is where the next element was to be
 * pushed, and if ndescs is not 0, one of so many descriptors was being pushed.
 * Whether it still was, the ring does say. Context: section.
 */
int virtq_resume_packed(struct virtq *q, uint16_t ndescs,
			struct virtio_need *need);

/* Where in the ring the element behind this one would be. */
struct virtq_position virtq_behind(const struct virtq *q, uint16_t ndescs);

/* What was popped and not pushed is to be popped again. */
void virtq_rewind(struct virtq *q);

/* A new section: nothing that was translated in an earlier one is used. */
void virtq_enter(struct virtq *q);

/*
 * Takes the next element: 1, or 0 if there is none. The segments are the
 * queue's, and the caller may change them; they are lost with the next pop.
 * Buffers that are among the faults are no error; see virtq_elem. NULL: there
 * are none. Context: section.
 */
int virtq_pop(struct virtq *q, const struct virtq_faults *faults,
	      struct virtq_elem *elem, struct virtio_need *need);

/* Gives an element back, `written` bytes of it filled. Context: section. */
int virtq_push(struct virtq *q, uint16_t id, uint16_t ndescs, uint32_t written,
	       struct virtio_need *need);

/* Does the driver want to be told of what was pushed: 0 or 1. Context: section.
 */
int virtq_call_due(struct virtq *q, struct virtio_need *need);

/*
 * Asks the driver for kicks, and looks again: 1 if there is something already,
 * else 0. Context: section.
 */
int virtq_kicks_on(struct virtq *q, struct virtio_need *need);
/* Says that none are needed, as far as the ring can. Context: section. */
int virtq_kicks_off(struct virtq *q, struct virtio_need *need);

/* Notes what is wrong with the queue, a string that stays; returns `error`. */
int virtq_broken(struct virtq *q, int error, const char *why);
/* That, for a person to read. */
const char *virtq_why(const struct virtq *q);

#endif
