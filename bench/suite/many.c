/* SPDX-License-Identifier: MIT */
/* Workloads of many threads, and of many tables. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>

#include "../counted.h"
#include "../rcu_thread.h"
#include "jobs.h"
#include "shift.h"
#include "workload.h"

#define KI 1024ull
#define MI (1024ull * 1024)
#define PAGE 4096ull
#define BASE (1ull << 32)
#define KEYS 65536u

/* ---- threads over one table --------------------------------------------- */

#define SHIFT_SECONDS 0.15
#define QUICK_SHIFT_SECONDS 0.03
#define QUICK_ROUNDS 5u

struct threads {
	const char *op;
	const char *what;
	struct shape table;
	size_t most;  /* threads */
	bool updates; /* a transaction is two unmap + map, else a lookup */
};

static const struct threads all_threads[] = {
	{ "w11-transactions",
	  "transactions of two maps and two unmaps, of all threads together",
	  { .n = 64 * KI,
	    .base = BASE,
	    .stride = PAGE,
	    .size = PAGE,
	    .grain = PAGE },
	  16,
	  true },
	{ "w12-kv-cache",
	  "lookups in 64 KiB to 4 MiB of 700 GB, of all threads together",
	  { .n = 64 * KI,
	    .base = BASE,
	    .stride = 700000000000ull / (64 * KI),
	    .size = 64 * KI,
	    .max_size = 4 * MI,
	    .grain = PAGE },
	  8,
	  false },
};

#define THREADS (sizeof(all_threads) / sizeof(all_threads[0]))

/* A subject among those that are compared. */
struct side {
	const struct subject_ops *ops;
	struct arena arena;
	struct remap_job updates[CREW_MOST];
	struct lookup_job lookups[CREW_MOST];
	struct worker workers[CREW_MOST];
};

static size_t threads_of(const struct threads *t, int *cpus)
{
	size_t n = cpus_list(cpus, CREW_MOST);

	return n < t->most ? n : t->most;
}

static void threads_name(const struct threads *t, char *shape, size_t size)
{
	int cpus[CREW_MOST];

	snprintf(shape, size, "t-%zu", threads_of(t, cpus));
}

static bool threads_wanted(const struct suite *suite, const struct threads *t,
			   const struct subject_ops *ops)
{
	char shape[32];

	threads_name(t, shape, sizeof(shape));
	return suite_wants(suite, "workload", t->op, shape, ops->name);
}

static int side_open(struct suite *suite, const struct threads *t,
		     struct side *side, const int *cpus, size_t n)
{
	struct rng rng = { .state = suite->seed };
	size_t each = t->table.n / n;
	int err = arena_open(&side->arena, side->ops, &t->table, KEYS, &rng);

	for (size_t i = 0; i < n && !err; i++) {
		side->lookups[i] = lookup_job(&side->arena, i, n);
		side->workers[i] = lookup_worker(&side->lookups[i], cpus[i]);
		if (!t->updates)
			continue;
		err = remap_job_make(&side->updates[i], &side->arena, i * each,
				     1, each, &rng);
		side->workers[i] = remap_worker(&side->updates[i], cpus[i]);
	}
	return err;
}

static void side_close(struct suite *suite, struct side *side, struct row *row)
{
	if (side->arena.self && !arena_intact(&side->arena))
		suite_wrong(suite, row, "left wrong contents behind");
	for (size_t i = 0; i < CREW_MOST; i++)
		remap_job_free(&side->updates[i]);
	arena_close(&side->arena);
}

static struct row *threads_row(struct suite *suite, const struct threads *t,
			       const struct subject_ops *ops)
{
	char shape[32];

	threads_name(t, shape, sizeof(shape));
	return results_add(suite->results, &(struct row){
						   .group = "workload",
						   .op = t->op,
						   .shape = shape,
						   .subject = ops->name,
						   .what = t->what,
						   .unit = "M/s",
						   .more_is_better = true,
						   .x = NAN,
					   });
}

static void set_up(struct suite *suite, const struct threads *t,
		   struct side *side, struct shift *shift)
{
	int cpus[CREW_MOST];
	size_t n = threads_of(t, cpus);
	size_t capacity = side->ops->missing ? 0 : side->ops->capacity;
	int err = 0;

	*shift = (struct shift){
		.workers = side->workers,
		.n = n,
		.rounds = suite->quick ? QUICK_ROUNDS : suite->rounds,
		.unit = t->updates ? 2e6 : 1e6,
		.outputs = 1,
		.out = { { .row = threads_row(suite, t, side->ops),
			   .count = n } },
	};
	if (shift->rounds > suite->rounds)
		shift->rounds = suite->rounds;
	if (side->ops->missing)
		shift_refuse(suite, shift, ROW_MISSING, side->ops->missing);
	else if (capacity && capacity < t->table.n)
		shift_refuse(suite, shift, ROW_NA, "its pool is too small");
	else
		err = side_open(suite, t, side, cpus, n);
	if (err == -ENOTSUP)
		shift_refuse(suite, shift, ROW_NA,
			     "it cannot hold such mappings");
	else if (err)
		shift_wrong(suite, shift, strerror(-err));
}

