/* SPDX-License-Identifier: MIT */
/*
 * riotlb-vm-differential FILE: puts each case to Linux and to riotlb-vdpa, and
 * compares what they say and what the device can translate then. Prints a row
 * for each step, also into FILE. Fails if a row has a difference that the case
 * does not list, or lacks one that it does.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <riotlb/vhost_msg.h>

#include "check.h"
#include "device.h"
#include "judge.h"
#include "side.h"

static FILE *file;
static unsigned same;
static unsigned listed[REASONS];
static unsigned wrong;

/* ---- rows -------------------------------------------------------------- */

struct row {
	int64_t result[2]; /* the kernel's, the front's */
	struct table *table[2];
	unsigned told;
};

static void result_text(int64_t result, char text[32])
{
	const char *name = NULL;

	if (result < 0 && result > -4096)
		name = strerrorname_np((int)-result);
	if (name)
		snprintf(text, 32, "%s", name);
	else if (result)
		snprintf(text, 32, "%#" PRIx64, (uint64_t)result);
	else
		snprintf(text, 32, "0");
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
}

static void print_row(const char *name, const struct step *step,
		      const struct row *row, const char *verdict)
{
	char text[96], results[2][32];

	step_describe(step, text, sizeof(text));
	for (int i = 0; i < 2; i++)
		result_text(row->result[i], results[i]);
	say("| %s | %s | %s, %zu | %u | %s, %zu | %s |\n", name, text,
	    results[0], row->table[0]->n, row->told, results[1],
	    row->table[1]->n, verdict);
}

static void print_table(const char *who, const struct table *table)
{
	for (size_t i = 0; i < table->n && i < 8; i++) {
		const struct region *r = &table->regions[i];

		say("    %s: %#" PRIx64 "-%#" PRIx64 " area %d+%#" PRIx64
		    " perm %u\n",
		    who, r->start, r->last, (int)r->place.area, r->place.offset,
		    r->perm);
	}
}

/* ---- the comparison ---------------------------------------------------- */

/* Appends the name of a reason that is not there yet. */
static void name_reason(char verdict[96], enum reason reason)
{
	size_t length = strlen(verdict);

	if (reason == SAME)
		return;
	listed[reason]++;
	if (!strstr(verdict, reason_name(reason)))
		snprintf(verdict + length, 96 - length, "%s%s",
			 length ? ", " : "", reason_name(reason));
}

static void compare(const char *name, const struct step *step,
		    const struct row *row, bool places)
{
	bool tables = !table_equal(row->table[0], row->table[1], places);
	bool results = row->result[0] != row->result[1];
	const char *bad =
		judge(&step->result, results, row->result[0], row->result[1]);
	char verdict[96] = "";

	if (!bad)
		bad = judge(&step->table, tables, (int64_t)row->table[0]->n,
			    (int64_t)row->table[1]->n);
	if (bad) {
		wrong++;
		print_row(name, step, row, bad);
		print_table("Linux", row->table[0]);
		print_table("riotlb-vdpa", row->table[1]);
		return;
	}
	name_reason(verdict, step->result.reason);
	name_reason(verdict, step->table.reason);
	if (!verdict[0])
		same++;
	print_row(name, step, row, verdict[0] ? verdict : "same");
}

/* ---- cases ------------------------------------------------------------- */

static const struct side *const sides[] = { &kernel_side, &front_side };

static void prepare(void)
{
	static const struct step steps[] = {
		{ .action = SET_OWNER },
		{ .action = SET_FEATURES, .argument = MESSAGE_FEATURES },
	};

	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++)
			check_eq(sides[i]->perform(&steps[j]), 0);
}

/*
 * A device whose table has changed must have been told before the call was
 * over: what it looked up before is not true any more.
 */
static void check_told(const struct table *before, const struct row *row,
		       bool places)
{
	if (!table_equal(before, row->table[0], places) && !row->told)
		check_fail("the kernel's table changed, and nobody was told");
}

static void run_step(const struct test_case *c, const struct step *step)
{
	static struct table before, after[2];
	struct row row = { .table = { &after[0], &after[1] } };
	bool places = !c->ranges_only;
	unsigned told = device_told();

	kernel_side.read(&before, places);
	for (int i = 0; i < 2; i++) {
		row.result[i] = sides[i]->perform(step);
		sides[i]->read(row.table[i], places);
	}
	row.told = device_told() - told;
	check_told(&before, &row, places);
	compare(step == c->steps ? c->name : "", step, &row, places);
}

static void run(const struct test_case *c)
{
	static struct table table;

	for (int i = 0; i < 2; i++) {
		sides[i]->begin();
		sides[i]->read(&table, true);
		check_eq(table.n, 0);
	}
	if (!c->bare)
		prepare();
	for (int i = 0; i < MAX_STEPS && c->steps[i].action; i++)
		run_step(c, &c->steps[i]);
	for (int i = 0; i < 2; i++)
		sides[i]->end();
}

/* Each reason is one of some row. */
static void print_reasons(void)
{
	say("\n");
	for (enum reason r = SAME + 1; r < REASONS; r++) {
		say("- **%s** (%u): %s\n", reason_name(r), listed[r],
		    reason_text(r));
		if (listed[r])
			continue;
		say("  NO ROW HAS IT\n");
		wrong++;
	}
}

int main(int argc, char *argv[])
{
	unsigned rows = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	file = fopen(argv[1], "w");
	if (!file)
		check_fail("%s: %s", argv[1], strerror(errno));
	memory_create();
	device_create("differential", DEVICE_VQS);
	say("| case | step | Linux: result, regions | told | riotlb-vdpa: "
	    "result, mappings | |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < n_cases; i++)
		run(&cases[i]);
	print_reasons();
	device_destroy();
	for (size_t i = 0; i < n_cases; i++)
		for (int j = 0; j < MAX_STEPS && cases[i].steps[j].action; j++)
			rows++;
	say("\n%zu cases, %u steps: %u same, %u deliberate differences, %u "
	    "wrong\n",
	    n_cases, rows, same, rows - same - wrong, wrong);
	check_eq(fclose(file), 0);
	return wrong ? 1 : 0;
}
