/* SPDX-License-Identifier: MIT */
/*
 * Checks for where cmocka's cannot go: other threads, and programs that report
 * how to replay a failure. A failed check says where, calls the context
 * function, and ends the process with status 1. They stay on under NDEBUG.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stdint.h>

/* fn tells what was going on; it runs on the thread that failed. */
void check_set_context(void (*fn)(void *ctx), void *ctx);

__attribute__((noreturn)) void check_failed(const char *what, const char *file,
					    int line);
__attribute__((noreturn)) void check_failed_eq(const char *what, uint64_t a,
					       uint64_t b, const char *file,
					       int line);
/* A failure in words, for what no expression says well. */
__attribute__((noreturn, format(printf, 1, 2))) void
check_fail(const char *format, ...);

#define check(cond) ((cond) ? (void)0 : check_failed(#cond, __FILE__, __LINE__))

#define check_eq(a, b)                                                     \
	do {                                                               \
		uint64_t check_a = (uint64_t)(a), check_b = (uint64_t)(b); \
                                                                           \
		if (check_a != check_b)                                    \
			check_failed_eq(#a " == " #b, check_a, check_b,    \
					__FILE__, __LINE__);               \
	} while (0)

#endif