static void threads_run(struct suite *suite, const struct threads *t)
{
	struct side *sides =
		suite_need(calloc(suite_subject_count, sizeof(*sides)));
	struct shift *shifts =
		suite_need(calloc(suite_subject_count, sizeof(*shifts)));
	size_t n = 0;

	for (size_t i = 0; i < suite_subject_count; i++) {
		sides[n].ops = suite_subjects[i];
		if (threads_wanted(suite, t, sides[n].ops)) {
			set_up(suite, t, &sides[n], &shifts[n]);
			n++;
		}
	}
	shifts_run(suite, shifts, n, suite->rounds,
		   suite->quick ? QUICK_SHIFT_SECONDS : SHIFT_SECONDS);
	for (size_t i = 0; i < n; i++)
		side_close(suite, &sides[i], shifts[i].out[0].row);
	free(sides);
	free(shifts);
}

static double threads_seconds(const struct suite *suite,
			      const struct threads *t)
{
	double seconds = 0;
	double turns = suite->quick ? QUICK_ROUNDS * QUICK_SHIFT_SECONDS
				    : (double)suite->rounds * SHIFT_SECONDS;

	for (size_t i = 0; i < suite_subject_count; i++) {
		if (threads_wanted(suite, t, suite_subjects[i]))
			seconds += suite_subjects[i]->missing ? 1e-4 : turns;
	}
	return seconds;
}

/* ---- tenants ------------------------------------------------------------ */

#define TENANTS 1000u
#define EACH 64u /* mappings of a tenant */
#define HOT 8u   /* of them that are in use */
#define VISIT 32u
#define VISITS 4096u
#define TENANTS_OP "w9-tenants"
#define TENANTS_SHAPE "1000-as"

/* riotlb: ASes of one engine; the others: so many tables. */
struct tenants {
	const struct subject_ops *ops;
	const struct riotlb_mapping *m; /* [TENANTS * EACH] */
	void *tables[TENANTS];
	struct counted *memory;
	struct riotlb *engine;
	/* which tenant is visited, what it looks up, and the sum of it */
	const uint32_t *who;
	const uint64_t *keys;
	const uint64_t *sums;
	size_t at;
};

static uint64_t visit(struct tenants *t, uint32_t who, const uint64_t *keys)
{
	struct riotlb_segment seg;
	uint64_t sum = 0;

	if (!t->engine)
		return t->ops->lookup(t->tables[who], keys, VISIT);
	riotlb_read_enter(t->engine);
	for (size_t i = 0; i < VISIT; i++) {
		if (!riotlb_translate(t->engine, who, keys[i], keys[i],
				      RIOTLB_READ, &seg))
			sum += seg.addr;
	}
	riotlb_read_exit(t->engine);
	return sum;
}

static void run_tenants(cb_state *state, void *arg)
{
	struct tenants *t = arg;
	uint64_t wrong = 0;

	CB_LOOP(state)
	{
		wrong |= visit(t, t->who[t->at], t->keys + t->at * VISIT) ^
			 t->sums[t->at];
		if (++t->at == VISITS)
			t->at = 0;
	}
	if (wrong)
		cb_skip_error(state, "a lookup had a wrong answer");
}

static int open_engine(struct tenants *t)
{
	struct riotlb_attr attr;
	int err;

	t->memory = counted_create(false);
	if (!t->memory)
		return -ENOMEM;
	riotlb_attr_init(&attr);
	attr.nas = TENANTS;
	attr.allocator = counted_hooks(t->memory);
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	err = riotlb_create(&attr, &t->engine);
	for (uint32_t i = 0; i < TENANTS && !err; i++)
		err = riotlb_set_map(t->engine, i, t->m + i * EACH, EACH, NULL);
	if (t->engine)
		rcu_thread_enter();
	return err;
}

static int open_tables(struct tenants *t)
{
	int err = 0;

	for (size_t i = 0; i < TENANTS && !err; i++) {
		t->tables[i] = t->ops->open();
		err = t->tables[i] ? t->ops->load(t->tables[i], t->m + i * EACH,
						  EACH)
				   : -ENOMEM;
	}
	return err;
}

static void close_tenants(struct tenants *t)
{
	for (size_t i = 0; i < TENANTS; i++) {
		if (t->tables[i])
			t->ops->close(t->tables[i]);
	}
	if (t->engine)
		rcu_thread_leave();
	riotlb_destroy(t->engine);
	if (t->memory)
		counted_destroy(t->memory);
}

/* A table of theirs is small when it is empty. */
static bool can_be_many(const struct subject_ops *ops)
{
	static const char *const names[] = {
		"riotlb", "vhost", "maple", "gtree", "dpdk-list", "critnib",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(ops->name, names[i]) == 0)
			return true;
	}
	return false;
}

struct visits {
	struct riotlb_mapping *m;
	uint32_t *who;
	uint64_t *keys;
	uint64_t *sums;
};

