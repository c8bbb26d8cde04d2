/* SPDX-License-Identifier: MIT */
/*
 * Stops between any two atomic accesses of the core.
 *
 * A signal finds a thread in the few instructions that matter once in a million
 * times. So the core is compiled once more with this header in front of each of
 * its files (a compiler option; the sources know nothing of it): then it calls
 * stops_hook before each of its atomic accesses. All of them are written with
 * the builtins below, in include/riotlb/detail/publish.h; within its own
 * expansion a macro's name means the builtin.
 */
#ifndef TESTS_STOPS_H
#define TESTS_STOPS_H

/* Is this a program on such a core? */
#ifdef STOPS_IN_CORE
enum { STOPS_AVAILABLE = 1 };
#else
enum { STOPS_AVAILABLE = 0 };
#endif

/* May let others run for as long as it likes. Set before there are threads. */
extern void (*stops_hook)(void);

static inline void stops_here(void)
{
	if (stops_hook)
		stops_hook();
}

#ifdef STOPS_IN_ATOMICS
#define __atomic_load_n(p, order) (stops_here(), __atomic_load_n(p, order))
#define __atomic_store_n(p, v, order) \
	(stops_here(), __atomic_store_n(p, v, order))
#define __atomic_exchange_n(p, v, order) \
	(stops_here(), __atomic_exchange_n(p, v, order))
#define __atomic_fetch_add(p, v, order) \
	(stops_here(), __atomic_fetch_add(p, v, order))
#define __atomic_compare_exchange_n(p, seen, v, weak, order, failure) \
	(stops_here(),                                                \
	 __atomic_compare_exchange_n(p, seen, v, weak, order, failure))
#endif

#endif
