/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../measure.h"

/* More than the smallest pool among the peers. */
#define MOST 2100
#define PAGE 4096ull
#define GI (1ull << 30)
#define TARGETS (1ull << 47)

/* n ranges of at most max_size from base, with gaps of at most max_gap. */
struct board {
	const char *name;
	size_t n;
	uint64_t base;
	uint64_t size;
	uint64_t max_size;
	uint64_t max_gap;
	uint64_t grain;
};

static const struct board boards[] = {
	{ "one page", 1, 4 * GI, PAGE, PAGE, 0, PAGE },
	{ "pages in a row", MOST, 4 * GI, PAGE, PAGE, 0, PAGE },
	{ "pages with gaps", 700, 4 * GI, PAGE, PAGE, 3 * PAGE, PAGE },
	{ "some pages each", 500, 4 * GI, PAGE, 32 * PAGE, 8 * PAGE, PAGE },
	{ "odd bytes", 900, 4 * GI + 1, 1, 4095, 300, 1 },
	{ "from 0", 300, 0, PAGE, 16 * PAGE, PAGE, PAGE },
	{ "huge pages", 64, 4 * GI, 1 << 21, 1 << 21, 0, 1 << 21 },
	{ "large and off", 200, 4 * GI + PAGE, PAGE, 9 << 20, GI, PAGE },
	{ "to the top", 40, UINT64_MAX - 40 * PAGE + 1, PAGE, PAGE, 0, PAGE },
	{ "all there is", 1, 0, 0, 0, 0, 1 },
};

/* What should be there: m is sorted, and a part of it is mapped. */
struct oracle {
	size_t n;
	struct riotlb_mapping m[MOST];
	bool mapped[MOST];
};

struct check {
	const struct subject_ops *ops;
	const struct board *board;
	const char *step;
	void *self;
	struct oracle oracle;
	struct rng rng;
	uint32_t order[MOST];
	struct riotlb_mapping live[MOST];
	uint64_t keys[3 * MOST];
	char why[200];
};

/* Too large for a stack; calls are made one at a time. */
static struct check check;

static bool wrong(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static bool wrong(const char *format, ...)
{
	va_list args;
	int used;

	used = snprintf(check.why, sizeof(check.why),
			"%s, %s: ", check.board->name, check.step);
	va_start(args, format);
	vsnprintf(check.why + used, sizeof(check.why) - (size_t)used, format,
		  args);
	va_end(args);
	return false;
}

/* ---- the oracle -------------------------------------------------------- */

static const struct riotlb_mapping *oracle_at(uint64_t iova)
{
	size_t low = 0;
	size_t high = check.oracle.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (check.oracle.m[mid].last < iova)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == check.oracle.n || !check.oracle.mapped[low] ||
	    check.oracle.m[low].start > iova)
		return NULL;
	return &check.oracle.m[low];
}

static uint64_t a_target(const struct riotlb_mapping *m)
{
	uint64_t grain = check.board->grain;

	if (m->last - m->start >= TARGETS)
		return 0; /* else it would reach past the top */
	/* pages go to pages */
	return rng_below(&check.rng, TARGETS / grain) * grain;
}

/* What the subject cannot express is left out. */
static void make_oracle(void)
{
	const struct board *b = check.board;
	size_t most = check.ops->capacity ? check.ops->capacity : MOST;
	uint64_t at = b->base;

	check.oracle.n = 0;
	for (size_t i = 0; i < b->n && check.oracle.n < most; i++) {
		struct riotlb_mapping m = { .start = at, .perm = RIOTLB_RW };
		uint64_t more = (b->max_size - b->size) / b->grain + 1;

		m.last = at - 1 + b->size +
			 rng_below(&check.rng, more) * b->grain;
		m.addr = a_target(&m);
		m.opaque = rng_below(&check.rng, 3);
		at = m.last + 1 +
		     rng_below(&check.rng, b->max_gap / b->grain + 1) *
			     b->grain;
		if (check.ops->expresses(&m))
			check.oracle.m[check.oracle.n++] = m;
	}
	memset(check.oracle.mapped, 0, sizeof(check.oracle.mapped));
}

/* ---- looking ----------------------------------------------------------- */

static bool ask(uint64_t iova)
{
	const struct riotlb_mapping *m = oracle_at(iova);
	uint64_t addr = 0;
	bool found = check.ops->translate(check.self, iova, &addr);

	if (m && !(m->perm & RIOTLB_READ))
		m = NULL;
	if (found && !m)
		return wrong("0x%llx translates", (unsigned long long)iova);
	if (!found && m)
		return wrong("0x%llx does not translate",
			     (unsigned long long)iova);
	if (m && addr != m->addr + (iova - m->start))
		return wrong("0x%llx becomes 0x%llx", (unsigned long long)iova,
			     (unsigned long long)addr);
	return true;
}

static uint64_t within(const struct riotlb_mapping *m)
{
	uint64_t size = m->last - m->start + 1;

	return m->start +
	       (size ? rng_below(&check.rng, size) : rng_next(&check.rng));
}

