/* SPDX-License-Identifier: MIT */
/*
 * Put between the driver and riotlb by the linker (--wrap): code that makes
 * operations cost more than they did, each in a way of its own.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <riotlb/riotlb.h>

#define WRAP(result, name, ...)                   \
	result __real_riotlb_##name(__VA_ARGS__); \
	result __wrap_riotlb_##name(__VA_ARGS__); \
	result __wrap_riotlb_##name(__VA_ARGS__)

static atomic_ulong counter;
static void *volatile kept;
static volatile unsigned long word;

/* one locked instruction */
WRAP(int, translate, const struct riotlb *engine, uint32_t asid, uint64_t iova,
     uint64_t last, uint32_t want, struct riotlb_segment *seg)
{
	atomic_fetch_add(&counter, 1);
	return __real_riotlb_translate(engine, asid, iova, last, want, seg);
}

/* one allocation, behind the back of the hooks */
WRAP(int, unmap, struct riotlb *engine, uint32_t asid, uint64_t start,
     uint64_t last, enum riotlb_unmap_policy policy,
     struct riotlb_report *report)
{
	kept = malloc(1);
	free(kept);
	return __real_riotlb_unmap(engine, asid, start, last, policy, report);
}

/* one instruction, a jump: more than 1 % of a stamp, less than 1 % of a map */
WRAP(int, stamp, const struct riotlb *engine, uint32_t asid, uint64_t start,
     uint64_t last, struct riotlb_stamp *stamp)
{
	return __real_riotlb_stamp(engine, asid, start, last, stamp);
}

WRAP(int, map, struct riotlb *engine, uint32_t asid,
     const struct riotlb_mapping *mapping, uint32_t flags,
     struct riotlb_report *report)
{
	return __real_riotlb_map(engine, asid, mapping, flags, report);
}

/* one system call */
WRAP(int, poll, struct riotlb *engine, struct riotlb_token token)
{
	word = (unsigned long)getppid();
	return __real_riotlb_poll(engine, token);
}

/* n more steps at n mappings; and an allocation for each set_map */
static size_t mappings;

WRAP(int, set_map, struct riotlb *engine, uint32_t asid,
     const struct riotlb_mapping *m, size_t n, struct riotlb_report *report)
{
	mappings = n;
	return __real_riotlb_set_map(engine, asid, m, n, report);
}

WRAP(int, reset_map, struct riotlb *engine, uint32_t asid,
     struct riotlb_report *report)
{
	for (size_t i = 0; i < mappings / 64; i++)
		word = i;
	return __real_riotlb_reset_map(engine, asid, report);
}

/* a fence, and more code; never called */
void injected_fence(void);

void injected_fence(void)
{
	atomic_thread_fence(memory_order_seq_cst);
}
