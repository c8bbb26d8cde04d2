/* SPDX-License-Identifier: MIT */
/* rates: adds up the lines of many self-tests, with exact bounds. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "self_test.h"
#include "stats.h"

#define LEVEL 0.05 /* of a one-sided bound */

struct sum {
	size_t runs; /* spoilt ones are not among them */
	size_t spoilt;
	size_t failed;
	size_t rows;
	size_t could;
	size_t seen;
	size_t open;
	size_t judged;
	double seconds;
	double longest;
};

static const char help[] =
	"Usage: riotlb-gate rates FILE...\n"
	"\n"
	"Adds up what 'riotlb-gate self-test' has printed: how often runs "
	"gave\n"
	"a false alarm, and how often slowdowns were found that the row said "
	"it\n"
	"could see, each with the 95 % bound of Clopper and Pearson.\n";

static bool take_line(const char *line, struct sum *sums)
{
	size_t rows, could, seen, alarms, open, judged;
	int failed, spoilt, n = 0;
	char name[32];
	double seconds;
	struct sum *sum;
	size_t at = 0;

	if (sscanf(line,
		   "%31s rows=%zu could=%zu seen=%zu alarms=%zu open=%zu "
		   "failed=%d spoilt=%d judged=%zu seconds=%lf seed=0x%*x%n",
		   name, &rows, &could, &seen, &alarms, &open, &failed, &spoilt,
		   &judged, &seconds, &n) != 10 ||
	    !n)
		return false;
	while (at < trial_count && strcmp(trials[at].name, name) != 0)
		at++;
	if (at == trial_count || could > rows || seen > could)
		return false;
	sum = &sums[at];
	sum->longest = seconds > sum->longest ? seconds : sum->longest;
	sum->seconds += seconds;
	if (spoilt) {
		sum->spoilt++;
		return true;
	}
	sum->runs++;
	sum->failed += failed != 0;
	sum->rows += rows;
	sum->could += could;
	sum->seen += seen;
	sum->open += open;
	sum->judged += judged;
	return true;
}

static enum status take_file(const char *path, struct sum *sums)
{
	FILE *file = fopen(path, "re");
	enum status status = STATUS_PASS;
	size_t number = 0;
	char line[512];

	if (!file)
		return say(STATUS_USAGE, "%s: %s", path, strerror(errno));
	while (!status && fgets(line, sizeof(line), file)) {
		number++;
		if (!take_line(line, sums))
			status = say(STATUS_USAGE,
				     "%s:%zu: no line of a self-test", path,
				     number);
	}
	fclose(file);
	return status;
}

static double percent(size_t part, size_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_sum(const struct trial *trial, const struct sum *sum)
{
	double runs = (double)(sum->runs + sum->spoilt);

	printf("%-10s %5zu runs (%zu spoilt), %.0f s each, %.0f at most; ",
	       trial->name, sum->runs, sum->spoilt,
	       runs > 0 ? sum->seconds / runs : 0, sum->longest);
	if (!trial->fails)
		printf("false alarms in %zu: %.2f %%, below %.2f %%",
		       sum->failed, percent(sum->failed, sum->runs),
		       100 * stats_rate_high(sum->failed, sum->runs, LEVEL));
	else
		printf("%zu rows, %zu could see it, %zu did: %.2f %%, above "
		       "%.2f %%",
		       sum->rows, sum->could, sum->seen,
		       percent(sum->seen, sum->could),
		       100 * stats_rate_low(sum->seen, sum->could, LEVEL));
	printf("; %.1f %% of rows inconclusive\n",
	       percent(sum->open, sum->judged));
}

enum status command_rates(int argc, char **argv)
{
	struct sum *sums;
	enum status status = STATUS_PASS;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return STATUS_PASS;
	}
	if (argc < 2 || argv[1][0] == '-')
		return say(STATUS_USAGE, "rates: no FILE; see 'riotlb-gate "
					 "rates --help'");
	sums = calloc(trial_count, sizeof(*sums));
	if (!sums)
		return say(STATUS_INTERNAL, "out of memory");
	for (int i = 1; !status && i < argc; i++)
		status = take_file(argv[i], sums);
	for (size_t i = 0; !status && i < trial_count; i++) {
		if (sums[i].runs + sums[i].spoilt)
			print_sum(&trials[i], &sums[i]);
	}
	free(sums);
	return status;
}
