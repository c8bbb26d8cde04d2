/* SPDX-License-Identifier: MIT */
#include "consumer.h"

#include <riotlb/jemalloc.h>

int main(void)
{
	struct riotlb_jemalloc_usage usage;
	struct riotlb_jemalloc *arena;

	CONSUMER_CHECK(riotlb_jemalloc_create(0, &arena) == 0);
	consumer_run(riotlb_jemalloc_allocator(arena));
	riotlb_jemalloc_get_usage(arena, &usage);
	CONSUMER_CHECK(usage.blocks == 0 && usage.actual == 0);
	riotlb_jemalloc_destroy(arena);
	return 0;
}
