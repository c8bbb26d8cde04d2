/* SPDX-License-Identifier: MIT */
#include "bars.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shape_list.h"

/* From so many mappings on, memory is a matter of the mappings. */
#define LEAST_FOR_MEMORY 1024

static const char *const ranged_peers[] = { "vhost", "maple", "gtree",
					    "dpdk-list" };

#define RANGED_PEERS (sizeof(ranged_peers) / sizeof(ranged_peers[0]))

struct judge {
	const struct results *results;
	struct bar *bar;
	bool any;
	bool incomplete;   /* a row that is needed has no value, */
	char missing[192]; /* this one first */
};

const char *bar_op_text(enum bar_op op)
{
	static const char *const text[] = {
		[BAR_AT_MOST] = "<=",
		[BAR_BELOW] = "<",
		[BAR_AT_LEAST] = ">=",
		[BAR_EQUAL] = "==",
	};

	return text[op];
}

/* ---- verdicts ----------------------------------------------------------- */

static bool inside(const struct bar *bar, double value)
{
	switch (bar->op) {
	case BAR_AT_MOST:
		return value <= bar->target;
	case BAR_BELOW:
		return value < bar->target;
	case BAR_AT_LEAST:
		return value >= bar->target;
	default:
		return value == bar->target;
	}
}

static enum bar_verdict verdict_of(const struct bar *bar,
				   const struct estimate *e)
{
	bool low = inside(bar, e->low);
	bool high = inside(bar, e->high);

	if (low && high)
		return BAR_MET;
	/* an interval round the one value that is wanted */
	if (bar->op == BAR_EQUAL && e->low < bar->target &&
	    e->high > bar->target)
		return BAR_UNDECIDED;
	if (!low && !high)
		return BAR_MISSED;
	return BAR_UNDECIDED;
}

/* How far it is on the wrong side; negative on the right one. */
static double badness(const struct bar *bar, double value)
{
	switch (bar->op) {
	case BAR_AT_LEAST:
		return bar->target - value;
	case BAR_EQUAL:
		return fabs(value - bar->target);
	default:
		return value - bar->target;
	}
}

/* A miss is worse than doubt, and doubt than a bar that is met. */
static int rank(enum bar_verdict verdict)
{
	return verdict == BAR_MISSED ? 2 : verdict == BAR_UNDECIDED;
}

static bool worse(const struct bar *bar, enum bar_verdict verdict,
		  const struct estimate *e)
{
	if (rank(verdict) != rank(bar->verdict))
		return rank(verdict) > rank(bar->verdict);
	return badness(bar, e->median) > badness(bar, bar->value.median);
}

__attribute__((format(printf, 2, 3))) static void
explain(struct bar *bar, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(bar->why, sizeof(bar->why), format, args);
	va_end(args);
}

/* One more shape, or whatever the bar is about. */
static bool weigh(struct judge *j, const char *shape, const struct estimate *e)
{
	enum bar_verdict verdict = verdict_of(j->bar, e);

	if (j->any && !worse(j->bar, verdict, e))
		return false;
	j->any = true;
	j->bar->verdict = verdict;
	j->bar->value = *e;
	j->bar->worst_shape = shape;
	j->bar->why[0] = '\0';
	return true;
}

static void lack(struct judge *j, const char *shape, const char *text)
{
	if (!j->incomplete)
		snprintf(j->missing, sizeof(j->missing), "%s%s%s", shape,
			 *shape ? ": " : "", text);
	j->incomplete = true;
}

/* ---- rows --------------------------------------------------------------- */

static const struct row *find(const struct judge *j, const char *group,
			      const char *op, const char *shape,
			      const char *subject)
{
	return results_find(j->results, group, op, shape, subject);
}

static bool not_applicable(const struct row *row)
{
	return row && row->state == ROW_NA;
}

/* What is to be said of a row that there is no value in. */
static const char *state_text(const struct row *row)
{
	if (!row)
		return "not measured";
	if (row->state == ROW_VALUE)
		return "no ratio";
	return row->why ? row->why : "not measured";
}

