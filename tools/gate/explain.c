/* SPDX-License-Identifier: MIT */
/* explain: the verdicts again, from nothing but the pairs that were kept. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "judge.h"
#include "options.h"
#include "record.h"
#include "report.h"

static const char help[] =
	"Usage: riotlb-gate explain [--out DIR] [--quiet] RESULT.json\n"
	"\n"
	"Derives every verdict of a gate.json again from its pairs, without\n"
	"measuring; a file whose verdicts do not follow has status 3.\n";

struct said {
	char *name;
	enum verdict verdict;
};

static struct said *remember(const struct gate *gate)
{
	struct said *said = calloc(gate->count + 1, sizeof(*said));

	for (size_t i = 0; said && i < gate->count; i++) {
		said[i].name = gate->rows[i].name;
		said[i].verdict = gate->rows[i].found.verdict;
	}
	return said;
}

/* Rows stay where they are; those of growth may have been added. */
static enum status compare_said(const struct gate *gate,
				const struct said *said, size_t n,
				enum status status)
{
	enum status result = STATUS_PASS;

	if (gate->count != n)
		result = say(STATUS_INTEGRITY,
			     "%zu rows follow, and %zu are in the file",
			     gate->count, n);
	for (size_t i = 0; i < n; i++) {
		if (gate->rows[i].found.verdict == said[i].verdict)
			continue;
		result = say(STATUS_INTEGRITY,
			     "%s: %s follows, and the file says %s",
			     gate->rows[i].name,
			     verdict_name(gate->rows[i].found.verdict),
			     verdict_name(said[i].verdict));
	}
	if (gate->status != status)
		result = say(STATUS_INTEGRITY,
			     "%s follows, and the file says %s",
			     status_name(gate->status), status_name(status));
	return result;
}

static enum status explain(struct gate *gate, const struct options *o)
{
	enum status before = gate->status;
	size_t n = gate->count;
	struct said *said = remember(gate);
	enum status status;

	if (!said || judge(gate)) {
		free(said);
		return say(STATUS_INTERNAL, "out of memory");
	}
	if (!o->quiet)
		report_terminal(gate, stdout);
	status = compare_said(gate, said, n, before);
	free(said);
	if (o->out)
		status = status_worse(status, report_write(gate, o->out));
	return status_worse(status, gate->status);
}

enum status command_explain(int argc, char **argv)
{
	struct options options;
	struct gate gate;
	enum status status = options_read(&options, argc, argv);

	if (status)
		return status;
	if (options.help) {
		fputs(help, stdout);
		return STATUS_PASS;
	}
	if (options.nrest != 1)
		return say(STATUS_USAGE, "explain: one RESULT.json, not %d",
			   options.nrest);
	status = record_read(&gate, options.rest[0]);
	if (!status)
		status = explain(&gate, &options);
	gate_free(&gate);
	return status;
}
