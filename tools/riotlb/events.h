/* SPDX-License-Identifier: MIT */
/* A trace in memory: what a file said, in 32 bytes per event. */
#ifndef RIOTLB_CLI_EVENTS_H
#define RIOTLB_CLI_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ids.h"

enum format {
	FORMAT_AUTO, /* as a result: the file holds no event of any format */
	FORMAT_VIRTIO_IOMMU,
	FORMAT_FTRACE,
};

const char *format_name(enum format format);

enum event_kind {
	EVENT_NONE,     /* an access that moved to the place of its answer */
	EVENT_ATTACH,   /* start: number of the domain */
	EVENT_DETACH,   /* the same */
	EVENT_MAP,      /* start, last, addr, perm */
	EVENT_UNMAP,    /* start, last; last < start: nothing went */
	EVENT_ACCESS,   /* start, perm; the trace has no answer */
	EVENT_ANSWERED, /* start, perm; addr is the answer */
};

struct event {
	uint64_t start;
	uint64_t last;
	uint64_t addr;
	uint32_t line;
	/* maps and unmaps: number of the domain; the rest: of the endpoint */
	uint16_t place;
	uint8_t kind;
	uint8_t perm; /* of an access: 0 asks for none in particular */
};

struct trace {
	const char *file;
	enum format format;

	struct event *events;
	size_t n;
	size_t room;
	struct ids domains;
	struct ids endpoints;

	uint64_t attaches;
	uint64_t detaches;
	uint64_t maps;
	uint64_t unmaps;
	uint64_t accesses; /* answered or not, those in the window too */
	uint64_t answered;
	uint64_t bypassed;
	uint64_t pages; /* ftrace: lookups to be made, one per mapped page */
	uint64_t lines;
	uint64_t skipped;

	uint64_t top_iova; /* the highest that an event names */
	uint64_t top_addr; /* the highest that a map names */
};

/* Pages of the lookups that an ftrace is replayed with. */
#define TRACE_PAGE 4096u

void trace_init(struct trace *trace, const char *file, enum format format);
void trace_free(struct trace *trace);

/* Events that a reader of the trace would count. */
uint64_t trace_events(const struct trace *trace);

/* Accesses without an answer outside of the window that bypasses. */
uint64_t trace_misses(const struct trace *trace);

/* The window of x86 interrupt messages: no access in it is translated. */
bool trace_bypasses(const struct event *event);

/*
 * Adding. Domains and endpoints are ids as in the file; event->place, and for
 * attach and detach event->start, are filled in here. All return NULL or what
 * is wrong.
 */
const char *trace_bind(struct trace *trace, struct event event,
		       uint32_t endpoint, uint32_t domain);
const char *trace_update(struct trace *trace, struct event event,
			 uint32_t domain);
const char *trace_access(struct trace *trace, struct event event,
			 uint32_t endpoint);

/* An access whose answer comes later, and takes its place there. */
const char *trace_moved_access(struct trace *trace, struct event event,
			       uint32_t endpoint);
/* Are there too many lookups with this map of an ftrace, before it is added? */
const char *trace_check_pages(const struct trace *trace,
			      const struct event *map);

/*
 * The answer to an access: one of the last ANSWER_REACH events, of the same
 * endpoint and iova. An answer to none of them is an access by itself, whose
 * permission is not known.
 */
#define ANSWER_REACH 64u
const char *trace_answer(struct trace *trace, struct event event,
			 uint32_t endpoint);

/* The last event is an access whose answer may still come; and from here. */
bool trace_ends_in_access(const struct trace *trace);
bool trace_awaits_answer(const struct trace *trace, uint32_t endpoint,
			 uint64_t iova);

#endif
