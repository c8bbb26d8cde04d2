/* SPDX-License-Identifier: MIT */
/*
 * What can be counted instead of timed: instructions, locked instructions and
 * allocations of one call, by callgrind. No noise, and no interval.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exact/list.h"
#include "exact/read.h"
#include "exact/start.h"
#include "shift.h"
#include "suite.h"

#define DRIVER "riotlb-bench-exact"
#define SECONDS 4.0

enum counted_kind {
	INSTRUCTIONS,
	ATOMICS,
	ALLOCATIONS,
	KINDS,
};

static const char *const kind_ops[KINDS] = {
	"instructions",
	"atomics",
	"allocations",
};
static const char *const kind_units[KINDS] = {
	"instructions",
	"atomics",
	"allocations",
};

struct name {
	char op[32];
	char shape[32];
};

/* reset-16 has its count of mappings for a shape. */
static struct name name_of(const struct exact_op *op, size_t kind)
{
	struct name name;

	if (op->kind == EXACT_RESET) {
		snprintf(name.op, sizeof(name.op), "reset-%s", kind_ops[kind]);
		snprintf(name.shape, sizeof(name.shape), "n-%zu", op->table.n);
	} else {
		snprintf(name.op, sizeof(name.op), "%s", kind_ops[kind]);
		snprintf(name.shape, sizeof(name.shape), "%s", op->name);
	}
	return name;
}

static bool wanted(const struct suite *suite, const struct exact_op *op,
		   size_t kind)
{
	struct name name = name_of(op, kind);

	/* it is taken off the others, and nothing by itself */
	return op->suite && op->kind != EXACT_NOTHING &&
	       suite_wants(suite, "exact", name.op, name.shape, "riotlb");
}

static bool is_shown(const struct exact_op *op)
{
	return op->suite;
}

static bool any_wanted(const struct suite *suite)
{
	bool any = false;

	for (size_t i = 0; i < exact_op_count; i++) {
		for (size_t kind = 0; kind < KINDS; kind++)
			any |= wanted(suite, &exact_ops[i], kind);
	}
	return any;
}

/* The driver stands beside this program. False: no such path. */
static bool driver_path(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash + 1 - path) + sizeof(DRIVER) > size)
		return false;
	memcpy(slash + 1, DRIVER, sizeof(DRIVER));
	return access(path, X_OK) == 0;
}

static double part_of(const struct exact_cost *cost, size_t kind)
{
	if (kind == INSTRUCTIONS)
		return cost->instructions;
	return kind == ATOMICS ? cost->locked : cost->allocations;
}

static void fill(struct suite *suite, struct row *row,
		 const struct exact_op *op, size_t kind,
		 const struct exact_dumps *dumps)
{
	struct exact_cost cost;

	if (exact_net_cost(dumps, op, &cost))
		suite_exact(suite, row, part_of(&cost, kind));
	else
		suite_wrong(suite, row, "callgrind has left no count of it");
}

#ifdef BENCH_EXACT
#define NO_DRIVER (-ENOEXEC)
#else
/* valgrind's header was not there to build it with */
#define NO_DRIVER (-ENOENT)
#endif

/* err: of exact_run, or NO_DRIVER. */
static void settle(struct suite *suite, struct row *row,
		   const struct exact_op *op, size_t kind, int err,
		   const struct exact_dumps *dumps)
{
	if (!err)
		fill(suite, row, op, kind, dumps);
	else if (err == -ENOENT)
		results_refuse(suite->results, row, ROW_MISSING, "valgrind");
	else if (err == -ENOEXEC)
		results_refuse(suite->results, row, ROW_NA,
			       "this build has no " DRIVER
			       " beside the program");
	else
		suite_wrong(suite, row,
			    err == -EIO ? DRIVER " failed under callgrind"
					: strerror(-err));
}

static void add_rows(struct suite *suite, int err,
		     const struct exact_dumps *dumps)
{
	for (size_t i = 0; i < exact_op_count; i++) {
		const struct exact_op *op = &exact_ops[i];

		for (size_t kind = 0; kind < KINDS; kind++) {
			struct name name = name_of(op, kind);
			struct row like = {
				.group = "exact",
				.op = name.op,
				.shape = name.shape,
				.subject = "riotlb",
				.what = op->what,
				.unit = kind_units[kind],
				.x = op->kind == EXACT_RESET
					     ? (double)op->table.n
					     : NAN,
			};

			if (wanted(suite, op, kind))
				settle(suite,
				       results_add(suite->results, &like), op,
				       kind, err, dumps);
		}
	}
}

void part_exact(struct suite *suite, bool plan)
{
	struct exact_dumps dumps = { .n = 0 };
	char path[512];
	int err = NO_DRIVER;

	if (!any_wanted(suite))
		return;
	if (plan) {
		suite_plan(suite, SECONDS);
		return;
	}
	suite_step(suite, "counting instructions", SECONDS);
	if (driver_path(path, sizeof(path)))
		err = exact_run_driver(path, is_shown, 1, &dumps);
	add_rows(suite, err, &dumps);
	exact_free(&dumps);
}
