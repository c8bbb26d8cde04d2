/* SPDX-License-Identifier: MIT */
/* riotlb-jemalloc: what it hands out, what it counts, and how it fails. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jemalloc/jemalloc.h>
#include <riotlb/jemalloc.h>

/* ---- failing the calls that the library makes --------------------------- */

enum { MALLCTL, MALLOCX, KEY_CREATE, SETSPECIFIC, NWRAPPED };

/* 0: let it pass; n: the nth call from now on fails. */
static int fail_at[NWRAPPED];

/* Thread caches created and not destroyed. */
static int live_caches;

static int fails(int which)
{
	return fail_at[which] > 0 && --fail_at[which] == 0;
}

int __real_mallctl(const char *name, void *old, size_t *oldlen, void *new,
		   size_t newlen);
int __wrap_mallctl(const char *name, void *old, size_t *oldlen, void *new,
		   size_t newlen);
int __wrap_mallctl(const char *name, void *old, size_t *oldlen, void *new,
		   size_t newlen)
{
	int err;

	if (fails(MALLCTL))
		return EAGAIN;
	err = __real_mallctl(name, old, oldlen, new, newlen);
	if (!err && !strcmp(name, "tcache.create"))
		live_caches++;
	if (!err && !strcmp(name, "tcache.destroy"))
		live_caches--;
	return err;
}

void *__real_mallocx(size_t size, int flags);
void *__wrap_mallocx(size_t size, int flags);
void *__wrap_mallocx(size_t size, int flags)
{
	return fails(MALLOCX) ? NULL : __real_mallocx(size, flags);
}

int __real_pthread_key_create(pthread_key_t *key, void (*fn)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*fn)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*fn)(void *))
{
	return fails(KEY_CREATE) ? EAGAIN : __real_pthread_key_create(key, fn);
}

int __real_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value)
{
	return fails(SETSPECIFIC) ? ENOMEM
				  : __real_pthread_setspecific(key, value);
}

/* ---- helpers ------------------------------------------------------------ */

static struct riotlb_jemalloc *create(uint32_t flags)
{
	struct riotlb_jemalloc *arena = NULL;

	assert_int_equal(riotlb_jemalloc_create(flags, &arena), 0);
	assert_non_null(arena);
	return arena;
}

static void *take(struct riotlb_jemalloc *arena, size_t size, size_t align)
{
	const struct riotlb_allocator *a = riotlb_jemalloc_allocator(arena);
	void *ptr = a->alloc(a->ctx, size, align);

	assert_non_null(ptr);
	assert_int_equal((uintptr_t)ptr % align, 0);
	memset(ptr, 0x5a, size);
	return ptr;
}

static void give(struct riotlb_jemalloc *arena, void *ptr, size_t size)
{
	const struct riotlb_allocator *a = riotlb_jemalloc_allocator(arena);

	a->free(a->ctx, ptr, size);
}

static void expect_usage(struct riotlb_jemalloc *arena, uint64_t blocks,
			 uint64_t requested, uint64_t actual)
{
	struct riotlb_jemalloc_usage usage;

	riotlb_jemalloc_get_usage(arena, &usage);
	assert_int_equal(usage.blocks, blocks);
	assert_int_equal(usage.requested, requested);
	assert_int_equal(usage.actual, actual);
}

static unsigned int arena_of(void *ptr)
{
	unsigned int index;
	size_t len = sizeof(index);

	assert_int_equal(__real_mallctl("arenas.lookup", &index, &len, &ptr,
					sizeof(ptr)),
			 0);
	return index;
}

/* ---- tests -------------------------------------------------------------- */

