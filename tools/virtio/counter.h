/* SPDX-License-Identifier: MIT */
/* Counters with one writing thread, which any thread may read. */
#ifndef RIOTLB_VIRTIO_COUNTER_H
#define RIOTLB_VIRTIO_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t counter;

static inline uint64_t counter_read(const counter *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

static inline void counter_add(counter *c, uint64_t n)
{
	atomic_store_explicit(c, counter_read(c) + n, memory_order_relaxed);
}

#endif