static void lack_row(struct judge *j, const char *shape, const char *subject,
		     const struct row *row)
{
	char text[160];

	snprintf(text, sizeof(text), "%s: %s", subject, state_text(row));
	lack(j, shape, text);
}

/* Of two rows; either may be missing. */
static void weigh_ratio(struct judge *j, const char *shape, const struct row *a,
			const struct row *b)
{
	struct estimate ratio;

	if (results_ratio(a, b, &ratio))
		weigh(j, shape, &ratio);
	else if (!a || a->state != ROW_VALUE)
		lack_row(j, shape, a ? a->subject : "a row", a);
	else
		lack_row(j, shape, b ? b->subject : "a row", b);
}

static void weigh_row(struct judge *j, const struct row *row, const char *shape)
{
	if (row && row->state == ROW_VALUE)
		weigh(j, shape, &row->value);
	else
		lack_row(j, shape, row ? row->subject : "a row", row);
}

/* ---- shapes ------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text);
	size_t m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static bool any_shape(const struct shape *shape)
{
	return !shape->extra;
}

static bool dense_4k(const struct shape *shape)
{
	return any_shape(shape) && ends_with(shape->name, "-4k-dense");
}

/* Tables whose rows the radix has a slot for each. */
static bool page_shape(const struct shape *shape)
{
	return dense_4k(shape) || !strcmp(shape->name, "1-4k") ||
	       !strcmp(shape->name, "64ki-2m-aligned");
}

static bool large_dense_4k(const struct shape *shape)
{
	return dense_4k(shape) && shape->n >= 65536;
}

static bool counted_shape(const struct shape *shape)
{
	return any_shape(shape) && shape->n >= LEAST_FOR_MEMORY;
}

static bool counted_dense_4k(const struct shape *shape)
{
	return dense_4k(shape) && shape->n >= LEAST_FOR_MEMORY;
}

/* ---- beside one peer, beside the fastest of several --------------------- */

struct versus {
	bool (*shape)(const struct shape *shape);
	const char *group;
	const char *op;     /* ours */
	const char *rival;  /* NULL: the fastest ranged peer */
	const char *theirs; /* its op; NULL: the same */
	bool inverted;      /* theirs / ours */
};

static bool ratio_to(const struct versus *v, const struct row *ours,
		     const struct row *theirs, struct estimate *ratio)
{
	return v->inverted ? results_ratio(theirs, ours, ratio)
			   : results_ratio(ours, theirs, ratio);
}

/* Whatever the others take: could this one be faster than the best of them? */
static bool may_be_faster(const struct row *row, const struct row *best)
{
	if (!row)
		return true;
	if (row->state == ROW_OVER)
		return !best || row->value.low < best->value.median;
	return row->state != ROW_VALUE && row->state != ROW_NA;
}

static const struct row *fastest(struct judge *j, const struct versus *v,
				 const char *shape)
{
	const struct row *best = NULL;

	for (size_t i = 0; i < RANGED_PEERS; i++) {
		const struct row *row =
			find(j, v->group, v->op, shape, ranged_peers[i]);

		if (row && row->state == ROW_VALUE &&
		    (!best || row->value.median < best->value.median))
			best = row;
	}
	return best;
}

static void versus_fastest(struct judge *j, const struct versus *v,
			   const char *shape, const struct row *ours)
{
	const struct row *best = fastest(j, v, shape);
	struct estimate ratio;

	for (size_t i = 0; i < RANGED_PEERS; i++) {
		const struct row *row =
			find(j, v->group, v->op, shape, ranged_peers[i]);

		if (may_be_faster(row, best))
			lack_row(j, shape, ranged_peers[i], row);
	}
	if (best && ratio_to(v, ours, best, &ratio)) {
		if (weigh(j, shape, &ratio))
			explain(j->bar, "the fastest: %s", best->subject);
	} else {
		lack_row(j, shape, "riotlb", ours);
	}
}

