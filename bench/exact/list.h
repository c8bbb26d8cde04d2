/* SPDX-License-Identifier: MIT */
/* What the driver counts, shared with those who start it. */
#ifndef BENCH_EXACT_LIST_H
#define BENCH_EXACT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* n mappings of `size` bytes, one every `stride` bytes. */
struct exact_table {
	size_t n;
	uint64_t stride;
	uint64_t size;
};

enum exact_kind {
	EXACT_NOTHING, /* the call of a function that returns: taken off */
	EXACT_SECTION,
	EXACT_LEASE,
	EXACT_STAMP,
	EXACT_POLL,
	EXACT_BIND,
	EXACT_LOOKUP,
	EXACT_HOLE,
	EXACT_DENIED,
	EXACT_GROUP,
	EXACT_GROUP_HOLE,
	EXACT_GROUP_DENIED,
	EXACT_INLINE,
	EXACT_VECTOR, /* of 4 mappings */
	EXACT_LIST,   /* of 32 */
	EXACT_BURST,  /* of 32 */
	EXACT_MAP,
	EXACT_REPLACE,
	EXACT_REPLACE_CUT,
	EXACT_UNMAP,
	EXACT_UNMAP_WHOLE,
	EXACT_UNMAP_CUT,
	EXACT_PROTECT,
	EXACT_MAP_BULK,   /* of 256 */
	EXACT_UNMAP_BULK, /* of 256 */
	EXACT_APPLY,
	EXACT_SET_MAP,
	EXACT_RESET,
};

struct exact_op {
	const char *name;
	enum exact_kind kind;
	struct exact_table table; /* n 0: none is needed */
	size_t count;             /* N */
	double per_call;          /* operations in one call */
	bool suite;               /* riotlb-bench has it too */
	const char *what;
};

#define EXACT_BURST_LENGTH 32
#define EXACT_VECTOR_LENGTH 4
#define EXACT_BULK_LENGTH 256

/* The first one is EXACT_NOTHING. */
extern const struct exact_op exact_ops[];
extern const size_t exact_op_count;

/*
 * How the instructions of a call grow with the number of mappings, n^exponent,
 * over the operations of that kind on dense tables of 4 KiB.
 */
struct exact_growth {
	const char *name;
	enum exact_kind kind;
};

extern const struct exact_growth exact_growths[];
extern const size_t exact_growth_count;

/* Is the operation a point of that growth? */
bool exact_grows(const struct exact_growth *growth, const struct exact_op *op);

#define EXACT_LONGEST_DUMP 64

#endif
