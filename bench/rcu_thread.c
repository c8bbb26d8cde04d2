/* SPDX-License-Identifier: MIT */
#include "rcu_thread.h"

#include <pthread.h>
#include <sched.h>

#include <urcu/urcu-memb.h>

#include "measure.h"
#include "subject.h"

static _Thread_local unsigned users;

void rcu_thread_enter(void)
{
	if (users++ == 0)
		urcu_memb_register_thread();
}

void rcu_thread_leave(void)
{
	if (--users == 0)
		urcu_memb_unregister_thread();
}

void rcu_subject_enter(void *self)
{
	(void)self;
	rcu_thread_enter();
}

void rcu_subject_leave(void *self)
{
	(void)self;
	rcu_thread_leave();
}

int rcu_worker_start(void)
{
	cpu_set_t before;
	int err;

	if (subject_settings.reclaim_cpu < 0) {
		(void)urcu_memb_get_default_call_rcu_data();
		return 0;
	}
	/* a new thread inherits the CPUs of the one that starts it */
	err = pthread_getaffinity_np(pthread_self(), sizeof(before), &before);
	if (err)
		return -err;
	err = cpu_pin(subject_settings.reclaim_cpu);
	if (err)
		return err;
	(void)urcu_memb_get_default_call_rcu_data();
	return -pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
}
