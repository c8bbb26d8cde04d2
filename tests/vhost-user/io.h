/* SPDX-License-Identifier: MIT */
/* Data that can be told apart, and what tests of requests begin with. */
#ifndef TESTS_VHOST_USER_IO_H
#define TESTS_VHOST_USER_IO_H

#include <linux/virtio_blk.h>

#include "front.h"

enum { IN = VIRTIO_BLK_T_IN, OUT = VIRTIO_BLK_T_OUT };

void io_fill(struct front_request *r, uint8_t seed);
bool io_is_filled(const struct front_request *r, uint8_t seed);

/* Writes sectors and reads them into other memory, on each queue. */
void io_write_and_read(struct front *f, uint32_t size);

/* Everything is mapped but the data of one request of each queue. */
struct front *io_ready_but_data(struct front_request r[FRONT_QUEUES]);

#endif
