/* SPDX-License-Identifier: MIT */
#include "beside.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "inject.h"

#define LINE 128 /* two, as CPUs fetch them in pairs */

struct beside {
	/* of the second thread, and of the first while the second is idle */
	_Alignas(LINE) struct state s;
	uint64_t (*work)(struct state *s, uint64_t n);
	long lost;
	/* each is written by one thread, and seldom */
	_Alignas(LINE) atomic_bool wanted;
	atomic_bool ended;
	sem_t go;
	_Alignas(LINE) atomic_bool works;
	pthread_t thread;
};

long lost_cpu(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? 0 : usage.ru_nivcsw;
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

static void work(struct beside *b)
{
	long lost = lost_cpu();

	do {
		b->work(&b->s, SECTION);
		b->s.at += SECTION;
		/* again and again, which others only see the first time */
		if (!atomic_load_explicit(&b->works, memory_order_relaxed))
			atomic_store(&b->works, true);
	} while (atomic_load_explicit(&b->wanted, memory_order_relaxed));
	b->lost += lost_cpu() - lost;
	atomic_store(&b->works, false);
}

static void *live(void *ctx)
{
	struct beside *b = ctx;

	riotlb_thread_register(b->s.engine);
	for (;;) {
		while (sem_wait(&b->go))
			;
		if (atomic_load(&b->ended))
			break;
		work(b);
	}
	riotlb_thread_unregister(b->s.engine);
	return NULL;
}

/* Anywhere else it would be as much in the way as it can be. */
static int start(struct beside *b, int cpu)
{
	pthread_attr_t attr;
	cpu_set_t set;
	int err;

	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	pthread_attr_init(&attr);
	err = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (!err)
		err = pthread_create(&b->thread, &attr, live, b);
	pthread_attr_destroy(&attr);
	return -err;
}

static void drop(struct beside *b)
{
	state_close_beside(&b->s);
	sem_destroy(&b->go);
	free(b);
}

int beside_open(struct beside **beside, struct state *s, const struct op *op,
		int cpu)
{
	struct beside *b = aligned_alloc(LINE, sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	*b = (struct beside){ .work = op->beside };
	sem_init(&b->go, 0, 0);
	err = state_open_beside(&b->s, s);
	if (!err)
		err = start(b, cpu);
	if (err)
		drop(b);
	else
		*beside = b;
	return err;
}

void beside_share_line(struct beside *b, struct state *s)
{
	inject_line(s, &b->s);
}

void beside_go(struct beside *b)
{
	atomic_store(&b->wanted, true);
	sem_post(&b->go);
	while (!atomic_load(&b->works))
		relax();
}

int beside_stop(struct beside *b, long *lost)
{
	atomic_store(&b->wanted, false);
	while (atomic_load(&b->works))
		relax();
	*lost += b->lost;
	b->lost = 0;
	return b->s.err;
}

void beside_close(struct beside *b)
{
	atomic_store(&b->ended, true);
	sem_post(&b->go);
	pthread_join(b->thread, NULL);
	drop(b);
}
