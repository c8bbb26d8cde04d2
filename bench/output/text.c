/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void text_number(char *out, size_t size, double value)
{
	double amount = fabs(value);

	if (!isfinite(value))
		snprintf(out, size, "n/a");
	else if (amount != 0 && amount < 0.0995)
		snprintf(out, size, "%.2g", value);
	else if (amount >= 9999999.5)
		snprintf(out, size, "%.2e", value);
	else
		snprintf(out, size, "%.*f",
			 amount < 9.995   ? 2
			 : amount < 99.95 ? 1
					  : 0,
			 value);
}

struct scale {
	const char *unit;
	const char *scaled;
	double from;
};

static const struct scale scales[] = {
	{ "ns", "s", 1e9 },        { "ns", "ms", 1e6 },
	{ "ns", "µs", 1e3 },       { "B", "GiB", 1073741824.0 },
	{ "B", "MiB", 1048576.0 }, { "B", "KiB", 1024.0 },
};

/* Into the largest unit of which the value is 1 or more. */
static void rescale(double *value, const char **unit)
{
	for (size_t i = 0; i < sizeof(scales) / sizeof(*scales); i++) {
		const struct scale *s = &scales[i];

		if (strcmp(s->unit, *unit) == 0 && fabs(*value) >= s->from) {
			*value /= s->from;
			*unit = s->scaled;
			return;
		}
	}
	/* "1" is the unit of a ratio */
	if (strcmp(*unit, "1") == 0)
		*unit = "";
}

void text_quantity(char *out, size_t size, double value, const char *unit)
{
	char digits[32];

	rescale(&value, &unit);
	text_number(digits, sizeof(digits), value);
	if (!isfinite(value))
		unit = "";
	snprintf(out, size, "%s%s%s", digits, *unit ? " " : "", unit);
}

void text_tick(char *out, size_t size, double value, const char *unit)
{
	rescale(&value, &unit);
	snprintf(out, size, "%.10g%s%s", value, *unit ? " " : "", unit);
}

void text_count(char *out, size_t size, double value)
{
	static const char *const suffix[] = { "", " Ki", " Mi", " Gi" };
	size_t power = 0;

	while (power < 3 && value >= 1024 && fmod(value, 1024) == 0) {
		value /= 1024;
		power++;
	}
	if (value >= 1e6)
		snprintf(out, size, "%.3g M%s", value / 1e6, suffix[power]);
	else
		snprintf(out, size, "%g%s", value, suffix[power]);
}

void text_spread(char *out, size_t size, const struct estimate *e)
{
	double half = (e->high - e->low) / 2 / fabs(e->median) * 100;

	if (!isfinite(half))
		snprintf(out, size, "%s", "");
	else if (half < 0.05)
		snprintf(out, size, "0%%");
	else
		snprintf(out, size, "%.*f%%", half < 0.95 ? 1 : 0, half);
}

const char *text_verdict(enum bar_verdict verdict)
{
	switch (verdict) {
	case BAR_MET:
		return "met";
	case BAR_MISSED:
		return "MISSED";
	case BAR_UNDECIDED:
		break;
	}
	return "undecided";
}

struct title {
	const char *group;
	const char *op;
	const char *text;
};

static const struct title titles[] = {
	{ "lookup", "one", "Lookup, one at a time" },
	{ "lookup", "dependent", "Lookup, each depends on the one before" },
	{ "lookup", "burst32", "Lookup in bursts of 32" },
	{ "update", "remap", "Unmap and map again" },
	{ "update", "map", "Map" },
	{ "update", "unmap", "Unmap" },
	{ "update", "protect", "Change of permission" },
	{ "memory", "bytes", "Memory per mapping" },
	{ "growth", "lookup", "Lookup against number of mappings" },
	{ "growth", "dependent",
	  "Dependent lookup against number of mappings" },
	{ "growth", "remap", "Unmap and map against number of mappings" },
	{ "growth", "bulk", "Bulk mapping against number of mappings" },
	{ "growth", "memory", "Memory against number of mappings" },
	{ "growth", "reset", "Reset against number of mappings" },
	{ "reset", "caller", "Reset, the caller's time, caches flushed" },
	{ "reset", "caller-as-built",
	  "Reset, the caller's time, caches as built" },
	{ "reset", "cpu", "Reset, CPU time with all reclamation" },
	{ "threads", "lookup", "Lookups with more threads" },
	{ "workload", NULL, "Workloads" },
	{ "trace", NULL, "Recorded traces" },
	{ "exact", NULL, "Exact counts" },
	{ "floor", NULL, "The floor" },
};

