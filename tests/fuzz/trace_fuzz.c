/* SPDX-License-Identifier: MIT */
/*
 * A file as `riotlb replay --verify` and `riotlb dump` take it: unpacked, split
 * into lines, its format found out, replayed, shown. The first byte is for the
 * options. After the replay the engine's structure is checked.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "check.h"
#include "dump.h"
#include "load.h"
#include "memory.h"
#include "replay.h"
#include "trace_check.h"
#include "verify.h"

enum {
	OPTION_FORMAT = 0x03,
	OPTION_LIMIT = 0x04,
	OPTION_JSON = 0x08,
	OPTION_SHAPE = 0x10,
	OPTION_COPIES = 0x20,
};

static void show(const struct trace *trace, const struct session *session,
		 uint8_t options)
{
	struct dump dump = {
		.trace = trace,
		.session = session,
		.shape = options & OPTION_SHAPE,
	};

	check(options & OPTION_JSON ? dump_json(&dump) : dump_text(&dump));
}

static void check_counts(const struct trace *trace,
			 const struct replay_counts *counts, uint64_t copies)
{
	uint64_t asked = copies * (trace->pages + trace->answered);

	check_eq(counts->checked, asked);
	check(counts->missed <= copies * trace_misses(trace));
	check(counts->refused <= counts->mismatches);
	check(counts->refused <= copies * (trace->maps + trace->unmaps));
}

static void replay(const struct trace *trace, struct memory *memory,
		   uint8_t options)
{
	uint64_t copies = options & OPTION_COPIES ? 3 : 1;
	struct replay_counts counts;
	struct op_stream stream;
	struct session session;
	enum status status;

	if (ops_init(&stream, trace, copies) != STATUS_OK)
		return;
	check_eq(session_open(&session, trace, &memory->bounded,
			      RIOTLB_RECLAIM_MANUAL),
		 0);
	status = replay_run(&session, &stream, memory, true, &counts);
	check(status == STATUS_OK || memory->over_limit);
	verify_engine(session.engine);
	if (status == STATUS_OK) {
		check_counts(trace, &counts, copies);
		show(trace, &session, options);
	}
	session_close(&session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };
	uint8_t options = bytes_u8(&b);
	uint64_t limit = options & OPTION_LIMIT ? bytes_u8(&b) : 0;
	struct memory memory;
	struct trace trace;

	if (trace_load(&trace, fuzz_file(b.at, b.left),
		       (enum format)((options & OPTION_FORMAT) % 3),
		       limit) != STATUS_OK)
		return 0;
	trace_check(&trace);
	check(!limit || trace_events(&trace) <= limit);
	check_eq(memory_open(&memory), 0);
	replay(&trace, &memory, options);
	check_eq(memory.used, 0);
	memory_close(&memory);
	trace_free(&trace);
	return 0;
}