static void test_accounting_is_exact(void **state)
{
	static const size_t sizes[] = {
		0, 1, 24, 64, 100, 4096, 5000, 1 << 20
	};
	enum { N = sizeof(sizes) / sizeof(sizes[0]) };
	struct riotlb_jemalloc *arena = create(0);
	uint64_t requested = 0, actual = 0;
	void *ptrs[N];

	(void)state;
	expect_usage(arena, 0, 0, 0);
	for (size_t i = 0; i < N; i++) {
		ptrs[i] = take(arena, sizes[i], 64);
		requested += sizes[i];
		actual += sallocx(ptrs[i], 0);
		expect_usage(arena, i + 1, requested, actual);
	}
	assert_true(actual > requested);
	for (size_t i = 0; i < N; i++) {
		requested -= sizes[i];
		actual -= sallocx(ptrs[i], 0);
		give(arena, ptrs[i], sizes[i]);
		expect_usage(arena, N - i - 1, requested, actual);
	}
	give(arena, NULL, 0);
	expect_usage(arena, 0, 0, 0);
	riotlb_jemalloc_destroy(arena);
}

static void test_every_alignment(void **state)
{
	struct riotlb_jemalloc *arena = create(0);

	(void)state;
	for (size_t align = 1; align <= 64; align *= 2)
		for (size_t size = 1; size < 300; size += 7)
			give(arena, take(arena, size, align), size);
	expect_usage(arena, 0, 0, 0);
	riotlb_jemalloc_destroy(arena);
}

/* A block freed by a thread must not come back as one of another arena. */
static void test_arenas_do_not_mix(void **state)
{
	struct riotlb_jemalloc *a = create(0), *b = create(0);
	void *pa = take(a, 128, 64), *pb = take(b, 128, 64);
	unsigned int ia = arena_of(pa), ib = arena_of(pb);

	(void)state;
	assert_int_not_equal(ia, ib);
	give(a, pa, 128);
	for (int i = 0; i < 64; i++)
		assert_int_equal(arena_of(take(b, 128, 64)), ib);
	assert_int_equal(arena_of(take(a, 128, 64)), ia);
	expect_usage(b, 65, 65 * 128, 65 * 128);
	expect_usage(a, 1, 128, 128);
	riotlb_jemalloc_destroy(a);
	riotlb_jemalloc_destroy(b);
}

static void *free_on_thread(void *arg)
{
	void **work = arg;

	give(work[0], work[1], 256);
	work[1] = take(work[0], 512, 64);
	return NULL;
}

/* The reclaiming thread frees what updaters allocated, and may end first. */
static void test_other_threads_count(void **state)
{
	struct riotlb_jemalloc *arena = create(0);
	void *work[2] = { arena, take(arena, 256, 64) };
	pthread_t thread;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			pthread_create(&thread, NULL, free_on_thread, work), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		expect_usage(arena, 1, 512, 512);
		give(arena, work[1], 512);
		work[1] = take(arena, 256, 64);
	}
	expect_usage(arena, 1, 256, 256);
	riotlb_jemalloc_destroy(arena);
}

struct idler {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	int phase;
	struct riotlb_jemalloc *arena;
};

static void idler_step(struct idler *idler, int from, int to)
{
	pthread_mutex_lock(&idler->lock);
	while (idler->phase != from)
		pthread_cond_wait(&idler->moved, &idler->lock);
	idler->phase = to;
	pthread_cond_broadcast(&idler->moved);
	pthread_mutex_unlock(&idler->lock);
}

static void *idle_over_destroy(void *arg)
{
	struct idler *idler = arg;

	take(idler->arena, 64, 64);
	idler_step(idler, 0, 1);
	idler_step(idler, 2, 3);
	return NULL;
}

/* A thread that used the arena outlives it, exits, and touches nothing. */
static void test_thread_outlives_arena(void **state)
{
	struct idler idler = {
		PTHREAD_MUTEX_INITIALIZER,
		PTHREAD_COND_INITIALIZER,
		0,
		create(0),
	};
	pthread_t thread;

	(void)state;
	assert_int_equal(
		pthread_create(&thread, NULL, idle_over_destroy, &idler), 0);
	idler_step(&idler, 1, 1);
	expect_usage(idler.arena, 1, 64, 64);
	riotlb_jemalloc_destroy(idler.arena);
	idler_step(&idler, 1, 2);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(idler.phase, 3);
}

