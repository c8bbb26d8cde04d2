/* SPDX-License-Identifier: MIT */
/*
 * Split virtqueues. The available ring is {flags, idx, ring[num], used_event}
 * of 16 bits each; the used ring {flags, idx} of 16 bits, ring[num] of {id,
 * len} of 32 bits each, avail_event of 16.
 */
#include <errno.h>

#include "ring.h"

enum { FLAGS = 0, IDX = 2, RING = 4 };

static uint64_t used_event_at(const struct virtq *q)
{
	return RING + 2 * (uint64_t)q->config.num;
}

static uint64_t avail_event_at(const struct virtq *q)
{
	return RING + 8 * (uint64_t)q->config.num;
}

int split_attach(struct virtq *q)
{
	const struct virtq_config *c = &q->config;
	uint64_t event = c->event_idx ? 2 : 0;

	if ((c->num & (c->num - 1)) != 0)
		return virtq_broken(q, -EINVAL, "its size is no power of two");
	if (c->desc % 16 || c->driver % 2 || c->device % 4)
		return virtq_broken(q, -EINVAL, "a part is not aligned");
	if (virtio_window_init(&q->desc, c->desc,
			       (uint64_t)c->num * RING_DESC_SIZE,
			       RIOTLB_READ) ||
	    virtio_window_init(&q->driver, c->driver, used_event_at(q) + event,
			       RIOTLB_READ) ||
	    virtio_window_init(&q->device, c->device, avail_event_at(q) + event,
			       RIOTLB_WRITE))
		return virtq_broken(q, -EINVAL, "a part passes 2^64");
	return 0;
}

/* The only word of the used ring that is ever read here. */
int split_load_used(struct virtq *q, uint16_t *used, struct virtio_need *need)
{
	struct virtio_window device = q->device;

	virtio_window_forget(&device);
	device.perm = RIOTLB_READ;
	return ring_load16(q, &device, IDX, used, need);
}

/* How many elements are available, or an error. */
int split_pending(struct virtq *q, struct virtio_need *need)
{
	uint16_t idx, n;
	int err = ring_load16(q, &q->driver, IDX, &idx, need);

	if (err)
		return err;
	n = (uint16_t)(idx - q->at.avail);
	if (n > q->config.num)
		return virtq_broken(q, -EPROTO,
				    "more made available than it holds");
	return n;
}

static int load_chain(struct ring_chain *chain, uint16_t head)
{
	struct virtq *q = chain->q;
	struct ring_desc desc;
	uint32_t i = head;
	int err;

	for (uint32_t count = 0;; count++) {
		if (i >= q->config.num)
			return virtq_broken(q, -EPROTO,
					    "an index past its end");
		if (count == q->config.num)
			return virtq_broken(q, -EPROTO, "a chain in a circle");
		err = ring_desc_load(q, &q->desc, i, &desc, chain->need);
		if (err)
			return err;
		if (desc.flags & VRING_DESC_F_INDIRECT)
			return ring_chain_indirect(chain, &desc);
		err = ring_chain_add(chain, &desc);
		if (err || !(desc.flags & VRING_DESC_F_NEXT))
			return err;
		i = desc.next;
	}
}

int split_pop(struct ring_chain *chain)
{
	struct virtq *q = chain->q;
	uint64_t slot = q->at.avail & (q->config.num - 1);
	uint16_t head;
	int err = split_pending(q, chain->need);

	if (err <= 0)
		return err;
	err = ring_load16(q, &q->driver, RING + 2 * slot, &head, chain->need);
	if (!err)
		err = load_chain(chain, head);
	if (err)
		return err;
	chain->elem->id = head;
	chain->elem->ndescs = 1;
	return 1;
}

int split_push(struct virtq *q, uint16_t id, uint32_t written,
	       struct virtio_need *need)
{
	uint64_t at = RING + 8 * (uint64_t)(q->at.used & (q->config.num - 1));
	int err = ring_store32(q, &q->device, at, id, need);

	if (!err)
		err = ring_store32(q, &q->device, at + 4, written, need);
	/* releases the element, and the data, to whoever reads the index */
	if (!err)
		err = ring_store16(q, &q->device, IDX,
				   (uint16_t)(q->at.used + 1), need);
	return err;
}

int split_call_due(struct virtq *q, struct virtio_need *need)
{
	uint16_t value;
	int err;

	if (!q->config.event_idx) {
		err = ring_load16(q, &q->driver, FLAGS, &value, need);
		return err ? err : !(value & VRING_AVAIL_F_NO_INTERRUPT);
	}
	err = ring_load16(q, &q->driver, used_event_at(q), &value, need);
	if (err)
		return err;
	/* is the element that it waits for among those not told of? */
	return (uint16_t)(q->at.used - value - 1) < q->unsignalled;
}

int split_kicks(struct virtq *q, bool on, struct virtio_need *need)
{
	if (!q->config.event_idx)
		return ring_store16(q, &q->device, FLAGS,
				    on ? 0 : VRING_USED_F_NO_NOTIFY, need);
	/* an event that is never moved on asks for nothing */
	return on ? ring_store16(q, &q->device, avail_event_at(q), q->at.avail,
				 need)
		  : 0;
}
