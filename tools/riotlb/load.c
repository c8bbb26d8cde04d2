/* SPDX-License-Identifier: MIT */
#include "load.h"

#include "binary_read.h"
#include "parse.h"
#include "progress.h"
#include "trace_reader.h"

static const struct parser *const parsers[] = {
	&parse_virtio_iommu,
	&parse_ftrace,
};

#define NPARSERS (sizeof(parsers) / sizeof(parsers[0]))

/* The parser that knows the line, among those of the trace's format. */
static const struct parser *find_parser(const struct trace *trace,
					const char *line, size_t length,
					struct known *known)
{
	for (size_t i = 0; i < NPARSERS; i++) {
		if (trace->format != FORMAT_AUTO &&
		    trace->format != parsers[i]->format)
			continue;
		if (parsers[i]->recognize(line, length, known))
			return parsers[i];
	}
	return NULL;
}

/* Past the limit only the answer to the last access still belongs to it. */
static enum status take_line(struct trace *trace, const char *line,
			     size_t length, uint64_t number, bool past_limit,
			     bool *done)
{
	char why[PARSE_WHY];
	struct known known;
	const struct parser *parser = find_parser(trace, line, length, &known);

	*done = past_limit;
	if (past_limit && !(parser && parser->answers_last(trace, &known)))
		return STATUS_OK;
	trace->lines++;
	if (!parser) {
		trace->skipped++;
		return STATUS_OK;
	}
	trace->format = parser->format;
	if (!parser->add(trace, &known, (uint32_t)number, why))
		return say_input(trace->file, number, "%s", why);
	return STATUS_OK;
}

static enum status read_lines(struct trace *trace, struct trace_reader *reader,
			      uint64_t limit)
{
	enum status status = STATUS_OK;
	bool done = false;

	while (status == STATUS_OK && !done) {
		bool past = limit && trace_events(trace) >= limit;
		const char *line;
		size_t length;

		if (past && !trace_ends_in_access(trace))
			break;
		status = reader_next(reader, &line, &length);
		if (status != STATUS_OK || !line)
			break;
		status = take_line(trace, line, length, reader_line(reader),
				   past, &done);
		if (trace->lines % 1024 == 0)
			progress_at(reader_done(reader));
	}
	return status;
}

enum status trace_load(struct trace *trace, const char *file,
		       enum format format, uint64_t limit)
{
	struct trace_reader *reader;
	enum status status;
	bool is_binary;

	trace_init(trace, file, format);
	status = reader_open(file, &reader);
	if (status != STATUS_OK)
		return status;
	progress_begin("reading", file, reader_size(reader));
	status = binary_is_next(reader, &is_binary);
	if (status == STATUS_OK)
		status = is_binary ? binary_load(trace, reader, limit)
				   : read_lines(trace, reader, limit);
	progress_end();
	reader_close(reader);
	if (status != STATUS_OK)
		trace_free(trace);
	return status;
}
