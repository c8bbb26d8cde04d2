/* SPDX-License-Identifier: MIT */
/*
 * Threads that start together. Workers do a number of rounds, and more as long
 * as the watchers have not seen enough; watchers go on until the workers are
 * done. So a run ends by progress alone, and none passes because one side was
 * over before the other began.
 */
#ifndef TESTS_CREW_H
#define TESTS_CREW_H

#include <pthread.h>
#include <stdatomic.h>

#include <riotlb/riotlb.h>

#include "hooks.h"
#include "rng.h"

enum {
	CREW_MAX = 8,
};

struct crew;

struct member {
	struct crew *crew;
	unsigned int index; /* among those of its kind */
	struct rng rng;
	void (*run)(struct member *m);
	void *ctx;
};

struct crew {
	struct riotlb *engine;
	struct member member[CREW_MAX];
	pthread_t thread[CREW_MAX];
	unsigned int members;
	unsigned int workers;
	uint64_t rounds; /* of each worker */
	uint64_t enough; /* passes of all watchers together */
	pthread_barrier_t start;
	atomic_uint working;
	atomic_uint_fast64_t passes;
};

/* What every program here takes: --flavor NAME, --percent N, --seed N. */
struct crew_options {
	const struct rcu_flavor_struct *flavor;
	unsigned int percent; /* of the usual number of rounds */
	uint64_t seed;
};

struct crew_options crew_options(int argc, char **argv);

/* Attributes as the options say, with `hooks`, made ready, for an allocator. */
void crew_attr(struct riotlb_attr *attr, const struct crew_options *options,
	       struct hooks *hooks);

/* `enough` of 0: the workers do not look at the watchers. */
void crew_init(struct crew *crew, struct riotlb *engine,
	       const struct crew_options *options, uint64_t rounds,
	       uint64_t enough);
/* Watchers are registered readers of the engine, workers need not be. */
void crew_add_worker(struct crew *crew, void (*run)(struct member *m),
		     void *ctx);
void crew_add_watcher(struct crew *crew, void (*run)(struct member *m),
		      void *ctx);
/*
 * Starts them all, stalls them at random, waits for all. The caller must not be
 * online (QSBR).
 */
void crew_run(struct crew *crew);

/* A worker's loop: is there a round number `round`? */
bool crew_work(struct member *m, uint64_t round);
/* A watcher's loop; counts a pass and goes through a quiescent state. */
bool crew_watch(struct member *m);
/* The same for one whose passes say nothing: they do not count. */
bool crew_attend(struct member *m);

#endif
