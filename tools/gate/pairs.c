/* SPDX-License-Identifier: MIT */
#include "pairs.h"

#include <math.h>
#include <stdlib.h>

#include "duel.h"
#include "judge.h"
#include "machine.h"
#include "progress.h"

static double elapsed(const struct bout *bout)
{
	return (double)(clock_posix() - bout->began) * 1e-9;
}

/* ---- preparing ---------------------------------------------------------- */

enum status pairs_prepare(struct bout *bout)
{
	char *base = NULL;
	char *head = NULL;
	enum status status = duel_list(bout->base, &base);

	bout->rng.state = bout->gate->seed;
	bout->began = clock_posix();
	if (!status)
		status = duel_list(bout->head, &head);
	if (!status)
		status = rows_make(bout->gate, bout->plan, base, head,
				   &bout->plans);
	free(base);
	free(head);
	bout->rows = bout->gate->count;
	for (size_t i = 0; !status && i < bout->rows; i++) {
		gate_progress("sizing", (double)i / (double)bout->rows,
			      0.05 * (double)(bout->rows - i));
		if (bout->gate->rows[i].base_unit)
			status = duel_size(bout, i);
	}
	gate_progress_end();
	return status;
}

void pairs_close(struct bout *bout)
{
	free(bout->plans);
	bout->plans = NULL;
}

/* ---- rounds ------------------------------------------------------------- */

static unsigned layout_of(const struct bout *bout, unsigned round)
{
	unsigned layouts = bout->plan->layouts;

	/* layout 0 is the order in which the files come */
	if (layouts == 1)
		return 0;
	return 1 + (layouts ? round % layouts : round);
}

/* Those of the wanted rows, in an order drawn anew. */
static enum status round_of(struct bout *bout, unsigned round,
			    const bool *wanted)
{
	uint32_t *order = calloc(bout->rows + 1, sizeof(*order));
	enum status status = STATUS_PASS;

	if (!order)
		return say(STATUS_INTERNAL, "out of memory");
	rng_permutation(&bout->rng, order, bout->rows);
	for (size_t i = 0; !status && i < bout->rows; i++) {
		if (wanted[order[i]])
			status = duel(bout, order[i], layout_of(bout, round));
	}
	free(order);
	return status;
}

/* What the rows have is what was planned, unless something went wrong. */
static void settle(struct bout *bout, const bool *wanted, unsigned pairs,
		   bool first)
{
	for (size_t i = 0; i < bout->rows; i++) {
		if (!wanted[i])
			continue;
		bout->gate->rows[i].planned = pairs;
		if (first)
			bout->gate->rows[i].first = pairs;
	}
}

static enum status first_look(struct bout *bout, bool *wanted)
{
	unsigned rounds = bout->plan->first;
	enum status status = STATUS_PASS;

	for (size_t i = 0; i < bout->rows; i++)
		wanted[i] = true;
	for (unsigned round = 0; !status && round < rounds; round++) {
		double per = elapsed(bout) / (round ? round : 1);

		gate_progress("pairs", round / (double)rounds,
			      round ? per * (rounds - round)
				    : bout->plan->budget);
		status = round_of(bout, round, wanted);
	}
	settle(bout, wanted, rounds, true);
	return status;
}

/* Controls, too: they have to be as good as what they vouch for. */
static size_t choose(const struct bout *bout, bool *wanted)
{
	size_t n = 0;

	for (size_t i = 0; i < bout->rows; i++) {
		wanted[i] = judge_wants_more(&bout->gate->rows[i]);
		n += wanted[i];
	}
	for (size_t i = 0; n && i < bout->rows; i++)
		wanted[i] = wanted[i] || bout->gate->rows[i].control;
	return n;
}

/*
 * The second look: which rows have it is decided once, and all of them get as
 * many pairs as there is time for. It ends when time is up, never because of
 * what was seen.
 */
static enum status second_look(struct bout *bout, bool *wanted)
{
	unsigned round = bout->plan->first;
	double began = elapsed(bout);
	double longest = 0;
	enum status status = STATUS_PASS;

	while (!status && round < bout->plan->most) {
		double from = elapsed(bout);
		double left = bout->plan->budget - from;

		if (left < longest)
			break;
		gate_progress("more pairs",
			      (from - began) / (bout->plan->budget - began),
			      fmin(left, longest * (bout->plan->most - round)));
		status = round_of(bout, round, wanted);
		longest = fmax(longest, elapsed(bout) - from);
		round++;
	}
	settle(bout, wanted, round, false);
	return status;
}

static enum status look(struct gate *gate)
{
	return judge(gate) ? say(STATUS_INTERNAL, "out of memory")
			   : STATUS_PASS;
}

enum status pairs_measure(struct bout *bout)
{
	bool *wanted = calloc(bout->rows + 1, sizeof(*wanted));
	enum status status;

	if (!wanted)
		return say(STATUS_INTERNAL, "out of memory");
	status = first_look(bout, wanted);
	if (!status)
		status = look(bout->gate);
	if (!status && bout->plan->most > bout->plan->first &&
	    bout->gate->rules.looks > 1 && choose(bout, wanted)) {
		status = second_look(bout, wanted);
		if (!status)
			status = look(bout->gate);
	}
	gate_progress_end();
	free(wanted);
	return status;
}