/* Both ends of each range, what is in it, and what lies next to it. */
static bool ask_all(void)
{
	for (size_t i = 0; i < check.oracle.n; i++) {
		const struct riotlb_mapping *m = &check.oracle.m[i];

		if (!ask(m->start) || !ask(m->last) || !ask(within(m)) ||
		    !ask(m->start - 1) || !ask(m->last + 1))
			return false;
	}
	for (size_t i = 0; i < 200; i++) {
		uint64_t iova = rng_next(&check.rng);

		if (!ask(iova) || !ask(iova >> 16) || !ask(iova >> 31))
			return false;
	}
	return ask(0) && ask(UINT64_MAX);
}

/* key_after asks for results below 2^63. */
static size_t add_key(const struct riotlb_mapping *m, uint64_t iova, size_t n,
		      uint64_t *sum)
{
	uint64_t addr = m->addr + (iova - m->start);

	if (addr >> 63)
		return 0;
	check.keys[n] = iova;
	*sum += addr;
	return 1;
}

/* Three keys of each range that can be read, in random order. */
static size_t make_keys(uint64_t *sum)
{
	size_t n = 0;

	*sum = 0;
	for (size_t i = 0; i < check.oracle.n; i++) {
		const struct riotlb_mapping *m = &check.oracle.m[i];

		if (!check.oracle.mapped[i] || !(m->perm & RIOTLB_READ))
			continue;
		n += add_key(m, m->start, n, sum);
		n += add_key(m, within(m), n, sum);
		n += add_key(m, m->last, n, sum);
	}
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)rng_below(&check.rng, i);
		uint64_t key = check.keys[i - 1];

		check.keys[i - 1] = check.keys[j];
		check.keys[j] = key;
	}
	return n;
}

static bool sums_are(size_t n, uint64_t sum)
{
	const struct subject_ops *ops = check.ops;

	if (ops->lookup(check.self, check.keys, n) != sum)
		return wrong("the sum of %zu lookups", n);
	if (ops->lookup_dependent(check.self, check.keys, n) != sum)
		return wrong("the sum of %zu dependent lookups", n);
	if (ops->lookup_burst &&
	    ops->lookup_burst(check.self, check.keys, n) != sum)
		return wrong("the sum of %zu lookups in bursts", n);
	return true;
}

/* In sections of one lookup, of some with a rest, of as many as there are. */
static bool add_up(void)
{
	static const unsigned sections[] = { 1, 7, SUBJECT_MAX_SECTION };
	unsigned before = subject_settings.section;
	uint64_t sum;
	size_t n = make_keys(&sum);
	bool ok = true;

	for (size_t i = 0; i < 3 && ok; i++) {
		subject_settings.section = sections[i];
		ok = sums_are(n, sum);
	}
	subject_settings.section = before;
	return ok;
}

static bool look(const char *step)
{
	check.step = step;
	return ask_all() && add_up();
}

static void *look_elsewhere(void *ok)
{
	if (check.ops->thread_enter)
		check.ops->thread_enter(check.self);
	*(bool *)ok = look("loaded, seen by a second thread");
	if (check.ops->thread_leave)
		check.ops->thread_leave(check.self);
	return NULL;
}

static bool look_from_thread(void)
{
	pthread_t thread;
	bool ok = false;

	check.step = "a second thread";
	if (pthread_create(&thread, NULL, look_elsewhere, &ok))
		return wrong("there is none to be had");
	pthread_join(thread, NULL);
	return ok;
}

/* ---- updating ---------------------------------------------------------- */

static bool went(int err, const char *call)
{
	return !err || wrong("%s: %s", call, strerror(-err));
}

/* Those that are mapped (or not), in random order, in check.order. */
static size_t pick(bool mapped, size_t most)
{
	uint32_t all[MOST];
	size_t n = 0;

	rng_permutation(&check.rng, all, check.oracle.n);
	for (size_t i = 0; i < check.oracle.n && n < most; i++) {
		if (check.oracle.mapped[all[i]] == mapped)
			check.order[n++] = all[i];
	}
	return n;
}

static size_t live_mappings(void)
{
	size_t n = 0;

	for (size_t i = 0; i < check.oracle.n; i++) {
		if (check.oracle.mapped[i])
			check.live[n++] = check.oracle.m[i];
	}
	return n;
}

static bool load(const char *step)
{
	struct oracle *oracle = &check.oracle;

	check.step = step;
	memset(oracle->mapped, 1, oracle->n * sizeof(bool));
	return went(check.ops->load(check.self, oracle->m, oracle->n),
		    "load") &&
	       look(step);
}

static bool unmap_some(size_t most, const char *step)
{
	struct oracle *oracle = &check.oracle;
	size_t n = pick(true, most);

	check.step = step;
	for (size_t i = 0; i < n; i++)
		oracle->mapped[check.order[i]] = false;
	return went(
		check.ops->unmap_each(check.self, oracle->m, check.order, n),
		"unmap_each");
}

static bool unmap(size_t most, const char *step)
{
	return unmap_some(most, step) && look(step);
}

