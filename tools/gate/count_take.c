/* SPDX-License-Identifier: MIT */
/* Counts one build. */
#include "count.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "budget_file.h"
#include "count_code.h"
#include "exact/list.h"
#include "exact/start.h"
#include "process.h"
#include "stats.h"

#define LEAST_POINTS 5
#define MOST_POINTS 16

static enum status no_memory(void)
{
	return say(STATUS_INTERNAL, "%s", strerror(ENOMEM));
}

/* ---- what the driver says by itself ------------------------------------- */

static enum status read_facts(char *text, struct count_set *set)
{
	FILE *file = fmemopen(text, strlen(text), "r");
	struct budget_file facts;
	enum status status = STATUS_PASS;
	int err;

	if (!file)
		return no_memory();
	err = budget_read(file, &facts);
	fclose(file);
	if (err == -ENOMEM) {
		status = no_memory();
	} else if (err || facts.n != 1 || !facts.sets[0].n) {
		status = say(STATUS_INTEGRITY,
			     "the driver's facts, line %zu: %s", facts.line,
			     err ? facts.why : "there is no [key]");
	} else {
		*set = facts.sets[0];
		facts.n = 0;
	}
	budget_free(&facts);
	return status;
}

static enum status take_facts(const char *driver, struct count_set *set)
{
	struct args args = { .n = 0 };
	enum status status;
	char *text;
	int ran;

	args_add(&args, "%s", driver);
	args_add(&args, "--facts");
	ran = process_run(&args, &text, NULL);
	if (ran < 0)
		return say(STATUS_INTERNAL, "%s: %s", driver, strerror(-ran));
	if (ran || !*text)
		status = say(STATUS_INTEGRITY, "%s --facts failed", driver);
	else
		status = read_facts(text, set);
	free(text);
	return status;
}

/* ---- under callgrind ---------------------------------------------------- */

static int add_cost(struct count_set *set, const char *row,
		    const struct exact_cost *cost)
{
	const struct {
		enum count_metric metric;
		double value;
	} all[] = {
		{ COUNT_INSTRUCTIONS, cost->instructions },
		{ COUNT_ATOMICS, cost->locked },
		{ COUNT_BRANCHES, cost->branches },
		{ COUNT_ALLOCATIONS, cost->allocations },
		{ COUNT_BYTES, cost->bytes },
		{ COUNT_SYSCALLS, cost->syscalls },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(all) / sizeof(*all); i++)
		err = count_add(set, row, all[i].metric, all[i].value);
	return err;
}

/* All but the first of the list, which is taken off the others. */
static enum status add_costs(const struct exact_dumps *dumps,
			     struct count_set *set)
{
	for (size_t i = 1; i < exact_op_count; i++) {
		const struct exact_op *op = &exact_ops[i];
		struct exact_cost cost;

		if (!exact_net_cost(dumps, op, &cost))
			return say(STATUS_INTEGRITY,
				   "callgrind has left no count of %s",
				   op->name);
		if (add_cost(set, op->name, &cost))
			return no_memory();
	}
	return STATUS_PASS;
}

static enum status add_growth(const struct exact_dumps *dumps,
			      const struct exact_growth *growth,
			      struct count_set *set)
{
	char row[COUNT_LONGEST_ROW];
	double n[MOST_POINTS];
	double instructions[MOST_POINTS];
	size_t points = 0;

	for (size_t i = 0; i < exact_op_count; i++) {
		const struct exact_op *op = &exact_ops[i];
		struct exact_cost cost;

		if (!exact_grows(growth, op) || points == MOST_POINTS ||
		    !exact_net_cost(dumps, op, &cost))
			continue;
		n[points] = (double)op->table.n;
		/* of a call, however many operations it makes */
		instructions[points++] = cost.instructions * op->per_call;
	}
	if (points < LEAST_POINTS)
		return say(STATUS_INTEGRITY,
			   "the growth of %s has %zu points, not %d",
			   growth->name, points, LEAST_POINTS);
	snprintf(row, sizeof(row), "growth-%s", growth->name);
	return count_add(set, row, COUNT_EXPONENT,
			 stats_exponent(n, instructions, points))
		       ? no_memory()
		       : STATUS_PASS;
}

static enum status take_costs(const char *driver, size_t jobs,
			      struct count_set *set)
{
	struct exact_dumps dumps;
	enum status status;
	int err = exact_run_driver(driver, NULL, jobs, &dumps);

	if (err == -ENOENT)
		return say(STATUS_INTEGRITY, "valgrind is not installed");
	if (err == -EIO)
		return say(STATUS_INTEGRITY, "%s failed under callgrind",
			   driver);
	if (err)
		return say(STATUS_INTERNAL, "callgrind: %s", strerror(-err));
	status = add_costs(&dumps, set);
	for (size_t i = 0; status == STATUS_PASS && i < exact_growth_count; i++)
		status = add_growth(&dumps, &exact_growths[i], set);
	exact_free(&dumps);
	return status;
}

/* ---- without being run -------------------------------------------------- */

static enum status take_code(const char *library, struct count_set *set)
{
	struct count_code code;
	int err = count_code(library, &code);

	if (err == -ENOENT)
		return say(STATUS_INTEGRITY, "objdump is not installed");
	if (err)
		return say(STATUS_INTEGRITY, "%s: objdump found no code in it",
			   library);
	if (count_add(set, "library", COUNT_TEXT, (double)code.text) ||
	    count_add(set, "library", COUNT_FENCES, (double)code.fences))
		return no_memory();
	return STATUS_PASS;
}

enum status count_take(const struct count_build *build, size_t jobs,
		       struct count_set *set)
{
	enum status status;

	*set = (struct count_set){ .n = 0 };
	if (access(build->driver, X_OK))
		return say(STATUS_INTEGRITY, "%s: %s", build->driver,
			   strerror(errno));
	if (access(build->library, R_OK))
		return say(STATUS_INTEGRITY, "%s: %s", build->library,
			   strerror(errno));
	status = take_facts(build->driver, set);
	if (status == STATUS_PASS)
		status = take_code(build->library, set);
	if (status == STATUS_PASS)
		status = take_costs(build->driver, jobs, set);
	return status;
}
