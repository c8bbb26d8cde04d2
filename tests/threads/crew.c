/* SPDX-License-Identifier: MIT */
#include "crew.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "stall.h"

/* The flavours' own headers redefine each other's names. */
extern const struct rcu_flavor_struct urcu_memb_flavor;
extern const struct rcu_flavor_struct urcu_qsbr_flavor;

static void usage(const char *program)
{
	fprintf(stderr,
		"usage: %s [--flavor memb|qsbr] [--percent N] [--seed N]\n",
		program);
	exit(2);
}

struct crew_options crew_options(int argc, char **argv)
{
	struct crew_options o = { &urcu_memb_flavor, 100, 1 };

	for (int i = 1; i < argc; i += 2) {
		const char *value = argv[i + 1];

		if (i + 1 == argc)
			usage(argv[0]);
		if (!strcmp(argv[i], "--percent"))
			o.percent = (unsigned int)strtoul(value, NULL, 10);
		else if (!strcmp(argv[i], "--seed"))
			o.seed = strtoull(value, NULL, 10);
		else if (strcmp(argv[i], "--flavor") ||
			 (strcmp(value, "memb") && strcmp(value, "qsbr")))
			usage(argv[0]);
		else if (!strcmp(value, "qsbr"))
			o.flavor = &urcu_qsbr_flavor;
	}
	if (!o.percent)
		usage(argv[0]);
	return o;
}

void crew_attr(struct riotlb_attr *attr, const struct crew_options *options,
	       struct hooks *hooks)
{
	hooks_init(hooks);
	riotlb_attr_init(attr);
	attr->allocator = &hooks->allocator;
	attr->flavor = options->flavor;
}

void crew_init(struct crew *crew, struct riotlb *engine,
	       const struct crew_options *options, uint64_t rounds,
	       uint64_t enough)
{
	memset(crew, 0, sizeof(*crew));
	crew->engine = engine;
	crew->rounds = rounds * options->percent / 100 + 1;
	crew->enough = enough * options->percent / 100;
	for (unsigned int i = 0; i < CREW_MAX; i++)
		crew->member[i].rng.state = options->seed * CREW_MAX + i;
}

static struct member *add(struct crew *crew, void (*run)(struct member *m),
			  void *ctx)
{
	struct member *m = &crew->member[crew->members];

	check(crew->members++ < CREW_MAX);
	m->crew = crew;
	m->run = run;
	m->ctx = ctx;
	return m;
}

void crew_add_worker(struct crew *crew, void (*run)(struct member *m),
		     void *ctx)
{
	add(crew, run, ctx)->index = crew->workers++;
}

void crew_add_watcher(struct crew *crew, void (*run)(struct member *m),
		      void *ctx)
{
	/* workers come first, so that those below are watchers */
	unsigned int index = crew->members - crew->workers;

	add(crew, run, ctx)->index = index;
}

static bool is_worker(const struct member *m)
{
	return m < m->crew->member + m->crew->workers;
}

static void *member_main(void *arg)
{
	struct member *m = arg;

	pthread_barrier_wait(&m->crew->start);
	if (is_worker(m)) {
		m->run(m);
		atomic_fetch_sub(&m->crew->working, 1);
		return NULL;
	}
	riotlb_thread_register(m->crew->engine);
	m->run(m);
	riotlb_thread_unregister(m->crew->engine);
	return NULL;
}

void crew_run(struct crew *crew)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct staller staller;

	atomic_store(&crew->working, crew->workers);
	check_eq(pthread_barrier_init(&crew->start, NULL, crew->members + 1),
		 0);
	for (unsigned int i = 0; i < crew->members; i++)
		check_eq(pthread_create(&crew->thread[i], NULL, member_main,
					&crew->member[i]),
			 0);
	stall_begin(&staller, crew->thread, crew->members, 7);
	/* a member that forks does so when all threads have been created */
	pthread_barrier_wait(&crew->start);
	while (atomic_load(&crew->working) > 0)
		nanosleep(&pause, NULL);
	stall_end(&staller);
	for (unsigned int i = 0; i < crew->members; i++)
		check_eq(pthread_join(crew->thread[i], NULL), 0);
	pthread_barrier_destroy(&crew->start);
	check(atomic_load(&crew->passes) >= crew->enough);
}

bool crew_work(struct member *m, uint64_t round)
{
	if (round < m->crew->rounds)
		return true;
	if (atomic_load(&m->crew->passes) >= m->crew->enough)
		return false;
	/* the watchers are behind: let them have the CPU */
	sched_yield();
	return true;
}

bool crew_watch(struct member *m)
{
	atomic_fetch_add(&m->crew->passes, 1);
	return crew_attend(m);
}

bool crew_attend(struct member *m)
{
	riotlb_quiescent(m->crew->engine);
	return atomic_load(&m->crew->working) > 0;
}
