/* SPDX-License-Identifier: MIT */
/*
 * What a few kernel sources expect around them, in user space. Every header
 * that they name and that is not extracted with them is a line that includes
 * this one (CMakeLists.txt writes those).
 *
 * Where a definition takes time it takes what it takes in the kernel: an
 * assignment for readers is a store with release, a read barrier between loads
 * costs nothing on a machine that keeps them in order, and memory comes from
 * the allocator that riotlb is given in the same run.
 */
#ifndef BENCH_PEERS_SHIM_H
#define BENCH_PEERS_SHIM_H

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h> /* the one of the C library's kernel headers */

/* Readers' sections without a function call, as in the kernel. */
#define _LGPL_SOURCE
#define URCU_API_MAP
#include <urcu/urcu-memb.h>

/* ---- types, compiler --------------------------------------------------- */

#if ULONG_MAX > 0xffffffff
#define CONFIG_64BIT 1
#endif

typedef uint8_t u8;
typedef __u32 u32;
typedef __u64 u64;
typedef unsigned int gfp_t;

#define GFP_ATOMIC 1u
#define GFP_NOWAIT 2u
#define GFP_KERNEL 4u
#define __GFP_NOWARN 8u
#define gfpflags_allow_blocking(gfp) (((gfp)&GFP_KERNEL) != 0)

#define __rcu
#define __init
#define __must_hold(lock)
#define __maybe_unused __attribute__((unused))
#define fallthrough __attribute__((fallthrough))
#define noinline __attribute__((noinline))
#define noinline_for_stack noinline
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define smp_rmb() atomic_thread_fence(memory_order_acquire)
#define smp_wmb() atomic_thread_fence(memory_order_release)

#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define swap(a, b)                           \
	do {                                 \
		__typeof__(a) swapped = (a); \
		(a) = (b);                   \
		(b) = swapped;               \
	} while (0)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* An inconsistency ends the program: there is no result to be had from it. */
static inline bool shim_warn_on(bool condition)
{
	if (unlikely(condition))
		abort();
	return condition;
}

#define BUG_ON(condition) ((void)shim_warn_on(condition))
#define WARN_ON(condition) shim_warn_on(condition)
#define WARN_ON_ONCE(condition) WARN_ON(condition)

#define EXPORT_SYMBOL(name) struct shim_unused
#define EXPORT_SYMBOL_GPL(name) struct shim_unused
#define MODULE_VERSION(text) struct shim_unused
#define MODULE_DESCRIPTION(text) struct shim_unused
#define MODULE_AUTHOR(text) struct shim_unused
#define MODULE_LICENSE(text) struct shim_unused

#define trace_ma_op(...)
#define trace_ma_read(...)
#define trace_ma_write(...)

/* ---- locks, RCU -------------------------------------------------------- */

/*
 * Fair, as the kernel's: who came first has it first. pthread's is not, and
 * lets a reader that comes back at once keep an updater out for milliseconds.
 * A holder can lose its CPU here, so after a while those who wait give theirs.
 */
typedef struct {
	_Atomic unsigned int next;
	_Atomic unsigned int serving;
} spinlock_t;

#define SHIM_SPINS 1000

static inline void spin_lock_init(spinlock_t *lock)
{
	atomic_init(&lock->next, 0);
	atomic_init(&lock->serving, 0);
}

static inline void spin_lock(spinlock_t *lock)
{
	unsigned int ticket =
		atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);

	for (unsigned int spins = 0;
	     atomic_load_explicit(&lock->serving, memory_order_acquire) !=
	     ticket;
	     spins++) {
		if (spins < SHIM_SPINS)
			caa_cpu_relax();
		else
			sched_yield();
	}
}

static inline void spin_unlock(spinlock_t *lock)
{
	unsigned int serving =
		atomic_load_explicit(&lock->serving, memory_order_relaxed);

	atomic_store_explicit(&lock->serving, serving + 1,
			      memory_order_release);
}
#define SINGLE_DEPTH_NESTING 1
#define spin_lock_nested(lock, depth) spin_lock(lock)
#define lockdep_is_held(lock) true

/* liburcu's are stronger than what the kernel's cost. */
#undef rcu_assign_pointer
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
#undef rcu_dereference
#define rcu_dereference(p) READ_ONCE(p)
#define rcu_dereference_check(p, condition) READ_ONCE(p)
#define rcu_dereference_protected(p, condition) (p)
#define rcu_dereference_raw(p) READ_ONCE(p)

/* ---- lists ------------------------------------------------------------- */

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_add_tail(struct list_head *item, struct list_head *head)
{
	item->next = head;
	item->prev = head->prev;
	head->prev->next = item;
	head->prev = item;
}

static inline void list_del(struct list_head *item)
{
	item->next->prev = item->prev;
	item->prev->next = item->next;
}

#define list_first_entry(head, type, member) \
	container_of((head)->next, type, member)

/* ---- entries of a tree that are not pointers: marked in their low bits -- */

static inline bool xa_is_internal(const void *entry)
{
	return ((uintptr_t)entry & 3) == 2;
}

static inline bool xa_is_node(const void *entry)
{
	return xa_is_internal(entry) && (uintptr_t)entry > 4096;
}

static inline bool xa_is_zero(const void *entry)
{
	return (uintptr_t)entry == (257u << 2 | 2);
}

static inline bool xa_is_advanced(const void *entry)
{
	return xa_is_internal(entry) && (uintptr_t)entry <= (256u << 2 | 2);
}

static inline int xa_err(const void *entry)
{
	intptr_t value = (intptr_t)entry;

	if (!xa_is_internal(entry) || value >= 0 || value < -4095 * 4 - 2)
		return 0;
	return (int)(value >> 2);
}

/* ---- memory: each has one user, which defines it ----------------------- */

/* vhost_iotlb, for its mappings */
void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
void kfree(void *p);

/* the maple tree, for its nodes */
struct kmem_cache;

#define SLAB_PANIC 0

struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, unsigned int flags,
				     void (*ctor)(void *));
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
int kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t n,
			  void **p);
void kmem_cache_free(struct kmem_cache *cache, void *p);
void kmem_cache_free_bulk(struct kmem_cache *cache, size_t n, void **p);

#endif
