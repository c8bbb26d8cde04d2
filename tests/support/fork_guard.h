/* SPDX-License-Identifier: MIT */
/*
 * Between fork_guard_enter and _leave no other thread forks. For the allocator
 * of the tests under AddressSanitizer and ThreadSanitizer: malloc makes itself
 * usable in a child of fork whatever other threads were at, but those that
 * gcc 12 and clang 14 bring along do not. Their locks are copied as they are,
 * and the child waits in its next allocation for a thread that it has not got.
 */
#ifndef TESTS_FORK_GUARD_H
#define TESTS_FORK_GUARD_H

#include <riotlb/export.h>

#include "sanitizer.h"

#if defined(TESTS_ASAN) || defined(RIOTLB_TSAN)
#define TESTS_FORK_GUARD 1
#endif

#ifdef TESTS_FORK_GUARD
void fork_guard_enter(void);
void fork_guard_leave(void);
#else
static inline void fork_guard_enter(void)
{
}

static inline void fork_guard_leave(void)
{
}
#endif

#endif
