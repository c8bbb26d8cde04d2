/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE
#include "arena.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "violation.h"

enum {
	HOST_PAGE = 4096,
	RESERVED = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
};

static uint64_t base;
static uint32_t strides;
static pthread_t main_thread;

static void *place_of(uint64_t addr)
{
	return (void *)(uintptr_t)addr;
}

uint64_t arena_base(uint32_t index)
{
	return base + (uint64_t)index * ARENA_STRIDE;
}

bool arena_find(uint64_t addr, uint32_t *index)
{
	uint64_t into = addr - base;

	if (into >= (uint64_t)strides * ARENA_STRIDE ||
	    into % ARENA_STRIDE >= ARENA_USABLE)
		return false;
	*index = (uint32_t)(into / ARENA_STRIDE);
	return true;
}

bool arena_open(uint32_t index)
{
	return mmap(place_of(arena_base(index)), ARENA_USABLE,
		    PROT_READ | PROT_WRITE, RESERVED | MAP_FIXED, -1,
		    0) != MAP_FAILED;
}

void arena_close(uint32_t index)
{
	check(mmap(place_of(arena_base(index)), ARENA_USABLE, PROT_NONE,
		   RESERVED | MAP_FIXED, -1, 0) != MAP_FAILED);
}

/*
 * A thread that crashed outside of the arena, in the engine that is, stays
 * where it is; the main thread sees the violation and reports. Without it there
 * is nobody to report.
 */
static void *crashed(uintptr_t addr)
{
	violation_in_handler("a crash", addr);
	if (pthread_equal(pthread_self(), main_thread))
		_exit(1);
	for (;;)
		pause();
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	uintptr_t addr = (uintptr_t)info->si_addr;
	uint32_t index;
	void *page;

	(void)signal;
	(void)context;
	if (!arena_find(addr, &index))
		crashed(addr);
	violation_in_handler("memory was used that had been released", addr);
	page = place_of(addr - addr % HOST_PAGE);
	if (mmap(page, HOST_PAGE, PROT_READ | PROT_WRITE, RESERVED | MAP_FIXED,
		 -1, 0) == MAP_FAILED)
		_exit(1);
}

void arena_init(uint32_t open, uint32_t n)
{
	struct sigaction action = { .sa_sigaction = on_fault,
				    .sa_flags = SA_SIGINFO };
	void *at = mmap(NULL, (size_t)n * ARENA_STRIDE, PROT_NONE, RESERVED, -1,
			0);

	check(at != MAP_FAILED);
	check_eq(mprotect(at, (size_t)open * ARENA_STRIDE,
			  PROT_READ | PROT_WRITE),
		 0);
	base = (uint64_t)(uintptr_t)at;
	strides = n;
	main_thread = pthread_self();
	check_eq(sysconf(_SC_PAGESIZE) % HOST_PAGE, 0);
	check_eq(sigaction(SIGSEGV, &action, NULL), 0);
	check_eq(sigaction(SIGBUS, &action, NULL), 0);
}
