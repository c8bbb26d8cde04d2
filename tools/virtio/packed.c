/* SPDX-License-Identifier: MIT */
/*
 * Packed virtqueues: one ring of descriptors, in which the device writes too.
 * Two flags of a descriptor, against the wrap counter of that lap, say whose it
 * is: available if AVAIL is the counter and USED is not, used if both are.
 */
#include <errno.h>

#include "ring.h"

#define AVAIL (1u << VRING_PACKED_DESC_F_AVAIL)
#define USED (1u << VRING_PACKED_DESC_F_USED)
#define WRAP (1u << VRING_PACKED_EVENT_F_WRAP_CTR)

/* An event suppression structure. */
enum { OFF_WRAP = 0, FLAGS = 2, EVENT_SIZE = 4 };

int packed_attach(struct virtq *q)
{
	const struct virtq_config *c = &q->config;

	if (q->at.avail >= c->num || q->at.used >= c->num)
		return virtq_broken(q, -EINVAL, "a position past its end");
	if (c->desc % 16 || c->driver % 4 || c->device % 4)
		return virtq_broken(q, -EINVAL, "a part is not aligned");
	if (virtio_window_init(&q->desc, c->desc,
			       (uint64_t)c->num * RING_DESC_SIZE, RIOTLB_RW) ||
	    virtio_window_init(&q->driver, c->driver, EVENT_SIZE,
			       RIOTLB_READ) ||
	    virtio_window_init(&q->device, c->device, EVENT_SIZE, RIOTLB_WRITE))
		return virtq_broken(q, -EINVAL, "a part passes 2^64");
	return 0;
}

static bool available(uint16_t flags, bool wrap)
{
	return !!(flags & AVAIL) == wrap && !!(flags & USED) != wrap;
}

int packed_is_available(struct virtq *q, struct virtio_need *need)
{
	struct ring_desc desc;
	int err = ring_desc_load(q, &q->desc, q->at.avail, &desc, need);

	return err ? err : available(desc.flags, q->at.avail_wrap);
}

int packed_pop(struct ring_chain *chain)
{
	struct virtq_elem *elem = chain->elem;
	struct virtq *q = chain->q;
	uint32_t num = q->config.num, i = q->at.avail;
	struct ring_desc desc;
	int err = ring_desc_load(q, &q->desc, i, &desc, chain->need);

	if (err)
		return err;
	if (!available(desc.flags, q->at.avail_wrap))
		return 0;
	elem->ndescs = 1;
	if (desc.flags & VRING_DESC_F_INDIRECT) {
		err = ring_chain_indirect(chain, &desc);
		elem->id = desc.id;
		return err ? err : 1;
	}
	err = ring_chain_add(chain, &desc);
	while (!err && (desc.flags & VRING_DESC_F_NEXT)) {
		if (elem->ndescs++ == num)
			return virtq_broken(q, -EPROTO, "a chain in a circle");
		i = i + 1 < num ? i + 1 : 0;
		err = ring_desc_load(q, &q->desc, i, &desc, chain->need);
		if (!err && (desc.flags & VRING_DESC_F_INDIRECT))
			return virtq_broken(q, -EPROTO,
					    "an indirect table in a chain");
		if (!err)
			err = ring_chain_add(chain, &desc);
	}
	elem->id = desc.id; /* that of the last one counts */
	return err ? err : 1;
}

/*
 * In one store, though only the flags have to come last: a device that is
 * killed in between would leave a descriptor that is available still, with a
 * length that is not the driver's.
 */
int packed_push(struct virtq *q, uint16_t id, uint32_t written,
		struct virtio_need *need)
{
	uint64_t at = (uint64_t)q->at.used * RING_DESC_SIZE;
	uint64_t flags = q->at.used_wrap ? AVAIL | USED : 0;

	if (written)
		flags |= VRING_DESC_F_WRITE;
	/* releases the data, too, to whoever reads the flags */
	return ring_store64(q, &q->desc, at + 8,
			    flags << 48 | (uint64_t)id << 32 | written, need);
}

int packed_call_due(struct virtq *q, struct virtio_need *need)
{
	int32_t used = q->at.used, event;
	uint16_t flags, off_wrap;
	int err = ring_load16(q, &q->driver, FLAGS, &flags, need);

	if (err)
		return err;
	flags &= 3;
	if (flags == VRING_PACKED_EVENT_FLAG_DISABLE)
		return 0;
	if (flags != VRING_PACKED_EVENT_FLAG_DESC || !q->config.event_idx)
		return 1;
	err = ring_load16(q, &q->driver, OFF_WRAP, &off_wrap, need);
	if (err)
		return err;
	event = off_wrap & (WRAP - 1);
	if (!!(off_wrap & WRAP) != q->at.used_wrap)
		event -= (int32_t)q->config.num; /* of the lap before */
	return event < used && event >= used - (int32_t)q->unsignalled;
}

int packed_kicks(struct virtq *q, bool on, struct virtio_need *need)
{
	uint16_t flags = VRING_PACKED_EVENT_FLAG_DISABLE, at;
	int err = 0;

	if (on && q->config.event_idx) {
		flags = VRING_PACKED_EVENT_FLAG_DESC;
		at = (uint16_t)(q->at.avail | (q->at.avail_wrap ? WRAP : 0));
		err = ring_store16(q, &q->device, OFF_WRAP, at, need);
	} else if (on) {
		flags = VRING_PACKED_EVENT_FLAG_ENABLE;
	}
	return err ? err : ring_store16(q, &q->device, FLAGS, flags, need);
}
