/* SPDX-License-Identifier: MIT */
#include "trace_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "limits.h"

#define CHUNK ((size_t)64 << 10)

struct trace_reader {
	const char *file;
	struct archive *archive;
	int fd;
	uint64_t size; /* of the file, 0 where it has none */
	uint64_t text; /* bytes read, decompressed */
	uint64_t line;
	size_t at; /* in `buffer`, the part not yet returned */
	size_t past;
	bool at_end;
	char buffer[CHUNK + LIMIT_LINE + 1];
};

/* ---- opening ----------------------------------------------------------- */

static enum status open_file(struct trace_reader *reader)
{
	struct stat info;

	if (strcmp(reader->file, "-") == 0)
		reader->fd = dup(STDIN_FILENO);
	else
		reader->fd = open(reader->file, O_RDONLY | O_CLOEXEC);
	if (reader->fd < 0 || fstat(reader->fd, &info) < 0)
		return say_input(reader->file, 0, "%s", strerror(errno));
	if (S_ISDIR(info.st_mode))
		return say_input(reader->file, 0, "%s", strerror(EISDIR));
	if (S_ISREG(info.st_mode))
		reader->size = (uint64_t)info.st_size;
	return STATUS_OK;
}

/* libarchive's words are terse ("No progress is possible"), or missing. */
static enum status archive_problem(struct trace_reader *reader)
{
	const char *what = archive_error_string(reader->archive);

	if (archive_filter_count(reader->archive) > 1)
		return say_input(reader->file, reader->line,
				 "compressed data damaged or cut short (%s)",
				 what ? what : "no reason given");
	return say_input(reader->file, reader->line, "cannot be read: %s",
			 what ? what : "no reason given");
}

static bool name_says_compressed(const char *file)
{
	static const char *const suffixes[] = { ".xz", ".gz", ".zst" };
	size_t length = strlen(file);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t suffix = strlen(suffixes[i]);

		if (length > suffix &&
		    strcmp(file + length - suffix, suffixes[i]) == 0)
			return true;
	}
	return false;
}

/*
 * libarchive unpacks layer after layer, so a few bytes could grow without an
 * end; and what it does not know it takes for plain text, also a compressed
 * file of which only the first bytes are left.
 */
static enum status check_layers(struct trace_reader *reader)
{
	/* the plain file below counts as one */
	int layers = archive_filter_count(reader->archive) - 1;

	if (layers > 1)
		return say_input(reader->file, 0, "compressed more than once");
	if (layers == 0 && name_says_compressed(reader->file))
		return say_input(reader->file, 0,
				 "is not compressed, though its name says so");
	return STATUS_OK;
}

static enum status open_archive(struct trace_reader *reader)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	int got;

	reader->archive = archive;
	if (!archive)
		return say_input(reader->file, 0, "out of memory");
	/* the format "empty" is the one of a file of no bytes */
	if (archive_read_support_filter_gzip(archive) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(archive) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(archive) != ARCHIVE_OK ||
	    archive_read_support_format_raw(archive) != ARCHIVE_OK ||
	    archive_read_support_format_empty(archive) != ARCHIVE_OK ||
	    archive_read_open_fd(archive, reader->fd, CHUNK) != ARCHIVE_OK)
		return archive_problem(reader);
	got = archive_read_next_header(archive, &entry);
	if (got == ARCHIVE_EOF)
		reader->at_end = true;
	else if (got != ARCHIVE_OK)
		return archive_problem(reader);
	return check_layers(reader);
}

enum status reader_open(const char *file, struct trace_reader **out)
{
	struct trace_reader *reader = malloc(sizeof(*reader));
	enum status status;

	if (!reader)
		return say_input(file, 0, "out of memory");
	memset(reader, 0, offsetof(struct trace_reader, buffer));
	reader->file = file;
	status = open_file(reader);
	if (status == STATUS_OK)
		status = open_archive(reader);
	if (status == STATUS_OK)
		*out = reader;
	else
		reader_close(reader);
	return status;
}

void reader_close(struct trace_reader *reader)
{
	archive_read_free(reader->archive);
	if (reader->fd >= 0)
		close(reader->fd);
	free(reader);
}

/* ---- reading ----------------------------------------------------------- */

/* Adds a chunk behind what is left, which is less than a longest line. */
static enum status fill(struct trace_reader *reader)
{
	size_t left = reader->past - reader->at;
	la_ssize_t got;

	memmove(reader->buffer, reader->buffer + reader->at, left);
	reader->at = 0;
	reader->past = left;
	do {
		got = archive_read_data(reader->archive, reader->buffer + left,
					CHUNK);
	} while (got == ARCHIVE_RETRY);
	if (got < 0) {
		reader->line++;
		return archive_problem(reader);
	}
	reader->at_end = got == 0;
	reader->past += (size_t)got;
	reader->text += (uint64_t)got;
	if (reader->text > LIMIT_TEXT)
		return say_input(reader->file, reader->line + 1,
				 "more than %llu bytes of text",
				 (unsigned long long)LIMIT_TEXT);
	return STATUS_OK;
}

/* The length of the line at `at` if `buffer` has all of it. */
static bool whole_line(const struct trace_reader *reader, size_t *length)
{
	const char *start = reader->buffer + reader->at;
	size_t left = reader->past - reader->at;
	const char *newline = memchr(start, '\n', left);

	*length = newline ? (size_t)(newline - start) : left;
	return newline || reader->at_end || left > LIMIT_LINE;
}

enum status reader_next(struct trace_reader *reader, const char **line,
			size_t *length)
{
	const char *start;
	enum status status;

	while (!whole_line(reader, length)) {
		status = fill(reader);
		if (status != STATUS_OK)
			return status;
	}
	start = reader->buffer + reader->at;
	*line = NULL;
	if (reader->at == reader->past)
		return STATUS_OK;
	reader->line++;
	if (*length > LIMIT_LINE)
		return say_input(reader->file, reader->line,
				 "a line of more than %u bytes", LIMIT_LINE);
	reader->at += *length;
	if (reader->at < reader->past)
		reader->at++; /* the newline */
	if (*length && start[*length - 1] == '\r')
		--*length;
	*line = start;
	return STATUS_OK;
}

enum status reader_peek(struct trace_reader *reader, size_t n,
			const uint8_t **data, size_t *size)
{
	enum status status;

	while (reader->past - reader->at < n && !reader->at_end) {
		status = fill(reader);
		if (status != STATUS_OK)
			return status;
	}
	*data = (const uint8_t *)reader->buffer + reader->at;
	*size = reader->past - reader->at;
	return STATUS_OK;
}

void reader_skip(struct trace_reader *reader, size_t n)
{
	reader->at += n;
}

uint64_t reader_line(const struct trace_reader *reader)
{
	return reader->line;
}

uint64_t reader_done(const struct trace_reader *reader)
{
	return (uint64_t)archive_filter_bytes(reader->archive, -1);
}

uint64_t reader_size(const struct trace_reader *reader)
{
	return reader->size;
}
