/* SPDX-License-Identifier: MIT */
/* The virtio-iommu events of QEMU's log (-trace 'virtio_iommu_*' -D file). */
#include "parse.h"

#include <stdio.h>
#include <string.h>

#define MAX_FIELDS 5

/* The bits of a mapping's flags: a permission, and "this is MMIO". */
#define FLAGS_PERM 3u
#define FLAGS_MMIO 4u

struct event_type {
	const char *name;
	const char *(*add)(struct trace *trace, struct event event,
			   const uint64_t *values);
	struct field fields[MAX_FIELDS];
};

static const char *add_attach(struct trace *trace, struct event event,
			      const uint64_t *v)
{
	event.kind = EVENT_ATTACH;
	return trace_bind(trace, event, (uint32_t)v[1], (uint32_t)v[0]);
}

static const char *add_detach(struct trace *trace, struct event event,
			      const uint64_t *v)
{
	event.kind = EVENT_DETACH;
	return trace_bind(trace, event, (uint32_t)v[1], (uint32_t)v[0]);
}

static const char *add_map(struct trace *trace, struct event event,
			   const uint64_t *v)
{
	if (v[2] < v[1])
		return "virt_end is below virt_start";
	if (v[3] > UINT64_MAX - (v[2] - v[1]))
		return "the mapping passes the last physical address";
	if (v[4] > (FLAGS_PERM | FLAGS_MMIO) || !(v[4] & FLAGS_PERM))
		return "flags hold no permission, or unknown bits";
	event.kind = EVENT_MAP;
	event.start = v[1];
	event.last = v[2];
	event.addr = v[3];
	event.perm = v[4] & FLAGS_PERM;
	return trace_update(trace, event, (uint32_t)v[0]);
}

static const char *add_unmap(struct trace *trace, struct event event,
			     const uint64_t *v)
{
	if (v[2] < v[1])
		return "virt_end is below virt_start";
	event.kind = EVENT_UNMAP;
	event.start = v[1];
	event.last = v[2];
	return trace_update(trace, event, (uint32_t)v[0]);
}

static const char *add_access(struct trace *trace, struct event event,
			      const uint64_t *v)
{
	if (v[3] > FLAGS_PERM)
		return "flag is not a permission";
	event.kind = EVENT_ACCESS;
	event.start = v[2];
	event.perm = v[3] & FLAGS_PERM;
	return trace_access(trace, event, (uint32_t)v[1]);
}

static const char *add_answer(struct trace *trace, struct event event,
			      const uint64_t *v)
{
	event.kind = EVENT_ANSWERED;
	event.start = v[0];
	event.addr = v[1];
	return trace_answer(trace, event, (uint32_t)v[2]);
}

static const struct event_type types[] = {
	{ "virtio_iommu_attach",
	  add_attach,
	  { { " domain=", "domain", FIELD_ID },
	    { " endpoint=", "endpoint", FIELD_ID } } },
	{ "virtio_iommu_detach",
	  add_detach,
	  { { " domain=", "domain", FIELD_ID },
	    { " endpoint=", "endpoint", FIELD_ID } } },
	{ "virtio_iommu_map",
	  add_map,
	  { { " domain=", "domain", FIELD_ID },
	    { " virt_start=", "virt_start", FIELD_HEX },
	    { " virt_end=", "virt_end", FIELD_HEX },
	    { " phys_start=", "phys_start", FIELD_HEX },
	    { " flags=", "flags", FIELD_ID } } },
	{ "virtio_iommu_unmap",
	  add_unmap,
	  { { " domain=", "domain", FIELD_ID },
	    { " virt_start=", "virt_start", FIELD_HEX },
	    { " virt_end=", "virt_end", FIELD_HEX } } },
	{ "virtio_iommu_translate",
	  add_access,
	  { { " mr=", "mr", FIELD_WORD },
	    { " rid=", "rid", FIELD_ID },
	    { " addr=", "addr", FIELD_HEX },
	    { " flag=", "flag", FIELD_ID } } },
	{ "virtio_iommu_translate_out",
	  add_answer,
	  { { " ", "the address", FIELD_HEX },
	    { " -> ", "the translation", FIELD_HEX },
	    { " for sid=", "sid", FIELD_ID } } },
};

#define NTYPES (sizeof(types) / sizeof(types[0]))

/* QEMU's "pid@seconds.microseconds:", which -msg timestamp=on puts in front. */
static void skip_timestamp(struct scan *scan)
{
	struct scan ahead = *scan;
	uint64_t ignored;

	if (scan_decimal(&ahead, UINT64_MAX, &ignored) &&
	    scan_text(&ahead, "@") &&
	    scan_decimal(&ahead, UINT64_MAX, &ignored) &&
	    scan_text(&ahead, ".") &&
	    scan_decimal(&ahead, UINT64_MAX, &ignored) &&
	    scan_text(&ahead, ":"))
		*scan = ahead;
}

static bool goes_on(const struct scan *scan)
{
	char c = scan->at < scan->past ? *scan->at : ' ';

	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool recognize(const char *line, size_t length, struct known *known)
{
	struct scan scan = scan_begin(line, length);

	skip_timestamp(&scan);
	for (unsigned int i = 0; i < NTYPES; i++) {
		known->event = i;
		known->rest = scan;
		if (scan_text(&known->rest, types[i].name) &&
		    !goes_on(&known->rest))
			return true;
	}
	return false;
}

/* NULL, or the name of the field that cannot be read. */
static const char *read_values(const struct known *known,
			       uint64_t values[MAX_FIELDS])
{
	const struct field *fields = types[known->event].fields;
	struct scan scan = known->rest;
	size_t n = 0;

	while (n < MAX_FIELDS && fields[n].before)
		n++;
	return scan_fields(&scan, fields, n, values);
}

static bool answers_last(const struct trace *trace, const struct known *known)
{
	uint64_t v[MAX_FIELDS];

	return types[known->event].add == add_answer &&
	       !read_values(known, v) &&
	       trace_awaits_answer(trace, (uint32_t)v[2], v[0]);
}

static bool add(struct trace *trace, const struct known *known, uint32_t line,
		char why[PARSE_WHY])
{
	const struct event_type *type = &types[known->event];
	struct event event = { .line = line };
	uint64_t values[MAX_FIELDS];
	const char *wrong = read_values(known, values);

	if (wrong) {
		snprintf(why, PARSE_WHY, "%s: cannot read %s", type->name,
			 wrong);
		return false;
	}
	wrong = type->add(trace, event, values);
	if (wrong) {
		snprintf(why, PARSE_WHY, "%s: %s", type->name, wrong);
		return false;
	}
	return true;
}

const struct parser parse_virtio_iommu = {
	.format = FORMAT_VIRTIO_IOMMU,
	.recognize = recognize,
	.answers_last = answers_last,
	.add = add,
};
