/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#ifdef TESTS_COVERAGE
void __gcov_dump(void);
#endif

enum { HANGS_SECONDS = 600 };

void child_begin(void)
{
	/* cmocka's handlers, if any, belong to the parent */
	signal(SIGABRT, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	alarm(HANGS_SECONDS);
}

void child_end(int status)
{
#ifdef TESTS_COVERAGE
	/* what is counted is written by exit, and not by _exit */
	__gcov_dump();
#endif
	_exit(status);
}

int child_wait(pid_t child)
{
	int status;

	check_eq(waitpid(child, &status, 0), child);
	return status;
}

static int run(void (*fn)(void *ctx), void *ctx, bool silent)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	check(child >= 0);
	if (child)
		return child_wait(child);
	child_begin();
	if (silent && !freopen("/dev/null", "w", stderr))
		_exit(3);
	fn(ctx);
	child_end(0);
}

int child_status(void (*fn)(void *ctx), void *ctx)
{
	return run(fn, ctx, false);
}

int child_death(void (*fn)(void *ctx), void *ctx)
{
	return run(fn, ctx, true);
}
