/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "platform.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <riotlb/detail/publish.h>

#include "check.h"

#ifdef RIOTLB_DEBUG
_Noreturn void riotlb_check_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "riotlb: %s:%d: assertion failed: %s\n", file, line,
		what);
	abort();
}
#endif

void *riotlb_platform_alloc(void *ctx, size_t size, size_t align)
{
	void *ptr = NULL;

	(void)ctx;
	if (posix_memalign(&ptr, align, size) != 0)
		return NULL;
	return ptr;
}

void riotlb_platform_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	(void)size;
	free(ptr);
}

void riotlb_platform_relax(unsigned int *spins)
{
	/* Past this many spins the holder has most likely lost its CPU. */
	enum { SPINS_BEFORE_YIELD = 128 };

	if (++*spins >= SPINS_BEFORE_YIELD)
		sched_yield();
	else
		riotlb_pause();
}

void riotlb_platform_sleep_us(uint64_t us)
{
	struct timespec ts = {
		.tv_sec = (time_t)(us / 1000000u),
		.tv_nsec = (long)(us % 1000000u) * 1000,
	};

	nanosleep(&ts, NULL);
}

int riotlb_platform_cancel_off(void)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	return state;
}

void riotlb_platform_cancel_restore(int state)
{
	int unused;

	pthread_setcancelstate(state, &unused);
}

void riotlb_platform_cancel_point(int state)
{
	riotlb_platform_cancel_restore(state);
	pthread_testcancel();
	riotlb_platform_cancel_off();
}

unsigned int riotlb_platform_thread_index(void)
{
	static uint64_t threads;
	static _Thread_local uint64_t index;

	/* counts from 1 so that 0 means "not drawn yet" */
	if (index == 0)
		index = riotlb_add_relaxed(&threads, 1) + 1;
	return (unsigned int)index;
}

static _Thread_local bool in_callback;

bool riotlb_platform_in_callback(void)
{
	return in_callback;
}

void riotlb_platform_set_in_callback(bool inside)
{
	in_callback = inside;
}

/* ---- mutex ----------------------------------------------------- */

struct riotlb_mutex {
	pthread_mutex_t mutex;
};

struct riotlb_mutex *riotlb_platform_mutex_new(void)
{
	struct riotlb_mutex *m = malloc(sizeof(*m));

	if (m != NULL && pthread_mutex_init(&m->mutex, NULL) != 0) {
		free(m);
		m = NULL;
	}
	return m;
}

void riotlb_platform_mutex_free(struct riotlb_mutex *m)
{
	if (m == NULL)
		return;
	pthread_mutex_destroy(&m->mutex);
	free(m);
}

void riotlb_platform_lock(struct riotlb_mutex *m)
{
	pthread_mutex_lock(&m->mutex);
}

bool riotlb_platform_trylock(struct riotlb_mutex *m)
{
	return pthread_mutex_trylock(&m->mutex) == 0;
}

void riotlb_platform_unlock(struct riotlb_mutex *m)
{
	pthread_mutex_unlock(&m->mutex);
}

uint64_t riotlb_platform_process(void)
{
	return (uint64_t)getpid();
}

/* ---- worker thread --------------------------------------------- */

struct riotlb_worker {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	pthread_cond_t rested;
	/* under mutex */
	bool stop;
	bool resting;
	unsigned int rests; /* who want it to rest */
	const struct riotlb_worker_ops *ops;
	void *ctx;
};

/* With the mutex held, which is dropped where the host may do anything. */
static void rest(struct riotlb_worker *w)
{
	pthread_mutex_unlock(&w->mutex);
	w->ops->end(w->ctx);
	pthread_mutex_lock(&w->mutex);
	w->resting = true;
	pthread_cond_broadcast(&w->rested);
	while (w->rests != 0)
		pthread_cond_wait(&w->wake, &w->mutex);
	w->resting = false;
	pthread_mutex_unlock(&w->mutex);
	w->ops->begin(w->ctx);
	pthread_mutex_lock(&w->mutex);
}

