/* SPDX-License-Identifier: MIT */
#include "resets.h"

#include <stdlib.h>
#include <time.h>

static void empty_reset(void *ctx, const struct riotlb_mapping *m, size_t n)
{
	(void)ctx;
	(void)m;
	(void)n;
}

static double time_call(void (*reset)(void *ctx, const struct riotlb_mapping *m,
				      size_t n),
			void *self, const struct riotlb_mapping *m, size_t n)
{
	/* else the compiler drops the empty call */
	void (*volatile call)(void *, const struct riotlb_mapping *, size_t) =
		reset;
	uint64_t ticks = clock_ticks();

	call(self, m, n);
	return clock_ns(clock_ticks() - ticks);
}

static double process_cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static bool problem(struct reset_case *c, const char *why, bool wrong)
{
	c->problem = why;
	c->wrong = wrong;
	return false;
}

static bool build(struct reset_case *c, const struct riotlb_mapping *m,
		  size_t n)
{
	if (c->ops->replace(c->self, m, n))
		return problem(c, "cannot be rebuilt", false);
	c->ops->settle(c->self);
	return true;
}

static void prepare(enum reset_caches caches)
{
	if (caches == RESET_FLUSHED)
		cache_flush();
}

/* Times the reset of what has been built, and sees that it is gone. */
static bool reset_once(struct reset_case *c, enum reset_caches caches,
		       double *ns, double *cpu_ns)
{
	const struct riotlb_mapping *last = &c->m[c->n - 1];
	uint64_t addr;
	double before;

	if (c->n_under && !build(c, c->under, c->n_under))
		return false;
	if (!build(c, c->m, c->n))
		return false;
	prepare(caches);
	before = process_cpu_ns();
	*ns = time_call(c->ops->reset, c->self, c->m, c->n);
	c->ops->settle(c->self);
	*cpu_ns = process_cpu_ns() - before;
	if (c->ops->translate(c->self, last->last, &addr) &&
	    addr == last->addr + (last->last - last->start))
		return problem(c, "a mapping survives a reset", true);
	return true;
}

/* What remains after the empty call is taken off, or what cannot be seen. */
static double above(double ns, double empty)
{
	ns -= empty;
	return ns > clock_facts.quantum_ns ? ns : clock_facts.quantum_ns;
}

/* ns, cpu: [n + 1][calls]; the last row is the empty call's. */
static bool time_calls(struct reset_case *cases, size_t n, size_t calls,
		       enum reset_caches caches, struct rng *rng, double *ns,
		       double *cpu)
{
	uint32_t order[RESET_MAX_CASES + 1];

	for (size_t call = 0; call < calls; call++) {
		rng_permutation(rng, order, n + 1);
		for (size_t i = 0; i <= n; i++) {
			size_t at = order[i] * calls + call;

			if (order[i] < n) {
				if (!reset_once(&cases[order[i]], caches,
						&ns[at], &cpu[at]))
					return false;
				continue;
			}
			prepare(caches);
			ns[at] = time_call(empty_reset, NULL, NULL, 0);
		}
	}
	return true;
}

bool resets_round(struct reset_case *cases, size_t n, size_t calls,
		  enum reset_caches caches, struct rng *rng)
{
	double *ns = calloc((n + 1) * calls, sizeof(*ns));
	double *cpu = calloc((n + 1) * calls, sizeof(*cpu));
	bool ok = ns && cpu;

	if (!ok)
		problem(&cases[0], "out of memory", false);
	ok = ok && time_calls(cases, n, calls, caches, rng, ns, cpu);
	if (ok) {
		double empty = midmean(ns + n * calls, calls);

		for (size_t i = 0; i < n; i++) {
			cases[i].ns =
				above(midmean(ns + i * calls, calls), empty);
			cases[i].cpu_ns = midmean(cpu + i * calls, calls);
		}
	}
	free(ns);
	free(cpu);
	return ok;
}

void resets_make_small(struct riotlb_mapping small[RESET_SMALL],
		       struct rng *rng)
{
	const uint64_t page = 4096;

	for (size_t i = 0; i < RESET_SMALL; i++) {
		uint64_t start = (1ull << 32) + i * page;

		small[i] = (struct riotlb_mapping){
			.start = start,
			.last = start + page - 1,
			.addr = rng_below(rng, 1ull << 35) * page,
			.perm = RIOTLB_RW,
		};
	}
}
