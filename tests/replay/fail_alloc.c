/* SPDX-License-Identifier: MIT */
/*
 * Linked into a test build of the program (ld --wrap): the allocation whose
 * number is in RIOTLB_FAIL_NTH fails, counted over the program, the engine's
 * tables and jansson, and the file named by RIOTLB_FAIL_MARK appears.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *ptr, size_t size);
int __real_posix_memalign(void **ptr, size_t align, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
int __wrap_posix_memalign(void **ptr, size_t align, size_t size);

/* The engine's reclaiming thread allocates nothing, but is a thread. */
static atomic_long left = -1;

static bool fails(void)
{
	if (atomic_load(&left) <= 0 || atomic_fetch_sub(&left, 1) != 1)
		return false;
	close(open(getenv("RIOTLB_FAIL_MARK"), O_WRONLY | O_CREAT, 0600));
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
	return fails() ? NULL : __real_realloc(ptr, size);
}

int __wrap_posix_memalign(void **ptr, size_t align, size_t size)
{
	return fails() ? ENOMEM : __real_posix_memalign(ptr, align, size);
}

__attribute__((constructor)) static void arm(void)
{
	const char *nth = getenv("RIOTLB_FAIL_NTH");

	json_set_alloc_funcs(__wrap_malloc, free);
	if (nth)
		atomic_store(&left, atol(nth));
}
