/* SPDX-License-Identifier: MIT */
/*
 * The driver's memory as a device model reaches it: by IOVA, through riotlb, by
 * the group that the queue is in. Every call here is made inside a read-side
 * section; what it finds may be used until that ends, or the lease that was
 * begun in it. Nothing here waits.
 */
#ifndef RIOTLB_VIRTIO_MEM_H
#define RIOTLB_VIRTIO_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

struct iovec;

struct virtio_mem {
	struct riotlb *engine;
	uint32_t group;
};

/*
 * What the caller has to see to before it tries again: a translation that is
 * not there (-EFAULT) or that does not allow enough (-EPERM). The range begins
 * with the first byte that failed; what comes behind it may be there.
 */
struct virtio_need {
	uint64_t iova;
	uint64_t last;
	uint32_t perm;
	int error;
};

/*
 * A part of a ring, [start, last]. Where its words lie is asked for once per
 * section and stretch: virtio_window_forget begins a new section.
 */
struct virtio_window {
	uint64_t start;
	uint64_t last;
	uint32_t perm;
	bool known;
	struct riotlb_segment seg;
};

static inline void virtio_window_forget(struct virtio_window *window)
{
	window->known = false;
}

/*
 * Errors: -EINVAL (no bytes, or they pass 2^64 - 1); *window is as it was.
 */
int virtio_window_init(struct virtio_window *window, uint64_t start,
		       uint64_t bytes, uint32_t perm);

/*
 * The word of `size` bytes (2, 4 or 8) at `offset` into the window, which is
 * inside of it. Errors: -EAGAIN (*need says what is missing), -EINVAL (it is
 * not aligned here, or not in one piece).
 */
int virtio_word(const struct virtio_mem *mem, struct virtio_window *window,
		uint64_t offset, size_t size, void **word,
		struct virtio_need *need);

/*
 * Translates [iova, iova + len - 1], len not 0, and adds what it is here to
 * segs[*n..cap). Errors: -EAGAIN (*need), -ENOBUFS (cap), -EINVAL (it wraps);
 * *n is as it was then.
 */
int virtio_translate(const struct virtio_mem *mem, uint64_t iova, uint32_t len,
		     uint32_t perm, struct iovec *segs, size_t cap, size_t *n,
		     struct virtio_need *need);

#endif
