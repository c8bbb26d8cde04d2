/* SPDX-License-Identifier: MIT */
/*
 * Threads and liburcu's memb flavour, which riotlb and the peers with RCU share
 * here. A thread may be registered once only, but uses several subjects.
 */
#ifndef BENCH_RCU_THREAD_H
#define BENCH_RCU_THREAD_H

/* In pairs, by one thread; they nest. */
void rcu_thread_enter(void);
void rcu_thread_leave(void);

/* The same, as thread_enter and thread_leave of a struct subject_ops. */
void rcu_subject_enter(void *self);
void rcu_subject_leave(void *self);

/*
 * Sees to it that the thread that runs call_rcu's callbacks exists, and runs
 * where riotlb's reclaimer does; 0 or -errno.
 */
int rcu_worker_start(void);

#endif
