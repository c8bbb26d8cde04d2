/* SPDX-License-Identifier: MIT */
#include "exact/read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- one dump ----------------------------------------------------------- */

/*
 * callgrind counts calls also while it does not collect, if it had collected
 * costs of the same two functions before: where the library itself calls malloc
 * in what is counted, and between, these numbers are too high.
 */
static bool allocates(const char *function)
{
	static const char *const names[] = {
		"malloc",         "calloc",        "realloc", "memalign",
		"posix_memalign", "aligned_alloc", "mmap",    "reallocarray",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(function, names[i]) == 0)
			return true;
	}
	return false;
}

/* In which columns events are; -1: in none. */
struct columns {
	int locked;
	int branches;
	int syscalls;
};

/* "events: Ir ... Ge ...". Instructions come first; both must be there. */
static bool read_events(const char *line, struct columns *columns)
{
	char copy[256];
	char *rest;
	int at = 0;

	*columns = (struct columns){ -1, -1, -1 };
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *event = strtok_r(copy, " ", &rest); event;
	     event = strtok_r(NULL, " ", &rest), at++) {
		if (at == 0 && strcmp(event, "Ir") != 0)
			return false;
		if (strcmp(event, "Ge") == 0)
			columns->locked = at;
		if (strcmp(event, "Bc") == 0)
			columns->branches = at;
		if (strcmp(event, "sysCount") == 0)
			columns->syscalls = at;
	}
	return columns->locked > 0;
}

/* Columns of zeros at the end are left out. */
static void read_totals(const char *line, const struct columns *columns,
			struct exact_dump *dump)
{
	char *rest;

	dump->instructions = strtoull(line, &rest, 10);
	for (int at = 1; *rest; at++) {
		const char *from = rest;
		uint64_t value = strtoull(from, &rest, 10);

		if (rest == from)
			break;
		if (at == columns->locked)
			dump->locked = value;
		if (at == columns->branches)
			dump->branches = value;
		if (at == columns->syscalls)
			dump->syscalls = value;
	}
}

/* "name:n calls bytes"; what is not of that form is a name. */
static void read_name(const char *text, struct exact_dump *dump)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	char *rest;

	if (n >= sizeof(dump->name))
		n = sizeof(dump->name) - 1;
	memcpy(dump->name, text, n);
	dump->name[n] = '\0';
	if (!colon)
		return;
	dump->calls = strtoull(colon + 1, &rest, 10);
	dump->allocations = strtoull(rest, &rest, 10);
	dump->bytes = strtoull(rest, NULL, 10);
}

/* The text after the prefix, or NULL. */
static const char *after(const char *line, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(line, prefix, n) == 0 ? line + n : NULL;
}

bool exact_read(FILE *file, struct exact_dump *dump)
{
	struct columns columns = { -1, -1, -1 };
	bool has_totals = false;
	bool in_call = false;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	*dump = (struct exact_dump){ .instructions = 0 };
	while ((n = getline(&line, &room, file)) > 0) {
		const char *text;

		line[strcspn(line, "\n")] = '\0';
		if ((text = after(line, "desc: Trigger: Client Request: "))) {
			read_name(text, dump);
		} else if ((text = after(line, "events: "))) {
			if (!read_events(text, &columns))
				break;
		} else if ((text = after(line, "totals: "))) {
			has_totals = columns.locked > 0;
			read_totals(text, &columns, dump);
		} else if ((text = after(line, "cfn="))) {
			in_call = allocates(text);
		} else if (in_call && (text = after(line, "calls="))) {
			dump->allocations += strtoull(text, NULL, 10);
			in_call = false;
		}
	}
	free(line);
	return has_totals;
}

/* ---- all of a run ------------------------------------------------------- */

int exact_add(struct exact_dumps *dumps, FILE *file)
{
	struct exact_dump dump;
	struct exact_dump *all;

	if (!exact_read(file, &dump))
		return -EIO;
	all = realloc(dumps->all, (dumps->n + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	dumps->all = all;
	all[dumps->n++] = dump;
	return 0;
}

void exact_free(struct exact_dumps *dumps)
{
	free(dumps->all);
	*dumps = (struct exact_dumps){ .n = 0 };
}

/* Both dumps of a name, the one of fewer calls first. */
static bool find_pair(const struct exact_dumps *dumps, const char *name,
		      const struct exact_dump *pair[2])
{
	size_t found = 0;

	for (size_t i = 0; i < dumps->n; i++) {
		if (strcmp(dumps->all[i].name, name) != 0)
			continue;
		if (found == 2)
			return false;
		pair[found++] = &dumps->all[i];
	}
	if (found != 2)
		return false;
	if (pair[0]->calls > pair[1]->calls) {
		const struct exact_dump *first = pair[0];

		pair[0] = pair[1];
		pair[1] = first;
	}
	return pair[0]->calls && pair[1]->calls / 2 == pair[0]->calls &&
	       pair[1]->calls % 2 == 0;
}

static bool slope(uint64_t one, uint64_t two, uint64_t calls, double *each)
{
	*each = ((double)two - (double)one) / (double)calls;
	return two >= one;
}

bool exact_cost(const struct exact_dumps *dumps, const char *name,
		struct exact_cost *cost)
{
	const struct exact_dump *pair[2];
	uint64_t n;

	if (!find_pair(dumps, name, pair))
		return false;
	n = pair[0]->calls;
	return slope(pair[0]->instructions, pair[1]->instructions, n,
		     &cost->instructions) &&
	       slope(pair[0]->locked, pair[1]->locked, n, &cost->locked) &&
	       slope(pair[0]->branches, pair[1]->branches, n,
		     &cost->branches) &&
	       slope(pair[0]->syscalls, pair[1]->syscalls, n,
		     &cost->syscalls) &&
	       slope(pair[0]->allocations, pair[1]->allocations, n,
		     &cost->allocations) &&
	       slope(pair[0]->bytes, pair[1]->bytes, n, &cost->bytes);
}

bool exact_net_cost(const struct exact_dumps *dumps, const struct exact_op *op,
		    struct exact_cost *cost)
{
	double each = 1 / op->per_call;
	struct exact_cost nothing;

	if (!exact_cost(dumps, exact_ops[0].name, &nothing) ||
	    !exact_cost(dumps, op->name, cost))
		return false;
	cost->instructions = (cost->instructions - nothing.instructions) * each;
	cost->locked = (cost->locked - nothing.locked) * each;
	cost->branches = (cost->branches - nothing.branches) * each;
	cost->syscalls = (cost->syscalls - nothing.syscalls) * each;
	cost->allocations = (cost->allocations - nothing.allocations) * each;
	cost->bytes = (cost->bytes - nothing.bytes) * each;
	return true;
}
