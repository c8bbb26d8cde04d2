/* SPDX-License-Identifier: MIT */
/*
 * How things are timed: a clock whose own cost is known, contestants that take
 * turns in random order, and medians with intervals that assume nothing about
 * the distribution of the noise.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

/* ---- randomness: seeded, the same on every machine ---------------------- */

struct rng {
	uint64_t state;
};

/* splitmix64 */
static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t x = rng->state += 0x9e3779b97f4a7c15ull;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

/* [0, bound); the bias is below bound / 2^64. */
static inline uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	return rng_next(rng) % bound;
}

/* order[] becomes a random permutation of 0..n-1. */
void rng_permutation(struct rng *rng, uint32_t *order, size_t n);

/* ---- clock -------------------------------------------------------------- */

struct clock_facts {
	const char *source;
	double ns_per_tick;
	double quantum_ns;  /* the smallest step it was seen to make */
	double overhead_ns; /* an empty interval, median */
};

extern struct clock_facts clock_facts;
extern bool clock_is_tsc;

void clock_init(void);

static inline uint64_t clock_posix(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/*
 * The fences keep the timed code between the two readings: rdtsc alone may be
 * executed before what precedes it has finished.
 */
static inline uint64_t clock_ticks(void)
{
#if defined(__x86_64__)
	if (clock_is_tsc) {
		uint64_t ticks;

		_mm_lfence();
		ticks = __rdtsc();
		_mm_lfence();
		return ticks;
	}
#endif
	return clock_posix();
}

/* Nanoseconds of an interval, the clock's own cost not taken off. */
static inline double clock_ns(uint64_t ticks)
{
	return (double)ticks * clock_facts.ns_per_tick;
}

/* ---- CPUs and caches ---------------------------------------------------- */

/* The first two CPUs this process may use; second is -1 if there is one. */
void cpus_allowed(int *first, int *second);
/*
 * All of them, as they were when cpus_allowed was first called: a thread that
 * has been pinned since no longer knows. Returns their number, at most max.
 */
size_t cpus_list(int *cpus, size_t max);
/* Pins the calling thread; 0 or -errno. */
int cpu_pin(int cpu);

/* Bytes that cache_flush walks; 0 before cache_flush_init. */
extern size_t cache_flush_bytes;
/* 0 or -ENOMEM. */
int cache_flush_init(void);
/* Pushes everything else out of the caches of this CPU. */
void cache_flush(void);

/* ---- statistics --------------------------------------------------------- */

/* A median and its 95 % interval (order statistics, binomial). */
struct estimate {
	double median;
	double low;
	double high;
};

/* With fewer samples no pair of order statistics covers 95 %. */
#define ESTIMATE_MIN_SAMPLES 6
#define ESTIMATE_MAX_SAMPLES 1000

struct estimate estimate_of(const double *samples, size_t n);
/* Of a[i] / b[i]: the two were taken in the same round. */
struct estimate estimate_ratio(const double *a, const double *b, size_t n);

/* The mean of the middle half: robust, yet finer than the clock's quantum. */
double midmean(double *samples, size_t n); /* sorts */

/*
 * One side of a comparison. sample() takes one measurement, in ns per
 * operation; false means that the answers were wrong and ends everything.
 */
struct contestant {
	bool (*sample)(void *ctx, double *ns);
	void *ctx;
	double *ns; /* [rounds], filled by contest */
};

/* In every round each contestant has one turn; the order is drawn anew. */
bool contest(struct contestant *contestants, size_t n, size_t rounds,
	     struct rng *rng);

#endif
