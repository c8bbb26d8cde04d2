/* SPDX-License-Identifier: MIT */
#include "round.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <riotlb/rcu.h>

#include "check.h"
#include "history.h"
#include "leases.h"
#include "ledger.h"
#include "stall.h"
#include "violation.h"

/* The flavours' own headers redefine each other's names. */
extern const struct rcu_flavor_struct urcu_memb_flavor;
extern const struct rcu_flavor_struct urcu_qsbr_flavor;

enum {
	POLL_MS = 5,
	/*
	 * Polls, not time: a machine that stood still meanwhile did not keep
	 * this program from making progress.
	 */
	POLLS_STUCK = 120 * 1000 / POLL_MS,
	POLLS_BROKEN = 5 * 1000 / POLL_MS,
	PATIENCE = 20, /* times the length that was asked for */
	STALL_LG_YIELDS = 6,
	STALL_PAUSE_US = 300,
	/*
	 * What is to show at one instant is what may be caught halfway: every
	 * other stall is the publisher's.
	 */
	VICTIMS = 2 * ACTORS_MAX,
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the engine -------------------------------------------------------- */

static void list_home(struct riotlb_mapping list[PAIRED])
{
	for (uint32_t place = 0; place < PAIRED; place++)
		list[place] = (struct riotlb_mapping){
			.start = places[place].start,
			.last = places[place].last,
			.addr = block_home(place),
			.perm = RIOTLB_RW,
		};
}

static void create(struct round *r)
{
	struct riotlb_mapping list[PAIRED];
	const struct riotlb_default defaults[SPACES] = {
		{ .kind = RIOTLB_DEFAULT_IDENTITY },
		{ .kind = RIOTLB_DEFAULT_EMPTY },
		{ .kind = RIOTLB_DEFAULT_LIST, .list = list, .n = PAIRED },
		{ .kind = RIOTLB_DEFAULT_APERTURE, .last = APERTURE_LAST },
	};
	struct riotlb_attr attr;

	list_home(list);
	hooks_init(&r->hooks);
	riotlb_attr_init(&attr);
	attr.nas = SPACES;
	attr.ngroups = GROUPS;
	attr.defaults = defaults;
	attr.allocator = &r->hooks.allocator;
	attr.flavor = r->kind->qsbr ? &urcu_qsbr_flavor : &urcu_memb_flavor;
	if (!r->kind->plain) {
		attr.retire = block_retire;
		attr.backlog_cap = r->options->cap;
	}
	blocks_round(r->kind->plain, &r->retired);
	check_eq(riotlb_create(&attr, &r->engine), 0);
}

/* ---- threads ----------------------------------------------------------- */

static struct actor *add(struct round *r, const char *name,
			 void (*run)(struct actor *a), bool reads)
{
	struct actor *a = &r->actor[r->actors];

	check(r->actors < ACTORS_MAX);
	a->round = r;
	a->engine = r->engine;
	a->rng.state = rng_mix(r->seed + r->actors++);
	a->name = name;
	a->run = run;
	a->reads = reads;
	return a;
}

static void *actor_main(void *arg)
{
	struct actor *a = arg;

	pthread_barrier_wait(&a->round->start);
	if (a->reads)
		riotlb_thread_register(a->engine);
	a->run(a);
	if (a->reads)
		riotlb_thread_unregister(a->engine);
	atomic_store(&a->gone, true);
	return NULL;
}

bool round_others_are_there(struct actor *a)
{
	struct round *r = a->round;

	for (unsigned int i = 0; i < r->actors; i++)
		if (&r->actor[i] != a && !atomic_load(&r->actor[i].gone))
			return true;
	return false;
}

static void start(struct round *r)
{
	for (unsigned int i = 0; i < r->options->readers; i++)
		add(r, "reader", reader, true);
	for (unsigned int i = 0; i < r->options->updaters; i++)
		add(r, "updater", updater, false);
	/* see choose_victims */
	add(r, "publisher", publisher, false);
	add(r, "rebinder", rebinder, false);
	if (!r->kind->plain)
		add(r, "staller", staller, true);
	add(r, "completer", completer, false);
	check_eq(pthread_barrier_init(&r->start, NULL, r->actors + 1), 0);
	for (unsigned int i = 0; i < r->actors; i++)
		check_eq(pthread_create(&r->actor[i].thread, NULL, actor_main,
					&r->actor[i]),
			 0);
	pthread_barrier_wait(&r->start);
}

static void totals_of(struct round *r, uint64_t totals[COUNTS])
{
	memset(totals, 0, COUNTS * sizeof(*totals));
	for (unsigned int i = 0; i < r->actors; i++)
		count_sum(totals, &r->actor[i].counts);
	count_sum(totals, &r->retired);
}

static void sleep_a_poll(void)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };

	nanosleep(&pause, NULL);
}