const char *text_title(const char *group, const char *op)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
		const struct title *t = &titles[i];

		if (strcmp(t->group, group) == 0 && t->op &&
		    strcmp(t->op, op) == 0)
			return t->text;
	}
	return NULL;
}

bool text_is_time(const char *unit)
{
	return strcmp(unit, "ns") == 0 || strcmp(unit, "us") == 0 ||
	       strcmp(unit, "ms") == 0 || strcmp(unit, "s") == 0;
}

size_t text_character(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	/* overlong forms, surrogates and what is beyond Unicode apart */
	static const struct {
		unsigned char first, last, low, high;
		size_t bytes;
	} forms[] = {
		{ 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		size_t n = 1;

		if (p[0] < forms[i].first || p[0] > forms[i].last)
			continue;
		if (forms[i].bytes > 1 &&
		    (p[1] < forms[i].low || p[1] > forms[i].high))
			return 0;
		while (n < forms[i].bytes && (n < 2 || (p[n] & 0xc0) == 0x80))
			n++;
		return n == forms[i].bytes ? n : 0;
	}
	return 0;
}

size_t text_columns(const char *text)
{
	size_t n = 0;

	/* all bytes but those that continue a character */
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

void text_wrap(FILE *out, const char *text, size_t at, size_t indent,
	       size_t width)
{
	bool first = true;

	while (*text) {
		size_t bytes = strcspn(text, " \n\t");
		size_t columns = 0;

		for (size_t i = 0; i < bytes; i++)
			columns += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (!first && at + 1 + columns > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		if (!first)
			fputc(' ', out);
		/* a word longer than a line is cut */
		for (size_t i = 0; i < bytes; i++) {
			bool starts = ((unsigned char)text[i] & 0xc0) != 0x80;

			if (starts && at + !first + 1 > width) {
				fprintf(out, "\n%*s", (int)indent, "");
				at = indent;
				first = true;
			}
			fputc(text[i], out);
			at += starts;
		}
		at += !first;
		first = false;
		text += bytes;
		text += strspn(text, " \n\t");
	}
}

bool text_ratio(const struct row *ours, const struct row *theirs,
		struct estimate *ratio, bool *at_least)
{
	*at_least = false;
	if (!ours || !theirs || ours->state != ROW_VALUE)
		return false;
	if (theirs->state == ROW_OVER && !theirs->more_is_better) {
		double bound = theirs->value.low / ours->value.high;

		*at_least = true;
		*ratio = (struct estimate){ bound, bound, NAN };
		return isfinite(bound);
	}
	return ours->more_is_better ? results_ratio(ours, theirs, ratio)
				    : results_ratio(theirs, ours, ratio);
}

size_t notes_add(struct notes *notes, const char *text)
{
	const char **texts;

	if (!text || !*text)
		return 0;
	for (size_t i = 0; i < notes->n; i++) {
		if (strcmp(notes->texts[i], text) == 0)
			return i + 1;
	}
	texts = realloc(notes->texts, (notes->n + 1) * sizeof(*texts));
	if (!texts)
		return 0;
	notes->texts = texts;
	texts[notes->n++] = text;
	return notes->n;
}

void notes_free(struct notes *notes)
{
	free(notes->texts);
	*notes = (struct notes){ 0 };
}
