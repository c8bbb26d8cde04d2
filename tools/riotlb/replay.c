/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "difference.h"
#include "limits.h"
#include "progress.h"

/* Lookups of one read-side section. */
#define SECTION 32u

/* Updates and bindings after which retired memory is freed. */
#define RECLAIM_EVERY 4096u

/* Operations between two looks at the clock for the progress bar. */
#define PROGRESS_EVERY 4096u

/* What is known of one AS. */
struct space {
	uint64_t mappings;
	uint64_t bytes;
	bool stale; /* bytes may have shrunk since; listed in `stale` */
};

struct replay {
	struct session *session;
	const struct trace *trace;
	const struct memory *memory;
	bool verify;
	struct replay_counts *counts;

	struct space *spaces;
	uint32_t *stale;
	uint32_t nstale;
	uint64_t mappings; /* of all AS */
	uint64_t bytes;
	uint64_t allocations; /* when the bytes were last looked at */

	unsigned int section; /* lookups in the open section; 0: none is open */
	uint64_t changes;     /* updates and bindings */
};

/* ---- peaks ------------------------------------------------------------- */

static void look_at(struct replay *replay, uint32_t asid)
{
	struct space *space = &replay->spaces[asid];
	struct riotlb_stats stats;

	riotlb_get_stats(replay->session->engine, asid, &stats);
	replay->mappings += stats.mappings - space->mappings;
	replay->bytes += stats.table_bytes - space->bytes;
	space->mappings = stats.mappings;
	space->bytes = stats.table_bytes;
}

static void mark_stale(struct replay *replay, uint32_t asid)
{
	if (replay->spaces[asid].stale)
		return;
	replay->spaces[asid].stale = true;
	replay->stale[replay->nstale++] = asid;
}

static void look_at_stale(struct replay *replay)
{
	while (replay->nstale) {
		uint32_t asid = replay->stale[--replay->nstale];

		replay->spaces[asid].stale = false;
		look_at(replay, asid);
	}
}

/*
 * Tables grow only where something is allocated, so that is where their bytes
 * are read; the number of mappings follows from the reports, but for a mapping
 * that was cut, of which one or two pieces may be left.
 */
static void note_update(struct replay *replay, const struct op *op,
			const struct riotlb_report *report)
{
	struct space *space = &replay->spaces[op->place];

	if (op->kind == OP_MAP) {
		space->mappings++;
		replay->mappings++;
	} else {
		space->mappings -= report->removed;
		replay->mappings -= report->removed;
	}
	mark_stale(replay, op->place);
	if (replay->memory->allocations != replay->allocations || report->cut) {
		replay->allocations = replay->memory->allocations;
		look_at_stale(replay);
	}
	if (replay->mappings > replay->counts->peak_mappings)
		replay->counts->peak_mappings = replay->mappings;
	if (replay->bytes > replay->counts->peak_bytes)
		replay->counts->peak_bytes = replay->bytes;
}

/* ---- operations -------------------------------------------------------- */

static void leave_section(struct replay *replay)
{
	if (replay->section)
		riotlb_read_exit(replay->session->engine);
	replay->section = 0;
}

static void differs(struct replay *replay, const struct op *op, int err,
		    uint64_t addr)
{
	replay->counts->mismatches++;
	if (replay->counts->mismatches > REPLAY_SHOWN)
		return;
	progress_clear();
	difference_show(replay->trace, replay->session, op, err, addr);
}

static void translate(struct replay *replay, const struct op *op)
{
	uint64_t addr = 0;
	int err;

	if (!replay->section)
		riotlb_read_enter(replay->session->engine);
	err = session_translate(replay->session, op, &addr);
	if (++replay->section == SECTION)
		leave_section(replay);
	if (op->answered) {
		replay->counts->checked++;
		if (err || addr != op->what.addr)
			differs(replay, op, err, addr);
	} else if (err) {
		replay->counts->missed++;
	} else {
		differs(replay, op, err, addr);
	}
}

static int update(struct replay *replay, const struct op *op)
{
	struct riotlb_report report;
	int err = session_update(replay->session, op, &report);

	if (!err) {
		note_update(replay, op, &report);
	} else if (err == -ENOMEM) {
		return err;
	} else {
		replay->counts->refused++;
		if (replay->verify)
			differs(replay, op, err, 0);
	}
	return 0;
}

static void bind(struct replay *replay, const struct event *event)
{
	uint32_t reset = session_bind(replay->session, event);

	if (reset < replay->session->nas)
		look_at(replay, reset);
}

static int play(struct replay *replay, const struct op *op)
{
	int err = 0;

	if (op->kind == OP_TRANSLATE) {
		if (replay->verify)
			translate(replay, op);
		return 0;
	}
	leave_section(replay);
	if (op->kind == OP_BIND)
		bind(replay, op->event);
	else
		err = update(replay, op);
	/* a reset retires a whole table */
	if (++replay->changes % RECLAIM_EVERY == 0)
		riotlb_reclaim(replay->session->engine);
	return err;
}

/* ---- the run ----------------------------------------------------------- */

enum status replay_failed(const char *file, uint64_t line, int err,
			  const struct memory *memory)
{
	if (err == -ENOMEM && memory->over_limit)
		return say_input(file, line,
				 "the tables need more than %llu bytes",
				 (unsigned long long)LIMIT_TABLE);
	return say_input(file, line, "%s", strerror(-err));
}

static enum status play_all(struct replay *replay, struct op_stream *stream)
{
	uint64_t done = 0;
	struct op op;
	int err;

	while (ops_next(stream, &op)) {
		err = play(replay, &op);
		if (err)
			return replay_failed(replay->trace->file,
					     op.event->line, err,
					     replay->memory);
		if (++done % PROGRESS_EVERY == 0)
			progress_at(stream->event);
	}
	leave_section(replay);
	return STATUS_OK;
}

enum status replay_run(struct session *session, struct op_stream *stream,
		       const struct memory *memory, bool verify,
		       struct replay_counts *counts)
{
	struct replay replay = {
		.session = session,
		.trace = stream->trace,
		.memory = memory,
		.verify = verify,
		.counts = counts,
	};
	enum status status;

	*counts = (struct replay_counts){ 0 };
	replay.spaces = calloc(session->nas + 1, sizeof(*replay.spaces));
	replay.stale = calloc(session->nas + 1, sizeof(*replay.stale));
	if (replay.spaces && replay.stale) {
		progress_begin(verify ? "verifying" : "replaying",
			       stream->trace->file, stream->trace->n);
		status = play_all(&replay, stream);
		progress_end();
	} else {
		status = replay_failed(stream->trace->file, 0, -ENOMEM, memory);
	}
	free(replay.spaces);
	free(replay.stale);
	return status;
}
