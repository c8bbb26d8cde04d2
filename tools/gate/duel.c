/* SPDX-License-Identifier: MIT */
#include "duel.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "stats.h"

#define MOST_TURNS 101
/* Of a tail: a percentile wants more than a median does. */
#define TAIL_TURN 4
#define STALL_EVERY 10000
#define FIRST_GUESS 64
#define SIZING_TURNS 3
#define MOST_OPERATIONS (UINT64_C(1) << 32)

struct answer {
	double value;
	char checksum[32];
	double ns; /* all that was timed */
	long lost; /* times that it was made to wait */
};

/* ---- talking ------------------------------------------------------------ */

static enum status no_memory(void)
{
	return say(STATUS_INTERNAL, "out of memory");
}

static enum status reject(struct gate_row *row, const char *side,
			  const char *why)
{
	if (!row->error && asprintf(&row->error, "%s: %s", side, why) < 0) {
		row->error = NULL;
		return no_memory();
	}
	return STATUS_PASS;
}

static double seconds_since(uint64_t from)
{
	return (double)(clock_posix() - from) * 1e-9;
}

/* False: the row has been rejected, or *status says what happened. */
static bool ask(struct peer *peer, struct gate_row *row, const char *side,
		uint64_t n, struct answer *answer, enum status *status)
{
	char question[32];
	char *line;

	snprintf(question, sizeof(question), "%" PRIu64, n);
	line = peer_ask(peer, question);
	if (line && sscanf(line, "%lf %31s %lf %ld", &answer->value,
			   answer->checksum, &answer->ns, &answer->lost) == 4)
		return true;
	*status = reject(row, side, line ? line : "it ended");
	return false;
}

static double injected_ns(const struct bout *bout, size_t at)
{
	const struct gate_row *row = &bout->gate->rows[at];
	double op_ns = bout->plans[at].op_ns;
	double smallest = row->n;

	if (bout->plan->injection == INJECT_SHARE)
		return op_ns * bout->plan->amount;
	if (!row->family)
		return 0;
	for (size_t i = 0; i < bout->rows; i++) {
		const struct gate_row *other = &bout->gate->rows[i];

		if (other->family && other->n < smallest &&
		    strcmp(other->family, row->family) == 0)
			smallest = other->n;
	}
	return op_ns * (pow(row->n / smallest, bout->plan->amount) - 1);
}

static void add_injection(const struct bout *bout, size_t at, struct args *args)
{
	const struct gate_row *row = &bout->gate->rows[at];

	if (row->control)
		return;
	switch (bout->plan->injection) {
	case INJECT_NONE:
		break;
	case INJECT_STALL:
		args_add(args, "--stall=%d:%.17g", STALL_EVERY,
			 bout->plan->amount);
		break;
	case INJECT_LINE:
		if (row->metric == METRIC_BESIDE)
			args_add(args, "--line");
		break;
	case INJECT_SHARE:
	case INJECT_GROWTH:
		if (row->metric == METRIC_TIME)
			args_add(args, "--delay=%.17g", injected_ns(bout, at));
		break;
	}
}

static enum status begin(struct bout *bout, struct peer *peer, size_t at,
			 bool is_head, unsigned layout)
{
	struct linker *linker = is_head ? bout->head : bout->base;
	struct gate_row *row = &bout->gate->rows[at];
	struct side *side = linker->library->side;
	struct args args = { 0 };
	char path[PATH_MAX];
	enum status status = linker_link(linker, layout, path);
	char *line;

	if (status)
		return status;
	args_add(&args, "%s", path);
	args_add(&args, "%s", row->name);
	if (row->metric == METRIC_BESIDE)
		args_add(&args, "--beside=%d", bout->plan->beside);
	if (is_head)
		add_injection(bout, at, &args);
	if (peer_start(peer, &args, bout->plan->cpu,
		       linker->library->shop->log))
		return say(STATUS_INTERNAL, "%s cannot be started", path);
	line = peer_ask(peer, NULL);
	if (!line || strncmp(line, "riotlb ", 7) != 0)
		return reject(row, is_head ? "HEAD" : "BASE",
			      line ? line : "it did not begin");
	sscanf(line, "riotlb %63[^\t]\t%511[^\n]", side->version,
	       side->runtime);
	return STATUS_PASS;
}

/* ---- a pair ------------------------------------------------------------- */

struct turns {
	double base[MOST_TURNS];
	double head[MOST_TURNS];
	double ratio[MOST_TURNS];
	size_t n;
};

/*
 * The effect is the median of what neighbouring turns differ by: what drifts
 * while the pair is measured moves both. The values lie about their common
 * middle by that much.
 */
static struct pair pair_of(struct turns *t, double at)
{
	double middle;
	double half;

	for (size_t i = 0; i < t->n; i++)
		t->ratio[i] = log(t->head[i] / t->base[i]);
	half = stats_median(t->ratio, t->n) / 2;
	middle = (log(stats_median(t->base, t->n)) +
		  log(stats_median(t->head, t->n))) /
		 2;
	return (struct pair){ .base = exp(middle - half),
			      .head = exp(middle + half),
			      .at = at };
}

/* One turn of each; false as for ask(). */
static bool both(struct bout *bout, struct peer *base, struct peer *head,
		 struct gate_row *row, struct answer *b, struct answer *h,
		 enum status *status)
{
	bool head_first = rng_below(&bout->rng, 2);

