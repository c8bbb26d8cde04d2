/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <string.h>

struct scan scan_begin(const char *text, size_t length)
{
	return (struct scan){ .at = text, .past = text + length };
}

static size_t rest(const struct scan *scan)
{
	return (size_t)(scan->past - scan->at);
}

bool scan_text(struct scan *scan, const char *literal)
{
	size_t length = strlen(literal);

	if (rest(scan) < length || memcmp(scan->at, literal, length) != 0)
		return false;
	scan->at += length;
	return true;
}

/* isxdigit and its like look at the locale */
static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 16;
}

static bool scan_number(struct scan *scan, unsigned int base, uint64_t max,
			uint64_t *value)
{
	const char *at = scan->at;
	uint64_t sum = 0;

	for (; at < scan->past && digit(*at) < base; at++) {
		unsigned int next = digit(*at);

		if (next > max || sum > (max - next) / base)
			return false;
		sum = sum * base + next;
	}
	if (at == scan->at)
		return false;
	scan->at = at;
	*value = sum;
	return true;
}

bool scan_decimal(struct scan *scan, uint64_t max, uint64_t *value)
{
	return scan_number(scan, 10, max, value);
}

bool scan_hex(struct scan *scan, uint64_t *value)
{
	struct scan ahead = *scan;

	if (!scan_text(&ahead, "0x") ||
	    !scan_number(&ahead, 16, UINT64_MAX, value))
		return false;
	*scan = ahead;
	return true;
}

bool scan_word(struct scan *scan)
{
	const char *blank = memchr(scan->at, ' ', rest(scan));
	const char *stop = blank ? blank : scan->past;

	if (stop == scan->at)
		return false;
	scan->at = stop;
	return true;
}

static bool scan_field(struct scan *scan, const struct field *field,
		       uint64_t *value)
{
	*value = 0;
	if (!scan_text(scan, field->before))
		return false;
	switch (field->type) {
	case FIELD_HEX:
		return scan_hex(scan, value);
	case FIELD_ID:
		return scan_decimal(scan, UINT32_MAX, value);
	case FIELD_SIZE:
		return scan_decimal(scan, UINT64_MAX, value);
	case FIELD_WORD:
		break;
	}
	return scan_word(scan);
}

const char *scan_fields(struct scan *scan, const struct field *fields, size_t n,
			uint64_t *values)
{
	for (size_t i = 0; i < n; i++) {
		if (!scan_field(scan, &fields[i], &values[i]))
			return fields[i].name;
	}
	return scan->at == scan->past ? NULL : "end of line";
}
