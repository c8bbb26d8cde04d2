/* SPDX-License-Identifier: MIT */
/*
 * A process that is killed in the middle of updates, again and again, at random
 * instants. An engine shares nothing with other processes: the process is gone,
 * whichever locks its threads held; what it shared for reasons of its own holds
 * what its mappings let it write, and the engine of its parent never notices.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "child.h"
#include "hooks.h"
#include "rng.h"

enum {
	KILLS = 60,
	PAGES = 32,
	UPDATERS = 2,
	PAGE = 4096,
	WORDS = PAGE / 8,
};

/* What parent and child share: pages to map, and how far the child is. */
struct shared {
	uint64_t page[PAGES][WORDS];
	atomic_uint_fast64_t updates;
	atomic_uint_fast64_t writes;
};

static struct shared *shared;
static struct riotlb *engine;

static struct riotlb_mapping page_mapping(uint64_t page)
{
	return (struct riotlb_mapping){
		.start = page << 12,
		.last = (page << 12) + PAGE - 1,
		.addr = (uint64_t)(uintptr_t)shared->page[page],
		.perm = RIOTLB_RW,
	};
}

/* ---- the child --------------------------------------------------------- */

__attribute__((noreturn)) static void *update(void *arg)
{
	struct rng rng = { .state = (uint64_t)(uintptr_t)arg };

	for (;;) {
		struct riotlb_mapping m = page_mapping(rng_below(&rng, PAGES));
		uint64_t what = rng_below(&rng, 100);

		if (what < 60)
			check_eq(riotlb_map(engine, 0, &m, RIOTLB_MAP_REPLACE,
					    NULL),
				 0);
		else if (what < 80)
			check_eq(riotlb_unmap(engine, 0, m.start + what, m.last,
					      RIOTLB_UNMAP_EXACT, NULL),
				 0);
		else if (what < 95)
			check_eq(riotlb_set_map(engine, 0, &m, 1, NULL), 0);
		else
			check_eq(riotlb_reset_map(engine, 0, NULL), 0);
		atomic_fetch_add(&shared->updates, 1);
	}
}

/* Writes into each page its number, by way of a translation. */
__attribute__((noreturn)) static void write_pages(void)
{
	struct rng rng = { .state = 3 };

	/* the parent's one thread was a reader, and still is */
	for (;;) {
		uint64_t page = rng_below(&rng, PAGES);
		uint64_t iova = (page << 12) + 8 * rng_below(&rng, WORDS);
		struct riotlb_segment seg;

		riotlb_read_enter(engine);
		if (!riotlb_translate(engine, 0, iova, iova + 7, RIOTLB_WRITE,
				      &seg) &&
		    seg.last == iova + 7) {
			*(uint64_t *)(uintptr_t)seg.addr = page + 1;
			atomic_fetch_add(&shared->writes, 1);
		}
		riotlb_read_exit(engine);
	}
}

static struct riotlb *create(void)
{
	struct riotlb_default empty = { .kind = RIOTLB_DEFAULT_EMPTY };
	struct riotlb_attr attr;
	struct riotlb *e;

	riotlb_attr_init(&attr);
	attr.defaults = &empty;
	check_eq(riotlb_create(&attr, &e), 0);
	return e;
}

/*
 * An engine of its own: that of the parent is for the parent. It was prepared
 * all the same, because both registered readers with one flavour.
 */
__attribute__((noreturn)) static void child(void)
{
	pthread_t thread;

	child_begin();
	engine = create();
	for (uintptr_t i = 0; i < UPDATERS; i++)
		check_eq(pthread_create(&thread, NULL, update, (void *)(i + 1)),
			 0);
	write_pages();
}

/* ---- the parent -------------------------------------------------------- */

static void kill_one(struct riotlb *e, struct rng *rng)
{
	uint64_t writes = atomic_load(&shared->writes);
	uint64_t updates = atomic_load(&shared->updates);
	uint64_t more = 1 + rng_below(rng, 3000);
	pid_t pid;
	int status;

	fflush(NULL);
	check_eq(riotlb_before_fork(e), 0);
	pid = fork();
	check(pid >= 0);
	if (pid == 0)
		child();
	riotlb_after_fork_parent(e);
	while (atomic_load(&shared->updates) < updates + more ||
	       atomic_load(&shared->writes) == writes) {
		/* it must not have died of something else */
		check_eq(waitpid(pid, &status, WNOHANG), 0);
		sched_yield();
	}
	check_eq(kill(pid, SIGKILL), 0);
	status = child_wait(pid);
	check(WIFSIGNALED(status));
	check_eq(WTERMSIG(status), SIGKILL);
}

static void check_pages(void)
{
	uint64_t written = 0;

	for (uint64_t page = 0; page < PAGES; page++) {
		for (int i = 0; i < WORDS; i++) {
			uint64_t word = shared->page[page][i];

			check(word == 0 || word == page + 1);
			written += word != 0;
		}
	}
	check(written > 0);
}

/* The parent's engine, with its thread, used before, between and after. */
static void use(struct riotlb *e, uint64_t round)
{
	struct riotlb_mapping m = page_mapping(round % PAGES);
	struct riotlb_segment seg;
	struct riotlb_report report;

	check_eq(riotlb_map(e, 0, &m, 0, NULL), 0);
	riotlb_read_enter(e);
	check_eq(riotlb_translate(e, 0, m.start, m.last, RIOTLB_RW, &seg), 0);
	riotlb_read_exit(e);
	check_eq(seg.addr, m.addr);
	check_eq(riotlb_reset_map(e, 0, &report), 0);
	check_eq(riotlb_wait(e, report.token), 0);
}

int main(void)
{
	struct rng rng = { .state = 1 };
	struct riotlb *e = create();

#ifdef RIOTLB_TSAN
	puts("SKIPPED: ThreadSanitizer does not support threads after a fork");
	return 77;
#endif
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED);
	riotlb_thread_register(e);
	for (uint64_t i = 0; i < KILLS; i++) {
		use(e, i);
		kill_one(e, &rng);
		check_pages();
	}
	use(e, 0);
	riotlb_thread_unregister(e);
	riotlb_destroy(e);
	printf("%d killed, %" PRIuFAST64 " updates, %" PRIuFAST64 " writes\n",
	       KILLS, atomic_load(&shared->updates),
	       atomic_load(&shared->writes));
	return 0;
}
