/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cache_run.h"
#include "commands.h"
#include "load.h"
#include "options.h"

static const char help[] =
	"Usage: riotlb cache [OPTION]... [TRACE...]\n"
	"\n"
	"Replays the accesses of each TRACE on a device whose IOTLB has few\n"
	"entries, and prints the share of lookups that it answers itself, for\n"
	"each policy of eviction.\n"
	"\n"
	"Options:\n"
	"  --format FORMAT    auto (the default), virtio-iommu or ftrace\n"
	"  --limit N          stop after N events of each trace\n"
	"  --entries N,N,...  sizes; 8,16,32,64,128,256,65536 if not given\n"
	"  --whole            on a miss fetch the whole mapping, not its page\n"
	"  --synthetic        patterns that are made up, and what things cost\n"
	"  --help             show this\n"
	"\n"
	"Exit status: 0 success, 2 wrong usage, 3 a trace cannot be read.\n";

static const uint32_t standard_entries[] = { 8, 16, 32, 64, 128, 256, 65536 };

enum {
	STANDARD_ENTRIES =
		sizeof(standard_entries) / sizeof(standard_entries[0]),
	COST_ENTRIES = 1024,
};

/* ---- tables ------------------------------------------------------------ */

static void print_head(const char *title)
{
	printf("%s\n%9s", title, "entries");
	for (int p = 0; p < CACHE_POLICIES; p++)
		printf(" %9s", cache_policy_names[p]);
	printf(" %11s\n", "lookups");
}

static void print_row(uint32_t entries, const struct cache_result *results)
{
	printf("%9" PRIu32, entries);
	for (int p = 0; p < CACHE_POLICIES; p++)
		printf(" %7.2f %%", results[p].lookups
					    ? 100.0 * (double)results[p].hits /
						      (double)results[p].lookups
					    : 0.0);
	printf(" %11" PRIu64 "\n", results[0].lookups);
}

/* One of the two is there. */
static enum status run_table(const struct trace *trace,
			     const struct cache_pattern *pattern,
			     const struct options *options)
{
	uint64_t page = options->whole ? 0 : TRACE_PAGE;
	enum status status = STATUS_OK;

	for (uint32_t i = 0; i < options->nentries; i++) {
		uint32_t n = options->entries[i];
		struct cache_result results[CACHE_POLICIES];

		for (int p = 0; p < CACHE_POLICIES && status == STATUS_OK;
		     p++) {
			enum riotlb_cache_policy policy =
				(enum riotlb_cache_policy)p;

			if (trace)
				status = cache_run_trace(trace, n, policy, page,
							 &results[p]);
			else
				status = cache_run_pattern(pattern, n, policy,
							   &results[p]);
		}
		if (status != STATUS_OK)
			return status;
		print_row(n, results);
	}
	return STATUS_OK;
}

/* ---- the command ------------------------------------------------------- */

static enum status run_trace(const char *file, const struct options *options)
{
	struct trace trace;
	enum status status =
		trace_load(&trace, file, options->format, options->limit);

	if (status != STATUS_OK)
		return status;
	print_head(file);
	status = run_table(&trace, NULL, options);
	trace_free(&trace);
	return status;
}

static enum status run_synthetic(const struct options *options)
{
	struct cache_costs costs;
	enum status status;

	for (int i = 0; i < CACHE_PATTERNS; i++) {
		char title[128];

		snprintf(title, sizeof(title), "%s: %s", cache_patterns[i].name,
			 cache_patterns[i].what);
		print_head(title);
		status = run_table(NULL, &cache_patterns[i], options);
		if (status != STATUS_OK)
			return status;
	}
	status = cache_run_costs(COST_ENTRIES, &costs);
	if (status != STATUS_OK)
		return status;
	printf("costs at %d entries, ns: a lookup without a cache %.2f\n",
	       COST_ENTRIES, costs.lookup);
	for (int p = 0; p < CACHE_POLICIES; p++)
		printf("%9s a hit %.2f, a map that evicts %.0f\n",
		       cache_policy_names[p], costs.hit[p], costs.fill[p]);
	return STATUS_OK;
}

enum status command_cache(int argc, char **argv)
{
	struct options options;
	enum status status = options_cache(&options, argc, argv);

	if (status != STATUS_OK)
		return status;
	if (options.help) {
		fputs(help, stdout);
		return STATUS_OK;
	}
	if (!options.nentries) {
		memcpy(options.entries, standard_entries,
		       sizeof(standard_entries));
		options.nentries = STANDARD_ENTRIES;
	}
	for (int i = 0; i < options.nfiles; i++)
		status = status_worse(status,
				      run_trace(options.files[i], &options));
	if (options.synthetic && status == STATUS_OK)
		status = run_synthetic(&options);
	return status;
}
