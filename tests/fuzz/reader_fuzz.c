/* SPDX-License-Identifier: MIT */
/*
 * A file's bytes as lines: whatever was unpacked, lines are sound; and where
 * nothing was, they are those that splitting the bytes gives.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "limits.h"
#include "trace_reader.h"

/* The next line as it should be; false: there is none, or it is too long. */
static bool split(const uint8_t **at, size_t *left, const uint8_t **line,
		  size_t *length)
{
	const uint8_t *newline = memchr(*at, '\n', *left);

	if (!*left)
		return false;
	*line = *at;
	*length = newline ? (size_t)(newline - *at) : *left;
	*at += *length + (newline != NULL);
	*left -= *length + (newline != NULL);
	if (*length > LIMIT_LINE)
		return false;
	if (*length && (*line)[*length - 1] == '\r')
		--*length;
	return true;
}

/* Could it be the beginning of gzip, xz or zstd (also a skippable frame)? */
static bool may_be_packed(const uint8_t *data, size_t size)
{
	return size && (data[0] == 0x1f || data[0] == 0xfd || data[0] == 0x28 ||
			data[0] >> 4 == 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool plain = !may_be_packed(data, size);
	struct trace_reader *reader;
	const uint8_t *want = NULL;
	size_t length, want_length = 0, total = 0;
	const char *line;
	uint64_t n = 0;
	enum status status;

	if (reader_open(fuzz_file(data, size), &reader) != STATUS_OK) {
		check(!plain);
		return 0;
	}
	check_eq(reader_size(reader), size);
	while ((status = reader_next(reader, &line, &length)) == STATUS_OK &&
	       line) {
		check_eq(reader_line(reader), ++n);
		check(length <= LIMIT_LINE && !memchr(line, '\n', length));
		total += length;
		if (!plain)
			continue;
		check(split(&data, &size, &want, &want_length));
		check_eq(length, want_length);
		check(memcmp(line, want, length) == 0);
	}
	check(total <= LIMIT_TEXT);
	/* it stopped for a reason: at the end, or before a line too long */
	if (plain && status == STATUS_OK)
		check_eq(size, 0);
	else if (plain)
		check(!split(&data, &size, &want, &want_length) &&
		      want_length > LIMIT_LINE);
	reader_close(reader);
	return 0;
}
