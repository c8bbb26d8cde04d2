/* SPDX-License-Identifier: MIT */
/*
 * A trace as a stream of calls to an engine: each event once per copy, copies
 * apart from each other, and for an ftrace the lookups that it does not record.
 */
#ifndef RIOTLB_CLI_OPS_H
#define RIOTLB_CLI_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

#include "events.h"
#include "say.h"

enum op_kind {
	OP_TRANSLATE,
	OP_MAP,
	OP_UNMAP,
	OP_TIMED, /* the number of kinds that are timed */
	OP_BIND = OP_TIMED,
};

struct op {
	enum op_kind kind;
	/* maps and unmaps: asid; else the group, which is the endpoint */
	uint32_t place;
	/* start, last, addr, perm; OP_TRANSLATE: the page or byte wanted */
	struct riotlb_mapping what;
	bool answered; /* OP_TRANSLATE: what.addr is right, else a miss is */
	uint64_t copy;
	const struct event *event;
};

struct op_stream {
	const struct trace *trace;
	uint64_t copies;
	uint64_t iova_step; /* from copy to copy */
	uint64_t addr_step;
	/* next: */
	size_t event;
	uint64_t copy;
	uint64_t page;
	bool looks_up; /* an ftrace: on the lookups of a map */
};

/* Fails where that many copies of the trace do not fit into 2^64. */
enum status ops_init(struct op_stream *stream, const struct trace *trace,
		     uint64_t copies);
void ops_rewind(struct op_stream *stream);

/* false: there is no more. */
bool ops_next(struct op_stream *stream, struct op *op);

#endif
