/* SPDX-License-Identifier: MIT */
/*
 * The iommu:map and iommu:unmap tracepoints of Linux, as text (the tracing
 * directory's `trace`, trace-cmd report, perf script). There is no domain and
 * no access in them: everything goes to one address space, and every mapped
 * page is looked up once.
 */
#include "parse.h"

#include <stdio.h>
#include <string.h>

#define MAX_FIELDS 4
#define READ_WRITE 3u

enum { MAP, UNMAP };

static const char *const names[] = { [MAP] = "map", [UNMAP] = "unmap" };

static const struct field fields[][MAX_FIELDS] = {
	[MAP] = { { " iova=", "the first iova", FIELD_HEX },
		  { " - ", "the second iova", FIELD_HEX },
		  { " paddr=", "paddr", FIELD_HEX },
		  { " size=", "size", FIELD_SIZE } },
	[UNMAP] = { { " iova=", "the first iova", FIELD_HEX },
		    { " - ", "the second iova", FIELD_HEX },
		    { " size=", "size", FIELD_SIZE },
		    { " unmapped_size=", "unmapped_size", FIELD_SIZE } },
};

/* "map: IOMMU:" at `at`, after "un" or not, as a word of its own. */
static bool event_at(const char *line, const char *at, unsigned int *event)
{
	*event = MAP;
	if (at - line >= 2 && memcmp(at - 2, "un", 2) == 0) {
		*event = UNMAP;
		at -= 2;
	}
	return at == line || at[-1] == ' ' || at[-1] == '\t' || at[-1] == ':';
}

static bool recognize(const char *line, size_t length, struct known *known)
{
	const char *past = line + length;
	const char *at = line;

	while ((at = memchr(at, 'm', (size_t)(past - at)))) {
		known->rest = scan_begin(at, (size_t)(past - at));
		if (scan_text(&known->rest, "map: IOMMU:") &&
		    event_at(line, at, &known->event))
			return true;
		at++;
	}
	return false;
}

static bool answers_last(const struct trace *trace, const struct known *known)
{
	(void)trace;
	(void)known;
	return false;
}

/* [start, *last] of `size` bytes; the second iova is exclusive. */
static const char *range(uint64_t start, uint64_t end, uint64_t size,
			 uint64_t *last)
{
	if (!size)
		return "size is 0";
	if (start > UINT64_MAX - (size - 1))
		return "the range passes the last iova";
	if (start + size != end)
		return "iova and size disagree";
	*last = start + (size - 1);
	return NULL;
}

static const char *add_map(struct trace *trace, struct event event,
			   const uint64_t *v)
{
	const char *wrong = range(v[0], v[1], v[3], &event.last);

	if (wrong)
		return wrong;
	if (v[2] > UINT64_MAX - (v[3] - 1))
		return "the mapping passes the last physical address";
	event.kind = EVENT_MAP;
	event.start = v[0];
	event.addr = v[2];
	event.perm = READ_WRITE;
	wrong = trace_check_pages(trace, &event);
	return wrong ? wrong : trace_update(trace, event, 0);
}

/* The kernel may have unmapped less or more than it was asked for. */
static const char *add_unmap(struct trace *trace, struct event event,
			     const uint64_t *v)
{
	const char *wrong = range(v[0], v[1], v[2], &event.last);

	if (wrong)
		return wrong;
	event.kind = EVENT_UNMAP;
	event.start = v[0];
	if (!v[3]) {
		event.start = 1;
		event.last = 0;
	} else if (v[0] > UINT64_MAX - (v[3] - 1)) {
		return "unmapped_size passes the last iova";
	} else {
		event.last = v[0] + (v[3] - 1);
	}
	return trace_update(trace, event, 0);
}

static bool add(struct trace *trace, const struct known *known, uint32_t line,
		char why[PARSE_WHY])
{
	struct event event = { .line = line };
	struct scan scan = known->rest;
	uint64_t values[MAX_FIELDS];
	const char *wrong;

	wrong = scan_fields(&scan, fields[known->event], MAX_FIELDS, values);
	if (wrong) {
		snprintf(why, PARSE_WHY, "%s: cannot read %s",
			 names[known->event], wrong);
		return false;
	}
	if (known->event == MAP)
		wrong = add_map(trace, event, values);
	else
		wrong = add_unmap(trace, event, values);
	if (wrong) {
		snprintf(why, PARSE_WHY, "%s: %s", names[known->event], wrong);
		return false;
	}
	return true;
}

const struct parser parse_ftrace = {
	.format = FORMAT_FTRACE,
	.recognize = recognize,
	.answers_last = answers_last,
	.add = add,
};
