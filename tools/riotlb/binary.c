/* SPDX-License-Identifier: MIT */
#include "binary.h"

#include <string.h>

/* ---- shared with the other side ---------------------------------------- */

void binary_note(struct binary_state *s, const struct event *event)
{
	enum event_kind kind = (enum event_kind)event->kind;
	int class = binary_is_update(kind) ? CLASS_UPDATE : CLASS_ACCESS;

	s->place[class] = event->place;
	if (!binary_is_binding(kind))
		s->start[class] = event->start;
	s->line = event->line;
	if (class == CLASS_UPDATE)
		s->size = event->last - event->start;
	if (kind == EVENT_MAP)
		s->addr = event->addr;
	if (kind == EVENT_MAP || kind == EVENT_ANSWERED)
		*binary_moved(s, event->start) = event->addr - event->start;
}

/* Four bits at a time: small, and no table to set up. */
uint32_t binary_crc(uint32_t crc, const void *data, size_t size)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const uint8_t *at = data;

	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= at[i];
		crc = table[crc & 15] ^ crc >> 4;
		crc = table[crc & 15] ^ crc >> 4;
	}
	return ~crc;
}

/* ---- writing ----------------------------------------------------------- */

static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

static uint8_t *put_signed(uint8_t *at, uint64_t value)
{
	return put_varint(at, value << 1 ^ (0 - (value >> 63)));
}

static uint8_t *put_place(uint8_t *at, uint32_t place, const struct ids *ids,
			  uint32_t *known)
{
	at = put_varint(at, place);
	if (place == *known) {
		at = put_varint(at, ids->of[place]);
		++*known;
	}
	return at;
}

size_t binary_put_header(enum format format, uint8_t *out)
{
	memcpy(out, BINARY_MAGIC, BINARY_MAGIC_SIZE);
	out[BINARY_MAGIC_SIZE] = BINARY_VERSION;
	out[BINARY_MAGIC_SIZE + 1] = (uint8_t)format;
	return BINARY_HEADER;
}

size_t binary_put_end(const struct trace *trace, uint8_t *out)
{
	uint8_t *at = out;

	*at++ = 0;
	at = put_varint(at, trace->n);
	at = put_varint(at, trace->lines);
	at = put_varint(at, trace->skipped);
	return (size_t)(at - out);
}

static uint8_t first_byte(const struct binary_state *s,
			  const struct event *event, bool new_place)
{
	enum event_kind kind = (enum event_kind)event->kind;
	int class = binary_is_update(kind) ? CLASS_UPDATE : CLASS_ACCESS;
	unsigned int first = kind == EVENT_NONE ? BINARY_KIND_NONE : kind;

	first |= (unsigned int)event->perm << BINARY_PERM_SHIFT;
	if (!new_place && event->place == s->place[class])
		first |= BINARY_SAME_PLACE;
	if (event->line - s->line == binary_line_step(kind))
		first |= BINARY_EXPECTED_LINE;
	if (class == CLASS_UPDATE && event->last - event->start == s->size)
		first |= BINARY_SAME_SIZE;
	return (uint8_t)first;
}

static uint8_t *put_range(const struct binary_state *s, uint8_t first,
			  const struct event *event, uint8_t *at)
{
	enum event_kind kind = (enum event_kind)event->kind;
	int class = binary_is_update(kind) ? CLASS_UPDATE : CLASS_ACCESS;

	at = put_signed(at, event->start - s->start[class]);
	if (class == CLASS_UPDATE && !(first & BINARY_SAME_SIZE))
		at = put_varint(at, event->last - event->start);
	if (kind == EVENT_MAP)
		at = put_signed(at, event->addr - s->addr);
	return at;
}

size_t binary_put(struct binary_state *s, const struct trace *trace,
		  const struct event *event, uint8_t *out)
{
	enum event_kind kind = (enum event_kind)event->kind;
	bool updates = binary_is_update(kind);
	uint32_t *known = updates ? &s->ndomains : &s->nendpoints;
	uint8_t first = first_byte(s, event, event->place == *known);
	uint8_t *at = out;

	*at++ = first;
	if (!(first & BINARY_SAME_PLACE))
		at = put_place(at, event->place,
			       updates ? &trace->domains : &trace->endpoints,
			       known);
	if (binary_is_binding(kind))
		at = put_place(at, (uint32_t)event->start, &trace->domains,
			       &s->ndomains);
	if (!(first & BINARY_EXPECTED_LINE))
		at = put_varint(at, event->line - s->line);
	if (!binary_is_binding(kind))
		at = put_range(s, first, event, at);
	if (kind == EVENT_ANSWERED)
		at = put_signed(at, event->addr - event->start -
					    *binary_moved(s, event->start));
	binary_note(s, event);
	return (size_t)(at - out);
}