static void versus_one(struct judge *j, const struct versus *v,
		       const char *shape, const struct row *ours)
{
	const struct row *theirs = find(
		j, v->group, v->theirs ? v->theirs : v->op, shape, v->rival);
	struct estimate ratio;

	/* what it cannot hold it cannot be compared in */
	if (not_applicable(theirs))
		return;
	if (ratio_to(v, ours, theirs, &ratio))
		weigh(j, shape, &ratio);
	else if (!ours || ours->state != ROW_VALUE)
		lack_row(j, shape, "riotlb", ours);
	else
		lack_row(j, shape, v->rival, theirs);
}

static void judge_versus(struct judge *j, const struct versus *v)
{
	for (size_t i = 0; i < shape_count; i++) {
		const char *shape = shape_list[i].name;
		const struct row *ours;

		if (!v->shape(&shape_list[i]))
			continue;
		ours = find(j, v->group, v->op, shape, "riotlb");
		if (v->rival)
			versus_one(j, v, shape, ours);
		else
			versus_fastest(j, v, shape, ours);
	}
}

static void judge_b1(struct judge *j)
{
	judge_versus(j, &(struct versus){ any_shape, "lookup", "one", NULL,
					  NULL, true });
}

static void judge_b2(struct judge *j)
{
	judge_versus(j, &(struct versus){ any_shape, "lookup", "one", "critnib",
					  NULL, true });
}

static void judge_b3(struct judge *j)
{
	judge_versus(j, &(struct versus){ page_shape, "lookup", "one", "radix",
					  NULL, false });
}

static void judge_b4(struct judge *j)
{
	judge_versus(j, &(struct versus){ page_shape, "lookup", "burst32",
					  "radix", "one", false });
}

static void judge_b5(struct judge *j)
{
	judge_versus(j, &(struct versus){ large_dense_4k, "lookup", "dependent",
					  "radix", NULL, false });
}

static void judge_b6(struct judge *j)
{
	judge_versus(j, &(struct versus){ any_shape, "update", "remap", NULL,
					  NULL, false });
}

static void judge_b7(struct judge *j)
{
	judge_versus(j, &(struct versus){ any_shape, "update", "remap",
					  "critnib", NULL, false });
}

static void judge_b8(struct judge *j)
{
	judge_versus(j, &(struct versus){ dense_4k, "update", "remap", "vhost",
					  NULL, true });
}

/* ---- the others --------------------------------------------------------- */

static void judge_b9(struct judge *j)
{
	static const char *const ops[] = { "map-bulk-256", "map-bulk-1mi" };

	for (size_t i = 0; i < 2; i++)
		weigh_ratio(j, ops[i] + strlen("map-bulk-"),
			    find(j, "bulk", ops[i], "dense", "riotlb"),
			    find(j, "bulk", ops[i], "dense", "memcpy"));
}

static void judge_b10(struct judge *j)
{
	weigh_ratio(
		j, "",
		find(j, "exact", "reset-instructions", "n-1048576", "riotlb"),
		find(j, "exact", "reset-instructions", "n-16", "riotlb"));
}

static void judge_b11(struct judge *j)
{
	weigh_ratio(j, "", find(j, "reset", "caller", "n-1048576", "riotlb"),
		    find(j, "reset", "caller", "n-16", "riotlb"));
}

static void judge_b12(struct judge *j)
{
	weigh_ratio(j, "",
		    find(j, "reset", "caller-as-built", "n-1048576", "vhost"),
		    find(j, "reset", "caller-as-built", "n-1048576", "riotlb"));
}

static void judge_b13(struct judge *j)
{
	static const char *const sizes[] = { "n-65536", "n-1048576" };

	for (size_t i = 0; i < 2; i++)
		weigh_ratio(j, sizes[i],
			    find(j, "reset", "cpu", sizes[i], "riotlb"),
			    find(j, "reset", "cpu", sizes[i], "vhost"));
}

