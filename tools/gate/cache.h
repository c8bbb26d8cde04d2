/* SPDX-License-Identifier: MIT */
/* CMakeCache.txt */
#ifndef RIOTLB_GATE_CACHE_H
#define RIOTLB_GATE_CACHE_H

#include <stddef.h>

struct cache {
	char *text;
	size_t size;
	char type[32];
};

/* 0 or -errno */
int cache_read(struct cache *cache, const char *dir);
void cache_free(struct cache *cache);
/* "" if there is no such entry. */
const char *cache_get(struct cache *cache, const char *key);
/* In capitals, as in the names of other entries. */
const char *cache_build_type(struct cache *cache);

#endif
