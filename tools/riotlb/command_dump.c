/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "dump.h"
#include "load.h"
#include "memory.h"
#include "options.h"
#include "replay.h"

static const char help[] =
	"Usage: riotlb dump [OPTION]... TRACE\n"
	"\n"
	"Replays TRACE and shows what is mapped at its end, domain by domain.\n"
	"\n"
	"Options:\n"
	"  --format FORMAT  auto (the default), virtio-iommu or ftrace\n"
	"  --limit N        stop after N events\n"
	"  --shape          show the tables' shape instead of the mappings\n"
	"  --json           write JSON instead of text\n"
	"  --help           show this\n"
	"\n"
	"Exit status: 0 success, 2 wrong usage, 3 the trace cannot be read.\n";

static enum status show(const struct trace *trace,
			const struct session *session,
			const struct options *options)
{
	struct dump dump = {
		.trace = trace,
		.session = session,
		.shape = options->shape,
	};

	if (options->json ? dump_json(&dump) : dump_text(&dump))
		return STATUS_OK;
	return say_input(trace->file, 0, "out of memory");
}

static enum status replay_and_show(const struct trace *trace,
				   const struct options *options,
				   struct memory *memory)
{
	struct replay_counts counts;
	struct op_stream stream;
	struct session session;
	enum status status = ops_init(&stream, trace, 1);
	int err;

	if (status != STATUS_OK)
		return status;
	err = session_open(&session, trace, &memory->bounded,
			   RIOTLB_RECLAIM_MANUAL);
	if (err)
		return replay_failed(trace->file, 0, err, memory);
	status = replay_run(&session, &stream, memory, false, &counts);
	if (status == STATUS_OK && counts.refused)
		say_warning(trace->file,
			    "%" PRIu64 " maps or unmaps were refused",
			    counts.refused);
	if (status == STATUS_OK)
		status = show(trace, &session, options);
	session_close(&session);
	return status;
}

static enum status dump_trace(const struct trace *trace,
			      const struct options *options)
{
	struct memory memory;
	enum status status;
	int err = memory_open(&memory);

	if (err)
		return replay_failed(trace->file, 0, err, &memory);
	status = replay_and_show(trace, options, &memory);
	memory_close(&memory);
	return status;
}

enum status command_dump(int argc, char **argv)
{
	struct options options;
	struct trace trace;
	enum status status = options_dump(&options, argc, argv);

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
	status = dump_trace(&trace, &options);
	trace_free(&trace);
	return status;
}
