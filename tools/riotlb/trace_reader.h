/* SPDX-License-Identifier: MIT */
/*
 * The lines of a file, plain or compressed by xz, gzip or zstd. Says itself
 * what is wrong with the file.
 */
#ifndef RIOTLB_CLI_TRACE_READER_H
#define RIOTLB_CLI_TRACE_READER_H

#include <stddef.h>
#include <stdint.h>

#include "say.h"

struct trace_reader;

/* `file` must live as long as the reader; "-" is standard input. */
enum status reader_open(const char *file, struct trace_reader **out);
void reader_close(struct trace_reader *reader);

/*
 * The next line, without its newline or carriage return and newline; *line is
 * NULL after the last. It stays valid until the next call.
 */
enum status reader_next(struct trace_reader *reader, const char **line,
			size_t *length);

/*
 * The bytes that come next, at least `n` of them unless there are fewer: at
 * most a longest line's. They stay valid until the next call. Then some of them
 * are passed. Not to be mixed with lines but before the first.
 */
enum status reader_peek(struct trace_reader *reader, size_t n,
			const uint8_t **data, size_t *size);
void reader_skip(struct trace_reader *reader, size_t n);

/* The number of the line that reader_next returned last, from 1. */
uint64_t reader_line(const struct trace_reader *reader);

/* How much of the file has been read, and all of it (0: not known). */
uint64_t reader_done(const struct trace_reader *reader);
uint64_t reader_size(const struct trace_reader *reader);

#endif
