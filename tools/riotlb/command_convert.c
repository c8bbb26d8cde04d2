/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "binary.h"
#include "load.h"
#include "options.h"
#include "output.h"

#define CHUNK ((size_t)64 << 10)

static const char help[] =
	"Usage: riotlb convert [OPTION]... IN OUT\n"
	"\n"
	"Reads the trace IN, of any form, and writes it to OUT in a compact "
	"one\n"
	"that all commands read. A name that ends in .xz, .gz or .zst says "
	"how\n"
	"OUT is compressed; '-' is standard input or output.\n"
	"\n"
	"Options:\n"
	"  --format FORMAT  auto (the default), virtio-iommu or ftrace\n"
	"  --limit N        stop after N events\n"
	"  --help           show this\n"
	"\n"
	"Exit status: 0 success, 2 wrong usage or OUT cannot be written, 3 IN\n"
	"cannot be read.\n";

struct writer {
	struct output *output;
	struct binary_state state;
	uint32_t crc;
	size_t filled;
	uint8_t buffer[CHUNK + BINARY_RECORD];
};

static enum status flush(struct writer *w)
{
	enum status status = output_write(w->output, w->buffer, w->filled);

	w->filled = 0;
	return status;
}

/* `size` bytes were put behind the others. */
static enum status took(struct writer *w, size_t size)
{
	w->crc = binary_crc(w->crc, w->buffer + w->filled, size);
	w->filled += size;
	return w->filled < CHUNK ? STATUS_OK : flush(w);
}

static uint8_t *room(struct writer *w)
{
	return w->buffer + w->filled;
}

static enum status write_trace(struct writer *w, const struct trace *trace)
{
	enum status status = took(w, binary_put_header(trace->format, room(w)));
	uint32_t crc;

	for (size_t i = 0; i < trace->n && status == STATUS_OK; i++)
		status = took(w, binary_put(&w->state, trace, &trace->events[i],
					    room(w)));
	if (status == STATUS_OK)
		status = took(w, binary_put_end(trace, room(w)));
	if (status != STATUS_OK)
		return status;
	crc = w->crc;
	for (int i = 0; i < 4; i++)
		w->buffer[w->filled++] = (uint8_t)(crc >> 8 * i);
	return flush(w);
}

static enum status write_file(const struct trace *trace, const char *file)
{
	struct writer *w = calloc(1, sizeof(*w));
	enum status status;

	if (!w)
		return say_usage("%s: out of memory", file);
	status = output_open(file, &w->output);
	if (status == STATUS_OK)
		status = output_close(w->output, write_trace(w, trace));
	free(w);
	return status;
}

enum status command_convert(int argc, char **argv)
{
	struct options options;
	struct trace trace;
	enum status status = options_convert(&options, argc, argv);

	if (status != STATUS_OK)
		return status;
	if (options.help) {
		fputs(help, stdout);
		return STATUS_OK;
	}
	status = trace_load(&trace, options.files[0], options.format,
			    options.limit);
	if (status != STATUS_OK)
		return status;
	/* it is all in memory by now, so OUT may be IN */
	status = write_file(&trace, options.files[1]);
	trace_free(&trace);
	return status;
}
