/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <errno.h>
#include <stdlib.h>

#include "limits.h"

#define FIRST_EVENTS 4096u

_Static_assert(sizeof(struct event) == 32, "limits.h counts on it");
_Static_assert(LIMIT_DOMAINS - 1 <= UINT16_MAX, "struct event, place");
_Static_assert(LIMIT_ENDPOINTS - 1 <= UINT16_MAX, "struct event, place");

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

static const char no_memory[] = "out of memory";

const char *format_name(enum format format)
{
	switch (format) {
	case FORMAT_VIRTIO_IOMMU:
		return "virtio-iommu";
	case FORMAT_FTRACE:
		return "ftrace";
	case FORMAT_AUTO:
		break;
	}
	return "unknown";
}

void trace_init(struct trace *trace, const char *file, enum format format)
{
	*trace = (struct trace){ .file = file, .format = format };
	ids_init(&trace->domains, LIMIT_DOMAINS);
	ids_init(&trace->endpoints, LIMIT_ENDPOINTS);
}

void trace_free(struct trace *trace)
{
	free(trace->events);
	ids_free(&trace->domains);
	ids_free(&trace->endpoints);
	*trace = (struct trace){ 0 };
}

uint64_t trace_events(const struct trace *trace)
{
	return trace->attaches + trace->detaches + trace->maps + trace->unmaps +
	       trace->accesses;
}

uint64_t trace_misses(const struct trace *trace)
{
	return trace->accesses - trace->answered - trace->bypassed;
}

bool trace_bypasses(const struct event *event)
{
	return event->kind == EVENT_ACCESS && event->start >= 0xfee00000u &&
	       event->start <= 0xfeefffffu;
}

bool trace_ends_in_access(const struct trace *trace)
{
	return trace->n && trace->events[trace->n - 1].kind == EVENT_ACCESS;
}

bool trace_awaits_answer(const struct trace *trace, uint32_t endpoint,
			 uint64_t iova)
{
	const struct event *last;

	if (!trace_ends_in_access(trace))
		return false;
	last = &trace->events[trace->n - 1];
	return trace->endpoints.of[last->place] == endpoint &&
	       last->start == iova;
}

static const char *append(struct trace *trace, const struct event *event)
{
	size_t room = trace->room ? trace->room * 2 : FIRST_EVENTS;
	struct event *events;

	if (trace->n == LIMIT_EVENTS)
		return "too many events; replay a part of them with --limit";
	if (trace->n == trace->room) {
		events = realloc(trace->events, room * sizeof(*events));
		if (!events)
			return no_memory;
		trace->events = events;
		trace->room = room;
	}
	trace->events[trace->n++] = *event;
	return NULL;
}

static const char *number(struct ids *ids, uint32_t id, const char *too_many,
			  uint32_t *out)
{
	switch (ids_number(ids, id, out)) {
	case 0:
		return NULL;
	case -ENOSPC:
		return too_many;
	default:
		return no_memory;
	}
}

static const char *number_domain(struct trace *trace, uint32_t id,
				 uint32_t *out)
{
	return number(&trace->domains, id,
		      "more than " TEXT(LIMIT_DOMAINS) " domains", out);
}

static const char *number_endpoint(struct trace *trace, uint32_t id,
				   struct event *event)
{
	uint32_t out = 0;
	const char *wrong =
		number(&trace->endpoints, id,
		       "more than " TEXT(LIMIT_ENDPOINTS) " endpoints", &out);

	event->place = (uint16_t)out;
	return wrong;
}

static void raise_to(uint64_t *top, uint64_t value)
{
	if (value > *top)
		*top = value;
}

const char *trace_bind(struct trace *trace, struct event event,
		       uint32_t endpoint, uint32_t domain)
{
	uint32_t space = 0;
	const char *wrong = number_domain(trace, domain, &space);

	if (!wrong)
		wrong = number_endpoint(trace, endpoint, &event);
	event.start = space;
	if (!wrong)
		wrong = append(trace, &event);
	if (wrong)
		return wrong;
	if (event.kind == EVENT_ATTACH)
		trace->attaches++;
	else
		trace->detaches++;
	return NULL;
}

static uint64_t pages_of(const struct event *map)
{
	return (map->last - map->start) / TRACE_PAGE + 1;
}

const char *trace_update(struct trace *trace, struct event event,
			 uint32_t domain)
{
	uint32_t space = 0;
	const char *wrong = number_domain(trace, domain, &space);

	event.place = (uint16_t)space;
	if (!wrong)
		wrong = append(trace, &event);
	if (wrong)
		return wrong;
	if (event.last >= event.start)
		raise_to(&trace->top_iova, event.last);
	if (event.kind == EVENT_MAP) {
		raise_to(&trace->top_addr,
			 event.addr + (event.last - event.start));
		trace->maps++;
		if (trace->format == FORMAT_FTRACE)
			trace->pages += pages_of(&event);
	} else {
		trace->unmaps++;
	}
	return NULL;
}

const char *trace_access(struct trace *trace, struct event event,
			 uint32_t endpoint)
{
	const char *wrong = number_endpoint(trace, endpoint, &event);

	if (!wrong)
		wrong = append(trace, &event);
	if (wrong)
		return wrong;
	raise_to(&trace->top_iova, event.start);
	trace->accesses++;
	if (event.kind == EVENT_ANSWERED)
		trace->answered++;
	else if (trace_bypasses(&event))
		trace->bypassed++;
	return NULL;
}

const char *trace_moved_access(struct trace *trace, struct event event,
			       uint32_t endpoint)
{
	const char *wrong = number_endpoint(trace, endpoint, &event);

	event.kind = EVENT_NONE;
	if (!wrong)
		wrong = append(trace, &event);
	if (!wrong)
		raise_to(&trace->top_iova, event.start);
	return wrong;
}

const char *trace_check_pages(const struct trace *trace,
			      const struct event *map)
{
	if (pages_of(map) > LIMIT_PAGES - trace->pages)
		return "too many pages to look up; replay a part of them "
		       "with --limit";
	return NULL;
}

/* The index of the access that `answer` belongs to, or trace->n. */
static size_t find_access(const struct trace *trace, const struct event *answer)
{
	size_t reach = trace->n < ANSWER_REACH ? trace->n : ANSWER_REACH;

	for (size_t i = trace->n; i > trace->n - reach; i--) {
		const struct event *event = &trace->events[i - 1];

		if (event->kind == EVENT_ACCESS &&
		    event->place == answer->place &&
		    event->start == answer->start)
			return i - 1;
	}
	return trace->n;
}

/* Puts the answer in the place of its access where nothing lies between. */
static const char *settle(struct trace *trace, size_t access,
			  const struct event *answer)
{
	const char *wrong = NULL;

	if (access == trace->n - 1) {
		trace->events[access] = *answer;
	} else {
		/* the emulator looked it up when it printed the answer */
		wrong = append(trace, answer);
		if (!wrong)
			trace->events[access].kind = EVENT_NONE;
	}
	return wrong;
}

const char *trace_answer(struct trace *trace, struct event event,
			 uint32_t endpoint)
{
	const char *wrong = number_endpoint(trace, endpoint, &event);
	size_t access;
	bool bypassed;

	if (wrong)
		return wrong;
	access = find_access(trace, &event);
	if (access == trace->n)
		return trace_access(trace, event, endpoint);
	event.perm = trace->events[access].perm;
	bypassed = trace_bypasses(&trace->events[access]);
	wrong = settle(trace, access, &event);
	if (wrong)
		return wrong;
	trace->answered++;
	if (bypassed)
		trace->bypassed--;
	return NULL;
}
