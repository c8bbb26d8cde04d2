/* SPDX-License-Identifier: MIT */
/*
 * Lines of a trace through one parser, which PARSER names. What was taken is
 * sound; written out again as lines and read once more, it is the same.
 */
#include "fuzz.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "trace_check.h"

static void load(struct trace *trace, const char *text, size_t size)
{
	uint32_t number = 1;

	trace_init(trace, "input", PARSER.format);
	while (size) {
		const char *newline = memchr(text, '\n', size);
		size_t length = newline ? (size_t)(newline - text) : size;

		trace_check_line(&PARSER, trace, text, length, number++);
		length += newline != NULL;
		text += length;
		size -= length;
	}
	trace_check(trace);
}

/* ---- as lines again ---------------------------------------------------- */

static uint32_t domain(const struct trace *trace, uint64_t place)
{
	return trace->domains.of[place];
}

static uint32_t endpoint(const struct trace *trace, const struct event *e)
{
	return trace->endpoints.of[e->place];
}

static void write_bind(FILE *out, const struct trace *trace,
		       const struct event *e)
{
	fprintf(out,
		"virtio_iommu_%s domain=%" PRIu32 " endpoint=%" PRIu32 "\n",
		e->kind == EVENT_ATTACH ? "attach" : "detach",
		domain(trace, e->start), endpoint(trace, e));
}

/* An answer finds its access right before it. */
static void write_access(FILE *out, const struct trace *trace,
			 const struct event *e)
{
	fprintf(out,
		"virtio_iommu_translate mr=x rid=%" PRIu32 " addr=0x%" PRIx64
		" flag=%u\n",
		endpoint(trace, e), e->start, e->perm);
	if (e->kind == EVENT_ANSWERED)
		fprintf(out,
			"virtio_iommu_translate_out 0x%" PRIx64 " -> 0x%" PRIx64
			" for sid=%" PRIu32 "\n",
			e->start, e->addr, endpoint(trace, e));
}

static void write_viommu(FILE *out, const struct trace *trace,
			 const struct event *e)
{
	if (e->kind == EVENT_ATTACH || e->kind == EVENT_DETACH) {
		write_bind(out, trace, e);
	} else if (e->kind == EVENT_ACCESS || e->kind == EVENT_ANSWERED) {
		write_access(out, trace, e);
	} else if (e->kind == EVENT_MAP) {
		fprintf(out,
			"virtio_iommu_map domain=%" PRIu32
			" virt_start=0x%" PRIx64 " virt_end=0x%" PRIx64
			" phys_start=0x%" PRIx64 " flags=%u\n",
			domain(trace, e->place), e->start, e->last, e->addr,
			e->perm);
	} else if (e->kind == EVENT_UNMAP) {
		fprintf(out,
			"virtio_iommu_unmap domain=%" PRIu32
			" virt_start=0x%" PRIx64 " virt_end=0x%" PRIx64 "\n",
			domain(trace, e->place), e->start, e->last);
	}
}

static void write_ftrace(FILE *out, const struct event *e)
{
	uint64_t size = e->last - e->start + 1;

	if (e->kind == EVENT_MAP)
		fprintf(out,
			"map: IOMMU: iova=0x%" PRIx64 " - 0x%" PRIx64
			" paddr=0x%" PRIx64 " size=%" PRIu64 "\n",
			e->start, e->start + size, e->addr, size);
	else if (e->kind == EVENT_UNMAP && size)
		fprintf(out,
			"unmap: IOMMU: iova=0x%" PRIx64 " - 0x%" PRIx64
			" size=%" PRIu64 " unmapped_size=%" PRIu64 "\n",
			e->start, e->start + size, size, size);
	else if (e->kind == EVENT_UNMAP)
		fputs("unmap: IOMMU: iova=0x0 - 0x1 size=1 unmapped_size=0\n",
		      out);
}

/* ---- the same? --------------------------------------------------------- */

static void check_same_event(const struct trace *a, const struct event *x,
			     const struct trace *b, const struct event *y)
{
	bool by_domain = x->kind == EVENT_MAP || x->kind == EVENT_UNMAP;
	bool binds = x->kind == EVENT_ATTACH || x->kind == EVENT_DETACH;

	check_eq(x->kind, y->kind);
	if (binds)
		check_eq(domain(a, x->start), domain(b, y->start));
	else
		check_eq(x->start, y->start);
	check_eq(x->last, y->last);
	check_eq(x->addr, y->addr);
	check_eq(x->perm, y->perm);
	if (by_domain)
		check_eq(domain(a, x->place), domain(b, y->place));
	else
		check_eq(endpoint(a, x), endpoint(b, y));
}

static void check_same(const struct trace *a, const struct trace *b)
{
	size_t at = 0;

	for (size_t i = 0; i < a->n; i++) {
		if (a->events[i].kind == EVENT_NONE)
			continue;
		check(at < b->n);
		check_same_event(a, &a->events[i], b, &b->events[at++]);
	}
	check_eq(at, b->n);
	check_eq(a->pages, b->pages);
	check_eq(a->top_iova, b->top_iova);
	check_eq(a->top_addr, b->top_addr);
	check_eq(trace_misses(a), trace_misses(b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace trace, again;
	char *text = fuzz_text(data, size), *lines = NULL;
	size_t length = 0;
	FILE *out;

	load(&trace, text, size);
	out = open_memstream(&lines, &length);
	check(out);
	for (size_t i = 0; i < trace.n; i++) {
		if (trace.format == FORMAT_FTRACE)
			write_ftrace(out, &trace.events[i]);
		else
			write_viommu(out, &trace, &trace.events[i]);
	}
	check(fclose(out) == 0);
	load(&again, lines, length);
	check_same(&trace, &again);
	trace_free(&trace);
	trace_free(&again);
	free(lines);
	free(text);
	return 0;
}
