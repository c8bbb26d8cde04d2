/* SPDX-License-Identifier: MIT */
#include "exact/count.h"

#include <inttypes.h>
#include <stdio.h>
#include <valgrind/callgrind.h>

#include "exact/list.h"

/* One code for both counts, so that what they have in common is the same. */
__attribute__((noinline)) static bool run(const struct exact_calls *c, size_t i,
					  struct exact_meter *sum)
{
	static const struct exact_meter none;
	const struct exact_meter *meter = c->meter ? c->meter : &none;
	struct exact_meter was;

	if (c->before && !c->before(c->ctx, i))
		return false;
	was = *meter;
	if (c->long_between)
		CALLGRIND_START_INSTRUMENTATION;
	CALLGRIND_TOGGLE_COLLECT;
	c->call(c->ctx, i);
	CALLGRIND_TOGGLE_COLLECT;
	if (c->long_between)
		CALLGRIND_STOP_INSTRUMENTATION;
	sum->calls += meter->calls - was.calls;
	sum->bytes += meter->bytes - was.bytes;
	return !c->after || c->after(c->ctx, i);
}

static bool run_all(const struct exact_calls *c, size_t n,
		    struct exact_meter *sum)
{
	for (size_t i = 0; i < n; i++) {
		if (!run(c, i, sum))
			return false;
	}
	return true;
}

static bool count(const char *name, const struct exact_calls *c, size_t n,
		  size_t times)
{
	char dump[EXACT_LONGEST_DUMP + 96];
	struct exact_meter sum = { 0, 0 };

	/*
	 * A dump also drops what CALLGRIND_ZERO_STATS leaves behind: the costs
	 * of system calls and of the linker's stubs.
	 */
	CALLGRIND_DUMP_STATS;
	for (size_t k = 0; k < times; k++) {
		if (!run_all(c, n, &sum))
			return false;
	}
	snprintf(dump, sizeof(dump), "%s:%zu %" PRIu64 " %" PRIu64, name,
		 n * times, sum.calls, sum.bytes);
	CALLGRIND_DUMP_STATS_AT(dump);
	return true;
}

bool exact_count(const char *name, const struct exact_calls *c, size_t n)
{
	struct exact_meter unused = { 0, 0 };
	bool ok;

	if (!c->long_between)
		CALLGRIND_START_INSTRUMENTATION;
	ok = run_all(c, n, &unused) && count(name, c, n, 1) &&
	     count(name, c, n, 2);
	if (!c->long_between)
		CALLGRIND_STOP_INSTRUMENTATION;
	return ok;
}
