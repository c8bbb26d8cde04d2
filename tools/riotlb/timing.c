/* SPDX-License-Identifier: MIT */
#include "timing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "progress.h"
#include "replay.h"
#include "session.h"

/* Lookups of one read-side section. */
#define SECTION 32u

/* Operations between two looks at the clock for the progress bar. */
#define PROGRESS_EVERY 4096u

/* What is being added up for one kind of operation. */
struct meter {
	uint64_t n;
	uint64_t ns;
	unsigned int in_batch; /* operations of the batch that is not full */
	uint64_t batch_ns;
};

struct timed_run {
	struct session session;
	uint64_t clock_cost; /* ns between two readings with nothing between */
	struct meter meters[OP_TIMED];
	struct timing *timings;
	/* Operations of one kind, next to each other in the stream. */
	struct op ops[TIMING_BATCH];
	unsigned int nops;
	int failure; /* -ENOMEM or 0 */
};

/* The least of many: what is left of the reading itself after subtraction. */
static uint64_t measure_clock(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 1000; i++) {
		uint64_t start = clock_ns();
		uint64_t ns = clock_ns() - start;

		if (ns < least)
			least = ns;
	}
	return least;
}

/* ---- what is timed ----------------------------------------------------- */

/* Answers are compared elsewhere; here they are only asked for. */
static void translate_all(struct timed_run *run)
{
	const struct riotlb *engine = run->session.engine;
	uint64_t addr;

	for (unsigned int i = 0; i < run->nops; i++) {
		if (i % SECTION == 0)
			riotlb_read_enter(engine);
		(void)session_translate(&run->session, &run->ops[i], &addr);
		if (i % SECTION == SECTION - 1 || i == run->nops - 1)
			riotlb_read_exit(engine);
	}
}

static void update_all(struct timed_run *run)
{
	for (unsigned int i = 0; i < run->nops; i++) {
		int err = session_update(&run->session, &run->ops[i], NULL);

		if (err == -ENOMEM)
			run->failure = err;
	}
}

/* ---- taking the time --------------------------------------------------- */

static void record(struct timed_run *run, enum op_kind kind, uint64_t ns)
{
	struct meter *meter = &run->meters[kind];

	ns = ns > run->clock_cost ? ns - run->clock_cost : 0;
	meter->n += run->nops;
	meter->ns += ns;
	meter->in_batch += run->nops;
	meter->batch_ns += ns;
	if (meter->in_batch < TIMING_BATCH)
		return;
	spread_add(&run->timings[kind].batches, meter->batch_ns);
	meter->in_batch = 0;
	meter->batch_ns = 0;
}

static void flush(struct timed_run *run)
{
	uint64_t start;

	if (!run->nops)
		return;
	start = clock_ns();
	if (run->ops[0].kind == OP_TRANSLATE)
		translate_all(run);
	else
		update_all(run);
	record(run, run->ops[0].kind, clock_ns() - start);
	run->nops = 0;
}

/* A run of one kind ends with the next kind, or where its batch is full. */
static void take(struct timed_run *run, const struct op *op)
{
	if (run->nops && run->ops[0].kind != op->kind)
		flush(run);
	if (op->kind == OP_BIND) {
		session_bind(&run->session, op->event);
		return;
	}
	run->ops[run->nops++] = *op;
	if (run->nops + run->meters[op->kind].in_batch == TIMING_BATCH)
		flush(run);
}

static enum status play_once(struct timed_run *run, struct op_stream *stream,
			     const struct memory *memory, uint64_t before)
{
	const char *file = stream->trace->file;
	uint64_t done = 0;
	struct op op;
	int err;

	err = session_open(&run->session, stream->trace, &memory->base,
			   RIOTLB_RECLAIM_THREAD);
	if (err)
		return replay_failed(file, 0, err, memory);
	memset(run->meters, 0, sizeof(run->meters));
	ops_rewind(stream);
	while (!run->failure && ops_next(stream, &op)) {
		take(run, &op);
		if (++done % PROGRESS_EVERY == 0)
			progress_at(before + stream->event);
	}
	flush(run);
	session_close(&run->session);
	if (run->failure)
		return replay_failed(file, 0, run->failure, memory);
	return STATUS_OK;
}

/* ---- several runs ------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median(double *values, uint64_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static enum status play_repeatedly(struct timed_run *run,
				   struct op_stream *stream,
				   const struct memory *memory, uint64_t repeat,
				   double *means)
{
	enum status status = STATUS_OK;

	for (uint64_t i = 0; i < repeat && status == STATUS_OK; i++) {
		status = play_once(run, stream, memory, i * stream->trace->n);
		for (int kind = 0; kind < OP_TIMED; kind++) {
			const struct meter *meter = &run->meters[kind];

			run->timings[kind].n = meter->n;
			means[(uint64_t)kind * repeat + i] =
				meter->n ? (double)meter->ns / (double)meter->n
					 : 0;
		}
	}
	for (int kind = 0; kind < OP_TIMED; kind++)
		run->timings[kind].mean =
			median(&means[(uint64_t)kind * repeat], repeat);
	return status;
}

enum status timing_run(struct op_stream *stream, const struct memory *memory,
		       uint64_t repeat, struct timing timings[OP_TIMED])
{
	double *means = calloc(repeat * OP_TIMED, sizeof(*means));
	struct timed_run *run = calloc(1, sizeof(*run));
	enum status status;

	memset(timings, 0, OP_TIMED * sizeof(*timings));
	if (means && run) {
		run->timings = timings;
		run->clock_cost = measure_clock();
		progress_begin("timing", stream->trace->file,
			       stream->trace->n * repeat);
		status = play_repeatedly(run, stream, memory, repeat, means);
		progress_end();
	} else {
		status = replay_failed(stream->trace->file, 0, -ENOMEM, memory);
	}
	free(means);
	free(run);
	return status;
}
