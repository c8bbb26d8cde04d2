/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of a virtqueue of either kind, written from the standard
 * and sharing no code with the device's. Descriptors are handed out in such an
 * order that chains do not lie in a row.
 */
#ifndef TESTS_VIRTIO_DRIVER_H
#define TESTS_VIRTIO_DRIVER_H

#include <stdbool.h>

#include "arena.h"
#include "virtq.h"

enum { DRIVER_MAX_BUFFERS = 64 };

struct driver_buffer {
	void *data;
	uint32_t len;
};

struct driver {
	struct arena *arena;
	struct virtq_config config;
	uint8_t *desc, *driver, *device;

	uint16_t free[VIRTQ_MAX_NUM]; /* split: descriptors; packed: ids */
	uint32_t nfree;
	uint16_t chain[VIRTQ_MAX_NUM]; /* how many slots an id took */
	void *token[VIRTQ_MAX_NUM];
	void *table[VIRTQ_MAX_NUM]; /* of indirect descriptors, per id */
	uint16_t avail, used;       /* split: indices; packed: slots */
	bool avail_wrap, used_wrap;
	uint32_t slots; /* packed: free */
	uint32_t unkicked;
};

/* kind.num .packed .indirect .event_idx; the addresses are filled in. */
void driver_init(struct driver *d, struct arena *arena,
		 const struct virtq_config *kind);

/* A split ring that has come to that index already. */
void driver_begin_at(struct driver *d, uint16_t index);

/*
 * Makes a request of `nout` buffers to read and `nin` to write available.
 * Returns false if there is no room for it.
 */
bool driver_add(struct driver *d, const struct driver_buffer *buffers,
		unsigned nout, unsigned nin, void *token);
/* Does the device want to be kicked for what was added since? */
bool driver_kick_due(struct driver *d);
/* The next request that is done, or NULL. */
void *driver_get(struct driver *d, uint32_t *written);
/* Asks to be called at the next one that is done; true: there is one. */
bool driver_calls_on(struct driver *d);
void driver_calls_off(struct driver *d);

/* For hostile drivers: words of a ring as the device will see them. */
void driver_put16(void *at, uint16_t value);
void driver_put64(void *at, uint64_t value);
uint16_t driver_get16(const void *at);
/* Slot i of a table: of a split ring if not `packed`. */
void driver_put_desc(void *table, uint32_t i, bool packed, uint64_t addr,
		     uint32_t len, uint16_t flags, uint16_t next_or_id);

#endif
