/* SPDX-License-Identifier: MIT */
#include "exact/count.h"

#include <stdio.h>
#include <valgrind/callgrind.h>

#include "exact/list.h"

static bool run(const struct exact_calls *c, size_t i)
{
	if (c->before && !c->before(c->ctx, i))
		return false;
	if (c->long_between)
		CALLGRIND_START_INSTRUMENTATION;
	CALLGRIND_TOGGLE_COLLECT;
	c->call(c->ctx, i);
	CALLGRIND_TOGGLE_COLLECT;
	if (c->long_between)
		CALLGRIND_STOP_INSTRUMENTATION;
	return !c->after || c->after(c->ctx, i);
}

static bool count(const char *name, const struct exact_calls *c, size_t n,
		  size_t times)
{
	char dump[EXACT_LONGEST_DUMP];

	CALLGRIND_ZERO_STATS;
	for (size_t k = 0; k < times; k++) {
		for (size_t i = 0; i < n; i++) {
			if (!run(c, i))
				return false;
		}
	}
	snprintf(dump, sizeof(dump), "%s:%zu", name, n * times);
	CALLGRIND_DUMP_STATS_AT(dump);
	return true;
}

bool exact_count(const char *name, const struct exact_calls *c, size_t n)
{
	bool ok;

	if (!c->long_between)
		CALLGRIND_START_INSTRUMENTATION;
	ok = run(c, 0) && run(c, n - 1) && count(name, c, n, 1) &&
	     count(name, c, n, 2);
	if (!c->long_between)
		CALLGRIND_STOP_INSTRUMENTATION;
	return ok;
}
