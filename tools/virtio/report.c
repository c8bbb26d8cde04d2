/* SPDX-License-Identifier: MIT */
#include <jansson.h>

#include "blk.h"

static int put(json_t *object, const char *name, const counter *c)
{
	return json_object_set_new(object, name,
				   json_integer((json_int_t)counter_read(c)));
}

static int put_queue(json_t *o, const struct virtq_stats *s)
{
	return put(o, "elements", &s->elements) |
	       put(o, "descriptors", &s->descriptors) |
	       put(o, "segments", &s->segments) | put(o, "misses", &s->misses) |
	       put(o, "denied", &s->denied) | put(o, "calls", &s->calls);
}

static int put_requests(json_t *o, const struct blk_stats *s)
{
	return put(o, "requests", &s->requests) | put(o, "reads", &s->reads) |
	       put(o, "writes", &s->writes) | put(o, "flushes", &s->flushes) |
	       put(o, "zeros", &s->zeros) |
	       put(o, "bytes_read", &s->bytes_read) |
	       put(o, "bytes_written", &s->bytes_written) |
	       put(o, "errors", &s->errors) |
	       put(o, "unsupported", &s->unsupported) |
	       put(o, "faults", &s->faults) | put(o, "leases", &s->leases) |
	       put(o, "redone", &s->redone);
}

json_t *blk_queue_report(const struct blk_queue *q)
{
	json_t *o = json_object();

	if (o && (put_queue(o, &q->vq.stats) | put_requests(o, &q->stats))) {
		json_decref(o);
		return NULL;
	}
	return o;
}