/* To other targets than before. */
static bool map_some(size_t most, const char *step)
{
	struct oracle *oracle = &check.oracle;
	size_t n = pick(false, most);

	check.step = step;
	for (size_t i = 0; i < n; i++) {
		struct riotlb_mapping *m = &oracle->m[check.order[i]];

		oracle->mapped[check.order[i]] = true;
		m->addr = a_target(m);
	}
	return went(check.ops->map_each(check.self, oracle->m, check.order, n),
		    "map_each");
}

static bool map(size_t most, const char *step)
{
	return map_some(most, step) && look(step);
}

/* Some more than once: the last one counts. */
static bool remap(size_t n, const char *step)
{
	struct oracle *oracle = &check.oracle;
	struct riotlb_mapping before[MOST];
	struct remap updates[MOST];

	check.step = step;
	memcpy(before, oracle->m, sizeof(before));
	for (size_t i = 0; i < n; i++) {
		uint32_t index = (uint32_t)rng_below(&check.rng, oracle->n);

		oracle->m[index].addr = a_target(&oracle->m[index]);
		updates[i].index = index;
		updates[i].addr = oracle->m[index].addr;
	}
	return went(check.ops->remap(check.self, before, updates, n),
		    "remap") &&
	       look(step);
}

static bool protect(uint32_t perm, size_t most, const char *step)
{
	struct oracle *oracle = &check.oracle;
	size_t n = pick(true, most);

	if (!check.ops->protect_each)
		return true;
	check.step = step;
	for (size_t i = 0; i < n; i++)
		oracle->m[check.order[i]].perm = perm;
	return went(check.ops->protect_each(check.self, oracle->m, check.order,
					    n, perm),
		    "protect_each") &&
	       look(step);
}

static bool replace(const char *step)
{
	struct oracle *oracle = &check.oracle;

	check.step = step;
	for (size_t i = 0; i < oracle->n; i++) {
		oracle->mapped[i] = rng_below(&check.rng, 3) != 0;
		oracle->m[i].addr = a_target(&oracle->m[i]);
		oracle->m[i].perm = RIOTLB_RW;
	}
	oracle->mapped[0] = true;
	return went(check.ops->replace(check.self, check.live, live_mappings()),
		    "replace") &&
	       look(step);
}

static bool reset(const char *step)
{
	check.ops->reset(check.self, check.live, live_mappings());
	memset(check.oracle.mapped, 0, sizeof(check.oracle.mapped));
	if (!look(step))
		return false;
	check.ops->settle(check.self);
	return look("settled");
}

static bool clear(uint64_t bytes, const char *step)
{
	check.ops->clear(check.self);
	memset(check.oracle.mapped, 0, sizeof(check.oracle.mapped));
	if (!look(step))
		return false;
	if (check.ops->bytes && check.ops->bytes(check.self) != bytes)
		return wrong("%llu bytes where there were %llu",
			     (unsigned long long)check.ops->bytes(check.self),
			     (unsigned long long)bytes);
	return true;
}

/* ---- all --------------------------------------------------------------- */

static bool random_updates(void)
{
	for (size_t i = 0; i < 12; i++) {
		size_t most = 1 + (size_t)rng_below(&check.rng, MOST / 8);

		if (!unmap_some(most, "random unmaps") ||
		    !map_some(most, "random maps") ||
		    (i % 4 == 3 && !look("random updates")))
			return false;
	}
	return map(MOST, "the rest mapped");
}

static bool script(void)
{
	size_t n = check.oracle.n;
	uint64_t bytes;

	check.ops->clear(check.self);
	bytes = check.ops->bytes ? check.ops->bytes(check.self) : 0;
	return look("empty") && load("loaded") && look_from_thread() &&
	       unmap(n / 2, "half unmapped") && unmap(n, "all unmapped") &&
	       map(n / 2, "half mapped") && map(n, "all mapped") &&
	       remap(n / 3 + 2, "remapped") && random_updates() &&
	       protect(RIOTLB_WRITE, n / 2 + 1, "write only") &&
	       protect(RIOTLB_READ, n / 2 + 1, "read only") &&
	       protect(RIOTLB_RW, n, "all permitted") &&
	       remap(n, "remapped again") && replace("replaced") &&
	       reset("reset") && load("loaded again") &&
	       clear(bytes, "cleared") && map(n, "mapped one by one") &&
	       clear(bytes, "cleared again");
}

static bool check_board(const struct board *board)
{
	bool ok;

	check.board = board;
	check.step = "open";
	make_oracle();
	if (check.oracle.n == 0)
		return true;
	check.self = check.ops->open();
	if (!check.self)
		return wrong("it cannot be created");
	ok = script();
	check.ops->close(check.self);
	return ok;
}

bool subject_check(const struct subject_ops *ops, const char **why)
{
	size_t held = 0;

	check.ops = ops;
	check.rng.state = 20;
	*why = check.why;
	for (size_t i = 0; i < sizeof(boards) / sizeof(boards[0]); i++) {
		if (!check_board(&boards[i]))
			return false;
		held += check.oracle.n;
	}
	check.step = "all";
	return held || wrong("it expresses nothing");
}
