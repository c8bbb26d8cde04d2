/* SPDX-License-Identifier: MIT */
#include "cache_run.h"

#include <errno.h>
#include <string.h>

#include "ops.h"
#include "progress.h"
#include "replay.h"
#include "session.h"

#define PROGRESS_EVERY 4096u

static enum status failed(const char *what, int err)
{
	return say_input(what, 0, "%s", strerror(-err));
}

/* ---- traces ------------------------------------------------------------ */

static int access(struct session *session, struct cache_device *device,
		  const struct op *op, uint64_t page)
{
	uint32_t asid = session->bound[op->place];
	uint32_t want = op->what.perm ? op->what.perm : RIOTLB_READ;

	if (asid == session->nas && session->nas)
		return 0; /* attached nowhere */
	return cache_device_look(device, session->engine, asid, op->what.start,
				 want, page);
}

/* Maps are not told to a device: it asks. */
static int play(struct session *session, struct cache_device *device,
		const struct op *op, uint64_t page)
{
	struct riotlb_report report;
	uint32_t reset;
	int err = 0;

	switch (op->kind) {
	case OP_TRANSLATE:
		return access(session, device, op, page);
	case OP_MAP:
		err = session_update(session, op, &report);
		return err == -ENOMEM ? err : 0;
	case OP_UNMAP:
		err = session_update(session, op, &report);
		if (!err)
			cache_device_invalidate(device, op->place,
						op->what.start, op->what.last);
		return err == -ENOMEM ? err : 0;
	case OP_BIND:
		reset = session_bind(session, op->event);
		if (reset < session->nas)
			cache_device_invalidate(device, reset, 0, UINT64_MAX);
		return 0;
	}
	return 0;
}

static int play_all(struct session *session, struct cache_device *device,
		    struct op_stream *stream, uint64_t page)
{
	uint64_t done = 0;
	struct op op;
	int err = 0;

	while (!err && ops_next(stream, &op)) {
		err = play(session, device, &op, page);
		if (++done % PROGRESS_EVERY)
			continue;
		progress_at(stream->event);
		riotlb_reclaim(session->engine);
	}
	return err;
}

enum status cache_run_trace(const struct trace *trace, uint32_t entries,
			    enum riotlb_cache_policy policy, uint64_t page,
			    struct cache_result *result)
{
	struct cache_device device = { 0 };
	struct session session = { 0 };
	struct op_stream stream;
	struct memory memory;
	enum status status = ops_init(&stream, trace, 1);
	int err = memory_open(&memory);

	if (err)
		return failed(trace->file, err);
	err = session_open(&session, trace, &memory.base,
			   RIOTLB_RECLAIM_MANUAL);
	if (!err)
		err = cache_device_open(&device, session.nas + 1, entries,
					policy);
	if (!err) {
		progress_begin("caching", trace->file, trace->n);
		err = play_all(&session, &device, &stream, page);
		progress_end();
		*result = (struct cache_result){ device.lookups, device.hits };
	}
	cache_device_close(&device);
	session_close(&session);
	memory_close(&memory);
	return err ? failed(trace->file, err) : status;
}

/* ---- patterns ---------------------------------------------------------- */

enum {
	PATTERN_LOOKUPS = 1000000,
	PATTERN_PAGES = 4096,
	LOOP_PAGES = 320,
	HOT_PAGES = 32,
};

static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t uniform(uint64_t *random, uint64_t i)
{
	(void)i;
	return next_random(random) % PATTERN_PAGES;
}

/*
 * Zipf's law: the chance of page k is as 1 / (k + 1). A level by the number of
 * its bits, and in it a page, is as likely as the law has it, within a level
 * evenly.
 */
static uint64_t zipf(uint64_t *random, uint64_t i)
{
	unsigned int level = (unsigned int)(next_random(random) % 12);
	uint64_t first = (UINT64_C(1) << level) - 1;

	(void)i;
	return first + (next_random(random) & first);
}

static uint64_t loop(uint64_t *random, uint64_t i)
{
	(void)random;
	return i % LOOP_PAGES;
}

/* Rings that are used again and again, and buffers that are used once. */
static uint64_t stream(uint64_t *random, uint64_t i)
{
	if (next_random(random) % 4)
		return next_random(random) % HOT_PAGES;
	return HOT_PAGES + i;
}

const struct cache_pattern cache_patterns[CACHE_PATTERNS] = {
	{ "uniform", "4096 pages, each as likely as any", uniform },
	{ "zipf", "4095 pages by Zipf's law", zipf },
	{ "loop", "320 pages in turn, again and again", loop },
	{ "stream", "3 of 4 to 32 pages, the others never seen before",
	  stream },
};

enum status cache_run_pattern(const struct cache_pattern *pattern,
			      uint32_t entries, enum riotlb_cache_policy policy,
			      struct cache_result *result)
{
	struct cache_device device;
	uint64_t random = 1;
	int err = cache_device_open(&device, 1, entries, policy);

	if (err)
		return failed(pattern->name, err);
	riotlb_thread_register(device.engine);
	for (uint64_t i = 0; i < PATTERN_LOOKUPS && !err; i++) {
		uint64_t page = pattern->page(&random, i);

		err = cache_device_look(&device, NULL, 0, page * TRACE_PAGE,
					RIOTLB_READ, TRACE_PAGE);
	}
	*result = (struct cache_result){ device.lookups, device.hits };
	riotlb_thread_unregister(device.engine);
	cache_device_close(&device);
	return err ? failed(pattern->name, err) : STATUS_OK;
}
