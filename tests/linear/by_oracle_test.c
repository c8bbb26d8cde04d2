/* SPDX-License-Identifier: MIT */
/*
 * Is the checker right? On random histories that the oracle answered, as they
 * are and falsified; and against a search that just tries every order.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oracle.h"
#include "script.h"
#include "search.h"

/* ---- histories by the oracle --------------------------------------------- */

/* Gives the event the answer of the model. */
static void answer(struct model *m, struct history *h, struct event *e)
{
	struct riotlb_op many[ENTRIES];
	struct riotlb_report r;
	struct riotlb_stats stats;
	struct state s = { 0 };
	struct op op;
	uint32_t asid;
	int err;

	switch (e->kind) {
	case EVENT_CALL:
		op = call_op(h->world.board, &e->call, many);
		err = op_on_model(m, &op, &r);
		e->result = (struct result){ err, r.removed, r.cut, r.bytes.lo,
					     r.index };
		break;
	case EVENT_ITERATE:
		assert_true(oracle_read(m, &h->world, &s));
		e->iterate.line = line_touching(
			state_view(&h->world, &s, e->iterate.asid),
			e->iterate.first, e->iterate.last);
		break;
	case EVENT_STATS:
		assert_int_equal(model_get_stats(m, e->stats.asid, &stats), 0);
		e->stats.mappings = stats.mappings;
		e->stats.bytes = stats.bytes;
		e->stats.is_default = stats.is_default;
		break;
	case EVENT_LOOK:
		asid = e->look.which;
		if (e->look.by_group)
			asid = m->group[e->look.which];
		for (unsigned int i = 0; i < e->look.n; i++)
			e->look.seen[i] = oracle_sight(m, h, asid, &e->look,
						       e->look.unit[i]);
		e->look.nseen = e->look.n;
		break;
	default:
		e->binding.asid = (uint8_t)m->group[e->binding.group];
	}
}

/* Stretches the interval of each event around the instant that it is at. */
static void stretch(struct history *h, struct rng *rng, uint64_t slack)
{
	for (unsigned int t = 0; t < h->threads; t++) {
		uint64_t earliest = 0;

		for (unsigned int i = 0; i < h->n[t]; i++) {
			struct event *e = &h->event[t][i];
			uint64_t at = e->invoked, latest = UINT64_MAX;

			if (i + 1 < h->n[t])
				latest = h->event[t][i + 1].invoked - 1;
			e->invoked = at - rng_below(rng, slack + 1);
			if (e->invoked < earliest || e->invoked > at)
				e->invoked = earliest;
			e->returned = at + 1 + rng_below(rng, slack + 1);
			if (e->returned > latest)
				e->returned = latest;
			earliest = e->returned + 1;
		}
	}
}

/* Answers the script by the model, in an order that is drawn. */
static void answer_all(struct history *h, struct rng *rng, uint64_t slack)
{
	unsigned int at[THREADS_MAX] = { 0 }, left = 0;
	struct model m;

	oracle_start(&m, h);
	for (unsigned int t = 0; t < h->threads; t++)
		left += h->n[t];
	for (uint64_t time = 100; left; time += 100, left--) {
		unsigned int t = (unsigned int)rng_below(rng, h->threads);
		struct event *e;

		while (at[t] == h->n[t])
			t = (t + 1) % h->threads;
		e = &h->event[t][at[t]++];
		answer(&m, h, e);
		e->invoked = time;
	}
	h->has_final = oracle_read(&m, &h->world, &h->final);
	assert_true(h->has_final);
	model_fini(&m);
	stretch(h, rng, slack);
}

/* Changes one answer to another one. */
static void falsify(struct event *e, struct rng *rng)
{
	static const int errors[] = { 0, -EEXIST, -EINVAL, -EFAULT, -ENOSPC };
	struct result *r = &e->result;
	int err;

	switch (e->kind) {
	case EVENT_CALL:
		do
			err = errors[rng_below(rng, 5)];
		while (err == r->err);
		if (rng_percent(rng, 50) || r->err)
			*r = (struct result){ .err = err };
		else if (rng_percent(rng, 50))
			r->removed++;
		else
			r->bytes ^= 1;
		break;
	case EVENT_ITERATE:
		e->iterate.line ^= UINT64_C(2) << e->iterate.first * CELL_BITS;
		break;
	case EVENT_STATS:
		if (rng_percent(rng, 50))
			e->stats.mappings++;
		else
			e->stats.is_default ^= 1;
		break;
	case EVENT_LOOK:
		if (e->look.seen[0].err) {
			e->look.seen[0].err = e->look.seen[0].err == -EPERM
						      ? -EFAULT
						      : -EPERM;
		} else {
			e->look.seen[0].id ^= 1;
		}
		break;
	default:
		e->binding.asid ^= 1;
	}
}

static struct event *draw_event(struct history *h, struct rng *rng)
{
	unsigned int t = (unsigned int)rng_below(rng, h->threads);

	return &h->event[t][rng_below(rng, h->n[t])];
}

static void draw_history(struct history *h, struct rng *rng,
			 unsigned int threads, unsigned int events)
{
	struct variant v;

	variant_draw(&v, rng);
	if (v.threads > threads)
		v.threads = threads;
	script_draw(h, &profiles[rng_below(rng, nprofiles)], &v, rng);
	for (unsigned int t = 0; t < h->threads; t++)
		if (h->n[t] > events)
			h->n[t] = events;
}

/* ---- tests --------------------------------------------------------------- */

/* All lookups at one instant, so that the unit that was falsified counts. */
static void test_the_oracle_agrees(void **state)
{
	struct rng rng = { .state = 11 };
	struct search *s = search_new();
	struct history h;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		draw_history(&h, &rng, THREADS_MAX, EVENTS_MAX);
		answer_all(&h, &rng, 0);
		assert_int_equal(search_run(s, &h, LOOKS_AT_ALL), LINEARIZABLE);
		oracle_check(&h, s, LOOKS_AT_ALL);
		/* nothing overlaps: there is one order and one answer */
		falsify(draw_event(&h, &rng), &rng);
		assert_int_equal(search_run(s, &h, LOOKS_AT_ALL),
				 NOT_LINEARIZABLE);
	}
	search_free(s);
}

static void test_no_order_is_missed(void **state)
{
	struct search *fast = search_new(), *plain = search_new();
	unsigned int verdicts[2] = { 0, 0 };
	struct rng rng = { .state = 12 };
	struct history h;

	(void)state;
	search_plainly(plain);
	for (int round = 0; round < 20000; round++) {
		unsigned int looks = (unsigned int)rng_below(&rng, UNITS + 3);
		enum verdict verdict;

		draw_history(&h, &rng, 3, 3);
		answer_all(&h, &rng, 400);
		assert_int_equal(search_run(fast, &h, looks), LINEARIZABLE);
		oracle_check(&h, fast, looks);
		for (uint64_t n = rng_below(&rng, 3); n; n--)
			falsify(draw_event(&h, &rng), &rng);
		verdict = search_run(plain, &h, looks);
		assert_int_equal(search_run(fast, &h, looks), verdict);
		verdicts[verdict == LINEARIZABLE]++;
	}
	/* of both, many */
	assert_true(verdicts[0] > 2000 && verdicts[1] > 2000);
	search_free(fast);
	search_free(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_oracle_agrees),
		cmocka_unit_test(test_no_order_is_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
