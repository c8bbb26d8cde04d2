/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void (*context_fn)(void *ctx);
static void *context_ctx;

void check_set_context(void (*fn)(void *ctx), void *ctx)
{
	context_fn = fn;
	context_ctx = ctx;
}

__attribute__((noreturn)) static void give_up(void)
{
	void (*fn)(void *ctx) = context_fn;

	/* a check that fails while the context is told must not come back */
	context_fn = NULL;
	if (fn)
		fn(context_ctx);
	fflush(NULL);
	_Exit(1);
}

void check_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what);
	give_up();
}

void check_failed_eq(const char *what, uint64_t a, uint64_t b, const char *file,
		     int line)
{
	fprintf(stderr,
		"%s:%d: check failed: %s (%" PRId64 " = 0x%" PRIx64
		" against %" PRId64 " = 0x%" PRIx64 ")\n",
		file, line, what, (int64_t)a, a, (int64_t)b, b);
	give_up();
}

void check_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	give_up();
}
