/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>

enum status status_worse(enum status a, enum status b)
{
	static const int rank[] = {
		[STATUS_PASS] = 0,       [STATUS_INCONCLUSIVE] = 1,
		[STATUS_REGRESSION] = 2, [STATUS_INTEGRITY] = 3,
		[STATUS_USAGE] = 4,      [STATUS_INTERNAL] = 5,
	};

	return rank[a] >= rank[b] ? a : b;
}

__attribute__((format(printf, 1, 0))) static void finish(const char *format,
							 va_list args)
{
	fputs("riotlb-gate: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

enum status say(enum status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	finish(format, args);
	va_end(args);
	return status;
}

void say_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	finish(format, args);
	va_end(args);
}
