/* SPDX-License-Identifier: MIT */
/*
 * The kernel's caches of objects, over the allocator that riotlb has. A maple
 * tree has one cache for all its instances, and what call_rcu calls knows none:
 * so there is one allocator for all. Opened and closed by one thread at a time.
 */
#ifndef BENCH_PEERS_SLAB_H
#define BENCH_PEERS_SLAB_H

#include <stddef.h>
#include <stdint.h>

/* 0 or -ENOMEM. */
int slab_open(void);
/* When nothing of it is in use any more. */
void slab_close(void);
/* Live bytes, of all instances. */
uint64_t slab_bytes(void);

/* NULL: out of memory. */
void *slab_take(size_t size, size_t align);
void slab_give(void *p, size_t size);

#endif
