/* SPDX-License-Identifier: MIT */
#include <jansson.h>

#include "device.h"

static int put(json_t *o, const char *name, uint64_t value)
{
	return json_object_set_new(o, name, json_integer((json_int_t)value));
}

static int put_iotlb(json_t *o, struct device *device)
{
	struct memory_stats m;
	struct misses_stats s;

	memory_get_stats(device->memory, &m);
	misses_get_stats(&device->queues.misses, &s);
	return put(o, "updates", m.updates) |
	       put(o, "updated_bytes", m.updated_bytes) |
	       put(o, "widened", m.widened) |
	       put(o, "invalidations", m.invalidations) |
	       put(o, "invalidated", m.invalidated) |
	       put(o, "overflows", m.overflows) |
	       put(o, "mappings", m.mappings) | put(o, "missed", s.queued) |
	       put(o, "miss_messages", s.asked) | put(o, "joined", s.joined) |
	       put(o, "in_time", s.in_time) | put(o, "told", s.told) |
	       put(o, "again", s.again) | put(o, "failed", s.failed);
}

uint64_t device_descriptors(const struct device *device)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < device->queues.n; i++)
		sum += counter_read(
			&device->queues.of[i]
				 .worker.queue.vq.stats.descriptors);
	return sum;
}

static int put_all(json_t *o, struct device *device)
{
	json_t *queues = json_array(), *iotlb = json_object();
	int bad = json_object_set_new(o, "queues", queues) |
		  json_object_set_new(o, "iotlb", iotlb);

	for (unsigned i = 0; i < device->queues.n && !bad; i++)
		bad = json_array_append_new(
			queues,
			blk_queue_report(&device->queues.of[i].worker.queue));
	return bad || put_iotlb(iotlb, device) |
			      put(o, "sessions", device->stats.sessions) |
			      put(o, "messages", device->stats.messages) |
			      put(o, "refused", device->stats.refused) |
			      put(o, "tables", device->stats.tables) |
			      put(o, "held", device->stats.held) |
			      put(o, "broken", device->queues.broken) |
			      put(o, "translated", device_descriptors(device));
}

json_t *device_report(struct device *device)
{
	json_t *o = json_object();

	if (o && put_all(o, device)) {
		json_decref(o);
		return NULL;
	}
	return o;
}
