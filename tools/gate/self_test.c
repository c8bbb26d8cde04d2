/* SPDX-License-Identifier: MIT */
/*
 * self-test: slows a library down in known ways, and looks whether the gate
 * says so. It measures, so it belongs on a quiet machine; its lines are what
 * tools/gate-campaign adds up.
 */
#include "self_test.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "compare.h"
#include "judge.h"
#include "stats.h"

static const char help[] =
	"Usage: riotlb-gate self-test [OPTION]... [TRIAL]... BUILD\n"
	"\n"
	"Compares a library with itself, slowed down in known ways, and says\n"
	"what the gate saw. Without TRIAL, all of them: identical, relinked,\n"
	"share-10, share-5, share-3, growth, stall, line.\n"
	"\n"
	"Exit status: 0 if all was seen that could be, 1 if not.\n"
	"\n";

static const struct trial *find(const char *name)
{
	for (size_t i = 0; i < trial_count; i++) {
		if (strcmp(trials[i].name, name) == 0)
			return &trials[i];
	}
	return NULL;
}

static void settle_options(struct options *o, const struct trial *trial)
{
	o->plan.filter = trial->rows;
	o->plan.injection = trial->injection;
	o->plan.amount = trial->amount;
	o->plan.relink = trial->relink;
	/* it is the same library, and the noise is what is asked about */
	o->rules.demote = false;
	o->counts = false;
	o->always = true;
	o->retry = false;
	if (!trial->relink && trial->injection == INJECT_NONE)
		o->plan.layouts = 1;
}

/* One line that a program can read: name, and key=value. */
static void print_outcome(const struct trial *trial, const struct gate *gate,
			  const struct outcome *o)
{
	printf("%s rows=%zu could=%zu seen=%zu alarms=%zu open=%zu failed=%d "
	       "spoilt=%d judged=%zu seconds=%.1f seed=0x%llx\n",
	       trial->name, o->rows, o->could, o->seen, o->alarms, o->open,
	       o->failed, o->spoilt,
	       judge_tally(gate, VERDICT_PASS) +
		       judge_tally(gate, VERDICT_FAIL) +
		       judge_tally(gate, VERDICT_INCONCLUSIVE),
	       gate->seconds, (unsigned long long)gate->seed);
	fflush(stdout);
}

/*
 * One run is no rate: it fails only where what was seen contradicts the rate
 * that is demanded.
 */
static enum status judge_outcome(const struct trial *trial,
				 const struct outcome *o)
{
	if (o->spoilt)
		return STATUS_INCONCLUSIVE;
	if (!trial->fails)
		return o->alarms ? STATUS_REGRESSION : STATUS_PASS;
	if (!o->could)
		return STATUS_INCONCLUSIVE;
	/* what is far above any bound has no excuse */
	if (trial->injection != INJECT_SHARE)
		return o->seen < o->could ? STATUS_REGRESSION : STATUS_PASS;
	return stats_rate_high(o->seen, o->could, 0.01) < trial->share
		       ? STATUS_REGRESSION
		       : STATUS_PASS;
}

static enum status run_trial(const struct options *given,
			     const struct trial *trial, const char *library)
{
	struct options o = *given;
	struct gate gate;
	struct outcome outcome;
	enum status status;

	settle_options(&o, trial);
	status = compare(&gate, &o, library, library);
	if (!status)
		status = compare_report(&gate, &o);
	if (!status) {
		outcome = trial_outcome(trial, &gate);
		print_outcome(trial, &gate, &outcome);
		status = judge_outcome(trial, &outcome);
	}
	gate_free(&gate);
	return status;
}

static enum status run_all(const struct options *o, const char *library)
{
	enum status status = STATUS_PASS;
	int named = o->nrest - 1;

	for (int i = 0; i < named; i++) {
		if (!find(o->rest[i]))
			return say(STATUS_USAGE, "self-test: no trial '%s'",
				   o->rest[i]);
	}
	for (int i = 0; i < named; i++)
		status = status_worse(status,
				      run_trial(o, find(o->rest[i]), library));
	for (size_t i = 0; !named && i < trial_count; i++)
		status =
			status_worse(status, run_trial(o, &trials[i], library));
	return status;
}

enum status command_self_test(int argc, char **argv)
{
	struct options options;
	enum status status = options_read(&options, argc, argv);

	if (status)
		return status;
	if (options.help) {
		fputs(help, stdout);
		fputs(options_help, stdout);
		return STATUS_PASS;
	}
	if (options.nrest < 1)
		return say(STATUS_USAGE, "self-test: no BUILD; see "
					 "'riotlb-gate self-test --help'");
	if (options.out)
		return say(STATUS_USAGE, "self-test: --out is for compare");
	return run_all(&options, options.rest[options.nrest - 1]);
}
