/* SPDX-License-Identifier: MIT */
/*
 * What the system may refuse while an engine is made, or made fit for use after
 * a fork: memory, mutexes, the conditions and the thread of the reclaimer. The
 * linker leads these calls through here.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "child.h"
#include "fixture.h"

static const char *refused; /* the function that fails */
static int countdown;       /* the call that takes it to 0 */
static atomic_int live;     /* blocks, mutexes, conditions and threads */

static bool refuse(const char *name)
{
	return refused && strcmp(refused, name) == 0 && --countdown == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void __real_free(void *p);
void __wrap_free(void *p);
int __real_posix_memalign(void **p, size_t align, size_t size);
int __wrap_posix_memalign(void **p, size_t align, size_t size);
int __real_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a);
int __wrap_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a);
int __real_pthread_mutex_destroy(pthread_mutex_t *m);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *m);
int __real_pthread_condattr_init(pthread_condattr_t *a);
int __wrap_pthread_condattr_init(pthread_condattr_t *a);
int __real_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a);
int __wrap_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a);
int __real_pthread_cond_destroy(pthread_cond_t *c);
int __wrap_pthread_cond_destroy(pthread_cond_t *c);
int __real_pthread_create(pthread_t *t, const pthread_attr_t *a,
			  void *(*main)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a,
			  void *(*main)(void *), void *arg);
int __real_pthread_join(pthread_t t, void **result);
int __wrap_pthread_join(pthread_t t, void **result);

/* ---- memory ---------------------------------------------------- */

void *__wrap_malloc(size_t size)
{
	void *p = refuse("malloc") ? NULL : __real_malloc(size);

	live += p != NULL;
	return p;
}

void *__wrap_calloc(size_t n, size_t size)
{
	void *p = refuse("calloc") ? NULL : __real_calloc(n, size);

	live += p != NULL;
	return p;
}

void __wrap_free(void *p)
{
	live -= p != NULL;
	__real_free(p);
}

int __wrap_posix_memalign(void **p, size_t align, size_t size)
{
	int err = refuse("posix_memalign")
			  ? ENOMEM
			  : __real_posix_memalign(p, align, size);

	live += err == 0;
	return err;
}

/* ---- threads --------------------------------------------------- */

int __wrap_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a)
{
	int err = refuse("pthread_mutex_init")
			  ? ENOMEM
			  : __real_pthread_mutex_init(m, a);

	live += err == 0;
	return err;
}

int __wrap_pthread_mutex_destroy(pthread_mutex_t *m)
{
	live--;
	return __real_pthread_mutex_destroy(m);
}

int __wrap_pthread_condattr_init(pthread_condattr_t *a)
{
	return refuse("pthread_condattr_init")
		       ? ENOMEM
		       : __real_pthread_condattr_init(a);
}

int __wrap_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a)
{
	int err = refuse("pthread_cond_init") ? ENOMEM
					      : __real_pthread_cond_init(c, a);

	live += err == 0;
	return err;
}

int __wrap_pthread_cond_destroy(pthread_cond_t *c)
{
	live--;
	return __real_pthread_cond_destroy(c);
}

int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a,
			  void *(*main)(void *), void *arg)
{
	int err = refuse("pthread_create")
			  ? EAGAIN
			  : __real_pthread_create(t, a, main, arg);

	live += err == 0;
	return err;
}

int __wrap_pthread_join(pthread_t t, void **result)
{
	live--;
	return __real_pthread_join(t, result);
}

/* ---- tests ----------------------------------------------------- */

static int create_and_destroy(void)
{
	struct riotlb *e = NULL;
	int err = riotlb_create(NULL, &e);

	if (err == 0)
		riotlb_destroy(e);
	else
		assert_null(e);
	return err;
}

/* Refuses the first call, then the second, until none is left to refuse. */
static void each_call(const char *name, int expected, int at_least)
{
	int before, err, n = 0;

	do {
		before = live;
		refused = name;
		countdown = ++n;
		err = create_and_destroy();
		refused = NULL;
		assert_int_equal(err, countdown > 0 ? 0 : expected);
		assert_int_equal(live, before);
	} while (err != 0);
	assert_true(n > at_least);
}

static void test_refused(void **state)
{
	(void)state;
	each_call("malloc", -ENOMEM, 1);
	each_call("calloc", -ENOMEM, 1);
	each_call("posix_memalign", -ENOMEM, 3);
	each_call("pthread_mutex_init", -ENOMEM, 2);
	each_call("pthread_condattr_init", -ENOMEM, 1);
	each_call("pthread_cond_init", -ENOMEM, 1);
	each_call("pthread_create", -EAGAIN, 1);
}

/* A manual engine has no thread, and starts none. */
static void test_manual(void **state)
{
	struct riotlb_attr attr;
	struct riotlb *e;
	int before;

	(void)state;
	riotlb_attr_init(&attr);
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	before = live;
	refused = "pthread_create";
	countdown = 1;
	assert_int_equal(riotlb_create(&attr, &e), 0);
	refused = NULL;
	riotlb_destroy(e);
	assert_int_equal(live, before);
}

static struct riotlb *forked;

/* The same for what a child gets anew; it may be asked for again. */
static void each_call_of_child(const char *name, int expected)
{
	int before = live;

	for (int n = 1; n <= 10; n++) {
		refused = name;
		countdown = 1;
		check_eq(riotlb_after_fork_child(forked), expected);
		check_eq(countdown, 0);
		check_eq(live, before);
	}
	refused = NULL;
}

static void adopt(void *ctx)
{
	struct riotlb_report report;

	(void)ctx;
	each_call_of_child("pthread_mutex_init", -ENOMEM);
	each_call_of_child("pthread_condattr_init", -ENOMEM);
	each_call_of_child("pthread_cond_init", -ENOMEM);
	each_call_of_child("pthread_create", -EAGAIN);
	check_eq(riotlb_after_fork_child(forked), 0);
	check_eq(riotlb_reset_map(forked, 0, &report), 0);
	check_eq(riotlb_wait(forked, report.token), 0);
	riotlb_destroy(forked);
}

static void test_refused_after_fork(void **state)
{
	(void)state;
#ifdef RIOTLB_TSAN
	/* it does not support threads after a fork */
	skip();
#endif
	assert_int_equal(riotlb_create(NULL, &forked), 0);
	assert_int_equal(riotlb_before_fork(forked), 0);
	assert_int_equal(child_status(adopt, NULL), 0);
	riotlb_after_fork_parent(forked);
	riotlb_destroy(forked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_after_fork),
		cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
