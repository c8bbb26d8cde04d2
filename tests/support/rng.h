/* SPDX-License-Identifier: MIT */
/* splitmix64: a seed is one word, so a failure is replayed from one number. */
#ifndef TESTS_RNG_H
#define TESTS_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static inline uint64_t rng_next(struct rng *r)
{
	return rng_mix(r->state += 0x9e3779b97f4a7c15u);
}

/* 0..n-1; n = 0 stands for 2^64. The bias of a modulo is no matter here. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	uint64_t x = rng_next(r);

	return n ? x % n : x;
}

static inline bool rng_percent(struct rng *r, unsigned int percent)
{
	return rng_below(r, 100) < percent;
}

/* Every magnitude below 2^bits is equally likely. */
static inline uint64_t rng_log(struct rng *r, unsigned int bits)
{
	uint64_t shift = 64 - rng_below(r, bits + 1);

	return shift == 64 ? 0 : rng_next(r) >> shift;
}

#endif
