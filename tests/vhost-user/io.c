/* SPDX-License-Identifier: MIT */
#include "io.h"

#include "check.h"

void io_fill(struct front_request *r, uint8_t seed)
{
	for (uint32_t i = 0; i < r->size; i++)
		r->data[i] = (uint8_t)(seed + i * 7 + i / 251);
}

bool io_is_filled(const struct front_request *r, uint8_t seed)
{
	for (uint32_t i = 0; i < r->size; i++)
		if (r->data[i] != (uint8_t)(seed + i * 7 + i / 251))
			return false;
	return true;
}

void io_write_and_read(struct front *f, uint32_t size)
{
	for (unsigned q = 0; q < FRONT_QUEUES; q++) {
		struct front_request w, r;
		uint8_t seed = (uint8_t)(17 * q + 1);

		front_prepare(f, &w, q, size);
		front_prepare(f, &r, q, size);
		io_fill(&w, seed);
		front_submit(f, &w, OUT, 8 * q);
		check_eq(front_finish(f, &w), VIRTIO_BLK_S_OK);
		front_submit(f, &r, IN, 8 * q);
		check_eq(front_finish(f, &r), VIRTIO_BLK_S_OK);
		check(io_is_filled(&r, seed));
	}
}

struct front *io_ready_but_data(struct front_request r[FRONT_QUEUES])
{
	struct front *f = front_create(FRONT_IOMMU);

	front_negotiate(f);
	check_eq(front_share(f), 0);
	for (uint64_t page = 0; page < FRONT_PAGES; page++)
		front_map(f, ARENA_IOVA + page * ARENA_PAGE, RIOTLB_RW);
	for (unsigned q = 0; q < FRONT_QUEUES; q++) {
		front_start_queue(f, q);
		front_prepare(f, &r[q], q, 4096);
		front_unmap(f, arena_iova(&f->arena, r[q].data));
	}
	return f;
}