static void test_huge_pages(void **state)
{
	struct riotlb_jemalloc *arena = create(RIOTLB_JEMALLOC_HUGE_PAGES);
	size_t size = (size_t)8 << 20;
	void *ptr = take(arena, size, 64), *small = take(arena, 64, 64);

	(void)state;
	assert_int_equal(arena_of(small), arena_of(ptr));
	give(arena, small, 64);
	expect_usage(arena, 1, size, sallocx(ptr, 0));
	give(arena, ptr, size);
	expect_usage(arena, 0, 0, 0);
	riotlb_jemalloc_destroy(arena);
}

static void test_create_fails(void **state)
{
	struct riotlb_jemalloc *arena = NULL;

	(void)state;
	assert_int_equal(riotlb_jemalloc_create(2, &arena), -EINVAL);
	fail_at[MALLOCX] = 1;
	assert_int_equal(riotlb_jemalloc_create(0, &arena), -ENOMEM);
	fail_at[KEY_CREATE] = 1;
	assert_int_equal(riotlb_jemalloc_create(0, &arena), -EAGAIN);
	for (int nth = 1; nth <= 2; nth++) {
		fail_at[MALLCTL] = nth;
		assert_int_equal(riotlb_jemalloc_create(0, &arena), -EAGAIN);
		assert_int_equal(fail_at[MALLCTL], 0);
	}
	assert_null(arena);
	riotlb_jemalloc_destroy(NULL);
}

static void test_alloc_fails(void **state)
{
	struct riotlb_jemalloc *arena = create(0);
	const struct riotlb_allocator *a = riotlb_jemalloc_allocator(arena);
	void *ptr = take(arena, 64, 64);

	(void)state;
	fail_at[MALLOCX] = 1;
	assert_null(a->alloc(a->ctx, 64, 64));
	assert_null(a->alloc(a->ctx, SIZE_MAX / 2, 64));
	expect_usage(arena, 1, 64, 64);
	give(arena, ptr, 64);
	expect_usage(arena, 0, 0, 0);
	riotlb_jemalloc_destroy(arena);
}

/* Without a cache of its own a thread still allocates, frees and counts. */
static void test_no_thread_cache(void **state)
{
	static const int steps[] = { MALLOCX, MALLCTL, SETSPECIFIC };

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct riotlb_jemalloc *arena = create(0);
		void *ptr;

		fail_at[steps[i]] = 1;
		ptr = take(arena, 64, 64);
		assert_int_equal(fail_at[steps[i]], 0);
		expect_usage(arena, 1, 64, 64);
		fail_at[steps[i]] = 1;
		give(arena, ptr, 64);
		assert_int_equal(fail_at[steps[i]], 0);
		expect_usage(arena, 0, 0, 0);
		riotlb_jemalloc_destroy(arena);
	}
}

/* Arenas and thread caches are limited in number: none may leak. */
static void test_create_destroy_many(void **state)
{
	(void)state;
	for (int i = 0; i < 5000; i++) {
		struct riotlb_jemalloc *arena = create(0);

		give(arena, take(arena, 64, 64), 64);
		take(arena, 64, 64);
		assert_int_equal(live_caches, 1);
		riotlb_jemalloc_destroy(arena);
		assert_int_equal(live_caches, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accounting_is_exact),
		cmocka_unit_test(test_every_alignment),
		cmocka_unit_test(test_arenas_do_not_mix),
		cmocka_unit_test(test_other_threads_count),
		cmocka_unit_test(test_thread_outlives_arena),
		cmocka_unit_test(test_huge_pages),
		cmocka_unit_test(test_create_fails),
		cmocka_unit_test(test_alloc_fails),
		cmocka_unit_test(test_no_thread_cache),
		cmocka_unit_test(test_create_destroy_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
