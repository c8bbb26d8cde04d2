/* SPDX-License-Identifier: MIT */
/* The result as a table: a line per figure, a column per trace. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* 3 columns of 22 behind labels of 32 make lines of 98 characters. */
#define LABEL 32
#define COLUMN 22
#define COLUMNS 3u

/* ---- one cell ---------------------------------------------------------- */

static void put_text(const char *text)
{
	printf("%*.*s", COLUMN, COLUMN - 2, text);
}

/* With a comma every three digits. */
static void put_count(uint64_t value)
{
	char text[32];
	size_t at = sizeof(text) - 1;

	text[at] = '\0';
	for (unsigned int digits = 0;; digits++) {
		if (digits && digits % 3 == 0)
			text[--at] = ',';
		text[--at] = (char)('0' + value % 10);
		value /= 10;
		if (!value)
			break;
	}
	put_text(text + at);
}

static void put_ns(uint64_t n, double ns)
{
	if (n)
		printf("%*.1f", COLUMN, ns);
	else
		put_text("-");
}

/* ---- lines of counts --------------------------------------------------- */

struct line {
	const char *label;
	uint64_t (*value)(const struct result *result);
	bool verified_only; /* without --verify there is nothing to say */
};

#define VALUE(name, expression)                           \
	static uint64_t name(const struct result *result) \
	{                                                 \
		return (expression);                      \
	}

VALUE(lines, result->lines)
VALUE(skipped, result->skipped)
VALUE(events, result->events)
VALUE(attaches, result->attaches)
VALUE(detaches, result->detaches)
VALUE(maps, result->maps)
VALUE(unmaps, result->unmaps)
VALUE(translations, result->translations)
VALUE(bypassed, result->bypassed)
VALUE(checked, result->counts.checked)
VALUE(missed, result->counts.missed)
VALUE(mismatches, result->counts.mismatches)
VALUE(peak_mappings, result->counts.peak_mappings)
VALUE(peak_bytes, result->counts.peak_bytes)

static const struct line count_lines[] = {
	{ "lines", lines, false },
	{ "  skipped", skipped, false },
	{ "events", events, false },
	{ "  attach", attaches, false },
	{ "  detach", detaches, false },
	{ "maps", maps, false },
	{ "unmaps", unmaps, false },
	{ "translations", translations, false },
	{ "  bypassed", bypassed, false },
	{ "  answers checked", checked, true },
	{ "  rightly missed", missed, true },
	{ "mismatches", mismatches, true },
	{ "live mappings at peak", peak_mappings, false },
	{ "table bytes at peak", peak_bytes, false },
};

static void put_count_line(const struct line *line,
			   const struct result *results, size_t n)
{
	printf("%-*s", LABEL, line->label);
	for (size_t i = 0; i < n; i++) {
		if (line->verified_only && !results[i].verified)
			put_text("not verified");
		else
			put_count(line->value(&results[i]));
	}
	putchar('\n');
}

/* ---- lines of times ---------------------------------------------------- */

static const char *const kind_labels[OP_TIMED] = {
	[OP_TRANSLATE] = "mean ns per translate",
	[OP_MAP] = "mean ns per map",
	[OP_UNMAP] = "mean ns per unmap",
};

static const struct {
	const char *label;
	double fraction;
} percentiles[] = {
	{ "  batches of 64: median", 0.5 },
	{ "  batches of 64: 90 %", 0.9 },
	{ "  batches of 64: 99 %", 0.99 },
	{ "  batches of 64: 99.9 %", 0.999 },
	{ "  batches of 64: slowest", 1 },
};

static void put_percentiles(enum op_kind kind, const struct result *results,
			    size_t n)
{
	size_t npercentiles = sizeof(percentiles) / sizeof(percentiles[0]);

	for (size_t p = 0; p < npercentiles; p++) {
		printf("%-*s", LABEL, percentiles[p].label);
		for (size_t i = 0; i < n; i++) {
			const struct spread *batches =
				&results[i].timings[kind].batches;
			double ns = spread_percentile(batches,
						      percentiles[p].fraction);

			put_ns(batches->n, ns / TIMING_BATCH);
		}
		putchar('\n');
	}
}

static void put_times(enum op_kind kind, const struct result *results, size_t n)
{
	printf("%-*s", LABEL, kind_labels[kind]);
	for (size_t i = 0; i < n; i++)
		put_ns(results[i].timings[kind].n,
		       results[i].timings[kind].mean);
	putchar('\n');
	put_percentiles(kind, results, n);
}

/* ---- the whole --------------------------------------------------------- */

/* The last part of the path, and of that the end, where it differs. */
static void put_file(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash && slash[1] ? slash + 1 : file;
	size_t length = strlen(name);

	put_text(length > COLUMN - 2 ? name + length - (COLUMN - 2) : name);
}

static void put_head(const struct result *results, size_t n)
{
	printf("%-*s", LABEL, "trace");
	for (size_t i = 0; i < n; i++)
		put_file(results[i].file);
	printf("\n%-*s", LABEL, "format");
	for (size_t i = 0; i < n; i++)
		put_text(format_name(results[i].format));
	printf("\n%-*s", LABEL, "lookups");
	for (size_t i = 0; i < n; i++)
		put_text(results[i].format == FORMAT_FTRACE ? "synthetic"
							    : "recorded");
	putchar('\n');
}

static void put_some(const struct result *results, size_t n)
{
	put_head(results, n);
	for (size_t i = 0; i < sizeof(count_lines) / sizeof(count_lines[0]);
	     i++)
		put_count_line(&count_lines[i], results, n);
	for (int kind = 0; kind < OP_TIMED; kind++)
		put_times((enum op_kind)kind, results, n);
	putchar('\n');
}

static void put_sum(const struct result *results, size_t n)
{
	uint64_t all_checked = 0;
	uint64_t all_mismatches = 0;

	for (size_t i = 0; i < n; i++) {
		all_checked += results[i].counts.checked;
		all_mismatches += results[i].counts.mismatches;
	}
	printf("%" PRIu64 " answers checked, %" PRIu64 " mismatches\n",
	       all_checked, all_mismatches);
}

void report_table(const struct result *results, size_t n)
{
	for (size_t i = 0; i < n; i += COLUMNS)
		put_some(results + i, n - i < COLUMNS ? n - i : COLUMNS);
	if (n && results[0].verified)
		put_sum(results, n);
}
