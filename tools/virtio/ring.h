/* SPDX-License-Identifier: MIT */
/*
 * Between the files of the queue: the words of a ring, the buffers of a chain,
 * and what the two kinds of ring do in their own way.
 *
 * A word that both sides use is read once, by an atomic load. Of the two words
 * of a descriptor the second has the flags. All are little-endian.
 */
#ifndef RIOTLB_VIRTIO_RING_H
#define RIOTLB_VIRTIO_RING_H

#include <endian.h>
#include <linux/virtio_ring.h>

#include "virtq.h"

/* The word at an offset into a window, by its errors and with its needs. */
int ring_word(struct virtq *q, struct virtio_window *window, uint64_t offset,
	      size_t size, void **word, struct virtio_need *need);

static inline int ring_load16(struct virtq *q, struct virtio_window *window,
			      uint64_t offset, uint16_t *value,
			      struct virtio_need *need)
{
	void *word;
	int err = ring_word(q, window, offset, 2, &word, need);

	if (!err)
		*value = le16toh(
			__atomic_load_n((uint16_t *)word, __ATOMIC_ACQUIRE));
	return err;
}

static inline int ring_load64(struct virtq *q, struct virtio_window *window,
			      uint64_t offset, uint64_t *value,
			      struct virtio_need *need)
{
	void *word;
	int err = ring_word(q, window, offset, 8, &word, need);

	if (!err)
		*value = le64toh(
			__atomic_load_n((uint64_t *)word, __ATOMIC_ACQUIRE));
	return err;
}

static inline int ring_store16(struct virtq *q, struct virtio_window *window,
			       uint64_t offset, uint16_t value,
			       struct virtio_need *need)
{
	void *word;
	int err = ring_word(q, window, offset, 2, &word, need);

	if (!err)
		__atomic_store_n((uint16_t *)word, htole16(value),
				 __ATOMIC_RELEASE);
	return err;
}

static inline int ring_store32(struct virtq *q, struct virtio_window *window,
			       uint64_t offset, uint32_t value,
			       struct virtio_need *need)
{
	void *word;
	int err = ring_word(q, window, offset, 4, &word, need);

	if (!err)
		__atomic_store_n((uint32_t *)word, htole32(value),
				 __ATOMIC_RELAXED);
	return err;
}

static inline int ring_store64(struct virtq *q, struct virtio_window *window,
			       uint64_t offset, uint64_t value,
			       struct virtio_need *need)
{
	void *word;
	int err = ring_word(q, window, offset, 8, &word, need);

	if (!err)
		__atomic_store_n((uint64_t *)word, htole64(value),
				 __ATOMIC_RELEASE);
	return err;
}

/* ---- chains ---------------------------------------------------- */

struct ring_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next; /* split */
	uint16_t id;   /* packed */
};

/* The element that is being put together, and how. */
struct ring_chain {
	struct virtq *q;
	struct virtq_elem *elem;
	const struct virtq_faults *faults; /* NULL: none */
	struct virtio_need *need;
};

#define RING_DESC_SIZE 16u

/* The descriptor in slot `index`. */
int ring_desc_load(struct virtq *q, struct virtio_window *window,
		   uint32_t index, struct ring_desc *desc,
		   struct virtio_need *need);

/* Adds its buffer. */
int ring_chain_add(struct ring_chain *chain, const struct ring_desc *desc);
/* Adds those of the table that it names. */
int ring_chain_indirect(struct ring_chain *chain, const struct ring_desc *desc);

/* ---- either kind ----------------------------------------------- */

int split_attach(struct virtq *q);
int split_load_used(struct virtq *q, uint16_t *used, struct virtio_need *need);
int split_pop(struct ring_chain *chain);
int split_push(struct virtq *q, uint16_t id, uint32_t written,
	       struct virtio_need *need);
int split_call_due(struct virtq *q, struct virtio_need *need);
int split_kicks(struct virtq *q, bool on, struct virtio_need *need);
int split_pending(struct virtq *q, struct virtio_need *need);

int packed_attach(struct virtq *q);
/* Is the slot still the driver's to have used: 0 or 1. */
int packed_is_available(struct virtq *q, struct virtio_need *need);
int packed_pop(struct ring_chain *chain);
int packed_push(struct virtq *q, uint16_t id, uint32_t written,
		struct virtio_need *need);
int packed_call_due(struct virtq *q, struct virtio_need *need);
int packed_kicks(struct virtq *q, bool on, struct virtio_need *need);

#endif
