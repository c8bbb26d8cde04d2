/* SPDX-License-Identifier: MIT */
/*
 * Strict reading of one line. The text need not end in NUL and may hold any
 * byte. A call that fails leaves its output alone.
 */
#ifndef RIOTLB_CLI_SCAN_H
#define RIOTLB_CLI_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scan {
	const char *at;
	const char *past;
};

struct scan scan_begin(const char *text, size_t length);

/* Passes `literal` if it is next. */
bool scan_text(struct scan *scan, const char *literal);

/* Passes decimal digits of a number of at most `max`. */
bool scan_decimal(struct scan *scan, uint64_t max, uint64_t *value);

/* Passes 0x and hexadecimal digits of a number below 2^64. */
bool scan_hex(struct scan *scan, uint64_t *value);

/* Passes everything up to the next blank, at least one byte. */
bool scan_word(struct scan *scan);

enum field_type {
	FIELD_HEX,
	FIELD_ID,   /* decimal, below 2^32 */
	FIELD_SIZE, /* decimal, below 2^64 */
	FIELD_WORD, /* its value is 0 */
};

struct field {
	const char *before; /* the literal in front of it */
	const char *name;
	enum field_type type;
};

/*
 * Reads the fields one after the other, and then the line must end. Returns
 * NULL, or the name of the field that could not be read ("end of line" for what
 * follows the last).
 */
const char *scan_fields(struct scan *scan, const struct field *fields, size_t n,
			uint64_t *values);

#endif
