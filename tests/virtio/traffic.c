/* SPDX-License-Identifier: MIT */
#include "traffic.h"

#include <string.h>

#include "check.h"

void traffic_init(struct traffic *t, struct driver *driver, unsigned queue)
{
	*t = (struct traffic){
		.driver = driver,
		.queue = queue,
		.rng = { queue },
	};
	for (int i = 0; i < TRAFFIC_REQUESTS; i++)
		request_init(&t->requests[i], driver->arena, TRAFFIC_BYTES);
}

static uint8_t byte_of(uint8_t seed, uint32_t i)
{
	return (uint8_t)(seed + i * 7);
}

static void send(struct traffic *t, unsigned i)
{
	struct request *r = &t->requests[i];
	uint64_t slot = t->queue * TRAFFIC_REQUESTS + i;
	bool write = r->type != VIRTIO_BLK_T_OUT;

	if (write) {
		t->seeds[i] = (uint8_t)rng_next(&t->rng);
		for (uint32_t j = 0; j < r->capacity; j++)
			r->data[j] = byte_of(t->seeds[i], j);
	} else {
		memset(r->data, 0, r->capacity);
	}
	t->busy[i] = request_add(r, t->driver,
				 write ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN,
				 slot * (TRAFFIC_BYTES / 512), r->capacity,
				 (uint32_t)(1000 + rng_below(&t->rng, 4000)));
	if (!t->busy[i]) /* no room: the same once more, later */
		r->type = write ? VIRTIO_BLK_T_IN : VIRTIO_BLK_T_OUT;
}

void traffic_send(struct traffic *t)
{
	for (unsigned i = 0; i < TRAFFIC_REQUESTS; i++)
		if (!t->busy[i])
			send(t, i);
}

void traffic_take(struct traffic *t)
{
	struct request *r;

	while ((r = request_get(t->driver))) {
		unsigned i = (unsigned)(r - t->requests);

		check(t->busy[i]);
		check_eq(*r->status, VIRTIO_BLK_S_OK);
		if (r->type == VIRTIO_BLK_T_IN)
			for (uint32_t j = 0; j < r->capacity; j++)
				check_eq(r->data[j], byte_of(t->seeds[i], j));
		t->busy[i] = false;
		t->done++;
	}
}

void traffic_forget(struct traffic *t)
{
	for (unsigned i = 0; i < TRAFFIC_REQUESTS; i++) {
		if (t->busy[i])
			t->requests[i].type = VIRTIO_BLK_T_IN; /* write next */
		t->busy[i] = false;
	}
}
