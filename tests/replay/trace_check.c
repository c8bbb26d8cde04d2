/* SPDX-License-Identifier: MIT */
#include "trace_check.h"

#include <stdlib.h>
#include <string.h>

#include "limits.h"

#include "../support/check.h"

static void check_update(const struct trace *trace, const struct event *event)
{
	check(event->place < trace->domains.n);
	check(event->kind == EVENT_UNMAP || event->last >= event->start);
	if (event->last >= event->start)
		check(trace->top_iova >= event->last);
}

static void check_event(const struct trace *trace, const struct event *event)
{
	switch ((enum event_kind)event->kind) {
	case EVENT_MAP:
		check_update(trace, event);
		check(event->addr + (event->last - event->start) >=
		      event->addr);
		check(event->perm >= 1 && event->perm <= 3);
		break;
	case EVENT_UNMAP:
		check_update(trace, event);
		break;
	case EVENT_ATTACH:
	case EVENT_DETACH:
		check(event->start < trace->domains.n);
		check(event->place < trace->endpoints.n);
		break;
	case EVENT_ACCESS:
	case EVENT_ANSWERED:
		check(event->perm <= 3);
		check(event->place < trace->endpoints.n);
		break;
	case EVENT_NONE:
		break;
	}
}

void trace_check(const struct trace *trace)
{
	uint64_t events = 0, answered = 0, bypassed = 0;

	for (size_t i = 0; i < trace->n; i++) {
		const struct event *event = &trace->events[i];

		check_event(trace, event);
		events += event->kind != EVENT_NONE;
		answered += event->kind == EVENT_ANSWERED;
		bypassed += trace_bypasses(event);
	}
	check_eq(events, trace_events(trace));
	check_eq(answered, trace->answered);
	check_eq(bypassed, trace->bypassed);
	check(trace->accesses >= answered + bypassed);
	check(trace->pages <= LIMIT_PAGES);
}

bool trace_check_line(const struct parser *parser, struct trace *trace,
		      const char *line, size_t length, uint32_t number)
{
	char *copy = malloc(length ? length : 1);
	char why[PARSE_WHY] = "";
	size_t before = trace->n;
	struct known known;
	bool added = false;

	check(copy);
	memcpy(copy, line, length);
	if (parser->recognize(copy, length, &known)) {
		added = parser->add(trace, &known, number, why);
		if (!added) {
			check_eq(trace->n, before);
			check(strlen(why) > 5);
			check(strlen(why) < PARSE_WHY);
		}
	}
	free(copy);
	return added;
}
