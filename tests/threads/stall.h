/* SPDX-License-Identifier: MIT */
/*
 * Stops threads where they stand. A signal handler gives the CPU away a few
 * times, so that a thread may be caught in the middle of an update or a lookup
 * for as long as others need to do a lot. Windows of some instructions become
 * wide enough to be hit in every run.
 */
#ifndef TESTS_STALL_H
#define TESTS_STALL_H

#include <pthread.h>
#include <stdatomic.h>

struct staller {
	const pthread_t *victims; /* may be finished, but not joined */
	unsigned int n;
	unsigned int lg_yields; /* a stall gives way up to 2^this times */
	unsigned int pause_us;  /* between two; 0: a few yields */
	pthread_t thread;
	atomic_bool stop;
	unsigned long stalls;
};

void stall_begin(struct staller *s, const pthread_t *victims, unsigned int n,
		 unsigned int lg_yields);
/* The same, for a run that is to get something else done as well. */
void stall_begin_paced(struct staller *s, const pthread_t *victims,
		       unsigned int n, unsigned int lg_yields,
		       unsigned int pause_us);
void stall_end(struct staller *s);

#endif
