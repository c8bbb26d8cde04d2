/* SPDX-License-Identifier: MIT */
/*
 * What the engine did that it must not do. The first few are told; the run then
 * comes to an early end.
 */
#ifndef TORTURE_VIOLATION_H
#define TORTURE_VIOLATION_H

#include <stdint.h>

__attribute__((format(printf, 1, 2))) void violation(const char *format, ...);
/* As violation(), from a signal handler. */
void violation_in_handler(const char *what, uintptr_t address);
uint64_t violations(void);

#endif