/* Sleeps unless asked for something; returns whether to go on. */
static bool worker_pause(struct riotlb_worker *w, uint64_t us)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(us / 1000000u);
	until.tv_nsec += (long)(us % 1000000u) * 1000;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	pthread_mutex_lock(&w->mutex);
	if (us != 0 && !w->stop && w->rests == 0)
		pthread_cond_timedwait(&w->wake, &w->mutex, &until);
	while (w->rests != 0)
		rest(w);
	stop = w->stop;
	pthread_mutex_unlock(&w->mutex);
	return !stop;
}

static void *worker_main(void *arg)
{
	struct riotlb_worker *w = arg;

	w->ops->begin(w->ctx);
	while (worker_pause(w, w->ops->step(w->ctx)))
		;
	w->ops->end(w->ctx);
	return NULL;
}

static int cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int err;

	if (pthread_condattr_init(&attr) != 0)
		return ENOMEM;
	/* a step of the wall clock must not stretch a pause */
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	err = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return err;
}

static int worker_init(struct riotlb_worker *w)
{
	int err = cond_init(&w->wake);

	if (err != 0)
		return -err;
	err = cond_init(&w->rested);
	if (err != 0)
		goto no_rested;
	err = pthread_mutex_init(&w->mutex, NULL);
	if (err == 0)
		return 0;
	pthread_cond_destroy(&w->rested);
no_rested:
	pthread_cond_destroy(&w->wake);
	return -err;
}

static void worker_free(struct riotlb_worker *w)
{
	pthread_mutex_destroy(&w->mutex);
	pthread_cond_destroy(&w->rested);
	pthread_cond_destroy(&w->wake);
	free(w);
}

/* The host program's signals are not the worker's business. */
static int start_without_signals(struct riotlb_worker *w)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&w->thread, NULL, worker_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

int riotlb_platform_worker_start(const struct riotlb_worker_ops *ops, void *ctx,
				 struct riotlb_worker **out)
{
	struct riotlb_worker *w = calloc(1, sizeof(*w));
	int err;

	if (w == NULL)
		return -ENOMEM;
	w->ops = ops;
	w->ctx = ctx;
	err = worker_init(w);
	if (err != 0) {
		free(w);
		return err;
	}
	err = start_without_signals(w);
	if (err != 0) {
		worker_free(w);
		return err;
	}
	*out = w;
	return 0;
}

void riotlb_platform_worker_stop(struct riotlb_worker *w)
{
	pthread_mutex_lock(&w->mutex);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->mutex);
	pthread_join(w->thread, NULL);
	worker_free(w);
}

void riotlb_platform_worker_rest(struct riotlb_worker *w)
{
	int cancel = riotlb_platform_cancel_off();

	pthread_mutex_lock(&w->mutex);
	w->rests++;
	pthread_cond_signal(&w->wake);
	while (!w->resting)
		pthread_cond_wait(&w->rested, &w->mutex);
	pthread_mutex_unlock(&w->mutex);
	riotlb_platform_cancel_restore(cancel);
}

void riotlb_platform_worker_wake(struct riotlb_worker *w)
{
	pthread_mutex_lock(&w->mutex);
	w->rests--;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->mutex);
}

int riotlb_platform_worker_renew(struct riotlb_worker *w)
{
	int err;

	/*
	 * Not destroyed before: the parent's thread waits on it, and that would
	 * be waited for.
	 */
	err = worker_init(w);
	if (err != 0)
		return err;
	w->resting = false;
	w->rests = 0;
	err = start_without_signals(w);
	if (err == 0)
		return 0;
	pthread_mutex_destroy(&w->mutex);
	pthread_cond_destroy(&w->rested);
	pthread_cond_destroy(&w->wake);
	return err;
}
