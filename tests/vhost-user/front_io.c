/* SPDX-License-Identifier: MIT */
#include "front.h"

#include <string.h>

#include <endian.h>
#include <linux/virtio_blk.h>
#include <sys/eventfd.h>

#include "check.h"

void front_prepare(struct front *f, struct front_request *r, unsigned queue,
		   uint32_t size)
{
	*r = (struct front_request){
		.queue = queue,
		.header = arena_alloc(&f->arena, 16, ARENA_PAGE),
		.data = arena_alloc(&f->arena, size, ARENA_PAGE),
		.size = size,
		.status = arena_alloc(&f->arena, 1, ARENA_PAGE),
	};
	/* nothing else comes to lie there */
	arena_alloc(&f->arena, 1, ARENA_PAGE);
}

void front_submit(struct front *f, struct front_request *r, uint32_t type,
		  uint64_t sector)
{
	struct driver *d = &f->queues[r->queue].driver;
	struct driver_buffer buffers[] = {
		{ r->header, 16 },
		{ r->data, r->size },
		{ r->status, 1 },
	};
	struct virtio_blk_outhdr header = {
		.type = htole32(type),
		.sector = htole64(sector),
	};
	bool writes = type == VIRTIO_BLK_T_OUT;

	memcpy(r->header, &header, sizeof(header));
	*r->status = 0xff;
	r->done = false;
	check(driver_add(d, buffers, writes ? 2 : 1, writes ? 1 : 2, r));
	if (driver_kick_due(d))
		check_eq(eventfd_write(f->queues[r->queue].kick, 1), 0);
}

static void collect(struct front *f, unsigned queue)
{
	struct driver *d = &f->queues[queue].driver;
	struct front_request *r;
	uint32_t written;
	eventfd_t n;

	(void)eventfd_read(f->queues[queue].call, &n);
	do
		while ((r = driver_get(d, &written)))
			r->done = true;
	while (driver_calls_on(d));
}

bool front_done(struct front *f, struct front_request *r, int ms)
{
	collect(f, r->queue);
	while (!r->done && front_is_readable(f->queues[r->queue].call, ms))
		collect(f, r->queue);
	return r->done;
}

uint8_t front_finish(struct front *f, struct front_request *r)
{
	struct front_miss miss;

	for (int i = 0; !front_done(f, r, 1); i++) {
		check(i < FRONT_LONG_MS);
		while (f->backend >= 0 && front_miss(f, &miss, 0))
			front_answer(f, &miss);
	}
	return *r->status;
}
