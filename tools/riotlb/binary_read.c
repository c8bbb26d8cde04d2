/* SPDX-License-Identifier: MIT */
#include "binary_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "binary.h"
#include "progress.h"

#define PROGRESS_EVERY 4096u

/* Of all its mappings. */
#define FTRACE_PERM 3u

static const char cut_short[] = "the file is cut short";

struct input {
	struct trace *trace;
	struct binary_state state;
	uint32_t crc;
	/* the record at hand */
	const uint8_t *at;
	const uint8_t *past;
	const char *wrong; /* what is wrong with it, or NULL */
};

static void refuse(struct input *in, const char *wrong)
{
	if (!in->wrong)
		in->wrong = wrong;
}

/* ---- fields ------------------------------------------------------------ */

static uint8_t get_byte(struct input *in)
{
	if (in->at == in->past) {
		refuse(in, cut_short);
		return 0;
	}
	return *in->at++;
}

static uint64_t get_varint(struct input *in)
{
	uint64_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = get_byte(in);
		if (shift == 63 && byte > 1) {
			refuse(in, "a number of more than 64 bits");
			return 0;
		}
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static uint64_t get_signed(struct input *in)
{
	uint64_t folded = get_varint(in);

	return folded >> 1 ^ (0 - (folded & 1));
}

/* The id of a place, of which `ids` has those so far; *number is its number. */
static uint32_t get_place(struct input *in, const struct ids *ids,
			  uint32_t *known, uint32_t *number)
{
	uint64_t place = get_varint(in);
	uint64_t id;

	if (place < *known) {
		*number = (uint32_t)place;
		return ids->of[place];
	}
	if (place > *known) {
		refuse(in, "a domain or endpoint that was not named before");
		return 0;
	}
	*number = (*known)++;
	id = get_varint(in);
	if (id > UINT32_MAX)
		refuse(in, "a domain or endpoint above 4294967295");
	return (uint32_t)id;
}

/* ---- records ----------------------------------------------------------- */

/* What a record says, with ids in the place of numbers. */
struct record {
	struct event event;
	uint32_t id;
	uint32_t number;
	uint32_t domain; /* attach, detach */
	uint32_t domain_number;
};

static void get_places(struct input *in, uint8_t first, struct record *r)
{
	enum event_kind kind = (enum event_kind)r->event.kind;
	bool updates = binary_is_update(kind);
	struct binary_state *s = &in->state;
	const struct ids *ids =
		updates ? &in->trace->domains : &in->trace->endpoints;
	uint32_t *known = updates ? &s->ndomains : &s->nendpoints;

	if (!(first & BINARY_SAME_PLACE)) {
		r->id = get_place(in, ids, known, &r->number);
	} else {
		r->number = s->place[updates ? CLASS_UPDATE : CLASS_ACCESS];
		if (r->number < *known)
			r->id = ids->of[r->number];
		else
			refuse(in, "the place of a record before the first");
	}
	if (binary_is_binding(kind))
		r->domain = get_place(in, &in->trace->domains, &s->ndomains,
				      &r->domain_number);
}

static void get_line(struct input *in, uint8_t first, struct event *event)
{
	uint64_t line = binary_line_step((enum event_kind)event->kind);

	if (!(first & BINARY_EXPECTED_LINE))
		line = get_varint(in);
	if (line > UINT32_MAX - in->state.line)
		refuse(in, "a line above 4294967295");
	event->line = (uint32_t)(in->state.line + line);
}

static void get_range(struct input *in, uint8_t first, struct event *event)
{
	enum event_kind kind = (enum event_kind)event->kind;
	struct binary_state *s = &in->state;
	bool updates = binary_is_update(kind);

	event->start = s->start[updates ? CLASS_UPDATE : CLASS_ACCESS] +
		       get_signed(in);
	if (updates)
		event->last =
			event->start +
			(first & BINARY_SAME_SIZE ? s->size : get_varint(in));
	if (kind == EVENT_MAP)
		event->addr = s->addr + get_signed(in);
	if (kind == EVENT_ANSWERED)
		event->addr = event->start + *binary_moved(s, event->start) +
			      get_signed(in);
}

static void get_record(struct input *in, uint8_t first, struct record *r)
{
	unsigned int kind = first & BINARY_KIND;

	*r = (struct record){ .id = 0 };
	r->event.kind = kind == BINARY_KIND_NONE ? EVENT_NONE : (uint8_t)kind;
	r->event.perm = first >> BINARY_PERM_SHIFT & 3;
	get_places(in, first, r);
	get_line(in, first, &r->event);
	if (!binary_is_binding((enum event_kind)r->event.kind))
		get_range(in, first, &r->event);
}

/* ---- what the parsers of text refuse, too ------------------------------ */

static const char *check_update(struct trace *trace, const struct event *event,
				uint32_t domain)
{
	bool is_map = event->kind == EVENT_MAP;
	bool is_ftrace = trace->format == FORMAT_FTRACE;
	bool nothing = event->start == 1 && event->last == 0;

	if (is_ftrace && domain)
		return "a domain in an ftrace";
	if (event->last < event->start && (is_map || !is_ftrace || !nothing))
		return "the range passes the last iova";
	if (!is_map)
		return event->perm ? "a permission of an unmap" : NULL;
	if (event->addr > UINT64_MAX - (event->last - event->start))
		return "the mapping passes the last physical address";
	if (!event->perm || (is_ftrace && event->perm != FTRACE_PERM))
		return "a mapping without permission";
	return is_ftrace ? trace_check_pages(trace, event) : NULL;
}

static const char *add_record(struct trace *trace, const struct record *r)
{
	enum event_kind kind = (enum event_kind)r->event.kind;
	const char *wrong;

	if (trace->format == FORMAT_AUTO)
		return "an event in a trace of no format";
	if (trace->format == FORMAT_FTRACE && !binary_is_update(kind))
		return "an event that no ftrace has";
	if (binary_is_binding(kind))
		return r->event.perm
			       ? "a permission of a binding"
			       : trace_bind(trace, r->event, r->id, r->domain);
	if (!binary_is_update(kind))
		return kind == EVENT_NONE
			       ? trace_moved_access(trace, r->event, r->id)
			       : trace_access(trace, r->event, r->id);
	wrong = check_update(trace, &r->event, r->id);
	return wrong ? wrong : trace_update(trace, r->event, r->id);
}

/* The numbers that were written are those that the ids got here. */
static bool numbers_agree(const struct trace *trace, const struct record *r)
{
	const struct event *added = &trace->events[trace->n - 1];

	return added->place == r->number &&
	       (!binary_is_binding((enum event_kind)added->kind) ||
		added->start == r->domain_number);
}

static void take_record(struct input *in, uint8_t first)
{
	struct record r;

	get_record(in, first, &r);
	if (in->wrong)
		return;
	refuse(in, add_record(in->trace, &r));
	if (in->wrong)
		return;
	if (!numbers_agree(in->trace, &r)) {
		refuse(in, "a domain or endpoint that has two numbers");
		return;
	}
	binary_note(&in->state, &in->trace->events[in->trace->n - 1]);
}

static void take_end(struct input *in)
{
	struct trace *trace = in->trace;
	const uint8_t *record = in->at - 1;
	uint32_t crc = 0;

	if (get_varint(in) != trace->n)
		refuse(in, "another number of events than it should have");
	trace->lines = get_varint(in);
	trace->skipped = get_varint(in);
	in->crc = binary_crc(in->crc, record, (size_t)(in->at - record));
	for (int i = 0; i < 4; i++)
		crc |= (uint32_t)get_byte(in) << 8 * i;
	if (crc != in->crc)
		refuse(in, "damaged: the checksum is another");
	if (in->at != in->past)
		refuse(in, "goes on after its end");
}

/* ---- files ------------------------------------------------------------- */

enum status binary_is_next(struct trace_reader *reader, bool *is)
{
	const uint8_t *data;
	size_t size;
	enum status status =
		reader_peek(reader, BINARY_MAGIC_SIZE, &data, &size);

	*is = status == STATUS_OK && size >= BINARY_MAGIC_SIZE &&
	      memcmp(data, BINARY_MAGIC, BINARY_MAGIC_SIZE) == 0;
	return status;
}

static enum status complain(const struct input *in, const char *wrong)
{
	return say_input(in->trace->file, 0, "event %zu: %s", in->trace->n + 1,
			 wrong);
}

static enum status load_header(struct input *in, struct trace_reader *reader)
{
	enum format wanted = in->trace->format, format;
	const char *file = in->trace->file;
	const uint8_t *data;
	size_t size;
	enum status status = reader_peek(reader, BINARY_HEADER, &data, &size);

	if (status != STATUS_OK)
		return status;
	if (size < BINARY_HEADER)
		return say_input(file, 0, "%s", cut_short);
	if (data[BINARY_MAGIC_SIZE] != BINARY_VERSION)
		return say_input(file, 0,
				 "of version %u; this program knows %d",
				 data[BINARY_MAGIC_SIZE], BINARY_VERSION);
	format = (enum format)data[BINARY_MAGIC_SIZE + 1];
	if (data[BINARY_MAGIC_SIZE + 1] > FORMAT_FTRACE)
		return say_input(file, 0, "of an unknown format");
	if (wanted != FORMAT_AUTO && wanted != format)
		return say_input(file, 0, "was made from a trace of format %s",
				 format_name(format));
	in->trace->format = format;
	in->crc = binary_crc(0, data, BINARY_HEADER);
	reader_skip(reader, BINARY_HEADER);
	return STATUS_OK;
}

/* One record; *more: there are others. */
static enum status load_record(struct input *in, struct trace_reader *reader,
			       bool *more)
{
	const uint8_t *data;
	size_t size;
	enum status status = reader_peek(reader, BINARY_RECORD, &data, &size);
	uint8_t first;

	if (status != STATUS_OK)
		return status;
	in->at = data;
	in->past = data + size;
	first = get_byte(in);
	*more = first != 0;
	if (!in->wrong && *more && (first & BINARY_KIND) == 0)
		refuse(in, "a record of no kind");
	if (!in->wrong && *more)
		take_record(in, first);
	else if (!in->wrong)
		take_end(in);
	if (in->wrong)
		return complain(in, in->wrong);
	if (*more)
		in->crc = binary_crc(in->crc, data, (size_t)(in->at - data));
	reader_skip(reader, (size_t)(in->at - data));
	return STATUS_OK;
}

static enum status load_records(struct input *in, struct trace_reader *reader,
				uint64_t limit)
{
	enum status status = STATUS_OK;
	bool more = true;

	while (status == STATUS_OK && more) {
		if (limit && trace_events(in->trace) >= limit) {
			/* where the lines that were skipped are is not known */
			in->trace->lines = in->state.line;
			return STATUS_OK;
		}
		status = load_record(in, reader, &more);
		if (in->trace->n % PROGRESS_EVERY == 0)
			progress_at(reader_done(reader));
	}
	return status;
}

enum status binary_load(struct trace *trace, struct trace_reader *reader,
			uint64_t limit)
{
	struct input *in = calloc(1, sizeof(*in));
	enum status status;

	if (!in)
		return say_input(trace->file, 0, "out of memory");
	in->trace = trace;
	status = load_header(in, reader);
	if (status == STATUS_OK)
		status = load_records(in, reader, limit);
	free(in);
	return status;
}
