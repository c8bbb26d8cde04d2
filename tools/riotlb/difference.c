/* SPDX-License-Identifier: MIT */
#include "difference.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *perm_name(uint32_t perm)
{
	static const char *const names[] = { "access", "read", "write",
					     "read and write" };

	return names[perm & 3];
}

static void show_range(const struct op *op)
{
	if (op->kind == OP_TRANSLATE)
		printf("%s of 0x%" PRIx64, perm_name(op->what.perm),
		       op->what.start);
	else
		printf("%s of 0x%" PRIx64 "-0x%" PRIx64,
		       op->kind == OP_MAP ? "map" : "unmap", op->what.start,
		       op->what.last);
}

static void show_place(const struct trace *trace, const struct session *session,
		       const struct op *op)
{
	uint32_t asid = op->place;

	if (trace->format == FORMAT_FTRACE)
		return;
	if (op->kind == OP_TRANSLATE) {
		printf(" by endpoint %" PRIu32, trace->endpoints.of[op->place]);
		asid = session->bound[op->place];
	}
	if (asid == session->nas)
		printf(" in no domain");
	else
		printf(" in domain %" PRIu32, trace->domains.of[asid]);
}

static void show_verdict(const struct op *op, int err, uint64_t addr)
{
	if (op->kind != OP_TRANSLATE) {
		printf("the engine refuses: %s\n", strerror(-err));
		return;
	}
	if (op->answered)
		printf("the trace says 0x%" PRIx64 ", ", op->what.addr);
	else
		printf("the trace has no answer, ");
	if (!err)
		printf("the engine 0x%" PRIx64 "\n", addr);
	else if (err == -EFAULT)
		printf("the engine finds no mapping\n");
	else if (err == -EPERM)
		printf("the engine denies it\n");
	else
		printf("the engine fails: %s\n", strerror(-err));
}

void difference_show(const struct trace *trace, const struct session *session,
		     const struct op *op, int err, uint64_t addr)
{
	printf("%s:%" PRIu32 ": ", trace->file, op->event->line);
	show_range(op);
	show_place(trace, session, op);
	if (op->copy)
		printf(", copy %" PRIu64, op->copy);
	printf(": ");
	show_verdict(op, err, addr);
}
