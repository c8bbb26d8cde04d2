/* SPDX-License-Identifier: MIT */
/* What the gate has to see where a library is slower, and what it must not. */
#include <math.h>
#include <regex.h>
#include <string.h>

#include "judge.h"
#include "self_test.h"

/*
 * Eight rows of all kinds, so that a run takes a minute at most. Not those
 * whose time is branches that are guessed wrong: waiting for the chain hides
 * some of it, and what is injected is not what is added.
 */
#define EIGHT                                                          \
	"^(lookup/(one/4ki-4k|section/4ki-4k|burst32/4ki-4k|list32/"   \
	"64ki-4k|dependent/4ki-4k)|update/(remap/4ki-4k|rebind)|read/" \
	"lease)$"

const struct trial trials[] = {
	{ "identical", EIGHT, INJECT_NONE, 0, false, NULL, 0 },
	{ "relinked", EIGHT, INJECT_NONE, 0, true, NULL, 0 },
	{ "share-10", EIGHT, INJECT_SHARE, 0.10, false, "", 0.99 },
	{ "share-5", EIGHT, INJECT_SHARE, 0.05, false, "", 0.95 },
	{ "share-3", EIGHT, INJECT_SHARE, 0.03, false, "", 0.80 },
	{ "growth", "^bulk/set-map/", INJECT_GROWTH, 0.2, false, "^growth/",
	  0.99 },
	{ "stall", "^tail/lookup", INJECT_STALL, 2000, false, "^tail/", 0.99 },
	{ "line", "^beside/", INJECT_LINE, 0, false, "^beside/", 0.99 },
};

const size_t trial_count = sizeof(trials) / sizeof(*trials);

static bool matches(const char *expression, const char *name)
{
	regex_t compiled;
	bool yes;

	if (regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB))
		return false;
	yes = regexec(&compiled, name, 0, NULL, 0) == 0;
	regfree(&compiled);
	return yes;
}

/* By how much the effect of a row was moved; 0: not at all. */
static double truth(const struct trial *trial, const struct gate_row *row)
{
	switch (trial->injection) {
	case INJECT_SHARE:
		return row->metric == METRIC_TIME ? log1p(trial->amount) : 0;
	case INJECT_GROWTH:
		return row->metric == METRIC_GROWTH ? trial->amount : 0;
	case INJECT_STALL:
		/* in every second batch of 64: far above any bound */
		return row->metric == METRIC_TAIL
			       ? log1p(trial->amount / row->found.base)
			       : 0;
	case INJECT_LINE:
		/* a multiple, however noisy the row says that it is */
		return row->metric == METRIC_BESIDE ? INFINITY : 0;
	default:
		return 0;
	}
}

struct outcome trial_outcome(const struct trial *trial, const struct gate *gate)
{
	struct outcome o = {
		.failed = gate->status == STATUS_REGRESSION,
		.spoilt =
			gate->contaminated || gate->status == STATUS_INTEGRITY,
	};

	for (size_t i = 0; i < gate->count; i++) {
		const struct gate_row *row = &gate->rows[i];
		bool failed = row->found.verdict == VERDICT_FAIL;

		if (!row_is_judged(row))
			continue;
		o.open += row->found.verdict == VERDICT_INCONCLUSIVE;
		if (!trial->fails) {
			o.alarms += failed;
			continue;
		}
		if (!matches(trial->fails, row->name))
			continue;
		o.rows++;
		if (row->found.visible > truth(trial, row))
			continue;
		o.could++;
		o.seen += failed;
	}
	return o;
}