/* A tail cannot be told from another one that is a step of the clock away. */
static void judge_b14(struct judge *j)
{
	const struct row *with =
		find(j, "tail", "lookup-p99.9", "resets", "riotlb");
	const struct row *without =
		find(j, "tail", "lookup-p99.9", "quiet", "riotlb");
	const struct row *quantum =
		find(j, "floor", "clock-quantum", "ns", "clock");
	double most = -INFINITY;

	weigh_ratio(j, "", with, without);
	if (!j->any || j->bar->verdict == BAR_MET || !quantum ||
	    quantum->state != ROW_VALUE)
		return;
	for (size_t i = 0; i < with->rounds && i < without->rounds; i++)
		most = fmax(most, with->samples[i] - without->samples[i]);
	if (most > quantum->value.median)
		return;
	j->bar->verdict = BAR_MET;
	explain(j->bar, "at most a step of the clock (%.3g ns) more",
		quantum->value.median);
}

static void judge_b15(struct judge *j)
{
	weigh_ratio(j, "",
		    find(j, "threads", "reader", "beside-updater", "riotlb"),
		    find(j, "threads", "reader", "alone", "riotlb"));
}

static void judge_b16(struct judge *j)
{
	weigh_ratio(j, "", find(j, "threads", "updaters", "disjoint", "riotlb"),
		    find(j, "threads", "updaters", "two-engines", "riotlb"));
}

static void judge_memory(struct judge *j,
			 bool (*takes)(const struct shape *shape))
{
	for (size_t i = 0; i < shape_count; i++) {
		const char *shape = shape_list[i].name;
		const struct row *row;

		if (!takes(&shape_list[i]))
			continue;
		weigh_row(j, find(j, "memory", "bytes", shape, "riotlb"),
			  shape);
		/* updates must not have left more behind */
		row = find(j, "memory", "bytes-updated", shape, "riotlb");
		if (row && row->state == ROW_VALUE &&
		    weigh(j, shape, &row->value))
			explain(j->bar, "after updates");
	}
}

static void judge_b17(struct judge *j)
{
	judge_memory(j, counted_shape);
}

static void judge_b18(struct judge *j)
{
	judge_memory(j, counted_dense_4k);
}

static void judge_b19(struct judge *j)
{
	static const char *const ops[] = { "atomics", "allocations" };

	for (size_t i = 0; i < 2; i++) {
		const struct row *row =
			find(j, "exact", ops[i], "lookup", "riotlb");

		if (row && row->state == ROW_VALUE)
			weigh(j, "", &row->value);
		else
			lack_row(j, "", ops[i], row);
	}
}

static bool adversarial(const struct row *row, const char *group,
			const char *op)
{
	return !strcmp(row->group, group) && !strcmp(row->op, op) &&
	       !strcmp(row->subject, "riotlb") &&
	       !strncmp(row->shape, "adversarial-", strlen("adversarial-"));
}

/* The bar's value is the memory; too many loads miss it all the same. */
static void judge_b20(struct judge *j)
{
	const double most = 16;
	double loads = -1;
	const char *shape = "";

	for (size_t i = 0; i < results_count(j->results); i++) {
		const struct row *row = results_at(j->results, i);

		if (adversarial(row, "memory", "bytes"))
			weigh_row(j, row, row->shape);
		if (!adversarial(row, "exact", "dependent-loads"))
			continue;
		if (row->state != ROW_VALUE) {
			lack_row(j, row->shape, "loads", row);
		} else if (row->value.high > loads) {
			loads = row->value.high;
			shape = row->shape;
		}
	}
	if (!j->any || loads < 0) {
		lack(j, "", "adversarial tables were not measured");
		return;
	}
	if (loads > most)
		j->bar->verdict = BAR_MISSED;
	explain(j->bar, "dependent loads: %g (%s), at most %g", loads, shape,
		most);
}

static void judge_b21(struct judge *j)
{
	weigh_row(j, find(j, "memory", "total", "8mi-4k-every-2m", "riotlb"),
		  "");
}

struct rule {
	const char *what;
	const char *unit;
	enum bar_op op;
	double target;
	void (*judge)(struct judge *j);
};