static void make_visits(struct visits *v, struct rng *rng)
{
	const struct shape each = {
		.n = TENANTS * EACH,
		.base = BASE,
		.stride = PAGE,
		.size = PAGE,
		.grain = PAGE,
	};

	v->m = suite_need(shape_mappings(&each, rng));
	v->who = suite_need(calloc(VISITS, sizeof(*v->who)));
	v->keys = suite_need(calloc(VISITS * VISIT, sizeof(*v->keys)));
	v->sums = suite_need(calloc(VISITS, sizeof(*v->sums)));
	/* the same addresses for all, as guests have them */
	for (size_t i = 0; i < TENANTS * EACH; i++) {
		v->m[i].start = BASE + i % EACH * PAGE;
		v->m[i].last = v->m[i].start + PAGE - 1;
	}
	for (size_t i = 0; i < VISITS * VISIT; i++) {
		size_t at = i / VISIT;
		const struct riotlb_mapping *m;

		if (i % VISIT == 0)
			v->who[at] = (uint32_t)rng_below(rng, TENANTS);
		m = &v->m[v->who[at] * EACH +
			  rng_below(rng, HOT) * (EACH / HOT)];
		v->keys[i] = m->start + rng_below(rng, PAGE);
		v->sums[at] += m->addr + (v->keys[i] - m->start);
	}
}

static bool tenants_wanted(const struct suite *suite,
			   const struct subject_ops *ops)
{
	return suite_wants(suite, "workload", TENANTS_OP, TENANTS_SHAPE,
			   ops->name);
}

/* False: the row says why. */
static bool enter(struct suite *suite, struct tenants *t, struct row *row)
{
	int err;

	if (t->ops->missing) {
		results_refuse(suite->results, row, ROW_MISSING,
			       t->ops->missing);
		return false;
	}
	if (!can_be_many(t->ops)) {
		results_refuse(suite->results, row, ROW_NA,
			       "a table of it takes megabytes or a thread");
		return false;
	}
	if (suite->quick && strcmp(t->ops->name, "maple") == 0) {
		results_refuse(suite->results, row, ROW_NA,
			       "to close a thousand of them takes half a "
			       "minute, too long for --quick");
		return false;
	}
	err = t->ops == &riotlb_subject ? open_engine(t) : open_tables(t);
	if (err)
		suite_wrong(suite, row, strerror(-err));
	return !err;
}

static void tenants_run(struct suite *suite)
{
	struct tenants *all =
		suite_need(calloc(suite_subject_count, sizeof(*all)));
	struct trial *trials =
		suite_need(calloc(suite_subject_count, sizeof(*trials)));
	struct visits v;
	size_t n = 0;

	make_visits(&v, &suite->rng);
	for (size_t i = 0; i < suite_subject_count; i++) {
		struct tenants *t = &all[i];
		struct row *row;

		t->ops = suite_subjects[i];
		t->m = v.m;
		t->who = v.who;
		t->keys = v.keys;
		t->sums = v.sums;
		if (!tenants_wanted(suite, t->ops))
			continue;
		row = suite_row(suite, "workload", TENANTS_OP, TENANTS_SHAPE,
				t->ops->name);
		if (enter(suite, t, row))
			trials[n++] = (struct trial){ .row = row,
						      .run = run_tenants,
						      .ctx = t,
						      .per_iteration = VISIT };
	}
	suite_contest(suite, trials, n,
		      suite->quick ? QUICK_ROUNDS : suite->rounds);
	for (size_t i = 0; i < suite_subject_count; i++)
		close_tenants(&all[i]);
	free(v.m);
	free(v.who);
	free(v.keys);
	free(v.sums);
	free(all);
	free(trials);
}

static double tenants_seconds(const struct suite *suite)
{
	double rounds = (double)(suite->quick ? QUICK_ROUNDS : suite->rounds);
	double seconds = 0;

	for (size_t i = 0; i < suite_subject_count; i++) {
		const struct subject_ops *ops = suite_subjects[i];

		if (!tenants_wanted(suite, ops))
			continue;
		seconds += ops->missing || !can_be_many(ops)
				   ? 1e-4
				   : 0.1 + 1.2e-9 * suite->sample_ns * rounds;
		if (!suite->quick && strcmp(ops->name, "maple") == 0)
			seconds += 20;
	}
	return seconds;
}

/* ---- both --------------------------------------------------------------- */

void many_run(struct suite *suite, bool plan)
{
	double seconds;

	for (size_t i = 0; i < THREADS; i++) {
		seconds = threads_seconds(suite, &all_threads[i]);
		if (seconds <= 0)
			continue;
		if (plan) {
			suite_plan(suite, seconds);
			continue;
		}
		suite_step(suite, all_threads[i].op, seconds);
		threads_run(suite, &all_threads[i]);
	}
	seconds = tenants_seconds(suite);
	if (seconds <= 0)
		return;
	if (plan) {
		suite_plan(suite, seconds);
		return;
	}
	suite_step(suite, TENANTS_OP, seconds);
	tenants_run(suite);
}
