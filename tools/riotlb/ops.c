/* SPDX-License-Identifier: MIT */
#include "ops.h"

#include <inttypes.h>

/* The smallest power of two above `top`, at least a page, as its exponent. */
static unsigned int exponent_above(uint64_t top)
{
	unsigned int exponent = 12;

	while (exponent < 64 && top >> exponent)
		exponent++;
	return exponent;
}

static bool fits(unsigned int exponent, uint64_t copies)
{
	if (copies == 1)
		return true;
	return exponent < 64 && (copies - 1) >> (64 - exponent) == 0;
}

enum status ops_init(struct op_stream *stream, const struct trace *trace,
		     uint64_t copies)
{
	unsigned int iova = exponent_above(trace->top_iova);
	unsigned int addr = exponent_above(trace->top_addr);

	*stream = (struct op_stream){ .trace = trace, .copies = copies };
	if (!fits(iova, copies))
		return say_usage("%s: %" PRIu64 " copies do not fit: the trace "
				 "uses iovas up to 0x%" PRIx64,
				 trace->file, copies, trace->top_iova);
	if (copies == 1)
		return STATUS_OK;
	stream->iova_step = (uint64_t)1 << iova;
	/*
	 * Host addresses move too, so that an answer from a wrong copy is a
	 * wrong answer; where there is no room for that they stay.
	 */
	if (fits(addr, copies))
		stream->addr_step = (uint64_t)1 << addr;
	return STATUS_OK;
}

void ops_rewind(struct op_stream *stream)
{
	stream->event = 0;
	stream->copy = 0;
	stream->page = 0;
	stream->looks_up = false;
}

/* ---- one event to its operations --------------------------------------- */

static void fill_update(const struct op_stream *stream, struct op *op)
{
	const struct event *event = op->event;
	uint64_t by = stream->copy * stream->iova_step;

	op->kind = event->kind == EVENT_MAP ? OP_MAP : OP_UNMAP;
	op->what = (struct riotlb_mapping){
		.start = event->start + by,
		.last = event->last + by,
		.addr = event->addr + stream->copy * stream->addr_step,
		.perm = event->perm,
	};
}

/* `into`: how far into the event's range the lookup is. */
static void fill_lookup(const struct op_stream *stream, struct op *op,
			uint64_t into)
{
	const struct event *event = op->event;
	uint64_t iova = event->start + into + stream->copy * stream->iova_step;

	op->kind = OP_TRANSLATE;
	op->answered = event->kind != EVENT_ACCESS;
	op->what = (struct riotlb_mapping){
		.start = iova,
		.last = iova,
		.addr = event->addr + into + stream->copy * stream->addr_step,
		.perm = event->perm,
	};
}

static void fill(const struct op_stream *stream, struct op *op)
{
	*op = (struct op){
		.place = op->event->place,
		.copy = stream->copy,
		.event = op->event,
	};
	switch ((enum event_kind)op->event->kind) {
	case EVENT_MAP:
		if (stream->looks_up) {
			op->place = 0;
			fill_lookup(stream, op, stream->page * TRACE_PAGE);
			return;
		}
		/* fall through */
	case EVENT_UNMAP:
		fill_update(stream, op);
		return;
	case EVENT_ACCESS:
	case EVENT_ANSWERED:
		fill_lookup(stream, op, 0);
		return;
	case EVENT_ATTACH:
	case EVENT_DETACH:
	case EVENT_NONE:
		op->kind = OP_BIND;
		return;
	}
}

/* ---- stepping ---------------------------------------------------------- */

/* There is nothing to call for it: no lookup is made where none counts. */
static bool is_silent(const struct event *event)
{
	return event->kind == EVENT_NONE || trace_bypasses(event) ||
	       (event->kind == EVENT_UNMAP && event->last < event->start);
}

/* All copies are mapped first, then all are looked up: longer runs to time. */
static void step(struct op_stream *stream, const struct event *event)
{
	if (stream->looks_up) {
		uint64_t pages = (event->last - event->start) / TRACE_PAGE + 1;

		if (++stream->page < pages)
			return;
		stream->page = 0;
	}
	if (++stream->copy < stream->copies)
		return;
	stream->copy = 0;
	stream->looks_up = !stream->looks_up && event->kind == EVENT_MAP &&
			   stream->trace->format == FORMAT_FTRACE;
	if (!stream->looks_up)
		stream->event++;
}

bool ops_next(struct op_stream *stream, struct op *op)
{
	const struct trace *trace = stream->trace;

	while (stream->event < trace->n &&
	       is_silent(&trace->events[stream->event]))
		stream->event++;
	if (stream->event == trace->n)
		return false;
	op->event = &trace->events[stream->event];
	fill(stream, op);
	step(stream, op->event);
	return true;
}
