/* SPDX-License-Identifier: MIT */
/*
 * In place of say.c: a fuzzer's own messages must not drown. What would have
 * been said is put together all the same, and must be something.
 */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

__attribute__((format(printf, 1, 0))) static void hear(const char *format,
						       va_list args)
{
	char text[256];

	check(vsnprintf(text, sizeof(text), format, args) > 0);
	check(!strchr(text, '\n') || strlen(text) == sizeof(text) - 1 ||
	      text[strlen(text) - 1] != '\n');
}

enum status say_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	hear(format, args);
	va_end(args);
	return STATUS_USAGE;
}

enum status say_input(const char *file, uint64_t line, const char *format, ...)
{
	va_list args;

	(void)line;
	check(file && *file);
	va_start(args, format);
	hear(format, args);
	va_end(args);
	return STATUS_INPUT;
}

void say_warning(const char *file, const char *format, ...)
{
	va_list args;

	check(file && *file);
	va_start(args, format);
	hear(format, args);
	va_end(args);
}