/* ---- watching ---------------------------------------------------------- */

static bool reached(const uint64_t totals[COUNTS], const uint64_t goal[COUNTS])
{
	for (int i = 0; i < COUNTS; i++)
		if (totals[i] < goal[i])
			return false;
	return true;
}

static uint64_t progress_of(const uint64_t totals[COUNTS])
{
	return totals[COUNT_lookups] + totals[COUNT_updates];
}

static void watch(struct round *r, double seconds, const uint64_t goal[COUNTS])
{
	uint64_t totals[COUNTS], progress = 0, polls = 0, still = 0;
	uint64_t most =
		(uint64_t)(seconds * PATIENCE * 1000 / POLL_MS) + POLLS_STUCK;
	double from = now();

	while (!violations()) {
		sleep_a_poll();
		totals_of(r, totals);
		if (now() - from >= seconds &&
		    (reached(totals, goal) || ++polls > most))
			return;
		still = progress_of(totals) == progress ? still + 1 : 0;
		progress = progress_of(totals);
		if (still > POLLS_STUCK)
			violation("nothing goes on any more");
	}
}

/* False if some thread does not end. */
static bool stop(struct round *r)
{
	unsigned int polls = 0;

	atomic_store(&r->stop, true);
	for (unsigned int i = 0; i < r->actors; i++) {
		while (!atomic_load(&r->actor[i].gone)) {
			sleep_a_poll();
			polls++;
			if (polls <=
			    (violations() ? POLLS_BROKEN : POLLS_STUCK))
				continue;
			violation("%s (thread %u) does not end; %u leases are "
				  "held",
				  r->actor[i].name, i, leases_held());
			return false;
		}
		check_eq(pthread_join(r->actor[i].thread, NULL), 0);
	}
	return true;
}

/* ---- the end ----------------------------------------------------------- */

/* With readers and leases gone, whatever was retired has come back. */
static void drain(struct round *r)
{
	struct riotlb_report report;

	for (uint32_t asid = 0; asid < SPACES; asid++)
		check_eq(riotlb_reset_map(r->engine, asid, &report), 0);
	check_eq(riotlb_wait(r->engine, report.token), 0);
	if (blocks_out())
		violation("%llu blocks did not come back with the last token",
			  (unsigned long long)blocks_out());
}

/* With the engine gone, all of its mappings are. */
static void expire_kept(struct round *r)
{
	for (unsigned int i = 0; i < r->actors; i++)
		for (unsigned int j = 0; j < r->actor[i].kept; j++)
			block_expire(&blocks[r->actor[i].keep[j]].deferred);
}

/* Half of the engines are destroyed with everything mapped. */
static bool finish(struct round *r)
{
	leases_drain(&r->actor[r->actors - 1]);
	if (r->seed & 1 && !r->kind->plain)
		drain(r);
	if (violations())
		return false;
	riotlb_destroy(r->engine);
	expire_kept(r);
	if (blocks_out())
		violation("%llu blocks did not come back with the engine",
			  (unsigned long long)blocks_out());
	hooks_check_empty(&r->hooks);
	pthread_barrier_destroy(&r->start);
	return !violations();
}

static unsigned int choose_victims(const struct round *r, pthread_t *victims)
{
	const struct options *o = r->options;

	for (unsigned int i = 0; i < r->actors; i++) {
		victims[2 * i] = r->actor[i].thread;
		victims[2 * i + 1] = r->actor[o->readers + o->updaters].thread;
	}
	return 2 * r->actors;
}

bool round_run(const struct options *options, const struct kind *kind,
	       uint64_t seed, double seconds, const uint64_t goal[COUNTS],
	       uint64_t totals[COUNTS])
{
	static struct round r;
	pthread_t victims[VICTIMS];
	struct staller signals;
	bool over;

	memset(&r, 0, sizeof(r));
	r.options = options;
	r.kind = kind;
	r.seed = seed;
	ledger_reset();
	history_reset(seed);
	leases_reset();
	create(&r);
	start(&r);
	stall_begin_paced(&signals, victims, choose_victims(&r, victims),
			  STALL_LG_YIELDS, STALL_PAUSE_US);
	watch(&r, seconds, goal);
	stall_end(&signals);
	over = stop(&r) && !violations() && finish(&r);
	count_sum(totals, &r.retired);
	for (unsigned int i = 0; i < r.actors; i++)
		count_sum(totals, &r.actor[i].counts);
	return over;
}
