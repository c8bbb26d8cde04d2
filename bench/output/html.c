/* SPDX-License-Identifier: MIT */
#include "html.h"

#include <math.h>
#include <string.h>

#include "facts.h"
#include "ink.h"
#include "style.h"
#include "text.h"

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(FILE *out, const char *text)
{
	while (*text) {
		size_t bytes = text_character(text);
		const char *escaped = entity(*text);

		if (escaped)
			fputs(escaped, out);
		else if (!bytes)
			fputc('?', out);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			fputc(' ', out); /* HTML has no control characters */
		else
			fwrite(text, 1, bytes, out);
		text += bytes ? bytes : 1;
	}
}

static void head(FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	      "content=\"width=device-width, initial-scale=1\">\n"
	      "<title>riotlb benchmarks</title>\n<style>\n",
	      out);
	fwrite(html_style, 1, html_style_size, out);
	fputs("@media (prefers-color-scheme: dark) {\n", out);
	ink_dark_rules(out);
	fputs("}\n</style>\n</head>\n<body>\n<main>\n", out);
}

static void tile(FILE *out, const struct bar *bar)
{
	char value[64];

	if (!isfinite(bar->value.median))
		return;
	text_quantity(value, sizeof(value), bar->value.median, bar->unit);
	fputs("<div class=\"tile\"><b>", out);
	html_text(out, value);
	fputs("</b><span>", out);
	html_text(out, bar->what);
	fputs("</span></div>\n", out);
}

static void tiles(FILE *out, const struct bar *bars)
{
	/* lookup, update, reset, memory: what people ask for first */
	static const char *const ids[] = { "B1", "B6", "B12", "B17" };
	size_t verdicts[3] = { 0 };

	for (size_t i = 0; i < BAR_COUNT; i++)
		verdicts[bars[i].verdict]++;
	fprintf(out,
		"<div class=\"tiles\">\n<div class=\"tile first\"><b>%zu of "
		"%d</b><span>bars met; %zu missed, %zu undecided</span></div>"
		"\n",
		verdicts[BAR_MET], BAR_COUNT, verdicts[BAR_MISSED],
		verdicts[BAR_UNDECIDED]);
	for (size_t i = 0; i < BAR_COUNT; i++) {
		for (size_t j = 0; j < sizeof(ids) / sizeof(*ids); j++) {
			if (strcmp(bars[i].id, ids[j]) == 0)
				tile(out, &bars[i]);
		}
	}
	fputs("</div>\n", out);
}

static const char *fact_text(const struct fact *facts, size_t n,
			     const char *key)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(facts[i].key, key) == 0)
			return facts[i].text;
	}
	return "";
}

static void top(FILE *out, const struct output_run *run)
{
	static const char *const keys[] = { "riotlb", "cpu", "kernel", "date" };
	struct fact facts[FACTS_MAX];
	size_t n = facts_of(run, facts);

	fputs("<h1>riotlb beside its peers</h1>\n<p class=\"soft\">", out);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		fputs(i ? " · " : "", out);
		fputs(i ? "" : "riotlb ", out);
		html_text(out, fact_text(facts, n, keys[i]));
	}
	fputs("</p>\n", out);
	if (run->quick)
		fputs("<p class=\"warn\">A quick run: few rounds, wide "
		      "intervals. More bars are undecided than in a full "
		      "one.</p>\n",
		      out);
	if (!run->peers)
		fputs("<p class=\"warn\">The peers were left out on request."
		      "</p>\n",
		      out);
	fputs("<nav><a href=\"#plots\">Plots</a><a href=\"#bars\">Bars</a>"
	      "<a href=\"#rows\">All rows</a><a href=\"#machine\">Machine and "
	      "method</a></nav>\n",
	      out);
	tiles(out, run->bars);
}

static void pair(FILE *out, const char *label, const char *text, bool code)
{
	fputs("<dt>", out);
	html_text(out, label);
	fputs(code ? "</dt><dd><code>" : "</dt><dd>", out);
	html_text(out, text);
	fputs(code ? "</code></dd>\n" : "</dd>\n", out);
}

static void machine(FILE *out, const struct output_run *run)
{
	struct fact facts[FACTS_MAX];
	size_t n = facts_of(run, facts);

	fputs("<h2 id=\"machine\">Machine and method</h2>\n<p class=\"soft\">"
	      "All subjects get the same mappings, the same keys and the same "
	      "updates; in every round each has one turn, in an order drawn "
	      "anew. On a shared or virtual machine absolute times move by "
	      "tens of percent from one run to the next, ratios within a run "
	      "by a few.</p>\n<dl>\n",
	      out);
	for (size_t i = 0; i < n; i++)
		pair(out, facts[i].label, facts[i].text,
		     strcmp(facts[i].key, "flags") == 0 ||
			     strcmp(facts[i].key, "command") == 0);
	for (size_t i = 0; i < run->version_count; i++)
		pair(out, run->versions[i].name, run->versions[i].version,
		     false);
	fputs("</dl>\n", out);
}

int html_report(const struct output_run *run, FILE *file)
{
	int err;

	head(file);
	top(file, run);
	err = html_figures(file, run->results);
	html_bars(file, run->bars);
	if (!err)
		err = html_tables(file, run->results);
	machine(file, run);
	fputs("</main>\n</body>\n</html>\n", file);
	return err;
}
