/* SPDX-License-Identifier: MIT */
#include "fork_guard.h"

#ifdef TESTS_FORK_GUARD

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "check.h"

/*
 * Not a lock: those inside do not exclude each other, so that they meet in the
 * allocator as they would without this.
 */
static atomic_uint inside;
static atomic_bool forking;

void fork_guard_enter(void)
{
	for (;;) {
		/* counted, then looked at; before_fork does the reverse */
		atomic_fetch_add(&inside, 1);
		if (!atomic_load(&forking))
			return;
		atomic_fetch_sub(&inside, 1);
		while (atomic_load(&forking))
			sched_yield();
	}
}

void fork_guard_leave(void)
{
	atomic_fetch_sub(&inside, 1);
}

static void before_fork(void)
{
	/* of two threads that fork at a time, one after the other */
	while (atomic_exchange(&forking, true))
		sched_yield();
	while (atomic_load(&inside))
		sched_yield();
}

static void after_fork_parent(void)
{
	atomic_store(&forking, false);
}

static void after_fork_child(void)
{
	/* another thread of the parent may have been about to back off */
	atomic_store(&inside, 0);
	atomic_store(&forking, false);
}

__attribute__((constructor)) static void guard_forks(void)
{
	check_eq(pthread_atfork(before_fork, after_fork_parent,
				after_fork_child),
		 0);
}

#endif