	if (head_first && !ask(head, row, "HEAD", row->iterations, h, status))
		return false;
	if (!ask(base, row, "BASE", row->iterations, b, status))
		return false;
	if (!head_first && !ask(head, row, "HEAD", row->iterations, h, status))
		return false;
	if (strcmp(b->checksum, h->checksum) == 0)
		return true;
	*status = reject(row, "HEAD", "the answers are not those of BASE");
	return false;
}

/*
 * The first turns, which are not counted, then all others. Turns in which
 * another program had the CPU say nothing of either side, and are taken again,
 * as many of them as there are turns; on a machine that is busier than that,
 * they count.
 */
static bool take_turns(struct bout *bout, struct peer *base, struct peer *head,
		       struct gate_row *row, struct turns *t,
		       enum status *status)
{
	size_t again = bout->plan->turns;
	struct answer b;
	struct answer h;

	t->n = 0;
	if (!both(bout, base, head, row, &b, &h, status))
		return false;
	while (t->n < bout->plan->turns) {
		if (!both(bout, base, head, row, &b, &h, status))
			return false;
		if ((b.lost || h.lost) && again) {
			again--;
			continue;
		}
		t->base[t->n] = b.value;
		t->head[t->n++] = h.value;
	}
	return true;
}

enum status duel(struct bout *bout, size_t at, unsigned layout)
{
	struct gate_row *row = &bout->gate->rows[at];
	struct peer base = { 0 };
	struct peer head = { 0 };
	bool head_first = rng_below(&bout->rng, 2);
	double began = seconds_since(bout->began);
	enum status status;
	struct turns turns;

	if (row->error || !row->base_unit || !row->head_unit)
		return STATUS_PASS;
	status =
		begin(bout, head_first ? &head : &base, at, head_first, layout);
	if (!status)
		status = begin(bout, head_first ? &base : &head, at,
			       !head_first, layout);
	if (!status && !row->error &&
	    take_turns(bout, &base, &head, row, &turns, &status) &&
	    row_add_pair(row, pair_of(&turns, began)))
		status = no_memory();
	peer_stop(&base);
	peer_stop(&head);
	return status;
}

/* ---- the size of a turn ------------------------------------------------- */

static uint64_t whole_steps(double n, uint32_t step)
{
	uint64_t steps = n < step ? 1 : (uint64_t)(n / step);

	return steps * step;
}

/* The best of some turns: a guest that is stopped in one seems slow. */
static bool best_of(struct peer *peer, struct gate_row *row, uint64_t n,
		    struct answer *best, enum status *status)
{
	for (int i = 0; i < SIZING_TURNS; i++) {
		struct answer answer;

		if (!ask(peer, row, "BASE", n, &answer, status))
			return false;
		if (!i || answer.ns < best->ns)
			*best = answer;
	}
	return true;
}

/*
 * The time of an operation where two processes alternate, as they will: each
 * finds the caches and the predictors that the other has left.
 */
static enum status time_operation(struct bout *bout, size_t at)
{
	struct gate_row *row = &bout->gate->rows[at];
	struct peer peers[2] = { 0 };
	double ns[SIZING_TURNS * 2];
	struct answer answer;
	enum status status = begin(bout, &peers[0], at, false, 0);

	if (!status)
		status = begin(bout, &peers[1], at, false, 0);
	/* the first turn of each is overwritten */
	for (size_t i = 0; !status && !row->error && i < SIZING_TURNS * 2 + 2;
	     i++) {
		if (ask(&peers[i % 2], row, "BASE", row->iterations, &answer,
			&status))
			ns[i < 2 ? i : i - 2] = answer.value;
	}
	peer_stop(&peers[0]);
	peer_stop(&peers[1]);
	if (!status && !row->error)
		bout->plans[at].op_ns = stats_median(ns, SIZING_TURNS * 2);
	return status;
}

enum status duel_size(struct bout *bout, size_t at)
{
	struct gate_row *row = &bout->gate->rows[at];
	uint32_t step = bout->plans[at].step;
	double wanted = bout->plan->turn_ms * 1e6;
	uint64_t n = whole_steps(FIRST_GUESS, step);
	struct peer peer = { 0 };
	struct answer best = { 0 };
	enum status status = begin(bout, &peer, at, false, 0);

	if (row->metric == METRIC_TAIL)
		wanted *= TAIL_TURN;
	while (!status && !row->error &&
	       best_of(&peer, row, n, &best, &status)) {
		/* what takes no time is stopped somewhere */
		if (best.ns >= wanted / 4 || n >= MOST_OPERATIONS)
			break;
		n *= 2;
	}
	peer_stop(&peer);
	row->iterations =
		whole_steps((double)n * wanted / fmax(best.ns, 1), step);
	if (!status && bout->plan->injection != INJECT_NONE)
		status = time_operation(bout, at);
	return status;
}

enum status duel_list(struct linker *linker, char **list)
{
	struct args args = { 0 };
	char path[PATH_MAX];
	enum status status = linker_link(linker, 0, path);

	if (status)
		return status;
	args_add(&args, "%s", path);
	args_add(&args, "--list");
	if (process_run(&args, list, linker->library->shop->log) != 0)
		return say(STATUS_INTERNAL, "%s cannot list its rows", path);
	return STATUS_PASS;
}
