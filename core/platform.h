/* SPDX-License-Identifier: MIT */
/*
 * What the core needs from the system it runs on. platform_posix.c supplies it
 * for user space; nothing else in core/ may assume one.
 */
#ifndef RIOTLB_CORE_PLATFORM_H
#define RIOTLB_CORE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory where the creator of an engine gives no hooks. */
void *riotlb_platform_alloc(void *ctx, size_t size, size_t align);
void riotlb_platform_free(void *ctx, void *ptr, size_t size);

/* One step of a wait for another thread: spins first, yields from then on. */
void riotlb_platform_relax(unsigned int *spins);
void riotlb_platform_sleep_us(uint64_t us);

/*
 * Around all that may be a cancellation point, hooks and callbacks included,
 * where something is in hand: returns what to hand to _restore. Between the
 * two, _point acts on a cancellation that was held up; nothing is in hand then.
 */
int riotlb_platform_cancel_off(void);
void riotlb_platform_cancel_restore(int state);
void riotlb_platform_cancel_point(int state);

/* A small number that differs between threads; spreads lease counters. */
unsigned int riotlb_platform_thread_index(void);

/* Is the calling thread inside a callback of any engine? */
bool riotlb_platform_in_callback(void);
void riotlb_platform_set_in_callback(bool inside);

struct riotlb_mutex;
struct riotlb_mutex *riotlb_platform_mutex_new(void);
void riotlb_platform_mutex_free(struct riotlb_mutex *mutex);
void riotlb_platform_lock(struct riotlb_mutex *mutex);
bool riotlb_platform_trylock(struct riotlb_mutex *mutex);
void riotlb_platform_unlock(struct riotlb_mutex *mutex);

/* A number that a process and the children that it forks do not share. */
uint64_t riotlb_platform_process(void);

/*
 * A thread that calls step(ctx) again and again; step returns how many
 * microseconds to sleep before the next call. begin and end run on it too.
 */
struct riotlb_worker_ops {
	void (*begin)(void *ctx);
	uint64_t (*step)(void *ctx);
	void (*end)(void *ctx);
};
struct riotlb_worker;
int riotlb_platform_worker_start(const struct riotlb_worker_ops *ops, void *ctx,
				 struct riotlb_worker **out);
/* Ends the thread after its current step and waits for it. */
void riotlb_platform_worker_stop(struct riotlb_worker *worker);
/*
 * Waits until the thread rests: between two steps, `end` called. _wake lets it
 * `begin` again, once as many have woken it as have rested it.
 */
void riotlb_platform_worker_rest(struct riotlb_worker *worker);
void riotlb_platform_worker_wake(struct riotlb_worker *worker);
/*
 * In a child of fork, which has no copy of the thread: starts one, awake. On an
 * error there is none, and it may be tried again.
 */
int riotlb_platform_worker_renew(struct riotlb_worker *worker);

#endif
