/* SPDX-License-Identifier: MIT */
/* What the driver counts, shared with the part that starts it. */
#ifndef BENCH_EXACT_LIST_H
#define BENCH_EXACT_LIST_H

#include <stddef.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

struct exact_table {
	size_t n;
	uint64_t stride;
	uint64_t size;
};

enum exact_kind {
	EXACT_NOTHING, /* the call of a function that returns: taken off */
	EXACT_SECTION,
	EXACT_LOOKUP,
	EXACT_HOLE,
	EXACT_DENIED,
	EXACT_BURST, /* of 32 */
	EXACT_MAP,
	EXACT_UNMAP,
	EXACT_PROTECT,
	EXACT_RESET,
};

struct exact_op {
	const char *name;
	enum exact_kind kind;
	struct exact_table table; /* n 0: none is needed */
	size_t count;             /* N */
	double per_call;          /* operations in one call */
	const char *what;
};

#define EXACT_BURST_LENGTH 32

extern const struct exact_op exact_ops[];
extern const size_t exact_op_count;

#define EXACT_LONGEST_DUMP 64

#endif
