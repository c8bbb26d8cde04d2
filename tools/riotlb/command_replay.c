/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"
#include "memory.h"
#include "options.h"
#include "ops.h"
#include "progress.h"
#include "replay.h"
#include "report.h"
#include "session.h"
#include "timing.h"

static const char help[] =
	"Usage: riotlb replay [OPTION]... TRACE...\n"
	"\n"
	"Replays each TRACE through an engine of its own and prints a table.\n"
	"A trace is plain text or compressed by xz, gzip or zstd; '-' is\n"
	"standard input.\n"
	"\n"
	"Options:\n"
	"  --format FORMAT  auto (the default), virtio-iommu or ftrace\n"
	"  --verify         compare every translation with the trace\n"
	"  --repeat N       time N replays instead of one; means are medians\n"
	"  --copies K       do each event K times, at K places of its address\n"
	"                   space that do not touch\n"
	"  --limit N        stop after N events of each trace\n"
	"  --json FILE      write the results to FILE as well\n"
	"  --help           show this\n"
	"\n"
	"Exit status: 0 all translations are equal, 1 one differs (the first\n"
	"ten are shown), 2 wrong usage, 3 a trace cannot be read; where "
	"several\n"
	"apply, 2 comes before 3 and 3 before 1.\n";

static void describe(struct result *result, const struct trace *trace,
		     const struct options *options)
{
	uint64_t copies = options->copies;

	*result = (struct result){
		.file = trace->file,
		.format = trace->format,
		.verified = options->verify,
		.lines = trace->lines,
		.skipped = trace->skipped,
		.events = trace_events(trace),
		.attaches = trace->attaches,
		.detaches = trace->detaches,
		.maps = trace->maps * copies,
		.unmaps = trace->unmaps * copies,
		.translations = (trace->accesses + trace->pages) * copies,
		.bypassed = trace->bypassed * copies,
	};
}

/* The pass that counts and compares. */
static enum status observe(struct op_stream *stream, struct memory *memory,
			   bool verify, struct replay_counts *counts)
{
	const char *file = stream->trace->file;
	struct session session;
	enum status status;
	int err;

	err = session_open(&session, stream->trace, &memory->bounded,
			   RIOTLB_RECLAIM_MANUAL);
	if (err)
		return replay_failed(file, 0, err, memory);
	status = replay_run(&session, stream, memory, verify, counts);
	session_close(&session);
	return status;
}

static void warn(const struct result *result)
{
	if (result->format == FORMAT_AUTO)
		say_warning(result->file, "holds no event of a known format");
	if (result->counts.refused && !result->verified)
		say_warning(result->file,
			    "%" PRIu64 " maps or unmaps were refused; "
			    "--verify shows them",
			    result->counts.refused);
}

static enum status replay_trace(const struct trace *trace,
				const struct options *options,
				struct result *result)
{
	struct op_stream stream;
	struct memory memory;
	enum status status;
	int err;

	describe(result, trace, options);
	status = ops_init(&stream, trace, options->copies);
	if (status != STATUS_OK)
		return status;
	err = memory_open(&memory);
	if (err)
		return replay_failed(trace->file, 0, err, &memory);
	status = observe(&stream, &memory, options->verify, &result->counts);
	if (status == STATUS_OK)
		status = timing_run(&stream, &memory, options->repeat,
				    result->timings);
	memory_close(&memory);
	if (status != STATUS_OK)
		return status;
	warn(result);
	if (options->verify && result->counts.mismatches)
		return STATUS_DIFFERS;
	return STATUS_OK;
}

/* Every trace is tried, also after one that cannot be read. */
static enum status replay_all(const struct options *options,
			      struct result *results, size_t *n)
{
	enum status worst = STATUS_OK;

	*n = 0;
	for (int i = 0; i < options->nfiles; i++) {
		struct trace trace;
		enum status status =
			trace_load(&trace, options->files[i], options->format,
				   options->limit);

		if (status == STATUS_OK) {
			status = replay_trace(&trace, options, &results[*n]);
			trace_free(&trace);
		}
		if (status == STATUS_OK || status == STATUS_DIFFERS)
			++*n;
		worst = status_worse(worst, status);
	}
	return worst;
}

static enum status replay(const struct options *options, struct json_file *json)
{
	struct result *results =
		calloc((size_t)options->nfiles, sizeof(*results));
	enum status status;
	size_t n;

	if (!results)
		return say_input(options->files[0], 0, "out of memory");
	status = replay_all(options, results, &n);
	report_table(results, n);
	if (status == STATUS_OK || status == STATUS_DIFFERS)
		status =
			status_worse(status, json_file_write(json, results, n));
	free(results);
	return status;
}

enum status command_replay(int argc, char **argv)
{
	struct json_file json;
	struct options options;
	enum status status = options_replay(&options, argc, argv);

	if (status != STATUS_OK)
		return status;
	if (options.help) {
		fputs(help, stdout);
		return STATUS_OK;
	}
	status = json_file_open(&json, options.json_file, options.files,
				options.nfiles);
	if (status == STATUS_OK)
		status = replay(&options, &json);
	json_file_close(&json);
	return status;
}
