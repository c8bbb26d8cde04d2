/* SPDX-License-Identifier: MIT */
/* Processes that a test forks, to see how they end. */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include <sys/types.h>

/*
 * In a child, first of all: one that hangs dies of SIGALRM sooner or later. It
 * ends by child_end or dies of a check; cmocka is the parent's.
 */
void child_begin(void);
__attribute__((noreturn)) void child_end(int status);
/* Waits for it; how it ended, as waitpid says it. */
int child_wait(pid_t child);
/* fn(ctx) in a process of its own, which then ends with status 0. */
int child_status(void (*fn)(void *ctx), void *ctx);
/* The same for one that is to die; what it says there goes nowhere. */
int child_death(void (*fn)(void *ctx), void *ctx);

#endif
