/* SPDX-License-Identifier: MIT */
/*
 * The read side: the sections that lookups run in. This header, and nothing
 * else in the project, includes liburcu; the core uses it too.
 *
 * Each reader thread registers once (riotlb_thread_register), brackets its
 * lookups with riotlb_read_enter/exit and, under the QSBR flavour, calls
 * riotlb_quiescent between bursts or goes offline before it blocks. Calling the
 * flavour directly (urcu_memb_read_lock() and so on) is just as good; these
 * wrappers add what ThreadSanitizer needs to see, since liburcu itself is not
 * instrumented.
 */
#ifndef RIOTLB_RCU_H
#define RIOTLB_RCU_H

#include <urcu/flavor.h>

#include <riotlb/riotlb.h>

#ifdef RIOTLB_TSAN
RIOTLB_BEGIN_DECLS
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
RIOTLB_END_DECLS
#endif

RIOTLB_BEGIN_DECLS

/* The flavour that the engine was created with. Context: any. */
RIOTLB_API const struct rcu_flavor_struct *
riotlb_flavor(const struct riotlb *engine);

/*
 * The same for the wrappers below, without a call. An engine begins with the
 * pointer to its flavour; that is part of the ABI.
 */
static inline const struct rcu_flavor_struct *
riotlb_inline_flavor(const struct riotlb *engine)
{
	return *(const struct rcu_flavor_struct *const *)(const void *)engine;
}

/* ---- what ThreadSanitizer is told ------------------------------ */

/*
 * [P11:W] End of a section: what was done in it happens before the end of the
 * grace period that waited for it.
 */
static inline void riotlb_tsan_section_end(const struct rcu_flavor_struct *f)
{
#ifdef RIOTLB_TSAN
	__tsan_release((void *)(uintptr_t)f);
#else
	(void)f;
#endif
}

/* After a grace period: the sections it waited for happened before. */
static inline void riotlb_tsan_grace_period(const struct rcu_flavor_struct *f)
{
#ifdef RIOTLB_TSAN
	__tsan_acquire((void *)(uintptr_t)f);
#else
	(void)f;
#endif
}

/* ---- threads and sections -------------------------------------- */

/* Once per reader thread, before its first section. */
static inline void riotlb_thread_register(const struct riotlb *engine)
{
	riotlb_inline_flavor(engine)->register_thread();
}

static inline void riotlb_thread_unregister(const struct riotlb *engine)
{
	const struct rcu_flavor_struct *f = riotlb_inline_flavor(engine);

	riotlb_tsan_section_end(f);
	f->unregister_thread();
}

static inline void riotlb_read_enter(const struct riotlb *engine)
{
	riotlb_inline_flavor(engine)->read_lock();
}

static inline void riotlb_read_exit(const struct riotlb *engine)
{
	const struct rcu_flavor_struct *f = riotlb_inline_flavor(engine);

	riotlb_tsan_section_end(f);
	f->read_unlock();
}

/* QSBR: the caller holds no translation. No effect under other flavours. */
static inline void riotlb_quiescent(const struct riotlb *engine)
{
	const struct rcu_flavor_struct *f = riotlb_inline_flavor(engine);

	riotlb_tsan_section_end(f);
	f->read_quiescent_state();
}

/* QSBR: around anything that blocks. No effect under other flavours. */
static inline void riotlb_thread_offline(const struct riotlb *engine)
{
	const struct rcu_flavor_struct *f = riotlb_inline_flavor(engine);

	riotlb_tsan_section_end(f);
	f->thread_offline();
}

static inline void riotlb_thread_online(const struct riotlb *engine)
{
	riotlb_inline_flavor(engine)->thread_online();
}

RIOTLB_END_DECLS

#endif
