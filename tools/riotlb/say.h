/* SPDX-License-Identifier: MIT */
/* Exit statuses, and what is said on standard error. */
#ifndef RIOTLB_CLI_SAY_H
#define RIOTLB_CLI_SAY_H

#include <stdint.h>

enum status {
	STATUS_OK = 0,
	STATUS_DIFFERS = 1, /* a translation differs from the trace */
	STATUS_USAGE = 2,
	STATUS_INPUT = 3,
};

/* Of two statuses the one to exit with: usage beats input beats differs. */
enum status status_worse(enum status a, enum status b);

/* "riotlb: what". Returns STATUS_USAGE. */
enum status say_usage(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* "file:line: what", without the line where it is 0. Returns STATUS_INPUT. */
enum status say_input(const char *file, uint64_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As say_input, but the program goes on. */
void say_warning(const char *file, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
