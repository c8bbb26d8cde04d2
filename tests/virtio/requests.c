/* SPDX-License-Identifier: MIT */
#include "requests.h"

#include <endian.h>

#include "check.h"

void request_init(struct request *request, struct arena *arena,
		  uint32_t capacity)
{
	*request = (struct request){ .capacity = capacity };
	request->header = arena_alloc(arena, sizeof(*request->header), 16);
	request->data = arena_alloc(arena, capacity, 16);
	request->status = arena_alloc(arena, 1, 1);
}

bool request_add(struct request *request, struct driver *driver, uint32_t type,
		 uint64_t sector, uint32_t len, uint32_t piece)
{
	bool in = type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID;
	struct driver_buffer b[DRIVER_MAX_BUFFERS];
	unsigned n = 0, data;

	check(len <= request->capacity);
	request->type = type;
	request->len = len;
	request->header->type = htole32(type);
	request->header->ioprio = 0;
	request->header->sector = htole64(sector);
	*request->status = 0xff;
	b[n++] = (struct driver_buffer){ request->header,
					 sizeof(*request->header) };
	for (uint32_t at = 0; at < len; at += piece)
		b[n++] = (struct driver_buffer){ request->data + at,
						 len - at < piece ? len - at
								  : piece };
	data = n - 1;
	b[n++] = (struct driver_buffer){ request->status, 1 };
	return driver_add(driver, b, in ? 1 : 1 + data, in ? data + 1 : 1,
			  request);
}

struct request *request_get(struct driver *driver)
{
	uint32_t written;
	struct request *request = driver_get(driver, &written);

	if (request)
		request->written = written;
	return request;
}
