/* SPDX-License-Identifier: MIT */
/* From descriptors to the memory that they mean. */
#include <errno.h>
#include <string.h>

#include "ring.h"

int ring_desc_load(struct virtq *q, struct virtio_window *window,
		   uint32_t index, struct ring_desc *desc,
		   struct virtio_need *need)
{
	uint64_t at = (uint64_t)index * RING_DESC_SIZE, words[2];
	int err;

	/* the flags first: in a packed ring they say that the rest is there */
	err = ring_load64(q, window, at + 8, &words[1], need);
	if (!err)
		err = ring_load64(q, window, at, &words[0], need);
	if (err)
		return err;
	*desc = (struct ring_desc){
		.addr = words[0],
		.len = (uint32_t)words[1],
	};
	if (q->config.packed) {
		desc->id = (uint16_t)(words[1] >> 32);
		desc->flags = (uint16_t)(words[1] >> 48);
	} else {
		desc->flags = (uint16_t)(words[1] >> 32);
		desc->next = (uint16_t)(words[1] >> 48);
	}
	return 0;
}

static bool is_known(const struct ring_chain *chain)
{
	const struct virtq_faults *faults = chain->faults;

	if (!faults)
		return false;
	for (unsigned i = 0; i < faults->n && i < VIRTQ_MAX_FAULTS; i++)
		if (faults->iova[i] == chain->need->iova)
			return true;
	return faults->n > VIRTQ_MAX_FAULTS;
}

/* A buffer that is not there, as a segment without an address. */
static int add_fault(struct ring_chain *chain, const struct ring_desc *desc,
		     size_t *n)
{
	if (*n == VIRTQ_MAX_SEGS)
		return -ENOBUFS;
	if (!chain->elem->error)
		chain->elem->error = chain->need->error;
	chain->q->segs[(*n)++] = (struct iovec){ NULL, desc->len };
	return 0;
}

int ring_chain_add(struct ring_chain *chain, const struct ring_desc *desc)
{
	bool write = desc->flags & VRING_DESC_F_WRITE;
	struct virtq_elem *elem = chain->elem;
	struct virtq *q = chain->q;
	size_t n = elem->nout + elem->nin, first = n;
	int err;

	if (!write && elem->nin)
		return virtq_broken(q, -EPROTO,
				    "a buffer to read behind one to write");
	if (desc->len > VIRTQ_MAX_BYTES - elem->out_bytes - elem->in_bytes)
		return virtq_broken(q, -EPROTO, "an element of too many bytes");
	elem->descs++;
	if (desc->len == 0)
		return 0;
	err = virtio_translate(&q->mem, desc->addr, desc->len,
			       write ? RIOTLB_WRITE : RIOTLB_READ, q->segs,
			       VIRTQ_MAX_SEGS, &n, chain->need);
	if (err == -EAGAIN && is_known(chain))
		err = add_fault(chain, desc, &n);
	if (err == -ENOBUFS)
		return virtq_broken(q, -EPROTO, "an element in too many parts");
	if (err == -EINVAL)
		return virtq_broken(q, -EPROTO, "a buffer that passes 2^64");
	if (err)
		return err;
	if (write) {
		elem->nin += n - first;
		elem->in_bytes += desc->len;
	} else {
		elem->nout += n - first;
		elem->out_bytes += desc->len;
	}
	return 0;
}

/*
 * The next of a table of n, after the descriptor in slot i: in a split ring
 * what it says, else the one behind it. -ENOENT: it was the last.
 */
static int next_in_table(struct virtq *q, const struct ring_desc *desc,
			 uint32_t n, uint32_t *i)
{
	if (q->config.packed) {
		(*i)++;
		return *i < n ? 0 : -ENOENT;
	}
	if (!(desc->flags & VRING_DESC_F_NEXT))
		return -ENOENT;
	*i = desc->next;
	if (*i >= n)
		return virtq_broken(q, -EPROTO, "an index past its table");
	return 0;
}

int ring_chain_indirect(struct ring_chain *chain, const struct ring_desc *table)
{
	struct virtq *q = chain->q;
	uint32_t n = table->len / RING_DESC_SIZE, i = 0;
	struct virtio_window window;
	struct ring_desc desc;
	int err;

	if (!q->config.indirect)
		return virtq_broken(q, -EPROTO,
				    "an indirect table, not negotiated");
	if (table->flags & VRING_DESC_F_NEXT)
		return virtq_broken(q, -EPROTO,
				    "an indirect table and a next descriptor");
	if (n == 0 || table->len % RING_DESC_SIZE || n > q->config.num)
		return virtq_broken(q, -EPROTO,
				    "an indirect table of a wrong size");
	if (virtio_window_init(&window, table->addr, table->len, RIOTLB_READ))
		return virtq_broken(q, -EPROTO,
				    "an indirect table that passes 2^64");
	for (uint32_t count = 0;; count++) {
		if (count == n)
			return virtq_broken(q, -EPROTO, "a chain in a circle");
		err = ring_desc_load(q, &window, i, &desc, chain->need);
		if (err)
			return err;
		if (desc.flags & VRING_DESC_F_INDIRECT)
			return virtq_broken(q, -EPROTO,
					    "an indirect table in another");
		err = ring_chain_add(chain, &desc);
		if (!err)
			err = next_in_table(q, &desc, n, &i);
		if (err)
			return err == -ENOENT ? 0 : err;
	}
}
