/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VDPA_CACHE_VERIFY_H
#define TESTS_VDPA_CACHE_VERIFY_H

#include <riotlb/cache.h>

/*
 * Does the cache know of exactly the mappings that its AS holds, each once, in
 * both of its orders? Nobody else is in a call on it.
 */
bool cache_verify(const struct riotlb_cache *cache);

#endif
