/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "progress.h"

enum status status_worse(enum status a, enum status b)
{
	static const int rank[] = {
		[STATUS_OK] = 0,
		[STATUS_DIFFERS] = 1,
		[STATUS_INPUT] = 2,
		[STATUS_USAGE] = 3,
	};

	return rank[a] >= rank[b] ? a : b;
}

__attribute__((format(printf, 1, 0))) static void finish(const char *format,
							 va_list args)
{
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

enum status say_usage(const char *format, ...)
{
	va_list args;

	progress_clear();
	fputs("riotlb: ", stderr);
	va_start(args, format);
	finish(format, args);
	va_end(args);
	return STATUS_USAGE;
}

enum status say_input(const char *file, uint64_t line, const char *format, ...)
{
	va_list args;

	progress_clear();
	if (line)
		fprintf(stderr, "%s:%" PRIu64 ": ", file, line);
	else
		fprintf(stderr, "%s: ", file);
	va_start(args, format);
	finish(format, args);
	va_end(args);
	return STATUS_INPUT;
}

void say_warning(const char *file, const char *format, ...)
{
	va_list args;

	progress_clear();
	fprintf(stderr, "%s: warning: ", file);
	va_start(args, format);
	finish(format, args);
	va_end(args);
}
