/* SPDX-License-Identifier: MIT */
/* Requests of a virtio-blk driver. */
#ifndef TESTS_VIRTIO_REQUESTS_H
#define TESTS_VIRTIO_REQUESTS_H

#include <linux/virtio_blk.h>

#include "driver.h"

struct request {
	struct virtio_blk_outhdr *header;
	uint8_t *data;
	uint8_t *status; /* 0xff until the device has written it */
	uint32_t capacity;
	uint32_t len;
	uint32_t written;
	uint32_t type;
};

/* Memory for a request of up to so many bytes of data. */
void request_init(struct request *request, struct arena *arena,
		  uint32_t capacity);
/*
 * Makes it available, with data of `len` bytes in buffers of up to `piece`.
 * Returns false if there is no room.
 */
bool request_add(struct request *request, struct driver *driver, uint32_t type,
		 uint64_t sector, uint32_t len, uint32_t piece);
/* The next one that is done, or NULL. */
struct request *request_get(struct driver *driver);

#endif
