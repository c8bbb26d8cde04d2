/* SPDX-License-Identifier: MIT */
#include "stall.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "rng.h"

static atomic_uint yields;

static void handler(int signal)
{
	int saved = errno;

	(void)signal;
	for (unsigned int n = atomic_load(&yields); n; n--)
		sched_yield();
	errno = saved;
}

static void wait_between(const struct staller *s, struct rng *rng)
{
	const struct timespec pause = { .tv_nsec = s->pause_us * 1000L };

	if (s->pause_us) {
		nanosleep(&pause, NULL);
		return;
	}
	for (uint64_t n = 1 + rng_below(rng, 20); n; n--)
		sched_yield();
}

static void *stall(void *arg)
{
	struct rng rng = { .state = 77 };
	struct staller *s = arg;

	/* at least once, also where this thread comes to run only at the end */
	do {
		pthread_t victim = s->victims[rng_below(&rng, s->n)];
		int err;

		atomic_store(&yields,
			     (unsigned int)rng_log(&rng, s->lg_yields));
		err = pthread_kill(victim, SIGUSR2);
		check(err == 0 || err == ESRCH);
		s->stalls++;
		wait_between(s, &rng);
	} while (!atomic_load(&s->stop));
	return NULL;
}

void stall_begin(struct staller *s, const pthread_t *victims, unsigned int n,
		 unsigned int lg_yields)
{
	stall_begin_paced(s, victims, n, lg_yields, 0);
}

void stall_begin_paced(struct staller *s, const pthread_t *victims,
		       unsigned int n, unsigned int lg_yields,
		       unsigned int pause_us)
{
	struct sigaction action = { .sa_handler = handler,
				    .sa_flags = SA_RESTART };

	memset(s, 0, sizeof(*s));
	s->victims = victims;
	s->n = n;
	s->lg_yields = lg_yields;
	s->pause_us = pause_us;
	check_eq(sigaction(SIGUSR2, &action, NULL), 0);
	check_eq(pthread_create(&s->thread, NULL, stall, s), 0);
}

void stall_end(struct staller *s)
{
	atomic_store(&s->stop, true);
	check_eq(pthread_join(s->thread, NULL), 0);
	check(s->stalls > 0);
}