static const struct rule rules[BAR_COUNT] = {
	{ "lookup: fastest ranged peer's time / ours", "1", BAR_AT_LEAST, 3,
	  judge_b1 },
	{ "lookup: critnib's time / ours", "1", BAR_AT_LEAST, 1.5, judge_b2 },
	{ "lookup, dense 4 KiB and aligned 2 MiB: ours / radix", "1",
	  BAR_AT_MOST, 1.5, judge_b3 },
	{ "burst lookup, the same shapes: ours / radix", "1", BAR_AT_MOST, 1.1,
	  judge_b4 },
	{ "dependent lookup, dense 4 KiB, 64 Ki and 1 Mi: ours / radix", "1",
	  BAR_AT_MOST, 1.1, judge_b5 },
	{ "unmap+map: ours / fastest ranged peer", "1", BAR_BELOW, 1,
	  judge_b6 },
	{ "unmap+map: ours / critnib", "1", BAR_AT_MOST, 1, judge_b7 },
	{ "unmap+map, dense 4 KiB: vhost_iotlb / ours", "1", BAR_AT_LEAST, 10,
	  judge_b8 },
	{ "map_bulk of 256 and 1 Mi sorted 4 KiB: ours / memcpy", "1",
	  BAR_AT_MOST, 5, judge_b9 },
	{ "reset_map, instructions: at 1 Mi / at 16", "1", BAR_EQUAL, 1,
	  judge_b10 },
	{ "reset_map, caller's time: at 1 Mi / at 16", "1", BAR_AT_MOST, 1.2,
	  judge_b11 },
	{ "reset, caller's time at 1 Mi: vhost_iotlb / ours", "1", BAR_AT_LEAST,
	  100000, judge_b12 },
	{ "reset and reclamation, CPU time: ours / vhost_iotlb", "1",
	  BAR_AT_MOST, 1, judge_b13 },
	{ "reader's p99.9: 1000 reset+set_map a second / quiet", "1",
	  BAR_AT_MOST, 1.2, judge_b14 },
	{ "reader's throughput: beside an updater / alone", "1", BAR_AT_LEAST,
	  0.8, judge_b15 },
	{ "two updaters: disjoint regions of one AS / two engines", "1",
	  BAR_AT_LEAST, 0.8, judge_b16 },
	{ "memory per mapping, n >= 1 Ki", "B", BAR_AT_MOST, 64, judge_b17 },
	{ "memory per mapping, dense 4 KiB", "B", BAR_AT_MOST, 9, judge_b18 },
	{ "atomic read-modify-writes, allocations per lookup", "1", BAR_EQUAL,
	  0, judge_b19 },
	{ "memory per mapping of adversarial tables", "B", BAR_AT_MOST, 1024,
	  judge_b20 },
	{ "8.4 Mi mappings of 4 KiB over 16 TiB, memory", "GiB", BAR_AT_MOST,
	  0.6, judge_b21 },
};

static const char *const ids[BAR_COUNT] = {
	"B1",  "B2",  "B3",  "B4",  "B5",  "B6",  "B7",
	"B8",  "B9",  "B10", "B11", "B12", "B13", "B14",
	"B15", "B16", "B17", "B18", "B19", "B20", "B21",
};

void bars_judge(const struct results *results, struct bar bars[BAR_COUNT])
{
	for (size_t i = 0; i < BAR_COUNT; i++) {
		struct bar *bar = &bars[i];
		struct judge judge = { .results = results, .bar = bar };

		*bar = (struct bar){
			.id = ids[i],
			.what = rules[i].what,
			.unit = rules[i].unit,
			.op = rules[i].op,
			.target = rules[i].target,
			.verdict = BAR_UNDECIDED,
			.value = { NAN, NAN, NAN },
			.worst_shape = "",
		};
		rules[i].judge(&judge);
		if (!judge.incomplete || bar->verdict == BAR_MISSED)
			continue;
		/* the worst is not known, but it may be bad enough already */
		bar->verdict = BAR_UNDECIDED;
		explain(bar, "%s", judge.missing);
	}
}
