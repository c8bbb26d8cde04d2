/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <riotlb/rcu.h>

#include "cache_run.h"

enum {
	ROUNDS = 15,     /* the median of so many, policies taking turns */
	LOOKUPS = 65536, /* of a round */
	FILLS = 4096,
	PAGES = 65536, /* that are mapped in turn */
	SECTION = 32,
};

struct costs {
	struct cache_device devices[CACHE_POLICIES];
	uint32_t entries;
	uint64_t next_page; /* to be mapped */
	uint64_t missed;    /* lookups, of which none should */
	double lookup[ROUNDS];
	double hit[CACHE_POLICIES][ROUNDS];
	double fill[CACHE_POLICIES][ROUNDS];
};

/* Of this thread: what others do meanwhile is no cost of a cache. */
static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The pages that the cache was filled with last are all there. */
static uint64_t iova_of(const struct costs *c, uint64_t i)
{
	return (c->next_page - 1 - i % c->entries) % PAGES * TRACE_PAGE;
}

/* ns of a lookup that finds something; through the cache, or beside it. */
static double time_lookups(struct costs *c, struct cache_device *d,
			   bool through)
{
	struct riotlb_segment seg;
	uint64_t begin = cpu_ns();
	uint64_t missed = 0;

	for (uint64_t i = 0; i < LOOKUPS; i++) {
		uint64_t iova = iova_of(c, i * 7);

		if (i % SECTION == 0)
			riotlb_read_enter(d->engine);
		if (through)
			missed +=
				riotlb_cache_translate(d->caches[0], iova, iova,
						       RIOTLB_READ, &seg) != 0;
		else
			missed += riotlb_translate(d->engine, 0, iova, iova,
						   RIOTLB_READ, &seg) != 0;
		if (i % SECTION == SECTION - 1)
			riotlb_read_exit(d->engine);
	}
	c->missed += missed;
	return (double)(cpu_ns() - begin) / LOOKUPS;
}

static int fill(struct cache_device *d, uint64_t first, uint64_t n)
{
	int err = 0;

	for (uint64_t page = first; page < first + n && !err; page++)
		err = riotlb_vdpa_dma_map(d->vdpa, 0, page % PAGES * TRACE_PAGE,
					  TRACE_PAGE, 0, RIOTLB_RW, NULL, NULL);
	return err;
}

/* All caches hold the same pages afterwards, those mapped last. */
static int run_round(struct costs *c, int round)
{
	int err = 0;

	for (int p = 0; p < CACHE_POLICIES && !err; p++) {
		struct cache_device *d = &c->devices[p];
		uint64_t begin = cpu_ns();

		err = fill(d, c->next_page, FILLS);
		c->fill[p][round] = (double)(cpu_ns() - begin) / FILLS;
		riotlb_reclaim(d->engine);
		if (!err && c->entries > FILLS)
			err = fill(d, c->next_page + FILLS, c->entries - FILLS);
	}
	c->next_page += c->entries > FILLS ? c->entries : FILLS;
	for (int p = 0; p < CACHE_POLICIES && !err; p++)
		c->hit[p][round] = time_lookups(c, &c->devices[p], true);
	if (!err)
		c->lookup[round] = time_lookups(c, &c->devices[0], false);
	return err;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

static int run_rounds(struct costs *c)
{
	const struct riotlb *engine = c->devices[0].engine;
	int err = 0;

	riotlb_thread_register(engine);
	c->next_page = c->entries;
	for (int round = 0; round < ROUNDS && !err; round++)
		err = run_round(c, round);
	riotlb_thread_unregister(engine);
	return err;
}

static int run(struct costs *c)
{
	int err = 0;

	for (int p = 0; p < CACHE_POLICIES && !err; p++) {
		err = cache_device_open(&c->devices[p], 1, c->entries,
					(enum riotlb_cache_policy)p);
		if (!err)
			err = fill(&c->devices[p], 0, c->entries);
	}
	if (!err)
		err = run_rounds(c);
	for (int p = 0; p < CACHE_POLICIES; p++)
		cache_device_close(&c->devices[p]);
	return err;
}

enum status cache_run_costs(uint32_t entries, struct cache_costs *costs)
{
	struct costs *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return say_input("costs", 0, "out of memory");
	c->entries = entries;
	err = run(c);
	if (!err && c->missed)
		err = -EFAULT;
	costs->lookup = median(c->lookup);
	for (int p = 0; p < CACHE_POLICIES; p++) {
		costs->hit[p] = median(c->hit[p]);
		costs->fill[p] = median(c->fill[p]);
	}
	free(c);
	return err ? say_input("costs", 0, "%s", strerror(-err)) : STATUS_OK;
}
