/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALIBRATE_NS 50000000u
#define CLOCK_TRIES 10001
#define LINE 64
#define FLUSH_LEAST (64ull << 20)
#define FLUSH_MOST (512ull << 20)
#define MAX_CONTESTANTS 8

struct clock_facts clock_facts;
bool clock_is_tsc;
size_t cache_flush_bytes;

static unsigned char *flush_buffer;

void rng_permutation(struct rng *rng, uint32_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = (size_t)rng_below(rng, i + 1);

		if (j < i)
			order[i] = order[j];
		order[j] = (uint32_t)i;
	}
}

/* ---- clock -------------------------------------------------------------- */

/* Does the kernel itself keep time with the TSC? Then it is fit for us. */
static bool kernel_trusts_tsc(void)
{
	char name[16] = "";
	FILE *f = fopen("/sys/devices/system/clocksource/clocksource0/"
			"current_clocksource",
			"r");

	if (!f)
		return false;
	if (!fgets(name, sizeof(name), f))
		name[0] = '\0';
	fclose(f);
	return strcmp(name, "tsc\n") == 0;
}

static double measure_tick(void)
{
	uint64_t posix = clock_posix();
	uint64_t ticks = clock_ticks();
	uint64_t now;

	do {
		now = clock_posix();
	} while (now - posix < CALIBRATE_NS);
	return (double)(now - posix) / (double)(clock_ticks() - ticks);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

void clock_init(void)
{
	static double empty[CLOCK_TRIES];
	double quantum = 0;

#if defined(__x86_64__)
	clock_is_tsc = kernel_trusts_tsc();
#endif
	clock_facts.source = clock_is_tsc ? "TSC (lfence; rdtsc; lfence)"
					  : "clock_gettime(CLOCK_MONOTONIC)";
	clock_facts.ns_per_tick = clock_is_tsc ? measure_tick() : 1;
	for (size_t i = 0; i < CLOCK_TRIES; i++) {
		uint64_t before = clock_ticks();

		empty[i] = clock_ns(clock_ticks() - before);
	}
	qsort(empty, CLOCK_TRIES, sizeof(empty[0]), compare_doubles);
	for (size_t i = 1; i < CLOCK_TRIES; i++) {
		double step = empty[i] - empty[i - 1];

		/* half a tick, to be safe against rounding */
		if (step > clock_facts.ns_per_tick / 2 &&
		    (quantum == 0 || step < quantum))
			quantum = step;
	}
	clock_facts.quantum_ns = quantum;
	clock_facts.overhead_ns = empty[CLOCK_TRIES / 2];
}

/* ---- CPUs and caches ---------------------------------------------------- */

static cpu_set_t allowed;
static bool allowed_known;

size_t cpus_list(int *cpus, size_t max)
{
	size_t n = 0;

	if (!allowed_known && sched_getaffinity(0, sizeof(allowed), &allowed))
		return 0;
	allowed_known = true;
	for (int cpu = 0; cpu < CPU_SETSIZE && n < max; cpu++) {
		if (CPU_ISSET((size_t)cpu, &allowed))
			cpus[n++] = cpu;
	}
	return n;
}

void cpus_allowed(int *first, int *second)
{
	int cpus[2] = { -1, -1 };

	cpus_list(cpus, 2);
	*first = cpus[0];
	*second = cpus[1];
}

int cpu_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* The largest cache the kernel knows of, in bytes; 0 if it does not say. */
static size_t largest_cache(void)
{
	size_t largest = 0;

	for (int i = 0; i < 8; i++) {
		char path[80];
		size_t kib = 0;
		FILE *f;

		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
		f = fopen(path, "r");
		if (!f)
			break;
		if (fscanf(f, "%zuK", &kib) == 1 && kib * 1024 > largest)
			largest = kib * 1024;
		fclose(f);
	}
	return largest;
}

int cache_flush_init(void)
{
	size_t bytes = 2 * largest_cache();

	if (bytes < FLUSH_LEAST)
		bytes = FLUSH_LEAST;
	if (bytes > FLUSH_MOST)
		bytes = FLUSH_MOST;
	flush_buffer = malloc(bytes);
	if (!flush_buffer)
		return -ENOMEM;
	/* untouched pages would all be the one zero page, and stay cached */
	memset(flush_buffer, 1, bytes);
	cache_flush_bytes = bytes;
	return 0;
}

void cache_flush(void)
{
	volatile const unsigned char *p = flush_buffer;

	for (size_t i = 0; i < cache_flush_bytes; i += LINE)
		(void)p[i];
}

/* ---- statistics --------------------------------------------------------- */

/*
 * The largest k with P(X < k) <= 2.5 % for X ~ binomial(n, 1/2): the interval
 * from the k-th smallest to the k-th largest sample covers the true median in
 * at least 95 % of all cases, whatever the distribution.
 */
static size_t outer_rank(size_t n)
{
	double term = 1;
	double below = 0;
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		term /= 2;
	while (below + term <= 0.025) {
		below += term;
		term *= (double)(n - k) / (double)(k + 1);
		k++;
	}
	return k;
}

static struct estimate estimate_sorted(const double *sorted, size_t n)
{
	size_t k = outer_rank(n);
	struct estimate e;

	e.median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
	e.low = sorted[k - 1];
	e.high = sorted[n - k];
	return e;
}

struct estimate estimate_of(const double *samples, size_t n)
{
	double sorted[ESTIMATE_MAX_SAMPLES];

	memcpy(sorted, samples, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_doubles);
	return estimate_sorted(sorted, n);
}

struct estimate estimate_ratio(const double *a, const double *b, size_t n)
{
	double ratio[ESTIMATE_MAX_SAMPLES];

	for (size_t i = 0; i < n; i++)
		ratio[i] = a[i] / b[i];
	return estimate_of(ratio, n);
}

double midmean(double *samples, size_t n)
{
	size_t low = n / 4;
	size_t high = n - low;
	double sum = 0;

	qsort(samples, n, sizeof(*samples), compare_doubles);
	for (size_t i = low; i < high; i++)
		sum += samples[i];
	return sum / (double)(high - low);
}

bool contest(struct contestant *contestants, size_t n, size_t rounds,
	     struct rng *rng)
{
	uint32_t order[MAX_CONTESTANTS];

	for (size_t round = 0; round < rounds; round++) {
		rng_permutation(rng, order, n);
		for (size_t i = 0; i < n; i++) {
			struct contestant *c = &contestants[order[i]];

			if (!c->sample(c->ctx, &c->ns[round]))
				return false;
		}
	}
	return true;
}
