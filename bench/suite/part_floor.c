/* SPDX-License-Identifier: MIT */
/*
 * What the measuring itself costs: an iteration that does nothing, a read-side
 * section with nothing in it, the clock. And what no call of
 * riotlb_translate, and no two updates with a lock each, can cost less
 * than, whatever structure is behind them.
 */
#include <errno.h>
#include <math.h>

#include <riotlb/rcu.h>

#include "suite.h"

static void run_empty(cb_state *state, void *arg)
{
	(void)arg;
	CB_LOOP(state)
	cb_clobber();
}

/* The default flavour's, as an engine's caller enters and leaves it. */
static void run_section(cb_state *state, void *arg)
{
	const struct riotlb *engine = arg;

	CB_LOOP(state)
	{
		riotlb_read_enter(engine);
		cb_clobber();
		riotlb_read_exit(engine);
	}
}

/*
 * What riotlb_translate has to do for any answer, and nothing else: it is
 * called, its arguments are checked, a segment is filled.
 */
static __attribute__((noinline)) int answer(const void *engine, uint32_t asid,
					    uint64_t iova, uint64_t last,
					    uint32_t want,
					    struct riotlb_segment *seg)
{
	cb_use(engine);
	if (asid != 0 || last < iova || want - 1 > 2)
		return -EINVAL;
	*seg = (struct riotlb_segment){
		.iova = iova, .last = last, .addr = iova, .perm = want
	};
	return 0;
}

static void run_answer(cb_state *state, void *arg)
{
	uint32_t asid = 0, want = RIOTLB_READ;
	struct riotlb_segment seg;
	uint64_t iova = 0, sum = 0;

	/* else the checks are left out for arguments that are known */
	cb_hide(asid);
	cb_hide(want);
	CB_LOOP(state)
	{
		iova += 4096;
		if (!answer(arg, asid, iova, iova, want, &seg))
			sum += seg.addr;
	}
	cb_use(sum);
}

/* What two updates cannot do without: a lock each, taken and released. */
static void run_locks(cb_state *state, void *arg)
{
	uint64_t lock = 0;

	(void)arg;
	CB_LOOP(state)
	{
		for (int i = 0; i < 2; i++) {
			uint64_t free = 0;

			__atomic_compare_exchange_n(&lock, &free, 1, false,
						    __ATOMIC_SEQ_CST,
						    __ATOMIC_RELAXED);
			__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
		}
	}
}

static void run_clock(cb_state *state, void *arg)
{
	uint64_t ticks = 0;

	(void)arg;
	CB_LOOP(state)
	{
		ticks = clock_ticks();
		cb_use(ticks);
	}
}

static struct row *floor_row(struct suite *suite, const char *op,
			     const char *shape, const char *subject,
			     const char *what)
{
	return results_add(suite->results, &(struct row){
						   .group = "floor",
						   .op = op,
						   .shape = shape,
						   .subject = subject,
						   .what = what,
						   .unit = "ns",
						   .x = NAN,
					   });
}

static void clock_rows(struct suite *suite)
{
	if (suite_wants(suite, "floor", "clock-quantum", "ns", "clock"))
		suite_exact(suite,
			    floor_row(suite, "clock-quantum", "ns", "clock",
				      "smallest step of the clock"),
			    clock_facts.quantum_ns);
	if (suite_wants(suite, "floor", "clock-overhead", "ns", "clock"))
		suite_exact(suite,
			    floor_row(suite, "clock-overhead", "ns", "clock",
				      "empty interval between two readings"),
			    clock_facts.overhead_ns);
}

struct floor_kind {
	const char *op;
	const char *subject;
	const char *what;
	cb_fn *run;
};

static const struct floor_kind kinds[] = {
	{ "empty", "loop", "an iteration that does nothing", run_empty },
	{ "section", "memb", "a read-side section with nothing in it",
	  run_section },
	{ "answer", "call",
	  "riotlb_translate's arguments and result, no lookup", run_answer },
	{ "locks", "atomics", "two locks, taken and released: unmap + map",
	  run_locks },
	{ "clock-read", "clock", "one reading of the clock", run_clock },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static size_t wanted_kinds(const struct suite *suite, bool wanted[KINDS])
{
	size_t n = 0;

	for (size_t i = 0; i < KINDS; i++) {
		wanted[i] = suite_wants(suite, "floor", kinds[i].op, "ns",
					kinds[i].subject);
		n += wanted[i];
	}
	return n;
}

static void measure(struct suite *suite, const bool wanted[KINDS],
		    struct riotlb *engine)
{
	struct trial trials[KINDS];
	size_t n = 0;

	for (size_t i = 0; i < KINDS; i++) {
		if (!wanted[i])
			continue;
		trials[n++] = (struct trial){
			.row = floor_row(suite, kinds[i].op, "ns",
					 kinds[i].subject, kinds[i].what),
			.run = kinds[i].run,
			.ctx = engine,
			.per_iteration = 1,
		};
	}
	suite_contest(suite, trials, n, suite->rounds);
}

void part_floor(struct suite *suite, bool plan)
{
	bool wanted[KINDS];
	size_t n = wanted_kinds(suite, wanted);
	double seconds = 2e-9 * (double)n * suite->sample_ns *
			 (double)(suite->rounds + 1);
	struct riotlb_attr attr;
	struct riotlb *engine;
	int err;

	if (plan) {
		suite_wants(suite, "floor", "clock-quantum", "ns", "clock");
		suite_wants(suite, "floor", "clock-overhead", "ns", "clock");
		suite_plan(suite, seconds);
		return;
	}
	suite_step(suite, "the measuring itself", seconds);
	clock_rows(suite);
	if (n == 0)
		return;
	riotlb_attr_init(&attr);
	attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	err = riotlb_create(&attr, &engine);
	if (err)
		suite_cannot("riotlb_create", err);
	riotlb_thread_register(engine);
	measure(suite, wanted, engine);
	riotlb_thread_unregister(engine);
	riotlb_destroy(engine);
}
