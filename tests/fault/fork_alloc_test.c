/* SPDX-License-Identifier: MIT */
/*
 * A process may fork while other threads are in the tests' allocator, and the
 * child can use it. All tests that fork in the middle of updates rely on that;
 * where it does not hold they stop for good in the child's first allocation.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>

#include "check.h"
#include "child.h"
#include "hooks.h"
#include "rng.h"

enum { THREADS = 2, KEPT = 300, FORKS = 30, ROUNDS = 10000 };

static struct hooks hooks;
static atomic_bool stop;
static atomic_uint at_work;

struct kept {
	void *block[KEPT];
	size_t size[KEPT];
};

static void drop(struct kept *k, uint64_t i)
{
	if (k->block[i])
		hooks.allocator.free(hooks.allocator.ctx, k->block[i],
				     k->size[i]);
	k->block[i] = NULL;
}

static void replace(struct kept *k, struct rng *rng)
{
	uint64_t i = rng_below(rng, KEPT);

	drop(k, i);
	k->size[i] = 1 + rng_below(rng, 2000);
	k->block[i] =
		hooks.allocator.alloc(hooks.allocator.ctx, k->size[i], 64);
}

static void drop_all(struct kept *k)
{
	for (uint64_t i = 0; i < KEPT; i++)
		drop(k, i);
}

static void *keep_allocating(void *arg)
{
	struct rng rng = { .state = (uintptr_t)arg };
	struct kept k = { 0 };

	replace(&k, &rng);
	atomic_fetch_add(&at_work, 1);
	while (!atomic_load(&stop))
		replace(&k, &rng);
	drop_all(&k);
	return NULL;
}

static void child(void *ctx)
{
	struct rng rng = { .state = *(uint64_t *)ctx };
	struct kept k = { 0 };

	for (int i = 0; i < ROUNDS; i++)
		replace(&k, &rng);
	drop_all(&k);
}

/* The others are at it, and not yet to begin. */
static void await_call(void)
{
	size_t calls = atomic_load(&hooks.calls);

	while (atomic_load(&hooks.calls) == calls)
		sched_yield();
}

int main(void)
{
	pthread_t thread[THREADS];

	hooks_init(&hooks);
	for (uintptr_t i = 0; i < THREADS; i++)
		check_eq(pthread_create(&thread[i], NULL, keep_allocating,
					(void *)(i + 1)),
			 0);
	/* glibc and the sanitizer allocate, too, when a thread begins */
	while (atomic_load(&at_work) < THREADS)
		sched_yield();
	for (uint64_t i = 0; i < FORKS; i++) {
		int status;

		await_call();
		status = child_status(child, &i);
		check(WIFEXITED(status));
		check_eq(WEXITSTATUS(status), 0);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++)
		check_eq(pthread_join(thread[i], NULL), 0);
	hooks_check_empty(&hooks);
	printf("%d forks during %zu allocations\n", FORKS,
	       atomic_load(&hooks.calls));
	return 0;
}
