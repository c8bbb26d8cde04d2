/* SPDX-License-Identifier: MIT */
/*
 * Every atomic access of the library goes through this file; a lint test
 * forbids raw atomics elsewhere. The name says the order; the comment at each
 * call site carries a label, [P3:W] or [P3:R], which names the pair in
 * core/ORDERING.md that the access belongs to (W publishes, R observes).
 *
 * Fields are plain integers and pointers accessed by the compiler's builtins,
 * not _Atomic, because the installed inline lookups must also compile as C++.
 */
#ifndef RIOTLB_DETAIL_PUBLISH_H
#define RIOTLB_DETAIL_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include <riotlb/export.h>

/* ---- words ----------------------------------------------------- */

static inline uint64_t riotlb_load_relaxed(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline uint64_t riotlb_load_acquire(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline uint64_t riotlb_load_seq(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static inline void riotlb_store_relaxed(uint64_t *p, uint64_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELAXED);
}

static inline void riotlb_store_release(uint64_t *p, uint64_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static inline uint64_t riotlb_add_relaxed(uint64_t *p, uint64_t v)
{
	return __atomic_fetch_add(p, v, __ATOMIC_RELAXED);
}

static inline uint64_t riotlb_add_release(uint64_t *p, uint64_t v)
{
	return __atomic_fetch_add(p, v, __ATOMIC_RELEASE);
}

static inline uint64_t riotlb_add_seq(uint64_t *p, uint64_t v)
{
	return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
}

static inline void riotlb_or_seq(uint64_t *p, uint64_t v)
{
	__atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);
}

static inline uint64_t riotlb_swap_seq(uint64_t *p, uint64_t v)
{
	return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}

static inline bool riotlb_cas_seq(uint64_t *p, uint64_t *seen, uint64_t v)
{
	return __atomic_compare_exchange_n(p, seen, v, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/*
 * Words of a caller's array, which a guest may be writing meanwhile: each is
 * read once, however often the value is used. (Of a plain load a compiler makes
 * two where it likes; one that copied such words to look at the copies alone
 * was compiled to do both.) In pairs, because half as many loads do.
 */
typedef uint64_t riotlb_pair
	__attribute__((vector_size(16), aligned(8), may_alias));

static inline uint64_t riotlb_load_foreign(const uint64_t *p)
{
	return riotlb_load_relaxed(p);
}

static inline uint32_t riotlb_load_foreign_half(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline riotlb_pair riotlb_load_foreign_pair(const uint64_t *p)
{
#ifdef RIOTLB_TSAN
	return (riotlb_pair){ riotlb_load_relaxed(p),
			      riotlb_load_relaxed(p + 1) };
#else
	return *(const volatile riotlb_pair *)(const volatile void *)p;
#endif
}

/* ---- pointers -------------------------------------------------- */

/*
 * Pointers are kept in words too (slots are tagged pointers anyway), so that
 * one set of accessors serves both and C and C++ agree on the types.
 */
static inline uint64_t riotlb_word_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static inline void *riotlb_ptr_of(uint64_t w)
{
	return (void *)(uintptr_t)w;
}

/* ---- fences and hints ------------------------------------------ */

static inline void riotlb_fence_seq(void)
{
#ifdef RIOTLB_TSAN
	/*
	 * gcc refuses fences here, as ThreadSanitizer does not model them. An
	 * exchange on a word of one's own fences on the machines that it runs
	 * on, and adds no order that could hide a race from it.
	 */
	uint64_t own = 0;

	(void)__atomic_exchange_n(&own, 1, __ATOMIC_SEQ_CST);
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

static inline void riotlb_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield");
#endif
}

static inline void riotlb_prefetch(const void *p)
{
	__builtin_prefetch(p);
}

#endif
