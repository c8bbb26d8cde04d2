/* SPDX-License-Identifier: MIT */
/*
 * Traces in a form of their own, small and quick to read:
 *
 *	8 bytes   0x89 "riotlb" 0x0a
 *	1 byte    version, 1
 *	1 byte    format of the trace that it was made from: enum format
 *	records   one for each event, see below
 *	1 byte    0, in the place of a record
 *	varints   events; lines of the original; lines of it that were skipped
 *	4 bytes   CRC-32C of all before, lowest byte first
 *
 * A varint has seven bits in a byte, lowest first, and the top bit set in all
 * but the last; at most ten bytes. A signed one is folded: 0, -1, 1, -2, ...
 *
 * A record begins with a byte: enum event_kind with 7 for EVENT_NONE in the low
 * three bits, then two of permission, then three flags: the place is the one of
 * the record before of its class; the line is the expected one; the size is the
 * one before. Classes are updates (map, unmap: a domain) and the rest (an
 * endpoint). Then come, in this order and as far as there are such
 *
 *	place     a number, from 0 in the order in which domains or endpoints
 *	          appear; one that is new is followed by its id
 *	domain    attach, detach: the same for the domain
 *	line      how many after the record before. Expected is 1, and 2 of an
 *	          answered access, which has two lines
 *	start     signed, less that of the record before of its class
 *	size      map, unmap: last - start
 *	address   map: signed, less that of the map before. Answered: signed,
 *	          the translation less start, less what that was when the page
 *	          was mapped or answered last (a table of 4096 pages, by number)
 *
 * All arithmetic is modulo 2^64.
 */
#ifndef RIOTLB_CLI_BINARY_H
#define RIOTLB_CLI_BINARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"

#define BINARY_MAGIC "\x89riotlb\n"

enum {
	BINARY_MAGIC_SIZE = 8,
	BINARY_VERSION = 1,
	BINARY_HEADER = 10,
	/* more than the longest: two places and their ids, 4 numbers, 1 byte */
	BINARY_RECORD = 64,
	BINARY_PAGES = 4096,
};

/* What both sides know of the records so far. */
struct binary_state {
	uint32_t ndomains;
	uint32_t nendpoints;
	uint32_t place[2]; /* of each class */
	uint64_t start[2];
	uint64_t size;
	uint64_t addr;
	uint64_t line;
	uint64_t moved[BINARY_PAGES]; /* translation less iova */
};

enum { CLASS_ACCESS, CLASS_UPDATE };

enum {
	BINARY_KIND = 0x07,
	BINARY_KIND_NONE = 7, /* as 0 is the end */
	BINARY_PERM_SHIFT = 3,
	BINARY_SAME_PLACE = 0x20,
	BINARY_EXPECTED_LINE = 0x40,
	BINARY_SAME_SIZE = 0x80,
};

static inline bool binary_is_update(enum event_kind kind)
{
	return kind == EVENT_MAP || kind == EVENT_UNMAP;
}

static inline bool binary_is_binding(enum event_kind kind)
{
	return kind == EVENT_ATTACH || kind == EVENT_DETACH;
}

static inline uint64_t binary_line_step(enum event_kind kind)
{
	return kind == EVENT_ANSWERED ? 2 : 1;
}

static inline uint64_t *binary_moved(struct binary_state *s, uint64_t iova)
{
	return &s->moved[iova / TRACE_PAGE % BINARY_PAGES];
}

/* What an event leaves behind; both sides call it when a record is done. */
void binary_note(struct binary_state *s, const struct event *event);

/* Writes at most BINARY_RECORD bytes, and returns how many. */
size_t binary_put(struct binary_state *s, const struct trace *trace,
		  const struct event *event, uint8_t *out);
size_t binary_put_header(enum format format, uint8_t *out);
/* Without the checksum. */
size_t binary_put_end(const struct trace *trace, uint8_t *out);

/* CRC-32C (Castagnoli); begins with 0. */
uint32_t binary_crc(uint32_t crc, const void *data, size_t size);

#endif
