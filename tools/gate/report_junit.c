/* SPDX-License-Identifier: MIT */
/* JUnit: a test case for each row; what is inconclusive counts as skipped. */
#include "report.h"

#include <math.h>
#include <string.h>

#include "output/html.h"

#include "judge.h"
#include "report_text.h"

/* What is escaped for HTML is well-formed XML, too. */
static void attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	html_text(out, value);
	fputc('"', out);
}

static void open_case(FILE *out, const char *class, const char *name)
{
	fputs("  <testcase", out);
	attribute(out, "classname", class);
	attribute(out, "name", name);
	fputs(" time=\"0\">\n", out);
}

static void outcome(FILE *out, const char *element, const char *message,
		    const char *text)
{
	fprintf(out, "   <%s", element);
	attribute(out, "message", message);
	fputc('>', out);
	html_text(out, text);
	fprintf(out, "</%s>\n", element);
}

static void property(FILE *out, const char *name, double value)
{
	if (isfinite(value))
		fprintf(out, "    <property name=\"%s\" value=\"%.10g\"/>\n",
			name, value);
}

static void properties(FILE *out, const struct gate_row *row)
{
	const struct finding *f = &row->found;

	fputs("   <properties>\n", out);
	property(out, "base", f->base);
	property(out, "head", f->head);
	property(out, "effect", judge_share(row->metric, f->effect));
	property(out, "low", judge_share(row->metric, f->low));
	property(out, "high", judge_share(row->metric, f->high));
	property(out, "visible", judge_share(row->metric, f->visible));
	property(out, "p", f->p);
	property(out, "pairs", (double)row->count);
	fputs("   </properties>\n", out);
}

static void line_of(const struct gate_row *row, char *text, size_t size)
{
	struct report_cells cells;

	report_cells(row, &cells);
	snprintf(text, size, "%s: %s to %s, %s %s, %zu pairs", row->name,
		 cells.base, cells.head, cells.effect, cells.interval,
		 row->count);
}

static bool fails(const struct gate_row *row)
{
	return row_is_judged(row) && row->found.verdict == VERDICT_FAIL;
}

static bool is_open(const struct gate_row *row)
{
	return row_is_judged(row) && row->found.verdict == VERDICT_INCONCLUSIVE;
}

static void row_case(FILE *out, const struct gate_row *row)
{
	char text[512];

	line_of(row, text, sizeof(text));
	open_case(out, "riotlb-gate.pairs", row->name);
	properties(out, row);
	if (row->error)
		outcome(out, "error", row->error, text);
	else if (fails(row))
		outcome(out, "failure", "slower", text);
	else if (is_open(row))
		outcome(out, "skipped", row->found.why, text);
	fputs("  </testcase>\n", out);
}

static void count_case(FILE *out, const struct count_row *row)
{
	char name[256];
	char text[512];

	snprintf(name, sizeof(name), "%s %s", row->name, row->metric);
	snprintf(text, sizeof(text), "%s: %.10g to %.10g", name, row->base,
		 row->head);
	open_case(out, "riotlb-gate.counts", name);
	if (row->verdict == VERDICT_FAIL)
		outcome(out, "failure", row->why, text);
	else if (row->verdict == VERDICT_INCONCLUSIVE)
		outcome(out, "skipped", row->why, text);
	fputs("  </testcase>\n", out);
}

static void integrity_case(FILE *out, const struct gate *gate)
{
	open_case(out, "riotlb-gate", "integrity");
	for (size_t i = 0; i < gate->fault_count; i++)
		outcome(out, "failure", gate->faults[i], "");
	fputs("  </testcase>\n", out);
}

int report_junit(const struct gate *gate, FILE *out)
{
	size_t errors = 0;
	char headline[256];

	for (size_t i = 0; i < gate->count; i++)
		errors += gate->rows[i].error != NULL;
	report_headline(gate, headline, sizeof(headline));
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		" <testsuite name=\"riotlb-gate\" tests=\"%zu\" "
		"failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" "
		"time=\"%.3f\"",
		1 + gate->count + gate->count_count,
		judge_tally(gate, VERDICT_FAIL) + (gate->fault_count > 0),
		errors, judge_tally(gate, VERDICT_INCONCLUSIVE), gate->seconds);
	attribute(out, "timestamp", gate->started);
	fputs(">\n  <properties>\n   <property name=\"headline\"", out);
	attribute(out, "value", headline);
	fprintf(out,
		"/>\n   <property name=\"seed\" value=\"0x%llx\"/>\n"
		"   <property name=\"exit\" value=\"%d\"/>\n  </properties>\n",
		(unsigned long long)gate->seed, (int)gate->status);
	integrity_case(out, gate);
	for (size_t i = 0; i < gate->count; i++)
		row_case(out, &gate->rows[i]);
	for (size_t i = 0; i < gate->count_count; i++)
		count_case(out, &gate->counts[i]);
	fputs(" </testsuite>\n</testsuites>\n", out);
	return 0;
}
