/* SPDX-License-Identifier: MIT */
/*
 * A round: an engine, and the threads that are at it until they are told to
 * stop. They start together.
 */
#ifndef TORTURE_ROUND_H
#define TORTURE_ROUND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <riotlb/riotlb.h>

#include "count.h"
#include "hooks.h"
#include "options.h"
#include "rng.h"

enum {
	ACTORS_MAX = 40,
	KEPT_MAX = 8192,
};

/* What an engine is created with. */
struct kind {
	const char *name;
	bool qsbr;
	/*
	 * No retire callback and no cap: updates are done in the shortest way.
	 * Blocks are found to be gone by the ledger and come back by
	 * riotlb_defer. Nobody waits for a cap to be reached.
	 */
	bool plain;
};

struct round;

struct actor {
	struct counts counts;
	struct round *round;
	struct riotlb *engine;
	struct rng rng;
	const char *name;
	void (*run)(struct actor *a);
	bool reads; /* it is registered as a reader */
	/* in a plain engine: blocks that it mapped and did not hand back */
	unsigned int kept;
	unsigned int sweep_at;
	uint32_t keep[KEPT_MAX];
	pthread_t thread;
	atomic_bool gone;
};

struct round {
	struct riotlb *engine;
	const struct options *options;
	const struct kind *kind;
	uint64_t seed;
	atomic_bool stop;
	atomic_uint hot;     /* the AS that most are at just now */
	atomic_bool stalled; /* a section is being held, see staller.c */
	atomic_uint_fast64_t refused; /* calls that got -EAGAIN */
	atomic_uint_fast64_t added;   /* calls that mapped something */
	struct counts retired;
	struct hooks hooks;
	unsigned int actors;
	struct actor actor[ACTORS_MAX];
	pthread_barrier_t start;
};

static inline bool round_goes_on(const struct actor *a)
{
	return !atomic_load_explicit(&a->round->stop, memory_order_relaxed);
}

/* Is any other thread of the round still at it? */
bool round_others_are_there(struct actor *a);
/* The AS to be at next. */
uint32_t round_space(struct actor *a);

/*
 * Runs one for `seconds`, and longer, within reason, until there is at least
 * `goal` of each count; adds what there was to totals. False if the program
 * must end now: there was a violation, and the engine cannot be trusted to let
 * go of its memory and threads.
 */
bool round_run(const struct options *options, const struct kind *kind,
	       uint64_t seed, double seconds, const uint64_t goal[COUNTS],
	       uint64_t totals[COUNTS]);

/* The parts; each is one thread's whole life. */
void reader(struct actor *a);
void updater(struct actor *a);
void publisher(struct actor *a);
void rebinder(struct actor *a);
void completer(struct actor *a);
void staller(struct actor *a);

/* Sleeps, signals or not, in an actor that is in no section. */
void actor_sleep(struct actor *a, unsigned long us);
/* Errors that an update may end in, where they are due. */
enum {
	MAY_EXIST = 1,   /* -EEXIST */
	MAY_FAULT = 2,   /* -EFAULT */
	MAY_INVALID = 4, /* -EINVAL */
	MAY_BACKLOG = 8, /* -EAGAIN */
};

/* Counts an update, and says whether it took effect. */
bool actor_updated(struct actor *a, const char *what, int err,
		   unsigned int may);
/* A block was mapped: it will have to come back. */
void actor_keep(struct actor *a, uint32_t block);
/* riotlb_reset_map, with what the ledger has to know. */
void actor_reset(struct actor *a, uint32_t asid);

#endif
