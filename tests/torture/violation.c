/* SPDX-License-Identifier: MIT */
#include "violation.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	TOLD = 10,
};

static atomic_uint_fast64_t seen;

void violation(const char *format, ...)
{
	uint64_t before = atomic_fetch_add(&seen, 1);
	char text[512];
	va_list args;

	if (before >= TOLD)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "violation: %s\n", text);
}

static char *append(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

/* No stdio: whatever was interrupted may hold its locks. */
void violation_in_handler(const char *what, uintptr_t address)
{
	char text[160], *to = text;
	ssize_t written;

	if (atomic_fetch_add(&seen, 1) >= TOLD)
		return;
	to = append(to, "violation: ");
	to = append(to, what);
	to = append(to, " at 0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[address >> shift & 15];
	*to++ = '\n';
	written = write(STDERR_FILENO, text, (size_t)(to - text));
	(void)written;
}

uint64_t violations(void)
{
	return atomic_load(&seen);
}
