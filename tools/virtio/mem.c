/* SPDX-License-Identifier: MIT */
#include "mem.h"

#include <errno.h>

#include <sys/uio.h>

int virtio_window_init(struct virtio_window *window, uint64_t start,
		       uint64_t bytes, uint32_t perm)
{
	if (bytes == 0 || start > UINT64_MAX - (bytes - 1))
		return -EINVAL;
	*window = (struct virtio_window){
		.start = start,
		.last = start + (bytes - 1),
		.perm = perm,
	};
	return 0;
}

static int needs(struct virtio_need *need, uint64_t iova, uint64_t last,
		 uint32_t perm, int error)
{
	*need = (struct virtio_need){ iova, last, perm, error };
	return -EAGAIN;
}

int virtio_word(const struct virtio_mem *mem, struct virtio_window *window,
		uint64_t offset, size_t size, void **word,
		struct virtio_need *need)
{
	uint64_t iova = window->start + offset;
	struct riotlb_segment *seg = &window->seg;
	uint64_t host;
	int err;

	if (!window->known || iova < seg->iova || iova > seg->last) {
		window->known = false;
		err = riotlb_group_translate(mem->engine, mem->group, iova,
					     window->last, window->perm, seg);
		if (err)
			return needs(need, iova, window->last, window->perm,
				     err);
		window->known = true;
	}
	host = seg->addr + (iova - seg->iova);
	if (host % size != 0)
		return -EINVAL;
	if (seg->last - iova < size - 1) {
		/* a hole, which can be filled; or a seam, which cannot */
		err = riotlb_group_translate(mem->engine, mem->group,
					     seg->last + 1, iova + (size - 1),
					     window->perm,
					     &(struct riotlb_segment){ 0 });
		if (err)
			return needs(need, seg->last + 1, window->last,
				     window->perm, err);
		return -EINVAL;
	}
	*word = (void *)(uintptr_t)host;
	return 0;
}

/* Segments that are asked for at a time. */
#define BATCH 8

int virtio_translate(const struct virtio_mem *mem, uint64_t iova, uint32_t len,
		     uint32_t perm, struct iovec *segs, size_t cap, size_t *n,
		     struct virtio_need *need)
{
	struct riotlb_segment found[BATCH];
	uint64_t last = iova + (len - 1), stop = iova;
	size_t at = *n, filled;
	int err;

	if (last < iova)
		return -EINVAL;
	do {
		err = riotlb_group_translate_vec(mem->engine, mem->group, stop,
						 last, perm, found, BATCH,
						 &filled, &stop);
		if (err && err != -ENOBUFS)
			return needs(need, stop, last, perm, err);
		if (filled > cap - at)
			return -ENOBUFS;
		for (size_t i = 0; i < filled; i++, at++) {
			segs[at].iov_base = (void *)(uintptr_t)found[i].addr;
			segs[at].iov_len =
				(size_t)(found[i].last - found[i].iova + 1);
		}
	} while (err);
	*n = at;
	return 0;
}
